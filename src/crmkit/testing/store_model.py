"""The model that any store must agree with: dictionaries, and what may be done to them."""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import attrs
import hypothesis.strategies as st

from crmkit.kernel import REDACTED, Scalar
from crmkit.storage import Change, Record

from .store_access import encoded


Fields: TypeAlias = dict[str, Any]

IDS: Final = ("a", "b", "c")
_WORDS: Final = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=4)
SCALARS: Final = (
    st.none()
    | st.integers(-3, 3)
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | _WORDS
)
ROWS: Final = st.lists(st.tuples(SCALARS, SCALARS), max_size=3)


@attrs.frozen
class Step:
    """What is to be done to one record: new content, with a log that may grow; None deletes it.

    `off` is how far the version expected is from the true one.
    """

    id: str
    content: Fields | None
    grows: bool
    off: int


CONTENTS: Final = st.fixed_dictionaries(
    {"n": SCALARS, "log": st.lists(st.integers(0, 9), max_size=3)}, optional={"text": _WORDS}
)
STEPS: Final = st.builds(
    Step,
    id=st.sampled_from(IDS),
    content=st.none() | CONTENTS | CONTENTS,
    grows=st.booleans(),
    off=st.sampled_from([0, 0, 0, 0, 0, -1, 1]),
)


@attrs.define
class Model:
    """What a store should hold; the content of a version is None where it is deleted."""

    versions: dict[str, list[Fields | None]] = attrs.Factory(dict)
    keys: dict[str, dict[str, Scalar]] = attrs.Factory(dict)
    lines: list[tuple[str, int]] = attrs.Factory(list)
    rows: list[tuple[Scalar, Scalar]] = attrs.Factory(list)
    known: set[str] = attrs.Factory(set)
    batches: set[str] = attrs.Factory(set)
    conflicts: bool = False

    @property
    def state(self) -> dict[str, Fields]:
        """The content of every record that is not deleted."""
        newest = {id: versions[-1] for id, versions in self.versions.items()}
        return {id: content for id, content in newest.items() if content is not None}

    def find(self, operator: str, values: tuple[Scalar, ...], by_value: bool) -> list[str]:
        """Return the ids whose key `n` meets a condition, sorted by it or by id."""
        against = values if operator == "in" else values[:1]
        held = {id: self.keys[id].get("n") for id in sorted(self.state)}
        met = [id for id in held if any(_meets(held[id], operator, one) for one in against)]
        return sorted(met, key=lambda id: _rank(held[id])) if by_value else met

    def copy(self) -> Model:
        """Return a model that can go on by itself."""
        return Model(
            {id: list(versions) for id, versions in self.versions.items()},
            dict(self.keys),
            list(self.lines),
            list(self.rows),
            set(self.known),
            set(self.batches),
        )

    def take(self, step: Step, loaded: dict[str, Record]) -> Change:
        """Do a step here and among the loaded records; return the change that does it."""
        held = self.versions.get(step.id, [])
        expected = max(len(held) + step.off, 0)
        self.conflicts |= expected != len(held)
        content = _content(step, held)
        data = None if content is None else encoded(content)
        change = self.add(step.id, content, data, loaded)
        return attrs.evolve(change, expected=expected)

    def add(
        self, id: str, content: Fields | None, data: bytes | None, loaded: dict[str, Record]
    ) -> Change:
        """Add a version here and among the loaded records; return the change that adds it."""
        held = self.versions.setdefault(id, [])
        before = loaded.pop(id, None)
        keys = {name: value for name, value in (content or {}).items() if name != "log"}
        change = Change.of("note", id, data, before=before, expected=len(held), keys=keys)
        if data is not None:
            loaded[id] = Record("note", id, len(held) + 1, 1, data)
        held.append(content)
        self.keys[id] = keys
        self.known |= keys.keys()
        self.lines.append((id, len(held)))
        return change

    def redact(self, id: str, fields: set[str]) -> None:
        """Take fields out of a record and all its past."""
        for content in self.versions.get(id, []):
            for name in fields & (content or {}).keys():
                assert content is not None
                content[name] = REDACTED
        held = self.keys.get(id, {})
        self.keys[id] = {name: None if name in fields else held[name] for name in held}


def _content(step: Step, held: list[Fields | None]) -> Fields | None:
    """Return the record's new content: its log may go on from the version before."""
    before = held[-1] if held else None
    if step.content is None or before is None or not step.grows or before["log"] == REDACTED:
        return step.content and dict(step.content)
    return {**step.content, "log": [*before["log"], *step.content["log"]]}


def _rank(value: Scalar) -> tuple[int, Any]:
    """Empty before numbers, numbers before text."""
    return (0, 0) if value is None else (2, value) if isinstance(value, str) else (1, value)


def _meets(found: Scalar, operator: str, value: Scalar) -> bool:
    """Tell whether a value fulfils a condition, said as plainly as can be."""
    if operator in ("=", "in"):
        return found == value
    if operator == "!=":
        return found != value
    if found is None or value is None:
        return False
    if operator.startswith("<"):
        return _rank(found) < _rank(value) or (operator == "<=" and found == value)
    return _rank(found) > _rank(value) or (operator == ">=" and found == value)
