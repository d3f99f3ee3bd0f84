"""Finance brings a bank file in BSS, says how it is read, decides its lines and books it."""

from __future__ import annotations

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts.enums import StaffRole
from invoicing.models import BankImport, Payment
from invoicing.services import bank_imports
from tests.corpus import TEXTS
from tests.integration.bss.test_pages import person
from tests.integration.invoicing.conftest import company
from tests.integration.invoicing.issued import Row, issue
from tests.integration.invoicing.test_bank_imports import HEAD, IBAN, NOON, PLAN, brought, messy

pytestmark = pytest.mark.django_db
ADD = "bss:invoicing_bankimport_add"


@pytest.fixture(autouse=True)
def noon():
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def owed(db):
    ada, ben = company("Thermaikos", 5), company("Hellas Cloud", 7)
    return [*(issue(ada.reseller, [Row(ada.acme)]) for _ in range(2)), issue(ben.reseller, [Row(ben.acme)])]


@pytest.fixture
def cleo(client):
    user = person(StaffRole.FINANCE)
    client.force_login(user)
    return user


def send(client, data, name="nov.csv", account="gr16 0110 1250 0000 0001 2300 695"):
    return client.post(reverse(ADD), {"file": SimpleUploadedFile(name, data), "account": account})


def at(name, row, *more):
    return reverse(f"bss:invoicing_bankimport_{name}", args=[row.public_id, *more])


def test_finance_walks_from_the_file_to_payments(client, cleo, owed):
    answer = send(client, messy(owed))
    row = BankImport.objects.get()
    assert answer["Location"] == at("reading", row)
    page = client.get(at("reading", row))
    frame, form = page.context["frame"], page.context["form"]
    assert frame.data == {"encoding": "cp1253", "delimiter": ";", "header_line": 3}
    assert (form.initial["dates"], form.initial["amounts"]) == ("dmy", "comma")
    wish = {**frame.data, **{name: str(value) for name, value in form.initial.items()}, "columns": "1"}
    assert client.post(at("reading", row), wish)["Location"] == at("preview", row)

    body = client.get(at("preview", row)).content.decode()
    assert "2 transfers wait for your decision" in body
    assert "Book 2 payments" not in body
    shown = client.post(at("line", row, 6), {"act": "show", "bill_to": owed[0].bill_to_id})
    assert [invoice.number for invoice in shown.context["form"].invoices] == [owed[0].number, owed[1].number]
    facts = {"act": "assign", "bill_to": owed[0].bill_to_id, f"amount_{owed[1].pk}": "24.40"}
    assert client.post(at("line", row, 6), facts).status_code == 200, "its invoices were not shown yet"
    assert client.post(at("line", row, 6), {**facts, "shown": owed[0].bill_to_id}).status_code == 302
    assert client.post(at("line", row, 8), {"act": "leave_out", "reason": ""}).context["form"].errors["reason"]
    assert client.post(at("line", row, 8), {"act": "leave_out", "reason": "Returned"}).status_code == 302
    assert "Book 3 payments" in client.get(at("preview", row)).content.decode()
    client.post(at("decide", row, "book"))

    assert Payment.objects.count() == 3
    assert "Booked" in client.get(at("preview", row)).content.decode()


def test_dates_that_can_mean_two_days_are_not_chosen(client, cleo, owed):
    send(client, (HEAD + f"05/11/2026;06/11/2026;{owed[0].number};A;74,40;EUR;F1\n").encode())
    row = BankImport.objects.get()

    page = client.get(at("reading", row))
    wish = {**page.context["frame"].data, **page.context["form"].initial, "columns": "1"}

    assert "dates" not in page.context["form"].initial
    assert "dates" in client.post(at("reading", row), wish).context["form"].errors


def test_refused_files_say_what_to_do(client, cleo, owed):
    assert "Export the movements of the account as CSV" in send(client, b"PK\x03\x04\x00;").content.decode()
    assert "file" in send(client, b"").context["form"].errors
    assert "account" in send(client, messy(owed), account="GR16 €").context["form"].errors
    assert not BankImport.objects.exists()
    send(client, messy(owed))
    again = send(client, messy(owed))

    assert again["Location"] == at("preview", BankImport.objects.get())


def test_wrong_values_are_listed_with_their_lines(client, cleo, owed):
    row = brought((HEAD + f"x;31/02/2026;{owed[0].number};A;7.4;EUR;F1\n").encode(), cleo, plan=_from_first(PLAN))

    body = client.get(at("preview", row)).content.decode()

    assert "2 values cannot be read" in body
    assert "31/02/2026" in body
    assert "Book 0" not in body


def _from_first(plan):
    return type(plan).of_json({**plan.as_json(), "header_line": 1, "encoding": "utf-8"})


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_hostile_texts_are_kept_and_shown_as_texts(client, cleo, owed, name):
    text = TEXTS[name].encode("utf-8", "replace").decode().replace('"', '""')
    data = (HEAD + f'05/11/2026;16/11/2026;"{text}";"{text}";74,40;EUR;"{text}"\n').encode()
    answer = send(client, data, name=text[:80] or "x")
    if answer.status_code == 200:
        assert "file" in answer.context["form"].errors
        return
    row = bank_imports.read(bank_import=BankImport.objects.get(), plan=_from_first(PLAN), by=cleo, at=NOON)

    for page in (at("preview", row), at("line", row, 2), at("reading", row)):
        body = client.get(page).content.decode()
        assert "<script>alert" not in body
        assert "<img src=x" not in body


@pytest.mark.parametrize("role", [StaffRole.SALES, StaffRole.SUPPORT, StaffRole.READ_ONLY])
def test_others_look_and_change_nothing(client, role, owed):
    finance = person(StaffRole.FINANCE)
    row = brought(messy(owed), finance)
    client.force_login(person(role))

    assert client.get(at("preview", row)).status_code == 200
    for address in (reverse(ADD), at("reading", row), at("line", row, 6), at("decide", row, "book")):
        assert client.post(address, {"act": "leave_out", "reason": "x"}).status_code == 403
    row.refresh_from_db()
    assert row.state == "read"


def test_queries_do_not_grow_with_the_lines(client, cleo, owed, django_assert_max_num_queries):
    lines = "".join(f"05/11/2026;16/11/2026;{owed[at % 3].number};A;1,{at:02d};EUR;F{at}\n" for at in range(60))
    row = brought((HEAD + lines).encode(), cleo, plan=_from_first(PLAN))

    for page in (at("preview", row), at("line", row, 5), reverse("bss:invoicing_bankimport_changelist")):
        with django_assert_max_num_queries(15):
            assert client.get(page).status_code == 200
    assert row.account == IBAN
