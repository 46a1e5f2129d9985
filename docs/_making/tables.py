"""Tables of the manual that are read from the code while building."""

import importlib
import inspect
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from types import MappingProxyType

import crmkit
from crmkit.customers import CUSTOMER_TERMS, Vocabulary
from crmkit.kernel import FactTable, Labelled, Language
from crmkit.kernel.frames import COLUMNS
from crmkit.sla import (
    CFPB,
    CHINA_BANKING,
    SEA_LION,
    VISIT_IN_A_DAY,
    SlaPolicies,
    SlaPolicy,
    WorkCalendar,
    fca_disp,
    fca_disp_payments,
)


def table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """Return a Markdown table.

    Examples:
        >>> print(table(["a", "b"], [[1, "x|y"]]))
        | a | b |
        | --- | --- |
        | 1 | x\\|y |
    """
    names = list(head)
    lines = [names, ["---"] * len(names), *rows]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)


def packages() -> Iterator[tuple[str, object]]:
    """Yield each public package or module of crmkit, by name."""
    importlib.import_module("crmkit.app")
    for name in dir(crmkit):
        found = getattr(crmkit, name)
        if inspect.ismodule(found) and not name.startswith("_"):
            yield name, found


def package_table() -> str:
    """Return what each package is, in its own first words."""
    return table(
        ("package", "what it is"),
        (
            (f"[`crmkit.{name}`]({name}.md)", (inspect.getdoc(found) or "").splitlines()[0])
            for name, found in packages()
        ),
    )


def enumerations() -> Iterator[tuple[str, type[Labelled]]]:
    """Yield each public enumeration with its dotted name, once."""
    seen = set()
    for package, module in packages():
        for name in getattr(module, "__all__", ()):
            found = getattr(module, name)
            if inspect.isclass(found) and issubclass(found, Labelled) and found is not Labelled:
                own = found.__module__.removeprefix("crmkit.").split(".")[0]
                if own == package and found not in seen:
                    seen.add(found)
                    yield f"crmkit.{package}.{name}", found


def enumeration_tables(*, language: Language = "en") -> str:
    """Return every enumeration with the stored value and both labels of each member.

    Args:
        language: Of the page; the Chinese manual has no reference to point to.
    """
    english = language == "en"
    head = ("stored as", "English", "中文") if english else ("存储值", "English", "中文")
    parts = []
    for name, enumeration in enumerations():
        rows = ((f"`{m.value}`", m.label("en"), m.label("zh")) for m in enumeration)
        parts.append(f"### [`{name}`][]" if english else f"### `{name}`")
        if english:
            parts.append((inspect.getdoc(enumeration) or "").splitlines()[0])
        parts.append(table(head, rows))
    return "\n\n".join(parts)


def vocabulary_tables() -> str:
    """Return the words by which customers are sorted, unless a company brings its own."""
    schemes = (CUSTOMER_TERMS.types, *CUSTOMER_TERMS.classes)
    return "\n\n".join(_vocabulary(scheme) for scheme in schemes)


def _vocabulary(scheme: Vocabulary) -> str:
    head = f"### `{scheme.name}`\n\n{scheme.says('en')} ({scheme.says('zh')})."
    rows = ((f"`{code}`", text("en"), text("zh")) for code, text in scheme.terms.items())
    return f"{head}\n\n{table(('code', 'English', '中文'), rows)}"


def promise_table() -> str:
    """Return the policies that come with the library, target by target."""
    office = WorkCalendar("Europe/London", {"mon": [("09:00", "17:00")]})
    named = (
        *(("SEA_LION", policy) for policy in _all_of(SEA_LION)),
        ("VISIT_IN_A_DAY", VISIT_IN_A_DAY),
        ("fca_disp", fca_disp(office)),
        ("fca_disp_payments", fca_disp_payments(office)),
        ("CFPB", CFPB),
        *(("CHINA_BANKING", policy) for policy in _all_of(CHINA_BANKING)),
    )
    rows = (
        (
            f"[`{name}`][crmkit.sla.{name}]<br>{policy.name}",
            "<br>".join(
                f"{_in_few_lines(target.label('en'))}<br>{target.label('zh')}"
                for target in policy.targets
            ),
            policy.source.replace("委员会", "委员会<wbr>"),
        )
        for name, policy in named
    )
    return table(("preset and policy", "promises", "source"), rows)


def _in_few_lines(promise: str) -> str:
    """Return a promise that a narrow column parts only between its clauses."""
    return re.sub(r" (?!within |or |to )", "&nbsp;", promise)


def _all_of(policies: SlaPolicies) -> tuple[SlaPolicy, ...]:
    return policies.policies + ((policies.default,) if policies.default else ())


def column_table() -> str:
    """Return the dictionary of column names."""
    rows = (
        (
            f"`{column.name}`",
            column.kind.label("en"),
            column.says("en"),
            column.says("zh"),
            column.unit("en") if column.unit else "",
        )
        for column in COLUMNS.values()
    )
    return table(("column", "holds", "what it is", "中文", "unit"), rows)


def fact_table(facts: FactTable) -> str:
    """Return the columns of one table of facts."""
    rows = (
        (
            f"`{column.name}`",
            column.type.label("en"),
            column.says("en"),
            column.says("zh"),
            _needed(facts, column.name, column.required),
        )
        for column in facts.columns
    )
    return table(("column", "holds", "what it is", "中文", "must be filled"), rows)


def field_table(
    fields: Iterable[str],
    needed: Collection[str],
    records: Mapping[str, type | tuple[type, ...]],
    others: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """Return the columns of rows that become records, as the records describe them.

    Args:
        fields: The columns.
        needed: Those without which there is no record.
        records: For each beginning of columns' names, the class whose attributes they fill, or
            several.
        others: What the columns are that bear no attribute's name.
    """
    told = dict(others)
    for beginning, several in records.items():
        for record in several if isinstance(several, tuple) else (several,):
            lines = re.findall(r"^    (\w+): (.+)$", inspect.getdoc(record) or "", re.MULTILINE)
            told = {f"{beginning}{name}": line for name, line in lines} | told
    rows = (
        (f"`{name}`", told[name].rstrip("."), "yes" if name in needed else "") for name in fields
    )
    return table(("column", "what it is", "must be filled"), rows)


def _needed(facts: FactTable, name: str, required: bool) -> str:
    if required:
        return "yes"
    return f"one of {' and '.join(facts.one_of)}" if name in facts.one_of else ""


def _cell(value: object) -> str:
    return str(value).replace("|", "\\|")
