"""What is stored beside the PDF, and what keeps a file from its reader."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.files.storage import FileSystemStorage

from accounts.models import Organisation
from invoicing.einvoice import cii, release, ubl
from invoicing.enums import FileKind, RenderState
from invoicing.models import Invoice, InvoiceFile, InvoiceRendering
from invoicing.rendering import pdf
from invoicing.rendering.document import Endpoint
from invoicing.selectors import documents as selectors
from invoicing.services import documents
from tests.integration.invoicing.conftest import Company
from tests.integration.invoicing.issued import NOON, Row, issue, organisation

pytestmark = pytest.mark.django_db


@pytest.fixture
def storage(tmp_path: Path) -> FileSystemStorage:
    """Files on disk, as the demo keeps them."""
    kept = FileSystemStorage(location=tmp_path)
    field = InvoiceFile._meta.get_field("file")
    before = field.storage
    field.storage = kept
    yield kept
    field.storage = before


@pytest.fixture
def invoice(ada_company: Company, storage: FileSystemStorage) -> Invoice:
    return issue(ada_company.reseller, [Row(ada_company.acme, factor=(12, 31)), Row(ada_company.reseller)])


def in_network(company: Company) -> None:
    """Seller and bill-to receive e-invoices."""
    organisation()
    Organisation.objects.update(peppol_scheme="9933", peppol_id="EL000990011")
    company.reseller.peppol_scheme, company.reseller.peppol_id = "0088", "4035811991021"
    company.reseller.buyer_reference = "PO-77"
    company.reseller.save()


def test_render_stores_the_xml_beside_the_pdf(invoice: Invoice, storage: FileSystemStorage) -> None:
    made = documents.render(invoice_id=invoice.pk, at=NOON)

    files = {file.kind: file for file in InvoiceFile.objects.filter(invoice=invoice)}
    xml = Path(storage.path(str(files["xml"].file))).read_bytes()
    inside = release.opened(Path(storage.path(str(files["pdf"].file))).read_bytes()).attachments
    assert made == files["pdf"]
    assert set(files) == {"pdf", "xml"}
    assert inside["factur-x.xml"] == xml == cii.serialise(selectors.build(selectors.for_document(invoice.pk)))
    assert hashlib.sha256(xml).hexdigest() == files["xml"].sha256
    assert str(files["xml"].file).endswith(f"/{invoice.number}.xml")
    assert "HarfBuzz" in InvoiceRendering.objects.get(invoice=invoice).renderer


def test_render_adds_ubl_when_both_sides_have_an_endpoint(ada_company: Company, storage: FileSystemStorage) -> None:
    in_network(ada_company)
    invoice = issue(ada_company.reseller, [Row(ada_company.acme)])

    documents.render(invoice_id=invoice.pk, at=NOON)

    document = selectors.build(selectors.for_document(invoice.pk))
    assert document.buyer.endpoint == Endpoint("0088", "4035811991021")
    assert document.buyer.reference == "PO-77"
    with documents.open_file(invoice, FileKind.UBL) as file:
        assert file.name == f"{invoice.number}.ubl.xml"
        assert file.read() == ubl.serialise(document)


def test_recorded_is_what_the_document_says(invoice: Invoice) -> None:
    document = selectors.build(selectors.for_document(invoice.pk))
    said = selectors.recorded(invoice.pk)

    assert (said.number, said.kind, said.currency, said.lines) == (invoice.number, "380", "EUR", 2)
    assert (said.net, said.tax, said.gross) == (said.line_sum, said.tax_sum, said.line_sum + said.tax_sum)
    assert said.net == document.net.amount


def test_render_refuses_a_file_that_differs_and_says_why(invoice: Invoice, monkeypatch: pytest.MonkeyPatch) -> None:
    real = cii.serialise

    def wrong(document: object) -> bytes:
        return real(replace(document, gross=replace(document.gross, amount=Decimal("1.00"))))

    monkeypatch.setattr(cii, "serialise", wrong)

    assert documents.render(invoice_id=invoice.pk, at=NOON) is None

    row = InvoiceRendering.objects.get(invoice=invoice)
    assert (row.state, row.attempts) == (RenderState.FAILED, 1)
    assert "The gross total is 1.00 in the XML" in row.last_error
    assert not InvoiceFile.objects.exists()
    with pytest.raises(documents.RenderingGivenUp):
        documents.open_file(invoice, FileKind.XML)


def test_render_refuses_a_pdf_of_another_document(invoice: Invoice, monkeypatch: pytest.MonkeyPatch) -> None:
    real = pdf.layout.html
    monkeypatch.setattr(pdf.layout, "html", lambda document: real(replace(document, number="INV-1999-000001")))

    assert documents.render(invoice_id=invoice.pk, at=NOON) is None

    row = InvoiceRendering.objects.get(invoice=invoice)
    assert f"The first page of the PDF does not say {invoice.number}." in row.last_error


def test_retry_releases_the_file_once_the_difference_is_gone(invoice: Invoice, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(release, "differences", lambda **_facts: ["Something differs."])
        documents.render(invoice_id=invoice.pk, at=NOON)

    documents.retry(invoice=invoice, by=invoice.issued_by, at=NOON)

    assert documents.render(invoice_id=invoice.pk, at=NOON) is not None


def test_open_file_says_when_there_is_no_such_e_invoice(invoice: Invoice) -> None:
    documents.render(invoice_id=invoice.pk, at=NOON)

    with pytest.raises(documents.NoEInvoice):
        documents.open_file(invoice, FileKind.UBL)


def test_restore_brings_back_pdf_and_xml(invoice: Invoice, storage: FileSystemStorage) -> None:
    documents.render(invoice_id=invoice.pk, at=NOON)
    paths = [Path(storage.path(str(file.file))) for file in InvoiceFile.objects.filter(invoice=invoice)]
    before = [path.read_bytes() for path in paths]
    for path in paths:
        path.unlink()

    documents.restore(invoice=invoice, at=NOON)

    assert [path.read_bytes() for path in paths] == before
