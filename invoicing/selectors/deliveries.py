"""Reads of what was mailed, and of what was not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Case, CharField, Count, Exists, F, Max, OuterRef, Q, QuerySet, When

from accounts.enums import MessageStatus
from accounts.models import Account
from invoicing.enums import DispatchState, FileKind, RenderState
from invoicing.models import (
    BillingRun,
    BillingSettings,
    DeliveredDocument,
    Delivery,
    Invoice,
    InvoiceDispatch,
    InvoiceFile,
    RunItem,
)  # fmt: skip
from resellers.enums import DocumentMail
from resellers.models import Reseller

MOST_SINGLE: Final = 3
LISTED: Final = 20


def mail_of(account: Account) -> DocumentMail:
    """How the account gets its documents: its own setting, else that of the organisation."""
    own = Reseller.objects.filter(account=account).values_list("document_mail", flat=True).first()
    if own is None or own == DocumentMail.FOLLOW:
        return DocumentMail(BillingSettings.get().document_mail)
    return DocumentMail(own)


def comes_as_digest(mode: DocumentMail, item: RunItem | None) -> bool:
    """Whether a document is mailed together with the others of its run item."""
    if item is None or mode not in (DocumentMail.DIGEST, DocumentMail.AUTOMATIC):
        return False
    return mode is DocumentMail.DIGEST or item.invoices.count() > MOST_SINGLE


def is_still_made(item: RunItem) -> bool:
    """Whether a file of the run item is on its way, so that a digest has to wait for it."""
    pdf = InvoiceFile.objects.filter(invoice=OuterRef("pk"), kind=FileKind.PDF)
    return item.invoices.filter(~Exists(pdf)).exclude(rendering__state=RenderState.FAILED).exists()


def documents_in(delivery: Delivery) -> QuerySet[DeliveredDocument]:
    """The documents of one mail in the order of their numbers, with what lists print."""
    rows = DeliveredDocument.objects.filter(delivery=delivery).select_related("invoice__beneficiary")
    return rows.order_by("invoice__document_type", "invoice__number")


def deliveries_of(invoice: Invoice) -> QuerySet[Delivery]:
    """The mails that the document was in, newest first."""
    found = Delivery.objects.filter(documents__invoice=invoice).select_related("message", "bounce", "by")
    return found.order_by("-at", "-pk")


def undelivered() -> QuerySet[InvoiceDispatch]:
    """Documents without an address, or whose newest mail came back, oldest first: work for the staff."""
    wrong = Q(state=DispatchState.STOPPED) | Q(delivery__bounce__isnull=False)
    rows = InvoiceDispatch.objects.filter(wrong).select_related("invoice__bill_to", "delivery__bounce")
    return rows.order_by("due_at", "pk")


def failed_of(run: BillingRun) -> QuerySet[InvoiceDispatch]:
    """Documents of the run that did not arrive: stopped, or in a mail that failed or came back."""
    wrong = Q(state=DispatchState.STOPPED) | Q(delivery__message__status=MessageStatus.FAILED)
    return InvoiceDispatch.objects.filter(wrong | Q(delivery__bounce__isnull=False), invoice__run_item__run=run)


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """How the documents of a run reached their addressees. `documents` counts those that are to be mailed."""

    documents: int
    sent: int
    failed: int
    left_out: int
    last_sent: datetime | None

    @property
    def waiting(self) -> int:
        """How many are still on their way."""
        return self.documents - self.sent - self.failed


def report_of(run: BillingRun) -> DeliveryReport:
    """One query; cheap enough to be asked every second. A document from before mail was kept counts as left out."""
    came_back = Q(dispatch__delivery__bounce__isnull=False)
    sent = Q(dispatch__delivery__message__status=MessageStatus.SENT) & ~came_back
    failed = Q(dispatch__state=DispatchState.STOPPED) | came_back
    failed |= Q(dispatch__delivery__message__status=MessageStatus.FAILED)
    made_before = Q(dispatch=None, files__kind=FileKind.PDF)
    left_out = Q(dispatch__state=DispatchState.LEFT_OUT) | made_before
    facts = Invoice.objects.filter(run_item__run=run).aggregate(
        last_sent=Max("dispatch__delivery__message__sent_at"),
        total=Count("pk", distinct=True),
        sent=Count("pk", filter=sent, distinct=True),
        failed=Count("pk", filter=failed, distinct=True),
        left_out=Count("pk", filter=left_out, distinct=True),
    )
    return DeliveryReport(documents=facts.pop("total") - facts["left_out"], **facts)


def undelivered_of(run: BillingRun) -> Sequence[Invoice]:
    """The first documents of the run that are to be mailed and have not arrived, each with `why`, errors first."""
    why = Case(
        When(dispatch__state=DispatchState.STOPPED, then=F("dispatch__reason")),
        When(dispatch__delivery__bounce__isnull=False, then=F("dispatch__delivery__bounce__reason")),
        default=F("dispatch__delivery__message__last_error"),
        output_field=CharField(),
    )
    rank = Case(
        When(dispatch__state=DispatchState.STOPPED, then=0),
        When(dispatch__delivery__bounce__isnull=False, then=0),
        When(dispatch__delivery__message__status=MessageStatus.FAILED, then=0),
        default=1,
    )
    arrived = Q(dispatch__delivery__message__status=MessageStatus.SENT, dispatch__delivery__bounce=None)
    pdf = InvoiceFile.objects.filter(invoice=OuterRef("pk"), kind=FileKind.PDF)
    made_before = Q(Exists(pdf), dispatch=None)
    rows = Invoice.objects.filter(run_item__run=run).filter(~arrived | Q(dispatch__delivery=None))
    rows = rows.exclude(dispatch__state=DispatchState.LEFT_OUT).exclude(made_before)
    rows = rows.select_related("bill_to", "dispatch__delivery__message", "dispatch__delivery__bounce")
    return list(rows.annotate(why=why, rank=rank).order_by("rank", "number")[:LISTED])
