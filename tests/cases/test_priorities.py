"""Priority by a matrix."""

from collections.abc import Mapping
from itertools import product
from typing import Any

import attrs
import pytest
from hypothesis import given, strategies as st

from crmkit.cases import (
    ITIL_3X3,
    ITIL_4X4,
    SEVERITY_BY_IMPACT,
    Impact,
    Priority,
    PriorityMatrix,
    Severity,
    Urgency,
    highest_priority,
)
from crmkit.errors import InvalidValueError
from crmkit.kernel import Explanation, Labelled


ORDER = list(Priority)
MATRICES = (ITIL_3X3, ITIL_4X4, SEVERITY_BY_IMPACT)
WORDS: dict[str, list[Any]] = {
    "severity": list(Severity),
    "impact": list(Impact),
    "urgency": list(Urgency),
}


def a_matrix(**changed: Any) -> PriorityMatrix:
    told: dict[str, Any] = {
        "name": "ours",
        "rows": "impact",
        "columns": "urgency",
        "cells": {"single": {"soon": "low", "immediate": "high"}},
        **changed,
    }
    return PriorityMatrix(**told)


def pairs(matrix: PriorityMatrix) -> list[tuple[str, str]]:
    return [(row, column) for row, line in matrix.cells.items() for column in line]


def again(why: Explanation[Priority | None]) -> Priority | None:
    """Return the verdict that the evidence alone comes to."""
    if why.find("safety").value:
        return Priority.URGENT
    facts = [fact for fact in why.evidence if fact.name in WORDS]
    line = facts[1].against
    if not isinstance(line, Mapping) or facts[1].value is None:
        return None
    assert isinstance(facts[1].value, Labelled)
    found = line[facts[1].value.value]
    assert isinstance(found, Priority)
    return found


@st.composite
def matrices(draw: st.DrawFn) -> PriorityMatrix:
    rows, columns = draw(st.permutations(list(WORDS)))[:2]
    some = [
        draw(st.lists(st.sampled_from(WORDS[fact]), min_size=1, unique=True))
        for fact in (rows, columns)
    ]
    cells = {
        row.value: {column.value: draw(st.sampled_from(ORDER)) for column in some[1]}
        for row in some[0]
    }
    return PriorityMatrix(name=draw(st.sampled_from("ab")), rows=rows, columns=columns, cells=cells)


class TestUrgency:
    def test_shares_no_word_with_severity_impact_and_priority(self) -> None:
        others = {str(one.value) for kind in (Severity, Impact, Priority) for one in kind}

        assert not others & {str(one.value) for one in Urgency}


class TestMatrix:
    def test_needs_a_priority_for_every_pair(self) -> None:
        cells = {"single": {"soon": "low", "immediate": "high"}, "several": {"soon": "low"}}

        with pytest.raises(InvalidValueError, match="every urgency: immediate too") as refused:
            a_matrix(cells=cells)

        assert (refused.value.name, refused.value.value) == ("impact", "several")

    @pytest.mark.parametrize(
        ("changed", "name", "says"),
        [
            ({"name": " "}, "name", "not blank"),
            ({"rows": "hurry"}, "rows", "known are impact, severity, urgency"),
            ({"rows": ["impact"]}, "rows", "a fact that has words"),
            ({"columns": "impact"}, "columns", "another fact"),
            ({"cells": {}}, "cells", "at least one"),
            ({"cells": {"single": {}}}, "cells", "at least one"),
            ({"cells": [("single", "soon", "low")]}, "cells", "each row"),
            ({"cells": {"single": "low"}}, "cells", "each row"),
            ({"cells": {"singel": {"soon": "low"}}}, "impact", "did you mean 'single'"),
            ({"cells": {"single": {"sun": "low"}}}, "urgency", "known are deferrable"),
            ({"cells": {"single": {"soon": "lo"}}}, "cells", "did you mean 'low'"),
            ({"cells": {Impact.SINGLE: {"soon": "low"}}}, "impact", "is no impact"),
        ],
    )
    def test_an_unfit_value_is_refused_by_name(
        self, changed: dict[str, Any], name: str, says: str
    ) -> None:
        with pytest.raises(InvalidValueError, match=says) as refused:
            a_matrix(**changed)

        assert refused.value.name == name

    @given(matrices())
    def test_is_read_back_from_json(self, matrix: PriorityMatrix) -> None:
        assert PriorityMatrix.from_json(matrix.to_json()) == matrix

    @pytest.mark.parametrize("text", ["", "{", '{"name": "ours"}', '{"nam": 1}', "\ud800"])
    def test_json_of_nothing_is_refused(self, text: str) -> None:
        with pytest.raises(InvalidValueError, match="cannot be read"):
            PriorityMatrix.from_json(text)


class TestDecide:
    def test_itil_codes_are_those_of_the_book(self) -> None:
        """ITIL, Service Operation (2011): 1 2 3 / 2 3 4 / 3 4 5, of which 4 and 5 are low."""
        book = {1: Priority.URGENT, 2: Priority.HIGH, 3: Priority.NORMAL}
        impacts = (Impact.WIDESPREAD, Impact.SEVERAL, Impact.SINGLE)
        urgencies = (Urgency.IMMEDIATE, Urgency.SOON, Urgency.DEFERRABLE)

        for (i, impact), (u, urgency) in product(enumerate(impacts), enumerate(urgencies)):
            facts = {"impact": impact, "urgency": urgency, "safety": False}

            assert ITIL_3X3.decide(facts).verdict is book.get(1 + i + u, Priority.LOW)

    def test_four_by_four_follows_from_the_weights_of_its_source(self) -> None:
        """BMC Remedy: 9, 5, 3, 0 and 20, 15, 10, 0; critical from 24, high 16, medium 10."""
        effects = dict(zip(Severity, (0, 3, 5, 9), strict=True))
        hurry = dict(zip(Urgency, (0, 10, 15, 20), strict=True))

        for severity, urgency in product(Severity, Urgency):
            weight = effects[severity] + hurry[urgency]
            expected = ORDER[(weight >= 10) + (weight >= 16) + (weight >= 24)]
            facts = {"severity": severity, "urgency": urgency}

            assert ITIL_4X4.decide(facts).verdict is expected

    @pytest.mark.parametrize("matrix", MATRICES, ids=lambda one: one.name)
    def test_no_preset_falls_where_a_case_gets_worse(self, matrix: PriorityMatrix) -> None:
        place = {word.value: at for words in WORDS.values() for at, word in enumerate(words)}

        for (row, column), (worse, more) in product(pairs(matrix), repeat=2):
            if place[worse] >= place[row] and place[more] >= place[column]:
                low, high = matrix.cells[row][column], matrix.cells[worse][more]

                assert ORDER.index(low) <= ORDER.index(high)

    @pytest.mark.parametrize("matrix", MATRICES, ids=lambda one: one.name)
    def test_a_safety_case_is_always_urgent(self, matrix: PriorityMatrix) -> None:
        for row, column in pairs(matrix):
            why = matrix.decide({matrix.rows: row, matrix.columns: column, "safety": True})

            assert (why.verdict, why.missing) == (Priority.URGENT, ())

    @given(matrices(), st.data())
    def test_can_be_decided_again_from_the_evidence(
        self, matrix: PriorityMatrix, data: st.DataObject
    ) -> None:
        row, column = data.draw(st.sampled_from(pairs(matrix)))
        facts: dict[str, Any] = {
            matrix.rows: data.draw(st.sampled_from([row, None])),
            matrix.columns: data.draw(st.sampled_from([column, None])),
            "safety": data.draw(st.sampled_from([True, False, None])),
        }

        why = matrix.decide(facts)

        assert why.verdict is again(why)
        assert why.sentence("en")
        assert why.sentence("zh")

    def test_an_unknown_fact_is_missing_and_nothing_is_guessed(self) -> None:
        why = ITIL_3X3.decide({"impact": "single"})

        assert (why.verdict, why.missing) == (None, ("urgency", "safety"))
        assert str(why) == (
            "priority is not known by ITIL 3×3: impact is one customer, urgency is not known"
        )
        assert why.sentence("zh").endswith("影响范围为“单个客户”，紧急程度未知")

    def test_what_is_urgent_anyway_lacks_no_word_on_safety(self) -> None:
        why = ITIL_3X3.decide({"impact": "widespread", "urgency": "immediate"})

        assert (why.verdict, why.missing) == (Priority.URGENT, ())

    def test_is_told_in_both_languages(self) -> None:
        why = ITIL_4X4.decide({"severity": "major", "urgency": "soon", "safety": False})

        assert str(why) == "priority is normal by ITIL 4×4: severity is major, urgency is soon"
        assert why.sentence("zh") == (
            "按“ITIL 4×4”优先级为“普通”：严重程度为“重大”，紧急程度为“尽快”"
        )

    @pytest.mark.parametrize(
        ("facts", "name", "says"),
        [
            ({"impact": "single", "urgency": "pressing"}, "urgency", "use a matrix that has it"),
            ({"impact": "singel", "urgency": "soon"}, "impact", "did you mean 'single'"),
            ({"impact": Severity.MINOR, "urgency": "soon"}, "impact", "is no Impact"),
            ({"impact": 3, "urgency": "soon"}, "impact", "is no Impact"),
            ({"safety": "yes"}, "safety", "True or False"),
        ],
    )
    def test_an_unfit_fact_is_refused_by_name(
        self, facts: dict[str, object], name: str, says: str
    ) -> None:
        with pytest.raises(InvalidValueError, match=says) as refused:
            ITIL_3X3.decide(facts)

        assert refused.value.name == name


class TestHighest:
    def test_the_highest_decides(self) -> None:
        low = a_matrix().decide({"impact": "single", "urgency": "soon", "safety": False})
        high = a_matrix().decide({"impact": "single", "urgency": "immediate", "safety": False})

        why = highest_priority([low, high, low])

        assert (why.verdict, why.missing) == (Priority.HIGH, ())
        assert why.because == (low, high, low)

    def test_what_none_of_them_knows_is_missing_once(self) -> None:
        unknown = a_matrix().decide({})

        why = highest_priority(iter([unknown, unknown]))

        assert (why.verdict, why.missing) == (None, ("impact", "urgency", "safety"))
        assert "not known" in str(why)

    def test_nothing_can_change_what_is_urgent(self) -> None:
        why = highest_priority([a_matrix().decide({}), a_matrix().decide({"safety": True})])

        assert (why.verdict, why.missing) == (Priority.URGENT, ())

    def test_no_verdict_at_all_is_refused(self) -> None:
        with pytest.raises(InvalidValueError, match="at least one"):
            highest_priority([])

    def test_changing_a_matrix_leaves_the_preset_as_it_is(self) -> None:
        ours = attrs.evolve(ITIL_3X3, name="ours")

        assert ours.cells == ITIL_3X3.cells
        assert ours != ITIL_3X3


class TestCalled:
    def test_is_what_a_matrix_is_called_in_both_languages(self) -> None:
        facts = {"severity": "major", "impact": "single", "safety": False}

        told = SEVERITY_BY_IMPACT.decide(facts).sentence("zh")

        assert told.startswith("按“严重程度与影响范围对照表”优先级为")
        assert "severity by impact" not in told
        assert PriorityMatrix.from_json(SEVERITY_BY_IMPACT.to_json()) == SEVERITY_BY_IMPACT
