"""Renewals in BSS: what is held is seen with its reason, and decided by those who may."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone

from accounts.enums import StaffRole
from accounts.models import AuditEvent, User
from accounts.services import roles
from invoicing.models import BillingSchedule
from storefront.models import OfferPrice, Renewal, Subscription
from tests.integration.invoicing.cast import bill
from tests.integration.storefront.conftest import microsoft, simulator_process
from tests.integration.storefront.partner_cast import NOW, Cast
from tests.integration.storefront.renewal_cast import at, check, fresh, renewals_in, subscribe

__all__ = ["microsoft", "simulator_process"]
pytestmark = pytest.mark.django_db


def member(role: str) -> User:
    roles.sync()
    user = User.objects.create_user(f"{role.lower()}@example.com", None, name=role, is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    return user


@pytest.fixture
def held(microsoft) -> Subscription:
    """A subscription whose month ended in the past without a price."""
    subscription = subscribe(Cast(), microsoft, NOW)
    OfferPrice.objects.filter(offer=subscription.offer).update(valid_until=at(2026, 12, 1))
    return check(subscription, microsoft, at(2026, 12, 10))


def page_of(subscription: Subscription) -> str:
    return reverse("bss:storefront_subscription_change", args=[subscription.pk])


def test_home_list_and_page_show_why_it_is_held(client, held):
    client.force_login(member("Sales"))
    ended = timezone.now().date() - timedelta(days=2)
    BillingSchedule.objects.filter(pk=held.schedule_id).update(term_end_on=ended)
    Subscription.objects.filter(pk=held.pk).update(term_end_on=ended)
    Renewal.objects.update(begins_on=ended)

    home = client.get(reverse("bss:index")).content.decode()
    assert held.name in home
    assert "There is no price for the day of the renewal." in home
    rows = client.get(reverse("bss:storefront_subscription_changelist") + "?billing=held")
    assert [row.pk for row in rows.context["cl"].queryset] == [held.pk]
    page = client.get(page_of(held)).content.decode()
    assert "nothing is billed for the new term" in page
    assert "There is no price" in page


def test_the_run_names_what_is_past_its_term(client, held):
    client.force_login(member("Finance"))
    run = bill(date(2027, 1, 1), at=at(2027, 1, 1))

    page = client.get(reverse("bss:invoicing_billingrun_change", args=[run.pk])).content.decode()

    assert "1 service is past its term" in page
    assert "has not confirmed" in page
    assert "?billing=held" in page


def test_an_agreed_price_is_noted_with_its_reason_and_renews(client, held, microsoft):
    client.force_login(member("Sales"))

    refused = client.post(page_of(held), {"price": "-1", "quantity": "", "reason": ""})
    assert refused.status_code == 200
    assert {"price", "reason"} <= set(refused.context["form"].errors)
    answer = client.post(page_of(held), {"price": "21.50", "quantity": "", "reason": "as by mail"})

    assert answer["Location"] == page_of(held)
    assert AuditEvent.objects.get(action="renewal.agreed").reason == "as by mail"
    row = check(held, microsoft, at(2026, 12, 11))
    assert [str(price) for _day, price, _seats in renewals_in(row.schedule)] == ["21.500000"]
    assert client.post(page_of(held), {"price": "1", "reason": "x"}).status_code == 403  # nothing is held any more


@pytest.mark.parametrize("role", StaffRole.values)
def test_decisions_are_open_to_their_roles_only(client, held, role):
    client.force_login(member(role))
    may = role in {"Admin", "Sales", "Finance"}
    again = reverse("bss:storefront_subscription_look_again", args=[held.pk])

    assert client.get(page_of(held)).status_code == 200
    assert client.post(again).status_code == (302 if may else 403)
    assert client.post(page_of(held), {"price": "21.50", "reason": "x"}).status_code == (302 if may else 403)
    assert (Renewal.objects.get().price is not None) is may


def test_look_again_rings_for_the_tenant(client, held, microsoft, deliver_outbox):
    OfferPrice.objects.filter(offer=held.offer).update(valid_until=None)
    microsoft.set_clock(timezone.now())
    Subscription.objects.filter(pk=held.pk).update(term_end_on=timezone.now().date())
    client.force_login(member("Admin"))

    client.post(reverse("bss:storefront_subscription_look_again", args=[held.pk]))

    assert "storefront.check_renewals" in deliver_outbox()
    assert AuditEvent.objects.filter(action="renewal.asked_again", target_id=str(held.pk)).exists()


def test_a_renewal_above_the_credit_is_on_the_home_page(client, microsoft):
    subscription = subscribe(Cast(credit_limit="50.00"), microsoft, NOW)
    check(subscription, microsoft, at(2026, 12, 10))
    client.force_login(member("Finance"))

    home = client.get(reverse("bss:index")).content.decode()

    assert "Renewed all the same" in home
    assert "79.72" in home
    assert len(renewals_in(fresh(subscription).schedule)) == 1


def test_pages_keep_their_queries(client, held, django_assert_max_num_queries):
    client.force_login(member("Admin"))
    for page, limit in ((page_of(held), 15), (reverse("bss:index"), 20)):
        with django_assert_max_num_queries(limit):
            client.get(page)
