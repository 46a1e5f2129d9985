"""The desk of lifetime values, in memory and in a file."""

import asyncio
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

import crmkit
from crmkit.app import CRM, Activity, value_alert_changes
from crmkit.errors import ConflictError, InvalidValueError, NotFoundError
from crmkit.kernel import Money, Share
from crmkit.storage import MemoryStore
from crmkit.testing import NINE, a_forecast
from crmkit.value import ValueAlertChanged, ValueAlertPolicy, ValueAlertRule


DAY = timedelta(days=1)
POLICY = ValueAlertPolicy(
    name="us",
    rules=(
        ValueAlertRule.silence(Share(0.3), ends_from=Share(0.5)),
        ValueAlertRule.at_risk(Money.of(100, "EUR")),
    ),
)
QUIET = a_forecast(p_active=0.1)
LIVELY = a_forecast(p_active=0.9, p_alive=0.95)


@pytest.fixture(params=["memory", "sqlite"])
def crm(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[CRM]:
    url = "memory:" if request.param == "memory" else f"sqlite:///{tmp_path / 'crm.db'}"
    with crmkit.open(url, actor="ann", durable=False) as opened:
        yield opened.acting(at=NINE)


class TestTakeUp:
    def test_stores_forecasts_with_their_history(self, crm: CRM) -> None:
        raised = crm.lifetime_values.take_up({"C-7": QUIET, "C-8": LIVELY}, policy=POLICY)
        later = crm.acting(by="bob", at=NINE + DAY).lifetime_values

        ended = later.take_up([("C-7", LIVELY)], policy=POLICY)

        assert [(one.customer, one.code, one.act.value) for one in raised + ended] == [
            ("C-7", "silence", "raised"),
            ("C-7", "silence", "ended"),
        ]
        one = later.of("C-7")
        assert one.forecasts == (QUIET, LIVELY)
        assert [step.by for step in one.trail] == ["ann", "bob"]
        assert later.of("C-8").forecast == LIVELY
        history = crm.history.of("lifetime_value/C-7", kind="lifetime_value")
        first = history.version(1).record
        assert first is not None
        assert first.forecast == QUIET

    def test_saves_nothing_where_nothing_is_new(self, crm: CRM) -> None:
        crm.lifetime_values.take_up({"C-7": QUIET})

        assert crm.lifetime_values.take_up({"C-7": QUIET}) == ()
        assert len(crm.history.of("lifetime_value/C-7")) == 1

    def test_is_whole_or_not_at_all(self, crm: CRM) -> None:
        with pytest.raises(InvalidValueError, match="currency is 'USD'"):
            crm.lifetime_values.take_up(
                {"C-7": QUIET, "C-8": a_forecast(currency="USD")}, policy=POLICY
            )

        assert crm.lifetime_values.find() == ()


class TestVerbs:
    def test_act_on_one_customer(self, crm: CRM) -> None:
        desk = crm.lifetime_values
        one = desk.record(customer="C-7", forecast=QUIET, policy=POLICY)
        desk.acknowledge(one.id, alert="silence", note="I call him")
        desk.renew(one.id, forecast=LIVELY, policy=POLICY)

        told = desk.of("C-7")

        assert [step.stage.value for step in told.trail] == ["recorded", "acknowledged", "renewed"]
        assert told.open_alerts == ()
        with pytest.raises(ConflictError):
            desk.record(customer="C-7", forecast=QUIET)
        with pytest.raises(NotFoundError, match="lifetime_value/C-9"):
            desk.explain("C-9")

    def test_explain_in_both_languages(self, crm: CRM) -> None:
        crm.lifetime_values.take_up({"C-7": QUIET}, policy=POLICY)

        why = crm.lifetime_values.explain("C-7")

        assert why.verdict == Money.of("11.09", "EUR")
        assert [reason.rule.code for reason in why.because] == ["value.alert.silence"]
        assert "购买概率偏低" in why.sentence("zh")


class TestLists:
    def test_tell_who_needs_looking_after(self, crm: CRM) -> None:
        desk = crm.lifetime_values
        dear = a_forecast(p_alive=0.1, p_active=0.1, clv="50")
        desk.take_up({"C-7": QUIET, "C-8": LIVELY, "C-9": dear}, policy=POLICY)
        desk.acknowledge("lifetime_value/C-9", alert="silence")

        assert [one.customer for one in desk.alerted()] == ["C-7", "C-9"]
        assert [one.customer for one in desk.alerted(alert="value_at_risk")] == ["C-9"]
        assert [one.customer for one in desk.unanswered()] == ["C-7", "C-9"]
        assert [one.customer for one in desk.unanswered(alert="silence")] == ["C-7"]

    def test_are_found_by_what_the_forecast_says(self, crm: CRM) -> None:
        desk = crm.lifetime_values
        desk.take_up({"C-7": QUIET, "C-8": LIVELY, "C-9": a_forecast(p_alive=0.0, clv="0")})

        def found(*where: tuple[str, str, object], **equal: object) -> list[str]:
            return [one.customer for one in desk.find(*where, **equal)]  # type: ignore[arg-type]  # asked as users do

        assert found(("p_active", "<", 0.3)) == ["C-7"]
        assert found(("value_at_risk", ">", Money.of(1, "EUR")), currency="EUR") == ["C-7"]
        assert found(model="MBGNBD", unit="W", as_of=date(2026, 3, 1)) == ["C-7", "C-8", "C-9"]
        assert found(act="renewed") == []
        assert [one.customer for one in desk.find(order_by="clv")] == ["C-9", "C-7", "C-8"]


class TestAlertChanges:
    def test_are_told_from_a_moment_on(self, crm: CRM) -> None:
        for days, forecast in enumerate((QUIET, LIVELY, QUIET)):
            crm.acting(at=NINE + days * DAY).lifetime_values.take_up(
                {"C-7": forecast}, policy=POLICY
            )
        desk = crm.lifetime_values

        told = desk.alert_changes(NINE + DAY)

        assert [one.act.value for one in told] == ["ended", "raised"]
        assert len(desk.alert_changes(NINE, until=NINE + DAY)) == 1
        assert desk.alert_changes(NINE, alert="value_at_risk") == ()
        with pytest.raises(InvalidValueError, match="must have a time zone"):
            desk.alert_changes(datetime(2026, 3, 2))

    def test_are_announced_after_they_are_saved(self, crm: CRM) -> None:
        heard: list[ValueAlertChanged] = []
        crm.subscribe(lambda committed: heard.extend(value_alert_changes(committed)))

        with crm.transaction() as tx:
            tx.customers.add_person(id="C-7", name="Li Wei")
            raised = tx.lifetime_values.take_up({"C-7": QUIET}, policy=POLICY)
            assert heard == []

        assert tuple(heard) == raised
        assert str(heard[0].why).startswith("customer C-7: chance to buy low")

    def test_are_not_announced_again_by_what_changes_none(self, crm: CRM) -> None:
        crm.customers.add_person(id="C-7", name="Li Wei")
        crm.lifetime_values.take_up({"C-7": QUIET}, policy=POLICY)
        heard: list[ValueAlertChanged] = []
        crm.subscribe(lambda committed: heard.extend(value_alert_changes(committed)))

        crm.lifetime_values.delete("lifetime_value/C-7")
        crm.lifetime_values.undelete("lifetime_value/C-7")
        crm.erase("C-7")

        assert heard == []

    def test_stand_in_the_feed(self, crm: CRM) -> None:
        outbox = crm.follow("outbox", kind="lifetime_value")
        crm.lifetime_values.take_up({"C-7": QUIET})

        assert [entry.id for entry in outbox.read()] == ["lifetime_value/C-7"]


class TestRooms:
    def test_have_frames_a_log_and_a_history(self, crm: CRM) -> None:
        desk = crm.lifetime_values
        desk.take_up({"C-7": QUIET}, policy=POLICY)
        desk.acknowledge("lifetime_value/C-7", alert="silence", note="I call him")
        desk.take_up({"C-7": LIVELY}, policy=POLICY)

        (row,) = crm.frames.lifetime_values().to_dict("records")
        forecasts = crm.frames.value_forecasts(backend="polars")
        alerts = crm.frames.value_alerts()
        log = crm.frames.event_log("lifetime_value")
        back = crm.history.of("lifetime_value/C-7", kind="lifetime_value").restore(1)

        assert (row["customer_id"], row["clv"], row["currency"]) == ("C-7", 11.09, "EUR")
        assert (row["open_alerts"], row["unanswered"]) == ("", 0)
        assert forecasts["p_active"].to_list() == [0.1, 0.9]
        assert forecasts["forecast"].to_list() == [1, 2]
        assert alerts["act"].to_list() == ["raised", "acknowledged", "ended"]
        assert alerts["note"].to_list() == ["", "I call him", ""]
        assert log["activity"].to_list() == ["recorded", "acknowledged", "renewed"]
        assert back.forecast == QUIET
        assert [alert.code for alert in back.open_alerts] == ["silence"]
        assert len(crm.frames.records("lifetime_value")) == 1

    def test_tell_open_alerts_in_one_cell(self, crm: CRM) -> None:
        dear = a_forecast(p_alive=0.1, p_active=0.1, clv="50")
        crm.lifetime_values.take_up({"C-7": dear}, policy=POLICY)

        frame = crm.frames.lifetime_values()

        assert frame["open_alerts"].to_list() == ["silence, value_at_risk"]
        assert frame["unanswered"].to_list() == [2]
        assert frame["value_at_risk"].to_list() == [450.0]

    def test_forget_the_words_about_a_customer(self, crm: CRM) -> None:
        crm.customers.add_person(id="C-7", name="Li Wei")
        desk = crm.lifetime_values
        desk.take_up({"C-7": QUIET}, policy=POLICY)
        desk.acknowledge("lifetime_value/C-7", alert="silence", note="Li Wei moved away")

        erasure = crm.erase("C-7")

        assert erasure.left == 0
        one = desk.of("C-7")
        assert "Li Wei" not in one.trail[-1].note
        assert one.forecast == QUIET
        assert not one.open_alerts[0].is_unanswered

    def test_are_kept_whole_by_upkeep(self, crm: CRM, tmp_path: Path) -> None:
        crm.lifetime_values.take_up({"C-7": QUIET}, policy=POLICY)
        crm.lifetime_values.take_up({"C-7": LIVELY}, policy=POLICY)
        other = MemoryStore()

        crmkit.app.copy(crm._house.store, other)
        there = CRM(other, actor="bob")

        assert crm.upkeep.verify().is_sound
        assert there.lifetime_values.of("C-7") == crm.lifetime_values.of("C-7")
        assert crm.upkeep.rewrite("lifetime_value") == 0
        journal = crm.history.of("lifetime_value/C-7")
        assert [one.activity for one in journal] == [Activity.BORN, Activity.CHANGED]


class TestAwaited:
    def test_is_the_same(self) -> None:
        async def work() -> tuple[str, int, int]:
            async with crmkit.open_async(actor="ann") as crm:
                await crm.lifetime_values.take_up({"C-7": QUIET}, policy=POLICY)
                await crm.lifetime_values.acknowledge("lifetime_value/C-7", alert="silence")
                history = await crm.history.of("lifetime_value/C-7", kind="lifetime_value")
                assert len(await crm.frames.lifetime_values()) == 1
                assert len(await crm.frames.value_forecasts()) == 1
                frame = await crm.frames.value_alerts()
                found = await crm.lifetime_values.of("C-7")
                assert await crm.lifetime_values.unanswered() == ()
                return str(found.forecast.clv), len(history), len(frame)

        assert asyncio.run(work()) == ("11.09 EUR", 2, 2)
