"""The statement of account: figures, pages, CSV and PDF; the balance holds for every cut."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pypdfium2
import pytest
import time_machine
from django.urls import reverse

from accounts.enums import StaffRole, StorefrontRole
from accounts.models import User
from config.kernel.money import Money
from config.kernel.spreadsheets import safe_text
from invoicing.models import Invoice
from invoicing.selectors.statements import statement_of
from invoicing.services import credits as credit_services
from invoicing.services import payments, statements
from invoicing.statement import Bucket, Kind
from tests.corpus import TEXTS
from tests.integration.bss.test_pages import person
from tests.integration.invoicing import cast
from tests.integration.invoicing.cast import bill, sold

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 6, 20, 12, tzinfo=UTC)
JANUARY, D = date(2026, 1, 1), Decimal
both_rates = pytest.mark.parametrize("story", ["24", "19"], indirect=True)


@pytest.fixture(autouse=True)
def noon():
    with time_machine.travel(NOON, tick=False):
        yield


def pay(payer, amount, on, reference="R-0001", **more):
    facts = {"received_on": on, "reference": reference, "method": "bank_transfer", "by": None, "at": NOON}
    return payments.record(bill_to=payer, amount=Money(D(amount), "EUR"), **facts, **more)


@pytest.fixture
def olga(db):
    return person(StaffRole.ADMIN)


@pytest.fixture
def story(request, olga):
    """Five seats at €12.00 a month from January: invoices of January to April, a payment, its reversal, a credit."""
    cast.organisation()
    cast.vat(rate=getattr(request, "param", "24"))
    payer = cast.reseller("Rhodes IT", payment_days=30)
    sold(payer, payer, 5, on=JANUARY)
    for month in (1, 2, 3, 4):
        bill(date(2026, month, 1), at=datetime(2026, month, 1, 10, tzinfo=UTC))
    paid = pay(payer, "100.00", date(2026, 2, 10), "=SUM(A1)")
    payments.reverse(payment=paid, reason="Bounced", on=date(2026, 2, 20), by=olga, at=NOON)
    pay(payer, "90.00", date(2026, 3, 15), "Third")
    return payer


def gross_of(payer):
    return Invoice.objects.filter(bill_to=payer).values_list("gross", flat=True)[0]


@both_rates
def test_movements_and_balances_of_a_period(story):
    gross = gross_of(story)
    found = statement_of(story, start=date(2026, 2, 1), end=date(2026, 4, 1))

    assert found.opening == gross
    assert [(entry.movement.on, entry.movement.kind, entry.balance) for entry in found.entries] == [
        (date(2026, 2, 1), Kind.INVOICE, 2 * gross),
        (date(2026, 2, 10), Kind.PAYMENT, 2 * gross - 100),
        (date(2026, 2, 20), Kind.REVERSAL, 2 * gross),
        (date(2026, 3, 1), Kind.INVOICE, 3 * gross),
        (date(2026, 3, 15), Kind.PAYMENT, 3 * gross - 90),
    ]
    assert found.closing == 3 * gross - 90


@both_rates
def test_open_items_and_their_age_explain_the_closing_balance(story):
    gross = gross_of(story)
    found = statement_of(story, start=JANUARY, end=date(2026, 6, 21))

    rest = 2 * gross - 90
    assert [(item.kind, item.due_on, item.open) for item in found.open_items] == [
        (Kind.INVOICE, date(2026, 3, 3), rest),
        (Kind.INVOICE, date(2026, 3, 31), gross),
        (Kind.INVOICE, date(2026, 5, 1), gross),
    ]
    assert found.ageing == {
        Bucket.NOT_DUE: 0, Bucket.UP_TO_30: 0, Bucket.UP_TO_60: gross, Bucket.UP_TO_90: gross, Bucket.OVER_90: rest,
    }  # fmt: skip
    assert found.closing == sum(item.open for item in found.open_items)


@both_rates
def test_i30_every_cut_is_explained_by_what_is_open(story, olga):
    whole = Invoice.objects.filter(bill_to=story).order_by("pk")
    credit_services.credit_whole(invoice=whole[3], reason="Wrong", by=olga, at=NOON)
    pay(story, "500.00", date(2026, 6, 1))
    end, previous = date(2026, 7, 1), D("0.00")

    for days in (0, 9, 40, 41, 50, 51, 59, 74, 75, 100, 151, 152, 170):
        middle = JANUARY + timedelta(days=days)
        before = statement_of(story, start=JANUARY, end=middle)
        after = statement_of(story, start=middle, end=end)

        assert before.closing == after.opening
        for found in (before, after):
            assert found.closing == sum((item.open for item in found.open_items), D(0)), (days, found)
            assert found.closing == found.opening + found.total(*Kind)
            assert sum(found.ageing.values()) - found.available == found.closing
        previous = after.closing
    assert previous == sum(gross_of(story) for _ in range(3)) - 590


def test_csv_holds_numbers_dates_and_no_formula(story):
    rows = list(
        csv.reader(
            io.StringIO(statements.as_csv(statement_of(story, start=JANUARY, end=date(2026, 3, 1))).decode("utf-8-sig"))
        )
    )

    gross = gross_of(story)
    assert rows[0] == list(statements.HEAD)
    assert rows[1] == ["2026-01-01", "opening_balance", "", "", "", "0.00", "EUR"]
    assert rows[4] == ["2026-02-10", "payment", "'=SUM(A1)", "", "100.00", str(2 * gross - 100), "EUR"]
    assert rows[-1] == ["2026-03-01", "closing_balance", "", "", "", str(2 * gross), "EUR"]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", " =1", "＝1", *TEXTS.values()])
def test_no_text_begins_like_a_formula(text):
    assert safe_text(text).lstrip(" \u00a0")[:1] not in {"=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"}
    assert safe_text(text).endswith(text)


def test_pdf_names_every_entry_and_is_made_again_alike(story):
    found = statement_of(story, start=JANUARY, end=date(2026, 7, 1))

    made = statements.as_pdf(found, bill_to=story)

    assert made == statements.as_pdf(found, bill_to=story)
    text = "\n".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(made))
    assert "Statement of account" in text
    assert all(number in text for number in Invoice.objects.values_list("number", flat=True))
    assert "=SUM(A1)" in text


@pytest.fixture
def ada(story):
    return User.objects.create_user("ada@example.org", None, name="Ada", account=story, is_account_admin=True)


PAGE = "/invoices/statement/?first=2026-01-01&last=2026-06-20"


def test_reseller_reads_page_and_files(client, ada, story, django_assert_max_num_queries):
    client.force_login(ada)
    with django_assert_max_num_queries(8):
        page = client.get(PAGE)
    body = page.content.decode()

    assert all(number in body for number in Invoice.objects.values_list("number", flat=True))
    assert "=SUM(A1)" in body
    sheet, paper = client.get(f"{PAGE}&file=csv"), client.get(f"{PAGE}&file=pdf")
    assert sheet["Content-Type"].startswith("text/csv")
    assert 'filename="statement-' in sheet["Content-Disposition"]
    assert paper.content[:5] == b"%PDF-"


def test_another_reseller_sees_nothing_of_it(client, ada, story):
    ben = cast.reseller("Ben Cloud")
    User.objects.filter(pk=ada.pk).update(account=ben)
    client.force_login(User.objects.get(pk=ada.pk))

    body = client.get(PAGE).content.decode()

    assert "Nothing moved in this period" in body
    assert not [number for number in Invoice.objects.values_list("number", flat=True) if number in body]


@pytest.mark.parametrize(
    ("role", "status"),
    [(StorefrontRole.BILLING_AGENT, 200), (StorefrontRole.BUYER, 403), (StorefrontRole.SUBSCRIPTIONS_MANAGER, 403)],
)
def test_roles_of_the_storefront(client, ada, role, status):
    User.objects.filter(pk=ada.pk).update(is_account_admin=False, roles=[role])
    client.force_login(User.objects.get(pk=ada.pk))

    assert client.get(PAGE).status_code == status


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        ("2026-02-30", "2026-03-01", "Enter a valid date"),
        ("2026-03-02", "2026-03-01", "The last day lies before the first"),
        ("0001-01-01", "9999-12-31", "Choose a day between 2000 and 2099"),
        ("x" * 300, "'", "Enter a valid date"),
    ],
)
def test_periods_that_are_none_are_refused_and_the_month_is_shown(client, ada, first, last, said):
    client.force_login(ada)

    answer = client.get(reverse("invoicing:statement"), {"first": first, "last": last, "file": "csv", "page": "-1"})

    assert answer.status_code == 200
    assert said in answer.content.decode()
    assert answer.context["statement"].start == date(2026, 6, 1)


def test_staff_read_it_too(client, story):
    client.force_login(person(StaffRole.READ_ONLY))
    page = reverse("bss:resellers_reseller_statement", args=[story.reseller.pk])

    body = client.get(page, {"first": "2026-01-01", "last": "2026-06-20"}).content.decode()

    assert all(number in body for number in Invoice.objects.values_list("number", flat=True))
    assert client.get(page, {"file": "pdf"}).content[:5] == b"%PDF-"
