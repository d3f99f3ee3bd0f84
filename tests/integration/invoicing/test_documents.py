"""Building, making and serving the file of an invoice."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import FileSystemStorage, Storage
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import AuditEvent, User
from config.kernel.models import Outbox
from invoicing.enums import ChargeKind, FileKind, RenderState
from invoicing.models import Invoice, InvoiceFile, InvoiceRendering
from invoicing.rendering import pdf, storing
from invoicing.rendering.document import DocumentKind, Factor, InvoiceDocument, Layout
from invoicing.selectors import documents as selectors
from invoicing.services import documents
from tests.integration.invoicing.conftest import Company
from tests.integration.invoicing.issued import NOON, Row, issue

MINUTE = timedelta(minutes=1)


@pytest.fixture
def storage(tmp_path: Path, settings: object) -> FileSystemStorage:
    """Files on disk, as the demo keeps them."""
    kept = FileSystemStorage(location=tmp_path)
    field = InvoiceFile._meta.get_field("file")
    before = field.storage
    field.storage = kept
    yield kept
    field.storage = before


@pytest.fixture
def invoice(ada_company: Company, storage: Storage) -> Invoice:
    rows = [
        Row(ada_company.acme, "Aegean Backup", factor=(12, 31), period=(date(2026, 10, 20), date(2026, 11, 1))),
        Row(ada_company.reseller),
        Row(ada_company.beta),
        Row(ada_company.affiliate),
        Row(ada_company.acme, "Set-up", quantity=1, price="50.00", kind=ChargeKind.SETUP),
    ]
    return issue(ada_company.reseller, rows)


def test_build_orders_sections_and_keeps_their_sums(invoice: Invoice, ada_company: Company) -> None:
    document = selectors.build(selectors.for_document(invoice.pk))

    assert [section.beneficiary.code for section in document.sections] == ["R-0005", "A-00500", "C-00501", "C-00502"]
    assert [str(section.net.amount) for section in document.sections] == ["60.00", "60.00", "73.23", "60.00"]
    assert (document.kind, document.layout) == (DocumentKind.INVOICE, Layout.AGGREGATED)
    assert str(document.net) == "253.23 EUR"
    assert document.sections[2].lines[0].factor == Factor(12, 31)
    assert document.sections[2].lines[1].kind == "Set-up"
    assert document.sections[0].beneficiary.partner_id == ""
    assert document.sections[2].beneficiary.partner_id == "9900185"
    assert document.payment.reference == f"R-0005 {invoice.number}"


def test_build_takes_three_queries_however_many_lines(ada_company: Company, invoice: Invoice) -> None:
    counts = []
    for lines in (1, 40):
        made = issue(ada_company.reseller, [Row(ada_company.acme)] * lines)
        with CaptureQueriesContext(connection) as queries:
            selectors.build(selectors.for_document(made.pk))
        counts.append(len(queries))

    assert counts == [3, 3]


def test_build_of_a_credit_names_the_corrected_invoice_and_counts_hours(invoice: Invoice, ada_company: Company) -> None:
    credit = issue(ada_company.reseller, [Row(ada_company.acme, factor=(60, 168))], corrects=invoice, separate=True)

    document = selectors.build(selectors.for_document(credit.pk))

    assert document.corrects is not None
    assert document.corrects.number == invoice.number
    assert document.kind is DocumentKind.CREDIT
    assert document.layout is Layout.SEPARATE
    assert document.due_on is None


def test_render_stores_the_file_once_with_its_hash(invoice: Invoice, storage: FileSystemStorage) -> None:
    first = documents.render(invoice_id=invoice.pk, at=NOON)
    second = documents.render(invoice_id=invoice.pk, at=NOON + MINUTE)

    assert first is not None
    assert second is None
    data = Path(storage.path(str(first.file))).read_bytes()
    assert (hashlib.sha256(data).hexdigest(), len(data)) == (first.sha256, first.size)
    assert data.startswith(b"%PDF-1.7")
    assert InvoiceFile.objects.filter(invoice=invoice, kind=FileKind.PDF).count() == 1
    rendering = InvoiceRendering.objects.get(invoice=invoice)
    assert (rendering.state, rendering.attempts) == (RenderState.DONE, 1)
    assert "WeasyPrint" in rendering.renderer


def test_queue_rings_for_all_in_two_statements_and_the_tasks_make_the_files(
    ada_company: Company, storage: Storage, deliver_outbox: Callable[[], list[str]]
) -> None:
    ids = [issue(ada_company.reseller, [Row(ada_company.acme)]).pk for _ in range(3)]

    with transaction.atomic(), CaptureQueriesContext(connection) as queries:
        assert documents.queue(invoice_ids=ids, at=NOON) == 3
    topics = deliver_outbox()

    assert len([query for query in queries if query["sql"].startswith("INSERT")]) == 2
    rendered = [topic for topic in topics if topic.startswith("invoicing.render")]
    assert sorted(rendered) == ["invoicing.render_invoice"] * 3 + ["invoicing.render_invoices"]
    assert InvoiceFile.objects.filter(invoice_id__in=ids, kind=FileKind.PDF).count() == 3


def test_queue_twice_makes_one_file(invoice: Invoice, deliver_outbox: Callable[[], list[str]]) -> None:
    with transaction.atomic():
        documents.queue(invoice_ids=[invoice.pk], at=NOON)
        documents.queue(invoice_ids=[invoice.pk], at=NOON)
    deliver_outbox()

    assert InvoiceFile.objects.filter(invoice=invoice, kind=FileKind.PDF).count() == 1


def silent_for(seconds: float) -> datetime:
    """The last sign of life of a worker: leases follow the database's clock."""
    return timezone.now() - timedelta(seconds=seconds)


def test_render_leaves_a_claimed_invoice_alone_until_the_lease_is_over(invoice: Invoice, settings: Any) -> None:
    row = InvoiceRendering.objects.create(
        invoice=invoice,
        state=RenderState.RUNNING,
        claimed_at=silent_for(settings.RENDER_LEASE_SECONDS - 10),
        attempts=1,
        due_at=NOON,
    )
    assert documents.render(invoice_id=invoice.pk, at=NOON) is None

    row.claimed_at = silent_for(settings.RENDER_LEASE_SECONDS + 10)
    row.save()

    assert documents.render(invoice_id=invoice.pk, at=NOON) is not None


def test_render_shows_life_while_it_works(invoice: Invoice, storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    beats: list[tuple[int, bool]] = []

    @contextmanager
    def beating(renew: Callable[[], bool], *, every: timedelta) -> Iterator[None]:
        InvoiceRendering.objects.update(claimed_at=silent_for(3600))
        beats.append((int(every.total_seconds()), renew()))
        assert documents.render(invoice_id=invoice.pk, at=NOON) is None
        yield
        beats.append((0, renew()))

    monkeypatch.setattr(documents, "beating", beating)

    assert documents.render(invoice_id=invoice.pk, at=NOON) is not None
    assert beats == [(15, True), (0, False)]


def test_failure_of_a_lost_claim_changes_nothing(
    invoice: Invoice, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker was frozen; another one took over and made the file; the first one wakes up and fails."""
    real = pdf.render

    def frozen(document: InvoiceDocument) -> bytes:
        monkeypatch.setattr(pdf, "render", real)
        InvoiceRendering.objects.update(claimed_at=silent_for(3600))
        assert documents.render(invoice_id=invoice.pk, at=NOON) is not None
        raise pdf.RenderingFailed("woken too late")

    monkeypatch.setattr(pdf, "render", frozen)

    assert documents.render(invoice_id=invoice.pk, at=NOON) is None

    row = InvoiceRendering.objects.get(invoice=invoice)
    assert (row.state, row.attempts, row.last_error) == (RenderState.DONE, 2, "")


def test_render_gives_up_after_three_failures_with_the_reason(
    invoice: Invoice, monkeypatch: pytest.MonkeyPatch, storage: Storage
) -> None:
    def broken(document: object) -> bytes:
        raise pdf.RenderingFailed("the font is gone")

    monkeypatch.setattr(pdf, "render", broken)
    states = []
    for attempt in range(4):
        assert documents.render(invoice_id=invoice.pk, at=NOON + attempt * MINUTE) is None
        states.append(InvoiceRendering.objects.get(invoice=invoice).state)

    rendering = InvoiceRendering.objects.get(invoice=invoice)
    assert states == ["waiting", "waiting", "failed", "failed"]
    assert (rendering.attempts, rendering.last_error) == (3, "RenderingFailed: the font is gone")
    assert not InvoiceFile.objects.exists()
    assert Outbox.objects.filter(topic="invoicing.render_invoice").count() == 2
    with pytest.raises(documents.RenderingGivenUp):
        documents.open_file(invoice)
    assert [row.invoice for row in selectors.failed_renderings()] == [invoice]


def test_render_gives_up_when_the_worker_died_three_times(invoice: Invoice) -> None:
    InvoiceRendering.objects.create(
        invoice=invoice, state=RenderState.RUNNING, claimed_at=silent_for(3600), attempts=3, due_at=NOON
    )

    documents.render(invoice_id=invoice.pk, at=NOON)

    assert InvoiceRendering.objects.get(invoice=invoice).state == RenderState.FAILED


def test_retry_starts_over_after_a_failure_only(invoice: Invoice, deliver_outbox: Callable[[], list[str]]) -> None:
    cleo = User.objects.create_user(email="cleo@aegean.example.com", name="Cleo", is_staff=True)
    InvoiceRendering.objects.create(
        invoice=invoice, state=RenderState.FAILED, attempts=3, due_at=NOON, last_error="disk full"
    )

    documents.retry(invoice=invoice, by=cleo, at=NOON)
    deliver_outbox()
    made = InvoiceFile.objects.get(invoice=invoice, kind=FileKind.PDF)
    event = AuditEvent.objects.get()
    documents.retry(invoice=invoice, by=cleo, at=NOON)

    assert InvoiceRendering.objects.get(invoice=invoice).state == RenderState.DONE
    assert InvoiceFile.objects.get(invoice=invoice, kind=FileKind.PDF) == made
    assert (event.action, event.by, event.account) == ("invoice.rendering_retried", cleo, invoice.bill_to)
    assert AuditEvent.objects.count() == 1


def test_render_refuses_to_release_other_bytes(invoice: Invoice) -> None:
    InvoiceFile.objects.create(invoice=invoice, kind=FileKind.PDF, file="x.pdf", sha256="0" * 64, size=1, made_at=NOON)

    assert documents.render(invoice_id=invoice.pk, at=NOON) is None

    assert InvoiceFile.objects.get(invoice=invoice).sha256 == "0" * 64
    assert "FileDiffers" in InvoiceRendering.objects.get(invoice=invoice).last_error


def test_restore_brings_back_a_lost_file_with_the_released_bytes(invoice: Invoice, storage: FileSystemStorage) -> None:
    made = documents.render(invoice_id=invoice.pk, at=NOON)
    assert made is not None
    Path(storage.path(str(made.file))).unlink()

    documents.restore(invoice=invoice, at=NOON)

    with documents.open_file(invoice) as file:
        assert hashlib.sha256(file.read()).hexdigest() == made.sha256


def test_restore_refuses_other_bytes(
    invoice: Invoice, storage: FileSystemStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = documents.render(invoice_id=invoice.pk, at=NOON)
    assert made is not None
    before = Path(storage.path(str(made.file))).read_bytes()
    monkeypatch.setattr(pdf, "render", lambda document: b"%PDF other")

    with pytest.raises(documents.FileDiffers):
        documents.restore(invoice=invoice, at=NOON)

    assert Path(storage.path(str(made.file))).read_bytes() == before


def test_sweep_rings_for_what_has_no_file_and_nobody_works_on(ada_company: Company, storage: Storage) -> None:
    def one(**rendering: object) -> int:
        made = issue(ada_company.reseller, [Row(ada_company.acme)])
        if rendering:
            InvoiceRendering.objects.create(invoice=made, **{"due_at": NOON, **rendering})
        return made.pk

    never_asked, waiting = one(), one(state=RenderState.WAITING)
    dead = one(state=RenderState.RUNNING, claimed_at=silent_for(3600), attempts=1)
    one(state=RenderState.FAILED, attempts=3, last_error="x")
    one(state=RenderState.RUNNING, claimed_at=silent_for(5), attempts=1)
    one(state=RenderState.WAITING, due_at=NOON + 60 * MINUTE)
    documents.render(invoice_id=one(), at=NOON)

    rung = documents.sweep(at=NOON + 30 * MINUTE)

    assert rung == 3
    asked = Outbox.objects.get(topic="invoicing.render_invoices")
    assert asked.payload == {"invoice_ids": [never_asked, waiting, dead]}


def test_render_replaces_a_file_whose_hash_was_never_recorded(invoice: Invoice, storage: FileSystemStorage) -> None:
    made = documents.render(invoice_id=invoice.pk, at=NOON)
    assert made is not None
    other = issue(invoice.bill_to, [Row(invoice.bill_to)])
    left_over = Path(storage.path(str(made.file).replace(invoice.public_id, other.public_id)))
    left_over = left_over.with_name(f"{other.number}.pdf")
    left_over.parent.mkdir(parents=True)
    left_over.write_bytes(b"%PDF half")

    again = documents.render(invoice_id=other.pk, at=NOON)

    assert again is not None
    assert Path(storage.path(str(again.file))) == left_over
    assert hashlib.sha256(left_over.read_bytes()).hexdigest() == again.sha256


def test_open_file_says_that_it_is_being_made(invoice: Invoice) -> None:
    with pytest.raises(documents.NotRenderedYet):
        documents.open_file(invoice)


def test_open_file_is_named_after_the_number(invoice: Invoice) -> None:
    documents.render(invoice_id=invoice.pk, at=NOON)

    with documents.open_file(invoice) as file:
        assert file.name == f"{invoice.number}.pdf"
        assert file.read(5) == b"%PDF-"


def test_put_leaves_the_old_bytes_when_the_disk_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    storage = FileSystemStorage(location=tmp_path)
    storing.put(storage, "a/b.pdf", b"old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(storing.os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        storing.put(storage, "a/b.pdf", b"new and longer")

    assert (tmp_path / "a/b.pdf").read_bytes() == b"old"
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b.pdf"]


def test_put_replaces_a_left_over_in_other_storages() -> None:
    from django.core.files.storage import InMemoryStorage

    storage = InMemoryStorage()

    assert storing.put(storage, "a.pdf", b"one") == "a.pdf"
    assert storing.put(storage, "a.pdf", b"two") == "a.pdf"
    with storage.open("a.pdf") as file:
        assert file.read() == b"two"
