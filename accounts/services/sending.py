"""Sending stored e-mail: claimed, sent, recorded. A mail server that is away costs patience, never a mail.

Order of effects: (1) claim under lock, attempt counted and committed; (2) send, outside any transaction; (3) record. A
worker that dies between (2) and (3), or a connection that breaks before the answer, leaves it open whether the mail
left: it is sent once more with the same Message-ID and flagged, and never a third time without a person (F06 of
reliability.md §5). What was certainly not taken is tried again after growing pauses for two days (F39).
"""

from __future__ import annotations

import hashlib
import smtplib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import formataddr
from typing import Any, Final

import structlog
from django.conf import settings
from django.core.files.storage import default_storage
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce, Now
from django.utils.translation import gettext as _

from accounts.enums import MessageStatus
from accounts.models import Message, Organisation
from accounts.services import messages
from config.kernel.heartbeat import beating

log = structlog.get_logger(__name__)
PAUSES: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 5, 10, 20, 30))
HOURLY: Final = timedelta(hours=1)
TRIES: Final = 54  # the pauses, then hourly: two days
PERMANENT: Final = range(500, 600)
BEATS_PER_LEASE: Final = 4


class NotTaken(Exception):
    """The mail server has certainly not taken the mail. `is_final`: it never will."""

    def __init__(self, reason: str, *, is_final: bool = False) -> None:
        super().__init__(reason)
        self.is_final = is_final


class Unknown(Exception):
    """The connection broke before the answer: the mail may have been taken."""


@dataclass(frozen=True, slots=True)
class _Claim:
    """One attempt of one worker at one message."""

    message_id: int
    attempt: int

    def rows(self) -> QuerySet[Message]:
        """The message while the claim is ours."""
        waiting = Message.objects.filter(pk=self.message_id, status=MessageStatus.PENDING, attempts=self.attempt)
        return waiting.filter(claimed_at__isnull=False)

    def renew(self) -> bool:
        """Show life; say whether the claim is still ours."""
        return self.rows().update(claimed_at=Now()) == 1


def lease() -> timedelta:
    """How long a claim is respected after its worker's last sign of life."""
    return timedelta(seconds=settings.MAIL_LEASE_SECONDS)


def send(*, message_id: int, at: datetime) -> None:
    """Send one waiting message that is due. A sent one, and one that another worker is sending, is left alone."""
    claim = _claim(message_id, at)
    if claim is None:
        return
    message = Message.objects.get(pk=message_id)
    try:
        with beating(claim.renew, every=lease() / BEATS_PER_LEASE):
            _hand_over(message)
    except NotTaken as error:
        _put_off(claim, str(error), at, is_final=error.is_final)
    except Unknown as error:
        _doubt(claim, str(error), at)
    else:
        _note_sent(claim, at)


@transaction.atomic
def _claim(message_id: int, at: datetime) -> _Claim | None:
    """Announce the attempt; None when there is nothing to do. A dead worker's attempt counts as perhaps sent."""
    rows = Message.objects.select_for_update(skip_locked=True, of=("self",)).filter(
        pk=message_id, status=MessageStatus.PENDING
    )
    message = rows.annotate(tried_at=Coalesce("due_at", "created_at")).filter(tried_at__lte=at).first()
    if message is None or Message.objects.filter(pk=message_id, claimed_at__gt=Now() - lease()).exists():
        return None
    if message.claimed_at is not None:
        if message.is_uncertain:
            _give_up(message, _("It may have been sent twice already. Ask the recipient before it is sent again."))
            return None
        message.is_uncertain = True
        log.warning("message.repeated", message=message.pk, reason="the worker died while it was sending")
    message.mark_claimed()
    return _Claim(message_id, message.attempts)


def _hand_over(message: Message) -> None:
    """Give the mail to the server. Raises NotTaken, Unknown."""
    mail = _mail(message)
    connection: BaseEmailBackend = get_connection()
    try:
        connection.open()
    except OSError as error:
        raise NotTaken(_said(error)) from error
    try:
        connection.send_messages([mail])
    except (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused) as error:
        raise NotTaken(_said(error), is_final=_code_of(error) in PERMANENT) from error
    except (smtplib.SMTPException, OSError) as error:
        raise Unknown(_said(error)) from error
    finally:
        connection.close()


def _code_of(error: smtplib.SMTPException) -> int:
    """The answer's code; of several refused recipients that of the most hopeful one."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return min(int(code) for code, _text in error.recipients.values())
    return int(getattr(error, "smtp_code", 0))


def _said(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        answers = error.recipients.items()
        return "; ".join(f"{who}: {code} {_decoded(text)}" for who, (code, text) in answers)[:500]
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_decoded(error.smtp_error)}"[:500]
    return f"{type(error).__name__}: {error}"[:500]


def _decoded(text: str | bytes) -> str:
    return text.decode("utf-8", "replace") if isinstance(text, bytes) else text


@transaction.atomic
def _note_sent(claim: _Claim, at: datetime) -> None:
    message = claim.rows().select_for_update(of=("self",)).first()
    if message is None:
        log.warning("message.claim_lost", message=claim.message_id, attempt=claim.attempt)
        return
    message.mark_sent(at=at)
    log.info("message.sent", message=message.pk, template=message.template)


@transaction.atomic
def _put_off(claim: _Claim, reason: str, at: datetime, *, is_final: bool) -> None:
    """It was not taken: try again later, or give up."""
    message = claim.rows().select_for_update(of=("self",)).first()
    if message is None:
        return
    if is_final or message.attempts >= TRIES:
        _give_up(message, reason)
        return
    tried = message.attempts - 1
    pause = PAUSES[tried] if tried < len(PAUSES) else HOURLY
    message.mark_waiting(due_at=at + pause, reason=reason)
    log.warning("message.not_sent", message=message.pk, attempts=message.attempts, error=reason)


@transaction.atomic
def _doubt(claim: _Claim, reason: str, at: datetime) -> None:
    """It may have been taken: once more, flagged; after that a person decides."""
    message = claim.rows().select_for_update(of=("self",)).first()
    if message is None:
        return
    if message.is_uncertain:
        _give_up(message, _("It may have been sent twice already: %(reason)s") % {"reason": reason})
        return
    message.is_uncertain = True
    message.mark_waiting(due_at=at + PAUSES[0], reason=reason)
    log.warning("message.repeated", message=message.pk, reason=reason)


def _give_up(message: Message, reason: str) -> None:
    message.mark_failed(reason=reason)
    log.error("message.given_up", message=message.pk, attempts=message.attempts, error=reason)


def sweep(*, at: datetime, limit: int = 500) -> int:
    """Ring again for messages that have been due for a minute and that nobody is sending; return how many."""
    waiting = Message.objects.filter(
        Q(claimed_at=None) | Q(claimed_at__lte=Now() - lease()), status=MessageStatus.PENDING
    ).annotate(tried_at=Coalesce("due_at", "created_at"))
    late = list(waiting.filter(tried_at__lt=at - timedelta(minutes=1)).order_by("tried_at", "pk")[:limit])
    with transaction.atomic():
        for message in late:
            messages.ring(message)
    return len(late)


def _mail(message: Message) -> EmailMultiAlternatives:
    organisation = Organisation.objects.filter(pk=1).first()
    sender = formataddr((organisation.trade_name if organisation else "", settings.DEFAULT_FROM_EMAIL))
    mail = EmailMultiAlternatives(
        subject=message.subject,
        body=message.text_body,
        from_email=sender,
        to=message.recipients,
        reply_to=[organisation.email] if organisation else None,
        headers={"Message-ID": message.message_id or messages.message_id_of(message.public_id)},
    )
    mail.attach_alternative(message.html_body, "text/html")
    for file in message.attachments:
        mail.attach(file["name"], _bytes_of(file), file["type"])
    return mail


def _bytes_of(file: Mapping[str, Any]) -> bytes:
    """The file as it was when the mail was written. Raises NotTaken when the storage has lost or changed it."""
    try:
        with default_storage.open(file["storage_name"], "rb") as stored:
            data: bytes = stored.read()
    except OSError as error:
        raise NotTaken(f"{file['name']}: {_said(error)}") from error
    if hashlib.sha256(data).hexdigest() != file["sha256"]:
        raise NotTaken(_("%(name)s differs from the file that was released.") % {"name": file["name"]}, is_final=True)
    return data
