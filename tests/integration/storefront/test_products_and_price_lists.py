"""Own products and price lists: what people decide in BSS, and what is refused."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from accounts.models import AuditEvent, User
from config.kernel.errors import DomainError
from storefront.enums import BillingPlan, PriceRule
from storefront.models import Offer, OfferPrice, PriceListItem, Product
from storefront.services import price_lists, products
from storefront.services.products import OwnProduct
from tests.integration.storefront.catalogue_cast import NOON, account, customer, import_rows, premium, price_list

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(days=1)
EUR31 = {"EUR": Decimal("31.00")}


def create(code="SUP-1", plan=BillingPlan.MONTHLY, prices=EUR31, **data):
    data = OwnProduct(title="Support contract", **data)
    return products.create_own(code=code, data=data, billing_plan=plan, prices=prices, by=None, at=NOON)


def test_a_new_price_counts_from_its_moment_and_the_old_one_stays_in_the_history():
    made = create()

    products.update_own(
        product=made,
        data=OwnProduct(title="Support"),
        prices={"EUR": Decimal(35), "USD": Decimal(40)},
        by=None,
        at=LATER,
    )

    rows = OfferPrice.objects.order_by("currency", "valid_from").values_list(
        "currency", "retail", "valid_from", "valid_until"
    )
    assert list(rows) == [
        ("EUR", Decimal("31.00"), NOON, LATER),
        ("EUR", Decimal("35.00"), LATER, None),
        ("USD", Decimal("40.00"), LATER, None),
    ]
    assert Product.objects.get().title == "Support"
    assert list(AuditEvent.objects.order_by("pk").values_list("action", flat=True)) == [
        "product.created",
        "product.changed",
    ]


def test_an_unchanged_price_is_not_touched_and_a_missing_currency_ends():
    made = create(prices=EUR31 | {"USD": Decimal(40)})

    products.update_own(product=made, data=OwnProduct(title="Support"), prices=EUR31, by=None, at=LATER)

    assert dict(OfferPrice.objects.values_list("currency", "valid_until")) == {"EUR": None, "USD": LATER}


def test_a_price_corrected_in_the_same_moment_replaces_the_first():
    made = create()

    products.update_own(product=made, data=OwnProduct(title="S"), prices={"EUR": Decimal(30)}, by=None, at=NOON)

    assert OfferPrice.objects.held().get().retail == 30


@pytest.mark.parametrize(
    ("how", "field"),
    [
        ({"prices": {}}, "price"),
        ({"prices": {"EUR": Decimal(-1)}}, "price"),
        ({"prices": {"XXQ": Decimal(1)}}, "price"),
        ({"plan": BillingPlan.ONE_TIME, "is_proratable": True}, "is_proratable"),
        ({"min_quantity": 5, "max_quantity": 4}, "max_quantity"),
    ],
)
def test_create_own_refuses_what_cannot_be_sold(how, field):
    with pytest.raises(DomainError) as refusal:
        create(**how)

    assert refusal.value.field == field
    assert Product.objects.count() == 0


def test_article_numbers_are_unique():
    create()

    with pytest.raises(products.CodeTaken):
        create()


def test_microsofts_products_follow_the_sheet():
    import_rows(*premium())

    with pytest.raises(products.NotOurs):
        products.update_own(product=Product.objects.get(), data=OwnProduct(title="X"), prices=EUR31, by=None, at=NOON)
    products.set_on_sale(product=Product.objects.get(), on=False, by=None, at=NOON)
    products.set_on_sale(product=Product.objects.get(), on=False, by=None, at=NOON)
    products.set_on_sale(product=Product.objects.get(), on=True, by=None, at=NOON)

    actions = list(
        AuditEvent.objects.filter(action__startswith="product").order_by("pk").values_list("action", flat=True)
    )
    assert actions == ["product.off_sale", "product.on_sale"]


@pytest.mark.parametrize(
    ("how", "refusal"),
    [
        ({"name": "EU Gold"}, price_lists.NameTaken),
        ({"rule": PriceRule.DISCOUNT, "percent": "100.5"}, price_lists.BadPercent),
        ({"percent": "-1"}, price_lists.BadPercent),
        ({"percent": "1000"}, price_lists.BadPercent),
        ({"valid_until": date(2026, 1, 1)}, price_lists.BadPeriod),
    ],
)
def test_save_refuses_an_impossible_list(how, refusal):
    price_list()

    with pytest.raises(refusal):
        price_list(**{"name": "Other"} | how)


def test_every_change_of_a_list_is_a_version_and_in_the_trail():
    import_rows(*premium())
    made = price_list()
    made.percent = Decimal(9)
    price_lists.save(price_list=made, by=None, at=NOON)
    line = PriceListItem(price_list=made, offer=Offer.objects.first(), rule=PriceRule.FIXED, price=Decimal(5))
    price_lists.put_item(item=line, by=None, at=NOON)
    twin = PriceListItem(price_list=made, offer=line.offer, rule=PriceRule.FIXED, price=Decimal(6))
    with pytest.raises(price_lists.ItemTaken):
        price_lists.put_item(item=twin, by=None, at=NOON)
    price_lists.remove_item(item=line, by=None, at=NOON)

    made.refresh_from_db()
    assert (made.version, made.items.count()) == (4, 0)
    trail = AuditEvent.objects.filter(target_type="storefront.pricelist").order_by("pk")
    assert [event.action for event in trail] == [
        "price_list.created",
        "price_list.changed",
        "price_list.item_put",
        "price_list.item_removed",
    ]


@pytest.mark.parametrize(
    "line",
    [
        {"rule": PriceRule.FIXED},
        {"rule": PriceRule.FIXED, "price": Decimal(-1)},
        {"rule": PriceRule.MARGIN},
        {"rule": PriceRule.DISCOUNT, "percent": Decimal(101)},
    ],
)
def test_put_item_refuses_a_line_without_its_value(line):
    import_rows(*premium())
    item = PriceListItem(price_list=price_list(), offer=Offer.objects.first(), **line)

    with pytest.raises(DomainError):
        price_lists.put_item(item=item, by=None, at=NOON)


def test_assign_is_for_resellers_of_the_same_currency_and_repeatable():
    made, reseller = price_list(), account()

    first = price_lists.assign(price_list=made, account=reseller, by=None, at=NOON)
    assert price_lists.assign(price_list=made, account=reseller, by=None, at=LATER) == first
    with pytest.raises(price_lists.NotAReseller):
        price_lists.assign(price_list=made, account=customer(reseller), by=None, at=NOON)
    with pytest.raises(price_lists.OtherCurrency, match="EUR, the reseller buys in USD"):
        price_lists.assign(price_list=made, account=account("US", currency="USD"), by=None, at=NOON)

    made.currency = "USD"
    with pytest.raises(price_lists.CurrencyInUse):
        price_lists.save(price_list=made, by=None, at=NOON)
    cleo = User.objects.create_user("cleo@aegean.example.com")
    price_lists.unassign(assignment=first, by=cleo, at=LATER)
    assert price_lists.unassign(assignment=first, by=cleo, at=NOON).removed_at == LATER
    assert price_lists.assign(price_list=made.__class__.objects.get(), account=reseller, by=None, at=LATER) != first
