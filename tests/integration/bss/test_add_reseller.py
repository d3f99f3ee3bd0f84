"""AC1: an operator creates a basic reseller in BSS, and its invited contact signs in to the Storefront."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from accounts.enums import MessageStatus
from accounts.models import Message, Organisation, User
from accounts.services import roles
from resellers.models import Reseller

pytestmark = pytest.mark.django_db
PASSWORD = "a long sentence about islands"
RESELLER = {
    "name": "Thermaikos Digital Works SA",
    "vat_number": "",
    "email": "hello@thermaikos.example.com",
    "phone": "+30 231 000 0105",
    "address_line1": "Perdikas Street 41",
    "address_line2": "",
    "postcode": "546 22",
    "city": "Thessaloniki",
    "region": "",
    "country": "GR",
    "currency": "EUR",
    "segment": "Commercial",
    "language": "en",
    "ordering_enabled": "on",
    "reselling_enabled": "on",
    "credit_limit": "5000",
    "price_list": "",
    "responsible_user": "",
    "prorate_billing": "on",
    "billing_day_rule": "first",
    "billing_day": "",
    "partial_charges": "billing_day",
    "payment_method": "bank_transfer",
    "payment_days": "30",
    "separate_invoices_default": "follow",
    "instalment_surcharge": "0",
    "document_mail": "follow",
    "mpn_id": "9900185",
    "contact_first_name": "Ada",
    "contact_last_name": "Kleanthous",
    "contact_email": "ada@thermaikos.example.com",
    "contact_storefront_user": "on",
    "contact_bill_to": "on",
}


@pytest.fixture(autouse=True)
def organisation():
    return Organisation.objects.get_or_create(
        pk=1,
        defaults={
            "legal_name": "Aegean Cloud Distribution SA",
            "trade_name": "Aegean Cloud",
            "address_line1": "Akti 1",
            "city": "Piraeus",
            "postcode": "185 38",
            "country": "GR",
            "vat_number": "EL094014201",
            "register_entry": "GEMI 1",
            "email": "office@aegean.example.com",
            "phone": "+30 210 000 0100",
            "iban": "GR1601101250000000012300695",
        },
    )[0]


def staff(role):
    roles.sync()
    user = User.objects.create_user(f"{role.lower()}@example.com", PASSWORD, name=role, is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    return user


@pytest.fixture
def sales(client):
    client.force_login(staff("Sales"))
    return client


def body(answer):
    return answer.content.decode()


def link():
    text = Message.objects.get(template="invitation").text_body
    found = re.search(r"/invitation/\S+?/(?=\s|$)", text)
    assert found, text
    return found[0]


def test_an_operator_creates_a_reseller_and_its_contact_signs_in(sales, deliver_outbox, mailoutbox):
    answer = sales.post("/bss/resellers/reseller/add/", RESELLER)
    assert answer.status_code == 302, re.findall(r"errorlist.*?</ul>", body(answer), re.DOTALL)
    made = Reseller.objects.select_related("account").get()
    assert (made.account.name, made.reselling_enabled, made.mpn_id) == (RESELLER["name"], True, "9900185")
    deliver_outbox()
    assert Message.objects.get(template="invitation").status == MessageStatus.SENT
    assert [mail.to for mail in mailoutbox] == [["ada@thermaikos.example.com"]]

    ada = Client()
    assert "Choose your password" in body(ada.get(link()))
    answer = ada.post(link(), {"password": PASSWORD})
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert "Thermaikos" in body(ada.get("/"))

    again = Client()
    assert again.get(link()).status_code == 410
    answer = again.post("/sign-in/", {"login": "ADA@thermaikos.example.com", "password": PASSWORD})
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert again.get("/").status_code == 200
    answer = again.get("/bss/", follow=True)
    assert answer.status_code == 403 or "Sign in" in body(answer)


def test_the_resellers_page_shows_what_is_missing(sales):
    sales.post("/bss/resellers/reseller/add/", RESELLER)
    made = Reseller.objects.get()

    shown = body(sales.get(f"/bss/resellers/reseller/{made.pk}/change/"))

    assert "Price list" in shown
    assert "Ada Kleanthous" in shown


NASTY = [
    "",
    "   ",
    "\u00a0",
    "\u200b",
    "\u202eabc",
    "\x00",
    "a\r\nb",
    "x" * 10_000,
    "\U0001f680",
    "e\u0301",
    "<script>alert(1)</script>",
    '"><img src=x onerror=1>',
    "{{7*7}}",
    "=1+1",
    "' OR 1=1--",
    "-1",
    "NaN",
    "1e12",
    "Infinity",
]


@pytest.mark.parametrize("value", NASTY, ids=ascii)
def test_the_form_survives_any_text(sales, value):
    for field in ("name", "vat_number", "postcode", "phone", "credit_limit", "billing_day", "mpn_id", "contact_email"):
        answer = sales.post("/bss/resellers/reseller/add/", RESELLER | {field: value})

        assert answer.status_code in {200, 302}, field
        assert "<script>alert(1)" not in body(answer), field
        assert "onerror=1>" not in body(answer), field


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"reselling_enabled": "on", "ordering_enabled": ""}, "Tick Ordering as well"),
        ({"billing_day_rule": "fixed"}, "Give the day"),
        ({"credit_limit": "-1"}, "greater than or equal to 0"),
        ({"mpn_id": "0123"}, "does not begin with 0"),
        ({"vat_number": "EL123456789"}, "check digit"),
        ({"phone": "2310000105"}, "country code"),
        ({"contact_last_name": ""}, "Complete the contact"),
    ],
)
def test_a_refusal_stands_beside_its_field_and_nothing_is_made(sales, change, said):
    answer = sales.post("/bss/resellers/reseller/add/", RESELLER | change)

    assert answer.status_code == 200
    assert said in body(answer)
    assert "Perdikas Street 41" in body(answer)
    assert not Reseller.objects.exists()
    assert not Message.objects.exists()
