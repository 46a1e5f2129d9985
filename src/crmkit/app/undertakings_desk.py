"""What the desks of undertakings share: what stands behind one is known here.

Law: an undertaking and its links are saved together, or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final, TypeVar

from crmkit.cases import INQUIRY_CODEC, CaseKind
from crmkit.complaints import COMPLAINT_CODEC, Undertaking, check_kind
from crmkit.kernel import Codec, FrozenMap

from .desk import Desk
from .unit import UnitOfWork


U = TypeVar("U", bound=Undertaking[Any])

_STORED: Final[dict[CaseKind, Codec[Any]]] = dict.fromkeys(CaseKind, INQUIRY_CODEC)
_CASES: Final[Mapping[CaseKind, Codec[Any]]] = FrozenMap(
    {**_STORED, CaseKind.COMPLAINT: COMPLAINT_CODEC}
)
"""How the cases of each kind are stored."""


class UndertakingsDesk(Desk[U]):
    """One kind of undertaking, with the cases behind it."""

    def _begin(
        self,
        id: str | None,
        behind: Iterable[str],
        birth: Callable[[str, str, datetime], U],
        *,
        kind: CaseKind = CaseKind.COMPLAINT,
    ) -> U:
        """Save what is born of cases that are known here, each of the kind that was said."""
        office, new = self._office, self._office.new_id() if id is None else id

        def act(unit: UnitOfWork) -> U:
            for one in behind:
                check_kind(unit.get(_CASES[kind], one), kind)
            return unit.add(self._codec, birth(new, office.actor, office.now()))

        return office.work(act)

    def _link(self, id: str, case: str, kind: CaseKind, link: Callable[[U, str, datetime], U]) -> U:
        """Save what is linked to one more case that is known here."""
        office = self._office

        def act(unit: UnitOfWork) -> U:
            check_kind(unit.get(_CASES[kind], case), kind)
            found = unit.get(self._codec, id)
            return unit.put(self._codec, link(found, office.actor, office.now()))

        return office.work(act)
