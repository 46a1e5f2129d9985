"""What the tests of the sync CRM need to run over the async one."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import cast

import pytest

import crmkit
from crmkit.app import CRM, AsyncCRM
from crmkit.kernel import Clock

from .driving import Driven, LoopThread, Remote


Open = Callable[..., CRM]

_open = crmkit.open


def _over_a_driver(
    url: str = "memory:",
    *,
    actor: str | None = None,
    clock: Clock | None = None,
    durable: bool = True,
    retry: timedelta | None = None,
) -> AsyncCRM:
    store = _open(url, durable=durable)._house.store
    return AsyncCRM(Remote(store), actor=actor, clock=clock, retry=retry)


_OPENED: dict[str, Callable[..., AsyncCRM]] = {
    "workers": crmkit.open_async,
    "async store": _over_a_driver,
}


@pytest.fixture(params=list(_OPENED))
def driven(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have `crmkit.open` open an async CRM, and drive it by a loop in another thread."""
    thread = LoopThread()
    opened: list[Driven] = []

    def open(*args: object, **options: object) -> CRM:
        opened.append(Driven(_OPENED[request.param](*args, **options), thread))
        return cast("CRM", opened[-1])

    monkeypatch.setattr(crmkit, "open", open)
    yield
    for crm in opened:
        crm.close()
    thread.stop()
