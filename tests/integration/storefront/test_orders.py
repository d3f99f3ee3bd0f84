"""Placing, holding, executing and canceling orders, against product.md §4, §7 and §8."""

from __future__ import annotations

import threading
from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.enums import PurchaseMode
from accounts.models import Message, User
from config.kernel.errors import InvalidTransition
from config.kernel.models import Outbox
from config.kernel.money import Money
from invoicing.models import BillingSchedule
from invoicing.selectors import credit
from invoicing.services import payments
from storefront.enums import BillingPlan, Delivery, OrderStatus
from storefront.models import Checkout, Offer, Order, OrderItem, Subscription, Tenant
from storefront.services import baskets, orders, products
from storefront.services.baskets import Details
from tests.integration.storefront.catalogue_cast import import_rows, premium
from tests.integration.storefront.partner_cast import NOW, Cast

pytestmark = pytest.mark.django_db

DETAILS = Details(
    domain_prefix="kyma",
    signer_first_name="Eleni",
    signer_last_name="Markaki",
    signer_email="eleni@example.org",
    signer_phone="+30 210 000 0101",
    partner_of_record_attested=True,
)


def own_offer(price="100.00"):
    """A service of the distributor's own, delivered at once, at a price per month."""
    data = products.OwnProduct(title=f"Support {price}", delivery=Delivery.AT_ONCE)
    product = products.create_own(
        code=f"OWN-{price}",
        data=data,
        billing_plan=BillingPlan.MONTHLY,
        prices={"EUR": Decimal(price)},
        by=None,
        at=NOW,
    )
    return product.offers.get()


def microsoft_offer():
    import_rows(*premium())
    return Offer.objects.get(product__sku_id="0002", term="P1Y", billing_plan="monthly", market="GR")


def fill(cast, *lines):
    basket = baskets.open_basket(user=cast.ada, account=cast.reseller, at=NOW)
    for offer, quantity, beneficiary in lines:
        baskets.add_line(basket=basket, offer_id=offer.public_id, quantity=quantity, beneficiary=beneficiary, at=NOW)
    return basket


def place(cast, basket):
    basket.refresh_from_db()
    return orders.place(basket=basket, basket_version=basket.version, by=cast.ada, at=NOW)


def test_place_makes_one_order_per_beneficiary_with_mode_and_mpn_id_only_for_end_customers():
    cast = Cast()
    offer = microsoft_offer()
    basket = fill(cast, (offer, 1, cast.reseller), (offer, 2, cast.affiliate), (offer, 3, cast.customer))
    for number, who in enumerate((cast.reseller, cast.affiliate, cast.customer)):
        details = Details(**{**DETAILS.__dict__, "domain_prefix": f"kyma{number}"})
        baskets.save_details(basket=basket, beneficiary=who, details=details, is_complete=True)

    checkout = place(cast, basket)

    placed = list(checkout.orders.order_by("position"))
    assert [(o.mode, o.mpn_id, o.status) for o in placed] == [
        (PurchaseMode.PERSONAL, None, OrderStatus.EXECUTED),
        (PurchaseMode.AFFILIATE, None, OrderStatus.EXECUTED),
        (PurchaseMode.END_CUSTOMER, "9900037", OrderStatus.EXECUTED),
    ]
    assert set(Subscription.objects.values_list("mode", flat=True)) == set(PurchaseMode.values)
    assert sorted(Tenant.objects.values_list("domain_prefix", flat=True)) == ["kyma0", "kyma1", "kyma2"]
    assert BillingSchedule.objects.filter(state="pending").count() == 3
    topics = list(Outbox.objects.filter(topic=orders.FULFIL).values_list("payload", flat=True))
    assert topics == [{"order_id": order.pk} for order in placed]


def test_place_freezes_price_and_source_of_the_moment():
    cast = Cast()
    checkout = place(cast, fill(cast, (own_offer("12.00"), 5, cast.customer)))

    item = OrderItem.objects.get(order__checkout=checkout)
    assert (item.unit_price, item.quantity, item.first_period_net, item.first_period_gross) == (
        Decimal("12.000000"), 5, Decimal("60.00"), Decimal("74.40"),
    )  # fmt: skip


def test_an_order_above_the_credit_is_held_then_executed_after_a_payment():
    """The figures of product.md §8: 1,620.00 free, 1,700.00 ordered, 80.00 too much; 20.00 left after a payment."""
    cast = Cast(credit_limit="1620.00")
    exactly = own_offer("1370.97")  # 1,700.00 gross at 24 %
    checkout = place(cast, fill(cast, (exactly, 1, cast.customer)))

    order = checkout.orders.get()
    assert (order.status, order.first_period_gross, order.exceeds_by) == (
        OrderStatus.SUBMITTED, Decimal("1700.00"), Decimal("80.00"),
    )  # fmt: skip
    assert not Subscription.objects.exists()
    assert not BillingSchedule.objects.exists()
    assert sorted(Message.objects.values_list("template", flat=True)) == ["order_held", "order_held_operator"]
    with pytest.raises(orders.CreditShort):
        orders.execute(order=order, by=cast.dora, at=NOW)

    payments.record(
        bill_to=cast.reseller, amount=Money(Decimal("100.00"), "EUR"), received_on=date(2026, 11, 10), reference="x",
        method="bank_transfer", by=cast.dora, at=NOW,
    )  # fmt: skip
    orders.execute(order=order, by=cast.dora, at=NOW)

    order.refresh_from_db()
    assert (order.status, order.available_at_execution) == (OrderStatus.EXECUTED, Decimal("1720.00"))
    assert credit.available(cast.reseller) == Money(Decimal("20.00"), "EUR")


def test_execute_above_the_credit_needs_a_reason_and_keeps_it():
    cast = Cast(credit_limit="10.00")
    order = place(cast, fill(cast, (own_offer(), 1, cast.customer))).orders.get()

    orders.execute(order=order, by=cast.dora, at=NOW, override_reason="Paid by phone")

    order.refresh_from_db()
    assert (order.status, order.override_reason) == (OrderStatus.EXECUTED, "Paid by phone")


def test_credit_is_checked_group_by_group_in_basket_order():
    cast = Cast(credit_limit="200.00")
    basket = fill(
        cast, (own_offer("100.00"), 1, cast.customer), (own_offer("90.00"), 1, cast.affiliate),
        (own_offer("50.00"), 1, cast.reseller),
    )  # fmt: skip

    checkout = place(cast, basket)

    by_mode = dict(checkout.orders.values_list("mode", "status"))
    assert by_mode == {"end_customer": "executed", "affiliate": "submitted", "personal": "executed"}


def test_cancel_tells_the_reseller_and_is_final():
    cast = Cast(credit_limit="0")
    order = place(cast, fill(cast, (own_offer(), 1, cast.customer))).orders.get()
    with pytest.raises(orders.ReasonNeeded):
        orders.cancel(order=order, reason="  ", by=cast.dora, at=NOW)

    orders.cancel(order=order, reason="Ordered twice", by=cast.dora, at=NOW)

    assert Message.objects.filter(template="order_canceled").exists()
    with pytest.raises(InvalidTransition):
        orders.execute(order=order, by=cast.dora, at=NOW)


def test_place_again_returns_the_first_checkout():
    cast = Cast()
    basket = fill(cast, (own_offer(), 1, cast.customer))
    first = place(cast, basket)

    again = orders.place(basket=basket, basket_version=1, by=cast.ada, at=NOW)

    assert again == first
    assert Order.objects.count() == 1


def test_place_refuses_a_basket_that_changed_since_the_page():
    cast = Cast()
    basket = fill(cast, (own_offer(), 1, cast.customer))

    with pytest.raises(orders.BasketChanged):
        orders.place(basket=basket, basket_version=basket.version - 1, by=cast.ada, at=NOW)

    assert not Checkout.objects.exists()


def test_place_asks_again_when_the_price_changed():
    cast = Cast()
    offer = own_offer("10.00")
    basket = fill(cast, (offer, 1, cast.customer))
    offer.prices.update(retail=Decimal("11.00"))

    with pytest.raises(orders.PriceChanged):
        place(cast, basket)

    assert basket.lines.get().quoted_price == Decimal("11.000000")
    assert place(cast, basket).orders.get().items.get().unit_price == Decimal("11.000000")


def test_end_customer_orders_need_a_valid_mpn_id_and_the_others_do_not():
    cast = Cast(mpn=None)
    offer = microsoft_offer()
    basket = fill(cast, (offer, 1, cast.customer))
    baskets.save_details(basket=basket, beneficiary=cast.customer, details=DETAILS, is_complete=True)
    with pytest.raises(orders.MpnIdNeeded):
        place(cast, basket)

    baskets.set_beneficiary(line=basket.lines.get(), beneficiary=cast.affiliate, at=NOW)
    baskets.save_details(basket=basket, beneficiary=cast.affiliate, details=DETAILS, is_complete=True)

    assert place(cast, basket).orders.get().mpn_id is None


def test_without_reselling_an_account_buys_for_itself_only():
    cast = Cast()
    cast.reseller.reseller.reselling_enabled = False
    cast.reseller.reseller.save()
    offer = own_offer()
    basket = fill(cast, (offer, 1, cast.customer))
    with pytest.raises(orders.MayNotResell):
        place(cast, basket)

    baskets.set_beneficiary(line=basket.lines.get(), beneficiary=cast.reseller, at=NOW)

    assert place(cast, basket).orders.get().mode == PurchaseMode.PERSONAL


def test_the_database_refuses_an_mpn_id_on_an_affiliate_order():
    cast = Cast()
    order = place(cast, fill(cast, (own_offer(), 1, cast.affiliate))).orders.get()

    order.pk, order.public_id, order.number, order.mpn_id = None, "x" * 20, "ORD-X", "9900037"
    order.beneficiary = cast.affiliate
    with pytest.raises(IntegrityError, match="order_mpn_only_for_end_customers"), transaction.atomic():
        order.save(force_insert=True)


@pytest.mark.django_db(transaction=True)
def test_eight_identical_posts_place_one_order():
    cast = Cast(credit_limit="1000.00")
    basket = fill(cast, (own_offer(), 1, cast.customer))
    basket.refresh_from_db()
    found, errors = [], []

    def submit():
        try:
            found.append(orders.place(basket=basket, basket_version=basket.version, by=cast.ada, at=NOW).pk)
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=submit) for _ in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]

    assert errors == []
    assert len(set(found)) == 1
    assert Order.objects.count() == Subscription.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_orders_cannot_both_take_the_last_credit():
    cast = Cast(credit_limit="150.00")
    offer = own_offer("100.00")
    abel = User.objects.create_user("abel@example.org", account=cast.reseller, name="Abel")
    pairs = []
    for user in (cast.ada, abel):
        basket = baskets.open_basket(user=user, account=cast.reseller, at=NOW)
        baskets.add_line(basket=basket, offer_id=offer.public_id, quantity=1, beneficiary=cast.customer, at=NOW)
        basket.refresh_from_db()
        pairs.append((user, basket))

    def submit(user, basket):
        try:
            orders.place(basket=basket, basket_version=basket.version, by=user, at=NOW)
        finally:
            connection.close()

    threads = [threading.Thread(target=submit, args=pair) for pair in pairs]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]

    assert sorted(Order.objects.values_list("status", flat=True)) == ["executed", "submitted"]


def test_a_held_order_asks_nobody_to_fulfil_it():
    cast = Cast(credit_limit="0")

    place(cast, fill(cast, (own_offer(), 1, cast.customer)))

    assert not Outbox.objects.filter(topic=orders.FULFIL).exists()
