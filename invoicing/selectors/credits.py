"""Credit invoices before they are issued: what is left of an invoice, and what a credit of it would say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.kernel.errors import DomainError
from config.kernel.money import round_half_up
from config.kernel.periods import Period
from invoicing import crediting
from invoicing.crediting import Line, Part
from invoicing.enums import ChangeKind, ChargeKind
from invoicing.models import Charge, Invoice, InvoiceItem
from invoicing.selectors.refundable import credited_bases, pending_refunds
from invoicing.totals import Totals

ZERO = Decimal("0.00")


class OverCredited(DomainError):
    """Credits never exceed the line, nor what the invoice charges in its tax category (reliability.md I13)."""

    user_message = gettext_lazy("Line %(position)s: at most %(room)s is left to credit, and %(units)s units.")


class CategoryOverCredited(DomainError):
    """A discount on the invoice leaves less to credit than its lines have."""

    user_message = gettext_lazy(
        "The invoice charges %(room)s net at %(rate)s %% VAT that is not credited yet; credit the discount lines too."
    )


class NothingToCredit(DomainError):
    """A credit invoice needs an amount above zero."""

    user_message = gettext_lazy("Choose what to credit: a line with units, days or an amount.")


class NotAnInvoice(DomainError):
    """A credit invoice is not credited again."""

    user_message = gettext_lazy("Only invoices are credited. Add a charge by hand to take a credit back.")


@dataclass(frozen=True, slots=True)
class Wish:
    """What to credit of a line: units for its whole period, some days, or an amount; none of them: all that is left."""

    item_id: int
    units: int | None = None
    period: Period | None = None
    amount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class CreditDraft:
    """One credit invoice as it would be issued; `items` are the corrected lines by id."""

    corrects: Invoice
    parts: tuple[Part, ...]
    items: Mapping[int, InvoiceItem]
    totals: Totals
    reason: str

    @property
    def identity(self) -> list[object]:
        """What makes it the same credit in two calculations."""
        lines = [[part.item_id, part.charge_id, part.quantity, str(part.net)] for part in self.parts]
        return [self.corrects.number, str(self.totals.net), str(self.totals.tax), lines]


@dataclass(frozen=True, slots=True)
class _Standing:
    """An issued invoice as it stands: its items, the credits of them, and the refunds that wait for a document."""

    items: dict[int, InvoiceItem]
    taken: Mapping[int, Sequence[InvoiceItem | Charge]]

    def line(self, item: InvoiceItem) -> Line:
        """The item with what is left of it; refunds are negative, credits count like their line."""
        parts = self.taken.get(item.pk, ())
        whole = [part for part in parts if _is_whole(item, part)]
        return Line(
            item_id=item.pk,
            position=item.position,
            quantity=item.quantity,
            unit_price=item.unit_price,
            factor=(item.factor_numerator, item.factor_denominator),
            period=Period(item.period.lower, item.period.upper),
            net=item.net,
            category=item.tax_category,
            rate=item.tax_rate,
            kind=ChargeKind(item.kind),
            room=item.net - sum((_sign(part) * part.net for part in parts), ZERO),
            units=item.quantity - sum(_sign(part) * part.quantity for part in whole),
        )

    def room_of(self, category: str, rate: Decimal) -> Decimal:
        """What of a tax category is not credited and not about to be."""
        own = [item for item in self.items.values() if (item.tax_category, item.tax_rate) == (category, rate)]
        gone = sum((_sign(part) * part.net for item in own for part in self.taken.get(item.pk, ())), ZERO)
        return sum((item.net for item in own), ZERO) - gone


def _sign(part: InvoiceItem | Charge) -> int:
    return -1 if isinstance(part, Charge) else 1


def _standing(invoice: Invoice) -> _Standing:
    """Three queries, however many lines and credits there are."""
    items = {item.pk: item for item in invoice.items.order_by("position")}
    by_charge = {item.charge_id: item for item in items.values() if item.charge_id}
    taken: defaultdict[int, list[InvoiceItem | Charge]] = defaultdict(list)
    for credit in InvoiceItem.objects.filter(credits_item__in=items):
        taken[credit.credits_item_id or 0].append(credit)
    for refund in Charge.objects.uninvoiced().filter(refunds__in=by_charge):
        taken[by_charge[refund.refunds_id or 0].pk].append(refund)
    return _Standing(items, taken)


def lines_of(invoice: Invoice) -> list[Line]:
    """The lines of an issued invoice with what is left of each."""
    standing = _standing(invoice)
    return [standing.line(item) for item in standing.items.values()]


def _is_whole(item: InvoiceItem, part: InvoiceItem | Charge) -> bool:
    return (part.period, part.unit_price, part.factor) == (item.period, item.unit_price, item.factor)


def draft(invoice: Invoice, wishes: Sequence[Wish], *, reason: str) -> CreditDraft:
    """The credit of these parts of an invoice, one wish per line; who issues it holds the lock on the bill-to.

    Raises OverCredited, CategoryOverCredited, NothingToCredit, NotAnInvoice.
    """
    if invoice.is_credit:
        raise NotAnInvoice
    standing = _standing(invoice)
    parts = []
    for wish in wishes:
        item = standing.items.get(wish.item_id)
        if item is None:
            raise NothingToCredit
        parts += [part] if (part := _part(standing.line(item), wish)) else []
    return _drafted(invoice, standing, parts, reason)


def whole(invoice: Invoice, *, reason: str) -> CreditDraft:
    """The credit of all that is left of an invoice. Raises as `draft` does."""
    if invoice.is_credit:
        raise NotAnInvoice
    standing = _standing(invoice)
    parts = [part for item in standing.items.values() if (part := crediting.rest(standing.line(item)))]
    return _drafted(invoice, standing, parts, reason)


def _part(line: Line, wish: Wish) -> Part | None:
    try:
        if wish.amount is not None:
            return crediting.by_amount(line, _cents(wish.amount))
        if wish.period is not None:
            return crediting.by_period(line, wish.period, wish.units or line.units)
        if wish.units is not None:
            return crediting.by_quantity(line, wish.units)
    except crediting.OverCredited as error:
        raise OverCredited(position=line.position, room=line.room, units=max(line.units, 0)) from error
    return crediting.rest(line)


def _cents(amount: Decimal) -> Decimal:
    if amount != round_half_up(amount):
        raise crediting.OverCredited
    return amount


def _drafted(invoice: Invoice, standing: _Standing, parts: Sequence[Part], reason: str) -> CreditDraft:
    before = _bases_of(invoice.pk, credited_bases([invoice.pk]))
    ordered = tuple(sorted(parts, key=lambda part: standing.items[part.item_id].position))
    totals = crediting.totals_of(ordered, before)
    if not parts or totals.net < 0 or not any(part.net for part in parts):
        raise NothingToCredit
    for row in totals.subtotals:
        left = standing.room_of(row.category, row.rate)
        if not min(left, ZERO) <= row.base <= max(left, ZERO):
            raise CategoryOverCredited(room=left, rate=f"{row.rate.normalize():f}")
    return CreditDraft(invoice, ordered, standing.items, totals, reason)


def _bases_of(invoice: int, credited: Mapping[tuple[int, str, Decimal], Decimal]) -> dict[tuple[str, Decimal], Decimal]:
    return {(category, rate): base for (of, category, rate), base in credited.items() if of == invoice}


def is_of_invoiced(charge: Charge) -> bool:
    """Whether it is the refund of a charge that an issued invoice carries; it makes a credit invoice then."""
    return charge.refunds is not None and hasattr(charge.refunds, "invoice_item")


def refund_drafts(refunds: Iterable[Charge], credited: Mapping[tuple[int, str, Decimal], Decimal]) -> list[CreditDraft]:
    """The credits of these refunds of invoiced charges, one per corrected invoice in number order (product.md §12.1).

    The charges come with `refunds.invoice_item.invoice`; `credited` are the bases of earlier credits. No query.
    """
    by_invoice: defaultdict[int, list[Charge]] = defaultdict(list)
    for refund in refunds:
        assert refund.refunds is not None
        by_invoice[refund.refunds.invoice_item.invoice_id].append(refund)
    drafts = []
    for pk, own in by_invoice.items():
        invoice = own[0].refunds.invoice_item.invoice  # type: ignore[union-attr]  # asserted above
        before = _bases_of(pk, credited)
        items = {row.refunds.invoice_item.pk: row.refunds.invoice_item for row in own if row.refunds}
        parts = sorted(map(_refunded, own), key=lambda part: (items[part.item_id].position, part.charge_id))
        drafts.append(CreditDraft(invoice, tuple(parts), items, crediting.totals_of(parts, before), reason_of(own)))
    return sorted(drafts, key=lambda draft: (draft.corrects.series_id, draft.corrects.sequence))


def _refunded(refund: Charge) -> Part:
    item: InvoiceItem = refund.refunds.invoice_item  # type: ignore[union-attr]  # only refunds come here
    return Part(
        item_id=item.pk,
        kind=ChargeKind.REFUND,
        period=Period(refund.period.lower, refund.period.upper),
        quantity=-refund.quantity,
        unit_price=refund.unit_price,
        counted=(refund.factor_numerator, refund.factor_denominator),
        net=-refund.net,
        category=item.tax_category,
        rate=item.tax_rate,
        charge_id=refund.pk,
    )


_OURS = {ChangeKind.END: gettext_lazy("Canceled"), ChangeKind.PRICE: gettext_lazy("Lower price")}


def reason_of(refunds: Sequence[Charge]) -> str:
    """Why units were taken back, in the words of who did it, else in ours."""
    words: dict[str, None] = {}
    for refund in refunds:
        change = refund.change
        if change is None:
            continue
        words[change.reason or str(_OURS.get(ChangeKind(change.kind), _("Fewer units")))] = None
    return "; ".join(words)[:500]


def has_waiting_refunds(invoice: Invoice) -> bool:
    """Whether refunds of its lines wait for the next run."""
    return bool(pending_refunds(list(invoice.items.all())))
