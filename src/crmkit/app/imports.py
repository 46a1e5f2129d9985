"""Files and frames brought into the store.

Law: every row comes in whole, or is told with its number, field, value and reason; nothing is
dropped, rounded or made up.

Source: domain fact C12.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
import sys
from typing import Any, Final, TypeAlias
from zoneinfo import ZoneInfo

import attrs

from crmkit.complaints import COMPLAINT_CODEC, Complaint
from crmkit.customers import (
    CUSTOMER_CODEC,
    Address,
    Customer,
    CustomerDetails,
    CustomerTerms,
    PartyKind,
)
from crmkit.errors import InvalidValueError
from crmkit.kernel import FactTable, FactType, checked_id, decimals_of, named_zone
from crmkit.orders import ORDERS
from crmkit.satisfaction import ANSWERS
from crmkit.storage import Store

from .births import RecordIntake
from .cells import Column
from .intake import CURRENCY, Entered, Entrance, FactIntake, Intake
from .outcome import Imported, Rejected
from .parsing import check_time_format, read_day, read_text, read_time
from .reading import Source, chosen_columns, opened
