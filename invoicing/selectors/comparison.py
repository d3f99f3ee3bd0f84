"""A bill against the last one of the same reseller: what was issued then, and what would be or was issued now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import F, Q, QuerySet

from invoicing.comparison import BilledLine, Comparison, Service, Thresholds, compare, services_of
from invoicing.enums import DocumentType, ItemState
from invoicing.models import BillingRun, BillingSettings, InvoiceItem, RunItem
from invoicing.selectors.calculation import Calculation

COLUMNS = (
    *("invoice__run_item_id", "bill_to_id", "run_item_net", "charge__schedule_id", "document_type"),
    *("beneficiary_id", "beneficiary_name", "product_name", "service_reference", "kind", "period", "quantity"),
    *("unit_price", "net"),
)


@dataclass(frozen=True, slots=True)
class Bill:
    """What one run item has issued: its net, and its services."""

    item_id: int
    net: Decimal
    services: dict[str, Service]


def thresholds(settings: BillingSettings) -> Thresholds:
    """From which difference on a bill is flagged."""
    return Thresholds(Decimal(settings.outlier_percent), settings.outlier_amount)


def last_bills(bill_tos: Collection[int], *, run: BillingRun) -> dict[int, Bill]:
    """The last bill of each of these bill-tos before the run, by one query; runs of one order do not count."""
    before = RunItem.objects.filter(bill_to__in=bill_tos, state=ItemState.DONE, run__order_reference="")
    before = before.filter(Q(run__through__lt=run.through) | Q(run__lt=run.pk), ~Q(run=run.pk))
    latest = before.order_by("bill_to_id", "-done_at", "-pk").distinct("bill_to_id")
    return _bills(InvoiceItem.objects.filter(invoice__run_item__in=latest.values("pk")))


def bill_of(item_id: int | None) -> Bill | None:
    """What a run item has issued; None without one."""
    if item_id is None:
        return None
    found = _bills(InvoiceItem.objects.filter(invoice__run_item=item_id))
    return next(iter(found.values()), None)


def _bills(items: QuerySet[InvoiceItem]) -> dict[int, Bill]:
    rows = items.annotate(run_item_net=F("invoice__run_item__net"), document_type=F("invoice__document_type"))
    lines: defaultdict[tuple[int, int, Decimal], list[BilledLine]] = defaultdict(list)
    for row in rows.values_list(*COLUMNS):
        lines[row[1], row[0], row[2]].append(_issued(*row[3:]))
    return {bill_to: Bill(item, net, services_of(own)) for (bill_to, item, net), own in lines.items()}


def _issued(schedule: int | None, document_type: str, *facts: Any) -> BilledLine:
    beneficiary, name, product, reference, kind, period, quantity, unit_price, net = facts
    sign = -1 if document_type == DocumentType.CREDIT else 1
    return BilledLine(
        key=_key(schedule, beneficiary, product),
        beneficiary=beneficiary,
        beneficiary_name=name,
        product=product,
        reference=reference,
        kind=kind,
        start=period.lower,
        quantity=sign * quantity,
        unit_price=unit_price,
        net=sign * net,
    )


def _key(schedule: int | None, beneficiary: int, text: str) -> str:
    """What makes it the same service on two bills: its schedule; a charge by hand goes by its text."""
    return f"schedule {schedule}" if schedule is not None else f"{beneficiary} {text}"


def billed_by(found: Calculation) -> dict[str, Service]:
    """The services of a bill that is not issued yet."""
    return services_of(_drafted(found))


def _drafted(found: Calculation) -> Iterator[BilledLine]:
    for line in found.lines:
        yield BilledLine(
            key=_key(line.schedule_id, line.beneficiary.id, line.texts.product_name),
            beneficiary=line.beneficiary.id,
            beneficiary_name=line.beneficiary.name,
            product=line.texts.product_name,
            reference=line.texts.service_reference,
            kind=str(line.rated.kind),
            start=line.rated.period.start,
            quantity=line.rated.quantity,
            unit_price=line.rated.unit_price,
            net=line.net,
        )
    for credit in found.credits:
        for part in credit.parts:
            item = credit.items[part.item_id]
            schedule = item.charge.schedule_id if item.charge else None
            yield BilledLine(
                key=_key(schedule, item.beneficiary_id, item.product_name),
                beneficiary=item.beneficiary_id,
                beneficiary_name=item.beneficiary_name,
                product=item.product_name,
                reference=item.service_reference,
                kind=str(part.kind),
                start=part.period.start,
                quantity=-part.quantity,
                unit_price=part.unit_price,
                net=-part.net,
            )


def comparison_of(found: Calculation, last: Bill | None) -> Comparison:
    """A bill that is not issued yet against the last one."""
    return compare(
        last.services if last else None,
        billed_by(found),
        before_net=last.net if last else None,
        after_net=found.total("net"),
    )


def issued_comparison(item: RunItem) -> Comparison:
    """An issued bill against the one that was the last when it was previewed: two queries."""
    now, last = bill_of(item.pk), bill_of(item.previous_id)
    return compare(
        last.services if last else None,
        now.services if now else {},
        before_net=item.previous_net,
        after_net=item.net,
    )
