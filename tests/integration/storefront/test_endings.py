"""Our own services end when somebody says so: today, or later; an end that lies ahead is revoked without a trace."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from accounts.models import Account, AuditEvent, User
from config.kernel.errors import InvalidTransition
from invoicing.enums import ScheduleState
from invoicing.models import Charge
from storefront.enums import SubscriptionStatus
from storefront.models import Subscription
from storefront.selectors.home import home_of
from storefront.services import endings
from storefront.services.endings import EndsWithItsTerm, NotEnding, NotRunning
from storefront.views.customers import with_figures
from tests.integration.invoicing import cast as billing
from tests.integration.storefront.partner_cast import NOW, Cast
from tests.integration.storefront.renewal_cast import at, fresh, subscribe
from tests.integration.storefront.test_prices_of_subscriptions import own_service

pytestmark = pytest.mark.django_db
TENTH = date(2026, 12, 10)


def end(cast, subscription, on=TENTH, when=NOW):
    return endings.end(subscription=subscription, on=on, reason="Moves away", by=cast.ada, at=when)


def revoke(cast, subscription, when=NOW):
    return endings.revoke(subscription=subscription, by=cast.ada, at=when)


def test_a_planned_end_is_revoked_and_billing_goes_on_without_a_gap(microsoft):
    cast = Cast()
    subscription = own_service(cast)
    assert endings.period_end(subscription, today=NOW.date()) == TENTH

    row = end(cast, subscription)
    assert (row.status, fresh(row).schedule.end_on) == (SubscriptionStatus.PENDING_CANCEL, TENTH)
    row = revoke(cast, row, when=at(2026, 12, 9))
    billing.bill(date(2027, 1, 1), at=at(2027, 1, 1))

    assert (row.status, fresh(row).schedule.state) == (SubscriptionStatus.ACTIVE, ScheduleState.ACTIVE)
    nets = Charge.objects.filter(schedule=row.schedule).order_by("pk").values_list("net", flat=True)
    assert list(nets) == [Decimal("200.00"), Decimal("200.00")]
    acts = AuditEvent.objects.filter(target_id=str(row.pk), action__startswith="subscription.end")
    assert list(acts.order_by("pk").values_list("action", flat=True)) == [
        "subscription.end_planned",
        "subscription.end_revoked",
    ]
    assert billing.broken() == []


def test_it_is_canceled_on_its_day_and_then_it_is_over(microsoft):
    cast = Cast()
    subscription = end(cast, own_service(cast))

    assert endings.sweep(at=at(2026, 12, 9)) == 0
    assert endings.sweep(at=at(2026, 12, 10)) == 1
    assert endings.sweep(at=at(2026, 12, 10)) == 0

    row = fresh(subscription)
    assert (row.status, row.ended_at, row.auto_renew) == (SubscriptionStatus.CANCELED, at(2026, 12, 10), False)
    with pytest.raises(NotEnding):
        revoke(cast, row, when=at(2026, 12, 10))
    with pytest.raises(NotRunning):
        end(cast, row)


def test_what_is_ending_still_counts_as_running(microsoft):
    cast = Cast()
    subscription = end(cast, own_service(cast))

    shown = home_of(cast.reseller, at=NOW, on=NOW.date())

    assert [(figure.services, figure.seats) for figure in shown.modes] == [(1, 2)]
    [row] = with_figures(Account.objects.filter(pk=subscription.beneficiary_id))
    assert (row.services, row.seats) == (1, 2)


def test_until_tomorrow_it_is_canceled_at_once(microsoft):
    cast = Cast()
    subscription = own_service(cast)

    row = end(cast, subscription, on=date(2026, 11, 11))

    assert (row.status, row.ended_at) == (SubscriptionStatus.CANCELED, NOW)
    with pytest.raises(NotEnding):
        revoke(cast, row)


def test_what_microsoft_delivers_ends_with_its_term(microsoft):
    cast = Cast()
    subscription = subscribe(cast, microsoft, NOW)

    with pytest.raises(EndsWithItsTerm):
        end(cast, subscription)
    assert fresh(subscription).schedule.end_on is None


def test_every_arrow_of_the_status_is_guarded(microsoft):
    cast = Cast()
    subscription = own_service(cast)
    Subscription.objects.filter(pk=subscription.pk).update(status=SubscriptionStatus.SUSPENDED)

    with pytest.raises((NotRunning, InvalidTransition)):
        end(cast, subscription)


def page_of(subscription):
    return reverse("subscription_end", args=[subscription.public_id])


@pytest.fixture
def service(client, microsoft):
    """A service that began today, and its reseller's admin signed in."""
    cast = Cast()
    cast.ada.is_account_admin = True
    cast.ada.save()
    client.force_login(cast.ada)
    return own_service(cast)


def test_the_reseller_ends_a_service_and_takes_it_back(client, service):
    shown = client.get(page_of(service)).content.decode()
    assert "What is charged already is not paid back." in shown
    assert "With what is charged already" in shown

    answer = client.post(page_of(service), {"when": "period", "reason": "Moves"}, follow=True)
    assert "First day without it" in answer.content.decode()
    assert fresh(service).status == SubscriptionStatus.PENDING_CANCEL
    assert "Revoke the end?" in client.get(page_of(service)).content.decode()

    client.post(page_of(service))
    assert (fresh(service).status, fresh(service).schedule.end_on) == (SubscriptionStatus.ACTIVE, None)


def test_a_choice_is_needed_and_the_reason_stays(client, service):
    answer = client.post(page_of(service), {"reason": "Moves away soon"})

    assert answer.status_code == 422
    assert "Choose when it ends." in answer.content.decode()
    assert "Moves away soon" in answer.content.decode()
    assert fresh(service).status == SubscriptionStatus.ACTIVE


def test_who_may_not_manage_subscriptions_sees_no_button_and_is_refused(client, service):
    abel = User.objects.create_user("abel@example.org", account=service.bill_to, name="Abel", roles=["buyer"])
    client.force_login(abel)

    assert page_of(service) not in client.get(reverse("subscription", args=[service.public_id])).content.decode()
    assert client.get(page_of(service)).status_code == 403
    assert client.post(page_of(service), {"when": "now"}).status_code == 403
