"""Mailing issued documents: each once by itself, again only when a person says so, all of it in an append-only log.

A document waits (`InvoiceDispatch`) from the moment its file is stored. One transaction decides what goes into which
mail, writes the log and the message, and asks for it to be sent. The first delivery of a document exists once (a
unique index), so a task that runs twice writes no second mail. What the mail server does is the business of `sending`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import structlog
from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts import names
from accounts.enums import MessageStatus
from accounts.models import Account, Message, Organisation, User
from accounts.selectors import bill_to_addresses
from accounts.services import audit, messages
from config.kernel import outbox
from config.kernel.errors import DomainError
from config.kernel.locks import lock
from config.kernel.public_ids import new_public_id
from invoicing.enums import DeliveryState, DispatchState, FileKind
from invoicing.links import DocumentLink
from invoicing.models import (
    BillingRun,
    DeliveredDocument,
    Delivery,
    DeliveryBounce,
    Invoice,
    InvoiceDispatch,
    InvoiceFile,
)  # fmt: skip
from invoicing.selectors import deliveries as selectors
from invoicing.selectors.letters import DocumentLetter, LetterRow
from resellers.enums import DocumentMail, PaymentMethod
from resellers.models import Reseller

log = structlog.get_logger(__name__)
DELIVER: Final = "invoicing.deliver"
TEMPLATE: Final = "documents"
LANGUAGES: Final = ("el", "de")
QUIET: Final = timedelta(minutes=1)


class NoAddress(DomainError):
    """Neither a Bill-To contact nor the company has an e-mail address."""

    user_message = _("There is no e-mail address: give the account a Bill-To contact.")


class NoFileYet(DomainError):
    """A document is mailed with its file."""

    user_message = _("The PDF is not made yet: the document is mailed when it is there.")


class NotSentYet(DomainError):
    """Only what was sent can come back."""

    user_message = _("Only a mail that was sent can come back.")


class NotedAlready(DomainError):
    """A mail comes back once."""

    user_message = _("It is noted already that this mail came back.")


class WhyNeeded(DomainError):
    """A bounce is noted with what the answer said."""

    user_message = _("Say what the answer said.")
    field = "reason"


class NothingToSend(DomainError):
    """Every document of the run arrived, or is on its way."""

    user_message = _("Nothing to send again: every document arrived, or is on its way.")


def queue(*, invoice_id: int, at: datetime) -> None:
    """Ask for the mail of a document whose file was stored, in the same transaction. Asking twice does no harm."""
    InvoiceDispatch.objects.get_or_create(invoice_id=invoice_id, defaults={"due_at": at})
    outbox.add(DELIVER, invoice_id=invoice_id)


@transaction.atomic
def deliver(*, invoice_id: int, at: datetime) -> Delivery | None:
    """Mail a waiting document, or with it all of its run that wait; None when there is nothing to mail yet.

    A digest waits until the last file of its run item is made, or was given up.
    """
    waiting = InvoiceDispatch.objects.filter(state=DispatchState.WAITING).order_by("pk")
    row = waiting.filter(pk=invoice_id).select_related("invoice__run_item", "invoice__bill_to__reseller").first()
    if row is None:
        return None
    account, item = row.invoice.bill_to, row.invoice.run_item
    mode = selectors.mail_of(account)
    is_digest = selectors.comes_as_digest(mode, item)
    if is_digest and item is not None and selectors.is_still_made(item):
        return None
    together = waiting.filter(invoice__run_item=item) if is_digest else waiting.filter(pk=invoice_id)
    rows = list(together.select_for_update(of=("self",)))
    if mode is DocumentMail.NONE:
        for dispatch in rows:
            dispatch.mark_left_out(reason=str(DocumentMail.NONE.label))
        return None
    try:
        return _mail(account, [dispatch.pk for dispatch in rows], by=None, at=at) if rows else None
    except NoAddress as refusal:
        for dispatch in rows:
            dispatch.mark_stopped(reason=str(refusal))
        log.error("delivery.no_address", bill_to=account.pk, documents=len(rows))
        return None


@transaction.atomic
def resend(*, invoice: Invoice, by: User | None, at: datetime) -> Delivery:
    """Mail one document again, or for the first time though it was not to be mailed. Raises NoAddress, NoFileYet."""
    row = InvoiceDispatch.objects.get_or_create(invoice=invoice, defaults={"due_at": at})[0]
    row = InvoiceDispatch.objects.select_for_update(of=("self",)).get(pk=row.pk)
    delivery = _mail(invoice.bill_to, [invoice.pk], by=by, at=at, repeats=row.delivery)
    audit.record("invoice.mailed_again", target=invoice, account=invoice.bill_to, by=by, at=at)
    return delivery


@transaction.atomic
def repeat(*, delivery: Delivery, by: User | None, at: datetime) -> Delivery:
    """Write the same documents once more, to the addresses of today. Raises NoAddress."""
    account = lock(delivery.bill_to)
    invoices = list(delivery.documents.order_by("invoice_id").values_list("invoice_id", flat=True))
    list(InvoiceDispatch.objects.select_for_update(of=("self",)).filter(pk__in=invoices).order_by("pk"))
    again = _mail(account, invoices, by=by, at=at, repeats=delivery)
    audit.record("delivery.repeated", target=again, account=account, by=by, at=at)
    return again


@transaction.atomic
def resend_run(*, run: BillingRun, by: User, at: datetime) -> int:
    """Try again what did not arrive of a run; return how many documents. Raises NothingToSend, NoAddress."""
    failed = list(selectors.failed_of(run).select_related("delivery__bill_to").order_by("pk"))
    if not failed:
        raise NothingToSend
    for row in failed:
        if row.state == DispatchState.STOPPED:
            row.mark_waiting(due_at=at)
            outbox.add(DELIVER, invoice_id=row.pk)
    for delivery in {row.delivery_id: row.delivery for row in failed if row.delivery}.values():
        repeat(delivery=delivery, by=by, at=at)
    audit.record("billing_run.mailed_again", target=run, by=by, at=at, after={"documents": len(failed)})
    return len(failed)


@transaction.atomic
def note_bounce(*, delivery: Delivery, reason: str, by: User, at: datetime) -> DeliveryBounce:
    """Write down that a mail came back; its links stop working. Raises WhyNeeded, NotSentYet, NotedAlready."""
    reason = names.clean_text(reason)[:250]
    if not reason:
        raise WhyNeeded
    delivery = lock(delivery)
    if delivery.state is DeliveryState.BOUNCED:
        raise NotedAlready
    if delivery.message.status != MessageStatus.SENT:
        raise NotSentYet
    row = DeliveryBounce.objects.create(delivery=delivery, reason=reason, at=at, by=by)
    audit.record("delivery.bounced", target=delivery, account=delivery.bill_to, by=by, at=at, reason=reason)
    return row


def sweep(*, at: datetime, limit: int = 1000) -> int:
    """Ring again for documents that have waited for a minute; return for how many.

    A digest is rung for by its first document only, once its last file is made.
    """
    waiting = InvoiceDispatch.objects.filter(state=DispatchState.WAITING, due_at__lte=at - QUIET)
    rows = waiting.select_related("invoice__run_item", "invoice__bill_to").order_by("due_at", "pk")[:limit]
    modes: dict[int, DocumentMail] = {}
    digests: dict[int, bool] = {}
    wanted: dict[tuple[str, int], int] = {}
    for row in rows:
        account, item = row.invoice.bill_to, row.invoice.run_item
        if account.pk not in modes:
            modes[account.pk] = selectors.mail_of(account)
        if item is not None and item.pk not in digests:
            digests[item.pk] = selectors.comes_as_digest(modes[account.pk], item)
        is_digest = item is not None and digests[item.pk]
        wanted.setdefault(("item", item.pk) if item is not None and is_digest else ("one", row.pk), row.pk)
    with transaction.atomic():
        for pk in wanted.values():
            outbox.add(DELIVER, invoice_id=pk)
    return len(wanted)


def _mail(
    account: Account, invoices: Sequence[int], *, by: User | None, at: datetime, repeats: Delivery | None = None
) -> Delivery:
    """Write the log, the mail and where each document is now. Raises NoAddress, NoFileYet."""
    to = [address for address in bill_to_addresses(account) if address]
    if not to:
        raise NoAddress
    files = InvoiceFile.objects.filter(invoice__in=invoices, kind=FileKind.PDF)
    files = files.select_related("invoice__beneficiary", "invoice__balance", "invoice__run_item")
    found = list(files.order_by("invoice__document_type", "invoice__number"))
    if len(found) != len(set(invoices)):
        raise NoFileYet
    is_attached = _fits(found)
    public_id = new_public_id()
    until = None if is_attached else at + timedelta(days=settings.DOCUMENT_LINK_DAYS)
    letter = _letter(account, found, public_id, until)
    message = _message(account, letter, found, to=to, by=by, at=at)
    runs = {file.invoice.run_item.run_id if file.invoice.run_item else None for file in found}
    delivery = Delivery.objects.create(
        public_id=public_id,
        bill_to=account,
        run_id=runs.pop() if len(runs) == 1 else None,
        message=message,
        repeats=repeats,
        links_until=until,
        at=at,
        by=by,
    )
    _log(delivery, found, is_attached=is_attached)
    log.info("delivery.queued", delivery=delivery.pk, bill_to=account.pk, documents=len(found))
    return delivery


def _fits(files: Sequence[InvoiceFile]) -> bool:
    total = sum(file.size for file in files)
    return total <= settings.MAIL_ATTACHMENT_BYTES and len(files) <= settings.MAIL_ATTACHMENTS


def _letter(account: Account, files: Sequence[InvoiceFile], delivery: str, until: datetime | None) -> DocumentLetter:
    def link(invoice: str) -> str:
        if until is None:
            return ""
        token = DocumentLink(delivery, account.public_id, invoice, until).token
        return str(settings.SITE_URL) + reverse("invoicing:link", args=[token])

    terms = Reseller.objects.filter(account=account).values_list("payment_method", flat=True).first()
    return DocumentLetter(
        account=account,
        rows=[LetterRow(file.invoice, link(file.invoice.public_id)) for file in files],
        zone=ZoneInfo(Organisation.get().time_zone),
        is_collected=terms == PaymentMethod.DIRECT_DEBIT,
        archive=link("") if len(files) > 1 else "",
        links_until=until,
    )


def _message(
    account: Account,
    letter: DocumentLetter,
    files: Sequence[InvoiceFile],
    *,
    to: Sequence[str],
    by: User | None,
    at: datetime,
) -> Message:
    only = letter.only.link if letter.only else ""
    message = messages.queue(
        template=TEMPLATE,
        to=to,
        context={"letter": letter, "button": letter.archive or only or settings.SITE_URL + letter.page},
        account=account,
        language=account.language,
        languages=LANGUAGES,
        is_bulk=True,
        is_secret=letter.links_until is not None,
        attachments=[] if letter.links_until else [_attachment(file) for file in files],
        by=by,
        at=at,
    )
    assert message is not None, "there are addresses"
    return message


def _attachment(file: InvoiceFile) -> dict[str, str]:
    return {
        "storage_name": str(file.file),
        "name": f"{file.invoice.number}.pdf",
        "type": "application/pdf",
        "sha256": file.sha256,
    }


def _log(delivery: Delivery, files: Sequence[InvoiceFile], *, is_attached: bool) -> None:
    invoices = [file.invoice_id for file in files]
    known = set(
        DeliveredDocument.objects.filter(invoice__in=invoices, is_first=True).values_list("invoice_id", flat=True)
    )
    DeliveredDocument.objects.bulk_create(
        DeliveredDocument(delivery=delivery, invoice_id=pk, is_attached=is_attached, is_first=pk not in known)
        for pk in invoices
    )
    for row in InvoiceDispatch.objects.filter(pk__in=invoices):
        row.mark_mailed(delivery)
