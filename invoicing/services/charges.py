"""Cutting charges: rows that are written once and never changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, User
from accounts.services import audit
from config.kernel.errors import DomainError
from config.kernel.locks import lock
from config.kernel.money import Money
from invoicing.enums import ChargeKind
from invoicing.models import BillingSchedule, Charge, ScheduleChange
from invoicing.rating import Rated


class ManualChargeRefused(DomainError):
    """A manual charge needs an amount, a text, and the right currency."""

    user_message = _("Give an amount in %(currency)s that is not zero, and a text for the invoice.")


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


@transaction.atomic
def add_manual(
    *, bill_to: Account, beneficiary: Account, amount: Money, text: str, on: date, by: User | None, at: datetime
) -> Charge:
    """Add an amount by hand that the next run picks up: a one-off, or a discount when it is negative.

    `amount` is net, in the bill-to's currency; `on` is the day of supply and the first day an invoice may carry it.
    Raises ManualChargeRefused.
    """
    bill_to = lock(bill_to)
    net = amount.rounded().amount
    if amount.currency != bill_to.currency or not net or not text.strip():
        raise ManualChargeRefused(currency=bill_to.currency)
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
        text=text.strip(),
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
