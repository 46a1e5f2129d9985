"""How customers are stored: kind, schema, and the keys they are found by."""

from typing import Final

from crmkit.kernel import Codec

from .customer import Customer


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
        "source": lambda customer: customer.source,
        "owner": lambda customer: customer.owner,
        "since": lambda customer: customer.since,
        "added_at": lambda customer: customer.trail[0].at,
        "changed_at": lambda customer: customer.trail[-1].at,
    },
)
"""Kind `customer`. Keys that hold personal values bear the field's own name."""
