"""Price lists and who buys by them (product.md §5.4). They price new subscriptions only."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.enums import AccountKind
from accounts.models import Account, User
from accounts.services import audit
from config.kernel.errors import DomainError
from config.kernel.locks import lock
from storefront.enums import PriceRule
from storefront.models import PriceList, PriceListAssignment, PriceListItem


class NameTaken(DomainError):
    """Names of price lists are unique."""

    user_message = _("There is a price list of this name already.")
    field = "name"


class BadPercent(DomainError):
    """A rule's value is out of its range."""

    user_message = _("A margin is 0 to 999 %, a discount 0 to 100 %.")
    field = "percent"


class BadPeriod(DomainError):
    """A list ends after it begins."""

    user_message = _("The list ends before it begins.")
    field = "valid_until"


class CurrencyInUse(DomainError):
    """A list that resellers buy by keeps its currency."""

    user_message = _("Resellers buy by this list, so its currency cannot change. Make a new list instead.")
    field = "currency"


class OtherCurrency(DomainError):
    """A reseller buys in its own currency only."""

    user_message = _("The list is in %(list)s, the reseller buys in %(account)s.")
    field = "price_list"


class NotAReseller(DomainError):
    """Sub-customers are priced by their bill-to's list."""

    user_message = _("Price lists are assigned to resellers; their customers and affiliates follow.")
    field = "account"


class ItemTaken(DomainError):
    """One line per offer."""

    user_message = _("The list has a line for this offer already.")
    field = "offer"


@transaction.atomic
def save(*, price_list: PriceList, by: User | None, at: datetime) -> PriceList:
    """Create a list, or store an edited one as its next version."""
    before = PriceList.objects.select_for_update().filter(pk=price_list.pk).first() if price_list.pk else None
    _check(price_list, before)
    price_list.version = before.version + 1 if before else 1
    price_list.save()
    action = "price_list.changed" if before else "price_list.created"
    audit.record(action, target=price_list, by=by, at=at, before=_told(before), after=_told(price_list))
    return price_list


@transaction.atomic
def put_item(*, item: PriceListItem, by: User | None, at: datetime) -> PriceListItem:
    """Add or change the line of one offer. A fixed price is per unit and term, without tax, in the list's currency."""
    price_list = lock(item.price_list)
    if item.rule == PriceRule.FIXED:
        item.percent = None
        if item.price is None or item.price < 0:
            raise DomainError(_("Give the fixed price, 0 or more."), field="price")
    else:
        item.price = None
        _check_percent(item.rule, item.percent)
    twins = PriceListItem.objects.filter(price_list=price_list, offer=item.offer).exclude(pk=item.pk)
    if twins.exists():
        raise ItemTaken
    item.save()
    _next_version(price_list)
    told = {"offer": item.offer.public_id, "rule": item.rule, "percent": str(item.percent), "price": str(item.price)}
    audit.record("price_list.item_put", target=price_list, by=by, at=at, after=told)
    return item


@transaction.atomic
def remove_item(*, item: PriceListItem, by: User | None, at: datetime) -> None:
    """Take the line of one offer out; the list's general rule prices it again, or hides it."""
    price_list = lock(item.price_list)
    told = {"offer": item.offer.public_id}
    item.delete()
    _next_version(price_list)
    audit.record("price_list.item_removed", target=price_list, by=by, at=at, before=told)


@transaction.atomic
def assign(*, price_list: PriceList, account: Account, by: User | None, at: datetime) -> PriceListAssignment:
    """Let a reseller buy by this list from now on; it takes precedence over lists assigned before."""
    account = lock(account)
    if account.kind != AccountKind.RESELLER:
        raise NotAReseller
    if price_list.currency != account.currency:
        raise OtherCurrency(list=price_list.currency, account=account.currency)
    current = PriceListAssignment.objects.filter(price_list=price_list, account=account, removed_at=None).first()
    if current is not None:
        return current
    assignment = PriceListAssignment.objects.create(
        price_list=price_list, account=account, assigned_at=at, assigned_by=by
    )
    told = {"price_list": price_list.name}
    audit.record("price_list.assigned", target=account, by=by, at=at, account=account, after=told)
    return assignment


@transaction.atomic
def unassign(*, assignment: PriceListAssignment, by: User, at: datetime) -> PriceListAssignment:
    """Take a list back: the one assigned before it counts again, else retail prices. Repeating it changes nothing."""
    assignment = lock(assignment)
    if assignment.removed_at is not None:
        return assignment
    assignment.removed_at, assignment.removed_by = at, by
    assignment.save(update_fields=["removed_at", "removed_by"])
    told = {"price_list": assignment.price_list.name}
    audit.record(
        "price_list.unassigned", target=assignment.account, by=by, at=at, account=assignment.account, before=told
    )
    return assignment


def _check(price_list: PriceList, before: PriceList | None) -> None:
    if PriceList.objects.filter(name=price_list.name).exclude(pk=price_list.pk).exists():
        raise NameTaken
    if price_list.rule == PriceRule.LISTED_ONLY:
        price_list.percent = Decimal(0)
    else:
        _check_percent(price_list.rule, price_list.percent)
    if price_list.valid_until is not None and price_list.valid_until <= price_list.valid_from:
        raise BadPeriod
    used = before is not None and before.currency != price_list.currency
    if used and PriceListAssignment.objects.filter(price_list=price_list, removed_at=None).exists():
        raise CurrencyInUse


def _check_percent(rule: str, percent: Decimal | None) -> None:
    most = 100 if rule == PriceRule.DISCOUNT else 999
    if percent is None or not 0 <= percent <= most:
        raise BadPercent


def _next_version(price_list: PriceList) -> None:
    price_list.version += 1
    price_list.save(update_fields=["version", "updated_at"])


def _told(price_list: PriceList | None) -> dict[str, str] | None:
    if price_list is None:
        return None
    fields = ("name", "currency", "rule", "percent", "valid_from", "valid_until", "is_active")
    return {name: str(getattr(price_list, name)) for name in fields}
