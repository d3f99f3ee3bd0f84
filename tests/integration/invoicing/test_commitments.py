"""Committed exposure: what running terms still bring, gross; reported, never part of the credit check (§8)."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.kernel.periods import add_months
from invoicing.commitments import committed as still_owed
from invoicing.instalments import instalments
from invoicing.models import Charge
from invoicing.selectors import credit, tax
from invoicing.services import schedules
from tests.integration.invoicing import cast
from tests.integration.invoicing.cast import NOON, bill, eur, sold

MARCH = date(2026, 3, 1)


@given(
    cents=st.integers(0, 10**7),
    quantity=st.integers(1, 500),
    start=st.dates(date(2024, 1, 1), date(2028, 12, 31)),
    charged=st.integers(0, 12),
)
def test_what_is_charged_and_what_is_committed_sum_to_the_term(cents, quantity, start, charged):
    price = Decimal(cents) / 100
    facts = {"quantity": quantity, "price": price, "parts": 12, "cycle_months": 1}

    left = still_owed(**facts, charged_through=add_months(start, charged), ends_on=add_months(start, 12))

    assert quantity * sum(instalments(price, 12)[:charged]) + left == quantity * price


@given(price=st.integers(0, 10**6).map(Decimal), periods=st.integers(0, 36))
def test_prices_per_period_count_as_many_periods_as_are_left(price, periods):
    facts = {"quantity": 2, "price": price, "parts": 1, "cycle_months": 12}

    left = still_owed(**facts, charged_through=MARCH, ends_on=add_months(MARCH, periods))

    assert left == 2 * price * (periods // 12)


@pytest.mark.django_db
def test_it_is_gross_falls_with_each_charge_and_leaves_the_credit_alone():
    cast.organisation()
    cast.vat()
    payer = cast.reseller(credit_limit=Decimal("5000.00"))
    year = {"proratable": False, "term_months": 12, "price_parts": 12, "price": Decimal("240.16")}
    schedule = sold(payer, cast.end_customer("Acme", payer), 3, on=MARCH, **year)
    sold(payer, payer, 5, on=MARCH)  # no term, so nothing is committed
    cast.opened(payer, payer, 5, on=MARCH, **year)  # not confirmed

    def figure(on=MARCH):
        return credit.committed(payer, on=on, rules=tax.rules())

    before = credit.available(payer)
    charged = Charge.objects.get(schedule=schedule).net
    assert figure() == eur(str(((3 * Decimal("240.16") - charged) * Decimal("1.24")).quantize(Decimal("0.01"))))
    assert credit.available(payer) == before
    bill(date(2026, 4, 1))
    charged = sum(Charge.objects.filter(schedule=schedule).values_list("net", flat=True))
    assert figure() == eur(str(((3 * Decimal("240.16") - charged) * Decimal("1.24")).quantize(Decimal("0.01"))))
    schedules.end(schedule=schedule, on=date(2027, 3, 1), by=None, at=NOON)
    assert figure(on=date(2026, 4, 2)) == eur("0.00")
