"""Reverse charge hangs on a VAT number that is known to be valid; exemptions on their days."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from accounts.models import Account
from bss.selectors.resellers import cannot_order_yet
from invoicing.enums import ItemState
from invoicing.models import Invoice, TaxRule
from invoicing.selectors.tax import is_covered
from invoicing.services import billing_runs
from tests.integration.invoicing import cast
from tests.integration.invoicing.cast import NOON, drive, sold

pytestmark = pytest.mark.django_db
APRIL = date(2026, 4, 1)


@pytest.fixture
def abroad():
    cast.organisation()
    cast.vat()
    TaxRule.objects.create(country="CY", category="AE", rate=0, needs_vat_number=True)
    payer = cast.reseller("Cyprus Cloud", account_facts={"country": "CY", "vat_number": "CY10259033P"})
    sold(payer, payer, 1, on=APRIL)
    return payer


def bill():
    run = drive(billing_runs.start(through=APRIL, by=None, at=NOON))
    return drive(billing_runs.issue(run=run, by=None, at=NOON))


def held():
    item = drive(billing_runs.start(through=APRIL, by=None, at=NOON)).items.get()
    assert item.state == ItemState.HELD
    return item.reason


def test_valid_number_is_billed_without_vat(abroad):
    cast.confirmed(abroad)

    bill()

    invoice = Invoice.objects.get()
    assert (invoice.net, invoice.tax, invoice.gross) == (Decimal("12.00"), Decimal("0.00"), Decimal("12.00"))
    assert [(row.category, row.rate) for row in invoice.taxes.all()] == [("AE", 0)]
    assert set(invoice.items.values_list("tax_category", "tax_rate")) == {("AE", Decimal("0.0000"))}


@pytest.mark.parametrize("rate", [None, "19"])
def test_number_of_which_nothing_is_known_holds_the_bill_even_where_a_rate_would_cover_it(abroad, rate):
    if rate:
        cast.vat("CY", rate)

    assert held() == (
        "It is not known yet whether the VAT number CY10259033P is valid, on which the VAT hangs. "
        "Check it again on the account's page, or record your own check there; then preview again."
    )


def test_invalid_number_holds_the_bill(abroad):
    cast.confirmed(abroad, "invalid")

    assert held() == (
        "The VAT number CY10259033P is not valid: Cyprus is billed without VAT only with a valid one. "
        "Correct it on the account's page, or record your own check there; then preview again."
    )


def test_missing_number_holds_the_bill_and_a_rate_for_those_without_one_serves(abroad):
    Account.objects.filter(pk=abroad.pk).update(vat_number="")

    assert held() == (
        "Cyprus is billed without VAT only with a VAT number, and there is none. "
        "Enter it on the account's page, then preview again."
    )
    cast.vat("CY", "24")
    billing_runs.discard(run=abroad.run_items.latest("pk").run, by=None, at=NOON)
    bill()
    assert Invoice.objects.get().tax == Decimal("2.88")


@pytest.mark.parametrize(("until", "tax"), [(APRIL, "0.00"), (date(2026, 3, 31), "2.88")])
def test_exemption_counts_on_its_days_and_prints_its_reason(until, tax):
    cast.organisation()
    cast.vat()
    TaxRule.objects.create(country="GR", category="E", rate=0, for_exempt=True, note="Exempt")
    payer = cast.reseller("Embassy")
    facts = {"tax_exempt": True, "exempt_reason": "Article 27, certificate 17", "exempt_until": until}
    Account.objects.filter(pk=payer.pk).update(**facts)
    payer.refresh_from_db()
    sold(payer, payer, 1, on=APRIL)

    bill()

    invoice = Invoice.objects.get()
    assert invoice.tax == Decimal(tax)
    assert invoice.taxes.get().note == ("Article 27, certificate 17" if tax == "0.00" else "")


def test_covered_says_the_same_for_one_and_for_many():
    cast.organisation()
    cast.vat()
    payer = cast.reseller("Embassy")
    for facts in ({}, {"exempt_from": APRIL}, {"exempt_until": APRIL}, {"exempt_from": APRIL, "exempt_until": APRIL}):
        exempt = {"exempt_from": None, "exempt_until": None, **facts, "tax_exempt": True, "exempt_reason": "x"}
        Account.objects.filter(pk=payer.pk).update(**exempt)
        account = Account.objects.get(pk=payer.pk)
        for on in (date(2026, 3, 31), APRIL, date(2026, 4, 2)):
            rows = cannot_order_yet(on=on).filter(pk=payer.reseller.pk, lacks_rule=True)
            assert rows.exists() is not is_covered(account, on=on)
            assert is_covered(account, on=on) is not account.is_exempt(on)
