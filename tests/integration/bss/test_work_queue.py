"""The work queue of BSS: each kind is counted, told, and leads to the list that holds exactly its rows."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.enums import StaffRole
from accounts.models import Account, Message, Organisation
from bss.selectors import work
from bss.selectors.resellers import cannot_order_yet, lacking, overview
from invoicing.models import BillingSchedule, DailyRun, Invoice, InvoiceRendering, RunItem, TaxRule
from resellers.models import Reseller
from storefront.models import FulfilmentUnit, Subscription
from storefront.services import fulfilment
from tests.integration.bss.test_pages import drive, person
from tests.integration.storefront.partner_cast import Cast
from tests.integration.storefront.test_orders import fill, own_offer, place

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 25)
LISTS = {
    "failed": ("storefront_fulfilmentunit_changelist", "?stopped=yes"),
    "held": ("storefront_order_changelist", "?status__exact=submitted"),
    "hand": ("storefront_fulfilmentunit_changelist", "?stopped=by_hand"),
    "renewal": ("storefront_subscription_changelist", "?billing=held"),
    "files": ("invoicing_invoice_changelist", "?pdf=failed"),
    "missed_run": ("invoicing_dailyrun_changelist", "?open=yes"),
    "mails": ("accounts_message_changelist", "?stuck=yes"),
    "undelivered": ("invoicing_invoice_changelist", "?mail=stopped"),
    "resellers": ("resellers_reseller_changelist", "?ready=no"),
}


def ready(cast):
    """The reseller with everything that it needs."""
    Account.objects.filter(pk=cast.reseller.pk).update(
        address_line1="Οδός 1", city="Αθήνα", postcode="117 41", email="a@example.com", phone="+30 210 000 0001"
    )


@pytest.fixture
def stopped(client):
    """One stopped thing of each kind, with another of the same table that is well."""
    cast = Cast()
    orders = list(place(cast, fill(cast, (own_offer("10.00"), 1, cast.customer))).orders.all())
    for order in orders:
        fulfilment.start(order=order, at=timezone.now())
    client.force_login(person(StaffRole.FINANCE))
    client.post(reverse("bss:invoicing_billingrun_add"), {"through": "2026-12-31", "invoice_on": "", "reseller": ""})
    run = RunItem.objects.get().run
    drive(run)
    client.post(reverse("bss:invoicing_billingrun_issue", args=[run.pk]))
    drive(run)
    invoice = Invoice.objects.first()
    InvoiceRendering.objects.update_or_create(
        invoice=invoice, defaults={"state": "failed", "last_error": "No font", "due_at": timezone.now()}
    )
    for status in ("failed", "sent"):
        Message.objects.create(
            template="x", recipients=["a@example.com"], subject=f"{status} mail", text_body="", html_body="",
            status=status, created_at=timezone.now(), last_error="refused" if status == "failed" else "",
        )  # fmt: skip
    DailyRun.objects.create(on=TODAY, run=run)
    DailyRun.objects.create(on=TODAY - timedelta(days=1), missed_at=timezone.now(), reason="Silent")
    Reseller.objects.filter(account=cast.reseller).update(credit_limit=0)
    held = place(cast, fill(cast, (own_offer("20.00"), 1, cast.customer))).orders.get()
    return {"cast": cast, "held": held, "invoice": invoice}


def test_every_kind_on_home_leads_to_a_list_of_exactly_its_rows(client, stopped):
    home = client.get(reverse("bss:index")).context["home"]

    counts = {part.kind.key: part.count for part in home.work}
    assert (counts["held"], counts["files"], counts["mails"]) == (1, 1, 1)
    assert counts["resellers"] >= 1
    for part in home.work:
        if part.kind.key not in LISTS:
            continue
        name, query = LISTS[part.kind.key]
        assert (part.kind.url, part.kind.query) == (name, query)
        listed = client.get(reverse(f"bss:{name}") + query)
        assert listed.context["cl"].result_count == part.count, part.kind.key


def test_home_tells_what_waits_with_its_reason(client, stopped):
    shown = client.get(reverse("bss:index")).content.decode()

    assert f"order {stopped['held'].number} is held" in shown
    assert f"no PDF of {stopped['invoice'].number}" in shown
    assert "Not sent: failed mail" in shown
    assert "sent mail" not in shown.replace("Not sent: failed mail", "")
    one = client.get(reverse("bss:index") + "?kind=mails").content.decode()
    assert "Not sent: failed mail" in one
    assert "is held" not in one


def test_home_shows_at_most_five_of_a_kind_and_says_how_many_more(client):
    for number in range(7):
        Message.objects.create(
            template="x", recipients=["a@example.com"], subject=f"Mail {number}", text_body="", html_body="",
            status="failed", created_at=timezone.now(), last_error="refused",
        )  # fmt: skip
    Organisation.objects.filter(pk=1).first() or Cast()
    client.force_login(person(StaffRole.SUPPORT))

    shown = client.get(reverse("bss:index")).content.decode()
    alone = client.get(reverse("bss:index") + "?kind=mails").content.decode()

    assert (shown.count("Not sent: Mail"), "and 2 more" in shown) == (10, True)
    assert alone.count("Not sent: Mail") == 14


def test_subscriptions_past_their_term_are_held_by_billing(client):
    cast = Cast()
    order = place(cast, fill(cast, (own_offer(), 1, cast.customer))).orders.get()
    fulfilment.start(order=order, at=timezone.now())
    subscription = Subscription.objects.get()
    assert not work.held_by_billing(on=TODAY).exists()

    BillingSchedule.objects.filter(pk=subscription.schedule_id).update(term_end_on=TODAY)

    assert list(work.held_by_billing(on=TODAY)) == [subscription]


def test_counts_of_the_sidebar_equal_the_queue(stopped):
    keys = [kind.key for kind in work.KINDS]

    told = work.counts(on=TODAY, keys=keys)

    assert told == {part.kind.key: part.count for part in work.waiting(on=TODAY)}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"city": ""}, "address, e-mail or phone"),
        ({"phone": ""}, "address, e-mail or phone"),
        ({"country": "CY"}, "a tax rule for its country"),
        ({"tax_exempt": True, "exempt_reason": "x"}, "a tax rule for its country"),
    ],
)
def test_the_queue_and_the_checklist_agree_on_what_is_missing(change, words):
    cast = Cast()
    ready(cast)
    type(cast.ada).objects.filter(pk=cast.ada.pk).update(activated_at=timezone.now())
    contact = getattr(cast.ada, "contact", None)
    assert contact is None or contact.account_id == cast.reseller.pk
    if contact is None:
        cast.reseller.contacts.create(
            first_name="Ada", last_name="A", email=cast.ada.email, user=cast.ada, created_at=timezone.now()
        )
    mine = cannot_order_yet(on=TODAY).filter(account=cast.reseller)
    assert [lacking(row) for row in mine] == []

    Account.objects.filter(pk=cast.reseller.pk).update(**change)

    assert [lacking(row) for row in mine.all()] == [[words]]
    reseller = Reseller.objects.select_related("account").get(account=cast.reseller)
    assert not overview(reseller, has_price_list=True, on=TODAY).is_ready


def test_an_account_switched_off_after_it_ordered_is_no_work():
    cast = Cast()
    ready(cast)
    Reseller.objects.filter(account=cast.reseller).update(reselling_enabled=False)
    Account.objects.filter(pk=cast.reseller.pk).update(ordering_enabled=False)
    mine = cannot_order_yet(on=TODAY).filter(account=cast.reseller)
    assert [lacking(row)[0] for row in mine] == ["ordering is off"]

    Account.objects.filter(pk=cast.reseller.pk).update(in_use_at=timezone.now())

    assert not mine.all().exists()


def test_rules_with_a_vat_number_cover_only_those_who_have_one():
    cast = Cast()
    ready(cast)
    TaxRule.objects.filter(country="GR").update(needs_vat_number=True)
    mine = cannot_order_yet(on=TODAY).filter(account=cast.reseller)
    Account.objects.filter(pk=cast.reseller.pk).update(vat_number="")
    assert "a tax rule for its country" in lacking(mine.get())

    Account.objects.filter(pk=cast.reseller.pk).update(vat_number="EL000327278")

    assert all("a tax rule for its country" not in lacking(row) for row in mine.all())


def test_work_by_hand_is_listed_until_it_is_done():
    cast = Cast()
    order = place(cast, fill(cast, (own_offer(), 1, cast.customer))).orders.get()
    fulfilment.start(order=order, at=timezone.now())
    unit = FulfilmentUnit.objects.get()
    assert unit not in work.units_by_hand()
    assert unit not in work.stopped_units()
