"""What a running subscription costs: changed by operators, protected for coming terms, surcharged for instalments."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, ProgrammingError, transaction

from accounts.models import AuditEvent, Message
from invoicing.models import Charge, Invoice
from invoicing.services.price_changes import PriceProtected
from storefront.enums import Term
from storefront.models import Offer, ProtectedPrice
from storefront.selectors import catalogue
from storefront.selectors.renewals import price_on
from storefront.services import baskets, fulfilment, prices, renewals
from storefront.services.prices import NoneProtected, NoTerm, NotRunning, PriceNeeded, ReasonNeeded, TooSoon
from tests.integration.invoicing import cast as billing
from tests.integration.storefront.catalogue_cast import import_rows, premium
from tests.integration.storefront.partner_cast import NOW, Cast
from tests.integration.storefront.renewal_cast import NEW, at, check, fresh, monthly_offer, renewals_in, subscribe
from tests.integration.storefront.test_orders import DETAILS, fill, own_offer, place

pytestmark = pytest.mark.django_db
DECEMBER = date(2026, 12, 1)


def own_service(cast: Cast, seats: int = 2):
    order = place(cast, fill(cast, (own_offer(), seats, cast.customer))).orders.get()
    fulfilment.start(order=order, at=NOW)
    return fresh(order.items.get().subscription)


def change(cast, subscription, price="90.00", on=DECEMBER, reason="Agreed in October"):
    facts = {"price": Decimal(price) if price else None, "on": on, "reason": reason, "by": cast.dora, "at": NOW}
    return prices.change(subscription=subscription, **facts)


def protect(cast, subscription, price="11.50", until=date(2027, 1, 31), reason="Project price"):
    facts = {"price": Decimal(price) if price else None, "until": until, "reason": reason, "by": cast.dora, "at": NOW}
    return prices.protect(subscription=subscription, **facts)


def test_an_operator_changes_the_price_of_a_service_from_the_next_period_on(microsoft):
    cast = Cast()
    subscription = own_service(cast)
    start = subscription.start_on

    change(cast, subscription, on=date(2026, 12, 10))
    billing.bill(date(2027, 1, 1), at=at(2027, 1, 1))

    nets = Charge.objects.filter(schedule=subscription.schedule).order_by("pk").values_list("period", "net")
    assert [(period.lower, net) for period, net in nets] == [
        (start, Decimal("200.00")),
        (date(2026, 12, 10), Decimal("180.00")),
    ]
    event = AuditEvent.objects.get(action="subscription.price_changed")
    assert (event.before, event.after["on"], event.reason) == ({"price": "100"}, "2026-12-10", "Agreed in October")
    line = Invoice.objects.order_by("-pk")[0].items.order_by("-pk")[0]
    assert line.price_source == "price agreed by hand"


def test_the_reseller_is_told_what_it_costs_from_when_and_why(microsoft):
    cast = Cast()
    subscription = own_service(cast)

    change(cast, subscription, on=date(2026, 12, 10))
    change(cast, subscription, price="80.00", on=subscription.start_on, reason="Wrong list <b>")

    ahead, now = Message.objects.filter(template="price_changed").order_by("pk")
    assert ahead.subject == "Support 100.00: €90.00 from 10 Dec 2026"
    assert "until then it costs €100.00" in ahead.text_body
    assert "Agreed in October" in ahead.text_body
    assert "charged or credited by the difference" not in ahead.text_body
    assert "charged or credited by the difference" in now.text_body
    assert "Wrong list &lt;b&gt;" in now.html_body
    assert f"/subscriptions/{subscription.public_id}/" in now.text_body


def test_a_preview_says_what_is_charged_and_keeps_nothing(microsoft):
    cast = Cast()
    subscription = own_service(cast)
    facts = {"price": Decimal("110.00"), "on": subscription.start_on, "reason": "x", "by": cast.dora, "at": NOW}

    shown = prices.preview(subscription=subscription, **facts)

    assert [(charge.kind, charge.net) for charge in shown.charges] == [("price", Decimal("20.00"))]
    assert not Charge.objects.filter(kind="price").exists()
    assert not AuditEvent.objects.filter(action="subscription.price_changed").exists()
    assert not Message.objects.filter(template="price_changed").exists()
    prices.change(subscription=subscription, **facts)
    assert Charge.objects.get(kind="price").net == Decimal("20.00")


@pytest.mark.parametrize(
    ("values", "refusal"),
    [({"price": None}, PriceNeeded), ({"price": "-1"}, PriceNeeded), ({"reason": " "}, ReasonNeeded)],
)
def test_a_price_needs_an_amount_and_a_reason(microsoft, values, refusal):
    cast = Cast()
    subscription = own_service(cast)

    with pytest.raises(refusal):
        change(cast, subscription, **values)


def test_a_term_keeps_its_price_and_the_next_one_takes_the_promise(microsoft):
    cast = Cast()
    subscription = subscribe(cast, microsoft, NOW)
    with pytest.raises(PriceProtected, match="2026-12-10"):
        change(cast, subscription, on=date(2026, 11, 20))

    protect(cast, subscription)
    row = check(subscription, microsoft, at(2027, 2, 10))

    assert renewals_in(row.schedule) == [
        (date(2026, 12, 10), Decimal("11.500000"), 3),
        (date(2027, 1, 10), Decimal("11.500000"), 3),
        (date(2027, 2, 10), NEW, 3),
    ]
    source = row.schedule.changes.get(seq=2).price_source
    assert source == "protected price, 2026-11-10"
    assert billing.broken() == []


def test_a_later_promise_takes_the_place_and_a_withdrawn_one_counts_no_more(microsoft):
    cast = Cast()
    subscription = subscribe(cast, microsoft, NOW)
    protect(cast, subscription)
    protect(cast, subscription, price="10.00")
    assert [str(row.price) for row in ProtectedPrice.objects.filter(withdrawn_at=None)] == ["10.000000"]

    prices.unprotect(subscription=subscription, reason="Mistake", by=cast.dora, at=NOW)
    row = check(subscription, microsoft, at(2026, 12, 10))

    assert renewals_in(row.schedule) == [(date(2026, 12, 10), NEW, 3)]
    with pytest.raises(NoneProtected):
        prices.unprotect(subscription=subscription, reason="Again", by=cast.dora, at=NOW)
    with pytest.raises(ReasonNeeded):
        prices.unprotect(subscription=subscription, reason=" ", by=cast.dora, at=NOW)


def test_a_promise_that_no_term_could_take_is_refused(microsoft):
    cast = Cast()
    subscription = subscribe(cast, microsoft, NOW)

    for values, refusal in (
        ({"until": date(2026, 12, 9)}, TooSoon),
        ({"until": date(2100, 1, 1)}, TooSoon),
        ({"price": None}, PriceNeeded),
        ({"reason": ""}, ReasonNeeded),
    ):
        with pytest.raises(refusal):
            protect(cast, subscription, **values)
    with pytest.raises(NoTerm):
        protect(cast, own_service(cast))
    type(subscription).objects.filter(pk=subscription.pk).update(status="expired")
    with pytest.raises(NotRunning):
        protect(cast, subscription)
    with pytest.raises(NotRunning):
        change(cast, subscription)
    assert not ProtectedPrice.objects.exists()


def test_the_database_keeps_promises(microsoft):
    cast = Cast()
    made = protect(cast, subscribe(cast, microsoft, NOW))

    with pytest.raises(ProgrammingError), transaction.atomic():
        ProtectedPrice.objects.update(price=1)
    with pytest.raises(ProgrammingError), transaction.atomic():
        made.delete()
    with pytest.raises(IntegrityError), transaction.atomic():
        ProtectedPrice.objects.create(
            subscription=made.subscription, price=1, until_on=DECEMBER, reason="x", created_at=NOW, created_by=cast.dora
        )


def test_the_promise_is_what_is_announced(microsoft):
    cast = Cast()
    subscription = subscribe(cast, microsoft, NOW)
    protect(cast, subscription)

    renewals.announce(account=cast.reseller, at=at(2026, 11, 20))

    assert str(subscription.renewals.get().announced_price) == "11.500000"


def test_the_surcharge_counts_for_terms_in_instalments_and_is_explained(microsoft):
    cast = Cast()
    cast.reseller.reseller.instalment_surcharge = Decimal("5.00")
    cast.reseller.reseller.save()

    import_rows(*premium())
    offers = Offer.objects.filter(product__sku_id="0002", market="GR").select_related("product")
    found = catalogue.offers_for(cast.reseller, [(offer, None) for offer in offers], at(2026, 11, 25))
    by_kind = {(one.term_months, one.cycle_months): one for one in found}

    assert by_kind[12, 1].unit_price == Decimal("252.17")  # 240.16 + 5 % = 252.168
    assert by_kind[12, 1].price_source == "retail price, 2026-11: €240.16 + 5 % for instalments"
    for kind, price in {(1, 1): "22.87", (12, 12): "228.72", (36, 36): "686.16"}.items():
        assert (by_kind[kind].unit_price, by_kind[kind].surcharge) == (Decimal(price), 0)
        assert "instalments" not in by_kind[kind].price_source


def test_the_surcharge_is_charged_once_and_stands_on_the_invoice(microsoft):
    cast = Cast()
    cast.reseller.reseller.instalment_surcharge = Decimal("5.00")
    cast.reseller.reseller.save()
    microsoft.set_clock(NOW)

    basket = fill(cast, (monthly_offer(Term.P1Y), 3, cast.customer))
    baskets.save_details(basket=basket, beneficiary=cast.customer, details=DETAILS, is_complete=True)
    [order] = place(cast, basket).orders.all()
    fulfilment.start(order=order, at=NOW)
    fulfilment.advance(tenant=cast.customer.tenant, at=NOW)
    billing.bill(DECEMBER, at=at(2026, 12, 1))

    item = order.items.get()
    line = Invoice.objects.get().items.get()
    assert (item.unit_price, line.unit_price) == (Decimal("252.17"), Decimal("21.01"))
    assert line.net == item.first_period_net == Decimal("63.03")
    assert line.price_source == item.price_source == "retail price, 2026-11: €240.16 + 5 % for instalments"
    assert billing.broken() == []


def test_a_renewal_takes_the_surcharge_of_its_day(microsoft):
    cast = Cast()
    subscription = subscribe(cast, microsoft, NOW, term=Term.P1Y)
    cast.reseller.reseller.instalment_surcharge = Decimal("2.50")
    cast.reseller.reseller.save()

    found = price_on(fresh(subscription), on=subscription.term_end_on)

    assert found.amount == Decimal("246.16")  # 240.16 + 2.5 % = 246.164
    assert "2.5 % for instalments" in found.source
