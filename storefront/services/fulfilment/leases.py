"""Who works on a tenant. One at a time: a worker that lost its lease may not send anything any more (§12.3 rule 6).

How long a lease lasts decides only how soon others go on after a death; that nothing is sent twice does not hang on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q
from django.db.models.expressions import Combinable
from django.db.models.functions import Now

from config.kernel.locks import lock
from storefront.models import Tenant

MARGIN = 15.0


class LeaseLost(Exception):
    """Somebody else took over after our time had run out: stop, they go on."""


@dataclass(slots=True)
class Lease:
    """The right to work on a tenant until a moment of the database's clock; the moment identifies the holder."""

    tenant_id: int
    until: datetime

    def check(self) -> Tenant:
        """The tenant's row, locked, when the lease is still ours. Needs a transaction. Raises LeaseLost."""
        tenant = lock(Tenant(pk=self.tenant_id))
        if tenant.lease_until != self.until:
            raise LeaseLost
        return tenant

    def extend(self, seconds: float) -> None:
        """Hold it while a call may take `seconds`, and a little longer. Raises LeaseLost."""
        ours = Tenant.objects.filter(pk=self.tenant_id, lease_until=self.until)
        if not ours.update(lease_until=_end(seconds + MARGIN)):
            raise LeaseLost
        self.until = _read(self.tenant_id)

    def release(self) -> None:
        """Let others in; does nothing when they are in already."""
        Tenant.objects.filter(pk=self.tenant_id, lease_until=self.until).update(lease_until=None)


def take(tenant_id: int) -> Lease | None:
    """The lease, or None while another worker holds it."""
    free = Tenant.objects.filter(Q(lease_until=None) | Q(lease_until__lt=Now()), pk=tenant_id)
    if not free.update(lease_until=_end()):
        return None
    return Lease(tenant_id, _read(tenant_id))


def _end(seconds: float = 0.0) -> Combinable:
    return Now() + timedelta(seconds=max(seconds, settings.FULFILMENT_LEASE_SECONDS))


def _read(tenant_id: int) -> datetime:
    until = Tenant.objects.values_list("lease_until", flat=True).get(pk=tenant_id)
    assert until is not None
    return until
