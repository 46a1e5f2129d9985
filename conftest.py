"""How the tests run: every block of the manual is one, and chance can be repeated."""

import random

import pytest
from hypothesis import HealthCheck, settings
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser, SkipParser


# No deadline: a machine that is busy proves nothing. `--hypothesis-profile=thorough` digs deeper.
settings.register_profile(
    "crmkit", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("thorough", settings.get_profile("crmkit"), max_examples=2_000)
# What lets a change in must say the same twice; chance looks for more wherever else tests run.
settings.register_profile("gate", settings.get_profile("crmkit"), derandomize=True)
settings.register_profile("newer", settings.get_profile("gate"), max_examples=20)
settings.load_profile("crmkit")

pytest_collect_file = Sybil(
    parsers=[PythonCodeBlockParser(), SkipParser()],
    patterns=["*.md"],
    excludes=["docs/changelog.md"],
).pytest()


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Choose Hypothesis' seed, so that it can be told."""
    if config.getoption("--hypothesis-seed") is None:
        config.option.hypothesis_seed = str(random.randrange(2**32))


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Tell the seed where a test failed."""
    if terminalreporter.stats.get("failed"):
        seed = config.option.hypothesis_seed
        terminalreporter.write_line(f"to repeat these examples: pytest --hypothesis-seed={seed}")
