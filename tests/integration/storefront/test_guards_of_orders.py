"""What the database refuses about orders, subscriptions, tenants, calls and price lists, whoever writes."""

from __future__ import annotations

import uuid

import pytest
from django.db import DatabaseError, connection, models, transaction

from storefront.models import (
    Order,
    OrderItem,
    PartnerCall,
    PriceList,
    PriceListAssignment,
    Subscription,
    Tenant,
)
from storefront.services import subscriptions
from tests.integration.storefront.catalogue_cast import price_list
from tests.integration.storefront.partner_cast import NOW, Cast, account, tenant_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return Cast()


@pytest.fixture
def order(cast: Cast) -> Order:
    """Executed, its subscription open, its tenant known at Microsoft, one call answered."""
    made = cast.order(cast.customer, prefix="glafkos")
    tenant = tenant_of(made)
    Tenant.objects.filter(pk=tenant.pk).update(ms_tenant_id=uuid.uuid4())
    PartnerCall.objects.create(
        tenant=tenant, step="create_customer", method="POST", path="/v1/customers", body={"a": 1}, body_hash="x",
        ms_request_id=uuid.uuid4(), created_at=NOW, state="ok",
    )  # fmt: skip
    return made


def copy(row: models.Model, **other: object) -> None:
    """Another row like this one, but for these columns."""
    row.pk = None
    for name, value in {"public_id": "other", "number": "N-2", **other}.items():
        setattr(row, name, value)
    row.save(force_insert=True)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE storefront_orderitem SET unit_price = 1",
        "DELETE FROM storefront_orderitem",
        "DELETE FROM storefront_order",
        "UPDATE storefront_order SET mode = 'personal'",
        "DELETE FROM storefront_subscription",
        "UPDATE storefront_subscription SET mode = 'personal'",
        "UPDATE storefront_subscription SET beneficiary_id = bill_to_id",
        "UPDATE storefront_tenant SET ms_tenant_id = gen_random_uuid()",
        "UPDATE storefront_tenant SET account_id = (SELECT id FROM accounts_account WHERE kind = 'affiliate')",
        "UPDATE storefront_partnercall SET ms_request_id = gen_random_uuid()",
        "UPDATE storefront_partnercall SET body = '{}'",
        "UPDATE storefront_partnercall SET state = 'unknown'",
        "DELETE FROM storefront_partnercall",
    ],
)
@pytest.mark.parametrize("role", ["app", "owner"])
def test_database_refuses_that(order: Order, statement: str, role: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        if role == "owner":
            cursor.execute("RESET ROLE")

    with pytest.raises(DatabaseError, match=r"Cannot|written once"), transaction.atomic():
        connection.cursor().execute(statement)


def test_order_has_the_mode_of_its_beneficiary(cast: Cast, order: Order) -> None:
    with pytest.raises(DatabaseError, match="mode personal is not that"), transaction.atomic():
        copy(order, mode="personal", mpn_id=None, beneficiary=cast.affiliate)


@pytest.mark.parametrize("wrong", ["mode", "beneficiary", "currency"])
def test_subscription_is_as_ordered(cast: Cast, order: Order, wrong: str) -> None:
    values = {"mode": "personal", "beneficiary": cast.affiliate, "currency": "USD"}
    other = cast.order(cast.customer)
    row = Subscription.objects.get(order_item__order=order)
    item = OrderItem.objects.get(order=other)

    with pytest.raises(DatabaseError, match="those of its order"), transaction.atomic():
        copy(row, order_item=item, schedule=None, **{wrong: values[wrong]})


def test_subscription_has_a_schedule_of_its_own_beneficiary(cast: Cast, order: Order) -> None:
    foreign = Subscription.objects.get(order_item__order=cast.order(cast.affiliate))
    row = Subscription.objects.get(order_item__order=order)
    Subscription.objects.filter(pk=foreign.pk).update(schedule=None)

    with pytest.raises(DatabaseError, match="subscription_of_schedule"), transaction.atomic():
        Subscription.objects.filter(pk=row.pk).update(schedule=foreign.schedule)


def test_partner_id_that_was_sent_stays(cast: Cast, order: Order) -> None:
    row = Subscription.objects.get(order_item__order=order)
    subscriptions.confirm(subscription=row, vendor=None, tenant=tenant_of(order), partner_id="9900037", at=NOW)

    with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
        Subscription.objects.filter(pk=row.pk).update(mpn_id="9900038")


@pytest.mark.parametrize("who", ["customer", "american"])
def test_price_list_is_assigned_to_resellers_of_its_currency(cast: Cast, who: str) -> None:
    american = account("US", "reseller", currency="USD")
    chosen = {"customer": cast.customer, "american": american}[who]

    with pytest.raises(DatabaseError, match="buys in the currency"), transaction.atomic():
        PriceListAssignment.objects.create(price_list=price_list(), account=chosen, assigned_at=NOW)


def test_price_list_keeps_its_currency_while_somebody_buys_by_it(cast: Cast) -> None:
    made = price_list()
    held = PriceListAssignment.objects.create(price_list=made, account=cast.reseller, assigned_at=NOW)
    euros = PriceList.objects.filter(pk=made.pk)

    with pytest.raises(DatabaseError, match="keeps its currency"), transaction.atomic():
        euros.update(currency="USD")
    PriceListAssignment.objects.filter(pk=held.pk).update(removed_at=NOW, removed_by=cast.dora)

    assert euros.update(currency="USD") == 1


def test_removed_assignment_names_who_removed_it(cast: Cast) -> None:
    held = PriceListAssignment.objects.create(price_list=price_list(), account=cast.reseller, assigned_at=NOW)

    with pytest.raises(DatabaseError, match="price_list_removed_pair"), transaction.atomic():
        PriceListAssignment.objects.filter(pk=held.pk).update(removed_at=NOW)
