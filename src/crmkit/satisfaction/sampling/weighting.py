"""Weights of a sample, with what they cost: design effect, effective size, margins on both sides.

Law: weights repair what is known to be out of proportion, and nothing else; what they take from the
precision is told with them.

Source: Kish, L. (1992), "Weighting for unequal P_i", Journal of Official Statistics 8(2), 183–200.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, Generic, TypeVar, cast

import attrs
import narwhals.stable.v2 as nw
import numpy as np
from numpy.typing import NDArray

from crmkit.errors import InvalidValueError
from crmkit.kernel import Evidence, Explanation, Name, Rule, Text, spoken
from crmkit.kernel.frames import Words
from crmkit.stats import Histogram

from .trimming import trimmed_weights
from .weight_cells import Floats, weighed
from .weight_targets import Fitting, Margin


if TYPE_CHECKING:
    import pandas as pd


FrameT_co = TypeVar("FrameT_co", covariant=True)

_RULE: Final = Rule(
    code="satisfaction.weighting",
    says=Text(
        "{method} of {n} respondents ({left_out} left out) in {rounds}; margins met: "
        "{verdict}{off}; weights from {smallest} to {largest}, design effect {deff}: as good as "
        "{effective_n} unweighted answers",
        "对{n}名受访者{method}（另有{left_out}名未计入），迭代{rounds}；"
        "是否符合各边际目标：{verdict}{off}；权重介于{smallest}与{largest}之间，设计效应{deff}："
        "相当于{effective_n}份未加权答卷",
    ),
    source="Kish (1992) for the design effect; the method names its own",
)
_METHODS: Final = {
    "post-stratification": Text("post-stratification", "事后分层加权"),
    "raking": Text("raking", "迭代比例加权"),
    "linear calibration": Text("linear calibration", "线性校准"),
    "logit calibration": Text("logit calibration", "有界logit校准"),
}


@attrs.frozen
class MarginLine:
    """One category of a margin, before and after weighting.

    Attributes:
        margin: The column, or several joined by "×".
        category: Which category; None for those of whom it is not known, or of a sum of numbers.
        n: How many respondents.
        before: What their weights added up to before, all weights scaled to the same total.
        target: What they were to add up to.
        after: What they add up to.

    Examples:
        >>> line = MarginLine("sex", "female", 40, 400.0, 510.0, 510.0)
        >>> line.after - line.target
        0.0
    """

    margin: str
    category: object
    n: int
    before: float
    target: float
    after: float


@attrs.frozen(eq=False, kw_only=True)
class Weighting(Generic[FrameT_co]):
    """The weights of a sample, and how they came about.

    Attributes:
        method: Its name.
        cap: How many times the mean weight a weight may be; None where none was trimmed.
        frame: The sample with its weights as the last column: the same kind of frame as was passed;
            of columns by name, a dictionary.
        n: How many respondents are weighted.
        left_out: How many are not, and have weight 0, since a category is not known.
        total: What the weights add up to.
        iterations: After how many rounds they were found.
        gap: How far the farthest margin is off its target, as a share of the total.
        tolerance: How far it may be.
        deff: Kish's design effect: by so much the variance of a mean grows.
        effective_n: How many unweighted answers would tell as much.
        smallest: The smallest weight of those who are weighted.
        largest: The largest.
        lines: Every category of every margin, before and after.

    Examples:
        >>> from crmkit.satisfaction import poststratify
        >>> sample = {"sex": ["f", "f", "f", "m"]}
        >>> found = poststratify(sample, {"f": 600, "m": 400}, by="sex")
        >>> found.weights.tolist(), round(found.deff, 2), round(found.effective_n, 2)
        ([200.0, 200.0, 200.0, 400.0], 1.12, 3.57)
        >>> print(found)
        post-stratification of 4: weights 200 to 400, deff 1.12, effective n 3.571
    """

    method: str
    cap: float | None
    frame: FrameT_co = attrs.field(repr=False)
    n: int
    left_out: int
    total: float
    iterations: int
    gap: float
    tolerance: float
    deff: float
    effective_n: float
    smallest: float
    largest: float
    lines: tuple[MarginLine, ...]
    _plan: Plan = attrs.field(repr=False)
    _found: Floats = attrs.field(repr=False)

    @property
    def converged(self) -> bool:
        """Whether the weighted margins meet their targets; trimming moves them off."""
        return self.gap <= self.tolerance

    @property
    def ratio(self) -> float:
        """The largest weight over the smallest; infinite where somebody weighs nothing."""
        return self.largest / self.smallest if self.smallest else float("inf")

    @property
    def weights(self) -> NDArray[np.float64]:
        """One weight per row, in the order of the sample.

        Raises:
            InvalidValueError: If the sample is a lazy frame, whose rows are not fetched.
        """
        rows = self._plan.fitting.cells.rows
        if rows is None:
            rule, way_out = "must be asked of a frame that holds its rows", "collect .frame"
            raise InvalidValueError("weights", Words("of a lazy frame"), rule, way_out)
        return self._found[rows]

    @property
    def summary(self) -> pd.DataFrame:
        """One row per category: `margin`, `category`, `n`, `before`, `target`, `after`."""
        names = ("margin", "category", "n", "before", "target", "after")
        columns = {name: [getattr(line, name) for line in self.lines] for name in names}
        made: pd.DataFrame = nw.from_dict(columns, backend="pandas").to_native()
        return made

    def trimmed(self, *, cap: float) -> Weighting[FrameT_co]:
        """Cut the largest weights and hand what is cut to all others in proportion.

        It buys precision with bias: the margins are no longer met, and `lines` and `gap` tell by
        how much. Weights that are bounded and meet their margins are made by
        `crmkit.satisfaction.calibrate` with `bounds`.

        Args:
            cap: How many times the mean weight a weight may be.

        Raises:
            InvalidValueError: If the cap is not above 1, or a weight is negative.

        Examples:
            >>> from crmkit.satisfaction import poststratify
            >>> sample = {"sex": ["f", "f", "f", "m"]}
            >>> cut = poststratify(sample, {"f": 200, "m": 200}, by="sex").trimmed(cap=1.5)
            >>> cut.weights.round(2).tolist(), round(cut.gap, 3), cut.converged
            ([83.33, 83.33, 83.33, 150.0], 0.125, False)
        """
        counts = np.where(self._plan.fitting.used, self._plan.fitting.cells.n, 0)
        weights = trimmed_weights(self._found, counts, cap)
        return weighting(self._plan, weights, self.method, self.iterations, cap=float(cap))

    def explain(self) -> Explanation[bool]:
        """Explain what the weights reach and what they cost.

        Returns:
            Whether the margins are met, with its evidence: `method`, `n`, `left_out`, `iterations`,
            `gap` against the tolerance, `smallest`, `largest`, `deff`, `effective_n`, `total`;
            and as they are worded `rounds`, and `off`, how far the farthest margin is.
        """
        method = _METHODS[self.method]
        if self.cap is not None:
            zh = f"{method.zh}（截断于均值的{self.cap:g}倍）"
            method = Text(f"{method.en}, trimmed at {self.cap:g} times the mean,", zh)
        many = "s" * (self.iterations != 1)
        return Explanation(
            verdict=self.converged,
            rule=_RULE,
            evidence=(
                Evidence("method", method),
                Evidence("n", self.n),
                Evidence("left_out", self.left_out),
                Evidence("iterations", self.iterations),
                Evidence("gap", self.gap, self.tolerance, self.converged),
                Evidence("smallest", self.smallest),
                Evidence("largest", self.largest),
                Evidence("deff", self.deff),
                Evidence("effective_n", self.effective_n),
                Evidence("total", self.total),
                Evidence("rounds", Name(f"{self.iterations} round{many}", f"{self.iterations}轮")),
                Evidence("off", _off(self.gap, self.converged)),
            ),
        )

    def __str__(self) -> str:
        cut = "" if self.cap is None else f", trimmed at {self.cap:g} times the mean,"
        return (
            f"{self.method}{cut} of {self.n}: weights {self.smallest:.4g} to {self.largest:.4g}, "
            f"deff {self.deff:.4g}, effective n {self.effective_n:.4g}"
        )


@attrs.frozen(eq=False, kw_only=True)
class Plan:
    """What weights are held against, whatever makes them.

    Attributes:
        fitting: The sample with its margins.
        sums: For each column of numbers, what its weighted sum is to be.
        columns: The columns that part the cells, in the order in which they were counted.
        added: Name of the column to be added.
        tolerance: How far a margin may be off, as a share of the total.
        sample: What the caller passed.
    """

    fitting: Fitting
    sums: Mapping[str, float]
    columns: tuple[str, ...]
    added: str
    tolerance: float
    sample: object


def weighting(
    plan: Plan, weights: Floats, method: str, iterations: int, *, cap: float | None = None
) -> Weighting[FrameT_co]:
    """Put together the weights of cells and what they make of the margins."""
    fitting = plan.fitting
    cells, used = fitting.cells, fitting.used
    lines = _lines(plan, weights)
    own = weights[used]
    told = _counted(cells.n[used], own)
    return Weighting(
        method=method,
        cap=cap,
        frame=cast("FrameT_co", _given(plan, weights)),
        n=told.n,
        left_out=cells.people - told.n,
        total=told.weight,
        iterations=iterations,
        gap=gap_of(lines, plan.sums, fitting.total),
        tolerance=plan.tolerance,
        deff=told.design_effect,
        effective_n=told.effective_n,
        smallest=float(own.min()),
        largest=float(own.max()),
        lines=lines,
        plan=plan,
        found=weights,
    )


def _counted(n: NDArray[np.int64], weights: Floats) -> Histogram:
    """Return one score that all have given: the histogram knows what weights do to its mean."""
    return Histogram(
        scores=(0.0,),
        counts=(int(n.sum()),),
        weights=(float(np.dot(n, weights)),),
        squares=(float(np.dot(n, weights * weights)),),
    )


def gap_of(lines: tuple[MarginLine, ...], sums: Mapping[str, float], total: float) -> float:
    """Return how far the farthest margin is off: a share of the total; of a sum, of that sum."""
    return max(
        abs(line.after - line.target)
        / (max(abs(line.target), abs(line.before)) if line.margin in sums else total)
        for line in lines
    )


def _lines(plan: Plan, weights: Floats) -> tuple[MarginLine, ...]:
    fitting = plan.fitting
    cells = fitting.cells
    started, ended = fitting.start * cells.n, weights * cells.n
    people = np.where(fitting.used, cells.n, 0)
    lines = [
        line for margin in fitting.margins for line in _margin_lines(margin, people, started, ended)
    ]
    for name, target in plan.sums.items():
        values = np.where(fitting.used, cells.numbers[name], 0.0)
        before, after = float(np.dot(values, started)), float(np.dot(values, ended))
        lines.append(MarginLine(name, None, fitting.people, before, target, after))
    return tuple(lines)


def _off(gap: float, converged: bool) -> Name:
    """Say how far off the farthest margin is; what is within the tolerance is rounding."""
    if converged:
        return Name("", "")
    percent = 100 * gap
    return Name(
        f", the farthest off by {spoken(percent)} % of the total",
        f"，最大偏差为总量的{spoken(percent)}%",
    )


def _margin_lines(
    margin: Margin, people: NDArray[np.int64], started: Floats, ended: Floats
) -> list[MarginLine]:
    size = len(margin.categories)
    columns = [np.bincount(margin.place, part, size).tolist() for part in (people, started, ended)]
    told = zip(margin.categories, columns[0], columns[1], margin.targets, columns[2], strict=True)
    return [
        MarginLine(margin.name, category, int(n), before, float(target), after)
        for category, n, before, target, after in told
    ]


def _given(plan: Plan, weights: Floats) -> object:
    """Return the sample with its weights, in the kind that was passed."""
    cells = plan.fitting.cells
    if isinstance(plan.sample, Mapping):
        assert cells.rows is not None
        return {**plan.sample, plan.added: weights[cells.rows]}
    return weighed(cells, weights, plan.added, plan.columns)
