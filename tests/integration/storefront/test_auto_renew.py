"""Switching auto-renew at Microsoft: etag, stale, accepted, lost answers, refusals; and telling prices ahead."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from accounts.models import AuditEvent, Message
from accounts.services import contacts
from config.kernel.models import Outbox
from storefront.enums import CallState, RequestState, SubscriptionStatus, Term
from storefront.models import AutoRenewRequest, OfferPrice, PartnerCall, Renewal, Subscription
from storefront.services import renewals
from storefront.services.fulfilment import leases
from tests.integration.storefront.partner_cast import NOW, Cast
from tests.integration.storefront.renewal_cast import NEW, at, check, fresh, renewals_in, subscribe

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def cast(microsoft) -> Cast:
    return Cast()


@pytest.fixture
def subscription(cast, microsoft) -> Subscription:
    return subscribe(cast, microsoft, NOW)


def wish(cast, subscription, renews=False) -> AutoRenewRequest:
    renewals.request(subscription=subscription, renews=renews, by=cast.ada, at=LATER)
    return AutoRenewRequest.objects.filter(subscription=subscription).latest("pk")


def advance(request: AutoRenewRequest, when=LATER) -> AutoRenewRequest:
    renewals.advance_request(request_id=request.pk, at=when)
    return AutoRenewRequest.objects.get(pk=request.pk)


def booked(microsoft) -> list[bool]:
    return [row["autoRenewEnabled"] for row in microsoft.ledger()["subscription"]]


def test_a_wish_is_a_row_before_the_call_and_sends_the_whole_resource_with_its_etag(cast, microsoft, subscription):
    request = wish(cast, subscription)
    assert (request.state, Outbox.objects.filter(topic="storefront.set_auto_renew").count()) == (
        RequestState.PENDING,
        1,
    )

    done = advance(request)

    (sent,) = microsoft.journal("PATCH")
    assert sent["headers"]["If-Match"]
    assert sent["body"]["autoRenewEnabled"] is False
    assert sent["body"]["quantity"] == 3
    assert sent["body"]["partnerId"] == "9900037"
    call = PartnerCall.objects.get(step="auto_renew")
    assert (call.state, str(call.ms_request_id)) == (CallState.OK, sent["headers"]["MS-RequestId"])
    assert "etag" not in str(call.body)
    assert (done.state, fresh(subscription).auto_renew, booked(microsoft)) == (RequestState.DONE, False, [False])
    event = AuditEvent.objects.get(action="subscription.auto_renew_changed")
    assert (event.by, event.before, event.after) == (cast.ada, {"auto_renew": True}, {"auto_renew": False})


@pytest.mark.parametrize("replay", [True, False], ids=["id remembered", "id forgotten"])
@pytest.mark.parametrize("spoil", [{"drop": True}, {"status": 500}, {"truncate": True}])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_lost_answer_is_read_back_and_one_id_is_used(cast, microsoft, subscription, spoil, when, replay):
    microsoft.configure(replay_memory=replay)
    microsoft.fault("/subscriptions/", method="PATCH", when=when, times=1, **spoil)
    request = wish(cast, subscription)

    waiting = advance(request)
    done = advance(request, LATER + timedelta(minutes=1))

    assert waiting.state == RequestState.PENDING
    assert (done.state, booked(microsoft)) == (RequestState.DONE, [False])
    assert len({row["headers"]["MS-RequestId"] for row in microsoft.journal("PATCH")}) == 1
    assert PartnerCall.objects.get(step="auto_renew").state == CallState.OK


def test_a_change_by_somebody_else_in_between_is_read_again_and_keeps_their_change(cast, microsoft, subscription):
    body = {"code": 2055, "description": "stale"}
    microsoft.fault("/subscriptions/", method="PATCH", when="before", times=1, status=412, body=body)

    done = advance(wish(cast, subscription))

    assert (done.state, done.series, booked(microsoft)) == (RequestState.DONE, 2, [False])
    states = PartnerCall.objects.filter(step="auto_renew").order_by("series").values_list("state", flat=True)
    assert list(states) == [CallState.REFUSED, CallState.OK]


def test_accepted_for_later_is_looked_at_until_it_shows(cast, microsoft, subscription):
    microsoft.configure(patch_seconds=90)
    request = wish(cast, subscription)

    assert advance(request).state == RequestState.PENDING
    assert advance(request, LATER + timedelta(seconds=30)).state == RequestState.PENDING
    microsoft.advance(3600 + 120)

    assert advance(request, LATER + timedelta(seconds=120)).state == RequestState.DONE
    assert fresh(subscription).auto_renew is False


def test_a_refusal_is_told_and_changes_nothing(cast, microsoft, subscription):
    microsoft.fault(
        "/subscriptions/", method="PATCH", when="before", status=400, body={"code": 3000, "description": "no"}
    )

    refused = advance(wish(cast, subscription))

    assert refused.state == RequestState.REFUSED
    assert "does not accept" in refused.reason
    assert fresh(subscription).auto_renew is True


def test_one_wish_at_a_time_and_none_shortly_before_the_end(cast, subscription):
    request = wish(cast, subscription)

    with pytest.raises(renewals.AlreadyAsked):
        renewals.request(subscription=subscription, renews=True, by=cast.ada, at=LATER)
    with pytest.raises(IntegrityError), transaction.atomic():
        AutoRenewRequest.objects.create(subscription=subscription, renews=True, requested_at=NOW, requested_by=cast.ada)
    advance(request)
    with pytest.raises(renewals.TooLate):
        renewals.request(subscription=subscription, renews=True, by=cast.ada, at=at(2026, 12, 9, 10))
    Subscription.objects.filter(pk=subscription.pk).update(status=SubscriptionStatus.EXPIRED)
    with pytest.raises(renewals.NotRenewable):
        renewals.request(subscription=subscription, renews=True, by=cast.ada, at=LATER)


def test_a_busy_tenant_is_left_alone_and_the_sweeper_rings_again(cast, microsoft, subscription):
    request = wish(cast, subscription)
    lease = leases.take(subscription.tenant_id)

    assert renewals.advance_request(request_id=request.pk, at=LATER) is False
    assert microsoft.journal("PATCH") == []
    assert renewals.sweep_requests(at=LATER) == 1
    assert renewals.sweep_requests(at=LATER) == 0
    lease.release()

    assert advance(request).state == RequestState.DONE


def test_on_again_renews(cast, microsoft, subscription):
    advance(wish(cast, subscription))
    advance(wish(cast, subscription, renews=True))

    row = check(subscription, microsoft, at(2026, 12, 10))

    assert len(renewals_in(row.schedule)) == 1


def test_a_flag_changed_at_microsoft_is_followed(cast, microsoft, subscription):
    Subscription.objects.filter(pk=subscription.pk).update(auto_renew=False)

    row = check(subscription, microsoft, at(2026, 12, 10))

    assert (row.auto_renew, len(renewals_in(row.schedule))) == (True, 1)
    assert AuditEvent.objects.get(action="subscription.auto_renew_changed").reason == "as Microsoft says"


def bill_to_contact(cast) -> str:
    contacts.add(
        account=cast.reseller,
        first_name="Rea",
        last_name="K",
        email="rea@example.org",
        is_bill_to=True,
        by=None,
        at=NOW,
    )
    return "rea@example.org"


def test_a_new_price_is_announced_once_to_the_bill_to_contact(cast, subscription):
    address = bill_to_contact(cast)

    assert renewals.sweep_announcements(at=at(2026, 11, 9)) == 0  # 31 days ahead
    assert renewals.sweep_announcements(at=at(2026, 11, 10)) == 1
    told = [renewals.announce(account=cast.reseller, at=at(2026, 11, day)) for day in (10, 10, 11)]

    assert told == [1, 0, 0]
    mail = Message.objects.get(template="renewals_announced")
    assert mail.recipients == [address]
    assert "12.00" in mail.text_body
    assert "22.87" in mail.text_body
    assert Renewal.objects.get().announced_price == NEW


def test_a_month_at_the_same_price_is_not_announced_and_a_year_is(cast, microsoft, subscription):
    OfferPrice.objects.filter(offer=subscription.offer).update(retail=Decimal("12.00"))
    assert renewals.announce(account=cast.reseller, at=at(2026, 11, 12)) == 0

    microsoft.set_clock(NOW)
    year = subscribe_year(cast, microsoft)
    OfferPrice.objects.filter(offer=year.offer).update(retail=Decimal("12.00"))

    assert renewals.announce(account=cast.reseller, at=at(2027, 10, 12)) == 1
    assert Renewal.objects.get(subscription=year).begins_on == date(2027, 11, 10)


def test_what_will_end_or_has_no_price_is_not_announced(cast, microsoft, subscription):
    OfferPrice.objects.filter(offer=subscription.offer).update(valid_until=at(2026, 12, 1))
    assert renewals.announce(account=cast.reseller, at=at(2026, 11, 12)) == 0

    OfferPrice.objects.filter(offer=subscription.offer).update(valid_until=None)
    advance(wish(cast, subscription))

    assert renewals.announce(account=cast.reseller, at=at(2026, 11, 12)) == 0
    assert not Message.objects.filter(template="renewals_announced").exists()


def subscribe_year(cast, microsoft) -> Subscription:
    from tests.integration.storefront.partner_cast import fulfil
    from tests.integration.storefront.renewal_cast import monthly_offer

    order = cast.order(cast.customer, (monthly_offer(Term.P1Y), 2))
    fulfil(order, at=NOW)
    return order.items.get().subscription
