"""`manage.py verify_documents` finds what is lost, damaged or would be made otherwise today."""

from __future__ import annotations

import hashlib
import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.files.storage import FileSystemStorage
from django.core.management import CommandError, call_command

from invoicing.einvoice import reading
from invoicing.models import Invoice, InvoiceFile, InvoiceRendering
from invoicing.rendering import pdf
from invoicing.selectors import documents as selectors
from invoicing.services import documents, verification
from tests.integration.invoicing.conftest import Company
from tests.integration.invoicing.issued import NOON, Row, issue

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
def made(ada_company: Company, storage: FileSystemStorage) -> list[Invoice]:
    invoices = [issue(ada_company.reseller, [Row(ada_company.acme)]) for _ in range(3)]
    for invoice in invoices:
        documents.render(invoice_id=invoice.pk, at=NOON)
    return invoices


def run(*options: str) -> tuple[int, str]:
    """Exit status and output of the command."""
    out = StringIO()
    try:
        call_command("verify_documents", *options, stdout=out, no_color=True)
    except SystemExit as end:
        return int(end.code or 0), out.getvalue()
    return 0, out.getvalue()


def path_of(invoice: Invoice, kind: str, storage: FileSystemStorage) -> Path:
    return Path(storage.path(str(InvoiceFile.objects.get(invoice=invoice, kind=kind).file)))


def test_whole_files_pass(made: list[Invoice]) -> None:
    status, text = run("--all")

    assert (status, text) == (0, text)
    assert text.startswith("3 documents checked (seed ")
    assert text.endswith("), 0 differences.\n")


def test_damaged_and_lost_files_are_found(made: list[Invoice], storage: FileSystemStorage) -> None:
    path_of(made[0], "pdf", storage).write_bytes(b"%PDF other")
    path_of(made[1], "xml", storage).unlink()

    status, text = run("--all", "--json")

    facts = json.loads(text)
    assert (status, facts["ok"], facts["checked"]) == (1, False, 3)
    assert [(one["number"], one["what"]) for one in facts["differences"]] == [
        (made[0].number, "damaged"),
        (made[1].number, "missing"),
    ]


def test_file_that_would_be_made_otherwise_is_found(made: list[Invoice], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "render", lambda document: b"%PDF other")

    status, text = run("--number", made[0].number)

    assert status == 1
    assert f"{made[0].number}  differs: {made[0].number}.pdf" in text
    assert hashlib.sha256(b"%PDF other").hexdigest()[:12] in text


def test_xml_that_contradicts_the_database_is_found(made: list[Invoice], monkeypatch: pytest.MonkeyPatch) -> None:
    said = selectors.recorded(made[1].pk)
    other: dict[int, reading.Said] = {made[0].pk: said}
    real = selectors.recorded
    monkeypatch.setattr(selectors, "recorded", lambda pk: other.get(pk) or real(pk))

    found = list(verification.differences(invoice_ids=[made[0].pk]))

    assert [(one.what, one.is_fault) for one in found] == [("contradicts", True)]
    assert f"The number is {made[0].number} in the XML and {made[1].number} in the database." in found[0].detail


def test_another_renderer_is_named_and_no_fault(made: list[Invoice]) -> None:
    InvoiceRendering.objects.filter(invoice=made[0]).update(renderer="layout 1, WeasyPrint 69")

    status, text = run("--number", made[0].number)

    assert status == 0
    assert "other renderer: made with layout 1, WeasyPrint 69, here is layout " in text


def test_sample_is_drawn_by_its_seed(made: list[Invoice]) -> None:
    first = [verification.sample(size=2, seed=7), verification.sample(size=2, seed=7)]

    assert first[0] == first[1]
    assert len(first[0]) == 2
    assert verification.sample(size=9, seed=7) == [invoice.pk for invoice in made]
    assert run("--sample", "1", "--seed", "3")[1] == "1 documents checked (seed 3), 0 differences.\n"


def test_run_that_does_not_exist_is_refused(made: list[Invoice]) -> None:
    with pytest.raises(CommandError, match="no billing run nowhere"):
        run("--run", "nowhere")
    with pytest.raises(CommandError, match="no billing run latest"):
        run("--run", "latest")
