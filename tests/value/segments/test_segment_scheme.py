from typing import Any

import pandas as pd
import pytest

import crmkit
from crmkit.app import class_changes
from crmkit.errors import InvalidValueError
from crmkit.kernel import AllOf, Compare, Text
from crmkit.value import (
    RFM_EIGHT,
    RFM_GRID,
    ClassChanged,
    Segment,
    SegmentScheme,
    rfm_segments,
)


ALL = Segment("all", Text("All", "全部"), AllOf(()))
TOP = Segment("top", Text("Top", "顶级"), Compare("r", ">=", 4))


def scheme(*segments: Segment, **changes: Any) -> SegmentScheme:
    told: dict[str, Any] = {"name": "ours", "version": 1, "source": "us", **changes}
    return SegmentScheme(segments=segments, **told)


class TestSegmentScheme:
    @pytest.mark.parametrize("preset", [RFM_GRID, RFM_EIGHT])
    def test_of_ours_has_every_customer_in_one_segment(self, preset: SegmentScheme) -> None:
        for r, f, m in preset.cells():
            facts = {"r": r, "f": f, "m": m}
            held = [segment for segment in preset.segments if segment.when.holds(facts)]

            assert held == [preset.segment_of(r, f, m)]

    @pytest.mark.parametrize(
        ("r", "f", "code"),
        [
            # The grid as it is printed, a row for each recency from 5 down.
            *[(5, f, code) for f, code in enumerate(["new", *["potential_loyal"] * 2], 1)],
            *[(5, f, "champions") for f in (4, 5)],
            *[(4, f, code) for f, code in enumerate(["promising", *["potential_loyal"] * 2], 1)],
            *[(r, f, "loyal") for r in (3, 4) for f in (4, 5)],
            *[(3, f, "about_to_sleep") for f in (1, 2)],
            (3, 3, "need_attention"),
            *[(r, f, "hibernating") for r in (1, 2) for f in (1, 2)],
            *[(r, f, "at_risk") for r in (1, 2) for f in (3, 4)],
            *[(r, 5, "cannot_lose") for r in (1, 2)],
        ],
    )
    def test_of_ten_segments_is_the_grid(self, r: int, f: int, code: str) -> None:
        assert {RFM_GRID.segment_of(r, f, m).code for m in range(1, 6)} == {code}

    def test_takes_the_first_that_holds(self) -> None:
        ours = scheme(TOP, ALL)

        assert [ours.segment_of(r, 1, 1).code for r in (3, 4)] == ["all", "top"]
        assert ours.tag == "ours/1"

    @pytest.mark.parametrize("preset", [RFM_GRID, RFM_EIGHT, scheme(TOP, ALL, version=7)])
    def test_is_kept_as_json(self, preset: SegmentScheme) -> None:
        assert SegmentScheme.from_json(preset.to_json()) == preset

    @pytest.mark.parametrize(
        ("segments", "changes", "message"),
        [
            ((TOP, TOP, ALL), {}, "code is 'top': it must be used once"),
            ((TOP,), {}, r"scores is \(1, 1, 1\): it must be in a segment of ours/1; end with"),
            ((ALL, TOP), {}, "segments is 'top': it must have some combination"),
            ((TOP, ALL), {"scores": 1}, "scores is 1: it must be a whole number from 2 to 10"),
            ((TOP, ALL), {"scores": 3}, "segments is 'top'"),
            ((TOP, ALL), {"name": ""}, "name"),
            ((TOP, ALL), {"source": ""}, "source"),
        ],
    )
    def test_refuses_what_parts_nobody(
        self, segments: tuple[Segment, ...], changes: dict[str, Any], message: str
    ) -> None:
        with pytest.raises(InvalidValueError, match=message):
            scheme(*segments, **changes)


class TestSegment:
    def test_must_not_bear_the_word_for_no_segment(self) -> None:
        with pytest.raises(InvalidValueError, match="must not be what stands for no segment"):
            Segment("none", Text("None", "无"), AllOf(()))

    def test_asks_for_scores_alone(self) -> None:
        with pytest.raises(InvalidValueError, match="must ask for 'r', 'f' and 'm' alone"):
            Segment("rich", Text("Rich", "富"), Compare("amount", ">", 9))


class TestClassScheme:
    @pytest.mark.parametrize("scheme", [RFM_GRID, RFM_EIGHT])
    def test_has_the_segments_as_classes_of_no_rank(self, scheme: SegmentScheme) -> None:
        classes = scheme.class_scheme

        assert (classes.name, classes.version) == (scheme.name, scheme.version)
        assert [*classes.classes] == [segment.code for segment in scheme.segments]
        assert all(classes.label(one.code, "zh") == one.label("zh") for one in scheme.segments)
        assert not classes.is_ranked

    def test_stores_segments_with_their_history_and_announces_changes(self) -> None:
        crm = crmkit.open(actor="ann")
        told: list[ClassChanged] = []
        end = crm.subscribe(lambda committed: told.extend(class_changes(committed)))
        table = pd.DataFrame(
            {
                "customer_id": ["C-7", "C-8"],
                "r_score": [5, 1],
                "f_score": [1, 1],
                "m_score": [3, 3],
            }
        )

        for scores in (table, table.assign(f_score=[4, 1])):
            parted = rfm_segments(scores)
            pairs = zip(parted["customer_id"], parted["segment"], strict=True)
            crm.classes.assign(RFM_GRID.class_scheme, pairs)
        end()

        assert [(one.customer, one.before, one.after) for one in told] == [
            ("C-7", None, "new"),
            ("C-8", None, "hibernating"),
            ("C-7", "new", "champions"),
        ]
        assert crm.classes.members("rfm-grid") == {"C-7": "champions", "C-8": "hibernating"}
