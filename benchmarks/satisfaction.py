# /// script
# requires-python = ">=3.11"
# dependencies = ["crmkit", "pyarrow"]
#
# [tool.uv.sources]
# crmkit = { path = "..", editable = true }
# ///
"""Scores of surveys and of single questions, against pandas.

Answers to twelve items lie as bytes, 99 for none, which is how a survey of ten million answers is
kept. The pandas of the first goal is what an analyst writes: gaps made of the code, stretched,
weighed by columns, summed by rows, divided, and the half rule by `where`. Ours does the same,
refuses what is off the scale besides, and tells what share was answered.

The pandas of the third goal counts promoters and detractors of each segment by `groupby`, and
works out the same interval. Segments are categories, which is how pandas keeps such names best.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from measuring import Goal, Sense, report

from crmkit.satisfaction import Item, Survey, nps, score_table, survey_scores


MILLION = 1_000_000
NONE = 99
ITEMS = [f"q{number}" for number in range(12)]
WEIGHTS = pd.Series([1.0, 2.0, 3.0, 4.0] * 3, index=ITEMS)
SURVEY = Survey.of(
    "twelve", 1, [Item(name, dimension="all", weight=float(WEIGHTS[name])) for name in ITEMS]
)


def goals(_: Path) -> Iterator[Goal]:
    """Name the goals."""
    rng = np.random.default_rng(20260301)
    answers = _answers(rng, MILLION)
    yield Goal(
        "weighted 12-item score of a million against pandas",
        ours=lambda: survey_scores(answers, survey=SURVEY, codes={NONE: "missing"}),
        peer=lambda: _pandas_scores(answers),
        limit=8.0,
        sense=Sense.SPEED_AT_LEAST,
        things=MILLION,
    )
    many = _answers(rng, 10 * MILLION)
    yield Goal(
        "mean score of ten million against a million",
        ours=lambda: score_table(many, survey=SURVEY, codes={NONE: "missing"}),
        peer=lambda: score_table(answers, survey=SURVEY, codes={NONE: "missing"}),
        limit=12.0,
        sense=Sense.TIME_AT_MOST,
    )
    segments = _recommendations(rng, MILLION)
    yield Goal(
        "NPS of 50 segments of a million against pandas",
        ours=lambda: nps(segments, by="segment"),
        peer=lambda: _pandas_nps(segments),
        limit=3.0,
        sense=Sense.SPEED_AT_LEAST,
        things=MILLION,
    )
    few = _recommendations(rng, 10_000)["recommend"].to_numpy()
    all_of_them = segments["recommend"].to_numpy()
    yield Goal(
        "NPS bootstrap, 2,000 draws, of a million against ten thousand",
        ours=lambda: nps(all_of_them, method="bootstrap", rng=1),
        peer=lambda: nps(few, method="bootstrap", rng=1),
        limit=5.0,
        sense=Sense.TIME_AT_MOST,
    )


def _answers(rng: np.random.Generator, size: int) -> pd.DataFrame:
    columns = {}
    for name in ITEMS:
        told = rng.integers(1, 6, size, dtype=np.uint8)
        told[rng.random(size) < 0.1] = NONE
        columns[name] = told
    return pd.DataFrame(columns)


def _recommendations(rng: np.random.Generator, size: int) -> pd.DataFrame:
    names = np.array([f"segment {number:02}" for number in range(50)])
    return pd.DataFrame(
        {
            "segment": pd.Categorical(names[rng.integers(0, len(names), size)]),
            "recommend": rng.integers(0, 11, size),
        }
    )


def _pandas_scores(answers: pd.DataFrame) -> object:
    given = answers.where(answers != NONE)
    worth = (given - 1) / 4 * 100
    answered = given.notna().mul(WEIGHTS, axis=1).sum(axis=1)
    score = worth.mul(WEIGHTS, axis=1).sum(axis=1) / answered
    share = answered / WEIGHTS.sum()
    return answers.assign(score=score.where(share >= 0.5), answered=share)


def _pandas_nps(answers: pd.DataFrame) -> object:
    sides = answers.assign(
        promotes=answers["recommend"] >= 9, detracts=answers["recommend"] <= 6
    ).groupby("segment", observed=True)
    told = sides.agg(n=("promotes", "size"), up=("promotes", "sum"), down=("detracts", "sum"))
    size = told["n"] + 3
    plus, minus = (told["up"] + 0.75) / size, (told["down"] + 0.75) / size
    reach = 195.996 * np.sqrt((plus + minus - (plus - minus) ** 2) / size)
    middle = 100 * (plus - minus)
    return told.assign(
        value=100 * (told["up"] - told["down"]) / told["n"], low=middle - reach, high=middle + reach
    )


if __name__ == "__main__":
    sys.exit(report(goals, samples=7))
