"""What only the whole sheet can show: repeated rows, prices that never apply, gaps, a month's price for a term."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from storefront.price_sheet.issues import Issues
from storefront.price_sheet.rows import TERM_MONTHS, OfferKey, SheetRow

Offers = dict[OfferKey, tuple[SheetRow, ...]]
BIG_SCOPE: Final = 40
ODD_SHARE: Final = 20
"""A market with less than a twentieth of the rows of the biggest is odd."""


def by_offer(rows: list[SheetRow], errors: Issues, warnings: Issues) -> Offers:
    """The rows of each offer by start, without repeated ones; notes repeats, conflicts, gaps, rows without effect."""
    offers: Offers = {}
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


def names(offers: Offers, warnings: Issues) -> None:
    """One SKU has one name and one segment in one sheet; the rows that differ from most are doubtful."""
    by_sku: dict[tuple[str, str], list[SheetRow]] = defaultdict(list)
    for group in offers.values():
        for row in group:
            by_sku[row.key.product_id, row.key.sku_id].append(row)
    for rows in by_sku.values():
        title = most_common(row.sku_title for row in rows)
        segment = most_common(row.key.segment for row in rows)
        for row in rows:
            if row.sku_title != title:
                warnings.add(row.line, "title_differs", "SkuTitle", row.sku_title, title=title)
            if row.key.segment != segment:
                warnings.add(row.line, "segment_differs", "Segment", row.key.segment, segment=segment)


def most_common(values: Iterable[str]) -> str:
    """The value that occurs most; of equals the first."""
    return Counter(values).most_common(1)[0][0]


def scopes(offers: Offers, warnings: Issues) -> None:
    """A market or a currency with a handful of rows in a big sheet is probably a slip."""
    for column, name in (("Market", "market"), ("Currency", "currency")):
        counts = Counter(getattr(key, name) for key in offers)
        most, rows = counts.most_common(1)[0] if counts else ("", 0)
        odd = {value for value, count in counts.items() if rows >= BIG_SCOPE and count * ODD_SHARE < rows}
        for key, group in offers.items():
            value = getattr(key, name)
            if value in odd:
                facts = {"count": counts[value], "value": value, "most": most, "rows": rows}
                warnings.add(group[0].line, "odd_scope", column, value, **facts)


def term_prices(offers: Offers, warnings: Issues) -> None:
    """Note prices far from the same SKU's other terms, per month: probably a month's price on a longer term."""
    siblings: dict[tuple[str, ...], list[SheetRow]] = defaultdict(list)
    for key, group in offers.items():
        siblings[key.product_id, key.sku_id, key.market, key.currency, key.segment].extend(group)
    for rows in siblings.values():
        for column in ("UnitPrice", "ERP Price"):
            for row in _far_off(rows, column):
                warnings.add(row.line, "not_term_price", column, str(_amount(row, column)))


def _far_off(rows: list[SheetRow], column: str) -> list[SheetRow]:
    """The rows that cost less than half or more than double of the usual per month; free ones do not count."""
    monthly = [(row, _amount(row, column) / TERM_MONTHS[row.key.term]) for row in rows]
    paid = sorted((amount, row.line, row) for row, amount in monthly if amount)
    if len({row.key for _amount_, _line, row in paid}) < 2 or paid[0][0] * 2 >= paid[-1][0]:
        return []
    if len(paid) == 2:
        odd = [row for _amount_, _line, row in paid if not row.cost <= row.retail <= row.cost * 2]
        return odd if len(odd) == 1 else [paid[0][2]]
    usual = paid[len(paid) // 2][0]
    return [row for amount, _line, row in paid if not usual <= amount * 2 <= usual * 4]


def _amount(row: SheetRow, column: str) -> Decimal:
    return row.cost if column == "UnitPrice" else row.retail
