"""The subscription's page and the page that switches auto-renew, over HTTP: words, roles, strangers."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from storefront.enums import RequestState
from storefront.models import AutoRenewRequest, Renewal, Subscription
from storefront.services import renewals
from tests.integration.storefront.partner_cast import NOW, Cast
from tests.integration.storefront.renewal_cast import fresh, subscribe

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast(microsoft) -> Cast:
    made = Cast()
    made.ada.roles = ["subscriptions_manager"]
    made.ada.save()
    return made


@pytest.fixture
def subscription(cast, microsoft) -> Subscription:
    row = subscribe(cast, microsoft, NOW)
    ends = timezone.now() + timedelta(days=20)  # the pages look at the machine's clock
    Subscription.objects.filter(pk=row.pk).update(term_end_on=ends.date(), term_ends_at=ends)
    return fresh(row)


def page_of(subscription: Subscription, name: str = "subscription") -> str:
    return reverse(name, args=[subscription.public_id])


def test_page_says_when_it_renews_and_at_what_price(client, cast, subscription):
    client.force_login(cast.ada)

    text = client.get(page_of(subscription)).content.decode()

    assert "Renews on" in text
    assert "22.87" in text
    assert "retail price, 2026-11" in text
    assert page_of(subscription, "subscription_renewal") in text


def test_switching_off_asks_first_and_then_says_it_is_on_its_way(client, cast, subscription, microsoft):
    client.force_login(cast.ada)
    page = page_of(subscription, "subscription_renewal")

    asked = client.get(page).content.decode()
    assert "end then" in asked
    assert not AutoRenewRequest.objects.exists()
    done = client.post(page, {"renews": "off"}, follow=True).content.decode()

    assert "It will end with its term." in done
    assert "Being switched off at Microsoft." in done
    renewals.advance_request(request_id=AutoRenewRequest.objects.get().pk, at=NOW)
    text = client.get(page_of(subscription)).content.decode()
    assert "Ends on" in text
    assert "Ending" in text
    assert "switch it off again" in client.get(page).content.decode()


def test_a_double_click_makes_one_wish(client, cast, subscription):
    client.force_login(cast.ada)
    page = page_of(subscription, "subscription_renewal")

    answers = [client.post(page, {"renews": "off"}, follow=True).content.decode() for _click in range(2)]

    assert AutoRenewRequest.objects.filter(state=RequestState.PENDING).count() == 1
    assert "still on its way" in answers[1]


def test_a_held_renewal_and_a_refusal_are_told_without_our_inner_reasons(client, cast, subscription):
    Renewal.objects.create(
        subscription=subscription, begins_on=subscription.schedule.term_end_on, state="held", reason_code="no_price",
        reason="There is no price for the day of the renewal.", created_at=NOW,
    )  # fmt: skip
    AutoRenewRequest.objects.create(
        subscription=subscription, renews=False, requested_at=NOW, requested_by=cast.ada, state="refused",
        reason="Microsoft found an entry that it does not accept.", settled_at=NOW,
    )  # fmt: skip
    client.force_login(cast.ada)

    text = client.get(page_of(subscription)).content.decode()

    assert "being clarified" in text
    assert "There is no price for the day" not in text
    assert "Microsoft found an entry" in text


def test_shortly_before_the_end_the_page_says_why_not(client, cast, subscription):
    soon = timezone.now() + timedelta(hours=5)
    Subscription.objects.filter(pk=subscription.pk).update(term_ends_at=soon, term_end_on=soon.date())
    client.force_login(cast.ada)

    assert "ends too soon" in client.get(page_of(subscription, "subscription_renewal")).content.decode()
    answer = client.post(page_of(subscription, "subscription_renewal"), {"renews": "off"}, follow=True)
    assert "ends too soon" in answer.content.decode()
    assert not AutoRenewRequest.objects.exists()


@pytest.mark.parametrize(("role", "may"), [("subscriptions_manager", True), ("buyer", False), ("billing_agent", False)])
def test_only_who_manages_subscriptions_may_switch(client, cast, subscription, role, may):
    cast.ada.roles = [role]
    cast.ada.save()
    client.force_login(cast.ada)
    page = page_of(subscription, "subscription_renewal")

    assert client.get(page).status_code == (200 if may else 403)
    assert client.post(page, {"renews": "off"}).status_code == (302 if may else 403)
    assert (page in client.get(page_of(subscription)).content.decode()) is False
    assert AutoRenewRequest.objects.exists() is may


def test_what_is_no_choice_is_refused(client, cast, subscription):
    client.force_login(cast.ada)

    answer = client.post(page_of(subscription, "subscription_renewal"), {"renews": "x"})

    assert answer.status_code == 422
    assert not AutoRenewRequest.objects.exists()


def test_page_needs_the_same_queries_whatever_happened(client, cast, subscription, django_assert_max_num_queries):
    client.force_login(cast.ada)
    client.get(page_of(subscription))

    with django_assert_max_num_queries(20):
        client.get(page_of(subscription))
