"""What Storefront users may do by role (product.md §5.3), and what each staff group may do in BSS (M16)."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from accounts.enums import StaffRole, StorefrontRole


class Permission(StrEnum):
    """An act in the Storefront."""

    CATALOGUE_VIEW = "catalogue.view"
    ORDER_PLACE = "order.place"
    ORDER_VIEW = "order.view"
    CUSTOMER_CREATE = "customer.create"
    SUBSCRIPTION_VIEW = "subscription.view"
    SUBSCRIPTION_MANAGE = "subscription.manage"
    INVOICE_VIEW = "invoice.view"
    COMPANY_EDIT = "company.edit"
    VENDOR_EDIT = "vendor.edit"
    USERS_MANAGE = "users.manage"


_EVERYONE = frozenset({Permission.CATALOGUE_VIEW, Permission.SUBSCRIPTION_VIEW})
BY_ROLE: Final[dict[StorefrontRole, frozenset[Permission]]] = {
    StorefrontRole.BILLING_AGENT: _EVERYONE | {Permission.ORDER_VIEW, Permission.INVOICE_VIEW, Permission.COMPANY_EDIT},
    StorefrontRole.SUBSCRIPTIONS_MANAGER: _EVERYONE
    | {Permission.ORDER_VIEW, Permission.SUBSCRIPTION_MANAGE, Permission.VENDOR_EDIT},
    StorefrontRole.BUYER: _EVERYONE | {Permission.ORDER_PLACE, Permission.ORDER_VIEW, Permission.CUSTOMER_CREATE},
    StorefrontRole.CLOUD_ADMINISTRATOR: _EVERYONE | {Permission.VENDOR_EDIT},
}


def permissions_of(*, is_admin: bool, roles: Iterable[str]) -> frozenset[Permission]:
    """Everything an admin may, else the union of the roles' acts."""
    if is_admin:
        return frozenset(Permission)
    return frozenset().union(*(BY_ROLE[StorefrontRole(role)] for role in roles))


# Staff: model permissions by group, "view add change" of each model. Admin has everything, Read-only all views.
# Sending a failed message again is "change" on it.
STAFF: Final[dict[StaffRole, dict[str, str]]] = {
    StaffRole.ADMIN: {"*": "view add change"},
    StaffRole.READ_ONLY: {"*": "view", "user": "", "organisation": ""},
    StaffRole.SALES: {
        "*": "view",
        "user": "",
        "organisation": "",
        "account": "view add change",
        "contact": "view add change",
        "invitation": "view add",
        "message": "view change",
    },
    StaffRole.FINANCE: {
        "*": "view",
        "account": "view change",
        "message": "view change",
        "user": "",
        "organisation": "",
    },
    StaffRole.SUPPORT: {"*": "view", "message": "view change", "user": "", "organisation": ""},
}
