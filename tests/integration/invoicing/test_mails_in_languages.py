"""Mails about invoices and the statement speak the account's language, whoever is at work."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import translation

from accounts.models import Message, User
from invoicing.enums import DisputeState
from invoicing.services import disputes, dunning
from tests.integration.invoicing.issued import Row, issue
from tests.integration.invoicing.test_bank_imports import NOON

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 23)
ENGLISH = re.compile(r"\b(the|is|due|overdue|line|invoice|dispute|please|together|reminder|reason)\b", re.IGNORECASE)
WORDS = {
    "el": "Υπενθύμιση 1: ληξιπρόθεσμο ποσό 74,40 €",
    "de": "1. Zahlungserinnerung: 74,40 € sind überfällig",
}


@pytest.fixture(autouse=True)
def noon():
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture(params=["el", "de"])
def company(request, ada_company):
    ada_company.reseller.language = request.param
    ada_company.reseller.email = "office@example.org"
    ada_company.reseller.save()
    return ada_company


def texts_of(message):
    """What its reader sees, without addresses and numbers of documents."""
    html = re.sub(r"<(style|title).*?</\1>", " ", message.html_body, flags=re.DOTALL)
    text = " ".join([message.subject, message.text_body, re.sub(r"<[^>]+>", " ", html)])
    return re.sub(r"https?://\S+|\S+@\S+|Microsoft[^<\n]*|Aegean[^\n]*", " ", text)


def test_reminder_speaks_the_language_of_the_account(company):
    due = TODAY - timedelta(days=5)
    issue(company.reseller, [Row(company.acme)], issued_on=due - timedelta(days=30), due_on=due)

    with translation.override("en"):
        letter = dunning.remind(account=company.reseller, at=NOON)

    language = company.reseller.language
    message = letter.message
    assert message.subject == WORDS[language]
    assert f'<html lang="{language}">' in message.html_body
    assert ENGLISH.findall(texts_of(message)) == []


def test_disputes_tell_the_reseller_in_its_language_and_the_staff_in_english(company):
    invoice = issue(company.reseller, [Row(company.acme)])
    ada = User.objects.create_user("ada@example.org", None, account=company.reseller, name="Ada")

    dispute = disputes.open_dispute(item=invoice.items.get(), reason="–", by=ada, at=NOON)
    disputes.close(dispute=dispute, state=DisputeState.REJECTED, outcome="–", by=ada, at=NOON)

    found = Message.objects.order_by("pk")
    theirs = [message for message in found if message.recipients == ["office@example.org"]]
    ours = [message for message in found if message.recipients != ["office@example.org"]]
    assert (len(theirs), len(ours)) == (2, 2)
    assert [ENGLISH.findall(texts_of(message)) for message in theirs] == [[], []]
    assert {message.subject for message in ours} == {
        f"Line 1 of {invoice.number} is in dispute",
        f"Dispute about line 1 of {invoice.number}: Rejected",
    }


def test_statement_speaks_the_language_of_the_account(company):
    issue(company.reseller, [Row(company.acme)])
    ada = User.objects.create_user("ada@example.org", None, account=company.reseller, name="Ada", is_account_admin=True)
    client = Client()
    client.force_login(ada)

    html = client.get(reverse("invoicing:statement")).content.decode()

    language = company.reseller.language
    assert f'lang="{language}"' in html
    assert {"el": "Τελικό υπόλοιπο", "de": "Endsaldo"}[language] in html
    assert "Closing balance" not in html
