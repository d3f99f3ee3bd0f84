"""Switching separate invoices on or off, for one sub-customer or many (product.md §11.5).

What was issued stays. An item that was previewed before becomes *changed* and is previewed again. Order of locks: run
items, bill-to, sub-customers by key; issuing takes items and bill-to in the same order.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.enums import FlagSource
from accounts.models import Account, User
from accounts.services import accounts as account_services
from accounts.services import audit
from accounts.services.accounts import NeedsBillTo
from config.kernel.errors import DomainError
from config.kernel.locks import lock
from invoicing.enums import ITEM_TRANSITIONS, ItemState
from invoicing.selectors.separation import previewed_items, sub_customers_of


class SwitchNeedsReason(DomainError):
    """A switch of many accounts is explained."""

    user_message = gettext_lazy("Say why they are switched.")
    field = "reason"


class NothingToSwitch(DomainError):
    """All chosen accounts are invoiced that way already."""

    user_message = gettext_lazy("Nothing changes: the chosen customers are invoiced that way already.")


@transaction.atomic
def switch(*, account: Account, on: bool, by: User | None, at: datetime, reason: str = "") -> Account:
    """Switch one sub-customer; the source is the operator. Raises NeedsBillTo, SeparationUnchanged."""
    if account.bill_to is None:
        raise NeedsBillTo
    _preview_again(account.bill_to)
    lock(account.bill_to)
    return account_services.set_separate_invoices(account=account, on=on, by=by, at=at, reason=reason)


@transaction.atomic
def switch_many(
    *, bill_to: Account, accounts: Collection[int], on: bool, reason: str, by: User, at: datetime
) -> list[Account]:
    """Switch these sub-customers of one reseller to separate (`on`) or aggregated invoices; return those that changed.

    Accounts of anybody else are passed over. Each gets its own line in the history, with the source *bulk* and the
    reason. Raises SwitchNeedsReason, NothingToSwitch.
    """
    if not reason.strip():
        raise SwitchNeedsReason
    _preview_again(bill_to)
    lock(bill_to)
    own = sub_customers_of(bill_to).filter(pk__in=accounts, separate_invoices=not on).order_by("pk")
    changed = [
        account_services.set_separate_invoices(
            account=account, on=on, by=by, at=at, source=FlagSource.BULK, reason=reason.strip()
        )
        for account in own
    ]
    if not changed:
        raise NothingToSwitch
    audit.record(
        "account.separate_invoices_switched",
        target=bill_to,
        account=bill_to,
        by=by,
        at=at,
        reason=reason.strip(),
        after={"separate_invoices": on, "accounts": [account.code for account in changed]},
    )
    return changed


def _preview_again(bill_to: Account) -> None:
    """Items previewed before the switch wait for a new preview; the preview's hash refuses them in any case."""
    for item in previewed_items(bill_to).select_for_update(of=("self",)).order_by("pk"):
        ITEM_TRANSITIONS.check(ItemState(item.state), ItemState.CHANGED)
        item.state = ItemState.CHANGED
        item.reason = _("Separate invoices were switched since the preview. Preview again, then issue.")
        item.save(update_fields=["state", "reason"])
