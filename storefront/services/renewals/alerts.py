"""Renewals above the credit limit: they go on (service continuity), and both sides are told (product.md §8)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.models import Account
from accounts.selectors import bill_to_addresses, operator_addresses
from accounts.services import messages
from config.kernel.locks import lock
from config.kernel.money import Money
from invoicing.selectors import credit
from storefront.models import Renewal
from storefront.selectors import renewals as selectors


def tell(*, at: datetime) -> int:
    """One mail per side for each reseller with renewals nobody was told of. Returns how many resellers."""
    payers = sorted({row.subscription.bill_to_id for row in selectors.over_credit()})
    for payer in payers:
        _tell(payer, at)
    return len(payers)


@transaction.atomic
def _tell(payer: int, at: datetime) -> None:
    account = lock(Account(pk=payer))
    rows = list(selectors.over_credit([payer]))
    if not rows:
        return
    view = credit.exposure(account)
    facts = {
        "name": account.name,
        "code": account.code,
        "available": view.available,
        "rows": [
            {
                "product": row.subscription.order_item.product_name,
                "beneficiary": row.subscription.beneficiary.name,
                "begins_on": row.begins_on,
                "over": Money(row.over_credit_by, account.currency) if row.over_credit_by is not None else None,
            }
            for row in rows
        ],
    }
    for template, to in (
        ("renewal_over_credit", bill_to_addresses(account)),
        ("renewal_over_credit_operator", operator_addresses(account)),
    ):
        messages.queue(template=template, to=to, context=facts, account=account, language=account.language, at=at)
    Renewal.objects.filter(pk__in=[row.pk for row in rows]).update(alerted_at=at)
