"""What basket and checkout say is charged first is what is charged, whatever is sold to whom on which day."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.clock import local_today
from invoicing.instalments import instalments
from invoicing.models import Charge, Invoice
from resellers.enums import PartialCharges
from resellers.models import Reseller
from storefront.enums import BillingPlan, Delivery
from storefront.models import Offer
from storefront.pricing import with_surcharge
from storefront.selectors import baskets as selectors
from storefront.services import baskets, fulfilment, orders, products
from storefront.services.products import OwnProduct
from tests.integration.invoicing import cast as billing
from tests.integration.storefront.partner_cast import NOW, Cast

pytestmark = pytest.mark.django_db
PRICES = st.integers(0, 10**7).map(lambda units: Decimal(units) / 1000)
TERMS = st.fixed_dictionaries(
    {
        "prorate_billing": st.booleans(),
        "billing_day": st.integers(1, 31),
        "partial_charges": st.sampled_from(PartialCharges.values),
        "instalment_surcharge": st.integers(0, 1000).map(lambda tenths: Decimal(tenths) / 100),
    }
)


def service(price: Decimal, plan: BillingPlan, rule: str, *, prorates: bool, fee: Decimal) -> Offer:
    data = OwnProduct(
        title="Care", delivery=Delivery.AT_ONCE, is_proratable=prorates and plan != BillingPlan.ONE_TIME,
        usage_rule=rule, setup_fee=fee,
    )  # fmt: skip
    made = products.create_own(
        code="CARE", data=data, billing_plan=plan, prices={"EUR": price}, by=None, at=NOW - timedelta(days=400)
    )
    return made.offers.get()


@given(
    terms=TERMS,
    price=PRICES,
    fee=st.integers(0, 9999).map(lambda cents: Decimal(cents) / 100),
    plan=st.sampled_from([BillingPlan.MONTHLY, BillingPlan.ANNUAL, BillingPlan.ONE_TIME]),
    rule=st.sampled_from(["days", "full"]),
    prorates=st.booleans(),
    quantity=st.integers(1, 40),
    day=st.integers(0, 700),
)
@settings(max_examples=40, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
def test_the_quote_of_a_service_is_what_its_first_charges_are(terms, price, fee, plan, rule, prorates, quantity, day):
    with transaction.atomic():
        cast = Cast()
        Reseller.objects.filter(account=cast.reseller).update(billing_day_rule="fixed", **terms)
        cast.reseller.refresh_from_db()
        at = datetime.combine(date(2026, 1, 10) + timedelta(days=day), time(9), UTC)
        offer = service(price, plan, rule, prorates=prorates, fee=fee)

        [order] = _ordered(cast, offer, quantity, at)

        item = order.items.get()
        first = Charge.objects.filter(schedule=item.subscription.schedule)
        assert item.first_period_net == sum(first.values_list("net", flat=True))
        assert order.first_period_net == item.first_period_net
        _billed_as_charged(local_today(at) + timedelta(days=400), at)
        transaction.set_rollback(True)


def _ordered(cast: Cast, offer: Offer, quantity: int, at: datetime) -> Any:
    """Put into the basket, looked at, ordered and set up; the quote that was looked at is what the order carries."""
    basket = baskets.open_basket(user=cast.ada, account=cast.reseller, at=at)
    facts = {"offer_id": offer.public_id, "quantity": quantity, "beneficiary": cast.customer}
    baskets.add_line(basket=basket, at=at, **facts)
    basket.refresh_from_db()
    [quoted] = selectors.lines_of(basket, at=at)
    placed = orders.place(basket=basket, basket_version=basket.version, by=cast.ada, at=at)
    found = list(placed.orders.all())
    for order in found:
        fulfilment.start(order=order, at=at)
    assert found[0].items.get().first_period_net == quoted.first.net.amount
    return found


def _billed_as_charged(through: date, at: datetime) -> None:
    """A run carries every charge; another one makes nothing."""
    later = at + timedelta(days=401)
    billing.bill(through, at=later)
    before = (Charge.objects.count(), Invoice.objects.count())
    billing.bill(through, at=later)
    assert (Charge.objects.count(), Invoice.objects.count()) == before


@given(cents=st.integers(1, 10**7), tenths=st.integers(0, 1000), quantity=st.integers(1, 300))
@settings(max_examples=200, deadline=None, derandomize=True, database=None)
def test_a_term_with_a_surcharge_is_collected_to_the_cent(cents, tenths, quantity):
    price = with_surcharge(Decimal(cents) / 100, Decimal(tenths) / 10)

    assert sum(instalments(price, 12)) == price
    assert quantity * sum(instalments(price, 3)) == quantity * price
