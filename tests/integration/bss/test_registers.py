"""The register of numbers: in order, gap-free, chronological, as a page and as a file."""

from __future__ import annotations

import re
from datetime import date

import pytest
from django.db import connection
from django.urls import reverse

from accounts.enums import StaffRole
from invoicing.models import BillingSettings, Invoice, NumberSeries
from invoicing.selectors.registers import proof_of
from tests.integration.bss.test_pages import person
from tests.integration.invoicing.cast import Story, bill

pytestmark = pytest.mark.django_db
APRIL, MAY = date(2026, 4, 1), date(2026, 5, 1)


@pytest.fixture
def series(client):
    story = Story.told()
    story.flag(story.a)
    bill(APRIL)
    client.force_login(person(StaffRole.READ_ONLY))
    return NumberSeries.objects.get()


def test_the_register_lists_every_number_in_order_and_proves_it(client, series):
    answer = client.get(reverse("bss:invoicing_numberseries_change", args=[series.pk]))

    text = answer.content.decode()
    numbers = [f"INV-2026-00000{n}" for n in (1, 2, 3)]
    listed = text[text.index("All numbers in order") :]
    assert re.findall(r">(INV-2026-\d+)<", listed) == numbers
    assert "Proved: every number from 1 to the last" in text
    proof = answer.context["proof"]
    assert (proof.count, proof.last_number, proof.highest, proof.gaps, proof.backwards) == (3, 3, 3, [], [])


def test_the_file_has_a_row_for_each_number_and_harmless_names(client, series):
    answer = client.get(reverse("bss:invoicing_numberseries_csv", args=[series.pk]))

    rows = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert answer["Content-Disposition"] == 'attachment; filename="register-INV-2026.csv"'
    assert rows[0].startswith("number,date,type,account,name")
    assert [row.split(",")[0] for row in rows[1:]] == [f"INV-2026-00000{n}" for n in (1, 2, 3)]
    assert rows[3].endswith(",Rhodes IT,Acme,,EUR,83.23,19.98,103.21")


@pytest.mark.parametrize(
    ("statement", "gap_free", "chronological", "gaps"),
    [
        ("DELETE FROM invoicing_invoice WHERE sequence = 2", False, True, [(2, 2)]),
        ("DELETE FROM invoicing_invoice WHERE sequence IN (1, 2)", False, True, [(1, 2)]),
        ("DELETE FROM invoicing_invoice WHERE sequence = 3", False, True, []),
        ("UPDATE invoicing_invoice SET issued_on = '2025-01-01' WHERE sequence = 2", True, False, []),
    ],
)
def test_what_is_wrong_is_named(client, series, statement, gap_free, chronological, gaps):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("RESET ROLE")
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(statement)

    proof = proof_of(series)

    assert (proof.is_gap_free, proof.is_chronological, proof.gaps) == (gap_free, chronological, gaps)
    text = client.get(reverse("bss:invoicing_numberseries_change", args=[series.pk])).content.decode()
    assert "The register does not hold." in text


def test_beginning_and_digits_are_fixed_by_the_first_number_of_a_year(series):
    BillingSettings.objects.update_or_create(pk=1, defaults={"invoice_prefix": "ACD", "number_width": 4})

    bill(MAY)
    bill(date(2027, 1, 1))

    numbers = list(Invoice.objects.order_by("series__year", "sequence").values_list("number", flat=True))
    assert numbers[3:] == ["INV-2026-000004", "INV-2026-000005", "ACD-2027-0001", "ACD-2027-0002"]
