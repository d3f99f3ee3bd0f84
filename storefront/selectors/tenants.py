"""Reads of tenants."""

from __future__ import annotations

from accounts.models import Account
from storefront.models import Tenant


def tenant_of(account: Account) -> Tenant | None:
    """The account's one tenant, or None while none was named."""
    return Tenant.objects.filter(account=account).first()


def needs_signer(account: Account) -> bool:
    """Whether ordering for the account must ask for a tenant name or for the agreement's signer."""
    tenant = tenant_of(account)
    return tenant is None or not tenant.agreements.exists()
