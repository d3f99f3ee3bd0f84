"""The usage charge rule: first days by day, or a whole period (E10); the quote is what is charged."""

from datetime import date
from decimal import Decimal

import pytest

from invoicing.models import Charge, Invoice
from invoicing.services import schedules
from tests.integration.invoicing import cast
from tests.integration.invoicing.cast import NOON, TWELVE, bill, sold
from tests.integration.invoicing.runs import APRIL, assert_nothing_new

pytestmark = pytest.mark.django_db
MARCH_20 = date(2026, 3, 20)


@pytest.fixture
def payer(db):
    cast.organisation()
    cast.vat()
    return cast.reseller()


@pytest.mark.parametrize(("rule", "net"), [("full", "60.00"), ("days", "23.23")])
def test_e10_the_first_days_cost_what_the_rule_says(payer, rule, net):
    quoted = schedules.first_period(
        bill_to=payer, quantity=5, price=TWELVE, cycle_months=1, proratable=True, usage_rule=rule, on=MARCH_20
    )

    schedule = sold(payer, payer, 5, on=MARCH_20, usage_rule=rule)
    run = bill(APRIL)

    [stub, cycle] = Charge.objects.filter(schedule=schedule).order_by("pk")
    assert quoted.net.amount == stub.net == schedule.first_period_net == Decimal(net)
    assert (stub.kind, stub.factor == 1, cycle.net) == ("stub", rule == "full", Decimal("60.00"))
    assert Invoice.objects.get(run_item__run=run).net == stub.net + cycle.net
    assert_nothing_new()


def test_added_units_pay_a_whole_period_and_get_back_the_days_that_are_left(payer):
    schedule = sold(payer, payer, 5, on=date(2026, 3, 1), usage_rule="full", refund_policy="day")

    schedules.change_quantity(schedule=schedule, quantity=7, on=MARCH_20, by=None, at=NOON)
    schedules.change_quantity(schedule=schedule, quantity=6, on=date(2026, 3, 22), by=None, at=NOON.replace(day=21))

    _cycle, added, back = Charge.objects.filter(schedule=schedule).order_by("pk")
    assert (added.kind, added.quantity, added.net) == ("increase", 2, Decimal("24.00"))
    assert back.net == Decimal("-3.87")  # 12 × 10/31
    bill(APRIL)
    assert_nothing_new()
