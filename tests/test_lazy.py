"""Names loaded on first use, read from the package's own imports."""

import subprocess
import sys
import zipfile
from collections.abc import Iterator
from importlib import import_module, invalidate_caches
from pathlib import Path

import pytest

from crmkit import _lazy, kernel


INIT = '''
"""A package."""
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from . import tools as tools
    from .parts import Bolt as Bolt, Nut as Screw
    from json import dumps as dumps
else:
    from crmkit import _lazy

    __getattr__, __dir__, __all__ = _lazy.names(__name__)
'''
PARTS = "class Bolt: pass\n\nclass Nut: pass\n"


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A package in a zip file: what it lists must be read without the file system."""
    archive = tmp_path / "packed.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("boxed/__init__.py", INIT)
        packed.writestr("boxed/parts.py", PARTS)
        packed.writestr("boxed/tools.py", "HAMMER = 1\n")
    monkeypatch.syspath_prepend(str(archive))
    invalidate_caches()
    yield "boxed"
    for name in [name for name in sys.modules if name.split(".")[0] == "boxed"]:
        monkeypatch.delitem(sys.modules, name)


class TestNames:
    def test_loads_a_module_only_when_a_name_of_it_is_asked_for(self, package: str) -> None:
        boxed = import_module(package)
        before = "boxed.parts" in sys.modules

        bolt = boxed.Bolt

        assert not before
        assert bolt is sys.modules["boxed.parts"].Bolt

    def test_keeps_what_it_has_loaded(self, package: str) -> None:
        boxed = import_module(package)

        first = boxed.Bolt

        assert vars(boxed)["Bolt"] is first

    def test_knows_modules_other_names_and_other_packages(self, package: str) -> None:
        boxed = import_module(package)

        assert boxed.tools.HAMMER == 1
        assert boxed.Screw.__name__ == "Nut"
        assert boxed.dumps([1]) == "[1]"

    def test_lists_what_it_exports_in_order(self, package: str) -> None:
        boxed = import_module(package)

        assert boxed.__all__ == ["Bolt", "Screw", "dumps", "tools"]
        assert {*boxed.__all__, "__doc__"} <= set(dir(boxed))

    def test_refuses_a_name_that_is_not_listed(self, package: str) -> None:
        boxed = import_module(package)

        with pytest.raises(AttributeError, match="module 'boxed' has no attribute 'Nail'"):
            boxed.Nail  # noqa: B018

    def test_refuses_an_import_that_it_cannot_read(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        odd = INIT.replace("from json import dumps as dumps", "import json")
        (tmp_path / "oddly").mkdir()
        (tmp_path / "oddly" / "__init__.py").write_text(odd)
        monkeypatch.syspath_prepend(str(tmp_path))

        with pytest.raises(AssertionError, match="oddly: only"):
            import_module("oddly")

    def test_every_exported_name_of_the_kernel_resolves(self) -> None:
        load, listed, exported = _lazy.names("crmkit.kernel")

        assert exported == sorted(exported)
        assert set(exported) <= set(listed())
        for name in exported:
            assert load(name) is getattr(kernel, name)

    def test_no_module_bears_a_name_that_its_package_exports(self) -> None:
        modules = {path.stem for path in Path(kernel.__file__ or "").parent.glob("*.py")}

        assert not modules & set(_lazy.names("crmkit.kernel")[2])


class TestImport:
    def test_of_the_kernel_loads_nothing_but_itself(self) -> None:
        code = (
            "import sys, crmkit.kernel; "
            "print([m for m in sys.modules if m.startswith('crmkit.kernel.')])"
        )

        run = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )

        assert run.stdout.strip() == "[]"
