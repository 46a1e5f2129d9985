"""Records, facts and the journal as frames, for the analyst.

Law: one row a record, a fact, a journal line or a step; nothing is left out, what is not known is
empty.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, Final

from crmkit.cases import Case, state_of
from crmkit.complaints import Undertaking
from crmkit.kernel import Codec, FactTable, Labelled, Money, known_name
from crmkit.lifecycle import JOURNEY_CODEC, Journey
from crmkit.loyalty import POINTS_POSTINGS
from crmkit.orders import ORDERS
from crmkit.satisfaction import (
    ANSWERS,
    COMMENT_CODES,
    SURVEY_ANSWERS,
    SURVEY_RESPONSES,
    SURVEY_ROUND_CODEC,
    Missing,
)
from crmkit.storage import Query, Store, journal
from crmkit.value import LIFETIME_VALUE_CODEC, ValueForecast

from .activity import activities
from .answer_frames import CODES, answer_columns
from .collecting import stored_answers
from .columns import by_column, columns_of, flat, frame, restored
from .desk import Office
from .kinds import CODECS
from .stored import STORED
from .unit import UnitOfWork


class Frames:
    """Everything in the store, as frames of the engine asked for.

    Every method takes `backend="pandas"` (the default), `"polars"`, `"pyarrow"` or any other name
    of an eager engine that narwhals knows, and returns that engine's own frame. Times are instants
    in UTC, money is a number of units of its currency, days are ISO text.

    Raises:
        InvalidValueError: From every method, if narwhals knows no eager engine called `backend`.

    Examples:
        >>> import crmkit
        >>> crm = crmkit.open(actor="ann")
        >>> li = crm.customers.add_person(id="C-7", name="Li Wei")
        >>> crm.frames.customers()[["id", "name"]].to_dict("records")
        [{'id': 'C-7', 'name': 'Li Wei'}]
    """

    def __init__(self, office: Office, store: Store) -> None:
        self._office = office
        self._store = store

    def customers(self, *, backend: str = "pandas") -> Any:
        """Return one row a customer: its fields, parts of them as `address_city`, then its keys."""
        return self.records("customer", backend=backend)

    def complaints(self, *, backend: str = "pandas") -> Any:
        """Return one row a complaint: its fields, then its keys, stage and state among them.

        Messages, assignments, gradings, milestones and participants are JSON text, as all lists
        are.
        """
        return self.records("complaint", backend=backend)

    def inquiries(self, *, backend: str = "pandas") -> Any:
        """Return one row an inquiry, as for complaints."""
        return self.records("inquiry", backend=backend)

    def corrective_actions(self, *, backend: str = "pandas") -> Any:
        """Return one row a corrective action: its fields, then its keys."""
        return self.records("corrective_action", backend=backend)

    def emergencies(self, *, backend: str = "pandas") -> Any:
        """Return one row an emergency: its fields, then its keys."""
        return self.records("emergency", backend=backend)

    def product_requests(self, *, backend: str = "pandas") -> Any:
        """Return one row a product request: its fields, then its keys."""
        return self.records("product_request", backend=backend)

    def recalls(self, *, backend: str = "pandas") -> Any:
        """Return one row a recall: its fields, then its keys; the log of its units is JSON text."""
        return self.records("recall", backend=backend)

    def orders(self, *, backend: str = "pandas") -> Any:
        """Return one row an order; columns as in `crmkit.orders.ORDERS`."""
        return self._facts(ORDERS, backend)

    def answers(self, *, backend: str = "pandas") -> Any:
        """Return one row an answer; columns as in `crmkit.satisfaction.ANSWERS`."""
        return self._facts(ANSWERS, backend)

    def survey_responses(self, *, backend: str = "pandas") -> Any:
        """Return one row a respondent; columns as in `crmkit.satisfaction.SURVEY_RESPONSES`."""
        return self._facts(SURVEY_RESPONSES, backend)

    def survey_answers(self, *, backend: str = "pandas") -> Any:
        """Return one row an answered question, or one that was not; columns as in its table.

        The table is `crmkit.satisfaction.SURVEY_ANSWERS`.
        """
        return self._facts(SURVEY_ANSWERS, backend)

    def comment_codes(self, *, backend: str = "pandas") -> Any:
        """Return one row a code of a comment; columns as in `crmkit.satisfaction.COMMENT_CODES`."""
        return self._facts(COMMENT_CODES, backend)

    def invitations(self, *, backend: str = "pandas") -> Any:
        """Return one row an invitation: its fields, then its keys."""
        return self.records("invitation", backend=backend)

    def improvements(self, *, backend: str = "pandas") -> Any:
        """Return one row an improvement: its fields, then its keys; its checks are JSON text."""
        return self.records("improvement", backend=backend)

    def classes(self, *, backend: str = "pandas") -> Any:
        """Return one row a membership: its fields, then its keys; its places are JSON text."""
        return self.records("class_membership", backend=backend)

    def journeys(self, *, backend: str = "pandas") -> Any:
        """Return one row a journey: its fields, then its keys; its places are JSON text."""
        return self.records("journey", backend=backend)

    def journey_moves(self, *, backend: str = "pandas") -> Any:
        """Return one row a step of every journey, in their order; disputes have `before` = `after`.

        Columns: `journey_id`, `customer_id`, `lifecycle`, `step` (1 for the first), `act`,
        `before`, `after`, `verdict`, `origin`, `at`, `by`, `why`; empty for none.
        """
        rows = [row for one in self._every(JOURNEY_CODEC) for row in _journey_steps(one)]
        return frame(by_column(_JOURNEY_STEPS, rows), backend)

    def journey_stays(self, *, backend: str = "pandas") -> Any:
        """Return one row a stay of every journey in a stage, in their order.

        Columns: `journey_id`, `customer_id`, `lifecycle`, `stage`, `since`, `until` (empty while it
        goes on), `was_seen_to_begin` (whether he entered the stage on record), `next_stage` (empty
        while it goes on), `act` (what began the stay; "restored" where a journey was put back).
        """
        rows = [row for one in self._every(JOURNEY_CODEC) for row in _journey_stays(one)]
        return frame(by_column(_JOURNEY_STAYS, rows), backend)

    def points_accounts(self, *, backend: str = "pandas") -> Any:
        """Return one row an account of points: its fields, then its keys; lots are JSON text."""
        return self.records("points_account", backend=backend)

    def points_entries(self, *, backend: str = "pandas") -> Any:
        """Return one row an entry in an account of points; its postings are JSON text."""
        return self.records("points_entry", backend=backend)

    def points_postings(self, *, backend: str = "pandas") -> Any:
        """Return one row a posting; columns as in `crmkit.loyalty.POINTS_POSTINGS`."""
        return self._facts(POINTS_POSTINGS, backend)

    def class_targets(self, *, backend: str = "pandas") -> Any:
        """Return one row a target by class: its fields, then its keys."""
        return self.records("class_target", backend=backend)

    def lifetime_values(self, *, backend: str = "pandas") -> Any:
        """Return one row a customer: his last forecast, and the alerts that are open.

        Columns: `customer_id`; those of `crmkit.value.ValueForecast`, amounts as numbers with their
        `currency`; `value_at_risk`; `open_alerts`, the codes of the rules, and how many of them are
        `unanswered`.
        """
        rows = [
            (
                *_forecast(one.customer, one.forecast),
                ", ".join(alert.code for alert in one.open_alerts),
                sum(alert.is_unanswered for alert in one.open_alerts),
            )
            for one in self._every(LIFETIME_VALUE_CODEC)
        ]
        return frame(by_column((*_FORECAST, "open_alerts", "unanswered"), rows), backend)

    def value_forecasts(self, *, backend: str = "pandas") -> Any:
        """Return one row a forecast of every customer's value, in their order.

        Columns: as of `lifetime_values`, the last two aside, and `forecast`, 1 for the first.
        """
        rows = [
            (*_forecast(one.customer, told), place)
            for one in self._every(LIFETIME_VALUE_CODEC)
            for place, told in enumerate(one.forecasts, 1)
        ]
        return frame(by_column((*_FORECAST, "forecast"), rows), backend)

    def value_alerts(self, *, backend: str = "pandas") -> Any:
        """Return one row for whatever became of an alert on a customer's value, in their order.

        Columns: `customer_id`, `alert`, `act`, `at`, `by`, `note`, `why` (in English).
        """
        rows = [
            (told.customer, told.code, told.act.value, told.at, told.by, told.note, str(told.why))
            for one in self._every(LIFETIME_VALUE_CODEC)
            for told in one.changes
        ]
        names = ("customer_id", "alert", "act", "at", "by", "note", "why")
        return frame(by_column(names, rows), backend)

    def survey_round(
        self, id: str, *, codes: Mapping[int, Missing] = CODES, backend: str = "pandas"
    ) -> Any:
        """Return one row a respondent of a round, and one column a question, as measures take it.

        Columns: `answers_id`, `customer_id`, `answered_at`, `segment`, `occasion`, `case_id`,
        `seconds`; then each rating and comment by its id, and each choice, 0 or 1, as
        `item.choice`. What is missing is empty.

        Args:
            id: Which round.
            codes: The numbers that stand for a reason why there is no answer: -1 for refused and -2
                for does not apply, unless told otherwise. Give the same to `survey_scores`.
            backend: The engine.

        Raises:
            NotFoundError: If there is no such round.
            InvalidValueError: If a code lies on a scale of the survey.
        """
        survey = self._office.look(lambda unit: unit.get(SURVEY_ROUND_CODEC, id)).survey
        where = ("round", "=", id)
        stored = self._office.look(partial(stored_answers, survey=survey, where=(where,)))
        return frame(answer_columns(survey, stored, codes), backend)

    def records(self, kind: str, *, backend: str = "pandas") -> Any:
        """Return one row a record of a kind, in the order of their ids.

        Columns: the record's fields, parts of a field as `field_part`, lists as JSON text; then the
        keys that are no fields. The trail is left to `event_log`.

        Raises:
            InvalidValueError: If there is no such kind.
        """
        codec = STORED[known_name(kind, STORED, "kind")]
        rows = [{**flat(record), **codec.key_objects(record)} for record in self._every(codec)]
        names = dict.fromkeys((*columns_of(codec.record), *codec.keys))
        names.update(dict.fromkeys(name for row in rows for name in row))
        return frame({name: [row.get(name) for row in rows] for name in names}, backend)

    def event_log(self, kind: str = "complaint", *, backend: str = "pandas") -> Any:
        """Return one row a step of every record's trail, as process miners expect it.

        Columns: `case_id`, `step` (1 for the first), `activity` (the stage entered), `at`, `by`,
        `note`; `state` (the state group after the step, empty for a customer), and `awaits`
        (for whom the case waits from this step on; empty where for nobody). A wait, and its end,
        are steps that stay in their stage. In the order of case and step, for times may be equal.

        Raises:
            InvalidValueError: If there is no such kind.
        """
        codec = CODECS[known_name(kind, CODECS, "kind")]
        rows = [row for record in self._every(codec) for row in _steps(record)]
        names = ("case_id", "step", "activity", "at", "by", "note", "state", "awaits")
        return frame(by_column(names, rows), backend)

    def journal(self, *, kind: str | None = None, backend: str = "pandas") -> Any:
        """Return one row a journal line: who saved which version of what, and when.

        Columns: `at`, `by`, `kind`, `id`, `version`, `activity` (a value of
        `crmkit.app.Activity`), `batch`; in the order of commit. A complaint that was restored is
        `changed`: no step on its trail, and so no line, says that it was restored.
        """
        lines = tuple(journal(self._store, kind=kind))
        rows = [
            (line.at, line.actor, line.kind, line.id, line.version, activity.value, line.batch)
            for line, activity in zip(lines, activities(lines), strict=True)
        ]
        names = ("at", "by", "kind", "id", "version", "activity", "batch")
        return frame(by_column(names, rows), backend)

    def _every(self, codec: Codec[Any]) -> Iterator[Any]:
        query = Query(codec.kind, limit=1000)
        while page := self._office.look(partial(_page, codec, query)):
            yield from page
            query = query.next(page[-1].id, page[-1].id)

    def _facts(self, table: FactTable, backend: str) -> Any:
        columns: dict[str, list[Any]] = {name: [] for name in table.names}
        for block in self._office.look(lambda unit: unit.scan(table)):
            for column in table.columns:
                columns[column.name] += restored(column, block)
        return frame(columns, backend, table=table)


def _steps(record: Any) -> Iterator[tuple[object, ...]]:
    """Yield the rows of one record's trail."""
    for place, step in enumerate(record.trail, 1):
        has_states = isinstance(record, Case | Undertaking)
        state = state_of(record.workflow, step) if has_states else None
        yield (
            record.id,
            place,
            step.stage.value,
            step.at,
            step.by,
            step.note,
            state,
            step.awaits,
        )


_FORECAST: Final = ("customer_id", *columns_of(ValueForecast), "value_at_risk", "currency")
_JOURNEY: Final = ("journey_id", "customer_id", "lifecycle")
_JOURNEY_STEPS: Final = (
    *_JOURNEY,
    "step",
    "act",
    "before",
    "after",
    "verdict",
    "origin",
    "at",
    "by",
    "why",
)
_JOURNEY_STAYS: Final = (
    *_JOURNEY,
    "stage",
    "since",
    "until",
    "was_seen_to_begin",
    "next_stage",
    "act",
)


def _journey_steps(one: Journey) -> Iterator[tuple[object, ...]]:
    """Yield the rows of one journey's steps."""
    for place, move in enumerate(one.history, 1):
        told = (getattr(move, name) for name in ("act", "before", "after", "verdict", "origin"))
        known = (value.value if isinstance(value, Labelled) else value for value in told)
        yield (one.id, one.customer, one.lifecycle, place, *known, move.at, move.by, move.why)


def _journey_stays(one: Journey) -> Iterator[tuple[object, ...]]:
    """Yield the rows of one journey's stays."""
    for stay, later, move in zip(one.stays, one.next_stages, one.moves, strict=True):
        when = (stay.since, stay.until, stay.was_seen_to_begin)
        yield (one.id, one.customer, one.lifecycle, stay.stage, *when, later, move.act.value)


def _forecast(customer: str, told: ValueForecast) -> Iterator[object]:
    """Yield the cells of one forecast."""
    yield customer
    for name in _FORECAST[1:]:
        value = getattr(told, name)
        yield float(value.amount) if isinstance(value, Money) else value


def _page(codec: Codec[Any], query: Query, unit: UnitOfWork) -> tuple[Any, ...]:
    return unit.find(codec, query)
