"""What only the whole sheet can show: repeated rows, prices that never apply, gaps, a month's price for a term."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from storefront.price_sheet.issues import Issues
from storefront.price_sheet.rows import TERM_MONTHS, OfferKey, SheetRow


def by_offer(rows: list[SheetRow], errors: Issues, warnings: Issues) -> dict[OfferKey, tuple[SheetRow, ...]]:
    """The rows of each offer by start, without repeated ones; notes repeats, conflicts, gaps, rows without effect."""
    offers: dict[OfferKey, tuple[SheetRow, ...]] = {}
    for row in rows:
        others = offers.get(row.key, ())
        twin = next((other for other in others if other.starts == row.starts), None)
        if twin is None:
            offers[row.key] = (*others, row)
        elif (twin.cost, twin.retail, twin.ends) == (row.cost, row.retail, row.ends):
            warnings.add(row.line, "duplicate_row", first=twin.line)
        else:
            errors.add(row.line, "conflicting_row", "EffectiveStartDate", str(row.cost), first=twin.line)
    for key, group in offers.items():
        if len(group) > 1:
            offers[key] = tuple(sorted(group, key=lambda row: row.starts))
            _validity(offers[key], warnings)
    return offers


def _validity(group: tuple[SheetRow, ...], warnings: Issues) -> None:
    """An older row wins until it ends; a newer one that begins before then is how Microsoft switches, no fault."""
    lasting = group[0]
    for row in group[1:]:
        if lasting.ends is None or (row.ends is not None and row.ends <= lasting.ends):
            warnings.add(row.line, "never_applies", "EffectiveStartDate", first=lasting.line)
            continue
        if row.starts > lasting.ends:
            since, until = (f"{moment:%Y-%m-%d %H:%M}" for moment in (lasting.ends, row.starts))
            warnings.add(row.line, "gap", "EffectiveStartDate", since=since, until=until)
        lasting = row


def titles(offers: dict[OfferKey, tuple[SheetRow, ...]], warnings: Issues) -> None:
    """One SKU has one name in one sheet."""
    first: dict[tuple[str, str], SheetRow] = {}
    for group in offers.values():
        for row in group:
            named = first.setdefault((row.key.product_id, row.key.sku_id), row)
            if named.sku_title != row.sku_title:
                warnings.add(row.line, "title_differs", "SkuTitle", row.sku_title, first=named.line)


def term_prices(offers: dict[OfferKey, tuple[SheetRow, ...]], warnings: Issues) -> None:
    """Note prices below half of the same SKU's dearest per month: probably a month's price on a longer term."""
    siblings: dict[tuple[str, ...], list[OfferKey]] = defaultdict(list)
    for key in offers:
        siblings[(key.product_id, key.sku_id, key.market, key.currency, key.segment)].append(key)
    for keys in siblings.values():
        if len(keys) < 2:
            continue
        for column, name in (("UnitPrice", "cost"), ("ERP Price", "retail")):
            monthly = [(row, getattr(row, name) / TERM_MONTHS[key.term]) for key in keys for row in offers[key]]
            dearest = max(amount for _row, amount in monthly)
            for row, amount in monthly:
                if Decimal(0) < amount * 2 < dearest:
                    warnings.add(row.line, "not_term_price", column, str(getattr(row, name)))
