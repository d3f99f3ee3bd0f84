"""Why one reseller gets several invoices on one day: told in the preview, on the document and in its language."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Account
from config.kernel.money import Money
from invoicing.enums import SplitReason
from invoicing.models import BillingSettings, Invoice, TaxRule
from invoicing.rendering import layout
from invoicing.selectors import documents
from invoicing.services import billing_runs, charges
from tests.integration.invoicing import cast
from tests.integration.invoicing.cast import NOON, drive, sold
from tests.integration.invoicing.runs import preview

pytestmark = pytest.mark.django_db
MARCH, APRIL = date(2026, 3, 20), date(2026, 4, 1)


@pytest.fixture
def payer():
    cast.organisation()
    cast.vat()
    payer = cast.reseller(account_facts={"language": "de"})
    acme = cast.end_customer("Acme", payer)
    sold(payer, acme, 5, on=MARCH)
    return payer


def by_month():
    BillingSettings.objects.update_or_create(pk=1, defaults={"by_supply_month": True})


def issued():
    drive(billing_runs.issue(run=preview(APRIL), by=None, at=NOON))
    return list(Invoice.objects.order_by("sequence"))


def notes(invoice):
    return [text for _word, text in layout.legal_notes(documents.build(invoice))]


def test_each_month_of_supply_has_an_invoice_that_says_so_in_the_buyers_language(payer):
    by_month()

    first, second = issued()

    assert (first.split_reason, second.split_reason) == ("month", "month")
    assert (first.net, second.net) == (Decimal("23.23"), Decimal("60.00"))
    assert notes(first) == ["Jeder Kalendermonat der Leistung hat seine eigene Rechnung: diese ist für März 2026."]
    assert notes(second) == ["Jeder Kalendermonat der Leistung hat seine eigene Rechnung: diese ist für April 2026."]


def test_one_invoice_says_nothing(payer):
    (invoice,) = issued()

    assert (invoice.split_reason, notes(invoice)) == ("", [])


def test_another_tax_treatment_stands_alone_and_both_say_so(payer):
    TaxRule.objects.create(country="GR", category="E", rate=0, product_type="training", note="Article 22")
    charges.add_manual(
        bill_to=payer, beneficiary=payer, amount=Money(Decimal("10.00"), "EUR"), text="Training", on=APRIL,
        product_type="training", by=cast.cleo(), at=NOON,
    )  # fmt: skip

    ordinary, exempt = issued()

    assert (ordinary.split_reason, exempt.split_reason) == ("treatment", "treatment")
    assert notes(ordinary) == ["Jede steuerliche Behandlung hat ihre eigene Rechnung: diese ist für „Regelsteuersatz“."]
    assert notes(exempt) == [
        "Von der Umsatzsteuer befreit. Article 22",
        "Jede steuerliche Behandlung hat ihre eigene Rechnung: diese ist für „Steuerbefreit“.",
    ]


def test_a_separate_invoice_is_no_split(payer):
    Account.objects.filter(name="Acme").update(separate_invoices=True, separate_invoices_source="operator")
    sold(payer, payer, 1, on=MARCH)

    assert {invoice.split_reason for invoice in issued()} == {""}


def test_a_sentence_of_an_older_document_is_printed_as_it_is():
    assert documents.split_by(Invoice(split_reason="Lines of another tax treatment (E) stand alone.")) == (
        "Lines of another tax treatment (E) stand alone.",
    )
    assert documents.split_by(Invoice(split_reason="currency,month")) == (SplitReason.CURRENCY, SplitReason.MONTH)


def test_preview_and_pages_say_why_and_explain_every_line(payer):
    by_month()
    run = preview(APRIL)
    cleo = cast.cleo()
    cleo.is_superuser = True
    cleo.save()
    client = Client()
    client.force_login(cleo)

    html = client.get(reverse("bss:invoicing_runitem", args=[run.items.get().pk])).content.decode()

    assert "this one is for March 2026" in html
    assert "5 × €12.00 × 12/31 = €23.23" in html
    assert "23.2258… rounded half up to cents, once per line" in html
    assert html.count("Why this amount?") == 2
    drive(billing_runs.issue(run=run, by=None, at=NOON))
    invoice = Invoice.objects.order_by("sequence")[0]
    html = client.get(reverse("bss:invoicing_invoice_change", args=[invoice.pk])).content.decode()
    assert "5 × €12.00 × 12/31 = €23.23" in html
    assert "20 Mar – 31 Mar 2026 · 12 days" in html
    assert 'lang="de"' in html
    assert "diese ist für März 2026" in html
    assert "Standard rate (S)" in html
