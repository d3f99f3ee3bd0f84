"""The QR code of the payment box: a SEPA credit transfer after EPC069-12, version 002."""

from __future__ import annotations

from decimal import Decimal

import segno
from stdnum import iban as iban_rules
from stdnum.exceptions import ValidationError

from config.kernel.money import Money
from invoicing.rendering.document import Payment
from invoicing.rendering.paper import plain

SMALLEST, LARGEST = Decimal("0.01"), Decimal("999999999.99")


def payload(payment: Payment, amount: Money) -> str | None:
    """The twelve lines that banking apps read; None when no SEPA transfer can be described.

    That is so for other currencies than the euro, amounts outside EPC069-12's range, and without a valid IBAN.
    """
    if amount.currency != "EUR" or not SMALLEST <= amount.amount <= LARGEST:
        return None
    try:
        account = iban_rules.validate(payment.iban)
    except ValidationError:
        return None
    holder, reference = plain(payment.account_holder)[:70], plain(payment.reference)[:140]
    lines = ["BCD", "002", "1", "SCT", plain(payment.bic).replace(" ", ""), holder, account]
    return "\n".join([*lines, f"EUR{amount.amount:.2f}", "", "", reference])


def svg(payment: Payment, amount: Money) -> str:
    """The code as inline SVG with its quiet zone, dark on white; empty when there is nothing to encode."""
    text = payload(payment, amount)
    if text is None:
        return ""
    code = segno.make(text, error="m", encoding="utf-8", micro=False, boost_error=False)
    return str(code.svg_inline(border=4, dark="#000000", light="#ffffff", omitsize=True, svgclass=None, lineclass=None))
