"""A bar is drawn where somebody can see it, or who asks is told."""

import pytest

from crmkit.app.progress import ticking


class TestTicking:
    @pytest.mark.parametrize("shown", [None, False])
    def test_draws_nothing_where_nobody_looks(
        self, shown: bool | None, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with ticking("verify", " records", 3, shown=shown) as tick:
            tick(1)

        assert capsys.readouterr() == ("", "")

    @pytest.mark.parametrize("total", [3, None])
    def test_draws_on_standard_error(
        self, total: int | None, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with ticking("verify", " records", total, shown=True) as tick:
            for _ in range(3):
                tick(1)

        out, err = capsys.readouterr()
        assert out == ""
        assert "verify: " in err
        assert "3.00" in err
