"""Separate or aggregated: what a switch of many sub-customers would change, computed by the real grouping."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import F, QuerySet

from accounts.models import Account
from invoicing.drafting import Draft
from invoicing.enums import UNFINISHED_RUNS, ItemState, ScheduleState
from invoicing.models import BillingSchedule, Charge, RunItem
from invoicing.rounding import RoundingDifference, rounding_of
from invoicing.selectors.calculation import Calculation, calculate
from invoicing.selectors.due import Dues, dues_of


@dataclass(frozen=True, slots=True)
class Way:
    """One way to document what is due: its documents and their sums."""

    found: Calculation

    @property
    def drafts(self) -> list[Draft]:
        """The documents, in the order of their numbers."""
        return self.found.drafts

    @property
    def net(self) -> Decimal:
        """The net of all of them."""
        return sum((draft.totals.net for draft in self.drafts), Decimal("0.00"))

    @property
    def tax(self) -> Decimal:
        """The tax of all of them."""
        return sum((draft.totals.tax for draft in self.drafts), Decimal("0.00"))

    @property
    def gross(self) -> Decimal:
        """The gross of all of them."""
        return sum((draft.totals.gross for draft in self.drafts), Decimal("0.00"))


@dataclass(frozen=True, slots=True)
class SwitchPreview:
    """What is due by a day, as it would be documented now and after the switch; `rounding` says how the tax differs."""

    through: date
    changing: list[Account]
    now: Way
    then: Way
    rounding: list[RoundingDifference]

    @property
    def held(self) -> str:
        """Why nothing can be computed, "" if it can."""
        return self.now.found.held or self.then.found.held

    @property
    def tax_difference(self) -> Decimal:
        """How much more tax there would be."""
        return self.then.tax - self.now.tax


def sub_customers_of(bill_to: Account) -> QuerySet[Account]:
    """The accounts that the reseller pays for, affiliates first, by name."""
    return Account.objects.filter(bill_to=bill_to).order_by("kind", "name_key", "pk")


def next_due(bill_to: Account, *, today: date) -> date:
    """The next day on which something is to be invoiced, today at the earliest; today when nothing is planned."""
    charges = Charge.objects.uninvoiced().filter(bill_to=bill_to).values(day=F("invoice_on"))
    schedules = BillingSchedule.objects.filter(
        bill_to=bill_to, state=ScheduleState.ACTIVE, next_invoice_on__isnull=False
    )
    first = charges.union(schedules.values(day=F("next_invoice_on"))).order_by("day").first()
    return max(today, first["day"]) if first else today


def preview(bill_to: Account, *, accounts: Collection[int], on: bool, through: date) -> SwitchPreview:
    """What is due by `through` both ways: as it is, and with these sub-customers separate (`on`) or aggregated.

    Nothing is written; whatever is computed here comes from the functions that a run previews and issues with.
    """
    changing = sub_customers_of(bill_to).filter(pk__in=accounts, separate_invoices=not on)
    dues = dues_of([bill_to.pk], through=through)
    now = Way(_calculated(dues, bill_to, through))
    changed = list(changing)
    for account in changed:
        if account.pk in dues.accounts:
            dues.accounts[account.pk].separate_invoices = on
    then = Way(_calculated(dues, bill_to, through))
    rounding = rounding_of([draft.totals for draft in now.drafts], [draft.totals for draft in then.drafts])
    return SwitchPreview(through, changed, now, then, rounding)


def _calculated(dues: Dues, bill_to: Account, through: date) -> Calculation:
    return calculate(dues, bill_to.pk, through=through, invoice_on=through)


def previewed_items(bill_to: Account) -> QuerySet[RunItem]:
    """The bill-to's items in runs that are not issued yet: what was previewed before a switch must be so again."""
    return RunItem.objects.filter(bill_to=bill_to, state=ItemState.PREVIEWED, run__state__in=UNFINISHED_RUNS)
