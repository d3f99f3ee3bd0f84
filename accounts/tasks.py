"""Background work of accounts: mail."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone


@shared_task(name="accounts.send_message")
def send_message(*, message_id: int, **_later: object) -> None:
    """Send one stored message."""
    from accounts.services import sending

    sending.send(message_id=message_id, at=timezone.now())


@shared_task(name="accounts.send_bulk")
def send_bulk(*, message_id: int, **_later: object) -> None:
    """Send one stored message of which there are many: on a queue of its own, behind no order and before no order."""
    from accounts.services import sending

    sending.send(message_id=message_id, at=timezone.now())


@shared_task(name="accounts.sweep_messages")
def sweep_messages(**_later: object) -> None:
    """Ring again for mail that waits."""
    from accounts.services import sending

    sending.sweep(at=timezone.now())


@shared_task(name="accounts.check_vat_number")
def check_vat_number(*, account_id: int, by_id: int | None = None, **_later: object) -> None:
    """Ask whether an account's VAT number is registered, and record the answer."""
    from accounts.services import vat_checks

    vat_checks.check(account_id=account_id, by_id=by_id, at=timezone.now())


@shared_task(name="accounts.sweep_vat_checks")
def sweep_vat_checks(**_later: object) -> None:
    """Ask again for numbers of which nothing is known yet."""
    from accounts.services import vat_checks

    vat_checks.sweep(at=timezone.now())
