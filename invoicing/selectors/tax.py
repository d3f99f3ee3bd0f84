"""Reads about tax: the rules, and how a bill-to is treated."""

from __future__ import annotations

from datetime import date

from accounts.models import Account
from invoicing.models import TaxRule
from invoicing.tax import Rule, Taxpayer, Treatment, treatment


def rules() -> list[Rule]:
    """All tax rules."""
    return [rule.value for rule in TaxRule.objects.order_by("pk")]


def payer_of(bill_to: Account) -> Taxpayer:
    """What of the bill-to decides its tax: the bill-to is the one who is supplied (product.md §12.4)."""
    return Taxpayer(
        country=str(bill_to.country),
        region=bill_to.region,
        has_vat_number=bool(bill_to.vat_number),
        exempt=bill_to.tax_exempt,
    )


def treatment_for(bill_to: Account, *, product_type: str, on: date) -> Treatment | None:
    """How a supply to the bill-to is taxed on an invoice of that date; None when no rule covers its place."""
    return treatment(rules(), payer_of(bill_to), product_type=product_type, on=on)


def is_covered(bill_to: Account, *, on: date) -> bool:
    """Whether there is a rule for the bill-to's place (product.md M10)."""
    return treatment_for(bill_to, product_type="", on=on) is not None
