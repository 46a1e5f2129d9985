"""Every error survives pickling and says value, rule and way out."""

import inspect
import pickle
import re

import pytest

from crmkit import errors
from crmkit.errors import (
    ConflictError,
    CrmkitError,
    CrmkitWarning,
    InvalidCellsError,
    InvalidValueError,
    NotFoundError,
    StorageError,
    TransitionError,
)
from crmkit.kernel import Explanation, Rule, Text


RULE = Rule(code="test", says=Text("because", "因为"), source="this test")
WHY = Explanation(verdict=False, rule=RULE, missing=("the cause is not known",))

EVERY_FORM: tuple[CrmkitError, ...] = (
    InvalidValueError("at", "now", "must be a datetime"),
    InvalidValueError("currency", "eur", "must be capital letters", "write 'EUR'"),
    NotFoundError("customer", "C-7"),
    NotFoundError("customer", "C-7", "did you mean 'C-8'?"),
    TransitionError("complaint K-1", "closed", "received"),
    TransitionError("complaint K-1", "received", "closed", ("acknowledged", "withdrawn")),
    TransitionError("complaint K-1", "acknowledged", "closed", (), ("no cause", "no remedy"), WHY),
    ConflictError("complaint", "K-1", 3),
    ConflictError("complaint", "K-1", 0),
    StorageError("crm.db", "file is not a database"),
    StorageError("crm.db", "file is not a database", "give another path"),
)


class TestMessage:
    @pytest.mark.parametrize("error", EVERY_FORM, ids=str)
    def test_starts_small_and_ends_without_a_full_stop(self, error: CrmkitError) -> None:
        message = str(error)

        assert message[0].islower()
        assert not message.endswith(".")
        assert "\n" not in message

    def test_names_value_rule_and_way_out(self) -> None:
        error = InvalidValueError("currency", "eur", "must be capital letters", "write 'EUR'")

        assert str(error) == "currency is 'eur': it must be capital letters; write 'EUR'"

    def test_of_a_missing_record_may_advise(self) -> None:
        error = NotFoundError("customer", "C-7", "did you mean 'C-8'?")

        assert str(error) == "there is no customer 'C-7'; did you mean 'C-8'?"

    def test_of_a_refused_move_names_every_stage_allowed(self) -> None:
        error = TransitionError("case 1", "open", "lost", ("done", "dropped"))

        assert str(error) == "case 1 is open and can become done or dropped, not lost"

    def test_of_a_refused_move_says_when_nothing_is_allowed(self) -> None:
        error = TransitionError("case 1", "done", "open")

        assert str(error) == "case 1 is done, which is final, and cannot become open"

    def test_of_an_unready_move_says_what_is_missing(self) -> None:
        error = TransitionError("case 1", "open", "done", ("done",), ("no cause", "no remedy"))

        assert str(error) == "case 1 is open and cannot become done yet: no cause; no remedy"

    def test_of_a_conflict_differs_for_a_new_record(self) -> None:
        taken = ConflictError("complaint", "K-1", 0)
        changed = ConflictError("complaint", "K-1", 3)

        assert str(taken) == "complaint 'K-1' exists already, or did once; give another id"
        assert str(changed) == (
            "complaint 'K-1' is no longer at version 3; load it again and repeat"
        )

    def test_of_a_store_may_go_without_advice(self) -> None:
        assert str(StorageError("crm.db", "disk full")) == "crm.db: disk full"


class TestPickling:
    @pytest.mark.parametrize("error", EVERY_FORM, ids=str)
    @pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
    def test_keeps_every_fact(self, error: CrmkitError, protocol: int) -> None:
        again = pickle.loads(pickle.dumps(error, protocol))

        assert type(again) is type(error)
        assert vars(again) == vars(error)
        assert str(again) == str(error)


class TestExplain:
    def test_returns_the_verdict_that_the_refusal_carries(self) -> None:
        error = TransitionError("case 1", "open", "done", (), ("no cause",), WHY)

        assert error.explain() is WHY

    def test_is_empty_where_nobody_explained(self) -> None:
        with pytest.raises(InvalidValueError, match="was not given"):
            TransitionError("case 1", "open", "done").explain()


class TestTree:
    def test_drawn_is_the_tree_there_is(self) -> None:
        drawn = set(re.findall(r"\b(\w+Error)\b +\(\+ (\w+)\)", errors.__doc__ or ""))
        named = set(re.findall(r"[├└]── (\w+)", errors.__doc__ or ""))
        kinds = [
            kind
            for _, kind in inspect.getmembers(errors, inspect.isclass)
            if issubclass(kind, CrmkitError | CrmkitWarning)
            and kind not in (CrmkitError, CrmkitWarning)
        ]

        assert named == {kind.__name__ for kind in kinds}
        for kind in kinds:
            beside = {base.__name__ for base in kind.__bases__} - {"CrmkitError", "CrmkitWarning"}
            assert beside == {other for name, other in drawn if name == kind.__name__}

    def test_is_caught_by_its_root_and_by_the_builtin_beside_it(self) -> None:
        with pytest.raises(CrmkitError):
            raise NotFoundError("customer", "C-7")
        with pytest.raises(LookupError):
            raise NotFoundError("customer", "C-7")
        with pytest.raises(ValueError, match="must be"):
            raise InvalidValueError("at", "now", "must be a datetime")


class TestCells:
    CELLS = InvalidCellsError.of(
        "answers",
        [
            InvalidValueError("price", 9, "must be at most 5"),
            InvalidValueError("wy", 1, "is no item", "did you mean 'why'?"),
        ],
    )

    def test_are_told_all_at_once(self) -> None:
        assert str(self.CELLS) == (
            "answers have 2 bad values: price is 9: it must be at most 5; wy is 1: it is no item;"
            " did you mean 'why'?"
        )
        assert self.CELLS.value == ("price", "wy")

    def test_survive_pickling(self) -> None:
        again = pickle.loads(pickle.dumps(self.CELLS))

        assert type(again) is InvalidCellsError
        assert [vars(cell) for cell in again.cells] == [vars(cell) for cell in self.CELLS.cells]
