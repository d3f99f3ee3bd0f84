"""I25 on real schedules: the same data, invoiced together and apart, at 5, 19 and 24 % VAT (reliability.md §4.1)."""

import random
from collections import Counter
from datetime import date
from decimal import Decimal

import pytest

from invoicing.selectors.calculation import calculate
from invoicing.selectors.due import dues_of
from invoicing.totals import tax_of
from tests.simulation.world import PRODUCTS, World

pytestmark = pytest.mark.django_db
THROUGH = date(2026, 3, 31)
FLAGS = 60


@pytest.fixture
def world():
    """Per rate a reseller with nine who use services, seats that came and went, and things charged by hand."""
    chance, world = random.Random(19), World()
    for country in ("CY", "DE", "GR"):
        world.found_reseller(day=chance.randint(1, 31), at_once=False, customers=7, country=country)
    for user in world.users:
        for product in chance.sample(sorted(PRODUCTS), 2):
            world.order(user, product, chance.randint(1, 30), Decimal(chance.randint(10_000, 999_999)) / 10_000)
    world.pass_days(9)
    for schedule in chance.sample(world.active(), 20):
        world.resize(schedule, chance.randint(1, 30))
    for user in chance.sample(world.users, 9):
        world.charge(user, chance.randint(-300, 3_000))
    return world


def lines_of(found):
    return Counter(str(line.identity) for line in found.lines if line.net)


@pytest.mark.parametrize(("place", "rate"), enumerate(["5", "19", "24"]))
def test_flags_change_how_many_documents_but_no_line_no_net_and_tax_by_cents(world, place, rate):
    payer, chance = world.payers[place], random.Random(place)
    dues = dues_of([payer.pk], through=THROUGH)
    together = calculate(dues, payer.pk, through=THROUGH, invoice_on=THROUGH)
    assert len(together.lines) > 20
    assert [len(together.drafts), together.held] == [1, ""]
    differed = 0

    for _case in range(FLAGS):
        for account in dues.users[payer.pk]:
            account.separate_invoices = chance.random() < 0.5
        apart = calculate(dues, payer.pk, through=THROUGH, invoice_on=THROUGH)
        if apart.held:
            continue

        assert lines_of(apart) == lines_of(together)
        assert apart.total("net") == together.total("net")
        assert abs(apart.total("tax") - together.total("tax")) <= Decimal("0.005") * (len(apart.drafts) + 1)
        for draft in apart.drafts:
            assert draft.totals.net == sum(line.net for line in draft.lines)
            assert draft.totals.tax == tax_of(draft.totals.net, Decimal(rate))
            assert draft.totals.gross == draft.totals.net + draft.totals.tax
        differed += apart.total("tax") != together.total("tax")

    assert differed
