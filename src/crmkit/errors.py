"""Every error of crmkit.

```
CrmkitError
├── InvalidValueError   (+ ValueError)    a value no caller should pass
│   └── InvalidCellsError (+ InvalidValueError)  several such values at once, each named
├── NotFoundError       (+ LookupError)   no such record
├── TransitionError                       the workflow forbids this step now
├── ConflictError                         somebody else saved first: load again and repeat
└── StorageError                          the store failed; the cause is chained
```

And the warnings, doubtful but legal:

```
CrmkitWarning (UserWarning)
├── AssumptionWarning                     a number that rests on what these data do not show
└── UnwipedWarning                        what was taken out is not yet wiped from a side file
```

Facts are attributes; the message is made of them; every error survives pickling.
"""

from collections.abc import Iterable
from typing import Literal, Protocol, Self

import attrs


class CrmkitError(Exception):
    """The root: `except CrmkitError` catches all that the library raises on purpose.

    Examples:
        >>> import crmkit
        >>> try:
        ...     crmkit.open().customers.get("C-7")
        ... except CrmkitError as error:
        ...     print(type(error).__name__, "-", error)
        NotFoundError - there is no customer 'C-7'
    """


@attrs.define(slots=False)
class InvalidValueError(CrmkitError, ValueError):
    """A value no caller should pass.

    Attributes:
        name: What the value was passed as: an argument, a field, a column.
        value: The value itself.
        rule: What it breaks, as the end of "it …": `must have a time zone`.
        way_out: What to do instead; empty where the rule says it.

    Examples:
        >>> str(InvalidValueError("at", "now", "must be a datetime"))
        "at is 'now': it must be a datetime"
    """

    name: str
    value: object
    rule: str
    way_out: str = ""

    def __str__(self) -> str:
        advice = f"; {self.way_out}" if self.way_out else ""
        return f"{self.name} is {self.value!r}: it {self.rule}{advice}"


@attrs.define(slots=False)
class InvalidCellsError(InvalidValueError):
    """Several values that no caller should pass, told at once: those of a form, or of a row.

    Attributes:
        name: What they were passed as together.
        value: The names of the bad ones.
        rule: How many there are, as the end of "it …".
        cells: What is wrong with each, in the order in which they were looked at.

    Examples:
        >>> late = InvalidValueError("delivery", 6, "must be a whole number from 1 to 5")
        >>> str(InvalidCellsError.of("answers", [late]))
        'answers have 1 bad value: delivery is 6: it must be a whole number from 1 to 5'
    """

    cells: tuple[InvalidValueError, ...] = ()

    @classmethod
    def of(cls, name: str, cells: Iterable[InvalidValueError]) -> Self:
        """Make one error of several."""
        found = tuple(cells)
        count = f"have {len(found)} bad value{'s' * (len(found) != 1)}"
        return cls(name, tuple(cell.name for cell in found), count, cells=found)

    def __str__(self) -> str:
        return f"{self.name} {self.rule}: {'; '.join(map(str, self.cells))}"


@attrs.define(slots=False)
class NotFoundError(CrmkitError, LookupError):
    """No such record, or no such version of it.

    Attributes:
        kind: The kind of record: `customer`, `complaint`.
        id: What was asked for.
        way_out: What may help: a name that is near, how to undelete.

    Examples:
        >>> str(NotFoundError("customer", "C-7"))
        "there is no customer 'C-7'"
    """

    kind: str
    id: str
    way_out: str = ""

    def __str__(self) -> str:
        advice = f"; {self.way_out}" if self.way_out else ""
        return f"there is no {self.kind} {self.id!r}{advice}"


class Explains(Protocol):
    """What an error knows of the `crmkit.kernel.Explanation` that it carries.

    Examples:
        >>> from crmkit.testing import NINE, a_complaint
        >>> try:
        ...     a_complaint().accept("ann", NINE)
        ... except TransitionError as error:
        ...     print(error.explain().sentence("zh"))
        投诉K-1目前为“已受理”，只能转为“已确认”、“已撤回”或“重复”，不能转为“已结案”
    """

    @property
    def verdict(self) -> object: ...

    @property
    def missing(self) -> tuple[str, ...]: ...

    def sentence(self, language: Literal["en", "zh"] = "en") -> str: ...

    def to_dict(self) -> dict[str, object]: ...

    def find(self, name: str) -> object: ...


@attrs.define(slots=False)
class TransitionError(CrmkitError):
    """The workflow forbids this step now: where we are, what is allowed, what is missing.

    Attributes:
        record: Which record, with its kind: `complaint K-1`.
        stage: The stage it is in.
        asked: The stage that was asked for.
        allowed: The stages it may enter now, in the order of the table.
        missing: What the move still requires; empty when the table does not know the move.
        explanation: The whole verdict, in both languages.

    Examples:
        >>> error = TransitionError("complaint K-1", "received", "closed", ("acknowledged",))
        >>> str(error)
        'complaint K-1 is received and can become acknowledged, not closed'
    """

    record: str
    stage: str
    asked: str
    allowed: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    explanation: Explains | None = None

    def explain(self) -> Explains:
        """Return the `crmkit.kernel.Explanation` of the refusal.

        Raises:
            InvalidValueError: If whoever raised the error by hand gave none.
        """
        if self.explanation is None:
            way_out = "let the workflow raise it: Workflow.step"
            raise InvalidValueError("explanation", None, "was not given", way_out)
        return self.explanation

    def __str__(self) -> str:
        if self.explanation is not None:
            return self.explanation.sentence().partition("\n")[0]
        if self.missing:
            needs = "; ".join(self.missing)
            return f"{self.record} is {self.stage} and cannot become {self.asked} yet: {needs}"
        if not self.allowed:
            return f"{self.record} is {self.stage}, which is final, and cannot become {self.asked}"
        allowed = " or ".join(self.allowed)
        return f"{self.record} is {self.stage} and can become {allowed}, not {self.asked}"


@attrs.define(slots=False)
class ConflictError(CrmkitError):
    """Somebody else saved first: load the record again and repeat.

    Attributes:
        kind: The kind of record.
        id: Which record.
        expected: The version that the change was made from; 0 means "must never have existed".
        way_out: What to do, where that is not to load it again.

    Examples:
        >>> str(ConflictError("complaint", "K-1", 3))
        "complaint 'K-1' is no longer at version 3; load it again and repeat"
    """

    kind: str
    id: str
    expected: int
    way_out: str = ""

    def __str__(self) -> str:
        if self.expected == 0:
            way_out = self.way_out or "give another id"
            return f"{self.kind} {self.id!r} exists already, or did once; {way_out}"
        way_out = self.way_out or "load it again and repeat"
        return f"{self.kind} {self.id!r} is no longer at version {self.expected}; {way_out}"


@attrs.define(slots=False)
class StorageError(CrmkitError):
    """The store failed; the cause is chained.

    Attributes:
        where: Which store, file or record.
        problem: What happened, in the words of the cause where it has some.
        way_out: What may help.

    Examples:
        >>> str(StorageError("crm.db", "file is not a database", "give another path"))
        'crm.db: file is not a database; give another path'
    """

    where: str
    problem: str
    way_out: str = ""

    def __str__(self) -> str:
        advice = f"; {self.way_out}" if self.way_out else ""
        return f"{self.where}: {self.problem}{advice}"


class CrmkitWarning(UserWarning):
    """Something doubtful that was done all the same; the text says what to do about it.

    Examples:
        >>> issubclass(UnwipedWarning, CrmkitWarning)
        True
    """


class AssumptionWarning(CrmkitWarning):
    """A number was made that rests on what the data at hand do not show.

    Examples:
        >>> import warnings
        >>> from crmkit.satisfaction import LIKERT5, rescaled_mean
        >>> with warnings.catch_warnings(record=True, action="always") as told:
        ...     print(rescaled_mean([4, 4, 4], scale=LIKERT5))
        75 (95 % interval 75 to 75, n = 3, student-t)
        >>> print(told[0].message)
        all 3 answers are 4: the interval has no width, which is what these answers say and not how\
 sure we are; ask more people
    """


class UnwipedWarning(CrmkitWarning):
    """What was taken out may still be read in a side file of SQLite's.

    Inside a host's transaction that file cannot be emptied; the warning says how, afterwards.

    Examples:
        >>> str(UnwipedWarning("app.db: after the commit run PRAGMA wal_checkpoint(TRUNCATE)"))
        'app.db: after the commit run PRAGMA wal_checkpoint(TRUNCATE)'
    """
