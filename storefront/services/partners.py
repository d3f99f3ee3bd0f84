"""The reseller's MPN ID at Microsoft: stored at once, checked with a short wait, checked again before every order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction

from accounts.enums import PurchaseMode
from accounts.models import User
from config.kernel import outbox
from resellers.models import Reseller
from resellers.services import mpn
from storefront.enums import SubscriptionStatus
from storefront.models import Subscription
from storefront.partner_center import errors
from storefront.partner_center.client import PartnerCenter

log = structlog.get_logger(__name__)
LIVE = (
    SubscriptionStatus.PENDING,
    SubscriptionStatus.ACTIVE,
    SubscriptionStatus.PENDING_CANCEL,
    SubscriptionStatus.SUSPENDED,
)


class Verdict(Enum):
    """What Microsoft says of an MPN ID right now."""

    VALID = "valid"
    INVALID = "invalid"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class PartnerAnswer:
    """The verdict, and in words why it is not valid."""

    verdict: Verdict
    reason: str = ""


def live_subscriptions(*, reseller: Reseller) -> int:
    """How many end-customer subscriptions of the reseller carry, or are about to carry, its MPN ID."""
    rows = Subscription.objects.filter(bill_to=reseller.account_id, mode=PurchaseMode.END_CUSTOMER, status__in=LIVE)
    return rows.filter(offer__product__vendor="microsoft").count()


@transaction.atomic
def store(*, reseller: Reseller, mpn_id: str, by: User | None, at: datetime) -> Reseller:
    """Store the number and have Microsoft asked soon. Raises the refusals of `resellers.services.mpn.store`."""
    count = live_subscriptions(reseller=reseller)
    stored = mpn.store(reseller=reseller, mpn_id=mpn_id, live_subscriptions=count, by=by, at=at)
    outbox.add("storefront.check_partner", reseller_id=stored.pk)
    return stored


def check(*, reseller: Reseller, at: datetime, client: PartnerCenter | None = None) -> PartnerAnswer:
    """Ask Microsoft whether the stored number may be partner of record, and write the answer down.

    Waits at most twice `PARTNER_CENTER_PAGE_SECONDS`; without an answer nothing is written and the verdict is UNKNOWN.
    """
    if not reseller.mpn_id:
        return PartnerAnswer(Verdict.INVALID)
    client = client or PartnerCenter()
    wait = settings.PARTNER_CENTER_PAGE_SECONDS
    try:
        found = client.check_partner(reseller.mpn_id, seconds=wait)
        tenant_id = client.reseller_tenant_id(reseller.mpn_id, seconds=wait) if found.is_valid else ""
    except errors.PartnerCenterError as error:
        log.warning("partner.not_checked", reseller=reseller.pk, error=str(error))
        return PartnerAnswer(Verdict.UNKNOWN)
    reason = "" if found.is_valid else str(errors.Refused(found.error_text, code=found.error_code).advice)
    csp_tenant_id = UUID(tenant_id) if tenant_id else None
    mpn.record_check(reseller=reseller, valid=found.is_valid, error=reason, at=at, csp_tenant_id=csp_tenant_id)
    return PartnerAnswer(Verdict.VALID if found.is_valid else Verdict.INVALID, reason)
