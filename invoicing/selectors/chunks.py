"""What the workers read of a billing run, locked: its row with all that holds for a whole chunk, and the run items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.db.models import Exists, OuterRef, Subquery
from django.db.models.functions import ExtractYear, JSONObject

from accounts.models import Organisation
from invoicing.enums import DocumentType, ItemState, RunState
from invoicing.models import BillingRun, BillingSettings, NumberSeries, RunItem
from invoicing.selectors import tax
from invoicing.tax import Rule

SELLER: Final = [field.name for field in Organisation._meta.concrete_fields if field.name != "created_at"]


@dataclass(frozen=True, slots=True)
class Frame:
    """The locked run, and what every calculation of a chunk starts from, all of one moment.

    `is_last`: no other item waits in this stage. `on` is the date that invoices may have: the run's, or the last one
    of their series when that is later; the series itself is locked only when the numbers are taken.
    """

    run: BillingRun
    rules: list[Rule]
    settings: BillingSettings
    seller: Organisation
    on: date
    is_last: bool


def locked_frame(run_id: int, *, stage: RunState, waiting: ItemState, items: Sequence[int]) -> Frame | None:
    """The run while it is in this stage, locked, with what its items need; None when somebody else is on it."""
    others = RunItem.objects.filter(run=OuterRef("pk"), state=waiting).exclude(pk__in=items)
    series = NumberSeries.objects.filter(document_type=DocumentType.DEBIT, year=ExtractYear(OuterRef("invoice_on")))
    seller = Organisation.objects.filter(pk=1).values(json=JSONObject(**{name: name for name in SELLER}))
    runs: Any = BillingRun.objects.annotate(
        rules=tax.rules_in_row(),
        options=tax.options_in_row(),
        seller=Subquery(seller),
        series_date=Subquery(series.values("last_date")[:1]),
        goes_on=Exists(others),
    )
    run = runs.select_for_update(skip_locked=True).filter(pk=run_id, state=stage).first()
    if run is None:
        return None
    return Frame(
        run=run,
        rules=tax.rules_of_row(run.rules),
        settings=tax.options_of_row(run.options),
        seller=Organisation(**(run.seller or {})),
        on=max(run.invoice_on, run.series_date or run.invoice_on),
        is_last=not run.goes_on,
    )


def locked_items(
    run: BillingRun, *, waiting: ItemState, items: Sequence[int], with_payers: bool = False
) -> list[RunItem]:
    """These items as long as they wait, locked, in the given order, each with its bill-to and the reseller's settings.

    `with_payers` locks the bill-tos too, all in the order of their ids: two runs cannot wait for each other.
    """
    of = ("self", "bill_to") if with_payers else ("self",)
    rows = run.items.select_related("bill_to__reseller").select_for_update(of=of, no_key=True)
    found = {item.pk: item for item in rows.filter(pk__in=items, state=waiting).order_by("bill_to_id")}
    return [found[pk] for pk in items if pk in found]
