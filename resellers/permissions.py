"""What each staff group may do with resellers in BSS (product.md M16). Credit limits are Sales' and Finance's."""

from __future__ import annotations

from typing import Final

from accounts.enums import StaffRole

STAFF: Final[dict[StaffRole, dict[str, str]]] = {
    StaffRole.ADMIN: {"*": "view add change"},
    StaffRole.SALES: {"*": "view add change"},
    StaffRole.FINANCE: {"*": "view change"},
    StaffRole.SUPPORT: {"*": "view"},
    StaffRole.READ_ONLY: {"*": "view"},
}
