"""Two at once while ordering (reliability.md R01-R11): real threads and connections, halted at each other's lock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.db.models import QuerySet
from django.test import Client
from django.urls import reverse

from accounts.models import Account, User
from config.kernel.locks import lock
from invoicing.selectors import credit
from resellers.enums import MpnStatus
from resellers.models import Reseller
from storefront.models import BasketLine, Checkout, Order, Tenant
from storefront.services import baskets, orders, tenants
from tests.integration.storefront.partner_cast import Cast
from tests.integration.storefront.test_orders import DETAILS, fill, microsoft_offer, own_offer, place
from tests.integration.storefront.test_pages import admin
from tests.races import at_once, waiting

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 11, 10, 9, 30, tzinfo=UTC)


def basket_of(cast: Cast):
    basket = fill(cast, (microsoft_offer(), 1, cast.customer))
    baskets.save_details(basket=basket, beneficiary=cast.customer, details=DETAILS, is_complete=True)
    return basket


def test_an_mpn_id_that_is_removed_during_the_submit_is_seen():
    """R09: the number is read under the reseller's lock."""
    cast = Cast()
    basket = basket_of(cast)

    with waiting(lambda: place(cast, basket)) as other:
        reseller = lock(cast.reseller.reseller)
        reseller.mpn_id, reseller.mpn_status = None, MpnStatus.NONE
        reseller.save()

    assert isinstance(other.result, orders.MpnIdNeeded)
    assert not Checkout.objects.exists()
    assert not Tenant.objects.exists()


def test_a_company_that_is_archived_during_the_submit_is_seen():
    """R11."""
    cast = Cast()
    basket = basket_of(cast)

    with waiting(lambda: place(cast, basket)) as other:
        lock(cast.customer)
        Account.objects.filter(pk=cast.customer.pk).update(archived_at=NOW)

    assert isinstance(other.result, orders.CompanyArchived)
    assert not Checkout.objects.exists()


def test_ordering_that_is_switched_off_during_the_submit_is_seen():
    """R10."""
    cast = Cast()
    basket = basket_of(cast)

    with waiting(lambda: place(cast, basket)) as other:
        lock(cast.reseller)
        Account.objects.filter(pk=cast.reseller.pk).update(ordering_enabled=False)

    assert isinstance(other.result, orders.OrderingOff)
    assert not Checkout.objects.exists()


@pytest.fixture
def no_locks(monkeypatch) -> Callable[[], None]:
    """Take every row lock away: `SELECT … FOR UPDATE` only reads."""
    return lambda: monkeypatch.setattr(QuerySet, "select_for_update", lambda rows, **_how: rows)


@pytest.mark.parametrize("guard", ["kept", "removed"])
def test_two_orders_at_once_cannot_both_take_the_last_credit(monkeypatch, guard):
    """R05. Negative control: what is free, read before the lock on the bill-to, lets both through."""
    cast = Cast(credit_limit="150.00")
    abel = User.objects.create_user("abel@example.org", account=cast.reseller, name="Abel")
    offer = own_offer()
    acts = []
    for user in (cast.ada, abel):
        basket = baskets.open_basket(user=user, account=cast.reseller, at=NOW)
        baskets.add_line(basket=basket, offer_id=offer.public_id, quantity=1, beneficiary=cast.customer, at=NOW)
        basket.refresh_from_db()
        facts = {"basket": basket, "basket_version": basket.version, "by": user, "at": NOW}
        acts.append(lambda facts=facts: orders.place(**facts))
    available = credit.available
    early = available(cast.reseller)
    if guard == "removed":
        monkeypatch.setattr(credit, "available", lambda _account: early)

    at_once(*acts)

    second = "submitted" if guard == "kept" else "executed"
    assert sorted(Order.objects.values_list("status", flat=True)) == ["executed", second]
    free = available(Account.objects.get(pk=cast.reseller.pk)).amount
    assert (free >= 0) is (guard == "kept")


def test_without_locks_a_limit_lowered_before_the_submit_is_not_seen(no_locks):
    """R06's negative control: the order does not wait for the limit that is being lowered."""
    cast = Cast(credit_limit="5000.00")
    basket = fill(cast, (own_offer(), 1, cast.customer))
    no_locks()

    with waiting(lambda: place(cast, basket)):
        Reseller.objects.filter(account=cast.reseller).update(credit_limit=Decimal("10.00"))

    assert Order.objects.get().status == "executed"


def test_a_limit_lowered_before_the_submit_holds_the_order():
    """R06, limit first."""
    cast = Cast(credit_limit="5000.00")
    basket = fill(cast, (own_offer(), 1, cast.customer))

    with waiting(lambda: place(cast, basket)) as other:
        lock(cast.reseller)
        Reseller.objects.filter(account=cast.reseller).update(credit_limit=Decimal("10.00"))

    assert isinstance(other.result, Checkout)
    assert Order.objects.get().status == "submitted"


def test_a_limit_lowered_after_the_submit_leaves_the_order_and_shows_the_account_over_it():
    """R06, order first."""
    cast = Cast(credit_limit="5000.00")
    basket = fill(cast, (own_offer(), 1, cast.customer))

    def lower() -> None:
        with transaction.atomic():
            lock(cast.reseller)
            Reseller.objects.filter(account=cast.reseller).update(credit_limit=Decimal("10.00"))

    with waiting(lower):
        place(cast, basket)

    assert Order.objects.get().status == "executed"
    assert credit.available(Account.objects.get(pk=cast.reseller.pk)).amount == Decimal("-114.00")


@pytest.mark.parametrize("edit", ["add", "quantity", "remove", "details"])
def test_an_edit_of_a_basket_that_is_being_ordered_is_refused_whole(edit):
    """R04: nothing is put into a basket that nobody looks at any more."""
    cast = Cast()
    basket = fill(cast, (own_offer(), 1, cast.customer))
    line = basket.lines.select_related("offer__product", "basket__account").get()
    more = own_offer("7.00")
    acts = {
        "add": lambda: baskets.add_line(basket=basket, offer_id=more.public_id, quantity=1, at=NOW),
        "quantity": lambda: baskets.set_quantity(line=line, quantity=9),
        "remove": lambda: baskets.remove_line(line=line),
        "details": lambda: baskets.save_details(
            basket=basket, beneficiary=cast.customer, details=DETAILS, is_complete=True
        ),
    }

    with waiting(acts[edit]) as other:
        place(cast, basket)

    assert isinstance(other.result, baskets.BasketGone)
    assert list(BasketLine.objects.values_list("quantity", flat=True)) == [1]
    assert Order.objects.get().items.get().quantity == 1


def test_two_checkouts_of_one_tenant_name_leave_one_tenant_and_nothing_half_placed():
    """Edge case 16, to the last moment."""
    one, two = Cast(), Cast(mpn="9900074")
    mine, theirs = basket_of(one), fill(two, (own_offer(), 1, two.reseller))
    baskets.add_line(basket=theirs, offer_id=microsoft_offer().public_id, quantity=1, beneficiary=two.customer, at=NOW)
    baskets.save_details(basket=theirs, beneficiary=two.customer, details=DETAILS, is_complete=True)

    with waiting(lambda: place(two, theirs)) as other:
        place(one, mine)

    assert isinstance(other.result, tenants.PrefixTaken)
    assert other.result.facts["of"] == two.customer.public_id
    assert [order.bill_to for order in Order.objects.all()] == [one.reseller]
    assert [tenant.account for tenant in Tenant.objects.all()] == [one.customer]


def test_two_checkouts_of_the_same_two_names_do_not_wait_for_each_other():
    """Names are taken in one order by everybody, whatever the baskets' order: no deadlock."""
    casts = [Cast(), Cast(mpn="9900074")]
    offer = microsoft_offer()
    filled = []
    for cast, names in zip(casts, (("alpha", "beta"), ("beta", "alpha")), strict=True):
        basket = fill(cast, (offer, 1, cast.customer), (offer, 1, cast.affiliate))
        for who, name in zip((cast.customer, cast.affiliate), names, strict=True):
            details = baskets.Details(**{**vars(DETAILS), "domain_prefix": name})
            baskets.save_details(basket=basket, beneficiary=who, details=details, is_complete=True)
        filled.append((cast, basket))

    results = at_once(*(lambda cast=cast, basket=basket: place(cast, basket) for cast, basket in filled))

    assert sorted(type(result).__name__ for result in results) == ["Checkout", "PrefixTaken"]
    assert Order.objects.count() == 2


def new_affiliate(line: BasketLine, name: str) -> dict[str, str]:
    return {
        "line": line.public_id, "mode": "affiliate", "affiliate": "new", "before": "", "affiliate-name": name,
        "affiliate-email": "unit@example.org", "affiliate-phone": "+30 231 000 0105", "affiliate-country": "GR",
        "affiliate-purpose": "business_unit",
    }  # fmt: skip


def tab(cast: Cast) -> Client:
    return admin(cast, Client())


def choosing(tab: Client, typed: dict[str, str]) -> Callable[[], Any]:
    return lambda: tab.post(reverse("checkout_who"), typed)


def test_an_affiliate_created_in_two_tabs_at_once_is_one_row():
    """R08: case, spaces and accents do not make another name."""
    cast = Cast()
    basket = fill(cast, (own_offer(), 1, None), (own_offer("7.00"), 1, None))
    posts = zip(basket.lines.order_by("pk"), ("Μονάδα Ένα", "ΜΟΝΑΔΑ  ενα"), [tab(cast), tab(cast)], strict=True)
    acts = [choosing(tab, new_affiliate(line, name)) for line, name, tab in posts]

    answers = at_once(*acts)

    assert sorted(answer.status_code for answer in answers) == [302, 422]
    refused = next(answer for answer in answers if answer.status_code == 422)
    assert "You have an affiliate of this name already" in refused.context["affiliate_form"].errors["name"][0]
    assert Account.objects.filter(bill_to=cast.reseller, name_key="μοναδα ενα").count() == 1


@pytest.mark.parametrize("mode", ["affiliate", "end_customer"])
def test_a_double_click_creates_one_company(mode):
    """R01 and R08: end customers of one name are allowed, so only the line's lock tells a second click."""
    cast = Cast()
    line = fill(cast, (own_offer(), 1, None)).lines.get()
    typed = new_affiliate(line, "Xenia Rodon")
    if mode == "end_customer":
        typed = {name.replace("affiliate-", "customer-"): text for name, text in typed.items()}
        typed |= {"mode": mode, "customer": "new", "customer-segment": "Commercial"}

    answers = at_once(*(choosing(tab(cast), typed) for _ in range(4)))

    assert [answer.status_code for answer in answers] == [302] * 4
    assert Account.objects.filter(bill_to=cast.reseller, name="Xenia Rodon").count() == 1
    line.refresh_from_db()
    assert line.beneficiary.name == "Xenia Rodon"


def test_six_clicks_in_two_tabs_find_one_order():
    """R01 and R02, over HTTP."""
    cast = Cast()
    fill(cast, (own_offer(), 1, cast.customer))
    tabs = [tab(cast), tab(cast)]
    clicks = [{**one.get(reverse("checkout_confirm")).context["form"].initial, "terms": "on"} for one in tabs]

    answers = at_once(
        *(
            lambda one=one, click=click: one.post(reverse("checkout_confirm"), click)
            for one, click in list(zip(tabs, clicks, strict=True)) * 3
        )
    )

    done = reverse("checkout_done", args=[Checkout.objects.get().public_id])
    assert [answer["Location"] for answer in answers] == [done] * 6
    assert Order.objects.count() == 1
