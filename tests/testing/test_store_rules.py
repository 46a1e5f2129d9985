"""The rules themselves: complete, told apart, and strict with those who subclass them."""

from collections import Counter
from pathlib import Path
from typing import cast

import pytest

from crmkit.errors import InvalidValueError
from crmkit.storage import MemoryStore, Store
from crmkit.testing import Capabilities, StoreMachine, StoreRules


ONE = Capabilities(threads=True, closes=True)


def make_store(_: object, folder: Path) -> Store:
    return MemoryStore()


def made(base: type[StoreRules | StoreMachine] = StoreRules, **told: object) -> type:
    """Make a class of rules, with what is told besides the hooks or instead of them."""
    hooks = {"capabilities": ONE, "make_store": make_store}
    given = {name: value for name, value in {**hooks, **told}.items() if value is not None}
    return type("TestMine", (base,), given)


class TestStoreRules:
    def test_must_be_told_how_to_make_a_store(self, tmp_path: Path) -> None:
        with pytest.raises(NotImplementedError):
            StoreRules().make_store(tmp_path)
        with pytest.raises(NotImplementedError):
            StoreRules().open_again(MemoryStore(), tmp_path)
        with pytest.raises(NotImplementedError):
            StoreMachine()

    def test_a_store_that_cannot_be_closed_need_not_be(self) -> None:
        StoreRules().close_store(cast("Store", object()))

    def test_no_rule_hides_another(self) -> None:
        names = Counter(
            name for base in StoreRules.__mro__ for name in vars(base) if name.startswith("test_")
        )

        assert len(names) > 90
        assert set(names.values()) == {1}


@pytest.mark.parametrize("base", [StoreRules, StoreMachine])
class TestSubclass:
    def test_is_taken_with_its_hooks(self, base: type[StoreRules | StoreMachine]) -> None:
        assert made(base, test_mine=lambda *_: None)

    @pytest.mark.parametrize("hook", ["make_store", "capabilities"])
    def test_is_refused_where_it_forgets_a_hook(
        self, base: type[StoreRules | StoreMachine], hook: str
    ) -> None:
        with pytest.raises(InvalidValueError, match=f"a hook of TestMine is '{hook}': it must be"):
            made(base, **{hook: None})

    @pytest.mark.parametrize(
        "claims", [Capabilities(persistent=True), Capabilities(shared=True)], ids=str
    )
    def test_is_refused_where_it_cannot_open_what_it_claims(
        self, base: type[StoreRules | StoreMachine], claims: Capabilities
    ) -> None:
        with pytest.raises(InvalidValueError, match="define open_again"):
            made(base, capabilities=claims)

    def test_is_refused_where_it_takes_the_place_of_what_the_rules_work_with(
        self, base: type[StoreRules | StoreMachine]
    ) -> None:
        with pytest.raises(InvalidValueError, match="'reopen': it must stay as the rules define"):
            made(base, reopen=lambda *_: None)

    def test_is_refused_by_way_of_another_base_too(
        self, base: type[StoreRules | StoreMachine]
    ) -> None:
        hidden = type("Hidden", (), {"reopen": lambda *_: None})
        hooks = {"capabilities": ONE, "make_store": make_store}

        with pytest.raises(InvalidValueError, match="give yours another name"):
            type("TestMine", (hidden, base), hooks)


class TestOverriding:
    @pytest.mark.parametrize("rule", [lambda *_: None, None])
    def test_a_rule_is_refused(self, rule: object) -> None:
        hooks = {"capabilities": ONE, "make_store": make_store}

        with pytest.raises(InvalidValueError) as caught:
            type("TestMine", (StoreRules,), {**hooks, "test_facts_last": rule})

        assert str(caught.value) == (
            "a name in TestMine is 'test_facts_last': it must stay as the rules define it;"
            " waive it, waived = {'test_facts_last': 'why'}, and give yours another name"
        )

    def test_a_rule_of_the_machine_is_refused(self) -> None:
        with pytest.raises(InvalidValueError, match="'state_agrees'"):
            made(StoreMachine, state_agrees=lambda *_: None)

    def test_a_fixture_is_refused(self) -> None:
        with pytest.raises(InvalidValueError, match="'judged'"):
            made(judged=lambda *_: None)

    def test_a_waiver_names_a_rule_and_says_why(self) -> None:
        assert made(waived={"test_facts_last": "the ledger is elsewhere"})
        with pytest.raises(InvalidValueError, match="'test_fact': it is no rule; see them all"):
            made(waived={"test_fact": "the ledger is elsewhere"})
        for nothing in ("", " ", None):
            with pytest.raises(InvalidValueError, match="must say why test_facts_last does not"):
                made(waived={"test_facts_last": nothing})


class TestCapabilities:
    def test_are_none_if_nothing_is_said(self) -> None:
        assert Capabilities().claimed == ()

    def test_are_known_by_name(self) -> None:
        assert Capabilities.named(["shared", "persistent"]) == Capabilities(
            persistent=True, shared=True
        )
        with pytest.raises(InvalidValueError, match=r"'sharing': it is none.*'shared'"):
            Capabilities.named(["sharing"])


class TestReopen:
    def test_lets_a_store_be_that_does_not_last(self, tmp_path: Path) -> None:
        rules = cast("StoreRules", made()())
        store = rules.make_store(tmp_path)

        assert rules.reopen(store, tmp_path) is store
