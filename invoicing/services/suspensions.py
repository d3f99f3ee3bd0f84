"""Proposals to suspend: made by the daily reminders, decided by a person, never carried out by themselves."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final

import structlog
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import names
from accounts.clock import local_today
from accounts.models import Account, User
from accounts.services import audit
from config.kernel.errors import DomainError
from config.kernel.locks import lock
from invoicing.enums import SUSPENSION_TRANSITIONS, SuspensionState
from invoicing.models import BillingSettings, SuspensionProposal
from invoicing.selectors.reminders import LongOverdue, long_overdue
from resellers.services import resellers

LONGEST: Final = 300
log = structlog.get_logger(__name__)


class SuspensionReasonNeeded(DomainError):
    """Sales, support and the reseller will ask."""

    user_message = _("Say why, in up to 300 characters: it is kept with your name.")
    field = "reason"


class StateNotChosen(DomainError):
    """A person stops new orders or goes on; settled is what money does."""

    user_message = _("Choose whether new orders are stopped.")
    field = "state"


@transaction.atomic
def sweep(*, at: datetime) -> int:
    """Propose for each reseller that owes longer than the options say; settle what was paid. Returns how many are new.

    Once a reseller was decided about, only an invoice that passes the limit later makes another proposal. Safe to
    repeat: one open proposal per reseller.
    """
    limit = BillingSettings.objects.filter(pk=1).values_list("suspend_after", flat=True).first()
    today = local_today(at)
    owing = {row.bill_to.pk: row for row in long_overdue(on=today, days=limit)} if limit else {}
    for proposal in SuspensionProposal.objects.filter(state=SuspensionState.OPEN).exclude(bill_to__in=owing):
        proposal.mark_decided(SuspensionState.SETTLED, reason="", by=None, at=at)
    open_for = set(SuspensionProposal.objects.filter(state=SuspensionState.OPEN).values_list("bill_to", flat=True))
    made = [row for pk, row in owing.items() if pk not in open_for and _is_news(row, limit or 0)]
    for row in made:
        _propose(row, today, at)
    return len(made)


def _is_news(row: LongOverdue, limit: int) -> bool:
    """Whether an invoice passed the limit after the last decision about the reseller."""
    last = SuspensionProposal.objects.filter(bill_to=row.bill_to).order_by("-pk").first()
    if last is None or last.state == SuspensionState.SETTLED or last.decided_at is None:
        return True
    return row.newest_due_on + timedelta(days=limit) > local_today(last.decided_at)


def _propose(row: LongOverdue, today: date, at: datetime) -> None:
    SuspensionProposal.objects.create(
        bill_to=row.bill_to,
        proposed_on=today,
        due_on=row.oldest_due_on,
        currency=row.amount.currency,
        amount=row.amount.amount,
        at=at,
    )
    log.info("suspension.proposed", bill_to=row.bill_to.pk)


@transaction.atomic
def decide(
    *, proposal: SuspensionProposal, state: SuspensionState, reason: str, by: User, at: datetime
) -> SuspensionProposal:
    """Stop new orders of the reseller and its customers, or go on; running services go on either way.

    Raises StateNotChosen, SuspensionReasonNeeded, InvalidTransition.
    """
    if state not in {SuspensionState.STOPPED, SuspensionState.LEFT}:
        raise StateNotChosen
    reason = names.clean_text(reason)
    if not 0 < len(reason) <= LONGEST:
        raise SuspensionReasonNeeded
    account: Account = lock(proposal.bill_to)
    proposal = lock(proposal)
    SUSPENSION_TRANSITIONS.check(SuspensionState(proposal.state), state)
    if state is SuspensionState.STOPPED and account.ordering_enabled:
        resellers.stop_ordering(reseller=account.reseller, reason=reason, by=by, at=at)
    proposal.mark_decided(state, reason=reason, by=by, at=at)
    facts = {"state": state.value, "amount": str(proposal.amount)}
    audit.record("suspension.decided", target=proposal, account=account, by=by, at=at, reason=reason, after=facts)
    return proposal
