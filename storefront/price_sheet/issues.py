"""What is wrong with a sheet, a row or a field, in words that say what to do."""

from __future__ import annotations

from dataclasses import dataclass, field

MOST_ISSUES = 2000
LONGEST_VALUE = 80

MESSAGES = {
    # the sheet as a whole
    "empty_file": "The file is empty.",
    "not_a_csv": "The file is %(kind)s, not a CSV file. Export the price sheet as CSV (UTF-8) and choose that file.",
    "encoding": (
        "The file is not written in UTF-8 (it may be Windows-1253 or another old code page), so names cannot be "
        "trusted. Save it as “CSV UTF-8”, or use the file as Microsoft delivers it."
    ),
    "truncated": "The file ends in the middle of a row: it was cut off. Download the price sheet again.",
    "unreadable": "The quotation marks do not match from here on: the file is damaged. Download the price sheet again.",
    "no_rows": "The file has a header but no prices.",
    "missing_column": "The column “%(name)s” is missing.%(hint)s",
    "repeated_column": "The column “%(name)s” occurs more than once.",
    "looks_cut_off": (
        "The sheet holds %(have)s of the %(had)s offers on sale in %(market)s, %(currency)s: it looks cut off. "
        "Download it again, or accept the removals explicitly if they are meant."
    ),
    # a row that cannot be trusted
    "field_count": "The row has %(found)s fields, the header has %(expected)s.",
    "control_character": "The field holds a character that cannot be printed.",
    "missing_value": "The field is empty.",
    "too_long": "The text is longer than %(limit)s characters.",
    "bad_product_id": "A product id has 12 capital letters and digits, for example CFQ7TTC0LH18.",
    "bad_sku_id": "A SKU id has 4 capital letters and digits, for example 0001.",
    "bad_market": "A market is a country code of two capital letters, for example GR.",
    "bad_currency": "A currency is an ISO code of three capital letters, for example EUR.",
    "bad_segment": "The segment is Commercial, Education or Charity.",
    "bad_term": "The term is P1M, P1Y or P3Y.",
    "bad_plan": "The billing plan is Monthly, Annual, Triennial or None.",
    "plan_longer_than_term": "A term of %(term)s cannot be billed %(plan)s: the period is longer than the term.",
    "no_plan_for_price": "The billing plan None is for free rows; this row has a price and no way to charge it.",
    "decimal_comma": "Prices are written with a decimal point and without separators, for example 1234.56.",
    "bad_price": "This is not a price. Write digits with a decimal point, for example 61.08.",
    "negative_price": "A price cannot be negative.",
    "too_many_decimals": "A price has at most six decimals.",
    "price_too_large": "The price is higher than any we can store.",
    "bad_date": "This is not a date in one of Microsoft's forms, for example 7/1/2026 12:00:00 AM (month first).",
    "ends_before_start": "The row ends before it starts.",
    "conflicting_row": "Line %(first)s gives another price for the same offer and the same start.",
    # a doubtful row
    "sku_id_repaired": "Read as %(read)s: a spreadsheet has removed the leading zeros.",
    "missing_title": "The product has no title; the SKU title is used.",
    "missing_end": "The row has no end date; it is taken as open.",
    "invisible_character": "The text holds invisible characters; they were removed.",
    "damaged_text": "The text was damaged before it came here: a letter has become another sign.",
    "duplicate_row": "Line %(first)s says the same; this row is ignored.",
    "never_applies": "Line %(first)s is older and lasts longer, so this price never comes into force.",
    "gap": "No row says a price between %(since)s and %(until)s (UTC); the offer is not sold in that time.",
    "more_decimals": "The price has more decimals than %(currency)s has; it is kept as given.",
    "cost_above_retail": "The cost is above the retail price.",
    "margin_unusual": "The cost is less than half of the retail price.",
    "not_term_price": (
        "Per month this is far from the same SKU's other terms. UnitPrice is for the whole term, "
        "whatever the billing plan."
    ),
    "trial_with_price": "The row is tagged as a trial but has a price.",
    "segment_title": "The title names another segment than the column; the column counts.",
    "title_differs": "Other rows of this SKU name it “%(title)s”.",
    "segment_differs": "Other rows of this SKU are for the segment %(segment)s.",
    "odd_scope": "Only %(count)s offers are for %(value)s, but %(rows)s for %(most)s: is this meant?",
    "term_not_sold": "Terms of %(term)s are not sold here; the row is left out.",
    "segment_not_sold": "The segment %(segment)s is not sold here; the row is left out.",
    "tiered_price": "Prices by quantity are not sold here; the row is left out.",
    "unit_of_measure": "The price is not per seat but per “%(unit)s”; the row is left out.",
    "price_jump": "The cost was %(before)s before: more than double or less than half.",
    "too_many_issues": "There are more; only the first %(limit)s are listed.",
}


@dataclass(frozen=True, slots=True)
class Issue:
    """One complaint: the line (None for the sheet as a whole), a stable code, the column and what stood there."""

    line: int | None
    code: str
    column: str = ""
    value: str = ""
    facts: dict[str, object] = field(default_factory=dict)

    @property
    def message(self) -> str:
        """The complaint in plain English."""
        return MESSAGES[self.code] % self.facts if self.facts else MESSAGES[self.code]

    def as_json(self) -> dict[str, object]:
        """The promised form: line, code, column, message, value."""
        return {
            "line": self.line,
            "code": self.code,
            "column": self.column,
            "message": self.message,
            "value": self.value,
        }


class Damage(Exception):
    """The sheet cannot be read as a whole; nothing of it may be applied."""

    def __init__(self, *issues: Issue) -> None:
        self.issues = issues
        super().__init__("; ".join(issue.message for issue in issues))


class Issues:
    """The complaints of one kind, in the order found, at most `MOST_ISSUES` of them."""

    def __init__(self) -> None:
        self.found: list[Issue] = []
        self.count = 0

    def add(self, line: int | None, code: str, column: str = "", value: str = "", /, **facts: object) -> None:
        """Note one complaint; long values are cut."""
        self.count += 1
        if self.count > MOST_ISSUES:
            return
        cut = value if len(value) <= LONGEST_VALUE else value[:LONGEST_VALUE] + "…"
        self.found.append(Issue(line=line, code=code, column=column, value=cut, facts=facts))

    def listed(self) -> tuple[Issue, ...]:
        """All complaints by line, the sheet's own first; the last one says if some were left out."""
        ordered = sorted(self.found, key=lambda issue: issue.line or 0)
        if self.count > MOST_ISSUES:
            ordered.append(Issue(line=None, code="too_many_issues", facts={"limit": MOST_ISSUES}))
        return tuple(ordered)
