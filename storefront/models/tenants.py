"""Customer records at Microsoft, and who signed Microsoft's agreement for them."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from config.kernel.constraints import known_values
from config.kernel.public_ids import PublicIdField
from invoicing.models.guards import frozen, write_once
from storefront.enums import TenantState
from storefront.transitions import TENANT_TRANSITIONS


class Tenant(models.Model):
    """The one Microsoft tenant of an account: own, an affiliate's or an end customer's (product.md §4)."""

    public_id = PublicIdField()
    account = models.OneToOneField("accounts.Account", models.PROTECT, related_name="tenant")
    domain_prefix = models.CharField(_("tenant name"), max_length=27)
    state = models.CharField(_("state"), max_length=10, choices=TenantState, default=TenantState.DRAFT)
    ms_tenant_id = models.UUIDField(null=True, blank=True, unique=True)
    reason_code = models.CharField(max_length=40, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, blank=True, related_name="+")
    ready_at = models.DateTimeField(null=True, blank=True)
    touched_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("tenant")
        verbose_name_plural = _("tenants")
        constraints = [
            known_values("tenant_state_known", "state", TenantState),
            models.UniqueConstraint(Lower("domain_prefix"), name="tenant_prefix_once"),
            models.CheckConstraint(name="tenant_prefix_form", condition=Q(domain_prefix__regex=r"^[a-z0-9]{1,27}$")),
            models.CheckConstraint(
                name="tenant_ready_has_id", condition=~Q(state=TenantState.READY) | Q(ms_tenant_id__isnull=False)
            ),
        ]
        triggers = [
            pgtrigger.FSM(name="tenant_arrows", field="state", transitions=TENANT_TRANSITIONS.values()),
            write_once("tenant", "account_id", "ms_tenant_id"),
        ]

    def __str__(self) -> str:
        return self.domain

    @property
    def domain(self) -> str:
        """The full name at Microsoft."""
        return f"{self.domain_prefix}.onmicrosoft.com"


class Agreement(models.Model):
    """Who accepted the Microsoft Customer Agreement for a tenant, and who recorded it (product.md M21); append-only."""

    tenant = models.ForeignKey("storefront.Tenant", models.PROTECT, related_name="agreements")
    signer_first_name = models.CharField(max_length=50)
    signer_last_name = models.CharField(max_length=50)
    signer_email = models.EmailField()
    signer_phone = models.CharField(max_length=30)
    agreed_at = models.DateTimeField()
    recorded_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("agreement")
        verbose_name_plural = _("agreements")
        triggers = frozen("agreement")

    def __str__(self) -> str:
        return f"{self.signer_first_name} {self.signer_last_name}"
