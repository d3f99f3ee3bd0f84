"""What an invoice copies of seller and buyer when it is issued (`Invoice.seller`, `.buyer`, `.payment`).

The keys are the names that `invoicing.selectors.documents.build` reads. Nothing is looked up again after issue.
"""

from __future__ import annotations

from accounts.models import Account, Organisation

ADDRESS = ("address_line1", "address_line2", "postcode", "city", "region")
SELLER = ("legal_name", "trade_name", "vat_number", "register_entry", "email", "phone", "peppol_scheme", "peppol_id")
BUYER = ("code", "name", "vat_number", "peppol_scheme", "peppol_id", "buyer_reference")


def seller(organisation: Organisation) -> dict[str, str]:
    """The distributor as it is now: names, address, VAT number, register entry, contact, Peppol address, colour."""
    facts = {name: str(getattr(organisation, name)) for name in (*SELLER, *ADDRESS)}
    return {
        **facts,
        "country": str(organisation.country),
        "accent_colour": str(getattr(organisation, "accent_colour", "") or ""),
    }


def buyer(account: Account) -> dict[str, str]:
    """The bill-to as it is now: code, name, address, VAT number, Peppol address, what it wants to be quoted."""
    facts = {name: str(getattr(account, name)) for name in (*BUYER, *ADDRESS)}
    return {**facts, "country": str(account.country)}


def payment(organisation: Organisation, *, reference: str, method: str, days: int | None) -> dict[str, object]:
    """How the invoice is paid: bank data, the reference to quote, the method in words, the term in days.

    `reference` is the bill-to's code and the number of the document: what a bank statement shows must find both.
    """
    return {
        "account_holder": organisation.legal_name,
        "iban": organisation.iban,
        "bic": organisation.bic,
        "bank_name": organisation.bank_name,
        "reference": reference,
        "method": method,
        "days": days,
    }
