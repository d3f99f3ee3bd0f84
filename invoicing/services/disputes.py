"""Disputes about lines: opened by the reseller or the staff, closed with an outcome; both sides get a mail."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import names
from accounts.models import User
from accounts.selectors import bill_to_addresses, operator_addresses
from accounts.services import audit, messages
from config.kernel import formats
from config.kernel.errors import DomainError
from config.kernel.locks import lock
from config.kernel.money import Money
from invoicing.enums import DISPUTE_TRANSITIONS, DisputeState
from invoicing.models import Dispute, InvoiceItem
from invoicing.rendering.paper import LANGUAGES
from invoicing.selectors.disputes import disputable
from invoicing.totals import tax_of

OPENED: Final = "dispute_opened"
CLOSED: Final = "dispute_closed"
LONGEST: Final = 1000


class NotDisputable(DomainError):
    """Only a line that is owed and not disputed yet."""

    user_message = _("This line cannot be disputed: it is in dispute already, or nothing is owed for it.")
    field = "item"


class WordsNeeded(DomainError):
    """The other side must be able to judge."""

    user_message = _("Say what is wrong, in up to 1,000 characters.")
    field = "reason"


class PartOfLine(DomainError):
    """A part is more than nothing and not more than the line."""

    user_message = _("Enter a net amount above 0 and up to %(line)s, or leave it empty for the whole line.")
    field = "part_net"


class OutcomeNeeded(DomainError):
    """Whoever disputed is told why."""

    user_message = _("Say what came of it, in up to 1,000 characters.")
    field = "outcome"


@transaction.atomic
def open_dispute(*, item: InvoiceItem, reason: str, by: User, at: datetime, part_net: Decimal | None = None) -> Dispute:
    """Hold a line to be wrong: its amount with tax is not dunned for until somebody decides.

    `part_net` is the net amount of the part that is wrong, in the invoice's currency; None means the whole line.
    Raises WordsNeeded, NotDisputable, PartOfLine.
    """
    reason = names.clean_text(reason)
    if not 0 < len(reason) <= LONGEST:
        raise WordsNeeded
    invoice = item.invoice
    lock(invoice.bill_to)
    if not disputable(invoice).filter(pk=item.pk).exists():
        raise NotDisputable
    net = item.net if part_net is None else _part(item, part_net)
    dispute = Dispute.objects.create(
        item=item,
        invoice=invoice,
        bill_to=invoice.bill_to,
        currency=invoice.currency,
        part_net=None if net == item.net else net,
        amount=net + tax_of(net, item.tax_rate),
        reason=reason,
        opened_at=at,
        opened_by=by,
    )
    facts = {"invoice": invoice.number, "line": item.position, "amount": str(dispute.amount)}
    audit.record("dispute.opened", target=dispute, account=invoice.bill_to, by=by, at=at, reason=reason, after=facts)
    _tell(OPENED, dispute, by=by, at=at)
    return dispute


def _part(item: InvoiceItem, net: Decimal) -> Decimal:
    if not net.is_finite() or not 0 < net <= item.net or net != round(net, 2):
        raise PartOfLine(line=formats.money(item.net, item.currency))
    return net


@transaction.atomic
def close(*, dispute: Dispute, state: DisputeState, outcome: str, by: User, at: datetime) -> Dispute:
    """Accept or reject it, or withdraw it, and say why. What is accepted is credited by a credit invoice of its own.

    Raises OutcomeNeeded, InvalidTransition.
    """
    outcome = names.clean_text(outcome)
    if not 0 < len(outcome) <= LONGEST:
        raise OutcomeNeeded
    dispute = lock(dispute)
    DISPUTE_TRANSITIONS.check(DisputeState(dispute.state), state)
    dispute.mark_closed(state, outcome=outcome, by=by, at=at)
    facts = {"state": state.value}
    audit.record("dispute.closed", target=dispute, account=dispute.bill_to, by=by, at=at, reason=outcome, after=facts)
    _tell(CLOSED, dispute, by=by, at=at)
    return dispute


def _tell(template: str, dispute: Dispute, *, by: User, at: datetime) -> None:
    account, invoice = dispute.bill_to, dispute.invoice
    facts = {
        "dispute": dispute,
        "invoice": invoice,
        "item": dispute.item,
        "amount": Money(dispute.amount, dispute.currency),
        "account": account,
    }
    sides = (
        (bill_to_addresses(account), f"/invoices/{invoice.public_id}/", account.language),
        (operator_addresses(account), f"/bss/invoicing/dispute/{dispute.pk}/change/", "en"),
    )
    for to, path, language in sides:
        messages.queue(
            template=template,
            to=to,
            context={**facts, "path": path},
            account=account,
            by=by,
            language=language,
            languages=LANGUAGES,
            at=at,
        )
