"""The marketplace tells what the data's own notes say."""

import csv
import gzip
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from runpy import run_path

import pytest


ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data" / "marketplace"

Tell = Callable[[Path], str]


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]) -> Tell:
    """Run it on a folder; return what it prints."""
    main = run_path(str(ROOT / "examples" / "marketplace.py"))["main"]

    def tell(folder: Path) -> str:
        main(["--data", str(folder)])
        return capsys.readouterr().out

    return tell


def write(folder: Path, name: str, rows: Sequence[Sequence[str]]) -> None:
    with gzip.open(folder / f"{name}.csv.gz", "wt", newline="") as file:
        csv.writer(file).writerows(rows)


@pytest.fixture
def made_up(tmp_path: Path) -> Path:
    """Six orders of five customers: four on time, one late, one not delivered."""
    write(
        tmp_path,
        "customers",
        [
            ("customer_id", "customer_unique_id", "customer_city", "customer_state"),
            *((f"c{n}", f"u{min(n, 5)}", "sao paulo", "SP") for n in range(1, 7)),
        ],
    )
    delivered = [
        "1/9/2018 23:59",
        "1/10/2018 23:59",
        "1/5/2018 8:00",
        "1/10/2018 0:00",
        "1/11/2018 0:01",
    ]
    write(
        tmp_path,
        "orders",
        [
            (
                "order_id",
                "customer_id",
                "order_purchase_timestamp",
                "order_delivered_customer_date",
                "order_estimated_delivery_date",
            ),
            *(
                (f"o{n}", f"c{n}", f"1/{n}/2018 9:05", came, "1/10/2018 0:00")
                for n, came in enumerate([*delivered, ""], 1)
            ),
        ],
    )
    write(
        tmp_path,
        "order_payments",
        [
            ("order_id", "payment_value"),
            ("o1", "0.1"),
            ("o1", "0.2"),
            *((f"o{n}", "99.9") for n in range(2, 6)),
        ],
    )
    write(
        tmp_path,
        "order_reviews",
        [
            ("review_pk", "order_id", "review_score", "review_answer_timestamp"),
            ("1", "o1", "5", "1/20/2018 10:00"),
            ("2", "o1", "3", "1/21/2018 10:00"),
            ("3", "o2", "4", "1/20/2018 10:00"),
            ("4", "o5", "1", "1/20/2018 9:00"),
            ("5", "o5", "2", "1/22/2018 10:00"),
            ("6", "o6", "1", "1/23/2018 10:00"),
        ],
    )
    return tmp_path


class TestMadeUpData:
    def test_comes_in_with_what_was_refused(self, tell: Tell, made_up: Path) -> None:
        told = tell(made_up)

        assert "Customers: 6 read, 5 stored, 1 refused." in told
        assert "row 6: id (column 'customer_unique_id') is 'u5': it stands in row 5 already" in told
        assert "Orders: 6 read, 5 stored, 1 refused." in told
        assert "row 6: amount (column 'payment_value') is None: it must not be empty" in told
        assert "Reviews: 6 read, 6 stored, 0 refused." in told

    def test_counts_a_later_day_as_late_and_a_later_hour_not(
        self, tell: Tell, made_up: Path
    ) -> None:
        """Wilson's interval of 1 in 5 by R's `prop.test(1, 5, correct = FALSE)`: .0362 to .6245."""
        told = tell(made_up)

        assert "1 of 5 orders delivered   20.0%  (3.6% to 62.4%)" in told
        assert "1 of 6 orders placed" in told
        assert "1 orders were not delivered, or not yet." in told

    def test_compares_late_with_punctual_reviews(self, tell: Tell, made_up: Path) -> None:
        """By hand: on time 5, 3, 4; late 1, 2; the order not delivered is in neither."""
        lines = tell(made_up).splitlines()

        (punctual,) = (line for line in lines if line.startswith("on time"))
        (late,) = (line for line in lines if line.startswith("late"))
        assert punctual.split()[2:4] == ["3", "4.00"]
        assert late.split()[1:3] == ["2", "1.50"]
        assert "a review 2.50 points lower" in "\n".join(lines)

    def test_opens_a_complaint_for_each_bad_review(self, tell: Tell, made_up: Path) -> None:
        told = tell(made_up)

        assert "3 complaints are received (已受理)." in told
        assert "The oldest one, review-4, received 20 January 2018: 1 of 5 for order o5." in told


class TestMissingData:
    def test_is_told_with_exit_code_2(
        self, tell: Tell, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(SystemExit) as left:
            tell(tmp_path / "nowhere")

        assert left.value.code == 2
        assert "nowhere lacks customers.csv.gz, orders.csv.gz" in capsys.readouterr().err


@pytest.mark.skipif(not DATA.is_dir(), reason="no ../shared/data/marketplace beside the checkout")
class TestRealData:
    def test_says_what_the_notes_of_the_data_say(self, tell: Tell) -> None:
        """6.7 % late; mean score on time 4.32, late 2.36."""
        told = tell(DATA)

        assert re.search(r"of 5,000 orders placed +6\.7%", told)
        assert re.search(r"^on time +4,522 +4\.32 ", told, re.MULTILINE)
        assert re.search(r"^late +326 +2\.36 ", told, re.MULTILINE)

    def test_brings_all_of_it_in_but_what_cannot_be(self, tell: Tell) -> None:
        """Counted in the files: 4,991 customers, 34 orders without a payment, 691 bad reviews."""
        told = tell(DATA)

        assert "Customers: 5,000 read, 4,991 stored, 9 refused." in told
        assert "Orders: 5,000 read, 4,966 stored, 34 refused." in told
        assert "Complaints (a review of 1 to 2 opens one): 691 read, 691 stored, 0 refused." in told
