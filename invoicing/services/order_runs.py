"""One order, one invoice: with partial charges on the order day a confirmed order is billed at once."""

from __future__ import annotations

from datetime import datetime

from accounts.models import Organisation
from config.kernel.clock import local_date
from invoicing.enums import ScheduleState
from invoicing.models import BillingSchedule, Charge


def start_when_settled(*, schedule: BillingSchedule, at: datetime) -> None:
    """Queue the one-order run when the last schedule of an order is confirmed or void (product.md §10.2).

    Does nothing for a bill-to whose partial charges wait for the billing day, for a schedule without an order (the next
    run takes it), or when nothing is to be invoiced. The caller holds the lock on the bill-to, so two last
    confirmations cannot both see the other one pending.
    """
    from invoicing.services import billing_runs

    siblings = BillingSchedule.objects.filter(bill_to=schedule.bill_to_id, order_reference=schedule.order_reference)
    if schedule.partial_on is not None or not schedule.order_reference:
        return
    if siblings.filter(state=ScheduleState.PENDING).exists():
        return
    today = local_date(at, Organisation.get().time_zone)
    if not Charge.objects.uninvoiced().filter(schedule__in=siblings, invoice_on__lte=today).exists():
        return
    billing_runs.start_for_order(
        reseller=schedule.bill_to, order_reference=schedule.order_reference, through=today, at=at
    )
