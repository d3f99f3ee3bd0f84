"""Reminders: one mail per reseller and day, each step of an invoice once, nobody who is paused (product.md §12.3)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

import structlog
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import names
from accounts.clock import local_today
from accounts.models import Account, Organisation, User
from accounts.selectors import bill_to_addresses
from accounts.services import audit, messages
from config.kernel import outbox
from config.kernel.errors import DomainError
from config.kernel.locks import lock
from invoicing.models import BillingSettings, Reminder, ReminderLetter, ReminderPause
from invoicing.rendering.paper import LANGUAGES
from invoicing.selectors import reminders as selectors
from invoicing.selectors.reminders import Letter
from invoicing.services import suspensions
from invoicing.services.settling import ReasonNeeded

REMIND: Final = "invoicing.remind"
TEMPLATE: Final = "payment_reminder"
log = structlog.get_logger(__name__)


class PauseInThePast(DomainError):
    """A pause that is over already would do nothing."""

    user_message = _("Choose today or a later day.")
    field = "until"


class PausedAlready(DomainError):
    """One pause at a time."""

    user_message = _("Reminders of this reseller are paused already. End that pause first.")


def sweep(*, at: datetime) -> int:
    """Ring for each reseller with a mail today, from the local hour of the options on; returns how many.

    It is asked again and again: who has had the mail of the day is not found any more, and a missed hour is made up
    on the same day.
    """
    settings = BillingSettings.objects.filter(pk=1).first() or BillingSettings()
    if at.astimezone(ZoneInfo(Organisation.get().time_zone)).hour < settings.reminder_hour:
        return 0
    suspensions.sweep(at=at)
    found = selectors.letters(on=local_today(at))
    with transaction.atomic():
        for letter in found:
            outbox.add(REMIND, account_id=letter.bill_to.pk)
    return len(found)


@transaction.atomic
def remind(*, account: Account, at: datetime) -> ReminderLetter | None:
    """Write today's mail to one reseller, or nothing when there is none to write; safe to repeat.

    A reseller without any address is not noted as reminded.
    """
    account = lock(account)
    today = local_today(at)
    letter = next(iter(selectors.letters(on=today, bill_to=account)), None)
    if letter is None:
        return None
    to = [address for address in bill_to_addresses(account) if address]
    if not to:
        log.warning("reminder.no_address", bill_to=account.pk)
        return None
    message = messages.queue(
        template=TEMPLATE,
        to=to,
        context={"letter": letter, "account": account, "today": today},
        account=account,
        language=account.language,
        languages=LANGUAGES,
        at=at,
    )
    assert message is not None, "there are addresses"
    row = ReminderLetter.objects.create(
        bill_to=account,
        sent_on=today,
        step=letter.step,
        currency=letter.total.currency,
        amount=letter.total.amount,
        message=message,
        at=at,
    )
    _remember(row, letter)
    log.info("reminder.sent", bill_to=account.pk, invoices=len(letter.lines), step=letter.step)
    return row


def _remember(row: ReminderLetter, letter: Letter) -> None:
    Reminder.objects.bulk_create(
        Reminder(letter=row, invoice=line.invoice, step=line.step, open_amount=line.open, disputed=line.disputed)
        for line in letter.lines
        if line.is_new
    )


@transaction.atomic
def pause(*, bill_to: Account, until: date, reason: str, by: User, at: datetime) -> ReminderPause:
    """Leave a reseller alone through a day. Raises ReasonNeeded, PauseInThePast, PausedAlready."""
    reason = names.clean_text(reason)[:250]
    if not reason:
        raise ReasonNeeded
    today = local_today(at)
    if until < today:
        raise PauseInThePast
    bill_to = lock(bill_to)
    for old in ReminderPause.objects.filter(bill_to=bill_to, ended_at=None):
        if old.until >= today:
            raise PausedAlready
        old.mark_ended(by=by, at=at)
    row = ReminderPause.objects.create(bill_to=bill_to, until=until, reason=reason, at=at, by=by)
    facts = {"until": until.isoformat()}
    audit.record("reminders.paused", target=row, account=bill_to, by=by, at=at, reason=reason, after=facts)
    return row


@transaction.atomic
def resume(*, bill_to: Account, by: User, at: datetime) -> None:
    """Remind a reseller again."""
    bill_to = lock(bill_to)
    for row in ReminderPause.objects.filter(bill_to=bill_to, ended_at=None):
        row.mark_ended(by=by, at=at)
        audit.record("reminders.resumed", target=row, account=bill_to, by=by, at=at)
