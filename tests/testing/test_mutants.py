"""The rules find every fault that is seeded in copies of the adapters."""

from collections.abc import Mapping

import pytest

from crmkit.testing.store_judge import Verdict, judged

from .mutants import memory, sqlite
from .mutants.copies import SHORT, Mutant, module_of, rules_for


KILLED = (*memory.MUTANTS, *sqlite.MUTANTS)
EQUIVALENT = (*memory.EQUIVALENT, *sqlite.EQUIVALENT)


def told(mutant: Mutant) -> str:
    return f"{mutant.adapter.name}: {mutant.fault}"


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, list[Verdict]]:
    """All in one run: of each mutant the rule that kills it, of an equivalent one every rule."""
    names = {f"Test{number}": mutant for number, mutant in enumerate((*KILLED, *EQUIVALENT))}
    classes = {
        name: rules_for(mutant, module_of(mutant, tmp_path_factory.mktemp("mutant")))
        for name, mutant in names.items()
    }

    found = judged(lambda: classes, chosen=lambda name, rule: names[name].killed_by in (rule, ""))

    by_mutant: dict[str, list[Verdict]] = {told(mutant): [] for mutant in names.values()}
    for verdict in found:
        by_mutant[told(names[verdict.store])].append(verdict)
    return by_mutant


class TestRules:
    def test_are_proved_by_many_faults(self) -> None:
        assert len(KILLED) >= 14
        assert len({told(mutant) for mutant in KILLED}) == len(KILLED)

    @pytest.mark.parametrize("mutant", KILLED, ids=told)
    def test_kill(self, mutant: Mutant, verdicts: Mapping[str, list[Verdict]]) -> None:
        (verdict,) = verdicts[told(mutant)]

        assert (verdict.rule, verdict.outcome) == (mutant.killed_by, "failed")

    @pytest.mark.parametrize(
        "mutant", [mutant for mutant in KILLED if mutant.patience == SHORT], ids=told
    )
    def test_end_a_dead_lock_with_a_clear_word(
        self, mutant: Mutant, verdicts: Mapping[str, list[Verdict]]
    ) -> None:
        (verdict,) = verdicts[told(mutant)]

        assert "dead-locked" in verdict.reason

    @pytest.mark.parametrize("mutant", EQUIVALENT, ids=told)
    def test_let_live_what_no_caller_could_tell(
        self, mutant: Mutant, verdicts: Mapping[str, list[Verdict]]
    ) -> None:
        found = verdicts[told(mutant)]

        assert mutant.because
        assert len(found) > 80
        assert [verdict.rule for verdict in found if verdict.outcome == "failed"] == []
