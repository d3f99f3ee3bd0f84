"""Bring Microsoft's price sheet into the catalogue: all of it or nothing, and the same sheet twice is once."""

from __future__ import annotations

import hashlib
import io
import zlib
from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, BinaryIO, Final

import structlog
from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation, User
from accounts.services import audit
from config.kernel.clock import local_date
from config.kernel.errors import DomainError
from config.kernel.locks import lock
from config.kernel.periods import month_of
from invoicing.enums import RefundPolicy
from storefront.enums import Delivery, ImportStatus, ProductType, Vendor
from storefront.models import Offer, OfferPrice, PriceSheetImport, Product
from storefront.price_sheet import PriceSheet, SheetRow, Span, parse, sheet_month
from storefront.price_sheet.checks import most_common
from storefront.price_sheet.issues import Issue, Issues
from storefront.price_sheet.rows import OfferKey
from storefront.price_sheet.sheet import month_moments
from storefront.selectors.sheet_changes import PLANS, Change, OfferChange, Window, changes, later_month

log = structlog.get_logger(__name__)

ONE_AT_A_TIME: Final = 7_401_101
SAMPLE: Final = 200
BIG_SHEET, BIG_SCOPE = 100, 50
SMALL_BUSINESS: Final = ("Microsoft 365 Business ", "Microsoft 365 Apps for business")
MOST_SEATS_SMALL: Final = 300
COUNTED: Final = (Change.NEW, Change.CHANGED, Change.REMOVED, Change.RENAMED, Change.UNCHANGED)


class NotWaiting(DomainError):
    """Only a checked price sheet can be applied."""

    user_message = _("This price sheet has been decided already.")


class PreviewOutdated(DomainError):
    """The catalogue moved between preview and confirmation."""

    user_message = _("The catalogue has changed since this preview. Look at the new figures and confirm again.")


@dataclass(frozen=True, slots=True)
class SheetReport:
    """What a sheet says and would change. Counts are of offers in force in `month`; with errors it is never applied."""

    name: str
    sha256: str
    month: date
    rows: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    errors: tuple[Issue, ...] = ()
    warnings: tuple[Issue, ...] = ()
    sample: tuple[dict[str, str], ...] = ()

    def as_json(self, *, applied: bool) -> dict[str, Any]:
        """The promised form (architecture §5)."""
        return {
            **{change.value: self.counts.get(change.value, 0) for change in COUNTED},
            "errors": [issue.as_json() for issue in self.errors],
            "warnings": [issue.as_json() for issue in self.warnings],
            "applied": applied,
        }


def examine(*, stream: BinaryIO, name: str, at: datetime, accept_removals: bool = False) -> SheetReport:
    """Say what the sheet holds and would change; nothing is written. `at` dates a sheet whose name has no month."""
    return _read(stream, name, at, accept_removals)[0]


@transaction.atomic
def import_file(
    *, stream: BinaryIO, name: str, by: User | None, at: datetime, accept_removals: bool = False
) -> tuple[SheetReport, PriceSheetImport]:
    """Apply the sheet when it has no error, else record the refusal. Applying the same sheet again changes nothing."""
    _one_at_a_time()
    report, sheet, window = _read(stream, name, at, accept_removals)
    if report.errors:
        return report, _record(report, status=ImportStatus.REFUSED, by=by, at=at)
    known = PriceSheetImport.objects.filter(sha256=report.sha256, status=ImportStatus.APPLIED, month=report.month)
    source = known.order_by("-pk").first() or _record(report, status=ImportStatus.APPLIED, by=by, at=at)
    _write(sheet, window, source, at)
    audit.record("price_sheet.applied", target=source, by=by, at=at, after=report.counts)
    log.info("price_sheet.applied", sheet=source.pk, **report.counts)
    return report, source


@transaction.atomic
def upload(*, stream: BinaryIO, name: str, by: User | None, at: datetime) -> PriceSheetImport:
    """Keep a sheet for a person to look at: checked, or refused with its errors. Changes no price."""
    report = examine(stream=stream, name=name, at=at, accept_removals=True)
    row = _record(report, status=ImportStatus.REFUSED if report.errors else ImportStatus.CHECKED, by=by, at=at)
    if not report.errors:
        stream.seek(0)
        row.content = zlib.compress(stream.read())
        row.save(update_fields=["content"])
    return row


@transaction.atomic
def apply(*, sheet_import: PriceSheetImport, by: User | None, at: datetime) -> PriceSheetImport:
    """Apply a checked sheet as previewed. Raises PreviewOutdated, with the new preview stored, when figures moved."""
    _one_at_a_time()
    row = lock(sheet_import)
    if row.status != ImportStatus.CHECKED or row.content is None:
        raise NotWaiting
    stream = io.BytesIO(zlib.decompress(bytes(row.content)))
    report, sheet, window = _read(stream, row.file_name, row.created_at, accept_removals=True)
    if report.counts != row.report.get("counts"):
        raise PreviewOutdated
    _write(sheet, window, row, at)
    row.status, row.applied_at, row.content = ImportStatus.APPLIED, at, None
    row.save(update_fields=["status", "applied_at", "content"])
    audit.record("price_sheet.applied", target=row, by=by, at=at, after=report.counts)
    log.info("price_sheet.applied", sheet=row.pk, **report.counts)
    return row


@transaction.atomic
def refresh(*, sheet_import: PriceSheetImport) -> PriceSheetImport:
    """Compute the preview of a checked sheet anew."""
    row = lock(sheet_import)
    if row.status != ImportStatus.CHECKED or row.content is None:
        raise NotWaiting
    stream = io.BytesIO(zlib.decompress(bytes(row.content)))
    report = examine(stream=stream, name=row.file_name, at=row.created_at, accept_removals=True)
    row.report = _stored(report)
    row.save(update_fields=["report"])
    return row


@transaction.atomic
def discard(*, sheet_import: PriceSheetImport, by: User | None, at: datetime) -> PriceSheetImport:
    """Put a checked sheet away without applying it."""
    row = lock(sheet_import)
    if row.status != ImportStatus.CHECKED:
        raise NotWaiting
    row.status, row.content = ImportStatus.REFUSED, None
    row.report = {**row.report, "discarded": True}
    row.save(update_fields=["status", "content", "report"])
    audit.record("price_sheet.discarded", target=row, by=by, at=at)
    return row


def _one_at_a_time() -> None:
    """Two imports never interleave; the lock ends with the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ONE_AT_A_TIME])


def _record(report: SheetReport, *, status: ImportStatus, by: User | None, at: datetime) -> PriceSheetImport:
    return PriceSheetImport.objects.create(
        file_name=report.name[-200:],
        sha256=report.sha256,
        month=report.month,
        status=status,
        rows=report.rows,
        report=_stored(report),
        created_at=at,
        created_by=by,
        applied_at=at if status == ImportStatus.APPLIED else None,
    )


def _stored(report: SheetReport) -> dict[str, Any]:
    found = report.as_json(applied=False)
    return {
        "counts": report.counts,
        "errors": found["errors"],
        "warnings": found["warnings"],
        "sample": list(report.sample),
    }


def _read(stream: BinaryIO, name: str, at: datetime, accept_removals: bool) -> tuple[SheetReport, PriceSheet, Window]:
    """Parse the sheet and compare it with the catalogue."""
    digest = hashlib.file_digest(stream, "sha256").hexdigest()  # type: ignore[arg-type]  # any readable file will do
    stream.seek(0)
    sheet = parse(stream)
    organisation = Organisation.objects.only("time_zone").first()
    today = local_date(at, organisation.time_zone if organisation else "UTC")
    month = sheet_month(name, sheet.offers.values(), on=today)
    start, end = month_moments(month)
    later = later_month(month.start)
    window = Window(start, end, month_moments(month_of(later))[0] if isinstance(later, date) else None)
    report = SheetReport(name, digest, month.start, sheet.row_count, {}, sheet.errors, sheet.warnings)
    if not sheet.damaged:
        report = _survey(report, sheet, window, accept_removals)
    return report, sheet, window


def _survey(report: SheetReport, sheet: PriceSheet, window: Window, accept_removals: bool) -> SheetReport:
    counts: Counter[str] = Counter({change.value: 0 for change in COUNTED})
    had: Counter[tuple[str, str]] = Counter()
    lost: Counter[tuple[str, str]] = Counter()
    sample: list[dict[str, str]] = []
    jumps = Issues()
    for batch in changes(sheet, window):
        for change in batch:
            if change.change is not Change.OUTSIDE:
                counts[change.change.value] += 1
            scope = (change.key.market, change.key.currency)
            had[scope] += bool(change.before)
            lost[scope] += change.change is Change.REMOVED
            if change.change is Change.CHANGED:
                _price_jump(change, jumps)
            if change.change not in {Change.UNCHANGED, Change.OUTSIDE} and len(sample) < SAMPLE:
                sample.append(_sample(change))
    cut = () if accept_removals else tuple(_cut_off(sheet, had, lost))
    return replace(
        report,
        counts=dict(counts),
        errors=(*cut, *report.errors),
        warnings=(*report.warnings, *jumps.listed()),
        sample=tuple(sample),
    )


def _price_jump(change: OfferChange, jumps: Issues) -> None:
    before, after = change.before[-1].cost, change.after[-1].cost
    if before and after and not before / 2 <= after <= before * 2:
        jumps.add(change.rows[-1].line, "price_jump", "UnitPrice", f"{after:f}", before=f"{before.normalize():f}")


def _cut_off(sheet: PriceSheet, had: Counter[tuple[str, str]], lost: Counter[tuple[str, str]]) -> list[Issue]:
    """A big sheet that has lost most of a market was probably cut off between two rows."""
    if sheet.row_count < BIG_SHEET:
        return []
    found = []
    for scope, count in sorted(had.items()):
        if count >= BIG_SCOPE and lost[scope] * 2 > count:
            market, currency = scope
            facts = {"have": count - lost[scope], "had": count, "market": market, "currency": currency}
            found.append(Issue(None, "looks_cut_off", "Market", market, facts=facts))
    return found


def _sample(change: OfferChange) -> dict[str, str]:
    key = change.key
    return {
        "change": change.change.value,
        "name": change.rows[0].sku_title if change.rows else change.held.title,
        "old_name": change.held.title,
        "sku": f"{key.product_id}:{key.sku_id}",
        "term": key.term,
        "plan": PLANS[key.plan].value,
        "market": key.market,
        "segment": key.segment,
        "currency": key.currency,
        "before": f"{change.before[-1].cost.normalize():f}" if change.before else "",
        "after": f"{change.after[-1].cost.normalize():f}" if change.after else "",
    }


def _write(sheet: PriceSheet, window: Window, source: PriceSheetImport, at: datetime) -> None:
    for batch in changes(sheet, window):
        rename = window.until is None
        products = _products(batch, rename=rename)
        offers = _offers(batch, products)
        _prices(batch, offers, source, at)


def _products(batch: list[OfferChange], *, rename: bool) -> dict[tuple[str, str], int]:
    """The key of each SKU's product; new ones are made, changed texts follow the sheet."""
    rows: dict[tuple[str, str], list[SheetRow]] = defaultdict(list)
    for change in batch:
        rows[change.key.product_id, change.key.sku_id].extend(change.rows[:1])
    first = {sku: _typical(found) for sku, found in rows.items() if found}
    ids = {(c.key.product_id, c.key.sku_id): c.held.product_id for c in batch if c.held.product_id is not None}
    new = Product.objects.bulk_create([_new_product(row) for sku, row in first.items() if sku not in ids])
    ids |= {(product.vendor_product_id, product.sku_id): product.pk for product in new}
    if rename:
        known = Product.objects.in_bulk([pk for sku, pk in ids.items() if sku in first])
        moved = [product for sku, row in first.items() if _follow(product := known[ids[sku]], row)]
        Product.objects.bulk_update(moved, ["title", "family", "publisher", "description", "is_trial"], batch_size=500)
    return ids


def _typical(rows: list[SheetRow]) -> SheetRow:
    """The first row that names the SKU as most rows do."""
    title = most_common(row.sku_title for row in rows)
    return min((row for row in rows if row.sku_title == title), key=lambda row: row.line)


def _new_product(row: SheetRow) -> Product:
    return Product(
        vendor=Vendor.MICROSOFT,
        vendor_product_id=row.key.product_id,
        sku_id=row.key.sku_id,
        title=row.sku_title,
        family=row.product_title,
        publisher=row.publisher[:120],
        description=row.description,
        is_trial=row.is_trial,
        product_type=ProductType.LICENCE,
        delivery=Delivery.MICROSOFT,
        is_proratable=False,
        refund_policy=RefundPolicy.HOUR,
        **({"max_quantity": MOST_SEATS_SMALL} if row.sku_title.startswith(SMALL_BUSINESS) else {}),
    )


def _follow(product: Product, row: SheetRow) -> bool:
    """Take over the sheet's texts; say whether one differed."""
    texts = {
        "title": row.sku_title,
        "family": row.product_title,
        "publisher": row.publisher[:120],
        "description": row.description,
        "is_trial": row.is_trial,
    }
    differs = any(getattr(product, name) != value for name, value in texts.items())
    for name, value in texts.items():
        setattr(product, name, value)
    return differs


OfferId = tuple[int, str, str, str, str]


def _identity(key: OfferKey, product_id: int) -> OfferId:
    return (product_id, key.term, PLANS[key.plan].value, key.segment, key.market)


def _offers(batch: list[OfferChange], products: dict[tuple[str, str], int]) -> list[int]:
    """The key of the offer of each change; missing ones are made (one offer serves all currencies)."""
    ids: dict[OfferId, int] = {}
    missing: dict[OfferId, Offer] = {}
    identities = [_identity(c.key, products[c.key.product_id, c.key.sku_id]) for c in batch]
    for change, identity in zip(batch, identities, strict=True):
        if change.held.offer_id is not None:
            ids[identity] = change.held.offer_id
        else:
            product_id, term, plan, segment, market = identity
            missing[identity] = Offer(
                product_id=product_id, term=term, billing_plan=plan, segment=segment, market=market
            )
    new = {identity: offer for identity, offer in missing.items() if identity not in ids}
    Offer.objects.bulk_create(list(new.values()), batch_size=2000)
    ids |= {identity: offer.pk for identity, offer in new.items()}
    return [ids[identity] for identity in identities]


def _prices(batch: list[OfferChange], offers: list[int], source: PriceSheetImport, at: datetime) -> None:
    """Bring the held prices to the result: rows that no longer hold are marked replaced, ends move, new rows follow."""
    replaced: list[int] = []
    moved: list[OfferPrice] = []
    new: list[OfferPrice] = []
    for change, offer_id in zip(batch, offers, strict=True):
        wanted = {(span.starts, span.price): span for span in change.result}
        for known in change.held.known:
            span = wanted.pop((known.span.starts, known.span.price), None)
            if span is None:
                replaced.append(known.pk)
            elif span.ends != known.span.ends:
                moved.append(OfferPrice(pk=known.pk, valid_until=span.ends))
        new += [_new_price(offer_id, change.key.currency, span, source) for span in wanted.values()]
    OfferPrice.objects.filter(pk__in=replaced).update(replaced_by=source, replaced_at=at)
    OfferPrice.objects.bulk_update(sorted(moved, key=lambda row: row.pk), ["valid_until"], batch_size=1000)
    OfferPrice.objects.bulk_create(new, batch_size=2000)


def _new_price(offer_id: int, currency: str, span: Span, source: PriceSheetImport) -> OfferPrice:
    return OfferPrice(
        offer_id=offer_id,
        currency=currency,
        cost=span.cost,
        retail=span.retail,
        valid_from=span.starts,
        valid_until=span.ends,
        sheet=source,
    )
