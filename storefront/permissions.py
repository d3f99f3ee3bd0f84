"""What each staff group may do with catalogue and orders in BSS (product.md M16).

Executing or canceling a held order is "change" on the order, retrying a set-up is "change" on the fulfilment
unit, deciding about a renewal that is held is "change" on the renewal. Changing or protecting the price of a
subscription, ending it, and revoking its end is "change" on the subscription.
"""

from __future__ import annotations

from typing import Final

from accounts.enums import StaffRole

STAFF: Final[dict[StaffRole, dict[str, str]]] = {
    StaffRole.ADMIN: {
        "*": "view add change",
        "order": "view change override_credit",
        "pricelistitem": "view add change delete",
    },
    StaffRole.SALES: {
        "*": "view",
        "product": "view add change",
        "pricelist": "view add change",
        "pricelistitem": "view add change delete",
        "pricelistassignment": "view add change",
        "pricesheetimport": "view add change",
        "order": "view change",
        "renewal": "view change",
        "subscription": "view change",
    },
    StaffRole.FINANCE: {
        "*": "view",
        "order": "view change override_credit",
        "renewal": "view change",
        "subscription": "view change",
    },
    StaffRole.SUPPORT: {"*": "view", "fulfilmentunit": "view change"},
    StaffRole.READ_ONLY: {"*": "view"},
}
