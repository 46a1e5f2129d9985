"""How customers are stored: kind, schema, and the keys they are found by."""

from datetime import date, datetime
from typing import Final

from crmkit.kernel import Codec

from .customer import Customer, PartyKind


CUSTOMER_CODEC: Final = Codec(
    "customer",
    Customer,
    schema=1,
    keys={
        "party": lambda customer: customer.party,
        "name": lambda customer: customer.name,
        "phone": lambda customer: customer.phone,
        "email": lambda customer: customer.email,
        "type": lambda customer: customer.type,
        "region": lambda customer: customer.region,
        "industry": lambda customer: customer.industry,
        "size": lambda customer: customer.size,
        "source": lambda customer: customer.source,
        "owner": lambda customer: customer.owner,
        "since": lambda customer: customer.since,
        "closeness": lambda customer: customer.classes.get("closeness"),
        "handling": lambda customer: customer.classes.get("handling"),
        "relation": lambda customer: customer.classes.get("relation"),
        "added_at": lambda customer: customer.trail[0].at,
        "changed_at": lambda customer: customer.trail[-1].at,
    },
    key_types={
        "party": PartyKind,
        "since": date,
        "added_at": datetime,
        "changed_at": datetime,
    },
)
"""Kind `customer`. Keys that hold personal values bear the field's own name."""
