"""Where a bill-to receives e-invoices, and what it wants to be quoted on them (documents.md §3)."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import names, peppol
from accounts.models import Account, User
from accounts.services import audit
from config.kernel.errors import DomainError
from config.kernel.locks import lock

FACTS: Final = ("peppol_scheme", "peppol_id", "buyer_reference")
LONGEST: Final = 100


class ReferenceTooLong(DomainError):
    """A reference is a number or a name, not a letter."""

    user_message = _("Use at most 100 characters.")
    field = "buyer_reference"


@transaction.atomic
def set_address(
    *, account: Account, scheme: str, identifier: str, reference: str, by: User | None, at: datetime
) -> Account:
    """Keep the Peppol address and the buyer reference of an account, all empty to have none.

    Counts for documents issued from now on. Raises BadText (with field), ReferenceTooLong.
    """
    account = lock(account)
    reference = names.clean_text(reference)
    if len(reference) > LONGEST:
        raise ReferenceTooLong
    before = {name: str(getattr(account, name)) for name in FACTS}
    after = dict(zip(FACTS, (*peppol.checked(scheme, identifier), reference), strict=True))
    if before == after:
        return account
    for name, value in after.items():
        setattr(account, name, value)
    account.save(update_fields=list(FACTS))
    audit.record("account.e_invoices", target=account, account=account, by=by, at=at, before=before, after=after)
    return account
