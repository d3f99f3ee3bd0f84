"""Reads about tax: the rules, and how a bill-to is treated."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import CharField, ExpressionWrapper, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Cast, JSONObject

from accounts.models import Account
from invoicing.models import BillingSettings, TaxRule
from invoicing.tax import Rule, Taxpayer, Treatment, treatment

PLAIN: Final = ("country", "region", "product_type", "category", "needs_vat_number", "for_exempt", "note")
OPTIONS: Final = ("by_supply_month", "excess_discounts", "outlier_percent", "outlier_amount")
DAYS: Final = ("valid_from", "valid_to")


def rules() -> list[Rule]:
    """All tax rules."""
    return [rule.value for rule in TaxRule.objects.order_by("pk")]


def rules_and_settings() -> tuple[list[Rule], BillingSettings]:
    """All tax rules, and with them the options of billing that a calculation needs, by one query.

    Without any rule nothing can be billed, and the options are the defaults.
    """
    options = BillingSettings.objects.filter(pk=1).values(json=JSONObject(**{name: name for name in OPTIONS}))
    rows = list(TaxRule.objects.annotate(options=Subquery(options)).order_by("pk"))
    found = rows[0].options if rows else None
    settings = BillingSettings(pk=1, **(found or {}))
    settings.outlier_amount = Decimal(str(settings.outlier_amount))
    return [rule.value for rule in rows], settings


def rules_in_row() -> ArraySubquery:
    """All tax rules as one column of another query; `rules_of_row` reads it. The rate travels as text, exactly."""
    facts = {name: name for name in (*PLAIN, *DAYS)}
    rows = TaxRule.objects.order_by("pk").values(json=JSONObject(**facts, rate=Cast("rate", CharField())))
    return ArraySubquery(rows)


def rules_of_row(rows: Iterable[dict[str, Any]]) -> list[Rule]:
    """The rules that came as `rules_in_row`."""
    return [
        TaxRule(
            **{name: row[name] for name in PLAIN},
            **{name: date.fromisoformat(row[name]) if row[name] else None for name in DAYS},
            rate=Decimal(row["rate"]),
        ).value
        for row in rows
    ]


def payer_of(bill_to: Account) -> Taxpayer:
    """What of the bill-to decides its tax: the bill-to is the one who is supplied (product.md §12.4)."""
    return Taxpayer(
        country=str(bill_to.country),
        region=bill_to.region,
        has_vat_number=bool(bill_to.vat_number),
        exempt=bill_to.tax_exempt,
    )


def treatment_for(
    bill_to: Account, *, product_type: str, on: date, known: Sequence[Rule] | None = None
) -> Treatment | None:
    """How a supply to the bill-to is taxed on an invoice of that date; None when no rule covers its place.

    `known` are all tax rules, for a caller that has read them; without them they are read here.
    """
    return treatment(rules() if known is None else known, payer_of(bill_to), product_type=product_type, on=on)


def is_covered(bill_to: Account, *, on: date) -> bool:
    """Whether there is a rule for the bill-to's place (product.md M10)."""
    return treatment_for(bill_to, product_type="", on=on) is not None


def rules_covering(account: str, *, on: date) -> QuerySet[TaxRule]:
    """The rules for the place of the outer row's account, for use in `Exists`: `is_covered` for many at once.

    `account` is the path from the outer row to the account with its separator, "" or "account__".
    """
    vat_number = ExpressionWrapper(OuterRef(f"{account}vat_number"), output_field=CharField())
    return TaxRule.objects.annotate(payer_vat_number=vat_number).filter(
        Q(region="") | Q(region=OuterRef(f"{account}region")),
        Q(valid_from=None) | Q(valid_from__lte=on),
        Q(valid_to=None) | Q(valid_to__gte=on),
        Q(needs_vat_number=False) | ~Q(payer_vat_number=""),
        country=OuterRef(f"{account}country"),
        product_type="",
        for_exempt=OuterRef(f"{account}tax_exempt"),
    )
