"""Reads about the ends of terms: which have come, what the next one costs, what a person must decide."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import Account, Organisation
from storefront.enums import RenewalState, RequestState, SubscriptionStatus, Vendor
from storefront.models import AutoRenewRequest, ProtectedPrice, Renewal, Subscription
from storefront.selectors import catalogue

RUNNING: Final = (SubscriptionStatus.ACTIVE, SubscriptionStatus.SUSPENDED)
NOTICE_DAYS: Final = 30
RELATED: Final = ("schedule", "offer__product", "bill_to__reseller", "bill_to__bill_to", "beneficiary", "tenant")


@dataclass(frozen=True, slots=True)
class NextPrice:
    """What one unit of the next term costs, without tax, in the payer's currency; None with the reason why not."""

    amount: Decimal | None
    source: str = ""
    reason: str = ""


def noon(on: date, zone: ZoneInfo) -> datetime:
    """The middle of the distributor's day: the moment whose price list and price sheet count for that day."""
    return datetime.combine(on, time(12), zone)


def price_on(subscription: Subscription, *, on: date, zone: ZoneInfo | None = None) -> NextPrice:
    """The price that is protected for a term that begins on that day, else the one in force then (product.md M5).

    By the payer's list, for who uses it; nothing is made up.
    """
    protected = protected_price(subscription)
    if protected is not None and on <= protected.until_on:
        source = _("protected price, %(day)s") % {"day": protected.created_at.date().isoformat()}
        return NextPrice(protected.price, source)
    moment = noon(on, zone or _zone())
    wanted = [(subscription.offer, subscription.beneficiary)]
    offered = catalogue.offers_for(subscription.bill_to, wanted, moment)[0]
    if not offered.orderable:
        return NextPrice(None, reason=str(offered.reason))
    return NextPrice(offered.unit_price, offered.price_source)


def protected_price(subscription: Subscription) -> ProtectedPrice | None:
    """The promise for the coming terms that stands."""
    return ProtectedPrice.objects.filter(subscription=subscription, withdrawn_at=None).first()


def terms_ended(*, on: date) -> QuerySet[Subscription]:
    """Running subscriptions whose term, as we know it, ends on that day or before."""
    return Subscription.objects.filter(status__in=RUNNING, term_end_on__lte=on, schedule__isnull=False)


def due(*, on: date, at: datetime) -> QuerySet[Subscription]:
    """Those of them that nobody has just looked at."""
    waits = Renewal.objects.filter(
        subscription=OuterRef("pk"), begins_on=OuterRef("schedule__term_end_on"), next_look_at__gt=at
    )
    return terms_ended(on=on).filter(~Exists(waits)).select_related("offer__product").order_by("term_end_on", "pk")


def of_tenant(tenant_id: int, *, on: date) -> list[Subscription]:
    """The tenant's subscriptions whose term has ended, with all that a renewal reads."""
    rows = terms_ended(on=on).filter(tenant=tenant_id, offer__product__vendor=Vendor.MICROSOFT)
    return list(rows.select_related(*RELATED).order_by("pk"))


def subscription_to_renew(pk: int) -> Subscription:
    """One subscription with all that a renewal reads."""
    return Subscription.objects.select_related(*RELATED).get(pk=pk)


def to_announce(*, today: date) -> QuerySet[Subscription]:
    """Subscriptions that renew within the notice and whose coming term was not announced yet."""
    told = Renewal.objects.filter(
        subscription=OuterRef("pk"), begins_on=OuterRef("schedule__term_end_on"), announced_at__isnull=False
    )
    soon = Q(term_end_on__gt=today, term_end_on__lte=today + timedelta(days=NOTICE_DAYS))
    rows = Subscription.objects.filter(soon, status=SubscriptionStatus.ACTIVE, auto_renew=True)
    return rows.filter(~Exists(told), schedule__isnull=False)


def over_credit(account_ids: Collection[int] | None = None) -> QuerySet[Renewal]:
    """Renewals above the payer's credit that nobody was told of."""
    rows = Renewal.objects.filter(over_credit_by__isnull=False, alerted_at=None)
    if account_ids is not None:
        rows = rows.filter(subscription__bill_to__in=account_ids)
    return rows.select_related("subscription__beneficiary", "subscription__order_item").order_by("pk")


def open_renewal(subscription: Subscription) -> Renewal | None:
    """What is known of the end of the present term."""
    if subscription.schedule is None or subscription.schedule.term_end_on is None:
        return None
    return Renewal.objects.filter(subscription=subscription, begins_on=subscription.schedule.term_end_on).first()


def open_request(subscription: Subscription) -> AutoRenewRequest | None:
    """The newest wish to switch auto-renew, whatever became of it."""
    return AutoRenewRequest.objects.filter(subscription=subscription).order_by("-pk").first()


def requests_due(*, at: datetime, limit: int) -> list[int]:
    """Wishes whose time has come."""
    rows = AutoRenewRequest.objects.filter(Q(next_try_at=None) | Q(next_try_at__lte=at), state=RequestState.PENDING)
    return list(rows.order_by(F("next_try_at").asc(nulls_first=True), "pk").values_list("pk", flat=True)[:limit])


def ends_at(subscription: Subscription) -> datetime | None:
    """The moment of the term's end: the vendor's, or the beginning of the distributor's day."""
    if subscription.term_ends_at or subscription.term_end_on is None:
        return subscription.term_ends_at
    return datetime.combine(subscription.term_end_on, time(0), _zone())


def locked_from(subscription: Subscription) -> datetime | None:
    """From when on auto-renew cannot be switched for this term any more (product.md §9.2)."""
    end = ends_at(subscription)
    return end - timedelta(hours=settings.RENEWAL_LOCK_HOURS) if end else None


def payers(rows: QuerySet[Subscription]) -> list[Account]:
    """Who pays for these subscriptions."""
    return list(Account.objects.filter(pk__in=rows.values("bill_to")).order_by("pk"))


@dataclass(frozen=True, slots=True)
class TermView:
    """What pages say about the end of a subscription's term. `price` is known within the notice only."""

    ends_on: date
    renews: bool
    of_microsoft: bool
    price_now: Decimal
    price: NextPrice | None
    renewal: Renewal | None
    wish: AutoRenewRequest | None
    locked_from: datetime | None
    is_over: bool
    is_locked: bool

    @property
    def is_changing(self) -> bool:
        """Whether a user's wish is on its way to Microsoft."""
        return self.wish is not None and self.wish.state == RequestState.PENDING

    @property
    def was_refused(self) -> bool:
        """Whether the last wish was refused."""
        return self.wish is not None and self.wish.state == RequestState.REFUSED

    @property
    def is_held(self) -> bool:
        """Whether a person has to decide."""
        return self.renewal is not None and self.renewal.state == RenewalState.HELD

    @property
    def may_change(self) -> bool:
        """Whether auto-renew can be switched now."""
        return not (self.is_over or self.is_locked or self.is_changing)


def term_view(subscription: Subscription, *, at: datetime, known: Sequence[Renewal] | None = None) -> TermView | None:
    """The end of the present term; within the notice with its price, unless it is held. None without a term.

    `known` are the subscription's renewals when they are at hand.
    """
    schedule, ends_on = subscription.schedule, subscription.term_end_on
    if schedule is None or ends_on is None or subscription.status not in RUNNING:
        return None
    zone, locked = _zone(), locked_from(subscription)
    left = noon(ends_on, zone) - at
    present = [row for row in known if row.begins_on == schedule.term_end_on] if known is not None else []
    renewal = next(iter(present), None) if known is not None else open_renewal(subscription)
    is_held = renewal is not None and renewal.state == RenewalState.HELD
    soon = subscription.auto_renew and not is_held and timedelta(0) <= left <= timedelta(days=NOTICE_DAYS + 1)
    return TermView(
        ends_on=ends_on,
        renews=subscription.auto_renew,
        of_microsoft=subscription.offer.product.vendor == Vendor.MICROSOFT,
        price_now=schedule.price,
        price=price_on(subscription, on=schedule.term_end_on or ends_on, zone=zone) if soon else None,
        renewal=renewal,
        wish=open_request(subscription),
        locked_from=locked,
        is_over=left < timedelta(0),
        is_locked=locked is not None and at >= locked,
    )


def _zone() -> ZoneInfo:
    return ZoneInfo(Organisation.get().time_zone)
