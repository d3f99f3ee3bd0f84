"""What a running subscription costs: changed by operators, or promised for its coming terms (product.md §9.1, M5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.clock import local_today
from accounts.models import Account, User
from accounts.selectors import bill_to_addresses
from accounts.services import audit, messages
from config.kernel.errors import DomainError
from config.kernel.locks import lock
from config.kernel.money import Money
from invoicing.models import Charge
from invoicing.services import price_changes
from invoicing.services.schedule_changes import in_force
from storefront.enums import SubscriptionStatus
from storefront.models import ProtectedPrice, Subscription

BY_HAND: Final = _("price agreed by hand")
REPLACED: Final = _("replaced by a later promise")
LAST_DAY: Final = date(2099, 12, 31)


class NotRunning(DomainError):
    """Only what runs has a price that can change."""

    user_message = _("This subscription does not run, so its price cannot change.")


class PriceNeeded(DomainError):
    """A price is an amount."""

    user_message = _("Enter the price of one unit, 0 or more.")
    field = "price"


class ReasonNeeded(DomainError):
    """Prices made by hand are explained."""

    user_message = _("Say why; the reason stands in the history.")
    field = "reason"


class NoTerm(DomainError):
    """A price is protected for terms; what runs until it is ended keeps its price anyway."""

    user_message = _("It has no term and keeps its price until it is changed here.")


class TooSoon(DomainError):
    """A promise that no term could take."""

    user_message = _("The next term begins on %(day)s. Choose that day or a later one, at most 2099-12-31.")
    field = "until"


class NoneProtected(DomainError):
    """There is no promise that could be withdrawn."""

    user_message = _("No price is protected.")


@dataclass(frozen=True, slots=True)
class Preview:
    """What a price change would charge and give back at once, as charges that were not kept."""

    charges: Sequence[Charge]


@transaction.atomic
def change(
    *, subscription: Subscription, price: Decimal | None, on: date, reason: str, by: User, at: datetime
) -> Subscription:
    """One unit and billing period costs `price` (net) from `on` on; differences are charged or refunded by day.

    `on` is as `price_changes.change_price` says, and so are the refusals. The reseller is told. Raises also NotRunning,
    PriceNeeded, ReasonNeeded. Inside a term the price is protected: `protect` sets that of the next ones.
    """
    lock(Account(pk=subscription.bill_to_id))
    row = lock(subscription)
    if row.status != SubscriptionStatus.ACTIVE or row.schedule is None:
        raise NotRunning
    _check(price, reason)
    assert price is not None
    before = in_force(row.schedule, on).price
    price_changes.change_price(
        schedule=row.schedule, price=price, on=on, price_source=str(BY_HAND), reason=reason.strip()[:500], by=by, at=at
    )
    audit.record(
        "subscription.price_changed", target=row, by=by, at=at, account=row.bill_to, reason=reason.strip(),
        before={"price": f"{before.normalize():f}"}, after={"price": f"{price.normalize():f}", "on": str(on)},
    )  # fmt: skip
    _tell(row, before, price, on=on, reason=reason.strip(), at=at)
    return row


def _tell(row: Subscription, old: Decimal, new: Decimal, *, on: date, reason: str, at: datetime) -> None:
    """One mail to the Bill-To contacts: what it costs, from when, and why."""
    facts = {
        "product": row.order_item.product_name,
        "beneficiary": row.beneficiary.name,
        "quantity": row.quantity,
        "old": Money(old, row.currency),
        "new": Money(new, row.currency),
        "on": on,
        "at_once": on <= local_today(at),
        "reason": reason,
        "path": reverse("subscription", args=[row.public_id]),
    }
    payer = row.bill_to
    messages.queue(
        template="price_changed", to=bill_to_addresses(payer), context=facts, account=payer, language=payer.language,
        at=at,
    )  # fmt: skip


def preview(
    *, subscription: Subscription, price: Decimal | None, on: date, reason: str, by: User, at: datetime
) -> Preview:
    """What `change` would charge and refund at once; nothing is kept. Raises as `change` does."""
    with transaction.atomic():
        row = change(subscription=subscription, price=price, on=on, reason=reason, by=by, at=at)
        made = Charge.objects.filter(schedule=row.schedule_id, change__kind="price", cut_at=at)
        found = list(made.exclude(net=0).order_by("pk"))
        transaction.set_rollback(True)
    return Preview(found)


@transaction.atomic
def protect(
    *, subscription: Subscription, price: Decimal | None, until: date, reason: str, by: User, at: datetime
) -> ProtectedPrice:
    """Terms that begin by `until` (that day included) cost `price` per unit, net, for the whole term.

    It takes the place of an earlier promise. Without one a term renews at the price of its day. Raises NotRunning,
    NoTerm, PriceNeeded, ReasonNeeded, TooSoon.
    """
    row = lock(subscription)
    if row.status not in (SubscriptionStatus.ACTIVE, SubscriptionStatus.SUSPENDED) or row.schedule is None:
        raise NotRunning
    begins = row.schedule.term_end_on
    if begins is None:
        raise NoTerm
    _check(price, reason)
    if not begins <= until <= LAST_DAY:
        raise TooSoon(day=begins)
    _withdraw(row, str(REPLACED), by=by, at=at)
    assert price is not None
    made = ProtectedPrice.objects.create(
        subscription=row, price=price, until_on=until, reason=reason.strip()[:300], created_at=at, created_by=by
    )
    audit.record(
        "subscription.price_protected", target=row, by=by, at=at, account=row.bill_to, reason=made.reason,
        after={"price": f"{price.normalize():f}", "until": str(until)},
    )  # fmt: skip
    return made


@transaction.atomic
def unprotect(*, subscription: Subscription, reason: str, by: User, at: datetime) -> Subscription:
    """Withdraw the promise: the next term renews at the price of its day again. Raises NoneProtected, ReasonNeeded."""
    row = lock(subscription)
    if not reason.strip():
        raise ReasonNeeded
    if not _withdraw(row, reason.strip(), by=by, at=at):
        raise NoneProtected
    audit.record("subscription.price_unprotected", target=row, by=by, at=at, account=row.bill_to, reason=reason.strip())
    return row


def _check(price: Decimal | None, reason: str) -> None:
    if price is None or price < 0:
        raise PriceNeeded
    if not reason.strip():
        raise ReasonNeeded


def _withdraw(row: Subscription, reason: str, *, by: User, at: datetime) -> bool:
    standing = ProtectedPrice.objects.filter(subscription=row, withdrawn_at=None)
    return bool(standing.update(withdrawn_at=at, withdrawn_by=by, withdraw_reason=reason[:300]))
