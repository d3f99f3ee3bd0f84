"""A year of a small distributor, day by day, with random events: all audits hold each month (reliability.md §9.2).

`./run test` plays ten resellers with ten services each, `--long` two hundred with twenty each. The seed is fixed, so a
year that goes wrong goes wrong again.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest

from config.kernel.periods import add_months
from invoicing.models import BillingRun, BillingSchedule, Invoice, NumberSeries, Payment
from tests.simulation.world import PRODUCTS, World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
SEED = 2026
MONTHS = 12
USUAL = [name for name in PRODUCTS if name.startswith(("aligned", "year"))]


class Year:
    """Chance decides what happens on a day; each event comes as often as its weight says."""

    def __init__(self, resellers: int, services: int) -> None:
        self.chance = random.Random(SEED)
        self.world = World()
        self.services = services
        for number in range(resellers):
            country = self.chance.choice(("CY", "DE", "GR"))
            day, at_once = self.chance.choice((1, 1, 15, 31)), number % 3 == 0
            self.world.found_reseller(day=day, at_once=at_once, customers=4, country=country)
        self.events: dict[Callable[[], object], int] = {
            self.seats: 30,
            self.cancel: 8,
            self.price: 6,
            self.revoke: 3,
            self.order: 10,
            self.mode: 6,
            self.charge: 6,
            self.credit: 5,
            self.bill_anew: 2,
            self.pay: 25,
            self.reverse: 2,
        }

    def pick(self, rows: list) -> object:
        return self.chance.choice(rows) if rows else None

    def order(self, product: str = "") -> None:
        product = product or self.chance.choice(list(PRODUCTS))
        price = Decimal(self.chance.randint(10_000, 999_999)) / 10_000
        self.world.order(self.chance.choice(self.world.users), product, self.chance.randint(1, 40), price)

    def seats(self) -> None:
        if one := self.pick(self.world.active()):
            self.world.resize(one, max(1, one.quantity + self.chance.randint(-4, 6)))

    def cancel(self) -> None:
        if one := self.pick(self.world.active()):
            self.world.cancel(one, now=self.chance.random() < 0.5)

    def price(self) -> None:
        if one := self.pick(self.world.active()):
            price = one.price * self.chance.randint(70, 140) / 100
            self.world.reprice(one, price.quantize(Decimal("0.0001")), now=self.chance.random() < 0.5)

    def revoke(self) -> None:
        if one := self.pick(self.world.ending()):
            self.world.resume(one)

    def mode(self) -> None:
        self.world.flag(self.chance.choice(self.world.users), alone=self.chance.random() < 0.5)

    def charge(self) -> None:
        self.world.charge(self.chance.choice(self.world.users), self.chance.randint(-500, 5_000))

    def credit(self) -> None:
        if one := self.pick(self.world.debits()):
            self.world.credit(one, self.pick([None, 10, 50, 100]))

    def bill_anew(self) -> None:
        if one := self.pick(self.world.debits()):
            self.world.bill_anew(one)

    def pay(self) -> None:
        self.world.pay(self.chance.choice(self.world.payers), self.chance.randint(100, 200_000))

    def reverse(self) -> None:
        if one := self.pick(list(Payment.objects.order_by("pk"))):
            self.world.reverse(one)

    def live(self, until: date, events: int) -> None:
        """So many events on random days before the date, then that date."""
        days = sorted(self.chance.randrange((until - self.world.day).days) for _ in range(events))
        began = self.world.day
        for day in days:
            self.world.pass_days(day - (self.world.day - began).days)
            [event] = self.chance.choices(list(self.events), weights=list(self.events.values()))
            event()
        self.world.pass_days((until - self.world.day).days)


def test_every_audit_holds_every_month_of_a_year(request, record_property):
    long = request.config.getoption("--long")
    resellers, services = (200, 20) if long else (10, 10)
    year = Year(resellers, services)
    for _number in range(resellers * services):
        year.order(year.chance.choice(USUAL))

    for month in range(1, MONTHS + 1):
        until = add_months(date(2026, 1, 1), month)
        year.live(until, events=resellers * services // 5)
        year.world.bill()
        year.world.charged_far_enough()
        year.world.bill_again_makes_nothing()
        year.world.holds()

    made = {series.key: series.last_number for series in NumberSeries.objects.all()}
    assert sum(made.values()) == Invoice.objects.count() > resellers * MONTHS
    assert all(
        year.world.happened[name] for name in ("order", "resize", "cancel", "reprice", "credit", "pay", "renew", "run")
    )
    assert BillingRun.objects.exclude(state__in=("done", "done_with_errors")).count() == 0
    record_property("year", f"{BillingSchedule.objects.count()} services, {made}, {dict(year.world.happened)}")
