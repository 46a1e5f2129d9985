"""The desks of classes and their targets, in memory and in a file."""

import asyncio
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

import crmkit
from crmkit.app import CRM, class_changes
from crmkit.errors import ConflictError, InvalidValueError, NotFoundError
from crmkit.kernel import Period
from crmkit.testing import NINE
from crmkit.value import (
    ABC_SCHEME,
    PYRAMID_SCHEME,
    ClassAct,
    ClassChanged,
    TargetSense,
    abc_classes,
)


DAY = timedelta(days=1)


@pytest.fixture(params=["memory", "sqlite"])
def crm(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[CRM]:
    url = "memory:" if request.param == "memory" else f"sqlite:///{tmp_path / 'crm.db'}"
    with crmkit.open(url, actor="ann", durable=False) as opened:
        yield opened.acting(at=NINE)


class TestAssign:
    def test_stores_classes_with_their_history(self, crm: CRM) -> None:
        crm.classes.assign(ABC_SCHEME, {"C-7": "B", "C-8": "C"})
        later = crm.acting(by="bob", at=NINE + DAY).classes

        changed = later.assign(
            ABC_SCHEME, {"C-7": "A", "C-8": "C", "C-9": None}, reasons={"C-7": "sales doubled"}
        )

        assert [(one.customer, one.act) for one in changed] == [("C-7", ClassAct.RAISED)]
        one = later.get("abc/C-7")
        assert [place.name for place in one.places] == ["B", "A"]
        assert (one.latest.by, one.latest.reason) == ("bob", "sales doubled")
        assert later.members("abc") == {"C-7": "A", "C-8": "C"}
        assert later.members("abc", at=NINE) == {"C-7": "B", "C-8": "C"}
        assert later.members("abc", at=NINE - DAY) == {}

    def test_saves_nothing_where_nothing_changes(self, crm: CRM) -> None:
        crm.classes.assign(ABC_SCHEME, {"C-7": "B"})
        told: list[object] = []
        crm.subscribe(told.append)

        assert crm.classes.assign(ABC_SCHEME, {"C-7": "B"}) == ()
        assert len(crm.history.of("abc/C-7")) == 1
        assert not [one for one in told if class_changes(one)]  # type: ignore[arg-type]  # all are

    def test_takes_the_classes_of_a_frame(self, crm: CRM) -> None:
        sales = abc_classes(pl.DataFrame({"customer_id": [*"WXYZ"], "amount": [70, 20, 7, 3]}))

        crm.classes.assign(ABC_SCHEME, zip(sales["customer_id"], sales["abc_class"], strict=True))

        assert crm.classes.members("abc") == {"W": "A", "X": "A", "Y": "B", "Z": "C"}

    def test_is_whole_or_not_at_all(self, crm: CRM) -> None:
        with pytest.raises(InvalidValueError, match="class is 'D'"):
            crm.classes.assign(ABC_SCHEME, {"C-7": "A", "C-8": "D"})

        assert crm.classes.find() == ()

    def test_parts_schemes_and_categories(self, crm: CRM) -> None:
        crm.classes.assign(ABC_SCHEME, {"C-7": "A"}, category="fridges")
        crm.classes.assign(ABC_SCHEME, {"C-7": "C"}, category="washers")
        crm.classes.assign(PYRAMID_SCHEME, {"C-7": "vip"})

        assert crm.classes.members("abc", category="washers") == {"C-7": "C"}
        assert crm.classes.members("abc") == {}
        assert len(crm.classes.find(customer="C-7")) == 3
        assert [one.scheme for one in crm.classes.find(class_name="vip")] == ["pyramid"]

    def test_takes_out_who_is_classed_no_more(self, crm: CRM) -> None:
        crm.classes.assign(ABC_SCHEME, {"C-7": "A"})

        (gone,) = crm.classes.assign(ABC_SCHEME, {"C-7": None})

        assert (gone.act, gone.before, gone.after) == (ClassAct.REMOVED, "A", None)
        assert crm.classes.members("abc") == {}
        assert crm.classes.assign(ABC_SCHEME, {"C-7": None}) == ()


class TestVerbs:
    def test_act_on_one_customer(self, crm: CRM) -> None:
        desk = crm.classes
        desk.place(customer="C-7", scheme=ABC_SCHEME, name="B", reason="first year")
        desk.move("abc/C-7", scheme=ABC_SCHEME, name="A")
        desk.remove("abc/C-7", reason="merged")

        acts = [change.act.value for change in desk.get("abc/C-7").changes]

        assert acts == ["placed", "raised", "removed"]
        with pytest.raises(ConflictError):
            desk.place(customer="C-7", scheme=ABC_SCHEME, name="B")


class TestChanges:
    def test_are_told_from_a_moment_on(self, crm: CRM) -> None:
        for days, name in enumerate("BAC"):
            then = crm.acting(at=NINE + days * DAY).classes
            then.assign(ABC_SCHEME, {"C-7": name})
            then.assign(PYRAMID_SCHEME, {"C-8": "small"})
        desk = crm.classes

        told = desk.changes(NINE + DAY)
        between = desk.changes(NINE, until=NINE + DAY)

        assert [(one.customer, one.after) for one in told] == [("C-7", "A"), ("C-7", "C")]
        assert {one.customer for one in between} == {"C-7", "C-8"}
        assert [one.after for one in desk.changes(NINE, scheme="pyramid")] == ["small"]
        with pytest.raises(InvalidValueError, match="must have a time zone"):
            desk.changes(datetime(2026, 3, 2))
        with pytest.raises(InvalidValueError, match="must have a time zone"):
            desk.members("abc", at=datetime(2026, 3, 2))

    def test_are_announced_after_they_are_saved(self, crm: CRM) -> None:
        heard: list[ClassChanged] = []
        crm.subscribe(lambda committed: heard.extend(class_changes(committed)))

        with crm.transaction() as tx:
            tx.customers.add_person(id="C-7", name="Li Wei")
            placed = tx.classes.assign(ABC_SCHEME, {"C-7": "A"})
            assert heard == []

        assert tuple(heard) == placed

    def test_are_not_announced_again_when_somebody_is_erased_or_brought_back(
        self, crm: CRM
    ) -> None:
        crm.customers.add_person(id="C-7", name="Li Wei")
        crm.classes.assign(ABC_SCHEME, {"C-7": "A"}, reasons={"C-7": "Li Wei buys for all"})
        heard: list[ClassChanged] = []
        crm.subscribe(lambda committed: heard.extend(class_changes(committed)))

        crm.erase("C-7")
        crm.classes.delete("abc/C-7")
        crm.classes.undelete("abc/C-7")

        assert heard == []
        crm.classes.assign(ABC_SCHEME, {"C-7": "B"})
        assert [one.after for one in heard] == ["B"]

    def test_stand_in_the_feed(self, crm: CRM) -> None:
        outbox = crm.follow("outbox", kind="class_membership")
        crm.classes.assign(ABC_SCHEME, {"C-7": "A", "C-8": "B"})

        assert [entry.id for entry in outbox.read()] == ["abc/C-7", "abc/C-8"]


class TestTargets:
    def test_are_set_revised_and_held_against_what_was_done(self, crm: CRM) -> None:
        desk = crm.class_targets
        desk.set(
            id="T-1",
            scheme=ABC_SCHEME,
            class_name="A",
            measure="visits",
            target=12,
            period=Period.year(2026),
            owner="bob",
        )
        desk.set(
            id="T-2",
            scheme=ABC_SCHEME,
            class_name="C",
            measure="cost of a visit",
            target=50,
            sense=TargetSense.AT_MOST,
            period=Period.month(2026, 3),
        )
        desk.revise("T-1", target=15, reason="a new van")

        may, march = date(2026, 5, 1), date(2026, 3, 31)
        assert [one.id for one in desk.in_force(march)] == ["T-1", "T-2"]
        assert [one.id for one in desk.in_force(may)] == ["T-1"]
        assert desk.in_force(march, ("class_name", "=", "C"))[0].id == "T-2"
        assert not desk.explain("T-1", 14).verdict
        assert desk.explain("T-2", 49.5).verdict
        desk.withdraw("T-1", reason="no van")
        assert desk.in_force(may) == ()
        assert [one.id for one in desk.find(owner="bob", act="withdrawn")] == ["T-1"]

    def test_refuse_what_is_no_day(self, crm: CRM) -> None:
        with pytest.raises(InvalidValueError):
            crm.class_targets.in_force(NINE)
        with pytest.raises(NotFoundError):
            crm.class_targets.explain("T-9", 5)


class TestRooms:
    def test_have_frames_a_log_and_a_history(self, crm: CRM) -> None:
        crm.classes.assign(ABC_SCHEME, {"C-7": "B"})
        crm.classes.assign(ABC_SCHEME, {"C-7": "A"})
        crm.class_targets.set(
            id="T-1",
            scheme=ABC_SCHEME,
            class_name="A",
            measure="visits",
            target=12,
            period=Period.year(2026),
        )

        (row,) = crm.frames.classes().to_dict("records")
        (target,) = crm.frames.class_targets().to_dict("records")
        log = crm.frames.event_log("class_membership")
        back = crm.history.of("abc/C-7", kind="class_membership").restore(1)
        crm.class_targets.revise("T-1", target=9, reason="less")
        again = crm.history.of("T-1", kind="class_target").restore(1)

        assert (row["customer"], row["class_name"]) == ("C-7", "A")
        assert (target["class_name"], target["target"]) == ("A", 12)
        assert log["activity"].to_list() == ["placed", "raised"]
        assert (back.class_name, back.latest.act) == ("B", ClassAct.RESTORED)
        assert again.target == 12

    def test_forget_the_words_about_a_customer(self, crm: CRM) -> None:
        crm.customers.add_person(id="C-7", name="Li Wei")
        crm.classes.assign(ABC_SCHEME, {"C-7": "A"}, reasons={"C-7": "Li Wei pays well"})

        crm.erase("C-7")

        one = crm.classes.get("abc/C-7")
        assert "Li Wei" not in one.latest.reason
        assert one.class_name == "A"


class TestAwaited:
    def test_is_the_same(self) -> None:
        async def work() -> tuple[str, int]:
            async with crmkit.open_async(actor="ann") as crm:
                await crm.classes.assign(ABC_SCHEME, {"C-7": "A"})
                await crm.class_targets.set(
                    id="T-1",
                    scheme=ABC_SCHEME,
                    class_name="A",
                    measure="visits",
                    target=12,
                    period=Period.year(2026),
                )
                history = await crm.history.of("abc/C-7", kind="class_membership")
                target = await crm.history.of("T-1", kind="class_target")
                assert len(await crm.frames.classes()) == len(await crm.frames.class_targets()) == 1
                assert len(target) == 1
                found = await crm.classes.get("abc/C-7")
                return str(found.class_name), len(history)

        assert asyncio.run(work()) == ("A", 1)
