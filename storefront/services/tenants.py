"""Tenants: one per account, its name held by us before Microsoft knows it, and who signed for it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

import structlog
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, User
from accounts.services import audit
from config.kernel.errors import DomainError
from config.kernel.locks import lock
from storefront.enums import TenantState
from storefront.models import Agreement, Tenant
from storefront.partner_center import errors
from storefront.partner_center.client import PartnerCenter

log = structlog.get_logger(__name__)
PREFIX = re.compile(r"[a-z0-9]{1,27}")
SUFFIX = ".onmicrosoft.com"
CHANGEABLE = frozenset({TenantState.DRAFT, TenantState.REJECTED})


class BadPrefix(DomainError):
    """The tenant's name breaks Microsoft's rule."""

    user_message = _("Use 1 to 27 small letters and digits, without spaces, dots or dashes.")
    field = "domain_prefix"


class PrefixTaken(DomainError):
    """Somebody else has, or holds, this name."""

    user_message = _("“%(prefix)s” is already taken. Choose another name.")
    field = "domain_prefix"


class TenantFixed(DomainError):
    """The tenant exists at Microsoft, or is being created there: its name cannot change any more."""

    user_message = _("The tenant “%(domain)s” exists already; its name cannot be changed.")
    field = "domain_prefix"


class SignerIncomplete(DomainError):
    """The agreement needs a person who can be reached."""

    user_message = _("Enter first name, last name, e-mail and phone of the person who signs Microsoft's agreement.")


class PrefixAnswer(Enum):
    """What is known of a tenant name right now."""

    FREE = "free"
    TAKEN = "taken"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Signer:
    """Who accepts the Microsoft Customer Agreement."""

    first_name: str
    last_name: str
    email: str
    phone: str


def clean_prefix(text: str) -> str:
    """The name as Microsoft takes it: small letters, without our own suffix. Raises BadPrefix."""
    prefix = text.strip().lower().removesuffix(SUFFIX)
    if not PREFIX.fullmatch(prefix):
        raise BadPrefix
    return prefix


def check_prefix(prefix: str, *, account: Account | None = None, client: PartnerCenter | None = None) -> PrefixAnswer:
    """Is the name free, here and at Microsoft? Answers within `PARTNER_CENTER_PAGE_SECONDS` or says UNKNOWN.

    A check, not a reservation. A name that `account` holds itself does not count as taken here. Raises BadPrefix.
    """
    prefix = clean_prefix(prefix)
    held = Tenant.objects.filter(domain_prefix=prefix)
    mine = held.filter(account=account).first() if account else None
    if mine and mine.ms_tenant_id:
        return PrefixAnswer.FREE
    if held.exists() and mine is None:
        return PrefixAnswer.TAKEN
    try:
        free = (client or PartnerCenter()).is_domain_free(prefix + SUFFIX, seconds=settings.PARTNER_CENTER_PAGE_SECONDS)
    except errors.PartnerCenterError as error:
        log.warning("tenant.prefix_unknown", error=str(error))
        return PrefixAnswer.UNKNOWN
    return PrefixAnswer.FREE if free else PrefixAnswer.TAKEN


def hold(*, account: Account, prefix: str, by: User | None, at: datetime) -> Tenant:
    """Give the account its one tenant record with this name, or change the name while Microsoft has none.

    Two users never hold one name (unique constraint). Raises BadPrefix, PrefixTaken, TenantFixed.
    """
    prefix = clean_prefix(prefix)
    try:
        with transaction.atomic():
            return _hold(account, prefix, by, at)
    except IntegrityError as error:
        if "tenant_prefix_once" in str(error):
            raise PrefixTaken(prefix=prefix) from error
        raise


def _hold(account: Account, prefix: str, by: User | None, at: datetime) -> Tenant:
    lock(account)
    tenant = Tenant.objects.select_for_update().filter(account=account).first()
    if tenant is None:
        tenant = Tenant.objects.create(account=account, domain_prefix=prefix, created_at=at, created_by=by)
        audit.record("tenant.held", target=tenant, by=by, at=at, account=account, after={"prefix": prefix})
        return tenant
    if tenant.domain_prefix == prefix:
        return tenant
    if tenant.ms_tenant_id or tenant.state not in CHANGEABLE:
        raise TenantFixed(domain=tenant.domain)
    before, tenant.domain_prefix = tenant.domain_prefix, prefix
    tenant.save()
    audit.record(
        "tenant.renamed",
        target=tenant,
        by=by,
        at=at,
        account=account,
        before={"prefix": before},
        after={"prefix": prefix},
    )
    return tenant


@transaction.atomic
def record_agreement(*, tenant: Tenant, signer: Signer, by: User | None, at: datetime) -> Agreement:
    """Who accepted Microsoft's customer agreement for this tenant (product.md M21). Raises SignerIncomplete."""
    entries = (signer.first_name, signer.last_name, signer.email, signer.phone)
    if not all(entry.strip() for entry in entries) or "@" not in signer.email:
        raise SignerIncomplete
    agreement = Agreement.objects.create(
        tenant=tenant,
        signer_first_name=signer.first_name.strip()[:50],
        signer_last_name=signer.last_name.strip()[:50],
        signer_email=signer.email.strip(),
        signer_phone=signer.phone.strip(),
        agreed_at=at,
        recorded_by=by,
    )
    audit.record("tenant.agreement_recorded", target=tenant, by=by, at=at, account=tenant.account)
    return agreement
