"""The file of an invoice: rendered once on its own queue, stored once with its hash, never served in part.

Order of effects: (1) claim under lock, attempt counted and committed; (2) render and store, outside any transaction;
(3) record the hash under lock. A worker that dies between (2) and (3) leaves a whole file without a row: the next
attempt writes the same bytes again (the rendering is deterministic).

A claim lasts `RENDER_LEASE_SECONDS` of the database's clock and is renewed while the worker lives: a long invoice keeps
it, a dead worker's is soon free. The number of the attempt says whose it is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog
from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import Storage
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.services import audit
from config.kernel import outbox
from config.kernel.errors import DomainError
from config.kernel.heartbeat import beating
from invoicing.enums import FileKind, RenderState
from invoicing.models import BillingRun, Invoice, InvoiceFile, InvoiceRendering
from invoicing.rendering import storing
from invoicing.rendering.document import InvoiceDocument
from invoicing.selectors import documents as selectors
from invoicing.services import deliveries

log = structlog.get_logger(__name__)

TASK: Final = "invoicing.render_invoice"
TASK_FOR_MANY: Final = "invoicing.render_invoices"
ATTEMPTS: Final = 3
BEATS_PER_LEASE: Final = 4
PAUSE: Final = timedelta(minutes=1)


class NotRenderedYet(DomainError):
    """The file does not exist yet; it is being made."""

    user_message = _("The PDF of this invoice is being made. Try again in a moment.")


class RenderingGivenUp(DomainError):
    """Making the file failed too often; somebody has to look at the reason."""

    user_message = _("The PDF of this invoice could not be made. The reason is recorded.")


class NoEInvoice(DomainError):
    """The document was issued before e-invoices, or one of the two sides is not in the Peppol network."""

    user_message = _("There is no such e-invoice of this document.")


class ReleaseRefused(DomainError):
    """PDF, XML and database do not say the same: nobody gets the file."""

    user_message = _("The file was not released: %(differences)s")


class FileDiffers(DomainError):
    """Rendering again gave other bytes than the hash that was released."""

    user_message = _("The file differs from the one that was released; it was not replaced.")


def queue(*, invoice_ids: Iterable[int], at: datetime) -> int:
    """Ask for the files of these invoices, in the caller's transaction; return how many. Asking twice does no harm.

    Two statements however many they are: the rows are the queue, one outbox entry rings for all of them.
    """
    asked = [InvoiceRendering(invoice_id=pk, due_at=at) for pk in invoice_ids]
    if asked:
        InvoiceRendering.objects.bulk_create(asked, ignore_conflicts=True)
        ring_for(invoice_ids=[row.invoice_id for row in asked])
    return len(asked)


def ring_for(*, invoice_ids: Sequence[int]) -> None:
    """Ring for renderings whose rows are there, in the caller's transaction: one outbox entry for all of them."""
    outbox.add(TASK_FOR_MANY, invoice_ids=list(invoice_ids))


@transaction.atomic
def ring(*, invoice_ids: Iterable[int]) -> None:
    """One outbox entry per invoice, so that each rendering is a task of its own."""
    for pk in invoice_ids:
        outbox.add(TASK, invoice_id=pk)


def render(*, invoice_id: int, at: datetime) -> InvoiceFile | None:
    """Make and store the files of an issued invoice, return the PDF; None when it is there, claimed, or failed.

    A failure is recorded on the row and tried again after a minute, at most three times; it is never raised, because
    nobody upstairs could do more than the row and the sweeper do. Files that contradict each other or the database
    are not stored and not tried again: a person has to look.
    """
    claim = _claim(invoice_id=invoice_id, at=at)
    if claim is None:
        return None
    try:
        with beating(claim.renew, every=lease() / BEATS_PER_LEASE):
            return _make(invoice_id=invoice_id, at=at)
    except ReleaseRefused as refusal:
        _give_back(claim, reason=str(refusal), at=at, last=True)
    except Exception as error:
        _give_back(claim, reason=f"{type(error).__name__}: {error}", at=at)
    return None


def lease() -> timedelta:
    """How long a claim is respected after its worker's last sign of life."""
    return timedelta(seconds=settings.RENDER_LEASE_SECONDS)


@dataclass(frozen=True, slots=True)
class _Claim:
    """One attempt of one worker at one invoice."""

    invoice_id: int
    attempt: int

    def rows(self) -> QuerySet[InvoiceRendering]:
        """The row while the claim is ours; nobody's once another attempt has begun or ended it."""
        return InvoiceRendering.objects.filter(
            invoice_id=self.invoice_id, state=RenderState.RUNNING, attempts=self.attempt
        )

    def renew(self) -> bool:
        """Show life; say whether the claim is still ours."""
        return self.rows().update(claimed_at=Now()) == 1


@transaction.atomic
def _claim(*, invoice_id: int, at: datetime) -> _Claim | None:
    InvoiceRendering.objects.get_or_create(invoice_id=invoice_id, defaults={"due_at": at})
    row = InvoiceRendering.objects.select_for_update().get(invoice_id=invoice_id)
    if row.state in (RenderState.DONE, RenderState.FAILED):
        return None
    if InvoiceRendering.objects.filter(_is_alive(), invoice_id=invoice_id).exists():
        return None
    if row.attempts >= ATTEMPTS:
        row.mark_failed(reason=row.last_error or "the worker died three times")
        log.error("document.given_up", invoice=invoice_id, reason=row.last_error)
        return None
    row.mark_running()
    return _Claim(invoice_id, row.attempts)


def _is_alive(prefix: str = "") -> Q:
    """Somebody works on it and has shown life lately."""
    return Q((f"{prefix}state", RenderState.RUNNING), (f"{prefix}claimed_at__gt", Now() - lease()))


def _make(*, invoice_id: int, at: datetime) -> InvoiceFile:
    from invoicing.rendering import pdf

    invoice = selectors.for_document(invoice_id)
    files = _files(invoice)
    names = {kind: storing.put(_storage(), _name(invoice, kind), data) for kind, data in files.items()}
    with transaction.atomic():
        row = InvoiceRendering.objects.select_for_update().get(invoice_id=invoice_id)
        made = [_record(invoice, kind, names[kind], data, at) for kind, data in files.items()]
        row.mark_done(renderer=pdf.renderer_version())
        stored, is_new = made[0]
        if is_new:
            deliveries.queue(invoice_id=invoice_id, at=at)
    if is_new:
        log.info("document.stored", invoice=invoice.number, size=stored.size, sha256=stored.sha256)
    return stored


def _files(invoice: Invoice) -> dict[FileKind, bytes]:
    """The files of the document, PDF first, after the comparison that lets them out. Raises ReleaseRefused."""
    from invoicing.einvoice import release

    document = selectors.build(invoice)
    files = rendered(document)
    found = release.differences(
        document=document,
        pdf=files[FileKind.PDF],
        xml=files[FileKind.XML],
        recorded=selectors.recorded(invoice.pk),
    )
    if found:
        log.error("document.release_refused", invoice=invoice.number, differences=found)
        raise ReleaseRefused(differences=" ".join(found))
    return files


def rendered(document: InvoiceDocument) -> dict[FileKind, bytes]:
    """The bytes of all files of a document, PDF first. Raises RenderingFailed."""
    from invoicing.einvoice import cii, ubl
    from invoicing.rendering import pdf

    files = {FileKind.PDF: pdf.render(document), FileKind.XML: cii.serialise(document)}
    if ubl.is_offered(document):
        files[FileKind.UBL] = ubl.serialise(document)
    return files


def _record(invoice: Invoice, kind: FileKind, name: str, data: bytes, at: datetime) -> tuple[InvoiceFile, bool]:
    """The row of a stored file, and whether it is new. Raises FileDiffers when other bytes were released before."""
    digest = hashlib.sha256(data).hexdigest()
    stored, is_new = InvoiceFile.objects.get_or_create(
        invoice=invoice,
        kind=kind,
        defaults={"file": name, "sha256": digest, "size": len(data), "made_at": at},
    )
    if stored.sha256 != digest:
        raise FileDiffers
    return stored, is_new


@transaction.atomic
def _give_back(claim: _Claim, *, reason: str, at: datetime, last: bool = False) -> None:
    row = claim.rows().select_for_update().first()
    if row is None:
        log.warning("document.claim_lost", invoice=claim.invoice_id, attempt=claim.attempt, reason=reason)
        return
    if last or row.attempts >= ATTEMPTS:
        row.mark_failed(reason=reason)
        log.error("document.given_up", invoice=claim.invoice_id, reason=reason)
        return
    row.mark_waiting(due_at=at + PAUSE, reason=reason)
    outbox.add(TASK, delay=PAUSE, invoice_id=claim.invoice_id)
    log.warning("document.failed_once", invoice=claim.invoice_id, attempt=row.attempts, reason=reason)


@transaction.atomic
def retry(*, invoice: Invoice, by: User, at: datetime) -> None:
    """Start over after a failure: the count of attempts begins anew. Does nothing when the file is there."""
    row = InvoiceRendering.objects.select_for_update().get(invoice=invoice)
    if row.state != RenderState.FAILED:
        return
    row.mark_waiting(due_at=at, attempts=0)
    audit.record("invoice.rendering_retried", target=invoice, account=invoice.bill_to, by=by, at=at)
    outbox.add(TASK, invoice_id=invoice.pk)


@transaction.atomic
def retry_run(*, run: BillingRun, by: User, at: datetime) -> int:
    """Start over with every file of the run that was given up; return how many."""
    failed = InvoiceRendering.objects.filter(invoice__run_item__run=run, state=RenderState.FAILED)
    rows = list(failed.select_for_update(of=("self",)).order_by("pk"))
    for row in rows:
        row.mark_waiting(due_at=at, attempts=0)
    if rows:
        audit.record("billing_run.rendering_retried", target=run, by=by, at=at, after={"files": len(rows)})
        outbox.add(TASK_FOR_MANY, invoice_ids=[row.invoice_id for row in rows])
    return len(rows)


@transaction.atomic
def restore(*, invoice: Invoice, at: datetime) -> InvoiceFile:
    """Make again the files that the storage has lost or damaged; return the PDF. Raises FileDiffers for other bytes.

    The hash decides: a newer renderer may write other bytes, and what was released is never replaced by them.
    """
    stored = {FileKind(file.kind): file for file in InvoiceFile.objects.filter(invoice=invoice)}
    made = rendered(selectors.build(selectors.for_document(invoice.pk)))
    if any(hashlib.sha256(made[kind]).hexdigest() != file.sha256 for kind, file in stored.items()):
        raise FileDiffers
    for kind, file in stored.items():
        storing.put(_storage(), str(file.file), made[kind])
    log.warning("document.restored", invoice=invoice.number, at=at.isoformat())
    return stored[FileKind.PDF]


def sweep(*, at: datetime, limit: int = 500) -> int:
    """Ring again for every invoice without a file whose rendering nobody works on; return how many.

    Finds what was never asked for (the bell and its row were lost), what is due again, and what a dead worker holds.
    """
    lost = Invoice.objects.filter(
        ~Exists(InvoiceFile.objects.filter(invoice=OuterRef("pk"), kind=FileKind.PDF)),
        Q(rendering=None, issued_at__lte=at - PAUSE)
        | Q(rendering__state=RenderState.WAITING, rendering__due_at__lte=at - PAUSE)
        | Q(Q(rendering__state=RenderState.RUNNING) & ~_is_alive("rendering__")),
    ).order_by("pk")[:limit]
    with transaction.atomic():
        return queue(invoice_ids=[invoice.pk for invoice in lost], at=at)


def open_file(invoice: Invoice, kind: FileKind = FileKind.PDF) -> File[bytes]:
    """A stored file, opened for reading; the caller closes it (FileResponse does). Its name is the invoice's number.

    Raises NotRenderedYet while it is being made, RenderingGivenUp when that failed, and NoEInvoice when the document
    has none of this kind.
    """
    stored = InvoiceFile.objects.filter(invoice=invoice, kind__in={kind, FileKind.PDF})
    files = {file.kind: file for file in stored}
    if FileKind.PDF not in files:
        failed = InvoiceRendering.objects.filter(invoice=invoice, state=RenderState.FAILED).exists()
        raise RenderingGivenUp if failed else NotRenderedYet
    if kind not in files:
        raise NoEInvoice
    file: File[bytes] = _storage().open(str(files[kind].file), "rb")
    file.name = f"{invoice.number}.{kind.ending}"
    return file


def _storage() -> Storage:
    storage: Storage = InvoiceFile._meta.get_field("file").storage
    return storage


def _name(invoice: Invoice, kind: FileKind) -> str:
    return f"invoices/{invoice.issued_on:%Y/%m}/{invoice.public_id}/{invoice.number}.{kind.ending}"
