"""The published formulas, word for word, in fifty digits and more."""

from typing import NamedTuple

import mpmath as mp  # type: ignore[import-untyped]  # it has no stubs


class Exact(NamedTuple):
    """What a formula says of one customer."""

    log_likelihood: mp.mpf
    p_alive: mp.mpf
    expected: mp.mpf


def beta_drop_out(
    parameters: tuple[float, ...], row: tuple[float, ...], within: float, *, first: int
) -> Exact:
    """Fader, Hardie and Lee (2005), equations 6 and 10; with `first`, Batislam et al. (2007)."""
    with mp.workdps(80):
        r, alpha, a, b = map(mp.mpf, parameters)
        x, recency, age, t = int(row[0]), mp.mpf(row[1]), mp.mpf(row[2]), mp.mpf(within)
        chances, rate = x + first, r + x
        stays = mp.beta(a, b + chances) / mp.beta(a, b) * (alpha + age) ** -rate
        leaves = mp.mpf(0)
        if chances:
            leaves = mp.beta(a + 1, b + chances - 1) / mp.beta(a, b) * (alpha + recency) ** -rate
        log = mp.loggamma(rate) - mp.loggamma(r) + r * mp.log(alpha) + mp.log(stays + leaves)
        alive = stays / (stays + leaves)
        # At a = 1 the formula is 0/0: its limit, to more digits than are compared.
        near = a if a != 1 else 1 + mp.mpf(10) ** -40
        stay, end = b + chances, alpha + age + t
        series = mp.hyp2f1(rate, stay, near + stay - 1, t / end)
        ahead = (near + stay - 1) / (near - 1) * (1 - ((alpha + age) / end) ** rate * series)
        return Exact(log, alive, alive * ahead)


def pareto_drop_out(parameters: tuple[float, ...], row: tuple[float, ...], within: float) -> Exact:
    """Fader and Hardie (2005), "A note on deriving the Pareto/NBD model", equations 20 and 41."""
    with mp.workdps(80):
        r, alpha, s, beta = map(mp.mpf, parameters)
        x, recency, age, t = int(row[0]), mp.mpf(row[1]), mp.mpf(row[2]), mp.mpf(within)
        rate, total = r + x, r + s + x
        larger, shape = (alpha, s + 1) if alpha >= beta else (beta, rate)

        def part(y: mp.mpf) -> mp.mpf:
            share = abs(alpha - beta) / (larger + y)
            return mp.hyp2f1(total, shape, total + 1, share) / (larger + y) ** total

        stays = (alpha + age) ** -rate * (beta + age) ** -s
        leaves = s / total * (part(recency) - part(age))
        log = mp.loggamma(rate) - mp.loggamma(r) + r * mp.log(alpha) + s * mp.log(beta)
        alive = stays / (stays + leaves)
        near = s if s != 1 else 1 + mp.mpf(10) ** -40
        fall = 1 - ((beta + age) / (beta + age + t)) ** (near - 1)
        ahead = rate * (beta + age) / (alpha + age) / (near - 1) * fall
        return Exact(log + mp.log(stays + leaves), alive, alive * ahead)


def error(told: float, exact: mp.mpf) -> float:
    """Return by what share a number misses the exact one."""
    return float(abs((mp.mpf(float(told)) - exact) / exact)) if exact else abs(float(told))


def pareto_dert(parameters: tuple[float, ...], row: tuple[float, ...], force: float) -> mp.mpf:
    """Fader, Hardie and Lee (2005), "RFM and CLV", equation 3, with its confluent function."""
    with mp.workdps(50):
        r, alpha, s, beta, delta = map(mp.mpf, (*parameters, force))
        x, age = int(row[0]), mp.mpf(row[2])
        likelihood = mp.exp(pareto_drop_out(parameters, row, 1.0).log_likelihood)
        top = alpha**r * beta**s * delta ** (s - 1) * mp.gamma(r + x + 1)
        top *= mp.hyperu(s, s, delta * (beta + age))
        return top / (mp.gamma(r) * (alpha + age) ** (r + x + 1) * likelihood)


def beta_dert(
    parameters: tuple[float, ...], row: tuple[float, ...], force: float, *, first: int
) -> mp.mpf:
    """The rate of buying, a hypergeometric function, under the discount, integrated."""
    with mp.workdps(25):
        r, alpha, a, b, delta = map(mp.mpf, (*parameters, force))
        rate, age, stay = r + int(row[0]), alpha + mp.mpf(row[2]), b + int(row[0]) + first

        def worth(t: mp.mpf) -> mp.mpf:
            return mp.exp(-delta * t) * mp.hyp2f1(rate + 1, a, a + stay, -t / age)

        whole = mp.quad(worth, [0, 1, 10, 100, 1 / delta, 10 / delta, 60 / delta])
        alive = beta_drop_out(parameters, row, 1.0, first=first).p_alive
        return alive * rate / age * whole


def log_pmf(
    law: str, parameters: tuple[float, ...], row: tuple[float, ...], within: float, count: int
) -> mp.mpf:
    """Fader, Hardie and Lee (2005) and Fader and Hardie (2014): sums of negative binomials.

    Of who is lost with the last of his purchases, or, by Pareto/NBD, after it.
    """
    with mp.workdps(60):
        r, alpha, third, fourth = map(mp.mpf, parameters)
        rate, age, t = r + int(row[0]), alpha + mp.mpf(row[2]), mp.mpf(within)

        def exactly(u: mp.mpf) -> mp.mpf:
            ways = mp.loggamma(rate + count) - mp.loggamma(rate) - mp.loggamma(count + 1)
            return mp.exp(ways + rate * mp.log(age / (age + u)) + count * mp.log(u / (age + u)))

        if law == "Pareto/NBD":
            alive = pareto_drop_out(parameters, row, 1.0).p_alive
            life = fourth + mp.mpf(row[2])
            stays = (life / (life + t)) ** third * exactly(t)
            fall = life**third * third
            ends = [0, *(t * (1 - mp.mpf(7) ** -k) for k in range(1, 5)), t]
            told = stays + mp.quad(lambda u: exactly(u) * fall / (life + u) ** (third + 1), ends)
        else:
            first = int(law == "MBG/NBD")
            alive = beta_drop_out(parameters, row, 1.0, first=first).p_alive
            stay = fourth + int(row[0]) + first
            told = mp.beta(third, stay + count) / mp.beta(third, stay) * exactly(t)
            if count:
                comes = mp.betainc(count, rate, 0, t / (age + t), regularized=True)
                lost = mp.beta(third + 1, stay + count - 1) / mp.beta(third, stay)
                told += lost * comes
        return mp.log(alive * told + (0 if count else 1 - alive))
