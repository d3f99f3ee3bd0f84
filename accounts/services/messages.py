"""E-mails: written and stored in the transaction of their cause, sent by a worker (`sending`), kept for BSS to read."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import translation

from accounts.enums import MessageStatus
from accounts.models import Account, Message, Organisation, User
from accounts.services import audit
from config.kernel import outbox
from config.kernel.public_ids import new_public_id

SEND = "accounts.send_message"
SEND_BULK = "accounts.send_bulk"
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
    is_bulk: bool = False,
    attachments: Sequence[Mapping[str, Any]] = (),
) -> Message | None:
    """Write an e-mail from templates/emails/<template>.subject.txt, .txt and .html, and send it after commit.

    `language` is the reader's; a mail whose texts are not written in it is English as a whole: `languages` are those
    it is written in beside those of the pages. `is_secret` marks a message whose link lets its reader in: BSS hides the
    body. `is_bulk` mail waits on a queue of its own, so that it delays no other. `attachments` are files of the storage
    (`storage_name`, `name`, `type`, `sha256`), read when it is sent. Without recipients nothing is written.
    """
    recipients = list(dict.fromkeys(address for address in to if address))
    if not recipients:
        return None
    subject, text, html = compose(template=template, context=context, language=language, languages=languages)
    public_id = new_public_id()
    message = Message.objects.create(
        public_id=public_id,
        message_id=message_id_of(public_id),
        template=template,
        account=account,
        recipients=recipients,
        subject=subject[:250],
        text_body=text,
        html_body=html,
        attachments=[dict(file) for file in attachments],
        is_secret=is_secret,
        is_bulk=is_bulk,
        created_at=at,
        created_by=by,
        due_at=at,
    )
    ring(message)
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


def resend(*, message: Message, by: User, at: datetime) -> None:
    """Try a failed message again, from the first attempt on."""
    with transaction.atomic():
        failed = Message.objects.select_for_update(of=("self",)).filter(pk=message.pk, status=MessageStatus.FAILED)
        if (row := failed.first()) is not None:
            row.mark_waiting(due_at=at, reason="", attempts=0)
            audit.record("message.resent", target=message, account=message.account, by=by, at=at)
            ring(row)


def ring(message: Message) -> None:
    """Ask a worker to send it once this transaction commits; bulk mail has a queue of its own."""
    if message.is_bulk:
        outbox.add(SEND_BULK, message_id=message.pk)
    else:
        outbox.add(SEND, message_id=message.pk)


def message_id_of(public_id: str) -> str:
    """The Message-ID of a mail with this public id, in the domain of the sender's address."""
    domain = settings.DEFAULT_FROM_EMAIL.rsplit("@", 1)[-1].rstrip(">")
    return f"<{public_id}@{domain}>"
