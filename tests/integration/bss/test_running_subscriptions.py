"""Price, coming terms and end of a running subscription in BSS: seen before it counts, refused with the reason."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone

from accounts.enums import StaffRole
from accounts.models import User
from accounts.services import roles
from invoicing.models import Charge, ScheduleChange
from storefront.enums import SubscriptionStatus
from storefront.models import ProtectedPrice, Subscription
from storefront.services import fulfilment
from tests.integration.storefront.conftest import microsoft, simulator_process
from tests.integration.storefront.partner_cast import NOW, Cast
from tests.integration.storefront.renewal_cast import fresh, subscribe
from tests.integration.storefront.test_orders import fill, own_offer, place

__all__ = ["microsoft", "simulator_process"]
pytestmark = pytest.mark.django_db
EDITORS = {"Admin", "Sales", "Finance"}


def member(role: str) -> User:
    roles.sync()
    user = User.objects.create_user(f"{role.lower()}@example.com", None, name=role, is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    return user


def url(act: str, row: Subscription) -> str:
    return reverse(f"bss:storefront_subscription_{act}", args=[row.pk])


@pytest.fixture
def service(db) -> Subscription:
    """Two seats of a service at 100.00 a month, since today."""
    cast = Cast()
    order = place(cast, fill(cast, (own_offer(), 2, cast.customer))).orders.get()
    fulfilment.start(order=order, at=timezone.now())
    return fresh(order.items.get().subscription)


def test_a_price_is_looked_at_before_it_counts(client, service):
    client.force_login(member("Finance"))
    typed = {"price": "110.00", "on": service.start_on.isoformat(), "reason": "Agreed"}

    shown = client.post(url("price", service), {**typed, "act": "preview"})
    assert [charge.net for charge in shown.context["charges"]] == [Decimal("20.00")]
    assert not ScheduleChange.objects.filter(kind="price").exists()
    client.post(url("price", service), {**typed, "act": "save"})

    assert Charge.objects.get(kind="price").net == Decimal("20.00")
    page = client.get(url("change", service)).content.decode()
    assert "Price changed" in page
    assert "€110.00" in page


def test_a_price_that_lies_ahead_is_shown_with_its_day_on_both_sides(client, service):
    client.force_login(member("Sales"))
    form = client.get(url("price", service)).context["form"]
    client.post(url("price", service), {"price": "90", "on": form["on"].initial, "reason": "x", "act": "save"})

    page = client.get(url("change", service)).content.decode()
    assert "€100.00" in page
    assert "€90.00" in page
    ada = service.order_item.order.placed_by
    ada.is_account_admin = True
    ada.save()
    client.force_login(ada)
    assert "Unit price from" in client.get(reverse("subscription", args=[service.public_id])).content.decode()


def test_refusals_stand_at_the_field_and_keep_what_was_typed(client, service):
    client.force_login(member("Sales"))
    day = (service.start_on + timedelta(days=3)).isoformat()

    answer = client.post(url("price", service), {"price": "90", "on": day, "reason": "x", "act": "save"})

    assert answer.status_code == 422
    assert "changes with a billing period only" in str(answer.context["form"].errors["on"])
    assert client.post(url("price", service), {"price": "", "on": "", "reason": ""}).status_code == 422
    answer = client.post(url("price", service), {"price": "1", "on": "1800-01-01", "reason": "x"})
    assert "of this century" in str(answer.context["form"].errors["on"])


def test_an_end_is_planned_and_revoked(client, service):
    client.force_login(member("Sales"))
    typed = {"on": (service.start_on + timedelta(days=40)).isoformat(), "reason": "Moves"}

    client.post(url("end", service), typed)
    assert fresh(service).status == SubscriptionStatus.PENDING_CANCEL
    assert "Revoke the end" in client.get(url("change", service)).content.decode()
    refused = client.get(url("end", service), follow=True).content.decode()
    assert "cannot be ended" in refused
    client.post(url("go_on", service))

    assert (fresh(service).status, fresh(service).schedule.end_on) == (SubscriptionStatus.ACTIVE, None)
    answer = client.post(url("go_on", service), follow=True).content.decode()
    assert "no term that could renew" in answer


def test_a_term_takes_a_promise_and_loses_it_again(client, microsoft):
    row = subscribe(Cast(), microsoft, NOW)
    client.force_login(member("Finance"))

    page = client.get(url("price", row)).content.decode()
    assert "terms are price-protected" in page
    client.post(url("price", row), {"price": "11.5", "until": "2026-12-31", "reason": "Project", "act": "save"})
    assert ProtectedPrice.objects.get(withdrawn_at=None).until_on == date(2026, 12, 31)
    assert "Promised" in client.get(url("price", row)).content.decode()
    answer = client.post(url("price", row), {"reason": "", "act": "withdraw"})
    assert (answer.status_code, ProtectedPrice.objects.filter(withdrawn_at=None).count()) == (422, 1)
    client.post(url("price", row), {"reason": "Mistake", "act": "withdraw"})

    assert not ProtectedPrice.objects.filter(withdrawn_at=None).exists()
    answer = client.post(url("price", row), {"price": "1", "until": "2026-12-01", "reason": "x", "act": "save"})
    assert "Choose that day or a later one" in str(answer.context["form"].errors["until"])
    assert "It ends with its term" in client.get(url("end", row), follow=True).content.decode()


@pytest.mark.parametrize("role", StaffRole.values)
def test_who_may_change_prices_and_ends(client, service, role):
    client.force_login(member(role))

    answers = {act: client.get(url(act, service)).status_code for act in ("price", "end")}
    answers["go_on"] = client.post(url("go_on", service)).status_code

    assert answers == ({"price": 200, "end": 200, "go_on": 302} if role in EDITORS else dict.fromkeys(answers, 403))
    page = client.get(url("change", service)).content.decode()
    assert (url("price", service) in page) == (role in EDITORS)
