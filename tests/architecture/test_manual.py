"""The manual holds what it promises: complete, true to the code, and open without a network."""

import importlib
import inspect
import os
import pkgutil
import re
import subprocess
import sys
import zlib
from collections.abc import Iterable, Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import attrs
import pytest

import crmkit
from crmkit.kernel import Labelled
from crmkit.testing import StoreRules


ROOT = Path(__file__).parents[2]
MANUALS = {"docs": "mkdocs.yml", "docs.zh": "mkdocs.zh.yml"}
FENCE = re.compile(r"^ *```(\w.*)$", re.MULTILINE)
REFERENCE = re.compile(r"(?:`|\]\[)(crmkit(?:\.\w+)+)")


def built(config: str, folder: Path) -> Path:
    """Build one manual; a warning is an error."""
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet"]
    # Not measured: what a build runs is not tested by it, and would take four times as long.
    environment = {k: v for k, v in os.environ.items() if not k.startswith("COVERAGE_")}
    done = subprocess.run(
        [*command, "--config-file", config, "--site-dir", str(folder)],
        cwd=ROOT,
        env={**environment, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return folder


@pytest.fixture(scope="session")
def sites(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Both manuals, built once a session."""
    folder = tmp_path_factory.mktemp("manual")
    return {docs: built(config, folder / docs) for docs, config in MANUALS.items()}


@pytest.fixture(scope="session")
def documented(sites: dict[str, Path]) -> set[str]:
    """Every name that has an entry in the reference."""
    packed = (sites["docs"] / "objects.inv").read_bytes().split(b"\n", 4)[4]
    lines = zlib.decompress(packed).decode().splitlines()
    return {line.split()[0] for line in lines if line.startswith("crmkit")}


def script() -> ModuleType:
    """The scanner that the checks of a clean checkout run too."""
    spec = spec_from_file_location("check_manual", ROOT / ".ci" / "check_manual.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def public_names() -> Iterator[str]:
    """Yield what crmkit exports, two levels deep."""
    packages = {name: getattr(crmkit, name) for name in vars(crmkit)["__all__"]}
    packages["app"] = importlib.import_module("crmkit.app")
    for package, found in packages.items():
        if not inspect.ismodule(found):
            assert package in vars(packages["app"])["__all__"]
            continue
        yield f"crmkit.{package}"
        names = getattr(found, "__all__", None) or [
            name
            for name, value in vars(found).items()
            if getattr(value, "__module__", None) == found.__name__
        ]
        yield from (f"crmkit.{package}.{name}" for name in names)


def resolved(dotted: str) -> object:
    """Return what a dotted name stands for; an attribute of records may be a field."""
    module, *rest = "crmkit", *dotted.split(".")[1:]
    found: object = importlib.import_module(module)
    for name in rest:
        if inspect.ismodule(found) and not hasattr(found, name):
            importlib.import_module(f"{found.__name__}.{name}")
        if inspect.isclass(found) and attrs.has(found) and not hasattr(found, name):
            return getattr(attrs.fields(found), name)
        found = getattr(found, name)
    return found


def made_up(names: Iterable[str]) -> list[str]:
    """Return those names that stand for nothing."""
    wrong = []
    for name in names:
        try:
            resolved(name)
        except (AttributeError, ImportError):
            wrong.append(name)
    return wrong


def enumerations() -> Iterator[type[Labelled]]:
    """Yield every enumeration of the library, public or not."""
    for module in pkgutil.walk_packages(crmkit.__path__, "crmkit."):
        importlib.import_module(module.name)
    yield from (
        found for found in Labelled.__subclasses__() if found.__module__.startswith("crmkit.")
    )


def pages(docs: str) -> list[Path]:
    return sorted((ROOT / docs).rglob("*.md"))


class TestReference:
    @pytest.mark.parametrize("name", sorted(public_names()))
    def test_has_an_entry_for_every_public_name(self, name: str, documented: set[str]) -> None:
        assert name in documented

    def test_makes_no_name_up(self, documented: set[str]) -> None:
        assert made_up(sorted(documented)) == []


@pytest.mark.parametrize("docs", MANUALS)
class TestPages:
    def test_are_all_in_the_navigation(self, docs: str) -> None:
        _, navigation = (ROOT / MANUALS[docs]).read_text(encoding="utf-8").split("\nnav:\n")

        listed = re.findall(r"[\w./-]+\.md", navigation)

        assert sorted(listed) == [path.relative_to(ROOT / docs).as_posix() for path in pages(docs)]

    def test_hold_no_python_that_the_tests_do_not_run(self, docs: str) -> None:
        """Sybil runs blocks named `python`, the build those marked exec."""
        for path in pages(docs):
            for name in FENCE.findall(path.read_text(encoding="utf-8")):
                assert re.fullmatch(r'python( exec="on"( html="on")?)?|text|bash', name), path

    def test_open_without_a_network(self, docs: str, sites: dict[str, Path]) -> None:
        assert list(script().problems(sites[docs])) == []

    def test_can_be_searched_from_the_disk(self, docs: str, sites: dict[str, Path]) -> None:
        assert (sites[docs] / "search" / "search_index.js").stat().st_size > 1000
        assert 'src="assets/iframe-worker.js"' in (sites[docs] / "index.html").read_text("utf-8")


class TestHowTo:
    @pytest.mark.parametrize("path", pages("docs/how-to"), ids=lambda p: p.stem)
    def test_is_short(self, path: Path) -> None:
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 120


@pytest.mark.parametrize("docs", MANUALS)
class TestGlossary:
    def test_points_to_code_that_is_there(self, docs: str) -> None:
        names = REFERENCE.findall((ROOT / docs / "glossary.md").read_text(encoding="utf-8"))

        assert made_up(names) == []
        assert len(names) > 20

    def test_has_every_enumeration(self, docs: str) -> None:
        names = REFERENCE.findall((ROOT / docs / "glossary.md").read_text(encoding="utf-8"))
        told = [resolved(name) for name in names]

        assert [found.__name__ for found in enumerations() if found not in told] == []

    def test_shows_every_label(self, docs: str, sites: dict[str, Path]) -> None:
        page = "glossary.html" if docs == "docs.zh" else "reference/presets.html"
        shown = (sites[docs] / page).read_text(encoding="utf-8")

        for enumeration in enumerations():
            if enumeration.__name__ != "ColumnKind":  # no public name; its labels head columns
                assert all(member.label("zh") in shown for member in enumeration), enumeration


class TestScanner:
    @pytest.mark.parametrize(
        "page",
        [
            '<script src="https://unpkg.com/x.js"></script>',
            '<link rel="preload stylesheet" href="//fonts.example/x.css">',
            '<img alt="" srcset="a.png 1x, https://pictures.example/a.png 2x">',
            '<p style="background: url(http://pictures.example/a.png)">a</p>',
            "<style>@import 'https://styles.example/x.css';</style>",
            '<pre class="mermaid">a</pre>',
            '<script src="gone.js"></script>',
            r"<p>the score is $$\frac{1}{2}$$</p>",
            "<p>see [`Money`][crmkit.kernel.Money]</p>",
            "<p>```python\n1\n```</p>",
        ],
    )
    def test_finds_what_is_wrong(self, page: str, tmp_path: Path) -> None:
        (tmp_path / "index.html").write_text(page)
        (tmp_path / "a.png").touch()

        assert list(script().problems(tmp_path))

    def test_finds_it_in_styles(self, tmp_path: Path) -> None:
        (tmp_path / "index.html").write_text("<p>a</p>")
        (tmp_path / "a.css").write_text("p { background: url('https://pictures.example/a.png') }")

        assert list(script().problems(tmp_path))

    def test_lets_links_and_own_files_be(self, tmp_path: Path) -> None:
        page = '<a href="https://example.org">a</a><img src="a.png"><pre>$$ ** a</pre>'
        (tmp_path / "index.html").write_text(f'{page}<img src="data:image/png;base64,AA==">')
        (tmp_path / "a.png").touch()

        assert list(script().problems(tmp_path)) == []

    def test_fails_where_there_is_no_page(self, tmp_path: Path) -> None:
        assert list(script().problems(tmp_path))


def store_of_the_manual() -> type[StoreRules]:
    """Return the test class that the recipe for a store ends with."""
    recipe = (ROOT / "docs" / "how-to" / "write-a-store.md").read_text(encoding="utf-8")
    told: dict[str, type[StoreRules]] = {"__name__": "recipe"}  # type: ignore[dict-item]
    for block in re.findall(r"^```python\n(.*?)^```", recipe, re.MULTILINE | re.DOTALL):
        exec(block, told)
    return told["TestDictStore"]


class TestStoreOfTheManual(store_of_the_manual()):  # type: ignore[misc]  # made at run time
    """The store that the recipe shows passes the rules that it names."""
