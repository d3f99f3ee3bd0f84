"""Cutting charges: rows that are written once and never changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils.translation import gettext_lazy as _

from accounts import names
from accounts.clock import local_today
from accounts.models import Account, User
from accounts.services import audit
from config.kernel.errors import DomainError
from config.kernel.locks import lock
from config.kernel.money import Money
from invoicing.enums import ChargeKind
from invoicing.models import BillingSchedule, Charge, InvoiceItem, ScheduleChange
from invoicing.proration import next_billing_day
from invoicing.rating import Rated, Step, increase_charge, next_invoice_on, step_on
from invoicing.refunds import Refund

LARGEST = Decimal("999999999999.99")


class ManualChargeRefused(DomainError):
    """A manual charge needs an amount, a text, and the right currency."""

    user_message = _("Give an amount in %(currency)s that is not zero, and a text for the invoice.")


class ForeignBeneficiary(DomainError):
    """A charge is for the bill-to itself or one of its sub-customers."""

    user_message = _("Choose the reseller itself, or one of its customers or affiliates.")
    field = "beneficiary"


class NotWithdrawable(DomainError):
    """Only a manual charge that no invoice carries yet can be withdrawn."""

    user_message = _("It is on an invoice already, or it was withdrawn. Credit the invoice instead.")


class ReasonNeeded(DomainError):
    """Withdrawing is explained."""

    user_message = _("Say why it is withdrawn.")
    field = "reason"


def cut(
    *, schedule: BillingSchedule, change: ScheduleChange, rated: Sequence[Rated], by: User | None, at: datetime
) -> list[Charge]:
    """Write the charges of one change. The caller holds the schedule's lock.

    The database refuses a day that is charged already and a charge that exists already.
    """
    return Charge.objects.bulk_create(
        Charge(
            bill_to_id=schedule.bill_to_id,
            beneficiary_id=schedule.beneficiary_id,
            schedule=schedule,
            change=change,
            kind=charge.kind,
            period=DateRange(charge.period.start, charge.period.end),
            quantity=charge.quantity,
            unit_price=charge.unit_price,
            factor_numerator=charge.factor.numerator,
            factor_denominator=charge.factor.denominator,
            net=charge.net,
            currency=schedule.currency,
            invoice_on=charge.invoice_on,
            cut_at=at,
            cut_by=by,
        )
        for charge in rated
    )


def take_back(
    *,
    schedule: BillingSchedule,
    change: ScheduleChange,
    refunds: Sequence[Refund],
    by: User | None,
    at: datetime,
) -> list[Charge]:
    """Write the refunds of one change, each against the charge that it takes back. The caller holds the lock.

    What no invoice carries yet is refunded on the same invoice, so not before it; the rest follows the rule of partial
    charges. The database refuses a refund beyond its charge.
    """
    today = local_today(at)
    waits = today if schedule.partial_on is None else next_billing_day(today, schedule.partial_on)
    charged = Charge.objects.in_bulk([refund.charge_id for refund in refunds])
    billed = set(InvoiceItem.objects.filter(charge__in=charged).values_list("charge", flat=True))
    return Charge.objects.bulk_create(
        Charge(
            bill_to_id=schedule.bill_to_id,
            beneficiary_id=schedule.beneficiary_id,
            schedule=schedule,
            change=change,
            kind=ChargeKind.REFUND,
            refunds=charged[refund.charge_id],
            period=DateRange(refund.period.start, refund.period.end),
            quantity=refund.quantity,
            unit_price=refund.unit_price,
            factor_numerator=refund.counted[0],
            factor_denominator=refund.counted[1],
            net=refund.net,
            currency=schedule.currency,
            invoice_on=waits if refund.charge_id in billed else max(waits, charged[refund.charge_id].invoice_on),
            cut_at=at,
            cut_by=by,
        )
        for refund in refunds
    )


def rest_of_charged_cycles(schedule: BillingSchedule, steps: Sequence[Step], step: Step, added: int) -> list[Rated]:
    """What added units owe for the running cycle, charged or not, and for later ones charged with the old quantity.

    `steps` are all of the schedule: a later cycle has the price that is in force on its first day.
    """
    terms, through = schedule.terms, schedule.charged_through or step.on
    rated: list[Rated] = []
    on = step.on
    while on == step.on or on < through:
        price = step.price if on == step.on else step_on(steps, on).price
        charge = increase_charge(terms, replace(step, on=on, price=price), added)
        if charge is None:
            break
        rated.append(charge)
        on = charge.period.end
    return rated


def move_cursor(schedule: BillingSchedule, charged_through: date) -> None:
    """Remember what is charged, and the first day on which an invoice may carry the next billing period."""
    schedule.charged_through = charged_through
    schedule.next_invoice_on = next_invoice_on(schedule.terms, charged_through)


@transaction.atomic
def add_manual(
    *,
    bill_to: Account,
    beneficiary: Account,
    amount: Money,
    text: str,
    on: date,
    by: User | None,
    at: datetime,
    product_type: str = "",
) -> Charge:
    """Add an amount by hand that the next run picks up: a one-off, or a discount when it is negative.

    `amount` is net, in the bill-to's currency; `on` is the day of supply and the first day an invoice may carry it;
    `product_type` says by which rule it is taxed ("" = the general one). Raises ManualChargeRefused.
    """
    bill_to = lock(bill_to)
    net = amount.rounded().amount
    if amount.currency != bill_to.currency or not 0 < abs(net) <= LARGEST or net != amount.amount or not text.strip():
        raise ManualChargeRefused(currency=bill_to.currency)
    if bill_to.pk not in (beneficiary.pk, beneficiary.bill_to_id):
        raise ForeignBeneficiary
    charge = Charge.objects.create(
        bill_to=bill_to,
        beneficiary=beneficiary,
        kind=ChargeKind.ONE_OFF if net > 0 else ChargeKind.DISCOUNT,
        period=DateRange(on, on + timedelta(days=1)),
        quantity=1 if net > 0 else -1,
        unit_price=abs(net),
        net=net,
        currency=amount.currency,
        invoice_on=on,
        text=names.clean_text(text)[:250],
        product_type=product_type,
        cut_at=at,
        cut_by=by,
    )
    audit.record(
        "charge.added",
        target=charge,
        account=bill_to,
        by=by,
        at=at,
        reason=charge.text,
        after={"net": str(Decimal(net))},
    )
    return charge


@transaction.atomic
def withdraw(*, charge: Charge, reason: str, by: User, at: datetime) -> Charge:
    """Take a manual charge back before an invoice carries it. Raises ReasonNeeded, NotWithdrawable."""
    if not reason.strip():
        raise ReasonNeeded
    bill_to = lock(charge.bill_to)
    charge = lock(charge)
    if not Charge.objects.uninvoiced().manual().filter(pk=charge.pk).exists():
        raise NotWithdrawable
    charge.withdrawn_at, charge.withdrawn_by, charge.withdraw_reason = at, by, reason.strip()[:500]
    charge.save(update_fields=["withdrawn_at", "withdrawn_by", "withdraw_reason"])
    audit.record(
        "charge.withdrawn",
        target=charge,
        account=bill_to,
        by=by,
        at=at,
        reason=reason.strip(),
        before={"net": str(charge.net)},
    )
    return charge
