"""A reseller's page: what it still lacks, and everything that hangs on it, in a constant number of queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import Account, Contact
from config.kernel.money import Money
from invoicing.models import Invoice
from invoicing.selectors import credit
from invoicing.selectors.credit import CreditView
from invoicing.selectors.tax import is_covered, rules_covering
from resellers.enums import MpnStatus
from resellers.models import Reseller
from storefront.models import Order, PriceListAssignment, Subscription

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise

SHOWN = 10
ADDRESS = ("address_line1", "city", "postcode", "email", "phone")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing a reseller needs before it can order; `blocks` when nothing works without it."""

    label: _StrOrPromise
    ok: bool
    blocks: bool
    note: _StrOrPromise


@dataclass(frozen=True, slots=True)
class Overview:
    """The reseller at a glance."""

    checks: Sequence[Check]
    contacts: Sequence[Contact]
    sub_customers: Sequence[Account]
    has_more_sub_customers: bool
    orders: Sequence[Order]
    subscriptions: Sequence[Subscription]
    invoices: Sequence[Invoice]
    credit: CreditView
    committed: Money

    @property
    def missing(self) -> int:
        """How many things are missing."""
        return sum(not check.ok for check in self.checks)

    @property
    def is_ready(self) -> bool:
        """Whether nothing that blocks is missing."""
        return all(check.ok for check in self.checks if check.blocks)


def assignment_of(reseller: Reseller) -> PriceListAssignment | None:
    """The price list in force: the newest assignment that was not taken back."""
    return (
        PriceListAssignment.objects.filter(account_id=reseller.account_id, removed_at=None)
        .select_related("price_list")
        .order_by("-assigned_at", "-pk")
        .first()
    )


def cannot_order_yet(*, on: date) -> QuerySet[Reseller]:
    """Resellers that something of the checklist keeps from ordering on that day, by name.

    An account that has ordered before and was switched off stays out: that was a decision, no work that waits. The
    rows carry `lacks_user` and `lacks_rule` for `lacking`.
    """
    users = Contact.objects.filter(account=OuterRef("account"), user__is_active=True, user__activated_at__isnull=False)
    address = Q()
    for name in ADDRESS:
        address |= Q(**{f"account__{name}": ""})
    never_on = Q(account__ordering_enabled=False, account__in_use_at=None)
    on_but = Q(account__ordering_enabled=True) & (address | Q(lacks_user=True) | Q(lacks_rule=True))
    return (
        Reseller.objects.filter(account__archived_at=None)
        .annotate(lacks_user=~Exists(users), lacks_rule=~Exists(rules_covering("account__", on=on)))
        .filter(never_on | on_but)
        .select_related("account")
        .order_by("account__name_key", "pk")
    )


def lacking(reseller: Reseller) -> list[str]:
    """What a row of `cannot_order_yet` lacks, in words."""
    account = reseller.account
    facts = vars(reseller)
    lacks = (
        (not account.ordering_enabled, _("ordering is off")),
        (not all(getattr(account, name) for name in ADDRESS), _("address, e-mail or phone")),
        (facts["lacks_user"], _("a Storefront user with a password")),
        (facts["lacks_rule"], _("a tax rule for its country")),
    )
    return [words for is_lacking, words in lacks if is_lacking]


def checklist(reseller: Reseller, contacts: Sequence[Contact], *, has_price_list: bool, has_rule: bool) -> list[Check]:
    """What is there and what is missing before it can order (product.md J1)."""
    account = reseller.account
    users = [contact for contact in contacts if contact.user and contact.user.is_active]
    active = any(contact.user and contact.user.activated_at for contact in users)
    address = all(getattr(account, name) for name in ADDRESS)
    return [
        Check(_("Ordering is on"), account.ordering_enabled, True, _("Tick Ordering below.")),
        Check(_("Address, e-mail and phone"), address, True, _("Microsoft asks for them before the first order.")),
        Check(
            _("Storefront user"),
            active,
            True,
            _("Invited, no password chosen yet.") if users else _("Add a contact and mark it as Storefront user."),
        ),
        Check(
            _("Tax rule for its country"), has_rule, True, _("Nothing can be ordered before there is a rule for it.")
        ),
        Check(
            _("Bill To contact"),
            any(contact.is_bill_to for contact in contacts),
            False,
            _("Without one, invoices go to the corporate e-mail."),
        ),
        Check(_("Price list"), has_price_list, False, _("Without one the retail prices apply.")),
        Check(
            _("MPN ID"),
            reseller.mpn_status in (MpnStatus.VALID, MpnStatus.UNCHECKED) or not reseller.reselling_enabled,
            False,
            _("Needed before it can order for end customers.")
            if reseller.mpn_id is None
            else str(MpnStatus(reseller.mpn_status).label),
        ),
    ]


def overview(reseller: Reseller, *, has_price_list: bool, on: date) -> Overview:
    """Everything the page shows above its form, as of that day in the distributor's time zone."""
    account = reseller.account
    standing = credit.standing(account)
    contacts = list(Contact.objects.filter(account=account).select_related("user").order_by("-is_primary", "pk"))
    subs = Account.objects.filter(bill_to=account)
    running = Count("subscriptions", filter=Q(subscriptions__ended_at=None))
    found = list(
        subs.select_related("tenant").annotate(running=running).order_by("kind", "name_key", "pk")[: SHOWN + 1]
    )
    return Overview(
        checks=checklist(
            reseller,
            contacts,
            has_price_list=has_price_list,
            has_rule=is_covered(account, on=on),
        ),
        contacts=contacts,
        sub_customers=found[:SHOWN],
        has_more_sub_customers=len(found) > SHOWN,
        orders=list(
            Order.objects.filter(bill_to=account).select_related("beneficiary").order_by("-placed_at", "-pk")[:SHOWN]
        ),
        subscriptions=list(
            Subscription.objects.filter(bill_to=account)
            .select_related("beneficiary")
            .order_by("-created_at", "-pk")[:SHOWN]
        ),
        invoices=list(
            Invoice.objects.filter(bill_to=account)
            .select_related("beneficiary", "balance")
            .order_by("-issued_on", "-pk")[:SHOWN]
        ),
        credit=standing.credit,
        committed=credit.committed(account, on=on, rules=standing.rules),
    )
