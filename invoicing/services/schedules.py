"""The life of a billing schedule: opened with the order, confirmed by the vendor, changed, renewed, ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.clock import local_today
from accounts.enums import PurchaseMode
from accounts.models import Account, User
from config.kernel.errors import DomainError
from config.kernel.locks import lock
from config.kernel.money import Money
from config.kernel.periods import Period, add_months
from invoicing.enums import SCHEDULE_TRANSITIONS, ChangeKind, ChargeKind, RefundPolicy, ScheduleState, UsageRule
from invoicing.models import BillingSchedule
from invoicing.proration import next_term_end
from invoicing.rating import ONE_OFF, Rated, Step, Terms, first_charges
from invoicing.selectors import tax as tax_selectors
from invoicing.selectors.schedules import alignment_of, step_of, steps_of
from invoicing.services import charges, order_runs, reductions
from invoicing.services.charges import move_cursor, rest_of_charged_cycles
from invoicing.services.schedule_changes import (
    NotActive,
    active,
    append,
    check_order,
    check_period_start,
    check_started,
    finish,
    in_force,
    repeat_prices,
)
from invoicing.tax import Rule
from invoicing.totals import tax_of


class NothingChanges(DomainError):
    """The wished quantity is the present one, or none."""

    user_message = _("Choose another quantity, at least 1.")


class AlreadyOver(DomainError):
    """What has ended is ordered again."""

    user_message = _("It has ended on %(day)s. Order it again instead.")


class GivenBack(DomainError):
    """The end took money back, which may be on a credit invoice already."""

    user_message = _("Days after its end were refunded already, so the end stands. Order it again instead.")


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
    usage_rule: UsageRule | str = UsageRule.PROPORTIONAL,
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
    is_full = usage_rule == UsageRule.FULL
    terms = Terms(on, cycle_months, end_on, billing_day, partial_on, price_parts, setup_fee, is_full)
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
    usage_rule: UsageRule | str = UsageRule.PROPORTIONAL,
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
        usage_rule=usage_rule,
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
        usage_rule=usage_rule,
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
    bought_at: datetime | None = None,
) -> BillingSchedule:
    """The vendor has accepted: the schedule becomes active on `start_on` and its first charges are cut.

    `bought_at` is the vendor's own start moment, from which refunds by the hour count; by default it is `at`.

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
    change = append(schedule, ChangeKind.START, on=start_on, by=schedule.opened_by, at=bought_at or at)
    rated = first_charges(schedule.terms, step_of(change))
    charges.cut(schedule=schedule, change=change, rated=rated, by=None, at=at)
    move_cursor(schedule, rated[-1].period.end)
    schedule.save()
    if schedule.cycle_months == ONE_OFF:
        finish(schedule, at=at)
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
    """More units from a day on, that day included; or fewer, `on` being the first day without them.

    Added units pay the rest of the running cycle, and of later ones that are charged already. Units that leave inside
    charged days are refunded by the schedule's policy, the newest first; the day before `on` is the cancel day, still
    charged by the daily policy. By the hour `at` counts, and `on` is the next day. With partial charges on the order
    day all of it is billed and credited at once. Raises NotActive, NothingChanges, BeforeItStarts, LaterChange,
    NotAPeriodStart, and what `reductions.plan` raises.
    """
    schedule = active(schedule)
    added = quantity - schedule.quantity
    if quantity < 1 or added == 0:
        raise NothingChanges
    check_order(schedule, on, fewer=added < 0)
    if added < 0:
        return _take_away(schedule, ChangeKind.FEWER, -added, on=on, by=by, at=at, reason=reason)
    schedule.quantity = quantity
    priced_as = in_force(schedule, on)
    change = append(schedule, ChangeKind.MORE, on=on, by=by, at=at, reason=reason, priced_as=priced_as)
    repeat_prices(schedule, after=on, by=by, at=at)
    rated = rest_of_charged_cycles(schedule, steps_of(schedule.changes.order_by("seq")), step_of(change), added)
    charges.cut(schedule=schedule, change=change, rated=rated, by=by, at=at)
    schedule.save()
    order_runs.start_when_settled(schedule=schedule, at=at)
    return schedule


def _take_away(
    schedule: BillingSchedule,
    kind: ChangeKind,
    units: int,
    *,
    on: date,
    by: User | None,
    at: datetime,
    reason: str,
) -> BillingSchedule:
    refunds = reductions.plan(schedule=schedule, units=units, on=on, at=at, by=by)
    if kind is ChangeKind.END:
        schedule.end_on = on
    else:
        check_period_start(schedule, on)
        schedule.quantity -= units
    change = append(schedule, kind, on=on, by=by, at=at, reason=reason, priced_as=in_force(schedule, on))
    if kind is not ChangeKind.END:
        repeat_prices(schedule, after=on, by=by, at=at)
    move_cursor(schedule, schedule.charged_through or on)
    schedule.save()
    reductions.carry_out(schedule=schedule, change=change, refunds=refunds, by=by, at=at)
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
    schedule = active(schedule)
    if schedule.term_end_on is None or not schedule.term_months or not schedule.start_on:
        raise NotActive
    begins = schedule.term_end_on
    schedule.price, schedule.quantity = price, quantity or schedule.quantity
    schedule.price_source = price_source or schedule.price_source
    schedule.term_end_on = next_term_end(schedule.start_on, begins, schedule.term_months)
    append(schedule, ChangeKind.RENEWAL, on=begins, by=by, at=at, reason=reason)
    move_cursor(schedule, schedule.charged_through or schedule.start_on)
    schedule.save()
    return schedule


@transaction.atomic
def resume(*, schedule: BillingSchedule, by: User | None, at: datetime, reason: str = "") -> BillingSchedule:
    """Revoke an end that lies ahead: the service goes on as if it had never been ended. Safe to repeat.

    Raises AlreadyOver on its last day and later, GivenBack when the end has refunded days, NotActive when it is void.
    """
    lock(schedule.bill_to)
    schedule = lock(schedule)
    if schedule.start_on is None or (schedule.end_on is None and schedule.state != ScheduleState.ACTIVE):
        raise NotActive
    if schedule.end_on is None:
        return schedule
    if schedule.end_on <= local_today(at):
        raise AlreadyOver(day=schedule.end_on)
    ended = schedule.changes.filter(kind=ChangeKind.END).order_by("-seq")[0]
    if ended.charges.filter(kind=ChargeKind.REFUND).exists():
        raise GivenBack
    if schedule.state != ScheduleState.ACTIVE:
        SCHEDULE_TRANSITIONS.check(ScheduleState(schedule.state), ScheduleState.ACTIVE)
        schedule.state, schedule.ended_at = ScheduleState.ACTIVE, None
    append(schedule, ChangeKind.RESUME, on=schedule.end_on, by=by, at=at, reason=reason, priced_as=ended)
    schedule.end_on = None
    move_cursor(schedule, schedule.charged_through or schedule.start_on)
    schedule.save()
    return schedule


@transaction.atomic
def end(*, schedule: BillingSchedule, on: date, by: User | None, at: datetime, reason: str = "") -> BillingSchedule:
    """The service ends: `on` is the first day that is not charged any more: tomorrow, another day, a period's end.

    Charged days from `on` are refunded by the schedule's policy, as in `change_quantity`. Raises NotActive,
    BeforeItStarts, and what `reductions.plan` raises.
    """
    schedule = active(schedule)
    check_started(schedule, on)
    schedule = _take_away(schedule, ChangeKind.END, schedule.quantity, on=on, by=by, at=at, reason=reason)
    if schedule.next_invoice_on is None:
        finish(schedule, at=at)
    return schedule
