"""E-mails: written and stored in the transaction of their cause, sent by a worker, kept for BSS to read."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from email.utils import formataddr
from pathlib import Path
from typing import Any, Final

import structlog
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import translation

from accounts.enums import MessageStatus
from accounts.models import Account, Message, Organisation, User
from accounts.services import audit
from config.kernel import outbox

log = structlog.get_logger(__name__)
SEND = "accounts.send_message"
TRIES = 5
FIGURES: Final = re.compile(
    r'<span class="(?:num|nowrap)">|<time(?: class="nowrap")? datetime="[^"]*">|</(?:span|time)>'
)
GAPS: Final = re.compile(r"\n{3,}")


@transaction.atomic
def queue(
    *,
    template: str,
    to: Sequence[str],
    context: Mapping[str, Any],
    at: datetime,
    account: Account | None = None,
    by: User | None = None,
    language: str = "en",
    languages: Collection[str] = (),
    is_secret: bool = False,
) -> Message | None:
    """Write an e-mail from templates/emails/<template>.subject.txt, .txt and .html, and send it after commit.

    `language` is the reader's; a mail whose texts are not written in it is English as a whole: `languages` are those
    it is written in beside those of the pages. `is_secret` marks a message whose link lets its reader in: BSS hides the
    body. Without recipients nothing is written.
    """
    recipients = list(dict.fromkeys(address for address in to if address))
    if not recipients:
        return None
    subject, text, html = compose(template=template, context=context, language=language, languages=languages)
    message = Message.objects.create(
        template=template,
        account=account,
        recipients=recipients,
        subject=subject[:250],
        text_body=text,
        html_body=html,
        is_secret=is_secret,
        created_at=at,
        created_by=by,
    )
    outbox.add(SEND, message_id=message.pk)
    return message


def compose(
    *, template: str, context: Mapping[str, Any], language: str = "en", languages: Collection[str] = ()
) -> tuple[str, str, str]:
    """The subject, the text and the HTML of a message in the reader's language."""
    organisation = Organisation.objects.filter(pk=1).first()
    facts = {**context, "organisation": organisation, "base_url": settings.SITE_URL}
    is_written = language in dict(settings.LANGUAGES) or language in languages
    with translation.override(language if is_written else settings.LANGUAGE_CODE):
        subject = " ".join(plain(render_to_string(f"emails/{template}.subject.txt", facts)).split())
        text = plain(render_to_string(f"emails/{template}.txt", facts)).strip() + "\n"
        html = inlined(render_to_string(f"emails/{template}.html", {**facts, "subject": subject}))
    return subject, text, html


def plain(text: str) -> str:
    """The text without the elements that amounts and dates bring along from the components, and without wide gaps."""
    return GAPS.sub("\n\n", FIGURES.sub("", text))


def inlined(html: str) -> str:
    """The page with the rules of mail.css written into its elements, as mail readers need it."""
    import css_inline
    from django.contrib.staticfiles import finders

    path = finders.find("css/mail.css")
    css = Path(path).read_text(encoding="utf-8") if isinstance(path, str) else ""
    return str(css_inline.inline(html, extra_css=css, load_remote_stylesheets=False, keep_style_tags=False))


def send(*, message_id: int, at: datetime) -> None:
    """Send one waiting message. A repeat after a crash carries the same Message-ID; a sent one is left alone."""
    with transaction.atomic():
        message = Message.objects.select_for_update(skip_locked=True).filter(pk=message_id).first()
        if message is None or message.status == MessageStatus.SENT:
            return
        message.attempts += 1
        try:
            _mail(message).send()
        except OSError as error:
            message.last_error = str(error)[:500]
            message.status = MessageStatus.FAILED if message.attempts >= TRIES else MessageStatus.PENDING
            log.warning("message.not_sent", message=message.pk, attempts=message.attempts, error=str(error))
        else:
            message.status, message.sent_at, message.last_error = MessageStatus.SENT, at, ""
            log.info("message.sent", message=message.pk, template=message.template)
        message.save()


def resend(*, message: Message, by: User, at: datetime) -> None:
    """Try a failed message again."""
    with transaction.atomic():
        failed = Message.objects.filter(pk=message.pk, status=MessageStatus.FAILED)
        if failed.update(status=MessageStatus.PENDING, attempts=0):
            audit.record("message.resent", target=message, account=message.account, by=by, at=at)
            outbox.add(SEND, message_id=message.pk)


def sweep(*, at: datetime) -> int:
    """Ring again for messages that wait for more than a minute; return how many."""
    waiting = Message.objects.filter(status=MessageStatus.PENDING, created_at__lt=at - timedelta(minutes=1))
    with transaction.atomic():
        ids = list(waiting.order_by("pk").values_list("pk", flat=True)[:200])
        for pk in ids:
            outbox.add(SEND, message_id=pk)
    return len(ids)


def _mail(message: Message) -> EmailMultiAlternatives:
    organisation = Organisation.objects.filter(pk=1).first()
    sender = formataddr((organisation.trade_name if organisation else "", settings.DEFAULT_FROM_EMAIL))
    domain = settings.DEFAULT_FROM_EMAIL.rsplit("@", 1)[-1].rstrip(">")
    mail = EmailMultiAlternatives(
        subject=message.subject,
        body=message.text_body,
        from_email=sender,
        to=message.recipients,
        reply_to=[organisation.email] if organisation else None,
        headers={"Message-ID": f"<{message.public_id}@{domain}>"},
    )
    mail.attach_alternative(message.html_body, "text/html")
    return mail
