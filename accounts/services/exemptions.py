"""Accounts that are exempt from VAT: why, and from when to when (product.md §5.2, §12.4)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import names
from accounts.models import Account, User
from accounts.services import audit
from config.kernel.errors import DomainError
from config.kernel.locks import lock

FACTS: Final = ("tax_exempt", "exempt_reason", "exempt_from", "exempt_until")
LONGEST: Final = 200


class ExemptionReasonNeeded(DomainError):
    """The reason stands on every invoice instead of the VAT (EN 16931 BT-120)."""

    user_message = _("Say why it is exempt, in up to 200 characters: the law and the certificate. Invoices print it.")
    field = "exempt_reason"


class ExemptionEndsBeforeItBegins(DomainError):
    """Both days count, so the last one is never before the first."""

    user_message = _("Choose a last day that is not before the first one, or leave it empty.")
    field = "exempt_until"


@transaction.atomic
def set_exemption(
    *,
    account: Account,
    exempt: bool,
    reason: str,
    since: date | None,
    until: date | None,
    by: User | None,
    at: datetime,
) -> Account:
    """Make an account exempt from VAT, or end that; counts for invoices dated within the two days, both included.

    None is open. Issued invoices keep their tax. Raises ExemptionReasonNeeded, ExemptionEndsBeforeItBegins.
    """
    account = lock(account)
    reason = names.clean_text(reason) if exempt else ""
    since, until = (since, until) if exempt else (None, None)
    if exempt and not 0 < len(reason) <= LONGEST:
        raise ExemptionReasonNeeded
    if since and until and until < since:
        raise ExemptionEndsBeforeItBegins
    before = {name: getattr(account, name) for name in FACTS}
    after = dict(zip(FACTS, (exempt, reason, since, until), strict=True))
    if before == after:
        return account
    for name, value in after.items():
        setattr(account, name, value)
    account.save(update_fields=list(FACTS))
    audit.record(
        "account.exemption",
        target=account,
        account=account,
        by=by,
        at=at,
        reason=reason,
        before={name: str(value) for name, value in before.items()},
        after={name: str(value) for name, value in after.items()},
    )
    return account
