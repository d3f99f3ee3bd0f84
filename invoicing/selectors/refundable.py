"""What may still be taken back of a schedule's charges, and of the lines of issued invoices."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db.models import Sum

from accounts.models import Organisation
from config.kernel.clock import local_date
from config.kernel.periods import Period
from invoicing.enums import ChangeKind, ChargeKind
from invoicing.models import BillingSchedule, Charge, InvoiceItem, InvoiceTax, ScheduleChange
from invoicing.proration import cycle_holding
from invoicing.refunds import Charged, Lot, Move, lots_of

ZERO = Decimal("0.00")
TAKEN_BACK = (ChargeKind.STUB, ChargeKind.CYCLE, ChargeKind.INCREASE, ChargeKind.PRICE)
Room = dict[object, Decimal]


def lots(changes: Iterable[ScheduleChange]) -> list[Lot]:
    """The lots that these changes of one schedule leave, oldest first."""
    zone = Organisation.get().time_zone
    moves = [
        Move(change.seq, ChangeKind(change.kind), change.quantity, _bought_at(change, zone))
        for change in changes
        if change.kind != ChangeKind.END
    ]
    return lots_of(moves)


def _bought_at(change: ScheduleChange, zone: str) -> datetime:
    """The moment of the act; of a renewal, and of an act for a later day, the first moment of the day."""
    later = change.kind == ChangeKind.RENEWAL or change.effective_on > local_date(change.at, zone)
    return first_moment(change.effective_on, zone) if later else change.at


def first_moment(day: date, zone: str) -> datetime:
    """Midnight of a date of the distributor."""
    return datetime.combine(day, time.min, tzinfo=ZoneInfo(zone))


def charged(schedule: BillingSchedule) -> tuple[list[Charged], Room]:
    """The charges of billing periods that stand, newest change first, and what may still be taken back of each."""
    rows = list(
        Charge.objects.filter(schedule=schedule, kind__in=TAKEN_BACK, released_by=None)
        .select_related("change", "invoice_item")
        .order_by("pk")
    )
    items = [row.invoice_item for row in rows if hasattr(row, "invoice_item")]
    room = line_room(items) | category_room({item.invoice_id for item in items})
    refunded, cuts = _refunded([row.pk for row in rows]), _price_cuts([row.pk for row in rows])
    zone = Organisation.get().time_zone
    found = []
    for row in rows:
        item = getattr(row, "invoice_item", None)
        if item is None:
            room["charge", row.pk] = row.net + refunded.get(row.pk, ZERO)
        price = max(ZERO, row.unit_price - cuts.get(row.pk, ZERO))
        found.append(_charged(schedule, row, zone, _keys(row, item), price))
    return found, room


def _keys(row: Charge, item: InvoiceItem | None) -> tuple[object, ...]:
    if item is None:
        return (("charge", row.pk),)
    return ("item", item.pk), ("tax", item.invoice_id, item.tax_category, item.tax_rate)


def _charged(schedule: BillingSchedule, row: Charge, zone: str, keys: tuple[object, ...], price: Decimal) -> Charged:
    terms = schedule.terms
    return Charged(
        id=row.pk,
        kind=ChargeKind(row.kind),
        seq=row.change.seq if row.change else 0,
        period=Period(row.period.lower, row.period.upper),
        cycle=cycle_holding(row.period.lower, terms.start_on, terms.billing_day, terms.cycle_months),
        opens_at=first_moment(row.period.lower, zone),
        quantity=row.quantity,
        unit_price=price,
        factor=row.factor,
        rooms=keys,
    )


def _price_cuts(charges: Collection[int]) -> dict[int, Decimal]:
    """By how much the price of these charges' units was lowered since, by charge."""
    rows = Charge.objects.filter(refunds__in=charges, released_by=None, change__kind=ChangeKind.PRICE).order_by()
    return dict(rows.values_list("refunds").annotate(total=Sum("unit_price")))


def _refunded(charges: Collection[int]) -> dict[int, Decimal]:
    rows = Charge.objects.filter(refunds__in=charges, released_by=None).order_by()
    return dict(rows.values_list("refunds").annotate(total=Sum("net")))


def pending_refunds(items: Collection[InvoiceItem]) -> dict[int, Decimal]:
    """The refunds of these lines' charges that no document carries yet, by item: negative amounts."""
    by_charge = {item.charge_id: item.pk for item in items if item.charge_id}
    rows = Charge.objects.uninvoiced().filter(refunds__in=by_charge).order_by()
    return {by_charge[charge]: total for charge, total in rows.values_list("refunds").annotate(total=Sum("net"))}


def line_room(items: Collection[InvoiceItem]) -> Room:
    """What may still be credited of each line: its net, less what credits and waiting refunds have taken."""
    credited = dict(
        InvoiceItem.objects.filter(credits_item__in=[item.pk for item in items])
        .order_by()
        .values_list("credits_item")
        .annotate(total=Sum("net"))
    )
    pending = pending_refunds(items)
    return {("item", item.pk): item.net - credited.get(item.pk, ZERO) + pending.get(item.pk, ZERO) for item in items}


def category_room(invoices: Collection[int]) -> Room:
    """What may still be credited of each tax category of these invoices; negative where discounts prevail."""
    room: defaultdict[object, Decimal] = defaultdict(lambda: ZERO)
    for invoice, category, rate, base in InvoiceTax.objects.filter(invoice__in=invoices).values_list(
        "invoice", "category", "rate", "base"
    ):
        room["tax", invoice, category, rate] = base
    taken = credited_bases(invoices)
    for key, base in taken.items():
        room["tax", *key] -= base
    waiting = Charge.objects.uninvoiced().filter(refunds__invoice_item__invoice__in=invoices).order_by()
    names = ("invoice_item__invoice", "invoice_item__tax_category", "invoice_item__tax_rate")
    for *key, net in waiting.values_list(*(f"refunds__{name}" for name in names)).annotate(total=Sum("net")):
        room["tax", *key] += net
    return dict(room)


def credited_bases(invoices: Collection[int]) -> dict[tuple[int, str, Decimal], Decimal]:
    """What was credited of these invoices before, by invoice, tax category and rate."""
    rows = InvoiceTax.objects.filter(invoice__corrects__in=invoices).order_by()
    return {
        (invoice, category, rate): base
        for invoice, category, rate, base in rows.values_list("invoice__corrects", "category", "rate").annotate(
            total=Sum("base")
        )
    }
