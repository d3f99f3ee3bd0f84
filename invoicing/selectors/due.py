"""What is due: one anti-join over everyone, and the rows of a chunk of bill-tos in a constant number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final, NamedTuple

from django.db.models import Q, QuerySet

from accounts.models import Account
from invoicing.enums import ScheduleState
from invoicing.models import BillingRun, BillingSchedule, BillingSettings, Charge
from invoicing.models.schedules import terms_of
from invoicing.rating import Terms
from invoicing.selectors import tax as tax_selectors
from invoicing.selectors.credits import is_of_invoiced
from invoicing.selectors.refundable import credited_bases
from invoicing.tax import Rule

ACCOUNT: Final = ("bill_to_id", "code", "name", "kind", "separate_invoices")


class DueChange(NamedTuple):
    """What a calculation needs of a schedule's change: thousands of them are values, not models."""

    pk: int
    schedule_id: int
    seq: int
    kind: str
    effective_on: date
    quantity: int
    price: Decimal
    price_source: str


class DueSchedule(NamedTuple):
    """What a calculation needs of a billing schedule: the terms, the cursor, the texts. A value, not a model."""

    pk: int
    bill_to_id: int
    beneficiary_id: int
    currency: str
    start_on: date | None
    order_on: date
    end_on: date | None
    term_end_on: date | None
    cycle_months: int
    billing_day: int | None
    partial_on: int | None
    price_parts: int
    setup_fee: Decimal
    usage_rule: str
    charged_through: date | None
    mode: str
    product_name: str
    product_type: str
    sku: str
    service_reference: str
    order_reference: str
    tenant_domain: str
    partner_id: str
    price_source: str

    @property
    def terms(self) -> Terms:
        """What was agreed, as the rating takes it."""
        return terms_of(self)


@dataclass(slots=True)
class DueAccount:
    """What a calculation needs of an account that something is due for: the bill-to itself or a sub-customer."""

    pk: int
    bill_to_id: int | None
    code: str
    name: str
    kind: str
    separate_invoices: bool


@dataclass(slots=True)
class Dues:
    """The rows that a calculation reads, by bill-to; `accounts` are those with something due, by id."""

    payers: dict[int, Account]
    rules: list[Rule]
    settings: BillingSettings
    schedules: dict[int, list[DueSchedule]] = field(default_factory=lambda: defaultdict(list))
    changes: dict[int, list[DueChange]] = field(default_factory=lambda: defaultdict(list))
    charges: dict[int, list[Charge]] = field(default_factory=lambda: defaultdict(list))
    accounts: dict[int, DueAccount] = field(default_factory=dict)
    users: dict[int, list[DueAccount]] = field(default_factory=lambda: defaultdict(list))
    """The accounts with something due that a bill-to pays for, itself excepted."""
    credited: dict[tuple[int, str, Decimal], Decimal] = field(default_factory=dict)
    """What was credited before of the invoices that refunds correct: by invoice, tax category and rate."""


def due_bill_tos(*, through: date, reseller: Account | None = None, order_reference: str = "") -> list[int]:
    """The bill-tos with something to invoice by that date, by account code (product.md M1)."""
    return list(
        _with_dues(through, order_reference)
        .filter(**({"pk": reseller.pk} if reseller else {}))
        .order_by("code", "pk")
        .values_list("pk", flat=True)
    )


def _with_dues(through: date, order_reference: str) -> QuerySet[Account]:
    charged = Charge.objects.uninvoiced().filter(invoice_on__lte=through)
    if order_reference:
        charged = charged.filter(_of_order(order_reference))
        return Account.objects.filter(pk__in=charged.values("bill_to"))
    scheduled = BillingSchedule.objects.due(through)
    # One list of ids that is hashed once: with OR the two lists were read again for every account.
    return Account.objects.filter(pk__in=charged.values("bill_to").union(scheduled.values("bill_to")))


def dues_of(bill_tos: Collection[int], *, through: date, order_reference: str = "") -> Dues:
    """All rows that the invoices of these bill-tos are made of.

    A one-order run takes the order's charges and cuts no further cycle (product.md §10.2).
    """
    rules, settings = tax_selectors.rules_and_settings()
    payers = Account.objects.select_related("reseller").filter(pk__in=bill_tos).order_by("pk")
    return dues_among(payers, rules=rules, settings=settings, through=through, order_reference=order_reference)


def dues_among(
    payers: Iterable[Account], *, rules: list[Rule], settings: BillingSettings, through: date, order_reference: str
) -> Dues:
    """The same for a caller who has read, and perhaps locked, the bill-tos, the rules and the settings: two queries.

    A third one is read when refunds of invoiced charges are due.
    """
    dues = Dues(payers={payer.pk: payer for payer in payers}, rules=rules, settings=settings)
    charges = Charge.objects.uninvoiced().filter(bill_to__in=list(dues.payers), invoice_on__lte=through)
    if order_reference:
        charges = charges.filter(_of_order(order_reference))
    else:
        _add_schedules(dues, through)
    corrected = set()
    related = ("beneficiary", "schedule", "change", "refunds__invoice_item__invoice")
    for charge in charges.select_related(*related).order_by("pk"):
        dues.charges[charge.bill_to_id].append(charge)
        user = charge.beneficiary
        facts = (user.bill_to_id, user.code, user.name, user.kind, user.separate_invoices)
        _add_account(dues, user.pk, facts)
        if charge.refunds is not None and is_of_invoiced(charge):
            corrected.add(charge.refunds.invoice_item.invoice_id)
    if corrected:
        dues.credited = credited_bases(corrected)
    return dues


def _add_account(dues: Dues, pk: int, facts: tuple[int | None, str, str, str, bool]) -> None:
    if pk not in dues.accounts:
        account = dues.accounts[pk] = DueAccount(pk, *facts)
        if account.bill_to_id is not None:
            dues.users[account.bill_to_id].append(account)


def uninvoiced_of(run: BillingRun) -> QuerySet[Charge]:
    """Charges inside the scope of the run that were due by its day and that no document carries."""
    charges = Charge.objects.uninvoiced().filter(invoice_on__lte=run.through)
    if run.order_reference:
        charges = charges.filter(_of_order(run.order_reference))
    return charges.filter(bill_to=run.reseller_id) if run.reseller_id else charges


def unbilled_schedules(run: BillingRun) -> QuerySet[BillingSchedule]:
    """Schedules inside the scope of the run with a period that was due by its day, not charged, and not for nothing."""
    if run.order_reference:
        return BillingSchedule.objects.none()
    due = BillingSchedule.objects.due(run.through).filter(price__gt=0, quantity__gt=0)
    return due.filter(bill_to=run.reseller_id) if run.reseller_id else due


def _of_order(reference: str) -> Q:
    """The charges of an order; or, when it names an invoice that is billed anew, those that took their place."""
    anew = Charge.objects.filter(releases__invoice_item__invoice__number=reference)
    return Q(schedule__order_reference=reference) | Q(pk__in=anew.values("pk"))


def _add_schedules(dues: Dues, through: date) -> None:
    """The schedules with their changes and beneficiaries, one row for each change."""
    due = BillingSchedule.objects.due(through).filter(bill_to__in=list(dues.payers)).order_by("pk", "changes__seq")
    account = [f"beneficiary__{name}" for name in ACCOUNT]
    change = [f"changes__{name}" for name in DueChange._fields]
    own, more = len(DueSchedule._fields), len(DueSchedule._fields) + len(account)
    last = None
    for row in due.values_list(*DueSchedule._fields, *account, *change):
        if row[0] != last:
            last = row[0]
            schedule = DueSchedule._make(row[:own])
            dues.schedules[schedule.bill_to_id].append(schedule)
            _add_account(dues, schedule.beneficiary_id, row[own:more])
        if row[more] is not None:
            dues.changes[schedule.pk].append(DueChange._make(row[more:]))


def past_their_term(*, on: date) -> QuerySet[BillingSchedule]:
    """Active schedules past their term's end without a renewal: held and flagged (product.md M5)."""
    return BillingSchedule.objects.filter(state=ScheduleState.ACTIVE, end_on=None, term_end_on__lte=on)


def waiting_for_renewal(*, on: date) -> int:
    """How many schedules are held because no renewal was confirmed."""
    return past_their_term(on=on).count()
