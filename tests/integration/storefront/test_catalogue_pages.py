"""The catalogue and the product page as a reseller sees them."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from invoicing.models import TaxRule
from resellers.models import Reseller
from storefront.enums import BillingPlan, PriceRule
from storefront.models import BasketLine, Offer, PriceListItem, Product
from storefront.services import price_lists, products
from storefront.services.products import OwnProduct
from tests.integration.storefront.catalogue_cast import NOON, account, import_rows, premium, price_list
from tests.price_sheets import row

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def after_noon():
    with time_machine.travel(NOON + timedelta(hours=1), tick=False):
        yield


@pytest.fixture
def reseller():
    made = account()
    Reseller.objects.create(account=made, reselling_enabled=True)
    TaxRule.objects.create(country="GR", rate=Decimal(24), valid_from=date(2020, 1, 1))
    return made


@pytest.fixture
def ada(reseller, client):
    user = User.objects.create_user("ada@example.com", "x", name="Ada", account=reseller, is_account_admin=True)
    client.force_login(user)
    return client


def page(client, path, **query):
    answer = client.get(path, query)
    assert answer.status_code == 200
    return answer.content.decode()


def product_path(**of):
    return f"/catalogue/{Product.objects.get(**of).public_id}/"


def test_the_catalogue_shows_prices_by_the_resellers_list(ada, reseller):
    import_rows(*premium())
    price_lists.assign(price_list=price_list(), account=reseller, by=None, at=NOON)

    shown = page(ada, "/catalogue/")

    assert "Your prices by the list EU Gold" in shown
    assert "€16.47" in shown
    assert "with a commitment of 1 year" in shown
    assert "€15.25" not in shown


def test_search_and_facets_narrow_the_list_and_say_so(ada):
    import_rows(*premium(), row())

    assert "Business Basic" not in page(ada, "/catalogue/", q="premium", term="P3Y")
    assert "No product matches these filters." in page(ada, "/catalogue/", q="nothing")


@pytest.mark.parametrize(
    "query",
    [
        {"page": "-1"},
        {"page": "x"},
        {"page": "٣"},
        {"sort": "password"},
        {"segment": "Nobody"},
        {"q": "x" * 8000},
        {"q": "%00' OR 1=1--"},
        {"q": "\u202e{{7*7}}<script>"},
    ],
)
def test_a_senseless_address_shows_the_list(ada, query):
    import_rows(row())

    assert "<script>" not in page(ada, "/catalogue/", **query).split("</head>")[1]


def test_a_page_that_does_not_exist_leads_to_the_first(ada):
    import_rows(row())

    answer = ada.get("/catalogue/", {"page": "1000000", "q": "basic"})

    assert (answer.status_code, answer["Location"]) == (302, "/catalogue/?q=basic")


def test_a_card_says_why_a_product_cannot_be_ordered(ada):
    import_rows(row(Market="DE"))

    assert "Not sold in Greece." in page(ada, "/catalogue/")
    assert "Microsoft does not sell this in Greece." in page(ada, product_path())


def test_the_product_page_shows_the_matrix_the_window_and_the_total(ada, reseller):
    import_rows(*premium())
    price_lists.assign(price_list=price_list(), account=reseller, by=None, at=NOON)
    offer = Offer.objects.get(term="P1Y", billing_plan="monthly")

    shown = page(ada, product_path(), offer=offer.public_id, quantity="12")

    for text in ("€19.76", "€17.29", "€197.62", "€592.84", "+20.0 % against cheapest", "Cheapest for 1 year"):
        assert text in shown
    assert "Not offered" in shown
    assert "you can cancel or reduce seats until" in shown
    for total in ("€207.48", "€49.80", "€257.28", "€2,489.88"):
        assert total in shown
    assert 'action="/basket/lines/"' in shown
    assert f'value="{offer.public_id}" checked' in shown


@pytest.mark.parametrize(
    "quantity", ["0", "-1", "1.5", "301", "2147483648", "1e3", "٣", "", "12 000", "abc", "9" * 5000, "\x00"]
)
def test_a_wrong_quantity_is_answered_beside_the_field(ada, quantity):
    import_rows(*premium())

    shown = page(ada, product_path(), quantity=quantity)

    assert "Enter a whole number from 1 to 300." in shown
    assert "First charge" not in shown


def test_htmx_gets_the_part_that_changes_and_a_page_without_script_a_redirect(ada):
    import_rows(*premium())
    offer = Offer.objects.get(term="P3Y")

    part = ada.get(product_path(), {"offer": offer.public_id, "quantity": 2}, HTTP_HX_REQUEST="true")
    moved = ada.post(product_path(), {"offer": offer.public_id, "quantity": "2"})

    assert part.content.decode().strip().startswith("<form")
    assert moved["Location"] == f"{product_path()}?offer={offer.public_id}&quantity=2"


def test_add_to_basket_takes_the_chosen_offer_and_quantity(ada, reseller):
    import_rows(*premium())
    offer = Offer.objects.get(term="P1Y", billing_plan="monthly")

    answer = ada.post(
        "/basket/lines/", {"offer": offer.public_id, "quantity": "12", "product": offer.product.public_id}
    )

    assert answer.status_code == 302
    line = BasketLine.objects.get()
    assert (line.offer, line.quantity, line.quoted_price) == (offer, 12, Decimal("240.16"))


def test_the_product_page_of_an_own_product_says_how_it_ends_and_is_charged(ada):
    data = OwnProduct(title="Support", is_proratable=True)
    eur = {"EUR": Decimal(31)}
    products.create_own(code="S", data=data, billing_plan=BillingPlan.MONTHLY, prices=eur, by=None, at=NOON)
    once = OwnProduct(title="Migration")
    products.create_own(code="M", data=once, billing_plan=BillingPlan.ONE_TIME, prices=eur, by=None, at=NOON)

    support = page(ada, product_path(title="Support"))
    migration = page(ada, product_path(title="Migration"))

    assert "You can end this service at any time." in support
    assert "charged by days" in support
    assert "This service is charged once." in migration
    assert "One-off, billed once" in migration


def test_a_product_that_the_list_hides_does_not_exist(ada, reseller):
    import_rows(*premium(), row())
    made = price_list(rule=PriceRule.LISTED_ONLY, percent="0")
    price_lists.assign(price_list=made, account=reseller, by=None, at=NOON)
    basic = Offer.objects.get(product__title__endswith="Basic")
    line = PriceListItem(price_list=made, offer=basic, rule=PriceRule.FIXED, price=Decimal(60))
    price_lists.put_item(item=line, by=None, at=NOON)

    assert ada.get(product_path(title__endswith="Premium")).status_code == 404
    assert "€60.00" in page(ada, product_path(title__endswith="Basic"), quantity="1")
    assert ada.get("/catalogue/nothing/").status_code == 404


def test_who_may_not_order_reads_why(client, reseller):
    import_rows(*premium())
    agent = User.objects.create_user("b@example.com", "x", name="B", account=reseller, roles=["billing_agent"])
    client.force_login(agent)

    shown = page(client, product_path())

    assert "Your role does not place orders." in shown
    assert 'type="submit" class="btn btn-main' not in shown


def test_a_stranger_signs_in_first(client):
    import_rows(*premium())

    for path in ("/catalogue/", product_path()):
        assert client.get(path).status_code == 302


@pytest.mark.parametrize("path", ["list", "product"])
def test_pages_ask_at_most_eight_queries_however_many_rows(ada, reseller, path):
    import_rows(*premium(), row())
    price_lists.assign(price_list=price_list(), account=reseller, by=None, at=NOON)
    address = "/catalogue/" if path == "list" else product_path(title__endswith="Premium")
    with CaptureQueriesContext(connection) as few:
        page(ada, address)
    import_rows(*premium(), row(), *[row(SkuId=f"{n:04}") for n in range(100, 120)])
    with CaptureQueriesContext(connection) as many:
        page(ada, address)

    assert len(few) == len(many) <= 8, [query["sql"][:90] for query in many]
