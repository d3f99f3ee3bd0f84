"""Terms that end: renewed once at the price of the day, ended, or held with the reason; against the simulator."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pgtrigger
import pytest
from django.db import IntegrityError, ProgrammingError, transaction

from accounts.models import AuditEvent, Message
from invoicing.enums import ScheduleState
from invoicing.models import Invoice
from invoicing.selectors.due import waiting_for_renewal
from invoicing.services import audits, schedules
from storefront.enums import Delivery, PriceRule, RenewalState, SubscriptionStatus, Term
from storefront.models import OfferPrice, Renewal, Subscription
from storefront.services import price_lists, renewals
from tests.integration.invoicing.cast import bill
from tests.integration.storefront.catalogue_cast import price_list
from tests.integration.storefront.partner_cast import NOW, Cast, offer
from tests.integration.storefront.renewal_cast import NEW, OLD, at, check, fresh, renewals_in, subscribe

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast(microsoft) -> Cast:
    return Cast()


def broken() -> list[str]:
    return [finding.code for finding in audits.run()]


def test_a_confirmed_term_is_renewed_at_the_price_of_the_day(cast, microsoft):
    subscription = subscribe(cast, microsoft, NOW)

    row = check(subscription, microsoft, at(2026, 12, 10))

    assert renewals_in(row.schedule) == [(date(2026, 12, 10), NEW, 3)]
    assert (row.status, row.term_end_on, row.schedule.term_end_on) == (
        SubscriptionStatus.ACTIVE,
        date(2027, 1, 10),
        date(2027, 1, 10),
    )
    assert row.term_ends_at == NOW.replace(year=2027, month=1)
    renewal = Renewal.objects.get()
    assert (renewal.state, renewal.price, renewal.price_source) == (
        RenewalState.RENEWED, NEW, "retail price, 2026-11",
    )  # fmt: skip
    event = AuditEvent.objects.get(action="subscription.renewed")
    assert event.before == {"price": "12.000000", "quantity": 3, "term_end_on": "2026-12-10"}
    assert event.after == {"price": "22.87", "quantity": 3, "term_end_on": "2027-01-10"}
    assert "Microsoft" in event.reason
    assert broken() == []


def test_looking_twice_renews_once_and_the_database_takes_no_second(cast, microsoft):
    subscription = subscribe(cast, microsoft, NOW)

    check(subscription, microsoft, at(2026, 12, 10))
    row = check(subscription, microsoft, at(2026, 12, 11))

    assert len(renewals_in(row.schedule)) == 1
    change = row.schedule.changes.get(kind="renewal")
    with pytest.raises(IntegrityError), transaction.atomic():
        type(change).objects.create(
            schedule=row.schedule,
            seq=9,
            kind="renewal",
            effective_on=change.effective_on,
            quantity=3,
            price=OLD,
            at=NOW,
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        Renewal.objects.create(subscription=row, begins_on=change.effective_on, created_at=NOW)
    with pytest.raises(ProgrammingError), transaction.atomic():
        Renewal.objects.update(price=OLD)


def test_months_that_were_missed_are_made_up_each_at_its_own_price(cast, microsoft):
    subscription = subscribe(cast, microsoft, at(2026, 12, 31))
    price = OfferPrice.objects.get(offer=subscription.offer)
    OfferPrice.objects.filter(pk=price.pk).update(valid_until=at(2027, 3, 1, 0))
    OfferPrice.objects.create(
        offer=price.offer, currency="EUR", cost=Decimal(20), retail=Decimal("25.00"), valid_from=at(2027, 3, 1, 0)
    )

    row = check(subscription, microsoft, at(2027, 5, 5))

    assert renewals_in(row.schedule) == [
        (date(2027, 1, 31), NEW, 3),
        (date(2027, 2, 28), NEW, 3),
        (date(2027, 3, 31), Decimal("25.000000"), 3),
        (date(2027, 4, 30), Decimal("25.000000"), 3),
    ]
    assert row.term_end_on == row.schedule.term_end_on == date(2027, 5, 31)
    assert broken() == []


def test_the_list_assigned_on_the_day_counts_not_todays(cast, microsoft):
    subscription = subscribe(cast, microsoft, NOW)
    old = price_list("Old", rule=PriceRule.DISCOUNT, percent="10")
    first = price_lists.assign(price_list=old, account=cast.reseller, by=None, at=NOW)
    price_lists.unassign(assignment=first, by=cast.dora, at=at(2027, 1, 1))
    new = price_list("New", rule=PriceRule.DISCOUNT, percent="50")
    price_lists.assign(price_list=new, account=cast.reseller, by=None, at=at(2027, 1, 1))

    row = check(subscription, microsoft, at(2027, 1, 12))

    assert [price for _day, price, _seats in renewals_in(row.schedule)] == [Decimal("20.58"), Decimal("11.44")]


def test_billing_goes_on_after_each_renewal_and_no_further(cast, microsoft):
    """P1M over three months: bill, renew, bill, renew, bill; the amounts are exact, and run again = nothing."""
    subscription = subscribe(cast, microsoft, NOW)

    bill(date(2026, 12, 1), at=at(2026, 12, 1))
    assert bill(date(2027, 1, 1), at=at(2027, 1, 1)).items.count() == 0
    assert waiting_for_renewal(on=date(2027, 1, 1)) == 1
    check(subscription, microsoft, at(2027, 1, 1))
    assert waiting_for_renewal(on=date(2027, 1, 1)) == 0
    bill(date(2027, 1, 1), at=at(2027, 1, 2))
    check(subscription, microsoft, at(2027, 1, 12))
    bill(date(2027, 2, 1), at=at(2027, 2, 1))
    again = bill(date(2027, 2, 1), at=at(2027, 2, 1))

    issued = Invoice.objects.order_by("pk")
    assert [invoice.net for invoice in issued] == [3 * OLD, 3 * NEW, 3 * NEW]
    assert [item.price_source for invoice in issued for item in invoice.items.all()] == [
        "Price list", "retail price, 2026-11", "retail price, 2026-11",
    ]  # fmt: skip
    assert again.items.count() == 0
    assert broken() == []


def test_a_term_whose_auto_renew_is_off_ends_with_its_billing(cast, microsoft):
    subscription = subscribe(cast, microsoft, NOW)
    microsoft.set_clock(NOW + timedelta(days=1))
    renewals.request(subscription=subscription, renews=False, by=cast.ada, at=NOW + timedelta(days=1))
    renewals.advance_request(request_id=subscription.auto_renew_requests.get().pk, at=NOW + timedelta(days=1))

    row = check(subscription, microsoft, at(2026, 12, 10))

    assert (row.status, row.auto_renew) == (SubscriptionStatus.EXPIRED, False)
    assert (row.schedule.state, row.schedule.end_on) == (ScheduleState.ENDED, date(2026, 12, 10))
    assert Renewal.objects.get().state == RenewalState.ENDED
    assert AuditEvent.objects.filter(action="subscription.expired").count() == 1
    assert broken() == []


def test_before_the_vendors_moment_nothing_is_decided_and_after_a_day_it_is_held(cast, microsoft):
    subscription = subscribe(cast, microsoft, NOW)

    early = check(subscription, microsoft, at(2026, 12, 10, 8))
    assert (early.term_end_on, Renewal.objects.get().state) == (date(2026, 12, 10), RenewalState.WAITING)

    renewals.check_tenant(tenant_id=subscription.tenant_id, at=at(2026, 12, 11, 12))  # Microsoft's clock stands still

    held = Renewal.objects.get()
    assert (held.state, held.reason_code) == (RenewalState.HELD, "not_confirmed")
    assert renewals_in(fresh(subscription).schedule) == []

    row = check(subscription, microsoft, at(2026, 12, 12))
    assert len(renewals_in(row.schedule)) == 1
    assert Renewal.objects.get().state == RenewalState.RENEWED


def test_without_a_price_it_is_held_and_an_operator_agrees_one(cast, microsoft, deliver_outbox):
    subscription = subscribe(cast, microsoft, NOW)
    OfferPrice.objects.filter(offer=subscription.offer).update(valid_until=at(2026, 12, 1))

    row = check(subscription, microsoft, at(2026, 12, 10))
    held = Renewal.objects.get()
    assert (held.state, held.reason_code, renewals_in(row.schedule)) == (RenewalState.HELD, "no_price", [])
    assert bill(date(2027, 1, 1), at=at(2027, 1, 1)).items.filter(state="done").count() == 1  # the first month only

    with pytest.raises(renewals.PriceNeeded):
        renewals.agree(renewal=held, price=None, quantity=None, reason="x", by=cast.dora, at=at(2026, 12, 11))
    renewals.agree(
        renewal=held, price=Decimal("21.50"), quantity=None, reason="as by mail", by=cast.dora, at=at(2026, 12, 11)
    )
    row = check(subscription, microsoft, at(2026, 12, 11))

    assert renewals_in(row.schedule) == [(date(2026, 12, 10), Decimal("21.500000"), 3)]
    assert Renewal.objects.get().price_source == "price agreed by hand"
    with pytest.raises(renewals.NotHeld):
        renewals.agree(renewal=Renewal.objects.get(), price=Decimal(1), quantity=None, reason="x", by=cast.dora, at=NOW)


@pytest.mark.parametrize(
    ("change", "code"),
    [({"quantity": 5}, "seats_differ"), ({"ms_subscription_id": "11111111-2222-4333-8444-555555555555"}, "not_found")],
)
def test_what_contradicts_the_order_is_held(cast, microsoft, change, code):
    subscription = subscribe(cast, microsoft, NOW)
    with pgtrigger.ignore("storefront.Subscription:subscription_frozen"):
        Subscription.objects.filter(pk=subscription.pk).update(**change)

    row = check(subscription, microsoft, at(2026, 12, 10))

    assert (Renewal.objects.get().state, Renewal.objects.get().reason_code) == (RenewalState.HELD, code)
    assert renewals_in(row.schedule) == []


def test_seats_that_an_operator_agrees_are_renewed(cast, microsoft):
    subscription = subscribe(cast, microsoft, NOW)
    Subscription.objects.filter(pk=subscription.pk).update(quantity=5)
    check(subscription, microsoft, at(2026, 12, 10))

    renewals.agree(
        renewal=Renewal.objects.get(), price=NEW, quantity=3, reason="two seats went", by=cast.dora, at=at(2026, 12, 11)
    )
    row = check(subscription, microsoft, at(2026, 12, 11))

    assert (row.quantity, renewals_in(row.schedule)) == (3, [(date(2026, 12, 10), NEW, 3)])


def test_a_tenant_that_cannot_be_read_waits_and_the_next_look_renews(cast, microsoft):
    subscription = subscribe(cast, microsoft, NOW)
    microsoft.fault("/subscriptions$", method="GET", status=429, times=1, headers={"Retry-After": "60"})

    first = check(subscription, microsoft, at(2026, 12, 10))
    second = check(subscription, microsoft, at(2026, 12, 10, 13))

    assert (first.term_end_on, second.term_end_on) == (date(2026, 12, 10), date(2027, 1, 10))


def test_the_sweeper_rings_once_per_tenant_on_the_batch_queue(cast, microsoft, settings):
    from config.celery import task

    subscription = subscribe(cast, microsoft, NOW)
    cast.order(cast.customer, (subscription.offer, 1))

    assert renewals.sweep(at=at(2026, 12, 9)) == 0
    assert renewals.sweep(at=at(2026, 12, 10)) == 1
    assert renewals.sweep(at=at(2026, 12, 10) + timedelta(seconds=60)) == 0
    assert renewals.sweep(at=at(2026, 12, 10) + timedelta(hours=1)) == 1
    router = task("storefront.check_renewals").app.amqp.router
    assert router.route({}, "storefront.check_renewals")["queue"].name == "batch"
    assert router.route({}, "storefront.set_auto_renew")["queue"].name == "interactive"


def test_above_the_credit_it_renews_all_the_same_and_both_sides_are_told_once(microsoft):
    cast = Cast(credit_limit="50.00")
    subscription = subscribe(cast, microsoft, NOW)

    row = check(subscription, microsoft, at(2026, 12, 10))
    renewals.sweep(at=at(2026, 12, 10, 13))
    renewals.sweep(at=at(2026, 12, 10, 14))

    assert len(renewals_in(row.schedule)) == 1
    renewal = Renewal.objects.get()
    # available: 50.00 − 44.64 of the first month; needed: 3 × 22.87 + 24 % = 85.08
    assert renewal.over_credit_by == Decimal("79.72")
    mails = Message.objects.filter(template__startswith="renewal_over_credit").order_by("pk")
    assert [mail.template for mail in mails] == ["renewal_over_credit", "renewal_over_credit_operator"]
    assert "79.72" in mails[0].text_body
    assert mails[0].recipients == [cast.reseller.email]


@pytest.mark.parametrize("renews", [True, False])
def test_own_products_with_a_term_follow_their_own_flag(cast, renews):
    own = offer(Delivery.AT_ONCE)
    OfferPrice.objects.create(offer=own, currency="EUR", retail=Decimal("15.00"), valid_from=at(2026, 1, 1))
    type(own).objects.filter(pk=own.pk).update(term=Term.P1M)
    own.refresh_from_db()
    order = cast.order(cast.customer, (own, 2))
    from storefront.services import fulfilment

    fulfilment.start(order=order, at=NOW)
    subscription = order.items.get().subscription
    renewals.request(subscription=subscription, renews=renews, by=cast.ada, at=NOW)

    renewals.renew_own(subscription_id=subscription.pk, at=at(2027, 1, 12))

    row = fresh(subscription)
    if renews:
        assert renewals_in(row.schedule) == [(date(2026, 12, 10), 15, 2), (date(2027, 1, 10), 15, 2)]
        assert row.term_end_on == date(2027, 2, 10)
    else:
        assert (row.status, row.schedule.end_on) == (SubscriptionStatus.EXPIRED, date(2026, 12, 10))
    assert broken() == []


def test_a_renewal_written_from_elsewhere_fails_the_audit(cast, microsoft):
    subscription = subscribe(cast, microsoft, NOW)

    schedules.renew(schedule=subscription.schedule, price=OLD, at=NOW)

    assert "M05" in broken()
