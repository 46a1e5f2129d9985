"""The house rules that no other tool holds."""

import ast
import importlib
import inspect
import tomllib
from enum import Enum
from pathlib import Path
from types import ModuleType

import pytest

import crmkit


ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "crmkit"
MODULES = sorted(SOURCE.rglob("*.py"))
PACKAGES = sorted(path.parent.name for path in SOURCE.glob("*/__init__.py"))
WITHIN = sorted(
    ".".join(path.parent.relative_to(SOURCE).parts) for path in SOURCE.rglob("*/*/__init__.py")
)


def name_of(path: Path) -> str:
    """Return the dotted name of a module's file."""
    parts = path.relative_to(SOURCE.parent).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def functions(path: Path) -> list[ast.FunctionDef]:
    """Return every function of a module, methods included."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]


def names_of(module: ModuleType) -> set[str]:
    """Return what a package exports; type checkers know the names, not the list."""
    return set(getattr(module, "__all__"))  # noqa: B009


def package(name: str) -> ModuleType:
    return importlib.import_module(f"crmkit.{name}")


def is_shown(value: object) -> bool:
    """Tell whether a value is a class of ours that a caller makes, is given, or satisfies."""
    if not inspect.isclass(value) or not value.__module__.startswith("crmkit."):
        return False
    # `Labelled`, which has no members, is there to be subclassed.
    return not issubclass(value, Enum) or not list(value)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
class TestModule:
    def test_has_at_most_400_lines(self, path: Path) -> None:
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 400

    def test_says_what_it_is(self, path: Path) -> None:
        assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))

    def test_has_functions_of_at_most_25_lines(self, path: Path) -> None:
        """Statements only: a docstring may be as long as its reader needs."""
        for function in functions(path):
            first = function.body[0]
            documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
            body = function.body[1:] if documented else function.body
            if body:
                lines = (body[-1].end_lineno or 0) - body[0].lineno + 1
                assert lines <= 25, f"{function.name}: {lines}"

    def test_asks_no_clock_but_ours(self, path: Path) -> None:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        calls = {
            f"{node.value.id}.{node.attr}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
        }
        now = calls & {"datetime.now", "datetime.utcnow", "date.today", "time.time", "time.time_ns"}
        assert not now or name_of(path) == "crmkit.kernel.clock"


@pytest.mark.parametrize("name", [*PACKAGES, *WITHIN])
class TestPackage:
    def test_exports_what_it_lists(self, name: str) -> None:
        found = package(name)

        assert found.__all__
        for exported in found.__all__:
            assert getattr(found, exported) is not None

    def test_bears_no_name_of_its_modules(self, name: str) -> None:
        """A module of the same name would hide the function, or be hidden by it."""
        modules = {path.stem for path in SOURCE.joinpath(*name.split(".")).glob("*.py")}

        assert not modules & set(package(name).__all__)

    def test_documents_what_it_exports(self, name: str) -> None:
        found = package(name)
        for exported in found.__all__:
            value = getattr(found, exported)
            if inspect.isclass(value) or inspect.isfunction(value):
                assert value.__doc__, exported

    def test_shows_by_an_example_what_can_be_called(self, name: str) -> None:
        found = package(name)
        for exported in found.__all__:
            value = getattr(found, exported)
            if inspect.isfunction(value) and value.__module__.startswith("crmkit."):
                assert ">>>" in (value.__doc__ or ""), exported

    def test_shows_by_an_example_every_class_but_enumerations(self, name: str) -> None:
        """What an enumeration is for, its members say."""
        found = package(name)
        for exported in found.__all__:
            value = getattr(found, exported)
            if is_shown(value):
                assert ">>>" in (value.__doc__ or ""), exported


class TestRoot:
    def test_exports_about_twenty_names(self) -> None:
        exported = names_of(crmkit)

        assert set(PACKAGES) <= exported
        assert len(exported) <= 24

    def test_refuses_an_unknown_name(self) -> None:
        with pytest.raises(AttributeError, match="has no attribute 'custmers'"):
            crmkit.custmers  # type: ignore[attr-defined]  # noqa: B018  # refused


class TestErrors:
    def test_show_by_an_example_how_they_read(self) -> None:
        shown = [value for value in vars(crmkit.errors).values() if is_shown(value)]

        assert crmkit.errors.CrmkitError in shown
        for value in shown:
            assert ">>>" in (value.__doc__ or ""), value.__name__


class TestContract:
    def test_only_the_shell_and_the_tests_may_know_a_store(self) -> None:
        """The forbidden contract lists packages one by one: none may be forgotten."""
        config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
        (forbidden,) = (
            contract
            for contract in config["tool"]["importlinter"]["contracts"]
            if contract["type"] == "forbidden"
        )

        listed = {name.removeprefix("crmkit.") for name in forbidden["source_modules"]}

        assert listed == set(PACKAGES) - {"app", "testing", "storage"}

    def test_every_enumeration_is_labelled(self) -> None:
        for name in PACKAGES:
            for exported in package(name).__all__:
                value = getattr(package(name), exported)
                if inspect.isclass(value) and issubclass(value, Enum):
                    assert issubclass(value, crmkit.kernel.Labelled), exported


class TestDesks:
    @pytest.mark.parametrize(
        ("desk", "record"),
        [
            (crmkit.open().class_targets, crmkit.value.ClassTarget),
            (crmkit.open().classes, crmkit.value.ClassMembership),
            (crmkit.open().complaints, crmkit.complaints.Complaint),
            (crmkit.open().corrective_actions, crmkit.complaints.CorrectiveAction),
            (crmkit.open().customers, crmkit.customers.Customer),
            (crmkit.open().emergencies, crmkit.complaints.Emergency),
            (crmkit.open().improvements, crmkit.satisfaction.Improvement),
            (crmkit.open().journeys, crmkit.lifecycle.Journey),
            (crmkit.open().points, crmkit.loyalty.PointsAccount),
            (crmkit.open().inquiries, crmkit.cases.Inquiry),
            (crmkit.open().lifetime_values, crmkit.value.LifetimeValue),
            (crmkit.open().product_requests, crmkit.complaints.ProductRequest),
            (crmkit.open().recalls, crmkit.complaints.Recall),
        ],
    )
    def test_offer_every_verb_of_their_record(self, desk: object, record: type) -> None:
        """All but `restore`, which is at home in the history."""
        verbs = set()
        for name, member in inspect.getmembers(record, inspect.isfunction):
            arguments = list(inspect.signature(member).parameters)
            if arguments[:3] == ["self", "by", "at"] and not name.startswith("_"):
                verbs.add(name)

        offered = {name for name in dir(type(desk)) if not name.startswith("_")}

        assert verbs - {"restore"} <= offered
        shared = {"get", "find", "each", "delete", "undelete"}
        births = {"receive", "add_person", "add_organisation", "open", "call", "propose"}
        births |= {"place", "set"}
        promises = {"clocks", "explain", "overdue", "due_within", "agenda", "contacts"}
        promises |= {"alerts_due", "raise_alerts"}
        told = {"recurrence", "major", "owed", "owed_all", "explain_owed", "calls_due", "worklist"}
        links = {"linked_to", "checks_due"}
        classed = {"assign", "members", "changes", "in_force", "classes", "classed"}
        journeys = {"begin", "take_up", "of", "members", "moves", "differing", "stuck", "lifecycle"}
        journeys |= {"record", "alerted", "unanswered", "alert_changes"}
        points = {"expire_due", "transfer", "entries", "statement"}
        known = shared | births | promises | told | links | classed | journeys | points
        assert offered - verbs <= known

    @pytest.mark.parametrize("path", sorted((SOURCE / "app").glob("*_desk*.py")), ids=name_of)
    def test_decide_nothing(self, path: Path) -> None:
        """No `if` about the business; a default for an argument, written in one line, is none."""
        tree = ast.parse(path.read_text(encoding="utf-8"))

        assert not [node for node in ast.walk(tree) if isinstance(node, ast.If)]
