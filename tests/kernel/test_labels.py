"""Every enumeration speaks English and Chinese."""

import importlib
import pkgutil
import re

import pytest

import crmkit
from crmkit.errors import InvalidValueError
from crmkit.kernel import Channel, Labelled, Text, checked_language


class Size(Labelled):
    SMALL = "small", "Small", "小"
    LARGE = "large", "Large", "大"


def enumerations() -> list[type[Labelled]]:
    """Every labelled enumeration that any module of the package defines."""
    found: dict[str, type[Labelled]] = {}
    for module in pkgutil.walk_packages(crmkit.__path__, "crmkit."):
        for name, value in vars(importlib.import_module(module.name)).items():
            if isinstance(value, type) and issubclass(value, Labelled) and len(value):
                found[f"{value.__module__}.{name}"] = value
    return [kind for name, kind in sorted(found.items()) if name.startswith("crmkit.")]


class TestEveryEnumeration:
    def test_is_found(self) -> None:
        assert Channel in enumerations()
        assert len(enumerations()) >= 3

    @pytest.mark.parametrize("kind", enumerations(), ids=lambda kind: kind.__name__)
    def test_has_a_label_in_both_languages(self, kind: type[Labelled]) -> None:
        for member in kind:
            en, zh = member.label("en"), member.label("zh")
            assert re.search("[A-Za-z]", en)
            assert re.search("[\u4e00-\u9fff]", zh), member

    @pytest.mark.parametrize("kind", enumerations(), ids=lambda kind: kind.__name__)
    def test_has_labels_that_differ(self, kind: type[Labelled]) -> None:
        for language in ("en", "zh"):
            labels = [member.label(checked_language(language)) for member in kind]
            assert len(set(labels)) == len(labels)


class TestText:
    def test_speaks_both_languages(self) -> None:
        text = Text("Small", "小")

        assert (text(), text("en"), text("zh")) == ("Small", "Small", "小")

    def test_knows_what_it_speaks_of(self) -> None:
        text = Text("{who} is due at {due}, {{so}}", "{due}:{who}")

        assert text.names == {"who", "due"}

    def test_refuses_other_languages(self) -> None:
        with pytest.raises(InvalidValueError, match="language is 'de': it must be 'en' or 'zh'"):
            Text("Small", "小")("de")  # type: ignore[arg-type]  # refused

    @pytest.mark.parametrize(("en", "zh"), [("", "小"), ("Small", " "), ("Small", None)])
    def test_refuses_a_blank(self, en: str, zh: str) -> None:
        with pytest.raises(InvalidValueError, match="must be text, and not blank"):
            Text(en, zh)

    @pytest.mark.parametrize(("en", "zh"), [("{a}", "{b}"), ("{a}", "一"), ("a", "{a}")])
    def test_refuses_languages_that_tell_different_things(self, en: str, zh: str) -> None:
        with pytest.raises(InvalidValueError, match="must name the same evidence"):
            Text(en, zh)

    @pytest.mark.parametrize("text", ["{", "}", "{a", "a}"])
    def test_refuses_a_brace_left_open(self, text: str) -> None:
        with pytest.raises(InvalidValueError, match="must close every brace"):
            Text(text, text)

    @pytest.mark.parametrize("text", ["{}", "{0}", "{a.b}", "{a[0]}", "{a:.2f}", "{a!r}", "{a b}"])
    def test_refuses_braces_with_more_than_a_name(self, text: str) -> None:
        with pytest.raises(InvalidValueError, match="must hold plain names in its braces"):
            Text(text, text)


class TestLabelled:
    def test_is_stored_by_its_value(self) -> None:
        assert Size("small") is Size.SMALL
        assert Size.SMALL.value == "small"

    def test_of_takes_a_member_or_its_stored_value(self) -> None:
        assert Size.of(Size.LARGE, "size") is Size.of("large", "size") is Size.LARGE

    @pytest.mark.parametrize("value", ["lage", "LARGE", 1, None, Channel.PHONE])
    def test_of_refuses_what_is_no_member(self, value: str) -> None:
        with pytest.raises(InvalidValueError, match=r"^size is .*: it is no Size; "):
            Size.of(value, "size")

    def test_of_names_the_nearest(self) -> None:
        with pytest.raises(InvalidValueError, match=r"did you mean 'large'\?$"):
            Size.of("lage", "size")
