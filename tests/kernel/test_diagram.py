"""A workflow as a picture: well-formed, complete, legible, from nowhere else."""

import re
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings, strategies as st

from crmkit.kernel import Compare, Labelled, Language, Requirement, Text, Workflow
from crmkit.kernel.diagram import Arrow, drawn


SVG = "{http://www.w3.org/2000/svg}"
Box = tuple[float, float, float, float]
Point = tuple[float, float]


class Stage(Labelled):
    """A complaint process of twenty stages, as ISO 10002:2018 clause 7 lets one be made."""

    RECEIVED = "received", "Received", "已受理"
    ACKNOWLEDGED = "acknowledged", "Acknowledged", "已确认"
    ASSESSED = "assessed", "Initially assessed", "已初步评估"
    DUPLICATE = "duplicate", "Duplicate", "重复投诉"
    REDIRECTED = "redirected", "Redirected to another body", "已转交其他机构"
    ASSIGNED = "assigned", "Assigned to an owner", "已分派责任人"
    INVESTIGATING = "investigating", "Under investigation", "调查中"
    AWAITS_CUSTOMER = "awaits_customer", "Waiting for the customer", "等待客户"
    AWAITS_SUPPLIER = "awaits_supplier", "Waiting for the supplier", "等待供应商"
    ESCALATED = "escalated", "Escalated", "已升级"
    INVESTIGATED = "investigated", "Investigated", "已调查"
    PROPOSED = "proposed", "Remedy proposed", "已提出补救"
    APPROVED = "approved", "Remedy approved", "补救已批准"
    RESPONDED = "responded", "Responded", "已答复"
    ACCEPTED = "accepted", "Accepted", "已接受"
    REJECTED = "rejected", "Rejected by the customer", "客户拒绝"
    EXTERNAL = "external", "External dispute resolution", "外部争议解决"
    REMEDIED = "remedied", "Remedy carried out", "补救已执行"
    CLOSED = "closed", "Closed", "已结案"
    WITHDRAWN = "withdrawn", "Withdrawn", "已撤回"


CAUSE = Requirement(Text("the cause is not known", "原因未查明"), Compare("cause", "!=", ""))
S = Stage
ISO = Workflow(
    {
        S.RECEIVED: [S.ACKNOWLEDGED, S.DUPLICATE, S.WITHDRAWN],
        S.ACKNOWLEDGED: [S.ASSESSED, S.WITHDRAWN],
        S.ASSESSED: [S.ASSIGNED, S.REDIRECTED, S.DUPLICATE, S.ESCALATED],
        S.ASSIGNED: [S.INVESTIGATING, S.ASSESSED, S.WITHDRAWN],
        S.INVESTIGATING: {
            S.AWAITS_CUSTOMER: [],
            S.AWAITS_SUPPLIER: [],
            S.ESCALATED: [],
            S.INVESTIGATED: [CAUSE],
            S.WITHDRAWN: [],
        },
        S.AWAITS_CUSTOMER: [S.INVESTIGATING, S.WITHDRAWN, S.CLOSED],
        S.AWAITS_SUPPLIER: [S.INVESTIGATING, S.ESCALATED],
        S.ESCALATED: [S.INVESTIGATING, S.ASSIGNED],
        S.INVESTIGATED: [S.PROPOSED, S.RESPONDED, S.INVESTIGATING],
        S.PROPOSED: [S.APPROVED, S.INVESTIGATED],
        S.APPROVED: [S.RESPONDED],
        S.RESPONDED: [S.ACCEPTED, S.REJECTED, S.CLOSED],
        S.ACCEPTED: [S.REMEDIED, S.CLOSED],
        S.REJECTED: [S.ESCALATED, S.INVESTIGATING, S.EXTERNAL],
        S.EXTERNAL: [S.REMEDIED, S.CLOSED],
        S.REMEDIED: [S.CLOSED, S.RESPONDED],
    }
)
MOVES = sum(len(targets) for targets in ISO.moves.values())


# Each example is a whole drawing.
A_FEW = settings(max_examples=settings().max_examples // 5)


@st.composite
def pictures(draw: st.DrawFn) -> tuple[list[str], list[Arrow]]:
    count = draw(st.integers(1, 10))
    pairs = {(draw(st.integers(0, box - 1)), box) for box in range(1, count)}
    any_box = st.integers(0, count - 1)
    pairs |= draw(st.sets(st.tuples(any_box, any_box), max_size=12))
    needs = st.lists(st.text("ab<&\"'客户", min_size=1), max_size=2).map(tuple)
    labels = draw(st.lists(st.text("ab<&\"'客户 ", max_size=20), min_size=count, max_size=count))
    return labels, [Arrow(*pair, needs=draw(needs)) for pair in sorted(pairs)]


def groups(picture: str, kind: str) -> list[ET.Element]:
    root = ET.fromstring(picture)
    return [g for g in root.iter(f"{SVG}g") if kind in (g.get("class") or "").split()]


def box_of(stage: ET.Element) -> Box:
    rect = stage.find(f"{SVG}rect")
    assert rect is not None
    x, y, wide, high = (float(rect.get(name, "")) for name in ("x", "y", "width", "height"))
    return x, y, x + wide, y + high


def points_along(path: str) -> list[Point]:
    """Points of an SVG path of the commands M, L and C, close to each other."""
    found: list[Point] = []
    for command, text in re.findall(r"([MLC])([^MLC]+)", path):
        numbers = [float(number) for number in text.split()]
        ends = list(zip(numbers[::2], numbers[1::2], strict=True))
        if command == "M":
            found.append(ends[0])
            continue
        a, d = found[-1], ends[-1]
        b, c = (ends[0], ends[1]) if command == "C" else (a, d)
        for step in range(1, 17):
            t = step / 16
            weights = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3
            x, y = (
                sum(w * p[i] for w, p in zip(weights, (a, b, c, d), strict=True)) for i in (0, 1)
            )
            found.append((x, y))
    return found


def path_of(move: ET.Element) -> str:
    path = move.find(f"{SVG}path")
    assert path is not None
    return path.get("d", "")


def inside(point: Point, box: Box, margin: float) -> bool:
    (x, y), (left, top, right, bottom) = point, box
    return left + margin < x < right - margin and top + margin < y < bottom - margin


class TestDrawn:
    @A_FEW
    @given(pictures())
    def test_is_well_formed_with_one_box_a_stage_and_one_arrow_a_move(
        self, picture: tuple[list[str], list[Arrow]]
    ) -> None:
        labels, arrows = picture

        text = drawn(labels, arrows)

        stages, moves = groups(text, "stage"), groups(text, "move")
        assert ["".join(stage.itertext()).strip() for stage in stages] == [
            s.strip() for s in labels
        ]
        assert len(moves) == len(arrows)
        assert all(len(move.findall(f"{SVG}polygon")) == 1 for move in moves)

    @A_FEW
    @given(pictures())
    def test_runs_no_line_over_a_box(self, picture: tuple[list[str], list[Arrow]]) -> None:
        text = drawn(*picture)
        boxes = [box_of(stage) for stage in groups(text, "stage")]

        for move in groups(text, "move"):
            for point in points_along(path_of(move)):
                assert not any(inside(point, box, 0.2) for box in boxes)

    @A_FEW
    @given(pictures())
    def test_joins_the_right_boxes(self, picture: tuple[list[str], list[Arrow]]) -> None:
        labels, arrows = picture
        text = drawn(labels, arrows)
        boxes = [box_of(stage) for stage in groups(text, "stage")]

        for arrow, move in zip(arrows, groups(text, "move"), strict=True):
            points = points_along(path_of(move))
            assert inside(points[0], boxes[arrow.source], -0.2)
            assert inside(points[-1], boxes[arrow.target], -8.2)

    @A_FEW
    @given(pictures())
    def test_keeps_everything_on_the_page(self, picture: tuple[list[str], list[Arrow]]) -> None:
        root = ET.fromstring(drawn(*picture))
        wide, high = float(root.get("width", "")), float(root.get("height", ""))
        drawing = root.find(f"{SVG}g")
        assert drawing is not None
        right, down = map(float, re.findall(r"[\d.]+", drawing.get("transform", "")))

        for move in groups(drawn(*picture), "move"):
            for x, y in points_along(path_of(move)):
                assert 0 <= x + right <= wide
                assert 0 <= y + down <= high

    def test_writes_labels_so_that_they_are_no_markup(self) -> None:
        text = drawn(["<b>&", 'say "hi"'], [Arrow(0, 1, ("a < b",))])

        assert "<b>" not in text
        assert "&lt;b&gt;&amp;" in text
        assert "a &lt; b" in text

    def test_draws_final_stages_with_a_double_border(self) -> None:
        first, last = groups(drawn(["Open", "Done"], [Arrow(0, 1)]), "stage")

        assert len(first.findall(f"{SVG}rect")) == 1
        assert len(last.findall(f"{SVG}rect")) == 2

    def test_marks_the_start(self) -> None:
        text = drawn(["Open", "Done"], [Arrow(0, 1)])
        (start,) = ET.fromstring(text).iter(f"{SVG}circle")
        left, top, right, _ = box_of(groups(text, "stage")[0])

        assert left < float(start.get("cx", "")) < right
        assert float(start.get("cy", "")) < top

    def test_dashes_what_requires_something(self) -> None:
        text = drawn(
            ["A", "B", "C"], [Arrow(0, 1), Arrow(1, 2, ("no cause",)), Arrow(2, 2, ("x",))]
        )

        dashed = ["stroke-dasharray" in ET.tostring(m, "unicode") for m in groups(text, "move")]
        assert dashed == [False, True, True]

    def test_gives_moves_back_a_colour_of_their_own(self) -> None:
        text = drawn(["A", "B"], [Arrow(0, 1), Arrow(1, 0)])

        onward, back = groups(text, "move")
        assert back.get("class") == "move back"
        assert path_stroke(onward) != path_stroke(back)

    @pytest.mark.parametrize(
        ("arrows", "words"),
        [
            ([Arrow(0, 1)], []),
            ([Arrow(0, 1), Arrow(1, 0)], ["onward", "back"]),
            ([Arrow(0, 1, ("x",))], ["onward", "only under a condition"]),
            ([Arrow(0, 1, ("x",)), Arrow(1, 0)], ["onward", "back", "only under a condition"]),
        ],
    )
    def test_explains_the_lines_that_differ(self, arrows: list[Arrow], words: list[str]) -> None:
        root = ET.fromstring(drawn(["A", "B"], arrows))

        said = [text.text for text in root.iter(f"{SVG}text")]
        assert said == ["A", "B", *words]

    def test_gives_a_chinese_character_twice_the_room_of_a_letter(self) -> None:
        latin, chinese = (
            box_of(groups(drawn([label], []), "stage")[0]) for label in ("x" * 20, "客" * 10)
        )

        assert latin == chinese


def path_stroke(move: ET.Element) -> str | None:
    path = move.find(f"{SVG}path")
    return None if path is None else path.get("stroke")


class TestTwentyStages:
    def test_is_as_large_as_it_should_be_legible(self) -> None:
        assert (len(ISO.stages), MOVES) == (20, 42)

    @pytest.mark.parametrize("language", ["en", "zh"])
    def test_has_every_stage_and_every_move(self, language: Language) -> None:
        text = ISO.svg(language)

        labels = [stage.label(language) for stage in ISO.stages]
        assert ["".join(s.itertext()).strip() for s in groups(text, "stage")] == labels
        assert len(groups(text, "move")) == MOVES

    def test_runs_no_line_over_a_box(self) -> None:
        text = ISO.svg()
        boxes = [box_of(stage) for stage in groups(text, "stage")]

        for move in groups(text, "move"):
            for point in points_along(path_of(move)):
                assert not any(inside(point, box, 0.2) for box in boxes)

    def test_fits_a_page_in_its_width(self) -> None:
        root = ET.fromstring(ISO.svg())

        assert float(root.get("width", "")) <= 1000

    def test_needs_nothing_from_elsewhere(self) -> None:
        text = ISO.svg()

        assert re.findall(r"https?:[^\"]*", text) == ["http://www.w3.org/2000/svg"]
        assert not re.search(r"<(script|style|image|use|link)|url\(|href|@import", text)

    def test_has_a_ground_of_its_own_so_that_dark_pages_show_it_too(self) -> None:
        root = ET.fromstring(ISO.svg())

        ground = root[0]
        assert (ground.tag, ground.get("width"), ground.get("height")) == (
            f"{SVG}rect",
            "100%",
            "100%",
        )

    def test_is_always_the_same(self) -> None:
        again = Workflow({stage: dict(targets) for stage, targets in ISO.moves.items()})

        assert again.svg() == ISO.svg()

    def test_ends_no_two_arrows_in_one_point(self) -> None:
        tips = [
            polygon.get("points", "").split(" ")[0]
            for move in groups(ISO.svg(), "move")
            for polygon in move.findall(f"{SVG}polygon")
        ]

        assert len(set(tips)) == len(tips) == MOVES

    def test_keeps_neighbours_in_a_row_apart(self) -> None:
        boxes = sorted(box_of(stage) for stage in groups(ISO.svg(), "stage"))

        rows = {top: [box for box in boxes if box[1] == top] for _, top, _, _ in boxes}
        for row in rows.values():
            for left, right in pairwise(row):
                assert right[0] - left[2] >= 15
