"""Who they are: customers, persons and organisations, with contacts, types and classes.

Law: every change to a customer is kept, with who and when.
"""

from typing import TYPE_CHECKING


if TYPE_CHECKING:
    from .contact import (
        Address as Address,
        Behaviour as Behaviour,
        Contact as Contact,
        CreditStanding as CreditStanding,
        Demographics as Demographics,
        Finances as Finances,
    )
    from .customer import (
        Customer as Customer,
        CustomerAct as CustomerAct,
        CustomerDetails as CustomerDetails,
        FurtherDetails as FurtherDetails,
        PartyKind as PartyKind,
    )
    from .identity import CustomerId as CustomerId
    from .stored import CUSTOMER_CODEC as CUSTOMER_CODEC
    from .vocabulary import (
        CLOSENESS as CLOSENESS,
        CUSTOMER_TERMS as CUSTOMER_TERMS,
        CUSTOMER_TYPES as CUSTOMER_TYPES,
        HANDLING as HANDLING,
        RELATION as RELATION,
        CustomerTerms as CustomerTerms,
        Vocabulary as Vocabulary,
    )
else:
    from crmkit import _lazy

    __getattr__, __dir__, __all__ = _lazy.names(__name__)
