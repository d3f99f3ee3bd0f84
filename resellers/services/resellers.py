"""Basic resellers: created and kept by BSS operators (product.md §5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.enums import AccountKind, Via
from accounts.models import Account, User
from accounts.services import accounts, audit
from accounts.services.accounts import Company
from config.kernel.errors import DomainError
from config.kernel.locks import lock
from resellers.enums import BillingDayRule, DocumentMail, PartialCharges, PaymentMethod, SeparateDefault
from resellers.models import Reseller
from resellers.services import mpn


class ResellingNeedsOrdering(DomainError):
    """Whoever may not order for itself cannot order for others (product.md INV-A1)."""

    user_message = _("Tick Ordering as well: reselling is ordering for others.")
    field = "reselling_enabled"


class HasActiveServices(DomainError):
    """Switching off while services of sub-customers run needs a reason (product.md INV-A6)."""

    user_message = _("Services of its customers are running: say why it is switched off. Billing goes on.")
    field = "reason"


class FixedDayNeeded(DomainError):
    """The rule "fixed day" needs its day, the other rules have none."""

    user_message = _("Give the day, 1 to 31, for “Fixed day”, and leave it empty otherwise.")
    field = "billing_day"


class LimitBelowZero(DomainError):
    """A credit limit is zero or more; empty means no limit."""

    user_message = _("Enter an amount of 0 or more, or leave it empty for no limit.")
    field = "credit_limit"


class SurchargeRange(DomainError):
    """A surcharge is a part of the price."""

    user_message = _("Enter 0 to 100 per cent.")
    field = "instalment_surcharge"


@dataclass(frozen=True, kw_only=True)
class Terms:
    """How a reseller orders, is billed and pays. `credit_limit` in the account's currency; None means no limit.

    `instalment_surcharge` is a percentage on the price of terms that are collected in parts (product.md §9.2).
    """

    reselling_enabled: bool = True
    credit_limit: Decimal | None = None
    prorate_billing: bool = True
    billing_day_rule: str = BillingDayRule.FIRST
    billing_day: int | None = None
    partial_charges: str = PartialCharges.BILLING_DAY
    payment_method: str = PaymentMethod.BANK_TRANSFER
    payment_days: int = 30
    separate_invoices_default: str = SeparateDefault.FOLLOW
    instalment_surcharge: Decimal = Decimal(0)
    document_mail: str = DocumentMail.FOLLOW

    def checked(self, *, ordering_enabled: bool) -> Terms:
        """Itself. Raises ResellingNeedsOrdering, FixedDayNeeded, LimitBelowZero, SurchargeRange."""
        if self.reselling_enabled and not ordering_enabled:
            raise ResellingNeedsOrdering
        is_fixed = self.billing_day_rule == BillingDayRule.FIXED
        if is_fixed != (self.billing_day is not None) or (is_fixed and not 1 <= (self.billing_day or 0) <= 31):
            raise FixedDayNeeded
        if self.credit_limit is not None and self.credit_limit < 0:
            raise LimitBelowZero
        if not 0 <= self.instalment_surcharge <= 100:
            raise SurchargeRange
        return self


@transaction.atomic
def create(
    *,
    company: Company,
    currency: str,
    terms: Terms,
    by: User | None,
    at: datetime,
    ordering_enabled: bool = True,
    mpn_id: str = "",
    responsible_user: User | None = None,
    via: Via = Via.BSS,
) -> Reseller:
    """Create a basic reseller: the account and its terms. Price list and contacts follow.

    Raises NameNeeded, BadText, ResellingNeedsOrdering, FixedDayNeeded, LimitBelowZero, BadMpnId, MpnIdTaken.
    """
    terms.checked(ordering_enabled=ordering_enabled)
    account = accounts.create(
        kind=AccountKind.RESELLER,
        company=company,
        currency=currency,
        ordering_enabled=ordering_enabled,
        responsible_user=responsible_user,
        via=via,
        by=by,
        at=at,
    )
    reseller = Reseller.objects.create(account=account, **_columns(terms))
    if mpn_id.strip():
        reseller = mpn.store(reseller=reseller, mpn_id=mpn_id, live_subscriptions=0, by=by, at=at)
    audit.record("reseller.created", target=reseller, account=account, by=by, at=at, after=_told(terms))
    return reseller


@transaction.atomic
def update_terms(
    *,
    reseller: Reseller,
    terms: Terms,
    ordering_enabled: bool,
    by: User | None,
    at: datetime,
    reason: str = "",
    active_services: int = 0,
) -> Reseller:
    """Change how a reseller orders, is billed and pays. Running schedules keep their billing day.

    A lower credit limit touches later orders only. `active_services` is the number of running services of its
    sub-customers; switching ordering or reselling off while there are some needs a reason.
    Raises ResellingNeedsOrdering, FixedDayNeeded, LimitBelowZero, HasActiveServices.
    """
    terms.checked(ordering_enabled=ordering_enabled)
    account = lock(reseller.account)
    reseller = lock(reseller)
    off = (reseller.reselling_enabled and not terms.reselling_enabled) or (
        account.ordering_enabled and not ordering_enabled
    )
    if off and active_services and not reason.strip():
        raise HasActiveServices
    before = {name: str(getattr(reseller, name)) for name in _columns(terms)}
    for name, value in _columns(terms).items():
        setattr(reseller, name, value)
    reseller.save()
    if account.ordering_enabled != ordering_enabled:
        Account.objects.filter(pk=account.pk).update(ordering_enabled=ordering_enabled)
        before["ordering_enabled"] = str(account.ordering_enabled)
    audit.record(
        "reseller.terms_changed",
        target=reseller,
        account=account,
        by=by,
        at=at,
        reason=reason,
        before=before,
        after=_told(terms),
    )
    return reseller


@transaction.atomic
def stop_ordering(*, reseller: Reseller, reason: str, by: User | None, at: datetime) -> Reseller:
    """Take no new orders of the reseller and its customers; what runs goes on and is billed. Needs a reason."""
    terms = Terms(**{**{name: getattr(reseller, name) for name in _fields()}, "reselling_enabled": False})
    return update_terms(
        reseller=reseller, terms=terms, ordering_enabled=False, reason=reason, active_services=1, by=by, at=at
    )


@transaction.atomic
def note_first_order(*, reseller: Reseller, day: int) -> None:
    """Fix "day of the first order" at the first executed order (product.md M7). `day` is 1–31, distributor's date."""
    Reseller.objects.filter(pk=reseller.pk, first_order_day=None).update(first_order_day=day)


def _columns(terms: Terms) -> dict[str, Any]:
    return {name: getattr(terms, name) for name in _fields()}


def _fields() -> list[str]:
    return list(Terms.__dataclass_fields__)


def _told(terms: Terms) -> dict[str, str]:
    return {name: str(value) for name, value in _columns(terms).items()}
