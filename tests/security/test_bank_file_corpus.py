"""Bank files with the corpus of bad input (reliability.md §7): wrong values are named by line, nothing is booked."""

from __future__ import annotations

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.enums import StaffRole
from invoicing.bank.files import Plan
from invoicing.models import BankImport, Payment
from invoicing.services import bank_imports
from tests.corpus import DATES, NUMBERS
from tests.integration.bss.test_pages import person
from tests.integration.invoicing.conftest import company
from tests.integration.invoicing.issued import Row, issue
from tests.integration.invoicing.test_bank_imports import IBAN, NOON

pytestmark = pytest.mark.django_db
HEAD = "Value date;Details;Amount;Reference\n"
PLAN = Plan("utf-8", ";", 1, "dmy", "comma", "EUR", {"value_on": 0, "reference": 1, "amount": 2, "bank_id": 3})
READABLE = {"1,5": "1.50", "1.000,50": "1000.50", "2147483648": "2147483648.00"}


@pytest.fixture(autouse=True)
def noon():
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def cleo():
    return person(StaffRole.FINANCE)


@pytest.fixture
def owed():
    ada = company("Thermaikos", 5)
    return issue(ada.reseller, [Row(ada.acme)])


def preview(text, cleo):
    """The file as it was read, and what the page says of it."""
    row = bank_imports.upload(content=text.encode(), name="nov.csv", account=IBAN, by=cleo, at=NOON)
    row = bank_imports.read(bank_import=row, plan=PLAN, by=cleo, at=NOON)
    client = Client()
    client.force_login(cleo)
    answer = client.get(reverse("bss:invoicing_bankimport_preview", args=[row.public_id]))
    assert answer.status_code == 200
    return row, answer.content.decode(), client


def line(owed, *, on="20/11/2026", amount="74,40", bank_id="F1"):
    return f"{on};{owed.number};{amount};{bank_id}\n"


@pytest.mark.parametrize("amount", NUMBERS, ids=lambda text: text[:12])
def test_amount_is_read_exactly_or_named_by_its_line_and_nothing_is_booked(owed, cleo, amount):
    row, html, client = preview(HEAD + line(owed) + line(owed, amount=amount, bank_id="F2"), cleo)

    if amount in READABLE:
        assert str(row.rows.get(line=3).amount) == READABLE[amount]
        return
    if amount == "-1":  # money that went out is no payment
        assert [one.line for one in row.rows.all()] == [2]
        return
    assert [(remark["line"], remark["code"]) for remark in row.errors] == [(3, "amount")]
    assert "value cannot be read" in html
    assert "Book 1 payment" not in html
    client.post(reverse("bss:invoicing_bankimport_decide", args=[row.public_id, "book"]))
    assert not Payment.objects.exists()


@pytest.mark.parametrize("on", [*DATES, "20/11/0026", "00/00/2026", "20112026"])
def test_date_is_read_as_chosen_or_named_by_its_line(owed, cleo, on):
    row, html, _client = preview(HEAD + line(owed) + line(owed, on=on, bank_id="F2"), cleo)

    (remark,) = row.errors
    assert remark["line"] == 3
    assert remark["code"] in {"date", "future"}
    assert "Book 1 payment" not in html


@pytest.mark.parametrize(
    "text",
    [
        'Value date;Details;Amount;Reference\n20/11/2026;"never closed;74,40;F1\n',
        "Value date;Details;Amount;Reference\n20/11/2026;cut off",
        "Value date;Details;Amount;Reference\n",
        "Datum;Zweck;Betrag;Nr\n20/11/2026;x;74,40;F1\n",
        "Value date;Details;Amount;Amount\n20/11/2026;x;74,40;74,40\n",
        "\ufeffValue date;Details;Amount;Reference\r\n\r\n20/11/2026;=1+1;74,40;F1\r\n;;74,40;Total\r\n",
        "Value date;Details;Amount;Reference\n" + "20/11/2026;x;74,40;F1\n" * 2,
        "Value date;Details;Amount;Reference\n" + ";" * 59 + "\n",
    ],
    ids=["quote", "cut off", "no lines", "other heads", "head twice", "totals row", "same twice", "empty cells"],
)
def test_damaged_file_is_answered_on_every_page_and_books_nothing_by_itself(owed, cleo, text):
    client = Client()
    client.force_login(cleo)
    sent = {"file": SimpleUploadedFile("nov.csv", text.encode()), "account": IBAN}
    answer = client.post(reverse("bss:invoicing_bankimport_add"), sent)
    if answer.status_code == 200:
        assert "Export the movements of the account as CSV" in answer.content.decode()
        assert not BankImport.objects.exists()
        return

    row = BankImport.objects.get()
    page = reverse("bss:invoicing_bankimport_reading", args=[row.public_id])
    frame, form = client.get(page).context["frame"], client.get(page).context["form"]
    wish = {**frame.data, **{name: str(value) for name, value in form.initial.items()}, "columns": "1"}
    read = client.post(page, {"dates": "dmy", "amounts": "comma", "currency": "EUR", **wish}, follow=True)

    assert read.status_code == 200
    client.post(reverse("bss:invoicing_bankimport_decide", args=[row.public_id, "book"]))
    assert not Payment.objects.exists()
