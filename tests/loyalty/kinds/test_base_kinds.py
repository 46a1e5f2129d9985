import attrs
import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given

from crmkit.errors import InvalidValueError, NotFoundError
from crmkit.kernel import Compare, DecisionTable
from crmkit.loyalty import (
    ANTECEDENT_RULES,
    MIDDLES,
    MOTIVE_RULES,
    add_antecedents,
    add_drivers,
    add_groups,
    add_motives,
    add_phases,
    add_quadrants,
    add_signs,
    explain_group,
    explain_quadrant,
    facts_of,
    find_antecedents,
    find_drivers,
    find_motives,
    find_signs,
    loyalty_phase,
    median_cuts,
    quadrant,
)
from crmkit.loyalty.kinds.loyalty_facts import Fact
from tests.loyalty.kinds.bases import ALWAYS, ODD_RULES, Row, a_rule, columns_of, rows_of_facts
from tests.value.engines import ENGINES, FEWEST, in_engine, rows_of


MOTIVE_FACTS = (
    "no_alternative",
    "related_party",
    "points_share",
    "price_first",
    "convenience_first",
    "switching_cost",
    "satisfaction",
    "recommend",
    "patronage",
)
MOTIVES = ("price", "trust", "inertia", "latent", "incentive")
GROUPS = ("captive", "true", "vulnerable", "not_loyal", "captive")
PHASE_NAMES = ("cognitive", "affective", "conative", "action")


def told(frame: object, added: int) -> list[tuple[object, ...]]:
    """Return the columns that were added, in the order of customers."""
    rows = sorted(rows_of(frame), key=lambda row: row[0])  # type: ignore[arg-type,return-value]  # whole numbers
    return [row[-added:] for row in rows]


def motives_of(row: Row, rules: DecisionTable) -> tuple[str, str, str, str]:
    found = find_motives(row, rules=rules)
    several = ["; ".join(str(one.value) for one in part) for part in (found.motives, found.open)]
    return str(found.primary.value), *several, "; ".join(found.missing)  # type: ignore[return-value]  # four


class TestAddMotives:
    @FEWEST
    @given(rows_of_facts(*MOTIVE_FACTS))
    def test_tells_what_is_told_of_each_customer_in_every_engine(self, rows: list[Row]) -> None:
        columns, schema = columns_of(rows)
        expected = [motives_of(row, MOTIVE_RULES) for row in rows]

        for engine in ENGINES:
            assert told(add_motives(in_engine(engine, columns, schema)), 4) == expected

    @FEWEST
    @given(rows_of_facts("trust", "points_share"))
    def test_asks_rules_of_a_companys_own(self, rows: list[Row]) -> None:
        shops = ["corner", "x", None, "a", "z"]
        rows = [{**row, "shop": shop} for row, shop in zip(rows, shops, strict=False)]
        columns, schema = columns_of(rows)
        expected = [motives_of(row, ODD_RULES) for row in rows]

        for engine in ENGINES:
            frame = in_engine(engine, columns, schema)
            assert told(add_motives(frame, rules=ODD_RULES), 4) == expected

    @pytest.mark.parametrize("engine", ENGINES)
    def test_returns_the_kind_of_frame_it_was_given(self, engine: str) -> None:
        columns, schema = columns_of([{"patronage": 0.9, "no_alternative": None}])
        frame = in_engine(engine, columns, schema)

        assert type(add_motives(frame)) is type(frame)

    @pytest.mark.parametrize("engine", ENGINES)
    def test_takes_what_is_known_of_all(self, engine: str) -> None:
        rows: list[Row] = [{"satisfaction": 90.0, "recommend": 10.0}]
        columns, schema = columns_of(rows)
        known: dict[str, Fact] = {"patronage": 1, "no_alternative": False}

        found = add_motives(in_engine(engine, columns, schema), known=known)

        assert told(found, 4) == [motives_of({**rows[0], **known}, MOTIVE_RULES)]

    @pytest.mark.parametrize("engine", ENGINES)
    def test_tells_the_same_of_all_where_nothing_is_a_column(self, engine: str) -> None:
        columns, schema = columns_of([{"trust": 1.0}, {"trust": 2.0}])
        frame = in_engine(engine, columns, schema)

        found = add_motives(frame, known={"no_alternative": True, "related_party": False})

        expected = motives_of({"no_alternative": True, "related_party": False}, MOTIVE_RULES)
        assert told(found, 4) == [expected, expected]
        assert (
            told(add_motives(frame, rules=ALWAYS, known={}), 4) == [("trust", "trust", "", "")] * 2
        )

    def test_takes_what_is_known_of_all_out_of_a_frame(self) -> None:
        base = pd.DataFrame({"customer_id": ["C"], "patronage": [0.9], "attitude": [80]})
        known = {"no_alternative": np.False_, "switching_cost": np.int64(20)}

        told_of_one = facts_of(base, "C", known=known)  # type: ignore[arg-type]  # numpy's

        assert add_groups(base, known=known)["loyalty_group"].to_list() == ["true"]  # type: ignore[arg-type]  # numpy's
        assert told_of_one == {
            "patronage": 0.9,
            "attitude": 80.0,
            "no_alternative": False,
            "switching_cost": 20,
        }
        assert type(told_of_one["no_alternative"]) is bool

    def test_finds_facts_under_other_names(self) -> None:
        base = pd.DataFrame({"sole": [True, None]})

        found = add_motives(base, columns={"no_alternative": "sole"})

        assert found["motive"].to_list() == ["monopoly", "unknown"]

    def test_takes_flags_with_gaps_as_pandas_holds_them(self) -> None:
        base = pd.DataFrame({"no_alternative": [True, False, None], "price_first": [None] * 3})

        assert add_motives(base)["motives"].to_list() == ["monopoly", "", ""]

    @pytest.mark.parametrize(
        ("base", "options", "message"),
        [
            ({"patronage": [1.2]}, {}, r"patronage is 1\.2: it must be a number from 0 to 1"),
            ({"patronage": ["x"]}, {}, "must hold numbers"),
            ({"no_alternative": ["x"]}, {}, "must hold true or false"),
            ({"a": [1]}, {}, "facts is missing: it must be there: one of no_alternative"),
            ({"a": [1]}, {"columns": {"patronage": "b"}}, "b is missing"),
            ({"a": [1]}, {"columns": {"patronnage": "a"}}, "did you mean 'patronage'"),
            ({"a": [1]}, {"known": {"patronnage": 1}}, "did you mean 'patronage'"),
            ({"a": [1]}, {"known": {"patronage": 2}}, "must be a number from 0 to 1"),
            ({"patronage": [1]}, {"known": {"patronage": 1}}, "must be told once"),
            (
                {"a": [1]},
                {"known": {"patronage": 1}, "columns": {"patronage": "a"}},
                "must be told once",
            ),
            ({"patronage": [1], "motive": ["x"]}, {}, "must not be there already"),
            ({"a": [1]}, {"columns": 5}, "columns is 5: it must be a mapping by names of facts"),
            ({"a": [1]}, {"columns": {"trust": []}}, r"columns is \[\]: it must be a str; write"),
            ({"a": [1]}, {"known": None}, "known is None: it must be a mapping by names of facts"),
        ],
    )
    def test_refuses_what_it_cannot_read(
        self, base: dict[str, list[object]], options: dict[str, dict[str, str]], message: str
    ) -> None:
        with pytest.raises(InvalidValueError, match=message):
            add_motives(pd.DataFrame(base), **options)  # type: ignore[arg-type]  # refused

    def test_refuses_what_is_not_finite_of_a_companys_own(self) -> None:
        rules = DecisionTable("near", (a_rule("n", "price", Compare("km", "<", 2)),), "none")

        with pytest.raises(InvalidValueError, match="must be a finite number, or empty"):
            add_motives(pl.DataFrame({"km": [float("nan")]}), rules=rules)


class TestAddAntecedents:
    @FEWEST
    @given(rows_of_facts("satisfaction", "delight", "trust"))
    def test_tells_what_is_told_of_each_customer_in_every_engine(self, rows: list[Row]) -> None:
        columns, schema = columns_of(rows)
        found = [find_antecedents(row, rules=ANTECEDENT_RULES) for row in rows]
        expected = [
            ("; ".join(str(kind.value) for kind in one.found), "; ".join(one.missing))
            for one in found
        ]

        for engine in ENGINES:
            assert told(add_antecedents(in_engine(engine, columns, schema)), 2) == expected


class TestAddDrivers:
    @FEWEST
    @given(rows_of_facts("value_rating", "system_rating", "people_rating"))
    def test_tells_what_is_told_of_each_customer_in_every_engine(self, rows: list[Row]) -> None:
        columns, schema = columns_of(rows)
        found = [find_drivers(row) for row in rows]
        expected = [
            ("; ".join(str(kind.value) for kind in one.found), "; ".join(one.missing))
            for one in found
        ]

        for engine in ENGINES:
            assert told(add_drivers(in_engine(engine, columns, schema)), 2) == expected


class TestAddSigns:
    @FEWEST
    @given(
        rows_of_facts(
            "bought_again",
            "recommend",
            "attachment",
            "tolerance",
            "share_of_wallet",
            "price_tolerance",
        )
    )
    def test_tells_what_is_told_of_each_customer_in_every_engine(self, rows: list[Row]) -> None:
        columns, schema = columns_of(rows)
        found = [find_signs(row) for row in rows]
        expected = [
            ("; ".join(str(kind.value) for kind in one.found), "; ".join(one.missing))
            for one in found
        ]

        for engine in ENGINES:
            assert told(add_signs(in_engine(engine, columns, schema)), 2) == expected


class TestAddGroups:
    @FEWEST
    @given(rows_of_facts("patronage", "no_alternative", "switching_cost", "attitude"))
    def test_tells_what_is_told_of_each_customer_in_every_engine(self, rows: list[Row]) -> None:
        columns, schema = columns_of(rows)
        whys = [explain_group("x", row) for row in rows]
        expected = [(why.verdict.value, "; ".join(why.missing)) for why in whys]

        for engine in ENGINES:
            assert told(add_groups(in_engine(engine, columns, schema)), 2) == expected

    @FEWEST
    @given(rows_of_facts("trust", "points_share"))
    def test_asks_rules_of_a_companys_own(self, rows: list[Row]) -> None:
        named = dict(zip(MOTIVES, GROUPS, strict=True))
        own = [attrs.evolve(rule, then=named[rule.then]) for rule in ODD_RULES.rules]
        rules = DecisionTable("odd", tuple(own), "unknown")
        shops = ["corner", "x", None, "a", "z"]
        rows = [{**row, "shop": shop} for row, shop in zip(rows, shops, strict=False)]
        columns, schema = columns_of(rows)
        whys = [explain_group("x", row, rules=rules) for row in rows]
        expected = [(why.verdict.value, "; ".join(why.missing)) for why in whys]

        for engine in ENGINES:
            frame = in_engine(engine, columns, schema)
            assert told(add_groups(frame, rules=rules), 2) == expected

    @pytest.mark.parametrize("engine", ENGINES)
    def test_says_what_is_missing(self, engine: str) -> None:
        """By hand: who has no alternative is captive or not loyal, whatever leaving would cost."""
        rows: list[Row] = [
            {"patronage": None, "no_alternative": None, "switching_cost": None, "attitude": None},
            {"patronage": None, "no_alternative": True, "switching_cost": None, "attitude": None},
            {"patronage": 0.9, "no_alternative": False, "switching_cost": 0.0, "attitude": None},
            {"patronage": 0.1, "no_alternative": None, "switching_cost": None, "attitude": None},
        ]

        found = add_groups(in_engine(engine, *columns_of(rows)))

        assert [row[1] for row in told(found, 2)] == [
            "patronage; no_alternative; switching_cost; attitude",
            "patronage",
            "attitude",
            "",
        ]


class TestAddPhases:
    @FEWEST
    @given(rows_of_facts("cognitive", "affective", "conative", "action"))
    def test_tells_what_is_told_of_each_customer_in_every_engine(self, rows: list[Row]) -> None:
        # These names draw flags: 0 and 100 of 100.
        scored: list[Row] = [
            {name: None if one is None else 100.0 * bool(one) for name, one in row.items()}
            for row in rows
        ]
        columns, schema = columns_of(scored)
        found = [loyalty_phase(row) for row in scored]
        expected = [
            (
                one.phase.value,
                one.at_least.value,
                bool(one.over_a_gap),
                "; ".join(one.missing),
            )
            for one in found
        ]

        for engine in ENGINES:
            assert told(add_phases(in_engine(engine, columns, schema)), 4) == expected

    def test_leaves_out_what_is_known_of_nobody(self) -> None:
        base = pd.DataFrame({"thinks": [80, 20], "likes": [80, 80]})

        found = add_phases(base, cognitive="thinks", affective="likes", conative=None, action=None)

        assert found["phase"].to_list() == ["unknown", "none"]
        assert found["phase_at_least"].to_list() == ["affective", "none"]
        assert found["phase_gap"].to_list() == [False, True]
        assert found["phase_missing"].to_list() == ["conative; action", ""]

    @pytest.mark.parametrize(
        ("action", "policy", "message"),
        [("acts", None, "acts is missing"), ("action", 3, "policy is 3: it must be a PhasePolicy")],
    )
    def test_refuses_what_is_not_there(self, action: str, policy: object, message: str) -> None:
        base = pd.DataFrame({name: [1] for name in PHASE_NAMES})
        options = {} if policy is None else {"policy": policy}

        with pytest.raises(InvalidValueError, match=message):
            add_phases(base, action=action, **options)  # type: ignore[arg-type]  # refused

    def test_refuses_that_all_are_known_of_nobody(self) -> None:
        with pytest.raises(InvalidValueError, match="must be there"):
            add_phases(
                pd.DataFrame({"a": [1]}), cognitive=None, affective=None, conative=None, action=None
            )


class TestAddQuadrants:
    @FEWEST
    @given(rows_of_facts("attitude", "patronage"))
    def test_tells_what_is_told_of_each_customer_in_every_engine(self, rows: list[Row]) -> None:
        columns, schema = columns_of(rows)
        expected = []
        for row in rows:
            axes: list[float | None] = [row["attitude"], row["patronage"]]  # type: ignore[list-item]  # numbers
            missing = explain_quadrant("x", *axes, cuts=MIDDLES).missing
            expected.append((quadrant(*axes, cuts=MIDDLES).value, "; ".join(missing)))

        for engine in ENGINES:
            assert told(add_quadrants(in_engine(engine, columns, schema)), 2) == expected

    def test_refuses_what_is_not_finite(self) -> None:
        base = pl.DataFrame({"attitude": [float("inf")], "patronage": [1.0]})

        with pytest.raises(InvalidValueError, match="attitude is inf"):
            add_quadrants(base)


class TestMedianCuts:
    @pytest.mark.parametrize("engine", ENGINES)
    def test_are_the_medians_of_what_is_known(self, engine: str) -> None:
        rows: list[Row] = [
            {"attitude": attitude, "patronage": patronage}
            for attitude, patronage in ((10.0, 0.1), (20.0, None), (60.0, 0.5), (None, 0.9))
        ]

        assert median_cuts(in_engine(engine, *columns_of(rows))) == (20.0, 0.5)

    @pytest.mark.parametrize("engine", ENGINES)
    def test_need_somebody_known(self, engine: str) -> None:
        frame = in_engine(engine, *columns_of([{"attitude": 1.0, "patronage": None}]))

        with pytest.raises(InvalidValueError, match="patronage is None: it must be known of one"):
            median_cuts(frame)


class TestFactsOf:
    @pytest.mark.parametrize("engine", ENGINES)
    def test_are_what_the_base_tells_of_one_customer(self, engine: str) -> None:
        rows: list[Row] = [
            {"no_alternative": None, "patronage": 0.5, "price_first": True, "shop": "corner"},
            {"no_alternative": True, "patronage": None, "price_first": None, "shop": None},
        ]
        frame = in_engine(engine, *columns_of(rows))

        for customer, row in enumerate(rows):
            found = facts_of(frame, customer, columns={"shop": "shop"}, known={"trust": 80})

            assert found == {**row, "trust": 80}

    def test_knows_a_companys_own_facts_by_their_columns(self) -> None:
        base = pd.DataFrame({"customer_id": ["C"], "far": [True], "km": [3], "sole": [False]})
        columns = {"far": "far", "distance": "km", "no_alternative": "sole"}

        found = facts_of(base, "C", columns=columns)

        assert found == {"far": True, "distance": 3.0, "no_alternative": False}

    @pytest.mark.parametrize(
        ("customer", "options", "message"),
        [
            ("C", {"columns": {"shop": "shops"}}, "shops is missing"),
            ("C", {"known": {"trust": 1}}, "must be told once"),
            ("C", {"columns": None}, "columns is None: it must be a mapping"),
            ("C", {"known": [1]}, r"known is \[1\]: it must be a mapping"),
            ("D", {}, "must stand in one row, not in 2"),
        ],
    )
    def test_refuses_what_it_cannot_tell(
        self, customer: str, options: dict[str, dict[str, str]], message: str
    ) -> None:
        base = pd.DataFrame({"customer_id": ["C", "D", "D"], "trust": [1, 2, 3]})

        with pytest.raises(InvalidValueError, match=message):
            facts_of(base, customer, **options)  # type: ignore[arg-type]  # refused

    def test_refuses_who_is_not_there(self) -> None:
        with pytest.raises(NotFoundError):
            facts_of(pd.DataFrame({"customer_id": ["C"], "trust": [1]}), "X")
