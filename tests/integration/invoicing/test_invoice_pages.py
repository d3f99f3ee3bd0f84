"""The reseller's invoice pages: what they show, to whom, and with how many queries."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.enums import StorefrontRole
from accounts.models import Account, User
from invoicing.enums import RenderState
from invoicing.models import Invoice, InvoiceBalance, InvoiceRendering, Payment, PaymentAllocation
from invoicing.services import documents
from tests.integration.invoicing.conftest import Company
from tests.integration.invoicing.issued import NOON, Row, issue, organisation

LIST = "/invoices/"
PAST = date(2026, 9, 1)


@pytest.fixture(autouse=True)
def mid_november() -> object:
    with time_machine.travel(datetime(2026, 11, 15, 12, tzinfo=UTC), tick=False) as clock:
        yield clock


def person(account: Account, email: str, **facts: object) -> Client:
    client = Client()
    name = email.partition("@")[0].title()
    client.force_login(User.objects.create_user(email=email, name=name, account=account, **facts))
    return client


@pytest.fixture
def ada(ada_company: Company) -> Client:
    organisation()
    return person(ada_company.reseller, "ada@thermaikos.example.com", is_account_admin=True)


@pytest.fixture
def abel(ada_company: Company) -> Client:
    """A buyer: may order, may not see invoices."""
    return person(ada_company.reseller, "abel@thermaikos.example.com", roles=[StorefrontRole.BUYER])


@pytest.fixture
def ben(ben_company: Company) -> Client:
    return person(ben_company.reseller, "ben@hellas.example.com", is_account_admin=True)


@pytest.fixture
def invoices(ada_company: Company, ben_company: Company) -> dict[str, Invoice]:
    us = ada_company
    made = {
        "open": issue(us.reseller, [Row(us.reseller), Row(us.acme, "Aegean Backup"), Row(us.beta), Row(us.affiliate)]),
        "overdue": issue(us.reseller, [Row(us.acme)], separate=True, issued_on=PAST),
        "paid": issue(us.reseller, [Row(us.reseller, quantity=1)], issued_on=PAST, open_amount="0.00"),
    }
    made["credit"] = issue(us.reseller, [Row(us.acme, quantity=1)], separate=True, corrects=made["open"])
    made["ben"] = issue(ben_company.reseller, [Row(ben_company.acme)])
    return made


def numbers(client: Client, query: str = "") -> list[str]:
    return [row.invoice.number for row in client.get(f"{LIST}{query}").context["rows"]]


def test_list_shows_all_documents_of_the_reseller_and_only_those(ada: Client, invoices: dict[str, Invoice]) -> None:
    ours = {invoice.number for name, invoice in invoices.items() if name != "ben"}

    assert set(numbers(ada)) == ours
    assert invoices["ben"].number not in ada.get(LIST).content.decode()


@pytest.mark.parametrize(
    ("tab", "names"),
    [
        ("all", ["credit", "open", "paid", "overdue"]),
        ("open", ["overdue", "open"]),
        ("overdue", ["overdue"]),
        ("paid", ["paid"]),
        ("credits", ["credit"]),
        ("nonsense", ["credit", "open", "paid", "overdue"]),
    ],
)
def test_list_tabs(ada: Client, invoices: dict[str, Invoice], tab: str, names: list[str]) -> None:
    assert numbers(ada, f"?tab={tab}") == [invoices[name].number for name in names]


def test_list_counts_tabs_and_sums_what_is_open(ada: Client, invoices: dict[str, Invoice]) -> None:
    context = ada.get(LIST).context

    assert [tab["count"] for tab in context["tabs"]] == [4, 2, 1, 1, 1]
    figures = context["figures"]
    assert (str(figures.open), figures.open_count) == ("372.00 EUR", 2)
    assert (str(figures.overdue), figures.overdue_count) == ("74.40 EUR", 1)
    assert (str(figures.soon), figures.soon_count) == ("297.60 EUR", 1)
    assert str(figures.unused_credit) == "14.88 EUR"


def test_list_adds_up_with_credits_as_negative(ada: Client, invoices: dict[str, Invoice]) -> None:
    totals = ada.get(LIST).context["totals"]

    assert {name: str(money.amount) for name, money in totals.items()} == {
        "net": "300.00",
        "tax": "72.00",
        "gross": "372.00",
        "open": "357.12",
    }


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("q=backup", ["open"]),
        ("q=ZETA", ["credit", "open", "overdue"]),
        ("q=O-2026-00790&tab=paid", ["paid"]),
        ("q=nothing+of+this", []),
        ("who=affiliate", ["open"]),
        ("who=personal", ["open", "paid"]),
        ("who=unknown", ["credit", "open", "paid", "overdue"]),
        ("q=%00", ["credit", "open", "paid", "overdue"]),
        ("q=' OR 1=1--", []),
        ("rows=25&page=-1", ["credit", "open", "paid", "overdue"]),
        ("page=1e9&rows=7", ["credit", "open", "paid", "overdue"]),
    ],
)
def test_list_filters(ada: Client, invoices: dict[str, Invoice], query: str, names: list[str]) -> None:
    assert numbers(ada, f"?{query}") == [invoices[name].number for name in names]


def test_list_filters_by_beneficiary(ada: Client, ada_company: Company, invoices: dict[str, Invoice]) -> None:
    found = numbers(ada, f"?who={ada_company.beta.public_id}")

    assert found == [invoices["open"].number]


def test_list_does_not_filter_by_a_foreign_beneficiary(
    ada: Client, ben_company: Company, invoices: dict[str, Invoice]
) -> None:
    page = ada.get(f"{LIST}?who={ben_company.acme.public_id}").content.decode()

    assert ben_company.acme.name not in page


def test_list_names_single_beneficiaries_and_counts_many(ada: Client, invoices: dict[str, Invoice]) -> None:
    rows = {row.invoice.number: row for row in ada.get(LIST).context["rows"]}

    assert rows[invoices["open"].number].who == "4 beneficiaries"
    assert rows[invoices["open"].number].detail == "own use, 1 affiliate, 2 end customers"
    assert rows[invoices["overdue"].number].who == "Zeta of Thermaikos"
    assert [str(rows[invoices[name].number].status) for name in ("open", "overdue", "paid", "credit")] == [
        "open",
        "overdue",
        "paid",
        "unapplied",
    ]


def test_list_pages(ada: Client, ada_company: Company) -> None:
    for _ in range(27):
        issue(ada_company.reseller, [Row(ada_company.acme)])

    assert len(numbers(ada)) == 25
    assert len(numbers(ada, "?page=2")) == 2
    assert "26 to 27 of 27" in " ".join(ada.get(f"{LIST}?page=2").content.decode().split())


def test_list_says_when_there_is_nothing_yet(ada: Client) -> None:
    assert "There is nothing here yet" in ada.get(LIST).content.decode()


def test_list_comes_in_the_order_asked_for(ada: Client, invoices: dict[str, Invoice]) -> None:
    by_gross = [row.invoice.gross for row in ada.get(LIST, {"sort": "-gross"}).context["rows"]]

    assert by_gross == sorted(by_gross, reverse=True)
    assert len(set(by_gross)) > 1
    assert numbers(ada, "?sort=issued") == numbers(ada, "?sort=-issued")[::-1]
    assert numbers(ada, "?sort=secret") == numbers(ada)


def test_list_says_how_far_a_due_date_is_away(ada: Client, invoices: dict[str, Invoice]) -> None:
    page = ada.get(LIST, {"tab": "open"}).content.decode()

    assert "in 16 days" in page
    assert "45 days late" in page


def test_list_says_of_a_name_that_ends_with_a_stop_no_stop_more(ada: Client, ada_company: Company) -> None:
    Account.objects.filter(pk=ada_company.reseller.pk).update(name="Αιγαίο Νέφος Πληροφορική Α.Ε.")

    assert "Α.Ε.." not in ada.get(LIST).content.decode()


def count_queries(client: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path).status_code == 200
    return len(queries)


def test_list_asks_the_same_number_of_queries_for_1_and_20_rows(ada: Client, ada_company: Company) -> None:
    us = ada_company
    issue(us.reseller, [Row(us.acme)])
    one = count_queries(ada, LIST)
    for _ in range(19):
        issue(us.reseller, [Row(us.acme), Row(us.beta), Row(us.reseller)])

    assert count_queries(ada, LIST) == one
    assert one <= 8


def test_detail_asks_the_same_number_of_queries_for_1_and_60_lines(ada: Client, ada_company: Company) -> None:
    us = ada_company
    small = issue(us.reseller, [Row(us.acme)])
    large = issue(us.reseller, [Row(us.acme), Row(us.beta), Row(us.reseller)] * 20)

    one = count_queries(ada, small.get_absolute_url())

    assert count_queries(ada, large.get_absolute_url()) == one
    assert one <= 8


def test_detail_explains_a_line(ada: Client, ada_company: Company) -> None:
    us = ada_company
    stub = Row(us.acme, "Aegean Backup", factor=(12, 31), period=(date(2026, 10, 20), date(2026, 11, 1)))
    invoice = issue(us.reseller, [stub, Row(us.reseller)])

    page = " ".join(ada.get(invoice.get_absolute_url()).content.decode().split())

    assert "5 × €12.00 × 12/31 = €23.23" in page
    assert "23.2258… rounded half up to cents, once per line" in page
    assert "12/31: 12 of 31 days of the billing period" in page
    assert "20 Oct – 31 Oct 2026 · 12 days" in page
    assert "€12.00 · Price list EU Gold, version 2026-10" in page
    assert page.index("My company") < page.index("End customer")
    assert "no MPN ID" in page
    assert "MPN ID 9900185" in page


def test_detail_tells_what_happened(ada: Client, ada_company: Company, invoices: dict[str, Invoice]) -> None:
    invoice = invoices["open"]
    money = Payment.objects.create(
        bill_to=ada_company.reseller,
        currency="EUR",
        amount=Decimal("100.00"),
        unallocated=0,
        received_on=date(2026, 11, 10),
        method="bank_transfer",
        recorded_at=NOON,
    )
    PaymentAllocation.objects.create(
        payment=money, invoice=invoice, bill_to=ada_company.reseller, currency="EUR", amount=Decimal("100.00"), at=NOON
    )
    InvoiceBalance.objects.filter(invoice=invoice).update(open_amount=Decimal("197.60"))

    page = " ".join(ada.get(invoice.get_absolute_url()).content.decode().split())

    assert "Part-paid" in page
    assert "Payment received" in page
    assert "€197.60" in page
    assert "GR16 0110 1250 0000 0001 2300 695" in page


def test_detail_of_a_credit_names_the_corrected_invoice(ada: Client, invoices: dict[str, Invoice]) -> None:
    page = ada.get(invoices["credit"].get_absolute_url()).content.decode()

    assert f"Credit invoice {invoices['credit'].number}" in page
    assert f'href="{invoices["open"].get_absolute_url()}"' in page
    assert "Pay by bank transfer" not in page


def pages_of(invoice: Invoice) -> list[str]:
    files = [reverse(f"invoicing:{kind}", args=[invoice.public_id]) for kind in ("pdf", "xml", "ubl")]
    return [invoice.get_absolute_url(), *files]


def test_pages_of_another_reseller_are_not_found(ben: Client, invoices: dict[str, Invoice]) -> None:
    documents.render(invoice_id=invoices["open"].pk, at=NOON)

    for path in pages_of(invoices["open"]):
        assert ben.get(path).status_code == 404
    assert ben.get("/invoices/doesnotexist/").status_code == 404
    assert ben.get("/invoices/doesnotexist/pdf").status_code == 404


@pytest.mark.parametrize("start", ["/media/", "/static/", "/", "/invoices/", "/invoices/x/../"])
def test_stored_files_have_no_address_of_their_own(ada: Client, invoices: dict[str, Invoice], start: str) -> None:
    made = documents.render(invoice_id=invoices["open"].pk, at=NOON)
    assert made is not None

    assert ada.get(f"{start}{made.file}").status_code == 404


def test_pages_are_refused_to_a_buyer(abel: Client, invoices: dict[str, Invoice]) -> None:
    for path in [LIST, *pages_of(invoices["open"])]:
        assert abel.get(path).status_code == 403


def test_pages_ask_a_stranger_to_sign_in(invoices: dict[str, Invoice]) -> None:
    for path in [LIST, *pages_of(invoices["open"])]:
        answer = Client().get(path)
        assert answer.status_code == 302
        assert "/sign-in/" in answer["Location"]


def test_pdf_is_served_as_a_whole_with_its_name(ada: Client, invoices: dict[str, Invoice]) -> None:
    made = documents.render(invoice_id=invoices["open"].pk, at=NOON)
    assert made is not None

    answer = ada.get(reverse("invoicing:pdf", args=[invoices["open"].public_id]))
    data = b"".join(answer.streaming_content)

    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == f'inline; filename="{invoices["open"].number}.pdf"'
    assert answer["Cache-Control"] == "private, no-store"
    assert len(data) == made.size == int(answer["Content-Length"])


def test_xml_is_served_beside_the_pdf(ada: Client, invoices: dict[str, Invoice]) -> None:
    invoice = invoices["open"]
    path = reverse("invoicing:xml", args=[invoice.public_id])
    before = ada.get(invoice.get_absolute_url()).content.decode()
    documents.render(invoice_id=invoice.pk, at=NOON)

    answer, page = ada.get(path), ada.get(invoice.get_absolute_url()).content.decode()

    assert b"<rsm:CrossIndustryInvoice" in b"".join(answer.streaming_content)
    assert answer["Content-Disposition"] == f'attachment; filename="{invoice.number}.xml"'
    assert (path in before, path in page) == (False, True)


def test_file_that_does_not_exist_leads_back_with_the_reason(ada: Client, invoices: dict[str, Invoice]) -> None:
    invoice = invoices["open"]
    documents.render(invoice_id=invoice.pk, at=NOON)

    answer = ada.get(reverse("invoicing:ubl", args=[invoice.public_id]), follow=True)

    assert "There is no such e-invoice of this document." in answer.content.decode()


def test_pdf_that_is_not_there_yet_is_a_page_that_looks_again(ada: Client, invoices: dict[str, Invoice]) -> None:
    invoice = invoices["open"]
    path = reverse("invoicing:pdf", args=[invoice.public_id])

    waiting = ada.get(path)
    polled = ada.get(path, headers={"HX-Request": "true"})
    documents.render(invoice_id=invoice.pk, at=NOON)
    ready = ada.get(path, headers={"HX-Request": "true"})

    assert waiting.status_code == 202
    assert "The PDF is being made" in waiting.content.decode()
    assert f'hx-get="{path}"' in waiting.content.decode()
    assert polled.status_code == 200
    assert "<html" not in polled.content.decode()
    assert "hx-get" in polled.content.decode()
    assert "The PDF is ready" in ready.content.decode()
    assert "hx-get" not in ready.content.decode()


def test_pdf_under_way_says_which_attempt(ada: Client, invoices: dict[str, Invoice]) -> None:
    invoice = invoices["open"]
    InvoiceRendering.objects.create(
        invoice=invoice, state=RenderState.RUNNING, claimed_at=NOON + timedelta(days=14), attempts=2, due_at=NOON
    )

    page = ada.get(reverse("invoicing:pdf", args=[invoice.public_id])).content.decode()

    assert "attempt 2 of 3" in page


def test_pdf_given_up_says_so(ada: Client, invoices: dict[str, Invoice]) -> None:
    invoice = invoices["open"]
    InvoiceRendering.objects.create(
        invoice=invoice, state=RenderState.FAILED, attempts=3, due_at=NOON, last_error="OSError: secret path"
    )

    answer = ada.get(reverse("invoicing:pdf", args=[invoice.public_id]))

    assert answer.status_code == 503
    assert "could not be made" in answer.content.decode()
    assert "secret path" not in answer.content.decode()


def test_names_are_text_on_the_pages(ada: Client, ada_company: Company) -> None:
    evil = '"><img src=x onerror=1>{{7*7}}'
    Account.objects.filter(pk=ada_company.acme.pk).update(name=evil)
    ada_company.acme.refresh_from_db()
    invoice = issue(ada_company.reseller, [Row(ada_company.acme, evil)], separate=True)

    for path in (LIST, invoice.get_absolute_url()):
        page = ada.get(path).content.decode()
        assert "<img src=x" not in page
        assert "{{7*7}}" in page
