"""Small price sheets for tests: a good row, changed as a test needs it, written as Microsoft writes it."""

from __future__ import annotations

import csv
import io
from pathlib import Path

NOVEMBER = Path(__file__).parent.parent / "storefront" / "demo_data" / "nce_price_sheet_EUR_2026-11.csv"
_HEADER = (
    "ProductTitle,ProductId,SkuId,SkuTitle,Publisher,SkuDescription,UnitOfMeasure,TermDuration,BillingPlan,Market,Currency,"
    "UnitPrice,PricingTierRangeMin,PricingTierRangeMax,EffectiveStartDate,EffectiveEndDate,Tags,ERP Price,Segment"
)
COLUMNS = _HEADER.split(",")
OPEN = "11/30/9999 11:59:59 PM"
GOOD = dict(
    zip(
        COLUMNS,
        (
            "Microsoft 365 Business Basic",
            "CFQ7TTC0LH18",
            "0001",
            "Microsoft 365 Business Basic",
            "Microsoft Corporation",
            "Web and mobile Office apps.",
            "",
            "P1Y",
            "Annual",
            "GR",
            "EUR",
            "58.18",
            "",
            "",
            "7/1/2026 12:00:00 AM",
            OPEN,
            "License",
            "72.72",
            "Commercial",
        ),
        strict=True,
    )
)


def row(**changes: str) -> dict[str, str]:
    """The good row with other values; `ERP_Price` stands for the column with the space."""
    return GOOD | {name.replace("ERP_Price", "ERP Price"): value for name, value in changes.items()}


def text(*rows: dict[str, str], columns: list[str] | None = None, separator: str = ",", quoted: bool = True) -> str:
    """A sheet with these rows."""
    out = io.StringIO()
    quoting = csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL
    writer = csv.DictWriter(out, columns or COLUMNS, delimiter=separator, quoting=quoting, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def sheet(*rows: dict[str, str], **how: object) -> io.BytesIO:
    """The same as a file."""
    return io.BytesIO(text(*rows, **how).encode("utf-8-sig"))  # type: ignore[arg-type]  # passed on as it came
