"""Reads about tax: the rules, and how a bill-to is treated."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import (
    BooleanField,
    CharField,
    DateField,
    ExpressionWrapper,
    Field,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
)
from django.db.models.functions import Cast, JSONObject
from django.utils.translation import gettext as _

from accounts import names
from accounts.enums import VatResult
from accounts.models import Account
from invoicing.models import BillingSettings, TaxRule
from invoicing.tax import Rule, Taxpayer, Treatment, is_in_doubt, lacks_only_number, treatment

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
    rows = list(TaxRule.objects.annotate(options=options_in_row()).order_by("pk"))
    return [rule.value for rule in rows], options_of_row(rows[0].options if rows else None)


def options_in_row() -> Subquery:
    """The options of billing that a calculation needs as one column of another query; `options_of_row` reads it."""
    return Subquery(BillingSettings.objects.filter(pk=1).values(json=JSONObject(**{name: name for name in OPTIONS})))


def options_of_row(found: dict[str, Any] | None) -> BillingSettings:
    """The options that came as `options_in_row`; the defaults as long as nobody saved any."""
    settings = BillingSettings(pk=1, **(found or {}))
    settings.outlier_amount = Decimal(str(settings.outlier_amount))
    return settings


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


def payer_of(bill_to: Account, *, on: date) -> Taxpayer:
    """What of the bill-to decides its tax on a day: the bill-to is the one who is supplied (product.md §12.4)."""
    exempt = bill_to.is_exempt(on)
    return Taxpayer(
        country=str(bill_to.country),
        region=bill_to.region,
        has_vat_number=bool(bill_to.vat_number),
        exempt=exempt,
        number_confirmed=bill_to.vat_status == VatResult.VALID or not names.vat_prefix(str(bill_to.country)),
        exempt_reason=bill_to.exempt_reason if exempt else "",
    )


def treatment_for(
    bill_to: Account, *, product_type: str, on: date, known: Sequence[Rule] | None = None
) -> Treatment | None:
    """How a supply to the bill-to is taxed on an invoice of that date; None when no rule covers its place.

    `known` are all tax rules, for a caller that has read them; without them they are read here. A VAT number counts as
    soon as it is given: whether it is valid is asked when the invoice is made.
    """
    return treatment(rules() if known is None else known, payer_of(bill_to, on=on), product_type=product_type, on=on)


def why_untaxed(rules: Sequence[Rule], payer: Account, *, on: date) -> str:
    """Why the tax of a bill-to is not known, and what a person does about it."""
    taxpayer = payer_of(payer, on=on)
    place = getattr(payer.country, "name", "") or str(payer.country)
    facts = {"place": place, "number": payer.vat_number, "date": on}
    if is_in_doubt(rules, taxpayer, product_type="", on=on):
        if payer.vat_status == VatResult.INVALID:
            reason = _("The VAT number %(number)s is not valid: %(place)s is billed without VAT only with a valid one.")
            todo = _("Correct it on the account's page, or record your own check there; then preview again.")
        else:
            reason = _("It is not known yet whether the VAT number %(number)s is valid, on which the VAT hangs.")
            todo = _("Check it again on the account's page, or record your own check there; then preview again.")
        return f"{reason % facts} {todo}"
    if not taxpayer.has_vat_number and lacks_only_number(rules, taxpayer, product_type="", on=on):
        reason = _("%(place)s is billed without VAT only with a VAT number, and there is none.") % facts
        return f"{reason} " + _("Enter it on the account's page, then preview again.")
    return _("No tax rule for %(place)s on %(date)s. Add one, then preview again.") % facts


def is_covered(bill_to: Account, *, on: date) -> bool:
    """Whether there is a rule for the bill-to's place (product.md M10)."""
    return treatment_for(bill_to, product_type="", on=on) is not None


def rules_covering(account: str, *, on: date) -> QuerySet[TaxRule]:
    """The rules for the place of the outer row's account, for use in `Exists`: `is_covered` for many at once.

    `account` is the path from the outer row to the account with its separator, "" or "account__".
    """

    def of_payer(name: str, kind: Field[Any, Any]) -> ExpressionWrapper:
        return ExpressionWrapper(OuterRef(f"{account}{name}"), output_field=kind)

    is_exempt = Q(payer_exempt=True) & (Q(payer_from=None) | Q(payer_from__lte=on))
    is_exempt &= Q(payer_until=None) | Q(payer_until__gte=on)
    is_ordinary = Q(payer_exempt=False) | Q(payer_from__gt=on) | Q(payer_until__lt=on)
    rows = TaxRule.objects.annotate(
        payer_vat_number=of_payer("vat_number", CharField()),
        payer_exempt=of_payer("tax_exempt", BooleanField()),
        payer_from=of_payer("exempt_from", DateField()),
        payer_until=of_payer("exempt_until", DateField()),
    )
    return rows.filter(
        Q(region="") | Q(region=OuterRef(f"{account}region")),
        Q(valid_from=None) | Q(valid_from__lte=on),
        Q(valid_to=None) | Q(valid_to__gte=on),
        Q(needs_vat_number=False) | ~Q(payer_vat_number=""),
        Q(for_exempt=True) & is_exempt | Q(for_exempt=False) & is_ordinary,
        country=OuterRef(f"{account}country"),
        product_type="",
    )
