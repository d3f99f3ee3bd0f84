"""Whatever prices and seats do, and whenever a run comes: the charges of each day sum to what that day costs."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from config.kernel.errors import DomainError
from invoicing.models import BillingSchedule, Charge
from invoicing.proration import cycle_holding
from invoicing.services import price_changes, schedules
from tests.integration.invoicing import cast

pytestmark = pytest.mark.django_db
FIRST = date(2026, 3, 1)
DAY = timedelta(days=1)
HALF_A_CENT = Fraction(5, 1000)
PRICES = st.integers(0, 300_000).map(lambda units: Decimal(units) / 10_000)
ACTS = st.lists(
    st.tuples(
        st.integers(0, 9),
        st.one_of(
            st.tuples(st.just("price"), PRICES),
            st.tuples(st.just("price ahead"), PRICES),
            st.tuples(st.just("seats to"), st.integers(1, 12)),
            st.tuples(st.just("bill"), st.integers(0, 20)),
            st.tuples(st.just("end"), st.integers(1, 60)),
            st.tuples(st.just("revoke"), st.none()),
        ),
    ),
    min_size=1,
    max_size=12,
)


HAPPENED: Counter[str] = Counter()


class Ledger:
    """One aligned service, and what it is meant to cost on each day."""

    def __init__(self, start: date, billing_day: int, price: Decimal) -> None:
        cast.organisation()
        cast.vat()
        self.payer = cast.reseller(billing_day_rule="fixed", billing_day=billing_day)
        self.billing_day, self.start, self.day = billing_day, start, start
        self.seats: dict[date, int] = {start: 5}
        self.prices: dict[date, Decimal] = {start: price}
        opened = cast.opened(self.payer, self.payer, 5, on=start, refund_policy="day", price=price)
        self.schedule = schedules.confirm(schedule=opened, start_on=start, at=self.at)

    @property
    def at(self) -> datetime:
        return datetime.combine(self.day, time(10), UTC)

    def act(self, kind: str, value: object) -> None:
        if kind == "bill":
            cast.bill(self.day + value * DAY, at=self.at)
            return
        try:
            with transaction.atomic():
                getattr(self, kind.replace(" ", "_"))(value)
        except DomainError:
            return

    def price(self, price: Decimal) -> None:
        """Not on a day on which units leave: those keep their price for it, which no ledger of days can tell."""
        self.day += DAY * (self.day + DAY in self.seats)
        self._reprice(price, self.day)

    def price_ahead(self, price: Decimal) -> None:
        self.schedule.refresh_from_db()
        self._reprice(price, price_changes.next_period_start(self.schedule, today=self.day))

    def _reprice(self, price: Decimal, on: date) -> None:
        facts = {"price": price, "on": on, "by": None, "at": self.at, "price_source": "x"}
        price_changes.change_price(schedule=self.schedule, **facts)
        self.prices[on] = price

    def seats_to(self, seats: int) -> None:
        self.schedule.refresh_from_db()
        on = self.day if seats > self.schedule.quantity else self.day + DAY
        schedules.change_quantity(schedule=self.schedule, quantity=seats, on=on, by=None, at=self.at)
        self.seats[on] = seats

    def end(self, days: int) -> None:
        schedules.end(schedule=self.schedule, on=self.day + days * DAY, by=None, at=self.at)
        HAPPENED["end"] += 1

    def revoke(self, _none: None) -> None:
        before = BillingSchedule.objects.get(pk=self.schedule.pk).end_on
        schedules.resume(schedule=self.schedule, by=None, at=self.at)
        HAPPENED["revoke"] += before is not None

    def owed(self, through: date) -> Fraction:
        """Of all days before `through`, exactly."""
        total, day = Fraction(0), self.start
        while day < through:
            cycle = cycle_holding(day, self.start, self.billing_day, 1)
            total += Fraction(_latest(self.prices, day)) * _latest(self.seats, day) / cycle.days
            day += DAY
        return total


def _latest(values: dict, day: date):
    return values[max(on for on in values if on <= day)]


@given(start=st.integers(0, 30), billing_day=st.integers(1, 31), price=PRICES, acts=ACTS)
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    database=None,
    phases=[Phase.generate],
)
def test_the_charges_sum_to_what_each_day_costs(start, billing_day, price, acts):
    with transaction.atomic():
        ledger = Ledger(FIRST + start * DAY, billing_day, price)

        for days, (kind, value) in acts:
            ledger.day += days * DAY
            ledger.act(kind, value)
        ledger.day += 40 * DAY
        cast.bill(ledger.day, at=ledger.at)

        rows = list(Charge.objects.filter(schedule=ledger.schedule))
        ledger.schedule.refresh_from_db()
        charged = Fraction(sum(row.net for row in rows))
        through = min(filter(None, [ledger.schedule.charged_through, ledger.schedule.end_on]))
        assert abs(charged - ledger.owed(through)) <= HALF_A_CENT * len(rows)
        _each_charge_can_be_counted_again(rows)
        before = len(rows)
        cast.bill(ledger.day, at=ledger.at)
        assert Charge.objects.filter(schedule=ledger.schedule).count() == before
        assert cast.broken() == []
        transaction.set_rollback(True)


def test_ends_were_planned_and_revoked():
    """The examples above are drawn from a fixed seed, so this says that they mean something."""
    assert min(HAPPENED["end"], HAPPENED["revoke"]) > 3, HAPPENED


def _each_charge_can_be_counted_again(rows: list[Charge]) -> None:
    by_kind = defaultdict(list)
    for row in rows:
        exact = row.quantity * Fraction(row.unit_price) * row.factor
        assert abs(exact - Fraction(row.net)) <= HALF_A_CENT, row
        by_kind[row.kind].append(row)
    assert by_kind["stub"] or by_kind["cycle"]
