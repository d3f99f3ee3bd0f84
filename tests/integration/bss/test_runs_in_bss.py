"""The pages of billing runs in BSS: differences, flags and lines before anything is issued."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from django.urls import reverse

from accounts.enums import StaffRole
from invoicing.enums import ItemState
from invoicing.models import BillingRun, BillingSettings, DailyRun, InvoiceRendering, TaxRule
from invoicing.services import billing_runs
from tests.integration.bss.test_pages import person
from tests.integration.invoicing import cast
from tests.integration.invoicing.cast import NOON, Story, bill, drive, sold

pytestmark = pytest.mark.django_db
APRIL, MAY = date(2026, 4, 1), date(2026, 5, 1)


@pytest.fixture
def story(client):
    story = Story.told()
    bill(APRIL)
    sold(story.payer, story.b, 9, on=MAY, product_name="Backup")
    same = cast.reseller("Aaa Same")
    sold(same, same, 1, on=MAY)
    client.force_login(person(StaffRole.FINANCE))
    return story


def preview(through=MAY):
    return drive(billing_runs.start(through=through, by=None, at=NOON))


def page_of(client, run, query=""):
    return client.get(reverse("bss:invoicing_billingrun_change", args=[run.pk]) + query)


def names(answer):
    return [item.bill_to.name for item in answer.context["items"]]


def test_the_run_shows_last_this_and_difference_with_what_needs_eyes_first(client, story):
    answer = page_of(client, preview())

    assert names(answer) == ["Rhodes IT", "Aaa Same"]
    text = answer.content.decode()
    for words in ("Net, their last runs", "+€84.77", "Much higher", "First bill", "1 new", "1 changed"):
        assert words in text


def test_the_flagged_view_holds_the_flagged_and_says_when_there_are_none(client, story):
    run = preview()
    run.items.filter(bill_to__name="Aaa Same").update(flags=[])
    assert names(page_of(client, run, "?show=flagged")) == ["Rhodes IT"]
    assert names(page_of(client, run, f"?show={ItemState.HELD}")) == []

    run.items.update(flags=[])

    assert "Nothing stands out" in page_of(client, run, "?show=flagged").content.decode()


def test_the_account_shows_what_differs_by_service_and_the_documents_to_be(client, story):
    item = preview().items.get(bill_to=story.payer)

    text = client.get(reverse("bss:invoicing_runitem", args=[item.pk])).content.decode()

    assert "What differs from the last run" in text
    assert text.index("Backup") < text.index("Aggregated invoice")
    for words in ("Beta", "+€108.00", "−€23.23", "Hold account", "Business Premium", "billed through"):
        assert words in text


def test_an_issued_account_keeps_its_differences_and_is_not_held(client, story):
    run = preview()
    drive(billing_runs.issue(run=run, by=None, at=NOON))

    text = client.get(reverse("bss:invoicing_runitem", args=[run.items.get(bill_to=story.payer).pk])).content.decode()

    assert "+€108.00" in text
    assert "Hold account" not in text
    assert BillingRun.objects.get(pk=run.pk).state == "done"


@pytest.fixture
def missed(client, db):
    cast.organisation()
    client.force_login(person(StaffRole.FINANCE))
    return DailyRun.objects.create(on=APRIL, missed_at=NOON, reason="The scheduler was silent.")


def test_a_missed_daily_run_waits_in_the_queue_until_it_is_settled(client, missed):
    page = reverse("bss:invoicing_dailyrun_change", args=[missed.pk])
    assert "Daily run of 1 Apr 2026 was missed" in plain(client.get(reverse("bss:index")))
    text = client.get(page).content.decode()
    assert f"{reverse('bss:invoicing_billingrun_add')}?through=2026-04-01" in text
    act = reverse("bss:invoicing_dailyrun_settle", args=[missed.pk])
    assert "Say what was done" in client.post(act, {"settled_as": ""}, follow=True).content.decode()

    answer = client.post(act, {"settled_as": "Billed by hand"}, follow=True)

    assert "Billed by hand" in answer.content.decode()
    assert "was missed" not in plain(client.get(reverse("bss:index")))
    assert list(client.get(reverse("bss:invoicing_dailyrun_changelist") + "?open=yes").context["cl"].result_list) == []


def plain(answer):
    return re.sub(r"<[^>]+>", "", answer.content.decode())


def test_the_options_switch_the_daily_run_on_from_the_next_hour(client, db):
    cast.organisation()
    client.force_login(person(StaffRole.ADMIN))
    page = reverse("bss:system_options")
    forms = client.get(page).context["forms"]
    data = {f"{form.prefix}-{name}": form.initial.get(name) or "" for form in forms for name in form.fields}

    answer = client.post(page, {**data, "billing-daily_run": "on", "billing-daily_hour": "6"})

    assert answer.status_code == 302, [form.errors for form in answer.context["forms"]]
    settings = BillingSettings.get()
    assert (settings.daily_run, settings.daily_hour, settings.daily_since is not None) == (True, 6, True)
    client.post(page, {**data, "billing-daily_hour": "6"})
    assert (BillingSettings.get().daily_run, BillingSettings.get().daily_since) == (False, None)
    refused = client.post(page, {**data, "billing-daily_run": "on", "billing-daily_hour": "24"})
    assert refused.status_code == 422


def test_the_check_stage_tries_only_what_is_stopped_again(client, story):
    abroad = cast.reseller("Cyprus Cloud", account_facts={"country": "CY"})
    sold(abroad, abroad, 1, on=MAY)
    run = preview()
    billing_runs.hold(item=run.items.get(bill_to=story.payer), reason="Disputed", by=cast.cleo(), at=NOON)
    assert "Retry Check" in page_of(client, run).content.decode()
    TaxRule.objects.create(country="CY", category="AE", rate=0, needs_vat_number=True, note="Reverse charge")
    cast.confirmed(abroad)

    client.post(reverse("bss:invoicing_billingrun_retry", args=[run.pk]))
    run = drive(BillingRun.objects.get(pk=run.pk))

    states = dict(run.items.values_list("bill_to__name", "state"))
    assert states == {"Cyprus Cloud": "previewed", "Rhodes IT": "held", "Aaa Same": "previewed"}
    again = client.post(reverse("bss:invoicing_billingrun_retry", args=[run.pk]), follow=True)
    assert "Nothing waits for another try" in again.content.decode()


def test_the_stages_say_pace_and_errors_and_rendering_is_tried_again(client, story):
    run = preview()
    drive(billing_runs.issue(run=run, by=None, at=NOON), NOON + timedelta(seconds=4))
    InvoiceRendering.objects.filter(invoice__run_item__run=run).update(state="failed", last_error="No font")

    answer = page_of(client, run)

    stages = {str(stage.name): stage for stage in answer.context["view"].stages}
    assert list(stages) == ["Select", "Calculate", "Check", "Issue", "Render", "Deliver"]
    assert (stages["Issue"].done, stages["Issue"].pace) == (2, "in 4 s")
    assert (stages["Render"].errors, stages["Render"].retry) == (2, "render")
    assert "Retry Render" in answer.content.decode()
    client.post(reverse("bss:invoicing_billingrun_render", args=[run.pk]))
    waiting = InvoiceRendering.objects.filter(invoice__run_item__run=run)
    assert list(waiting.values_list("state", "attempts")) == [("waiting", 0)] * 2


def test_a_stage_under_way_says_how_long_it_will_take():
    from bss.selectors.runs import Stage

    assert Stage("Issue", 30, 120, "", "now", seconds=10).pace == "3.0 a second, 30 s left"
    assert Stage("Issue", 0, 120, "", "now", seconds=10).pace == ""
