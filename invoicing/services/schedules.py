"""The life of a billing schedule: opened with the order, confirmed by the vendor, changed, renewed, ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.enums import PurchaseMode
from accounts.models import Account, User
from config.kernel.errors import DomainError
from config.kernel.locks import lock
from config.kernel.money import Money
from config.kernel.periods import Period, add_months
from invoicing.enums import SCHEDULE_TRANSITIONS, ChangeKind, RefundPolicy, ScheduleState
from invoicing.models import BillingSchedule, ScheduleChange
from invoicing.proration import cycle_holding, next_term_end
from invoicing.rating import ONE_OFF, Rated, Step, Terms, first_charges, increase_charge, next_invoice_on
from invoicing.selectors import tax as tax_selectors
from invoicing.selectors.schedules import alignment_of, step_of
from invoicing.services import charges, order_runs
from invoicing.tax import Rule
from invoicing.totals import tax_of


class NotActive(DomainError):
    """Only an active schedule can be changed."""

    user_message = _("This service is not active, so it cannot be changed.")


class AlreadyCharged(DomainError):
    """The days are charged; taking them back would need a refund."""

    user_message = _("It is charged through %(through)s. Choose that day or a later one.")


class NotAPeriodStart(DomainError):
    """Units leave at the first day of a billing period; inside one they are paid for."""

    user_message = _("Fewer units count from the first day of a billing period. Choose %(day)s.")


class LaterChange(DomainError):
    """Changes are made in the order of their days."""

    user_message = _("There is a change on %(day)s. Choose a later day.")


class NothingChanges(DomainError):
    """The wished quantity is the present one, or none."""

    user_message = _("Choose another quantity, at least 1.")


@dataclass(frozen=True, slots=True)
class FirstPeriod:
    """What the first invoice of a service will carry: set-up fee and the stub or first cycle.

    `gross` uses the tax rule of the bill-to on `invoice_on`; without one it equals net, and billing holds the bill-to.
    """

    net: Money
    gross: Money
    period: Period
    factor: Fraction
    invoice_on: date


def first_period(
    *,
    bill_to: Account,
    quantity: int,
    price: Decimal,
    price_parts: int = 1,
    cycle_months: int,
    setup_fee: Decimal = Decimal("0.00"),
    proratable: bool,
    on: date,
    product_type: str = "",
    end_on: date | None = None,
    rules: Sequence[Rule] | None = None,
) -> FirstPeriod:
    """What ordering on that day costs first: the figure of basket, checkout and credit check (product.md §8).

    `price` is for one unit, per cycle or for `price_parts` cycles; `cycle_months` 0 is a one-off. Amounts are in the
    bill-to's currency, `on` is a date of the distributor. Who prices many lines reads the tax `rules` once and no
    query is made here.
    """
    billing_day, partial_on = alignment_of(bill_to.reseller, proratable=proratable, on=on)
    terms = Terms(on, cycle_months, end_on, billing_day, partial_on, price_parts, setup_fee)
    return _first(bill_to, first_charges(terms, Step(1, on, quantity, price, opens_cycle=True)), product_type, rules)


def _first(bill_to: Account, rated: list[Rated], product_type: str, rules: Sequence[Rule] | None) -> FirstPeriod:
    main = rated[-1]
    net = sum((charge.net for charge in rated), Decimal("0.00"))
    treatment = tax_selectors.treatment_for(bill_to, product_type=product_type, on=main.invoice_on, known=rules)
    gross = net + tax_of(net, treatment.rate) if treatment else net
    return FirstPeriod(
        Money(net, bill_to.currency), Money(gross, bill_to.currency), main.period, main.factor, main.invoice_on
    )


@transaction.atomic
def open(  # noqa: A001 -- the verb of the glossary
    *,
    bill_to: Account,
    beneficiary: Account,
    product_name: str,
    mode: PurchaseMode | str,
    quantity: int,
    price: Decimal,
    cycle_months: int,
    proratable: bool,
    order_on: date,
    by: User | None,
    at: datetime,
    sku: str = "",
    service_reference: str = "",
    order_reference: str = "",
    partner_id: str | None = None,
    price_source: str = "",
    price_parts: int = 1,
    term_months: int | None = None,
    setup_fee: Decimal = Decimal("0.00"),
    refund_policy: RefundPolicy | str = RefundPolicy.NONE,
    product_type: str = "",
) -> BillingSchedule:
    """Open a pending schedule in the transaction that executes the order; its first period counts as exposure.

    Nothing is charged before `confirm`. The caller holds the lock on the bill-to (credit was checked under it).
    Alignment is copied from the reseller now, so that a later change of its settings never moves a running cycle.
    """
    first = first_period(
        bill_to=bill_to,
        quantity=quantity,
        price=price,
        price_parts=price_parts,
        cycle_months=cycle_months,
        setup_fee=setup_fee,
        proratable=proratable,
        on=order_on,
        product_type=product_type,
    )
    billing_day, partial_on = alignment_of(bill_to.reseller, proratable=proratable, on=order_on)
    return BillingSchedule.objects.create(
        bill_to=bill_to,
        beneficiary=beneficiary,
        currency=bill_to.currency,
        mode=mode,
        product_name=product_name,
        product_type=product_type,
        sku=sku,
        service_reference=service_reference,
        order_reference=order_reference,
        partner_id=partner_id or "",
        price_source=price_source,
        quantity=quantity,
        price=price,
        price_parts=price_parts,
        setup_fee=setup_fee,
        cycle_months=cycle_months,
        term_months=term_months,
        billing_day=billing_day,
        partial_on=partial_on,
        refund_policy=refund_policy,
        order_on=order_on,
        first_period_net=first.net.amount,
        first_period_gross=first.gross.amount,
        opened_at=at,
        opened_by=by,
    )


@transaction.atomic
def confirm(
    *,
    schedule: BillingSchedule,
    start_on: date,
    at: datetime,
    tenant_domain: str = "",
    partner_id: str | None = None,
    service_reference: str | None = None,
) -> BillingSchedule:
    """The vendor has accepted: the schedule becomes active on `start_on` and its first charges are cut.

    With partial charges on the order day, the last confirmation of an order queues its one-order run. Repeating it is
    safe: an active schedule is returned as it is. Raises InvalidTransition for a void one.
    """
    lock(schedule.bill_to)
    schedule = lock(schedule)
    if schedule.state == ScheduleState.ACTIVE:
        return schedule
    SCHEDULE_TRANSITIONS.check(ScheduleState(schedule.state), ScheduleState.ACTIVE)
    schedule.state = ScheduleState.ACTIVE
    schedule.start_on, schedule.confirmed_at = start_on, at
    schedule.tenant_domain = tenant_domain or schedule.tenant_domain
    schedule.partner_id = schedule.partner_id if partner_id is None else partner_id
    schedule.service_reference = schedule.service_reference if service_reference is None else service_reference
    if schedule.term_months:
        schedule.term_end_on = add_months(start_on, schedule.term_months)
    change = _change(schedule, ChangeKind.START, on=start_on, by=schedule.opened_by, at=at)
    rated = first_charges(schedule.terms, step_of(change))
    charges.cut(schedule=schedule, change=change, rated=rated, by=None, at=at)
    move_cursor(schedule, rated[-1].period.end)
    schedule.save()
    if schedule.cycle_months == ONE_OFF:
        _finish(schedule, at=at)
    order_runs.start_when_settled(schedule=schedule, at=at)
    return schedule


@transaction.atomic
def void(*, schedule: BillingSchedule, reason: str, at: datetime) -> BillingSchedule:
    """Fulfilment was rejected: nothing is charged and the credit is free again. Safe to repeat."""
    lock(schedule.bill_to)
    schedule = lock(schedule)
    if schedule.state == ScheduleState.VOID:
        return schedule
    SCHEDULE_TRANSITIONS.check(ScheduleState(schedule.state), ScheduleState.VOID)
    schedule.state, schedule.voided_at, schedule.void_reason = ScheduleState.VOID, at, reason[:500]
    schedule.save()
    order_runs.start_when_settled(schedule=schedule, at=at)
    return schedule


@transaction.atomic
def change_quantity(
    *, schedule: BillingSchedule, quantity: int, on: date, by: User | None, at: datetime, reason: str = ""
) -> BillingSchedule:
    """More units from a day on, or fewer from the first day of a billing period that is not charged yet.

    Added units pay the rest of the running cycle, the day of the change included, and of later ones that are charged
    already; with partial charges on the order day they are billed at once. Raises NotActive, NothingChanges,
    LaterChange, NotAPeriodStart, and AlreadyCharged (fewer units inside charged days would need a refund).
    """
    schedule = _active(schedule)
    added = quantity - schedule.quantity
    if quantity < 1 or added == 0:
        raise NothingChanges
    _check_day(schedule, on, needs_uncharged=added < 0)
    _check_order(schedule, on, fewer=added < 0)
    schedule.quantity = quantity
    change = _change(schedule, ChangeKind.MORE if added > 0 else ChangeKind.FEWER, on=on, by=by, at=at, reason=reason)
    if added > 0:
        rated = _rest_of_charged_cycles(schedule, step_of(change), added)
        charges.cut(schedule=schedule, change=change, rated=rated, by=by, at=at)
        order_runs.start_when_settled(schedule=schedule, at=at)
    schedule.save()
    return schedule


@transaction.atomic
def renew(
    *,
    schedule: BillingSchedule,
    price: Decimal,
    at: datetime,
    quantity: int | None = None,
    price_source: str = "",
    reason: str = "",
    by: User | None = None,
) -> BillingSchedule:
    """The vendor has renewed the term: it goes on from its end at this price, for another term (product.md M5).

    `price` is per unit, without tax, for the whole term or per cycle as the schedule was opened; `price_source` is what
    invoices print from now on, "" keeps what they printed. The database takes one renewal per schedule and day.
    Raises NotActive, also for a schedule without terms.
    """
    schedule = _active(schedule)
    if schedule.term_end_on is None or not schedule.term_months or not schedule.start_on:
        raise NotActive
    begins = schedule.term_end_on
    schedule.price, schedule.quantity = price, quantity or schedule.quantity
    schedule.price_source = price_source or schedule.price_source
    schedule.term_end_on = next_term_end(schedule.start_on, begins, schedule.term_months)
    _change(schedule, ChangeKind.RENEWAL, on=begins, by=by, at=at, reason=reason)
    move_cursor(schedule, schedule.charged_through or schedule.start_on)
    schedule.save()
    return schedule


@transaction.atomic
def end(*, schedule: BillingSchedule, on: date, by: User | None, at: datetime, reason: str = "") -> BillingSchedule:
    """The service ends: `on` is the first day that is not charged any more. Raises NotActive, AlreadyCharged."""
    schedule = _active(schedule)
    _check_day(schedule, on, needs_uncharged=True)
    schedule.end_on = on
    _change(schedule, ChangeKind.END, on=on, by=by, at=at, reason=reason)
    move_cursor(schedule, schedule.charged_through or on)
    schedule.save()
    if schedule.next_invoice_on is None:
        _finish(schedule, at=at)
    return schedule


def move_cursor(schedule: BillingSchedule, charged_through: date) -> None:
    """Remember what is charged, and the first day on which an invoice may carry the next billing period."""
    terms = schedule.terms
    schedule.charged_through = charged_through
    schedule.next_invoice_on = next_invoice_on(terms, charged_through)


def _active(schedule: BillingSchedule) -> BillingSchedule:
    lock(schedule.bill_to)
    schedule = lock(schedule)
    if schedule.state != ScheduleState.ACTIVE or schedule.end_on is not None or schedule.start_on is None:
        raise NotActive
    return schedule


def _check_day(schedule: BillingSchedule, on: date, *, needs_uncharged: bool) -> None:
    through = schedule.charged_through if needs_uncharged else schedule.start_on
    if through is not None and on < through:
        raise AlreadyCharged(through=through)


def _check_order(schedule: BillingSchedule, on: date, *, fewer: bool) -> None:
    """Changes follow each other in time; fewer units open a period and come before anything else of that day."""
    last = schedule.changes.order_by("-seq").first()
    opens = last is None or last.kind in (ChangeKind.START, ChangeKind.RENEWAL)
    if last is not None and (on < last.effective_on or (fewer and on == last.effective_on and not opens)):
        raise LaterChange(day=last.effective_on)
    if fewer and schedule.cycle_months != ONE_OFF:
        terms = schedule.terms
        cycle = cycle_holding(on, terms.start_on, terms.billing_day, terms.cycle_months)
        if on not in (cycle.start, terms.start_on):
            raise NotAPeriodStart(day=cycle.end)


def _rest_of_charged_cycles(schedule: BillingSchedule, step: Step, added: int) -> list[Rated]:
    """What added units owe for the running cycle, charged or not, and for later ones charged with the old quantity."""
    terms, through = schedule.terms, schedule.charged_through or step.on
    rated: list[Rated] = []
    on = step.on
    while on == step.on or on < through:
        charge = increase_charge(terms, replace(step, on=on), added)
        if charge is None:
            break
        rated.append(charge)
        on = charge.period.end
    return rated


def _change(
    schedule: BillingSchedule, kind: ChangeKind, *, on: date, by: User | None, at: datetime, reason: str = ""
) -> ScheduleChange:
    return ScheduleChange.objects.create(
        schedule=schedule,
        seq=schedule.changes.count() + 1,
        kind=kind,
        effective_on=on,
        quantity=schedule.quantity,
        price=schedule.price,
        at=at,
        by=by,
        reason=reason[:500],
        price_source=schedule.price_source,
    )


def _finish(schedule: BillingSchedule, *, at: datetime) -> None:
    """Nothing more will be charged."""
    SCHEDULE_TRANSITIONS.check(ScheduleState(schedule.state), ScheduleState.ENDED)
    schedule.state, schedule.ended_at = ScheduleState.ENDED, at
    schedule.save()
