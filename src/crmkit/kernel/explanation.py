"""Why the library says so: data first, a sentence second.

Law: whoever has only the evidence can recompute the verdict.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Generic, TypeVar

import attrs

from crmkit.errors import InvalidValueError

from .labels import Labelled, Language, Text
from .shares import Confidence, PValue, Share


V_co = TypeVar("V_co", covariant=True)


@attrs.frozen(kw_only=True)
class Rule:
    """A named way to decide.

    Attributes:
        code: Its name for machines: `value.abc`, `workflow.move`.
        says: The sentence; `{names}` in it stand for evidence, `{verdict}` for the verdict.
        source: Where the rule comes from.

    Examples:
        >>> says = Text("with {days} days: {verdict}", "{days}天：{verdict}")
        >>> idle = Rule(code="care.idle", says=says, source="care plan")
        >>> facts = (Evidence("days", 40, 30, True),)
        >>> print(Explanation(verdict="call", rule=idle, evidence=facts))
        with 40 days: call
    """

    code: str
    says: Text
    source: str


@attrs.frozen
class Name:
    """What a record is called in both languages; as data it goes by the English one.

    Examples:
        >>> name = Name("complaint K-1", "投诉K-1")
        >>> str(name), spoken(name, "zh")
        ('complaint K-1', '投诉K-1')
    """

    en: str
    zh: str

    def __str__(self) -> str:
        return self.en


class WorkingTime(timedelta):
    """A duration of working time: told in hours, for no working day has twenty-four of them.

    Examples:
        >>> spoken(WorkingTime(hours=40)), spoken(WorkingTime(hours=40), "zh")
        ('40 h', '40小时')
        >>> spoken(timedelta(hours=40)), WorkingTime(hours=40) == timedelta(hours=40)
        ('1 d 16 h', True)
    """

    @classmethod
    def of(cls, duration: timedelta) -> WorkingTime:
        """Return a duration as working time."""
        return cls(duration.days, duration.seconds, duration.microseconds)


@attrs.frozen
class Evidence:
    """One fact that counted.

    Attributes:
        name: What it is called in the rule's sentence.
        value: What it was.
        against: The bar it was held against; None when it was only told.
        met: Whether it cleared the bar; None when there was none.

    Examples:
        >>> from crmkit.complaints import Stage
        >>> from crmkit.testing import a_complaint
        >>> asked = a_complaint().explain(Stage.CLOSED).find("asked")
        >>> asked.value.label(), [stage.label() for stage in asked.against], asked.met
        ('Closed', ['Acknowledged', 'Withdrawn', 'Duplicate'], False)
    """

    name: str
    value: object
    against: object = None
    met: bool | None = None

    def said(self, language: Language) -> str:
        """Return the value as a sentence says it."""
        return spoken(self.value, language)


@attrs.frozen
class Unknown(Evidence):
    """A fact that is not known, its value None: a sentence says so, and not that it is nothing.

    Raises:
        InvalidValueError: If it has a value all the same.

    Examples:
        >>> cost = Unknown("switching_cost", None)
        >>> cost.said("en"), cost.said("zh"), Evidence("pauses", None).said("en")
        ('not known', '不明', 'nothing')
    """

    def __attrs_post_init__(self) -> None:
        if self.value is not None:
            rule = "must be None of a fact that is not known"
            raise InvalidValueError(self.name, self.value, rule, "take Evidence for one that is")

    def said(self, language: Language) -> str:
        """Return that it is not known."""
        return "not known" if language == "en" else "不明"


@attrs.frozen
class Every:
    """Several values that hold together: told with "and", where a tuple is told with "or".

    Examples:
        >>> both = Every(("trust", "delight"))
        >>> spoken(both), spoken(both, "zh"), spoken(both.values), spoken(Every(()), "zh")
        ('trust and delight', 'trust和delight', 'trust or delight', '无')
    """

    values: tuple[object, ...]


@attrs.frozen(kw_only=True)
class Explanation(Generic[V_co]):
    """A verdict with its rule, its evidence and its reasons; `str()` is the English sentence.

    Attributes:
        verdict: What was decided: a due time, a class, a stage, a permission.
        rule: How it was decided.
        evidence: What counted, in the order in which it was weighed.
        missing: What we would need to know, or to have done; empty when nothing is.
        because: The verdicts this one rests on, such as the pauses inside a due time.

    Raises:
        InvalidValueError: If the rule's sentence names evidence that is not there.

    Examples:
        >>> rule = Rule(code="age", says=Text("{verdict}: {age}", "{verdict}：{age}"), source="us")
        >>> why = Explanation(verdict=True, rule=rule, evidence=(Evidence("age", 20, 18, True),))
        >>> str(why), why.sentence("zh")
        ('yes: 20', '是：20')
        >>> Explanation(verdict=True, rule=rule)
        Traceback (most recent call last):
        crmkit.errors.InvalidValueError: says is '{verdict}: {age}': it speaks of 'age', which is\
 not in evidence
    """

    verdict: V_co
    rule: Rule
    evidence: tuple[Evidence, ...] = ()
    missing: tuple[str, ...] = ()
    because: tuple[Explanation[object], ...] = ()

    def __attrs_post_init__(self) -> None:
        told = {fact.name for fact in self.evidence} | {"verdict"}
        for name in sorted(self.rule.says.names - told):
            rule = f"speaks of {name!r}, which is not in evidence"
            raise InvalidValueError("says", self.rule.says.en, rule)

    def find(self, name: str) -> Evidence:
        """Return the evidence called `name`.

        Raises:
            InvalidValueError: If there is none.
        """
        for fact in self.evidence:
            if fact.name == name:
                return fact
        known = ", ".join(fact.name for fact in self.evidence)
        raise InvalidValueError("name", name, f"must be one of the evidence: {known}")

    def sentence(self, language: Language = "en") -> str:
        """Say it in words; each reason follows on a line of its own.

        Raises:
            InvalidValueError: If the language is neither "en" nor "zh".
        """
        # Of two facts of one name the first is told, as in `find`.
        words = {fact.name: fact.said(language) for fact in reversed(self.evidence)}
        words["verdict"] = spoken(self.verdict, language)
        said = self.rule.says(language).format(**words)
        reasons = (reason.sentence(language).replace("\n", "\n  ") for reason in self.because)
        return "\n  ".join((said, *reasons))

    def to_dict(self) -> dict[str, object]:
        """Return plain data for JSON, a frame or a screen."""
        return {
            "verdict": plain(self.verdict),
            "rule": self.rule.code,
            "source": self.rule.source,
            "evidence": [
                {
                    "name": fact.name,
                    "value": plain(fact.value),
                    "against": plain(fact.against),
                    "met": fact.met,
                }
                for fact in self.evidence
            ],
            "missing": list(self.missing),
            "because": [reason.to_dict() for reason in self.because],
        }

    def __str__(self) -> str:
        return self.sentence()


def spoken(value: object, language: Language = "en") -> str:
    """Return a value as a sentence says it.

    Of a number four digits are told, and all before the point; the evidence keeps the rest.

    Examples:
        >>> spoken(True, "zh"), spoken((1, 2, 3)), spoken(None), spoken(0.1 + 0.2)
        ('是', '1, 2 or 3', 'nothing', '0.3')
        >>> spoken((1, 2, 3), "zh"), spoken(1234567.5)
        ('1、2或3', '1,234,568')
        >>> spoken(41.66667), spoken(23456.7), spoken(PValue(7.6e-12)), spoken(Confidence(0.95))
        ('41.67', '23457', 'p < 0.0001', '95 %')
        >>> spoken(timedelta(hours=25, minutes=3)), spoken(timedelta(hours=-1), "zh")
        ('1 d 1 h 3 min', '-1小时')
    """
    english = language == "en"
    match value:
        case None:
            return "nothing" if english else "无"
        case bool():
            return ("yes" if value else "no") if english else ("是" if value else "否")
        case Labelled():
            return _in_mid_sentence(value.label(language))
        case Text() | Name():
            return value.en if english else value.zh
        case datetime():
            return f"{value:%Y-%m-%d} {_clock(value)} {value:%Z}".rstrip()
        case timedelta():
            return _duration(value, english)
        case Share() | Confidence() | PValue():
            return str(value) if english else str(value).replace(" ", "")
        case float():
            return _number(value)
        case Every():
            return _listed(value.values, language, (" and ", "和"))
        case tuple() | list() | frozenset():
            return _listed(_in_order(value), language, (" or ", "或"))
        case _:
            return str(value)


def plain(value: object) -> object:
    """Return a value as JSON knows it: enumerations by value, times in ISO 8601, else as text.

    Examples:
        >>> plain(timedelta(minutes=1)), plain(date(2026, 3, 1)), plain((1, None))
        (60.0, '2026-03-01', [1, None])
    """
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return float(value)  # whatever it is besides: a p-value, an estimate
        case Enum():
            return plain(value.value)
        case Text():
            return {"en": value.en, "zh": value.zh}
        case date():  # datetimes are dates
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case Every():
            return [plain(item) for item in value.values]
        case tuple() | list() | frozenset():
            return [plain(item) for item in _in_order(value)]
        case Mapping():
            return {str(key): plain(item) for key, item in value.items()}
        case _:
            return str(value)


def _in_order(values: tuple[object, ...] | list[object] | frozenset[object]) -> Iterable[object]:
    """Give a set an order: its own changes from one run of Python to the next."""
    return sorted(values, key=spoken) if isinstance(values, frozenset) else values


def _in_mid_sentence(label: str) -> str:
    """Write a word small; a code such as "A" or "VIP" stays as it is."""
    first, *rest = label.split(" ")
    return " ".join([first if first.isupper() else first.lower(), *rest])


def _item(value: object, language: Language) -> str:
    word = spoken(value, language)
    # Chinese has no blanks to part a label from what stands around it.
    return f"“{word}”" if language == "zh" and isinstance(value, Labelled) else word


def _listed(values: Iterable[object], language: Language, last: tuple[str, str]) -> str:
    """Join values, the last one by a word of its own, English or Chinese."""
    words = [_item(value, language) for value in values]
    if not words:
        return spoken(None, language)
    comma, joint = (", ", last[0]) if language == "en" else ("、", last[1])
    return joint.join([comma.join(words[:-1]), words[-1]] if words[:-1] else words)


def _number(value: float) -> str:
    """Tell four digits, and never fewer than those before the point."""
    size = abs(value)
    if 1e3 <= size < 1e15:
        return f"{value:,.0f}" if size >= 1e6 else f"{value:.0f}"
    return f"{value:.4g}"


def _clock(value: datetime) -> str:
    """Tell the time of day to the minute; more of it only where there is more."""
    # The last instant of a day is told as its last minute.
    if (value.second, value.microsecond) in ((0, 0), (59, 999_999)):
        return f"{value:%H:%M}"
    return f"{value:%H:%M:%S.%f}" if value.microsecond else f"{value:%H:%M:%S}"


def _duration(value: timedelta, english: bool) -> str:
    units = [(86400, "d", "天"), (3600, "h", "小时"), (60, "min", "分钟")]
    left = abs(value)
    said = []
    for size, short, chinese in units[isinstance(value, WorkingTime) :]:
        count, left = divmod(left, timedelta(seconds=size))
        if count:
            said.append(f"{count} {short}" if english else f"{count}{chinese}")
    if left or not said:
        seconds = f"{left.total_seconds():.6f}".rstrip("0").rstrip(".")
        said.append(f"{seconds} s" if english else f"{seconds}秒")
    text = (" " if english else "").join(said)
    return f"-{text}" if value < timedelta(0) else text
