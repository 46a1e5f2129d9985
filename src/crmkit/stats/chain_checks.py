r"""Is it one Markov chain? Tests of its order, and of whether it is the same for all.

Law: a chain that remembers more than where one is, or that differs between times or groups, is not
the chain that its matrix tells of; the test is told, with what it rests on, and never taken for
granted.

Source: Anderson, T. W. and Goodman, L. A. (1957), "Statistical inference about Markov chains",
Annals of Mathematical Statistics 28(1), 89–110; degrees of freedom where some moves never happen:
Bickenbach, F. and Bode, E. (2003), "Evaluating the Markov property in studies of economic
convergence", International Regional Science Review 26(3), 363–392. Small cells: Cochran, W. G.
(1954), "Some methods for strengthening the common chi-square tests", Biometrics 10(4), 417–451.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Final

import attrs
import numpy as np
from scipy.special import chdtrc

from crmkit.errors import AssumptionWarning, InvalidValueError
from crmkit.kernel import Confidence, Evidence, Explanation, PValue, Rule, Share, Text
from crmkit.kernel.estimate import check_confidence, doubt_of
from crmkit.kernel.frames import Words

from .chain_arrays import Counts, Floats


_SMALL: Final = 5.0
_MANY_SMALL: Final = 0.2

_ORDER: Final = Rule(
    code="stats.chain_order",
    says=Text(
        "{question}: {verdict} ({p_value}; chi-square {statistic} with {freedom} degrees of "
        "freedom, {n} moves; {sparse} of the cells hold fewer than five by expectation)",
        "{question}：{verdict}（{p_value}；卡方{statistic}，自由度{freedom}，转移{n}次；"
        "{sparse}的单元格期望频数不足5）",
    ),
    source="Anderson and Goodman (1957); Bickenbach and Bode (2003)",
)
_QUESTIONS: Final = {
    "order 0": Text("where one goes next depends on where one is", "下一步去向取决于当前所处阶段"),
    "order 1": Text(
        "where one goes next depends on where one was before, too",
        "下一步去向还取决于此前所处阶段",
    ),
    "homogeneity": Text("the moves differ between the parts", "各部分的转移规律不同"),
}


@attrs.frozen(kw_only=True)
class ChainTest:
    """A test of what a Markov chain takes for granted.

    Attributes:
        statistic: Pearson's chi-square.
        freedom: Its degrees of freedom.
        p_value: How often a chain that is as assumed gives one as large, or larger.
        n: On how many moves it rests.
        sparse: What share of the cells hold fewer than five by expectation: above one in five the
            p-value is rough.
        method: "order 0", "order 1" or "homogeneity".

    Examples:
        >>> early, late = [[80, 20], [30, 70]], [[60, 40], [30, 70]]
        >>> print(homogeneity_test([early, late]))
        chi-square 9.524 with 2 degrees of freedom, p = 0.008549, n = 400, homogeneity
    """

    statistic: float
    freedom: int
    p_value: float
    n: int
    sparse: float
    method: str

    def explain(self, *, confidence: float = 0.95) -> Explanation[bool]:
        """Explain whether the assumption is refuted: whether the past, or the part, matters.

        Args:
            confidence: How sure that must be.

        Returns:
            Whether it is, with the evidence `p_value`, `statistic`, `freedom`, `n`, `sparse`.

        Raises:
            InvalidValueError: If the confidence is not between 0 and 1.

        Examples:
            >>> early, late = [[80, 20], [30, 70]], [[60, 40], [30, 70]]
            >>> print(homogeneity_test([early, late]).explain())
            the moves differ between the parts: yes (p = 0.008549; chi-square 9.524 with 2 degrees\
 of freedom, 400 moves; 0 % of the cells hold fewer than five by expectation)
        """
        check_confidence(confidence)
        bar = doubt_of(confidence)
        found = self.p_value <= bar
        return Explanation(
            verdict=found,
            rule=_ORDER,
            evidence=(
                Evidence("question", _QUESTIONS[self.method]),
                Evidence("p_value", PValue(self.p_value), bar, found),
                Evidence("statistic", self.statistic),
                Evidence("freedom", self.freedom),
                Evidence("n", self.n),
                Evidence("sparse", Share(self.sparse), _MANY_SMALL, self.sparse <= _MANY_SMALL),
                Evidence("confidence", Confidence(confidence)),
            ),
        )

    def __str__(self) -> str:
        return (
            f"chi-square {self.statistic:.4g} with {self.freedom} degrees of freedom, "
            f"{PValue(self.p_value)}, n = {self.n}, {self.method}"
        )


def order_test(counts: object) -> ChainTest:
    r"""Test whether the last state is all that matters: for counts of pairs, or of triples.

    Of triples $n_{ijk}$ (state i, then j, then k) it tests a chain of order 1 against order 2:
    whether, given j, the next state k is independent of the former one, i. Of pairs $n_{jk}$ it
    tests order 0 against order 1: whether it matters at all where one is.

    $$X^2 = \sum \frac{(n_{ijk} - e_{ijk})^2}{e_{ijk}}, \quad
    e_{ijk} = \frac{n_{ij\cdot}\, n_{\cdot jk}}{n_{\cdot j \cdot}}$$

    with $(a_j - 1)(b_j - 1)$ degrees of freedom for each j, where $a_j$ is how many states came
    before it, and $b_j$ how many after it.

    Args:
        counts: k × k whole numbers of pairs, or k × k × k of triples.

    Raises:
        InvalidValueError: If they are no such numbers, or leave nothing to compare.

    Warns:
        AssumptionWarning: If more than one in five of the cells hold fewer than five by
            expectation: the p-value is rough.

    Source:
        Anderson and Goodman (1957), section 4; Bickenbach and Bode (2003), equation 17.

    Examples:
        >>> import numpy
        >>> triples = numpy.array([[[90, 10], [20, 30]], [[30, 20], [10, 90]]])
        >>> print(order_test(triples))
        chi-square 37.5 with 2 degrees of freedom, p < 0.0001, n = 300, order 1
    """
    told = _counts(counts, "counts", (2, 3))
    if told.ndim == 2:
        return _tested([told], "order 0")
    return _tested([told[:, place] for place in range(told.shape[1])], "order 1")


def homogeneity_test(parts: Sequence[object]) -> ChainTest:
    r"""Test whether parts have one matrix: the same months of two years, or regions, or times.

    $$X^2 = \sum_{r, i, j} \frac{(n^r_{ij} - n^r_i\, p_{ij})^2}{n^r_i\, p_{ij}}$$

    with $p_{ij}$ of all parts together, and $(a_i - 1)(b_i - 1)$ degrees of freedom for each i,
    where $a_i$ parts saw the state, and $b_i$ states followed upon it.

    Args:
        parts: For each part, k × k whole numbers: how often each state followed upon each.

    Raises:
        InvalidValueError: If they are no such numbers, not of one size, fewer than two, or leave
            nothing to compare.

    Warns:
        AssumptionWarning: As `order_test`.

    Source:
        Anderson and Goodman (1957), section 3; Bickenbach and Bode (2003), equations 12 and 14.

    Examples:
        >>> homogeneity_test([[[80, 20], [30, 70]], [[80, 20], [30, 70]]]).p_value
        1.0
    """
    told = [_counts(part, "parts", (2,)) for part in parts]
    if len(told) < 2 or len({part.shape for part in told}) > 1:
        rule = "must hold two or more of one size"
        raise InvalidValueError("parts", Words(f"{len(told)} of them"), rule)
    stacked = np.stack(told)
    return _tested([stacked[:, row] for row in range(stacked.shape[1])], "homogeneity")


def _tested(tables: Sequence[Counts], method: str) -> ChainTest:
    """Add up what independent tables say of the independence of their rows and columns."""
    statistic, freedom, n, expected = 0.0, 0, 0, [np.zeros(0)]
    for table in tables:
        # What never happened is no cell.
        seen = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0].astype(np.float64)
        if min(seen.shape) < 2:
            continue
        means = np.outer(seen.sum(axis=1), seen.sum(axis=0)) / seen.sum()
        statistic += float(((seen - means) ** 2 / means).sum())
        freedom += (seen.shape[0] - 1) * (seen.shape[1] - 1)
        n += int(seen.sum())
        expected.append(means.ravel())
    if not freedom:
        rule, way_out = "must leave something to compare", "take a longer record, or longer steps"
        raise InvalidValueError("counts", Words("one that does not"), rule, way_out)
    sparse = _sparse(np.concatenate(expected))
    p_value = float(chdtrc(freedom, statistic))
    return ChainTest(
        statistic=statistic, freedom=freedom, p_value=p_value, n=n, sparse=sparse, method=method
    )


def _sparse(expected: Floats) -> float:
    sparse = float((expected < _SMALL).mean())
    if sparse > _MANY_SMALL:
        warnings.warn(
            f"{sparse:.0%} of the cells hold fewer than five by expectation: the p-value is rough; "
            "take a longer record, or fewer states",
            AssumptionWarning,
            stacklevel=4,
        )
    return sparse


def _counts(values: object, name: str, dimensions: tuple[int, ...]) -> Counts:
    try:
        told = np.array(values, dtype=np.float64)
    except (TypeError, ValueError) as cause:
        raise InvalidValueError(name, Words("no numbers"), "must be whole numbers") from cause
    if told.ndim not in dimensions or len(set(told.shape)) != 1 or not told.size:
        rule = f"must have {' or '.join(map(str, dimensions))} dimensions of one size"
        raise InvalidValueError(name, Words(f"of shape {told.shape}"), rule)
    with np.errstate(invalid="ignore"):
        bad = ~(np.isfinite(told) & (told >= 0) & (told == np.floor(told)))
    if bad.any():
        rule = "must hold whole numbers of 0 or more"
        raise InvalidValueError(name, float(told[bad][0]), rule)
    return told.astype(np.int64)
