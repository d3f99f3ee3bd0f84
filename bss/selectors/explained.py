"""Why each line of an invoice, or of a preview, costs what it costs: as the Storefront explains it, for BSS."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django.db.backends.postgresql.psycopg_any import DateRange

from config.kernel.money import Money
from config.kernel.periods import Period
from invoicing.crediting import Part
from invoicing.drafting import Draft, DueLine
from invoicing.enums import ChargeKind
from invoicing.grouping import Section
from invoicing.models import InvoiceItem
from invoicing.rendering import document
from invoicing.rendering.explanation import Explanation, explain
from invoicing.rendering.paper import Paper
from invoicing.rendering.splitting import split_notes
from invoicing.rendering.taxation import category_word
from invoicing.selectors.credits import CreditDraft
from invoicing.selectors.documents import factor_of, line

TEXTS: Final = ("product_name", "sku", "service_reference", "order_reference", "price_source")


@dataclass(frozen=True, slots=True)
class DraftView:
    """A document to be: its sections with every line explained, and why it is not one with others."""

    draft: Draft
    sections: list[tuple[Section, list[tuple[DueLine, str, Explanation]]]]
    notes: list[str]
    taxes: list[tuple[str, Decimal, Money]]


def explained_items(
    items: Iterable[InvoiceItem], paper: Paper
) -> list[tuple[InvoiceItem, document.Factor, Explanation]]:
    """The lines of an issued document; `items` come with their `credits_item`."""
    return [(item, factor_of(item), explain(line(item), paper)) for item in items]


def explained_drafts(drafts: Sequence[Draft], paper: Paper) -> list[DraftView]:
    """The documents of a preview."""
    return [_draft(draft, paper) for draft in drafts]


def explained_credits(
    credits_to_be: Sequence[tuple[CreditDraft, list[tuple[Part, InvoiceItem]]]], paper: Paper
) -> list[tuple[CreditDraft, list[tuple[Part, InvoiceItem, Explanation]]]]:
    """The credit invoices of a preview, with the lines that they take back."""
    return [
        (draft, [(part, item, explain(_line_of_part(part, item), paper)) for part, item in parts])
        for draft, parts in credits_to_be
    ]


def _draft(draft: Draft, paper: Paper) -> DraftView:
    key = draft.group.key
    told = []
    for section in draft.group.sections:
        lines = [(each, _line_of_draft(each)) for each in section.lines if isinstance(each, DueLine)]
        rows = [(each, paper.factor(printed.factor), explain(printed, paper)) for each, printed in lines]
        told.append((section, rows))
    subtotals = draft.totals.subtotals
    month = min(each.rated.period.start for each in draft.lines)
    word = category_word(subtotals[0].category)
    return DraftView(
        draft,
        told,
        split_notes(draft.split_by, currency=key.currency, category=word, month=key.supply_month or month, paper=paper),
        [(category_word(row.category), row.rate, Money(row.tax, key.currency)) for row in subtotals],
    )


def _line_of_draft(due: DueLine) -> document.Line:
    """The line as the invoice will print it: through the item that it becomes, so that preview and invoice agree."""
    rated, texts = due.rated, due.texts
    return line(
        InvoiceItem(
            **{name: getattr(texts, name) for name in TEXTS},
            **_amounts(rated.kind, rated.period, rated.printed),
            quantity=rated.quantity,
            unit_price=rated.unit_price,
            net=rated.net,
            currency=due.currency,
            tax_category=due.treatment.category,
            tax_rate=due.treatment.rate,
        )
    )


def _line_of_part(part: Part, credited: InvoiceItem) -> document.Line:
    """The line of a credit invoice to be."""
    return line(
        InvoiceItem(
            **{name: getattr(credited, name) for name in TEXTS},
            **_amounts(part.kind, part.period, part.counted),
            quantity=part.quantity,
            unit_price=part.unit_price,
            net=part.net,
            currency=credited.currency,
            tax_category=part.category,
            tax_rate=part.rate,
            credits_item=credited,
        )
    )


def _amounts(kind: ChargeKind, period: Period, counted: tuple[int, int]) -> dict[str, Any]:
    days = DateRange(period.start, period.end)
    return {
        "position": 0,
        "kind": str(kind),
        "period": days,
        "factor_numerator": counted[0],
        "factor_denominator": counted[1],
    }
