"""What an account may buy, and at what price."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from accounts.models import User
from storefront.enums import BillingPlan, PriceRule, ProductType
from storefront.models import Offer, PriceListItem, Product
from storefront.selectors import catalogue
from storefront.services import price_lists, products
from storefront.services.products import OwnProduct
from tests.integration.storefront.catalogue_cast import NOON, account, customer, import_rows, premium, price_list
from tests.price_sheets import row

pytestmark = pytest.mark.django_db


def offer(term="P1Y", plan="monthly", market="GR"):
    return Offer.objects.get(term=term, billing_plan=plan, market=market)


def seen(who, at=NOON, market=None):
    return [(p.offer.term, p.offer.billing_plan, p.unit_price) for p in catalogue.visible_offers(who, at, market)]


@pytest.fixture
def reseller():
    return account()


def test_without_a_price_list_prices_are_retail(reseller):
    import_rows(*premium())

    assert seen(reseller) == [
        ("P1M", "monthly", Decimal("22.87")),
        ("P1Y", "monthly", Decimal("240.16")),
        ("P1Y", "annual", Decimal("228.72")),
        ("P3Y", "triennial", Decimal("686.16")),
    ]
    assert catalogue.offer_for(reseller, offer().public_id, NOON).price_source == "retail price, 2026-11"


def test_a_margin_on_cost_prices_the_term_and_its_instalments(reseller):
    import_rows(*premium())
    price_lists.assign(price_list=price_list(), account=reseller, by=None, at=NOON)

    found = catalogue.offer_for(reseller, offer().public_id, NOON)

    assert (found.unit_price, found.currency, found.price_parts) == (Decimal("207.49"), "EUR", 12)
    assert (found.cycle_months, found.term_months, found.first_instalment) == (1, 12, Decimal("17.29"))
    assert (found.orderable, found.reason) == (True, "")
    assert found.price_source == "price list EU Gold, 2026-11"
    assert (found.per_month, found.per_year) == (Decimal("17.29"), Decimal("207.49"))


def test_the_price_never_carries_the_cost(reseller):
    import_rows(*premium())

    found = catalogue.offer_for(reseller, offer().public_id, NOON)

    assert not {"cost", "margin"} & set(found.__slots__)


def test_a_line_of_the_list_beats_its_rule_and_a_listed_only_list_hides_the_rest(reseller):
    import_rows(*premium())
    made = price_list(rule=PriceRule.LISTED_ONLY, percent="0")
    price_lists.assign(price_list=made, account=reseller, by=None, at=NOON)
    assert seen(reseller) == []

    for line in (
        PriceListItem(price_list=made, offer=offer(), rule=PriceRule.FIXED, price=Decimal(200)),
        PriceListItem(price_list=made, offer=offer("P1M"), rule=PriceRule.DISCOUNT, percent=Decimal(10)),
    ):
        price_lists.put_item(item=line, by=None, at=NOON)

    assert seen(reseller) == [("P1M", "monthly", Decimal("20.58")), ("P1Y", "monthly", Decimal("200.00"))]
    hidden = catalogue.offer_for(reseller, offer("P3Y", "triennial").public_id, NOON)
    assert (hidden.orderable, hidden.reason) == (False, "This offer is not on your price list.")
    assert catalogue.products_for(catalogue.buyer_of(reseller, NOON)).count() == 1


def test_the_list_assigned_last_counts_until_it_is_taken_back(reseller):
    import_rows(*premium())
    first, second = price_list(), price_list("Campaign", PriceRule.DISCOUNT, "50")
    price_lists.assign(price_list=first, account=reseller, by=None, at=NOON)
    campaign = price_lists.assign(price_list=second, account=reseller, by=None, at=NOON + timedelta(hours=1))
    assert catalogue.price_list_of(reseller, NOON) == first
    assert catalogue.price_list_of(reseller, NOON + timedelta(hours=1)) == second

    cleo = User.objects.create_user("cleo@aegean.example.com")
    price_lists.unassign(assignment=campaign, by=cleo, at=NOON + timedelta(hours=2))

    assert catalogue.price_list_of(reseller, NOON + timedelta(hours=1)) == second
    assert catalogue.price_list_of(reseller, NOON + timedelta(hours=2)) == first


@pytest.mark.parametrize(
    ("change", "counts"),
    [
        ({}, True),
        ({"is_active": False}, False),
        ({"valid_from": date(2026, 11, 26)}, False),
        ({"valid_until": date(2026, 11, 25)}, False),
        ({"valid_until": date(2026, 11, 26)}, True),
    ],
)
def test_a_list_counts_on_its_days_only(reseller, change, counts):
    made = price_list(**change)
    price_lists.assign(price_list=made, account=reseller, by=None, at=NOON)

    assert (catalogue.price_list_of(reseller, NOON) == made) is counts


def test_a_customers_market_and_segment_decide_and_its_bill_to_prices(reseller):
    import_rows(*premium(), *premium("DE", Tags="License"))
    price_lists.assign(price_list=price_list(), account=reseller, by=None, at=NOON)
    greek, german = customer(reseller), customer(reseller, "Nordlicht", country="DE")
    school, french = customer(reseller, "School", segment="Education"), customer(reseller, "Lyon", country="FR")

    def ask(beneficiary):
        return catalogue.offer_for(reseller, offer().public_id, NOON, beneficiary=beneficiary)

    assert (ask(greek).offer.market, ask(greek).orderable) == ("GR", True)
    assert (ask(german).offer.market, ask(german).orderable) == ("DE", True)
    assert ask(school).reason == "Only for customers of the segment Commercial."
    assert ask(french).reason == "Microsoft does not sell this in France."
    assert not ask(french).orderable
    assert catalogue.offer_for(german, offer().public_id, NOON) == ask(german)


def test_prices_change_at_their_moment(reseller):
    import_rows(
        row(EffectiveEndDate="11/3/2026 6:57:30 AM"),
        row(EffectiveStartDate="11/1/2026 12:00:00 AM", UnitPrice="60", ERP_Price="75"),
    )

    moments = [datetime(2026, 11, 3, 6, 57, 30, tzinfo=UTC), datetime(2026, 11, 3, 6, 57, 31, tzinfo=UTC)]

    assert [catalogue.visible_offers(reseller, at)[0].unit_price for at in moments] == [
        Decimal("72.72"),
        Decimal("75.00"),
    ]


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (row(EffectiveStartDate="12/1/2026 12:00:00 AM"), "There is no price for it at the moment."),
        (row(Currency="USD"), "There is no price for it at the moment."),
        (
            row(UnitPrice="0", ERP_Price="0", BillingPlan="None", TermDuration="P1M", Tags="License; Trial"),
            "Trials cannot be ordered here. Ask us to start one for you.",
        ),
    ],
)
def test_an_offer_says_why_it_cannot_be_ordered(reseller, rows, reason):
    import_rows(rows)

    found = catalogue.offer_for(reseller, Offer.objects.get().public_id, NOON)

    assert (found.orderable, found.reason) == (False, reason)


def test_a_free_product_can_be_ordered(reseller):
    import_rows(row(UnitPrice="0", ERP_Price="0", EffectiveStartDate="1/1/1753 12:00:00 AM"))

    (found,) = catalogue.visible_offers(reseller, NOON)

    assert (found.orderable, found.unit_price, found.per_month) == (True, Decimal("0.00"), Decimal("0.00"))


def test_a_product_off_sale_is_invisible_and_not_orderable(reseller):
    import_rows(*premium())
    products.set_on_sale(product=Product.objects.get(), on=False, by=None, at=NOON)

    assert catalogue.visible_offers(reseller, NOON) == []
    assert catalogue.offer_for(reseller, offer().public_id, NOON).reason == "This product is not on sale any more."


def test_an_unknown_offer_is_refused(reseller):
    with pytest.raises(catalogue.OfferUnknown):
        catalogue.offer_for(reseller, "nothing", NOON)


def own(code="SUP-1", plan=BillingPlan.MONTHLY, prices=None, **data):
    return products.create_own(
        code=code,
        data=OwnProduct(title="Support contract", **data),
        billing_plan=plan,
        prices=prices or {"EUR": Decimal("31.00")},
        by=None,
        at=NOON,
    )


def test_an_own_product_is_sold_everywhere_at_its_price_per_period(reseller):
    made = own(is_proratable=True, product_type=ProductType.SERVICE, setup_fee=Decimal("10.00"))
    school = customer(reseller, "School", country="FR", segment="Education")

    found = catalogue.offer_for(school, made.offers.get().public_id, NOON)

    assert (found.unit_price, found.price_parts, found.cycle_months, found.term_months) == (Decimal("31.00"), 1, 1, 0)
    assert (found.orderable, found.setup_fee, found.price_source) == (True, Decimal("10.00"), "retail price")
    assert found.per_year == Decimal("372.00")


def test_a_margin_does_not_apply_to_an_own_product_but_a_discount_does(reseller):
    made = own(plan=BillingPlan.ONE_TIME, prices={"EUR": Decimal(100)})
    price_lists.assign(price_list=price_list(), account=reseller, by=None, at=NOON)
    assert [p.unit_price for p in catalogue.visible_offers(reseller, NOON)] == [Decimal("100.00")]

    discount = price_list("Discount", PriceRule.DISCOUNT, "10")
    price_lists.assign(price_list=discount, account=reseller, by=None, at=NOON + timedelta(hours=1))

    (found,) = catalogue.visible_offers(reseller, NOON + timedelta(hours=1))
    assert (found.unit_price, found.cycle_months, found.per_month) == (Decimal("90.00"), 0, Decimal("90.00"))
    assert found.product == made


def test_products_for_searches_every_word_and_filters_by_facet(reseller):
    import_rows(*premium(), row(), row(SkuId="0002", SkuTitle="Basic (Non-Profit Pricing)", Segment="Charity"))
    own()
    buyer = catalogue.buyer_of(reseller, NOON)

    def names(**how):
        return [product.title for product in catalogue.products_for(buyer, **how)]

    assert len(names()) == 4
    assert names(search="premium 365") == ["Microsoft 365 Business Premium"]
    assert names(search="CFQ7TTC0LCHC:0002") == ["Microsoft 365 Business Premium"]
    assert names(search="nothing") == []
    assert names(segment="Charity") == ["Basic (Non-Profit Pricing)"]
    assert names(term="P3Y") == ["Microsoft 365 Business Premium"]
    assert names(billing_plan="annual", segment="Commercial") == [
        "Microsoft 365 Business Basic",
        "Microsoft 365 Business Premium",
    ]
    assert names(vendor="own") == ["Support contract"]


@pytest.mark.parametrize("count", [1, 3])
def test_offers_of_asks_one_query_and_visible_offers_two(reseller, count, django_assert_num_queries):
    import_rows(*[row(SkuId=f"{n:04}") for n in range(count)])
    price_lists.assign(price_list=price_list(), account=reseller, by=None, at=NOON)

    with django_assert_num_queries(2):
        assert len(catalogue.visible_offers(reseller, NOON)) == count
