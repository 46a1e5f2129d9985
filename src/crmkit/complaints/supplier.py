"""Suppliers in a corrective action: what was sent to them, and what they said.

Law: what was sent is followed until it is answered, or until we put down that no answer came.

Source: domain fact K8 (supplier-caused cases go to the supplier and are followed).
"""

from __future__ import annotations

import attrs

from crmkit.kernel import Labelled, is_id, member_of, not_blank


class SupplierVerdict(Labelled):
    """What a supplier says of a fault that was sent to him."""

    ACCEPTED = "accepted", "Accepted", "供应商承认"
    REFUSED = "refused", "Refused", "供应商否认"
    NO_ANSWER = "no_answer", "No answer", "供应商未答复"


@attrs.frozen
class SupplierNotice:
    """What was sent to a supplier; when and by whom, the trail tells.

    Attributes:
        supplier: To whom.
        about: What he is asked to look into, or to do.

    Raises:
        InvalidValueError: If the id is unfit, or it asks nothing.

    Examples:
        >>> SupplierNotice("S-3", "rubber of lot 4711 is too hard").supplier
        'S-3'
    """

    supplier: str = attrs.field(validator=is_id)
    about: str = attrs.field(validator=not_blank)


@attrs.frozen
class SupplierAnswer:
    """What came of it; when, the trail tells.

    Attributes:
        verdict: Whether he takes it on himself.
        text: What he says, or how often he was asked.

    Raises:
        InvalidValueError: If the text is blank.

    Examples:
        >>> SupplierAnswer(SupplierVerdict.ACCEPTED, "lot withdrawn").verdict.label("zh")
        '供应商承认'
    """

    verdict: SupplierVerdict = attrs.field(validator=member_of(SupplierVerdict))
    text: str = attrs.field(validator=not_blank)
