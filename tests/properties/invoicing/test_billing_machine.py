"""Any sequence of orders, changes, credits, payments and runs, on PostgreSQL: every audit holds after every step.

Hypothesis draws the sequences from a fixed seed; `--long` plays many more, from a seed of their own.
"""

from collections import Counter
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from invoicing.models import Payment
from tests.simulation.world import PRODUCTS, World

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
QUANTITIES = st.integers(1, 30)
PRICES = st.integers(10_000, 999_999).map(lambda units: Decimal(units) / 10_000)
CENTS = st.integers(1, 50_000)
ANY = st.integers(0, 10**6)


ACTS = (
    "order",
    "resize",
    "cancel",
    "reprice",
    "resume",
    "flag",
    "charge",
    "credit",
    "bill anew",
    "pay",
    "reverse",
    "renew",
    "run",
)
TOTAL = Counter()


def one_of(rows, place):
    return rows[place % len(rows)]


class Billing(RuleBasedStateMachine):
    """Two resellers, one billed at once and one on its billing day; each example is rolled back."""

    def __init__(self):
        super().__init__()
        self.undo = transaction.atomic()
        self.undo.__enter__()
        self.world = World()

    def teardown(self):
        TOTAL.update(self.world.happened)
        transaction.set_rollback(True)
        self.undo.__exit__(None, None, None)

    @initialize(first=st.integers(1, 31), second=st.integers(1, 31), country=st.sampled_from(["CY", "DE"]))
    def found(self, first, second, country):
        self.world.found_reseller(day=first, at_once=False, customers=2, country=country)
        self.world.found_reseller(day=second, at_once=True, customers=1)
        for place, product in enumerate(PRODUCTS):
            self.world.order(one_of(self.world.users, place), product, 2 + place, Decimal("12.3456") * (place + 1))

    @rule(who=ANY, product=st.sampled_from(sorted(PRODUCTS)), quantity=QUANTITIES, price=PRICES)
    def order(self, who, product, quantity, price):
        self.world.order(one_of(self.world.users, who), product, quantity, price)

    @precondition(lambda self: self.world.active())
    @rule(which=ANY, quantity=QUANTITIES)
    def seats(self, which, quantity):
        self.world.resize(one_of(self.world.active(), which), quantity)

    @precondition(lambda self: self.world.active())
    @rule(which=ANY, now=st.booleans())
    def cancel(self, which, now):
        self.world.cancel(one_of(self.world.active(), which), now=now)

    @precondition(lambda self: self.world.active())
    @rule(which=ANY, price=PRICES, now=st.booleans())
    def price(self, which, price, now):
        self.world.reprice(one_of(self.world.active(), which), price, now=now)

    @precondition(lambda self: self.world.ending())
    @rule(which=ANY)
    def revoke(self, which):
        self.world.resume(one_of(self.world.ending(), which))

    @rule(who=ANY, alone=st.booleans())
    def mode(self, who, alone):
        self.world.flag(one_of(self.world.users, who), alone=alone)

    @rule(who=ANY, cents=st.integers(-2_000, 20_000))
    def charge(self, who, cents):
        self.world.charge(one_of(self.world.users, who), cents)

    @precondition(lambda self: self.world.debits())
    @rule(which=ANY, part=st.none() | st.integers(1, 120))
    def credit(self, which, part):
        self.world.credit(one_of(self.world.debits(), which), part)

    @precondition(lambda self: self.world.debits())
    @rule(which=ANY)
    def bill_anew(self, which):
        self.world.bill_anew(one_of(self.world.debits(), which))

    @rule(who=ANY, cents=CENTS)
    def pay(self, who, cents):
        self.world.pay(one_of(self.world.payers, who), cents)

    @precondition(lambda self: Payment.objects.exists())
    @rule(which=ANY)
    def reverse(self, which):
        self.world.reverse(one_of(list(Payment.objects.order_by("pk")), which))

    @rule(days=st.integers(1, 45))
    def tick(self, days):
        self.world.pass_days(days)

    @rule(days=st.integers(0, 31))
    def run(self, days):
        self.world.pass_days(days)
        self.world.bill()
        self.world.charged_far_enough()
        self.world.bill_again_makes_nothing()

    @invariant()
    def audits_hold(self):
        self.world.holds()


def test_every_audit_holds_whatever_happens(request, db):
    long = request.config.getoption("--long")
    play = settings(
        max_examples=150 if long else 12,
        stateful_step_count=60 if long else 18,
        derandomize=not long,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink] if long else [Phase.generate],
        print_blob=True,
    )

    run_state_machine_as_test(Billing, settings=play)

    assert len([act for act in ACTS if TOTAL[act]]) > len(ACTS) - 3, TOTAL
