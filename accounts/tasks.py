"""Background work of accounts: mail."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone


@shared_task(name="accounts.send_message")
def send_message(*, message_id: int, **_later: object) -> None:
    """Send one stored message."""
    from accounts.services import messages

    messages.send(message_id=message_id, at=timezone.now())


@shared_task(name="accounts.sweep_messages")
def sweep_messages(**_later: object) -> None:
    """Ring again for mail that waits."""
    from accounts.services import messages

    messages.sweep(at=timezone.now())
