"""What each staff group may do with affiliates in BSS (product.md M16)."""

from __future__ import annotations

from typing import Final

from accounts.enums import StaffRole

STAFF: Final[dict[StaffRole, dict[str, str]]] = {
    StaffRole.ADMIN: {"*": "view add change"},
    StaffRole.SALES: {"*": "view add change"},
    StaffRole.FINANCE: {"*": "view"},
    StaffRole.SUPPORT: {"*": "view"},
    StaffRole.READ_ONLY: {"*": "view"},
}
