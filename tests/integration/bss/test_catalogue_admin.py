"""Products, price lists and price sheets as operators keep them in BSS."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.enums import StaffRole
from accounts.models import User
from storefront.enums import BillingPlan
from storefront.models import Offer, OfferPrice, PriceList, PriceListAssignment, Product
from storefront.services import price_lists, price_sheets, products
from storefront.services.products import OwnProduct
from tests import corpus
from tests.integration.bss.test_pages import person
from tests.integration.storefront.catalogue_cast import NOON, account, customer, import_rows, premium, price_list
from tests.price_sheets import row, sheet

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(hours=1)
NASTY = [text for label, text in corpus.TEXTS.items() if label != "lone surrogate"]  # tried in test_form_corpus.py
NUMBERS = ["-1", "1e12", "NaN", "Infinity", "1.000,50", "1,000.50", "10.0000005", "9" * 40, "abc"]


@pytest.fixture(autouse=True)
def after_noon():
    with time_machine.travel(LATER, tick=False):
        yield


@pytest.fixture
def sales(client):
    client.force_login(person(StaffRole.SALES))
    return client


def body(answer):
    return answer.content.decode()


PRODUCT = {
    "vendor_product_id": "SUP-1",
    "product_type": "service",
    "title": "Support contract",
    "description": "Eight to six",
    "billing_plan": "monthly",
    "price": "31.00",
    "other_prices": "USD 35.50\n",
    "setup_fee": "0",
    "usage_rule": "days",
    "delivery": "by_hand",
    "is_proratable": "on",
    "refund_policy": "day",
    "min_quantity": "1",
    "max_quantity": "50",
    "is_active": "on",
}


def test_sales_puts_an_own_product_on_sale_and_changes_its_price(sales):
    answer = sales.post("/bss/storefront/product/add/", PRODUCT)
    assert answer.status_code == 302, body(answer)

    made = Product.objects.get()
    assert (made.title, made.delivery, made.is_proratable, made.max_quantity) == (
        "Support contract",
        "by_hand",
        True,
        50,
    )
    assert dict(OfferPrice.objects.values_list("currency", "retail")) == {"EUR": Decimal(31), "USD": Decimal("35.5")}

    shown = body(sales.get(f"/bss/storefront/product/{made.pk}/change/"))
    assert 'value="31"' in shown
    assert "USD 35.5" in shown
    with time_machine.travel(LATER + timedelta(days=1), tick=False):
        sales.force_login(User.objects.get())
        answer = sales.post(f"/bss/storefront/product/{made.pk}/change/", PRODUCT | {"price": "33", "other_prices": ""})
    assert answer.status_code == 302, body(answer)
    assert list(OfferPrice.objects.filter(valid_until=None).values_list("currency", "retail")) == [("EUR", Decimal(33))]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"price": ""}, "This field is required"),
        ({"other_prices": "USD"}, "is not a currency and a price"),
        ({"other_prices": "XXQ 5"}, "is not a currency and a price"),
        ({"billing_plan": "one_time"}, "so it cannot be proratable"),
        ({"min_quantity": "60"}, "largest quantity is below the least"),
        ({"min_quantity": "0"}, "greater than or equal to 1"),
    ],
)
def test_a_product_that_cannot_be_sold_is_refused_beside_the_field_and_nothing_typed_is_lost(sales, change, said):
    answer = sales.post("/bss/storefront/product/add/", PRODUCT | change)

    assert answer.status_code == 200
    assert said in body(answer)
    assert "Eight to six" in body(answer)
    assert Product.objects.count() == 0


def test_an_article_number_is_given_once(sales):
    sales.post("/bss/storefront/product/add/", PRODUCT)

    assert "with this article number already" in body(sales.post("/bss/storefront/product/add/", PRODUCT))


@pytest.mark.parametrize("field", ["vendor_product_id", "title", "description", "other_prices"])
@pytest.mark.parametrize("value", NASTY, ids=ascii)
def test_product_form_survives_any_text(sales, field, value):
    answer = sales.post("/bss/storefront/product/add/", PRODUCT | {field: value})

    assert answer.status_code in {200, 302}
    assert "<script>alert(1)" not in body(answer)
    assert "onerror=1>" not in body(answer)


@pytest.mark.parametrize("field", ["price", "setup_fee", "min_quantity", "max_quantity"])
@pytest.mark.parametrize("value", NUMBERS, ids=ascii)
def test_product_form_refuses_what_is_no_number(sales, field, value):
    answer = sales.post("/bss/storefront/product/add/", PRODUCT | {field: value})

    assert answer.status_code == 200
    assert Product.objects.count() == 0


def test_microsofts_product_shows_its_prices_and_can_only_be_taken_off_sale(sales):
    import_rows(*premium())
    made = Product.objects.get()
    path = f"/bss/storefront/product/{made.pk}/change/"

    assert "€192.12" in body(sales.get(path))
    assert sales.post(path, {"title": "Mine"}).status_code == 302

    made.refresh_from_db()
    assert (made.title, made.is_active) == ("Microsoft 365 Business Premium", False)


LIST = {
    "name": "EU Gold",
    "currency": "eur",
    "rule": "margin",
    "percent": "8",
    "valid_from": "2026-01-01",
    "valid_until": "",
    "is_active": "on",
    "items-TOTAL_FORMS": "0",
    "items-INITIAL_FORMS": "0",
}


def line(**values):
    found = {f"items-0-{name}": value for name, value in values.items()}
    return {"items-TOTAL_FORMS": "1", **found}


def test_sales_makes_a_price_list_with_a_price_of_its_own_for_one_offer(sales):
    import_rows(*premium())
    offer = Offer.objects.get(term="P1Y", billing_plan="annual")

    answer = sales.post(
        "/bss/storefront/pricelist/add/", LIST | line(offer=offer.pk, rule="fixed", percent="", price="190")
    )

    assert answer.status_code == 302, body(answer)
    made = PriceList.objects.get()
    assert (made.currency, made.percent, made.items.get().price) == ("EUR", Decimal(8), Decimal(190))

    item = made.items.get()
    kept = line(id=item.pk, price_list=made.pk, offer=offer.pk, rule="fixed", percent="", price="190", DELETE="on")
    answer = sales.post(
        f"/bss/storefront/pricelist/{made.pk}/change/", LIST | kept | {"items-INITIAL_FORMS": "1", "percent": "9"}
    )
    assert answer.status_code == 302, body(answer)
    made.refresh_from_db()
    assert (made.percent, made.items.count()) == (Decimal(9), 0)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"rule": "discount", "percent": "101"}, "a discount 0 to 100"),
        ({"percent": "-1"}, "greater than or equal to 0"),
        ({"currency": "XX"}, "three letters"),
        ({"valid_until": "2025-12-31"}, "ends before it begins"),
        ({"valid_from": "31.02.2026"}, "Enter a valid date"),
        ({"rule": "fixed"}, "is not one of the available choices"),
        ({"name": ""}, "This field is required"),
    ],
)
def test_an_impossible_price_list_is_refused(sales, change, said):
    answer = sales.post("/bss/storefront/pricelist/add/", LIST | change)

    assert answer.status_code == 200
    assert said in body(answer)
    assert PriceList.objects.count() == 0


def test_a_line_without_its_value_is_refused_and_the_list_is_not_made(sales):
    import_rows(*premium())
    bad = line(offer=Offer.objects.first().pk, rule="fixed", percent="", price="")

    answer = sales.post("/bss/storefront/pricelist/add/", LIST | bad)

    assert answer.status_code == 200
    assert "price" in body(answer)
    assert PriceList.objects.count() == 0


@pytest.mark.parametrize("value", NASTY, ids=ascii)
def test_price_list_form_survives_any_text(sales, value):
    answer = sales.post("/bss/storefront/pricelist/add/", LIST | {"name": value, "currency": value})

    assert answer.status_code == 200
    assert "<script>alert(1)" not in body(answer)


def test_a_list_is_assigned_and_taken_back(sales):
    made, reseller = price_list(), account()

    answer = sales.post("/bss/storefront/pricelistassignment/add/", {"account": reseller.pk, "price_list": made.pk})
    assert answer.status_code == 302, body(answer)
    assignment = PriceListAssignment.objects.get()
    assert assignment.assigned_by.email == "sales@aegean.example"

    sales.post("/bss/storefront/pricelistassignment/", {"action": "take_back", "_selected_action": assignment.pk})
    assignment.refresh_from_db()
    assert assignment.removed_at == LATER


def test_a_list_is_refused_for_customers_and_other_currencies(sales):
    made, reseller = price_list(), account()
    american = account("Apple", currency="USD")
    path = "/bss/storefront/pricelistassignment/add/"

    to_customer = sales.post(path, {"account": customer(reseller).pk, "price_list": made.pk})
    to_american = sales.post(path, {"account": american.pk, "price_list": made.pk})

    assert "assigned to resellers" in body(to_customer)
    assert "the reseller buys in USD" in body(to_american)
    assert PriceListAssignment.objects.count() == 0


@pytest.mark.parametrize("role", ["Finance", "Support", "Read-only"])
def test_other_roles_look_but_do_not_touch(client, role):
    client.force_login(person(StaffRole(role)))
    kept = price_sheets.upload(stream=sheet(row()), name="x.csv", by=None, at=NOON)
    page = f"/bss/storefront/pricesheetimport/{kept.public_id}/"

    assert client.get("/bss/storefront/product/").status_code == 200
    assert "Apply price sheet" not in body(client.get(page))
    for path in ("product/add/", "pricelist/add/", "pricelistassignment/add/", "pricesheetimport/add/"):
        assert client.get(f"/bss/storefront/{path}").status_code == 403
    assert client.post(f"{page}apply/").status_code == 403
    assert client.post(f"{page}nothing/").status_code == 404
    assert client.get(f"{page}apply/").status_code == 302


@pytest.mark.parametrize(
    "page",
    [
        "product/",
        "offer/",
        "offerprice/",
        "pricelist/",
        "pricelistassignment/",
        "pricesheetimport/",
        "product/{}/change/",
    ],
)
def test_lists_ask_at_most_fifteen_queries_however_many_rows(sales, page):
    def fill(count):
        import_rows(*[row(SkuId=f"{n:04}") for n in range(count)], *premium(), name=f"{count}_2026-11.csv")
        made = price_list(f"List {count}")
        price_lists.assign(price_list=made, account=account(f"R{count}"), by=None, at=NOON)

    fill(1)
    path = "/bss/storefront/" + page.format(Product.objects.get(title__endswith="Premium").pk)
    sales.get(path)
    with CaptureQueriesContext(connection) as few:
        assert sales.get(path).status_code == 200
    fill(5)
    with CaptureQueriesContext(connection) as many:
        sales.get(path)

    assert len(few) == len(many) <= 15, [query["sql"][:100] for query in many]


def test_own_products_are_listed_beside_microsofts(sales):
    import_rows(row())
    data, eur = OwnProduct(title="Backup"), {"EUR": Decimal(2)}
    products.create_own(code="B", data=data, billing_plan=BillingPlan.MONTHLY, prices=eur, by=None, at=NOON)

    shown = body(sales.get("/bss/storefront/product/?q=backup"))

    assert "Backup" in shown
    assert "Business Basic" not in shown
