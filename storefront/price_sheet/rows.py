"""One record to one trusted row, or to the complaints that keep it out."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Final, NamedTuple

from storefront.price_sheet import fields
from storefront.price_sheet.codes import CURRENCIES, MARKETS, decimals_of
from storefront.price_sheet.fields import BadField
from storefront.price_sheet.issues import Issues
from storefront.price_sheet.reader import Record

TERM_MONTHS: Final = {"P1M": 1, "P1Y": 12, "P3Y": 36}
CYCLE_MONTHS: Final = {"Monthly": 1, "Annual": 12, "Triennial": 36}
FREE_PLAN: Final = "None"
SEGMENTS: Final = ("Commercial", "Education", "Charity")
TERMS_OF_OTHERS: Final = frozenset(["P5Y", "P2Y", "OneTime", "NoTerm"])
SEGMENTS_OF_OTHERS: Final = frozenset(["Government"])
LONGEST_TITLE: Final = 200
TITLE_SEGMENTS: Final = {
    "(education": "Education",
    "(non-profit": "Charity",
    "(nonprofit": "Charity",
    "(charity": "Charity",
}


class OfferKey(NamedTuple):
    """What a price is for. Two rows with the same key differ in their dates only."""

    product_id: str
    sku_id: str
    term: str
    plan: str
    market: str
    currency: str
    segment: str


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A row that can be trusted. Prices are per seat for the whole term, without tax; [starts, ends) is in UTC."""

    line: int
    key: OfferKey
    product_title: str
    sku_title: str
    publisher: str
    description: str
    cost: Decimal
    retail: Decimal
    starts: datetime
    ends: datetime | None
    is_trial: bool


class RowReader:
    """Turns records into rows and notes what is wrong with them."""

    def __init__(self, errors: Issues, warnings: Issues) -> None:
        self.errors = errors
        self.warnings = warnings
        self.refused: set[OfferKey] = set()

    def read(self, record: Record) -> SheetRow | None:
        """The row, or None when it is refused (an error) or not sold here (a warning)."""
        before = self.errors.count
        if record.fields != record.expected:
            self.errors.add(record.line, "field_count", found=record.fields, expected=record.expected)
            return None
        values = {name: _clean(text) for name, text in record.values.items()}
        self._characters(record.line, values)
        key = self._key(record.line, values)
        prices = self._prices(record.line, values)
        dates = self._dates(record.line, values)
        titles = self._titles(record.line, values)
        if key is None or self.errors.count > before or prices is None or dates is None:
            self.refused.update([key] if key else [])
            return None
        if self._not_sold(record.line, key, values):
            return None
        row = SheetRow(
            record.line,
            key,
            *titles,
            sys.intern(values.get("Publisher", "")),
            sys.intern(values.get("SkuDescription", "")),
            *prices,
            *dates,
            "trial" in (tag.strip().casefold() for tag in values.get("Tags", "").split(";")),
        )
        if self._plausible(row):
            return row
        self.refused.add(key)
        return None

    def _characters(self, line: int, values: dict[str, str]) -> None:
        for column, text in values.items():
            if fields.BAD_CHARACTER.search(text):
                self.errors.add(line, "control_character", column, ascii(text))

    def _key(self, line: int, values: dict[str, str]) -> OfferKey | None:
        parts = [
            self._id(line, "ProductId", values["ProductId"]),
            self._id(line, "SkuId", values["SkuId"]),
            self._choice(line, "TermDuration", values, frozenset(TERM_MONTHS) | TERMS_OF_OTHERS, "bad_term"),
            self._choice(line, "BillingPlan", values, frozenset(CYCLE_MONTHS) | {FREE_PLAN}, "bad_plan"),
            self._choice(line, "Market", values, MARKETS, "bad_market"),
            self._choice(line, "Currency", values, CURRENCIES, "bad_currency"),
            self._choice(line, "Segment", values, frozenset(SEGMENTS) | SEGMENTS_OF_OTHERS, "bad_segment"),
        ]
        known = [sys.intern(part) for part in parts if part is not None]
        return _shared(OfferKey(*known)) if len(known) == len(parts) else None

    def _id(self, line: int, column: str, text: str) -> str | None:
        read = fields.product_id if column == "ProductId" else fields.sku_id
        try:
            value = read(text)
        except BadField as bad:
            self.errors.add(line, bad.code, column, text)
            return None
        if value != text:
            self.warnings.add(line, "sku_id_repaired", column, text, read=value)
        return value

    def _choice(self, line: int, column: str, values: dict[str, str], known: frozenset[str], code: str) -> str | None:
        text = values[column]
        if text in known:
            return text
        self.errors.add(line, code if text else "missing_value", column, text)
        return None

    def _prices(self, line: int, values: dict[str, str]) -> tuple[Decimal, Decimal] | None:
        found = []
        for column in ("UnitPrice", "ERP Price"):
            try:
                found.append(fields.price(values[column]))
            except BadField as bad:
                self.errors.add(line, bad.code, column, values[column])
                continue
            if fields.decimals(found[-1]) > decimals_of(values["Currency"]):
                self.warnings.add(line, "more_decimals", column, values[column], currency=values["Currency"])
        return (found[0], found[1]) if len(found) == 2 else None

    def _dates(self, line: int, values: dict[str, str]) -> tuple[datetime, datetime | None] | None:
        start, end = values["EffectiveStartDate"], values["EffectiveEndDate"]
        starts: datetime | None = None
        ends: datetime | None = None
        try:
            starts = fields.moment(start)[0]
        except BadField as bad:
            self.errors.add(line, bad.code, "EffectiveStartDate", start)
        try:
            ends = fields.end(end) if end else None
        except BadField as bad:
            self.errors.add(line, bad.code, "EffectiveEndDate", end)
            return None
        if starts is None:
            return None
        if not end:
            self.warnings.add(line, "missing_end", "EffectiveEndDate")
        elif ends is not None and fields.moment(end)[0] < starts:
            self.errors.add(line, "ends_before_start", "EffectiveEndDate", end)
            return None
        return starts, ends

    def _titles(self, line: int, values: dict[str, str]) -> tuple[str, str]:
        product, sku = (self._title(line, name, values[name]) for name in ("ProductTitle", "SkuTitle"))
        if not sku:
            self.errors.add(line, "missing_value", "SkuTitle", values["SkuTitle"])
        elif not product:
            self.warnings.add(line, "missing_title", "ProductTitle", values["ProductTitle"])
        return sys.intern(product or sku), sys.intern(sku)

    def _title(self, line: int, column: str, text: str) -> str:
        seen = fields.INVISIBLE.sub("", text)
        if seen != text:
            self.warnings.add(line, "invisible_character", column, ascii(text))
        if fields.DAMAGED.search(seen):
            self.warnings.add(line, "damaged_text", column, text)
        if len(seen) > LONGEST_TITLE:
            self.errors.add(line, "too_long", column, text, limit=LONGEST_TITLE)
        return " ".join(seen.split())

    def _not_sold(self, line: int, key: OfferKey, values: dict[str, str]) -> bool:
        """Rows that are right but belong to other lists: left out, with a word why."""
        if key.term in TERMS_OF_OTHERS:
            self.warnings.add(line, "term_not_sold", "TermDuration", key.term, term=key.term)
        elif key.segment in SEGMENTS_OF_OTHERS:
            self.warnings.add(line, "segment_not_sold", "Segment", key.segment, segment=key.segment)
        elif tier := values.get("PricingTierRangeMin") or values.get("PricingTierRangeMax"):
            self.warnings.add(line, "tiered_price", "PricingTierRangeMin", tier)
        elif unit := values.get("UnitOfMeasure"):
            self.warnings.add(line, "unit_of_measure", "UnitOfMeasure", unit, unit=unit[:40])
        else:
            return False
        return True

    def _plausible(self, row: SheetRow) -> bool:
        """Whether term, plan and price fit together; doubtful prices are noted."""
        term, plan = row.key.term, row.key.plan
        if plan == FREE_PLAN:
            if row.cost or row.retail:
                self.errors.add(row.line, "no_plan_for_price", "BillingPlan", plan)
                return False
        elif CYCLE_MONTHS[plan] > TERM_MONTHS[term]:
            self.errors.add(row.line, "plan_longer_than_term", "BillingPlan", plan, term=term, plan=plan)
            return False
        if row.cost > row.retail:
            self.warnings.add(row.line, "cost_above_retail", "UnitPrice", str(row.cost))
        elif row.cost * 2 < row.retail:
            self.warnings.add(row.line, "margin_unusual", "UnitPrice", str(row.cost))
        if row.is_trial and (row.cost or row.retail):
            self.warnings.add(row.line, "trial_with_price", "Tags")
        self._segment_of_title(row)
        return True

    def _segment_of_title(self, row: SheetRow) -> None:
        title = row.sku_title.casefold().replace("\u2011", "-")
        named = next((segment for word, segment in TITLE_SEGMENTS.items() if word in title), None)
        if named and named != row.key.segment:
            self.warnings.add(row.line, "segment_title", "Segment", row.key.segment)


def _clean(text: str) -> str:
    """The text without spaces around it; a no-break space counts as one."""
    return text.strip(" \t\r\n\u00a0")


@lru_cache(maxsize=4096)
def _shared(key: OfferKey) -> OfferKey:
    """One object for equal keys that follow each other."""
    return key
