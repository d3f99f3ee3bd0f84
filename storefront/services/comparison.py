"""The daily comparison of what Microsoft has booked with what we believe (partner_center.md §12.3 rule 8)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import structlog

from storefront.enums import SubscriptionStatus, TenantState
from storefront.models import Subscription, Tenant
from storefront.partner_center import answers, errors
from storefront.partner_center.client import PartnerCenter

log = structlog.get_logger(__name__)
RUNNING = (SubscriptionStatus.ACTIVE, SubscriptionStatus.PENDING_CANCEL, SubscriptionStatus.SUSPENDED)


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that does not agree: `stranger` (only Microsoft has it), `orphan` (only we do), `seats`, `partner`."""

    kind: str
    tenant_id: int
    ms_subscription_id: str
    ours: str = ""
    theirs: str = ""


def run(*, at: datetime, client: PartnerCenter | None = None) -> list[Difference]:
    """Compare every ready tenant; a tenant that cannot be read is logged and left for tomorrow. Changes nothing."""
    client = client or PartnerCenter()
    found: list[Difference] = []
    for tenant in Tenant.objects.filter(state=TenantState.READY).order_by("pk").iterator():
        try:
            theirs = client.subscriptions(str(tenant.ms_tenant_id))
        except errors.PartnerCenterError as error:
            log.warning("comparison.not_read", tenant=tenant.pk, error=str(error))
            continue
        ours = Subscription.objects.filter(tenant=tenant, ms_subscription_id__isnull=False)
        found += list(_differences(tenant, {str(row.ms_subscription_id): row for row in ours}, theirs))
    for difference in found:
        log.error("comparison.differs", kind=difference.kind, tenant=difference.tenant_id)
    log.info("comparison.done", at=at.isoformat(), differences=len(found))
    return found


def _differences(
    tenant: Tenant, ours: dict[str, Subscription], theirs: Iterable[answers.Subscription]
) -> Iterable[Difference]:
    seen = set()
    for row in theirs:
        seen.add(row.subscription_id)
        known = ours.get(row.subscription_id)
        if known is None:
            yield Difference("stranger", tenant.pk, row.subscription_id, theirs=row.friendly_name)
            continue
        if known.quantity != row.quantity:
            yield Difference("seats", tenant.pk, row.subscription_id, str(known.quantity), str(row.quantity))
        if (known.mpn_id or "") != row.partner_id:
            yield Difference("partner", tenant.pk, row.subscription_id, known.mpn_id or "", row.partner_id)
    for key, known in ours.items():
        if key not in seen and known.status in RUNNING:
            yield Difference("orphan", tenant.pk, key, ours=known.number)
