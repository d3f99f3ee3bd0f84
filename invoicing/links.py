"""Signed download links: each opens one document, or one mail's documents as a ZIP, of one account, until a moment.

The link carries what it opens and is worth nothing for anything else (reliability.md S13). Whoever noted that the mail
came back has revoked its links: that is looked up when one is used.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from django.core import signing

SALT: Final = "invoicing.document-link"


class NotALink(Exception):
    """The text was not signed by us, or is cut."""


@dataclass(frozen=True, slots=True)
class DocumentLink:
    """What a link opens: public ids of the delivery, its account, and the invoice ("" means all, as a ZIP)."""

    delivery: str
    account: str
    invoice: str
    until: datetime

    @property
    def token(self) -> str:
        """The link's last part."""
        facts = [self.delivery, self.account, self.invoice, int(self.until.timestamp())]
        return signing.dumps(facts, salt=SALT, compress=False)

    def is_over(self, at: datetime) -> bool:
        """Whether it has expired."""
        return at >= self.until


def read(token: str) -> DocumentLink:
    """The link of a token. Raises NotALink, whatever is wrong with it."""
    try:
        delivery, account, invoice, until = signing.loads(token, salt=SALT)
        return DocumentLink(str(delivery), str(account), str(invoice), datetime.fromtimestamp(int(until), UTC))
    except (signing.BadSignature, ValueError, TypeError, OverflowError) as error:
        raise NotALink from error
