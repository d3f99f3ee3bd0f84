"""Microsoft's licence price sheet: bytes in, trusted rows and complaints out. No Django, no database, no clock.

The rules come from what Microsoft documents of the view `updatedlicensebased`: `UnitPrice` and `ERP Price` are per seat
for the whole term, whatever the billing plan; the billing plan only says in how many equal charges it is collected.
"""

from storefront.price_sheet.issues import Issue
from storefront.price_sheet.rows import OfferKey, SheetRow
from storefront.price_sheet.sheet import PriceSheet, parse, sheet_month
from storefront.price_sheet.timeline import Span, between, rewrite, timeline

__all__ = [
    "Issue",
    "OfferKey",
    "PriceSheet",
    "SheetRow",
    "Span",
    "between",
    "parse",
    "rewrite",
    "sheet_month",
    "timeline",
]
