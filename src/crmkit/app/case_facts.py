"""What conditions can ask about the customer of a case, besides the facts of the case itself."""

from __future__ import annotations

from collections.abc import Mapping

from crmkit.customers import Customer


def customer_facts(customer: Customer | None) -> Mapping[str, object]:
    """Return facts about a customer by name; none where nothing is known of him.

    His classes go by the way of classing: `customer_handling`. A way that is called as one of his
    fields gives way to it. What is personal is no fact.

    Examples:
        >>> from crmkit.testing import a_customer
        >>> facts = customer_facts(a_customer(region="Shandong"))
        >>> facts["customer_region"], facts["customer_type"]
        ('Shandong', None)
    """
    if customer is None:
        return {}
    told = {
        **customer.classes,
        "party": customer.party,
        "type": customer.type,
        "region": customer.region,
        "industry": customer.industry,
        "size": customer.size,
        "source": customer.source,
        "owner": customer.owner,
    }
    return {f"customer_{name}": value for name, value in told.items()}
