"""The page of the bulk switch: both results, who changes, the reason; open to those who may change accounts."""

from __future__ import annotations

from datetime import date

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.enums import StaffRole
from invoicing.models import BillingSettings
from tests.integration.bss.test_pages import person
from tests.integration.invoicing.cast import Story

pytestmark = pytest.mark.django_db
APRIL = date(2026, 4, 1)
ALL = {"way": "separate", "whom": "all", "through": "2026-04-01"}


@pytest.fixture
def story(client):
    story = Story.told()
    client.force_login(person(StaffRole.FINANCE))
    return story


def url_of(story):
    return reverse("bss:resellers_reseller_separation", args=[story.payer.reseller.pk])


def test_both_results_stand_side_by_side_with_who_changes(client, story):
    text = client.get(url_of(story), {**ALL, "affiliates": "on"}).content.decode()

    for words in ("€192.49", "€103.21", "€44.64", "€29.76", "€14.88", "3 customers change", "0.005 × 5", "€0.025"):
        assert words in text


def test_the_first_visit_compares_what_is_due_next_and_leaves_affiliates(client, story):
    answer = client.get(url_of(story))

    assert answer.context["found"].through == max(APRIL, timezone.localdate())
    assert [account.name for account in answer.context["found"].changing] == ["Acme", "Beta"]


def test_affiliates_follow_their_own_switch_and_chosen_ones_stand_alone(client, story):
    chosen = {**ALL, "whom": "chosen", "accounts": [story.b.pk]}
    assert [one.name for one in client.get(url_of(story), chosen).context["found"].changing] == ["Beta"]
    both = client.get(url_of(story), {**chosen, "affiliates": "on"})
    assert [one.name for one in both.context["found"].changing] == ["Foundry", "Beta"]

    empty = client.get(url_of(story), {**ALL, "whom": "chosen"})
    assert "Choose at least one" in empty.content.decode()


def test_the_switch_is_done_with_a_reason_and_refused_without(client, story):
    refused = client.post(url_of(story), {**ALL, "reason": " "})
    assert refused.status_code == 422
    assert "Say why they are switched." in refused.content.decode()
    story.a.refresh_from_db()
    assert not story.a.separate_invoices

    answer = client.post(url_of(story), {**ALL, "reason": "Wish"}, follow=True)

    assert "2 customers get separate invoices from now on." in answer.content.decode()
    assert "Bulk change" in answer.content.decode()
    page = client.get(reverse("bss:accounts_account_change", args=[story.a.pk])).content.decode()
    assert "Bulk change, " in page
    again = client.post(url_of(story), {**ALL, "reason": "Wish"})
    assert "Nothing changes" in again.content.decode()


def test_one_invoice_per_month_of_supply_shows_in_both_columns(client, story):
    BillingSettings.objects.update_or_create(pk=1, defaults={"by_supply_month": True})

    text = client.get(url_of(story), ALL).content.decode()

    assert "March 2026" in text
    assert "April 2026" in text


def test_support_may_not_switch(client, story):
    client.force_login(person(StaffRole.SUPPORT))

    assert client.get(url_of(story)).status_code == 403
    assert client.post(url_of(story), {**ALL, "reason": "Wish"}).status_code == 403
