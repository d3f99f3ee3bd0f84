"""What the next term will cost, told 30 days ahead: one mail per reseller and day (product.md M5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from django.db import transaction

from accounts.clock import local_today
from accounts.models import Account, Message, Organisation
from accounts.selectors import bill_to_addresses
from accounts.services import messages
from config.kernel import outbox
from config.kernel.locks import lock
from config.kernel.money import Money
from storefront.models import Renewal, Subscription
from storefront.selectors import renewals as selectors

ANNOUNCE: Final = "storefront.announce_renewals"
TEMPLATE: Final = "renewals_announced"
LONG_MONTHS: Final = 12


@dataclass(frozen=True, slots=True)
class _Line:
    row: Subscription
    begins_on: date
    price: Decimal

    @property
    def facts(self) -> dict[str, object]:
        row, schedule = self.row, self.row.schedule
        assert schedule is not None
        return {
            "product": row.order_item.product_name,
            "beneficiary": row.beneficiary.name,
            "quantity": row.quantity,
            "term": row.offer.get_term_display(),
            "begins_on": self.begins_on,
            "old": Money(schedule.price, row.currency),
            "new": Money(self.price, row.currency),
            "changes": schedule.price != self.price,
        }


def sweep_announcements(*, at: datetime) -> int:
    """Ring for each reseller with renewals that may have to be announced; returns how many."""
    payers = selectors.payers(selectors.to_announce(today=local_today(at)))
    with transaction.atomic():
        for payer in payers:
            outbox.add(ANNOUNCE, account_id=payer.pk)
    return len(payers)


@transaction.atomic
def announce(*, account: Account, at: datetime) -> int:
    """Tell the Bill-To contacts of one reseller about its renewals in the next 30 days; returns how many it told.

    Terms of a year and more are always told, shorter ones when the price changes; each once, and at most one mail a
    day. A price that is not known yet is looked for again tomorrow.
    """
    account = lock(account)
    today = local_today(at)
    if _told_today(account, today):
        return 0
    rows = selectors.to_announce(today=today).filter(bill_to=account)
    related = ("schedule", "offer__product", "bill_to__reseller", "bill_to__bill_to", "beneficiary", "order_item")
    lines = [line for row in rows.select_related(*related).order_by("term_end_on", "pk") if (line := _line(row))]
    if not lines:
        return 0
    facts = {"name": account.name, "rows": [line.facts for line in lines]}
    messages.queue(
        template=TEMPLATE, to=bill_to_addresses(account), context=facts, account=account, language=account.language,
        at=at,
    )  # fmt: skip
    for line in lines:
        Renewal.objects.update_or_create(
            subscription=line.row,
            begins_on=line.begins_on,
            defaults={"announced_at": at, "announced_price": line.price},
            create_defaults={"announced_at": at, "announced_price": line.price, "created_at": at},
        )
    return len(lines)


def _line(row: Subscription) -> _Line | None:
    schedule = row.schedule
    if schedule is None or schedule.term_end_on is None:
        return None
    price = selectors.price_on(row, on=schedule.term_end_on).amount
    is_long = (schedule.term_months or 0) >= LONG_MONTHS
    if price is None or (price == schedule.price and not is_long):
        return None
    return _Line(row, schedule.term_end_on, price)


def _told_today(account: Account, today: date) -> bool:
    midnight = datetime.combine(today, time(0), ZoneInfo(Organisation.get().time_zone))
    return Message.objects.filter(account=account, template=TEMPLATE, created_at__gte=midnight).exists()
