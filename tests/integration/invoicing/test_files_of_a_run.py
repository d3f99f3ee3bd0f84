"""The table of product.md §11.4 down to paper: what a run issues is what the files say."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pypdfium2
import pytest

from invoicing.enums import FileKind
from invoicing.models import BillingRun, Invoice, InvoiceFile
from invoicing.services import audits, documents
from tests.integration.invoicing.cast import Story, bill

pytestmark = pytest.mark.django_db
APRIL = date(2026, 4, 1)


@pytest.fixture
def story() -> Story:
    return Story.told()


def texts_of(run: BillingRun) -> list[str]:
    texts = []
    for invoice in Invoice.objects.filter(run_item__run=run).order_by("sequence"):
        with documents.open_file(invoice) as file, pypdfium2.PdfDocument(file.read()) as pdf:
            texts.append(" ".join(" ".join(page.get_textpage().get_text_bounded().split()) for page in pdf))
    return texts


def test_aggregated_invoice_on_paper(story: Story, deliver_outbox: Callable[[], list[str]]) -> None:
    run = bill(APRIL)
    deliver_outbox()

    (text,) = texts_of(run)
    assert "Aggregated for 4 beneficiaries" in text
    for section in ("My company Rhodes IT none 1 €12.00", "Affiliate Foundry none 1 €24.00", "Acme", "Beta"):
        assert section in text
    assert text.index("Rhodes IT none") < text.index("Foundry none") < text.index("Acme") < text.index("Beta")
    assert "12/31: 12 of 31 days; 5 × €12.00 × 12/31 = €23.23" in text
    assert "24 % Standard rate (S) €155.23 €37.26" in text.replace("\u00a0", " ")
    assert "Amount due €192.49 by 1 May 2026" in text


def test_separate_invoices_on_paper_are_addressed_to_the_reseller(
    story: Story, deliver_outbox: Callable[[], list[str]]
) -> None:
    story.flag(story.a)
    run = bill(APRIL)
    deliver_outbox()

    rest, acme = texts_of(run)
    assert "€89.28" in rest
    assert "Acme" not in rest
    assert "€103.21" in acme
    assert "Invoice to Rhodes IT" in acme
    assert "For your end customer Acme" in acme
    assert "Beta" not in acme


def test_every_issued_invoice_has_one_file_and_the_audits_agree(
    story: Story, deliver_outbox: Callable[[], list[str]]
) -> None:
    bill(APRIL)
    deliver_outbox()

    assert InvoiceFile.objects.filter(kind=FileKind.PDF).count() == Invoice.objects.count() == 2
    assert audits.run() == []
