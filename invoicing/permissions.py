"""What each staff group may do with billing in BSS (product.md M16).

Starting, holding and issuing a run is "change" on the run; recording a payment and adding a manual charge are "add",
taking them back is "change". Mailing documents again is "add" on the delivery. Issuing a credit invoice is "add" on the
invoice, moving what settles one is "add" on the allocation.
"""

from __future__ import annotations

from typing import Final

from accounts.enums import StaffRole

STAFF: Final[dict[StaffRole, dict[str, str]]] = {
    StaffRole.ADMIN: {"*": "view add change"},
    StaffRole.FINANCE: {
        "*": "view",
        "billingrun": "view add change",
        "runitem": "view change",
        "dailyrun": "view change",
        "invoice": "view add",
        "payment": "view add change",
        "paymentallocation": "view add",
        "bankimport": "view add change",
        "dispute": "view add change",
        "delivery": "view add",
        "deliverybounce": "view add",
        "reminderpause": "view add change",
        "suspensionproposal": "view change",
        "charge": "view add change",
        "taxrule": "view add change",
        "billingsettings": "view add change",
    },
    StaffRole.SALES: {"*": "view"},
    StaffRole.SUPPORT: {"*": "view", "delivery": "view add"},
    StaffRole.READ_ONLY: {"*": "view"},
}
