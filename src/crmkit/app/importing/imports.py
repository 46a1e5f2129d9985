"""Files and frames brought into the store.

Law: every row comes in whole, or is told with its number, field, value and reason; nothing is
dropped, rounded or made up.

Source: domain fact C12.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias

import attrs

from crmkit.customers import CustomerTerms, PartyKind
from crmkit.kernel import checked_id
from crmkit.orders import ORDERS
from crmkit.satisfaction import ANSWERS, SURVEY_ROUND_CODEC
from crmkit.storage import Store

from .blocks import Entrance, Ledger
from .importables import Importable, ImportedComplaints, ImportedCustomers, ImportedFacts
from .imported_answers import ImportedAnswers
from .opened import open_source
from .outcome import Imported
from .running import bring_in
from .source import Source, chosen_columns
from .survey_file import SurveyFile


if TYPE_CHECKING:
    from os import PathLike

    from narwhals.stable.v2.typing import IntoFrame

Rows: TypeAlias = "str | PathLike[str] | IntoFrame"
"""The path of a CSV file, or any frame that narwhals knows."""

Columns: TypeAlias = Mapping[str, str | None]
"""For each standard name the name in the source; None leaves the field out."""


@attrs.frozen
class _How:
    """What every import is told besides."""

    columns: Columns | None
    delimiter: str
    encoding: str
    all_or_nothing: bool
    batch: str | None
    progress: bool | None


class Imports:
    """Files and frames brought into the store, on behalf of one actor.

    Every method takes:

    * `source`: the path of a CSV file (its first line names the columns; `.csv.gz` is read as it
      lies), or any frame that narwhals knows: pandas, polars, DuckDB, Spark. A lazy frame is
      collected, its chosen columns only.
    * `columns`: for each standard name the name in the source. Columns that bear a standard name
      need not be named; None leaves one out. Columns that are not used are told in the result.
    * `time_format`: how times are written, as `datetime.strptime` has it (`%m/%d/%Y %H:%M`); ISO
      8601 unless told. What is finer than a microsecond is cut off.
    * `delimiter`, `encoding`: of a CSV file.
    * `all_or_nothing`: store nothing when any row is refused, else all of it in one batch.
      Otherwise the good rows are stored in blocks as they are read.
    * `batch`: a name for the import; one is made where none is given. An import of the same name
      is stored once: run it again after a crash, with the same source and arguments, and it goes
      on where it stopped. Other rows under a name that was used are refused: mended rows go into a
      source, and under a name, of their own.
    * `progress`: whether a bar is drawn on standard error; None for where that is a terminal.

    Rows are numbered from 1, the first row of data, below the header of a CSV file; empty lines
    are not counted. A time without a zone is read as the clocks of `timezone` showed it: one that
    they skipped is refused, of two that they showed alike the first is meant. A day is its
    midnight.

    Examples:
        >>> import crmkit, pandas
        >>> crm = crmkit.open(actor="ann")
        >>> orders = pandas.DataFrame(
        ...     {"customer": ["C-7", "C-8"], "day": ["2026-03-01", "soon"], "paid": [19.99, 5]}
        ... )
        >>> result = crm.imports.orders(
        ...     orders,
        ...     columns={"customer_id": "customer", "ordered_at": "day", "amount": "paid"},
        ...     timezone="Asia/Shanghai",
        ...     currency="CNY",
        ... )
        >>> print(result)
        2 rows read: 1 stored, 1 refused
        >>> print(result.rejected[0])
        row 2: ordered_at (column 'day') is 'soon': it must be a time as in ISO 8601, such as\
 '2026-03-01T09:30'; give time_format=, such as '%m/%d/%Y %H:%M'
    """

    def __init__(self, office: Entrance, store: Store, terms: CustomerTerms) -> None:
        self._office = office
        self._store = store
        self._ledger = Ledger(office, store)
        self._terms = terms

    def orders(
        self,
        source: Rows,
        *,
        columns: Columns | None = None,
        timezone: str | None = None,
        currency: str | None = None,
        time_format: str | None = None,
        delimiter: str = ",",
        encoding: str = "utf-8",
        all_or_nothing: bool = False,
        batch: str | None = None,
        progress: bool | None = None,
    ) -> Imported:
        """Bring in orders: `customer_id`, `ordered_at`, `amount`, and what else `ORDERS` names.

        Args:
            source: The orders; this and what is not named here as for every import.
            columns: Standard names to names in the source.
            timezone: Where times were told that have no zone: an IANA name.
            currency: Of amounts that have none; a column `currency` goes before.
            time_format: How times are written.
            delimiter: What stands between two cells.
            encoding: How text is encoded.
            all_or_nothing: Whether one bad row keeps all out.
            batch: The name of the import.
            progress: Whether a bar is drawn.

        Raises:
            InvalidValueError: If the source cannot be read, a column is unknown or missing, or
                nobody says the currency. Nothing is stored.
        """
        orders = ImportedFacts(
            self._ledger, ORDERS, timezone=timezone, currency=currency, time_format=time_format
        )
        how = _How(columns, delimiter, encoding, all_or_nothing, batch, progress)
        return self._bring(source, orders, how)

    def answers(
        self,
        source: Rows,
        *,
        columns: Columns | None = None,
        timezone: str | None = None,
        time_format: str | None = None,
        delimiter: str = ",",
        encoding: str = "utf-8",
        all_or_nothing: bool = False,
        batch: str | None = None,
        progress: bool | None = None,
    ) -> Imported:
        """Bring in answers: `customer_id`, `answered_at`, `occasion`, `recommend` or `satisfied`.

        Arguments and errors as for `orders`; columns as in `ANSWERS`.
        """
        answers = ImportedFacts(self._ledger, ANSWERS, timezone=timezone, time_format=time_format)
        how = _How(columns, delimiter, encoding, all_or_nothing, batch, progress)
        return self._bring(source, answers, how)

    def customers(
        self,
        source: Rows,
        *,
        columns: Columns | None = None,
        party: PartyKind | str = PartyKind.PERSON,
        time_format: str | None = None,
        delimiter: str = ",",
        encoding: str = "utf-8",
        all_or_nothing: bool = False,
        batch: str | None = None,
        progress: bool | None = None,
    ) -> Imported:
        """Bring in customers: `name` at least, `id`, `party`, `since`, and what else is known.

        Texts: `phone`, `email`, `type`, `region`, `industry`, `size`, `source`, `owner`, and the
        parts of the address, `address_street`, `address_city`, `address_region`,
        `address_postcode`, `address_country`.

        Each row is the birth of a customer, with an id of its own or a new one. An id that is in
        the store, or stands in the source twice, is refused: an import changes no customer.

        Arguments and errors as for `orders`, and `party`: what a row is that has no column `party`,
        a person or an organisation. `time_format` is how the days of `since` are written.
        """
        customers = ImportedCustomers(
            self._office, self._store, self._terms, party=party, time_format=time_format
        )
        how = _How(columns, delimiter, encoding, all_or_nothing, batch, progress)
        return self._bring(source, customers, how)

    def complaints(
        self,
        source: Rows,
        *,
        columns: Columns | None = None,
        timezone: str | None = None,
        time_format: str | None = None,
        delimiter: str = ",",
        encoding: str = "utf-8",
        all_or_nothing: bool = False,
        batch: str | None = None,
        progress: bool | None = None,
    ) -> Imported:
        """Bring in complaints: `received_at`, `customer_id`, `about`, perhaps more.

        That is `id`, `channel`, and `raised_by`: `customer`, which it is where nothing is said, or
        `staff` for what we saw first; and of what is put down on receipt `field`, `product`,
        `unit`, `batch`, `symptom`, `concerned`, `remedy_wanted`, `immediate_action` and `due_on`, a
        day. Each row is received as at the desk, at its own time.
        Arguments and errors as for `orders`, ids as for `customers`.
        """
        complaints = ImportedComplaints(
            self._office, self._store, timezone=timezone, time_format=time_format
        )
        how = _How(columns, delimiter, encoding, all_or_nothing, batch, progress)
        return self._bring(source, complaints, how)

    def survey(
        self,
        source: Rows,
        *,
        round: str,
        file: SurveyFile | None = None,
        columns: Columns | None = None,
        timezone: str | None = None,
        time_format: str | None = None,
        delimiter: str = ",",
        encoding: str = "utf-8",
        all_or_nothing: bool = False,
        batch: str | None = None,
        progress: bool | None = None,
    ) -> Imported:
        """Bring in answers to a survey, each row one respondent: plain CSV, Qualtrics, SPSS.

        Fields are `answered_at`, `answers_id`, `customer_id`, `occasion`, `case_id`, `segment`,
        `seconds`, and every item by its id. A multiple response has one column, or one a choice:
        `why.late`. An item without a column is refused, unless `columns` leaves it out by None.

        Rows are collected as at the desk, each at its own time, into a published round; every bad
        cell is told. No case is opened: answers in a file have waited already.

        Args:
            source: The answers; this and what is not named here as for `orders`.
            round: The round in which they were given.
            file: How the file is written: `SurveyFile.plain()`, which it is unless told otherwise,
                `SurveyFile.qualtrics()`, `SurveyFile.spss(missing={99: "refused"})`.
            columns: Fields to names in the source.
            timezone: Where times were told that have no zone: an IANA name.
            time_format: How times are written.
            delimiter: What stands between two cells.
            encoding: How text is encoded.
            all_or_nothing: Whether one bad row keeps all out.
            batch: The name of the import.
            progress: Whether a bar is drawn.

        Raises:
            NotFoundError: If there is no such round.
            TransitionError: If the round is not open.
            InvalidValueError: If the source cannot be read, or a column is unknown or missing.
                Nothing is stored.
        """
        open_ = self._office.look(lambda unit: unit.get(SURVEY_ROUND_CODEC, round))
        answers = ImportedAnswers(
            self._office,
            self._store,
            open_,
            SurveyFile.plain() if file is None else file,
            columns,
            timezone=timezone,
            time_format=time_format,
        )
        with open_source(source, delimiter=delimiter, encoding=encoding) as rows:
            names = answers.columns(rows.names)
            how = _How(names, delimiter, encoding, all_or_nothing, batch, progress)
            return self._bring_in(answers.opened(rows), answers, how)

    def _bring(self, source: Rows, what: Importable, how: _How) -> Imported:
        with open_source(source, delimiter=how.delimiter, encoding=how.encoding) as rows:
            return self._bring_in(rows, what, how)

    def _bring_in(self, rows: Source, what: Importable, how: _How) -> Imported:
        batch = self._office.new_id() if how.batch is None else checked_id(how.batch, "batch")
        chosen = chosen_columns(what.known, what.needed, rows.names, how.columns, of=what.of)
        return bring_in(
            rows,
            what.intake(chosen),
            chosen,
            of=what.of,
            batch=batch,
            all_or_nothing=how.all_or_nothing,
            progress=how.progress,
        )
