"""What all resellers owe by age: totals per currency, one bucket, the way to the statement."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.urls import reverse

from accounts.enums import StaffRole
from config.kernel.money import Money
from invoicing.selectors import ageing
from invoicing.services import payments
from invoicing.statement import Bucket, bucket_of
from tests.integration.bss.test_pages import person
from tests.integration.invoicing.conftest import company
from tests.integration.invoicing.issued import Row, issue
from tests.integration.invoicing.test_bank_imports import NOON

pytestmark = pytest.mark.django_db
TODAY, D = NOON.date(), Decimal
LATE = {Bucket.NOT_DUE: (-1, 0), Bucket.UP_TO_30: (1, 30), Bucket.UP_TO_60: (31, 60), Bucket.UP_TO_90: (61, 90),
        Bucket.OVER_90: (91,)}  # fmt: skip


@pytest.fixture(autouse=True)
def noon():
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def ada(db):
    """Nine invoices over 74.40, on both edges of every bucket."""
    made = company("Thermaikos", 5)
    for days in (day for pair in LATE.values() for day in pair):
        due = TODAY - timedelta(days=days)
        issue(made.reseller, [Row(made.acme)], issued_on=due - timedelta(days=30), due_on=due)
    return made


def test_buckets_agree_with_those_of_the_statement(ada):
    row = ageing.by_account(on=TODAY).get()

    assert {bucket: row[bucket.value] / D("74.40") for bucket in Bucket} == {
        bucket: len(LATE[bucket]) for bucket in Bucket
    }
    for bucket, days in LATE.items():
        for day in days:
            assert bucket_of(TODAY - timedelta(days=day), before=TODAY + timedelta(days=1)) is bucket
    assert (row["total"], row["invoices"]) == (9 * D("74.40"), 9)
    assert ageing.by_currency(on=TODAY) == [
        {
            "currency": "EUR",
            "total": row["total"],
            "invoices": 9,
            **{bucket.value: row[bucket.value] for bucket in Bucket},
        }
    ]


def test_one_bucket_shows_who_owes_in_it(client, ada):
    ben = company("Hellas Cloud", 7)
    issue(ben.reseller, [Row(ben.acme)], issued_on=TODAY, due_on=TODAY + timedelta(days=30))
    facts = {"received_on": TODAY, "reference": "", "method": "bank_transfer", "by": None, "at": NOON, "parts": {}}
    payments.record(bill_to=ben.reseller, amount=Money(D("5.00"), "EUR"), **facts)
    client.force_login(person(StaffRole.READ_ONLY))

    everybody = client.get(reverse("bss:open_items"))
    late = client.get(reverse("bss:open_items"), {"age": "over_90"})

    assert [row["bill_to__name"] for row, _amounts in everybody.context["rows"]] == ["Thermaikos", "Hellas Cloud"]
    assert [row["credit"] for row, _amounts in everybody.context["rows"]] == [D("0.00"), D("5.00")]
    assert [row["bill_to__name"] for row, _amounts in late.context["rows"]] == ["Thermaikos"]
    assert reverse("bss:resellers_reseller_statement", args=[ada.reseller.reseller.pk]) in late.content.decode()


def test_strange_questions_show_everything(client, ada):
    client.force_login(person(StaffRole.FINANCE))

    for query in ({"age": "x"}, {"page": "-1"}, {"age": "' OR 1=1--", "page": "9" * 20}):
        assert len(client.get(reverse("bss:open_items"), query).context["rows"]) == 1
