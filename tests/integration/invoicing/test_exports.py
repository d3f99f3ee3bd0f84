"""Extracts add up to the documents, carry ids that never change, and stream; archives are complete or refused."""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.enums import StaffRole
from accounts.models import Account, User
from config.kernel.spreadsheets import csv_lines
from invoicing.models import BillingRun, Invoice, InvoiceFile
from invoicing.selectors.exports import Extract, Scope, table_of
from invoicing.services import archives
from tests.integration.bss.test_pages import person
from tests.integration.invoicing.issued import Row, issue
from tests.integration.invoicing.mailed import billed, payer, stored

pytestmark = pytest.mark.django_db


def rows_of(extract, invoices=None):
    found = Invoice.objects.all() if invoices is None else invoices
    text = "".join(csv_lines(table_of(extract, found))).removeprefix("\ufeff")
    return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture
def documents():
    """A run of one reseller with a separate invoice, and a credit invoice of the first."""
    bill_to = payer()
    own, separate = billed(bill_to)
    credit = issue(bill_to, [Row(bill_to, quantity=1)], corrects=own, issued_on=own.issued_on)
    return own, separate, credit


def total(rows, name):
    return sum(Decimal(row[name]) for row in rows)


def test_headers_add_up_and_name_the_end_customer(documents):
    own, separate, credit = documents

    rows = rows_of(Extract.HEADERS)

    assert [row["number"] for row in rows] == [credit.number, own.number, separate.number]
    assert total(rows, "gross") == own.gross + separate.gross - credit.gross
    customer = separate.beneficiary
    row = rows[2]
    assert (row["end_customer"], row["end_customer_id"]) == (customer.code, customer.public_id)
    assert (row["account_id"], row["document_id"]) == (own.bill_to.public_id, separate.public_id)
    assert (row["due_date"], rows[0]["due_date"], rows[0]["corrects"]) == ("2026-05-01", "", own.number)


def test_lines_carry_the_ids_of_customer_tenant_subscription_and_sku(documents):
    rows = rows_of(Extract.LINES)

    item = documents[2].items.select_related("beneficiary").get()
    row = next(row for row in rows if row["number"] == documents[2].number)
    assert (row["tenant"], row["subscription"], row["sku"]) == (item.tenant_domain, item.service_reference, item.sku)
    assert (row["end_customer"], row["end_customer_id"]) == (item.beneficiary_code, item.beneficiary.public_id)
    assert total(rows, "net") == total(rows_of(Extract.HEADERS), "net")
    assert row["period_from"] == item.period.lower.isoformat()
    assert row["period_to"] == (item.period.upper - timedelta(days=1)).isoformat()


def test_bookings_have_one_row_for_each_account_and_tax_code(documents):
    own, separate, credit = documents

    [row] = rows_of(Extract.BOOKINGS)

    assert (row["account"], row["tax_code"], row["documents"]) == (own.bill_to.code, "S24", "3")
    assert Decimal(row["debit"]) == own.gross + separate.gross
    assert Decimal(row["credit"]) == credit.gross
    assert Decimal(row["debit_net"]) == own.net + separate.net
    assert Decimal(row["debit_tax"]) + Decimal(row["debit_net"]) == Decimal(row["debit"])
    assert Decimal(row["balance"]) == Decimal(row["debit"]) - Decimal(row["credit"])


@pytest.mark.parametrize("extract", list(Extract))
def test_an_extract_asks_the_same_number_of_queries_however_long_it_is(documents, extract):
    with CaptureQueriesContext(connection) as few:
        rows_of(extract, Invoice.objects.filter(pk=documents[0].pk))
    with CaptureQueriesContext(connection) as many:
        rows_of(extract)

    assert len(few) == len(many) == 1


def test_a_name_that_is_a_formula_is_harmless(documents):
    Account.objects.filter(pk=documents[1].beneficiary_id).update(name='=cmd|"/c calc"!A0')

    [row] = rows_of(Extract.HEADERS, Invoice.objects.filter(pk=documents[1].pk))

    assert row["end_customer_name"] == '\'=cmd|"/c calc"!A0'


def test_scope_is_a_run_a_reseller_or_a_period(documents):
    own, separate, credit = documents
    other = billed(payer("Samos IT"), 0)[0]
    first = BillingRun.objects.order_by("pk")[0]

    assert set(Scope(run=first).invoices()) == {own, separate}
    assert set(Scope(bill_to=other.bill_to).invoices()) == {other}
    assert set(Scope(first=own.issued_on, last=own.issued_on).invoices()) == {own, separate, credit, other}
    assert not Scope(last=own.issued_on.replace(day=1, month=1)).invoices().exists()


def zipped(invoices):
    data = b"".join(archives.zip_stream(archives.archive_of(invoices)))
    return zipfile.ZipFile(io.BytesIO(data))


def test_a_zip_holds_every_file_with_register_and_checksums(documents):
    files = [stored(row, f"%PDF {row.number}".encode() * 30_000) for row in documents]

    with zipped(Invoice.objects.all()) as book:
        assert book.testzip() is None
        assert len(book.namelist()) == len(documents) + 2
        sums = dict(reversed(line.split("  ")) for line in book.read("SHA256SUMS").decode().splitlines())
        register = list(csv.DictReader(io.StringIO(book.read("register.csv").decode().removeprefix("\ufeff"))))
        for file in files:
            name = f"{file.invoice.number}.pdf"
            assert hashlib.sha256(book.read(name)).hexdigest() == sums[name] == file.sha256
        assert {row["file"] for row in register} == set(sums)


def test_a_zip_streams_in_small_pieces(documents):
    stored(documents[0], b"x" * 3_000_000)

    pieces = [
        len(piece) for piece in archives.zip_stream(archives.archive_of(Invoice.objects.filter(pk=documents[0].pk)))
    ]

    assert sum(pieces) > 3_000_000
    assert max(pieces) < 200_000


def test_a_missing_file_is_told_before_the_first_byte(documents):
    own, separate, credit = documents
    with pytest.raises(archives.NothingChosen):
        archives.archive_of(Invoice.objects.none())
    stored(own)
    with pytest.raises(archives.FilesMissing, match=f"2 documents have no file: {credit.number}, {separate.number}"):
        archives.archive_of(Invoice.objects.all())
    lost = [stored(separate), stored(credit)][0]
    archives.archive_of(Invoice.objects.all())
    default_storage.delete(str(lost.file))

    with pytest.raises(archives.FilesMissing, match=f"1 documents have no file: {separate.number}"):
        archives.archive_of(Invoice.objects.all())


def damaged(file):
    with default_storage.open(str(file.file), "wb") as stored_file:
        stored_file.write(b"other bytes")


def test_a_damaged_file_stops_the_archive_which_nobody_can_open(documents):
    damaged(stored(documents[0], b"x" * 200_000))
    archive = archives.archive_of(Invoice.objects.filter(pk=documents[0].pk))
    got = bytearray()

    with pytest.raises(archives.FileDamaged):
        got.extend(byte for piece in archives.zip_stream(archive) for byte in piece)

    with pytest.raises(zipfile.BadZipFile):
        zipfile.ZipFile(io.BytesIO(bytes(got)))


def test_the_command_writes_a_run_as_a_whole_or_says_why_not(documents, tmp_path, capsys):
    run = BillingRun.objects.get()
    with pytest.raises(CommandError, match="2 documents have no file"):
        call_command("export_documents", run="latest", to=str(tmp_path / "out"))
    assert not (tmp_path / "out").exists()
    files = [stored(row, row.number.encode()) for row in documents[:2]]

    call_command("export_documents", run="latest", to=str(tmp_path / "out"))
    call_command("export_documents", run=run.public_id, to=str(tmp_path / "out"))

    assert f"Run {run.public_id}: 2 documents, 2 files" in capsys.readouterr().out
    names = {f"{file.invoice.number}.pdf" for file in files}
    assert {path.name for path in (tmp_path / "out").iterdir()} == {*names, "register.csv", "SHA256SUMS"}
    for line in (tmp_path / "out" / "SHA256SUMS").read_text().splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256((tmp_path / "out" / name).read_bytes()).hexdigest() == digest
    for wanted in ("none", "999999"):
        with pytest.raises(CommandError, match="no billing run"):
            call_command("export_documents", run=wanted, to=str(tmp_path / "out"))
    damaged(files[0])
    with pytest.raises(CommandError, match="differs"):
        call_command("export_documents", run="latest", to=str(tmp_path / "later"))
    assert InvoiceFile.objects.count() == 2


def test_bss_exports_a_run_a_period_and_a_selection(client, documents):
    for row in documents:
        stored(row)
    client.force_login(person(StaffRole.FINANCE))
    page = reverse("bss:exports")
    run = BillingRun.objects.get()

    def names(**asked):
        answer = client.get(page, {"download": "1", **asked})
        return b"".join(answer.streaming_content).decode().count("\n"), answer["Content-Disposition"]

    assert client.get(page).status_code == 200
    assert client.get(page, {"run": run.public_id}).context["run"] == run
    assert names(what="headers.csv", run=run.public_id)[0] == 3
    assert names(what="headers.csv", first="2026-04-01", last="2026-04-01")[0] == 4
    assert names(what="bookings.csv", first="2026-04-01", last="2026-04-30") == (
        2, 'attachment; filename="bookings-2026-04-01-2026-04-30.csv"',
    )  # fmt: skip
    empty = client.get(page, {"download": "1", "what": "zip", "first": "2020-01-01", "last": "2020-01-31"})
    assert "no document in this selection" in empty.content.decode()
    wrong = client.get(page, {"download": "1", "what": "evil", "first": "x"})
    assert (wrong.status_code, wrong.context["form"].errors.keys()) == (200, {"first", "what"})

    chosen = {"action": "export_headers_xlsx", "_selected_action": [documents[0].pk, documents[1].pk]}
    answer = client.post(reverse("bss:invoicing_invoice_changelist"), chosen)
    assert b"".join(answer.streaming_content).startswith(b"PK")
    chosen["action"] = "export_files_zip"
    answer = client.post(reverse("bss:invoicing_invoice_changelist"), chosen)
    with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as book:
        assert len(book.namelist()) == 4


def reader(bill_to):
    return User.objects.create_user("ada@rhodes.example", account=bill_to, is_account_admin=True, name="Ada")


@pytest.mark.parametrize("what", ["headers.csv", "lines.csv"])
def test_a_reseller_exports_its_own_documents_only(client, documents, what):
    foreign = billed(payer("Samos IT"), 0)[0]
    client.force_login(reader(documents[0].bill_to))

    answer = client.get(
        "/invoices/export/", {"download": "1", "what": what, "first": "2026-01-01", "last": "2026-12-31"}
    )
    text = b"".join(answer.streaming_content).decode()

    assert all(row.number in text for row in documents)
    assert foreign.number not in text
    assert answer["Cache-Control"] == "private, no-store"
    refused = client.get("/invoices/export/", {"download": "1", "what": "bookings.csv"})
    assert refused.context["form"].errors.keys() == {"what"}


def test_exports_are_limited_by_person(client, documents, monkeypatch):
    from invoicing.views import exports

    monkeypatch.setattr(exports, "MOST", 1)
    client.force_login(reader(documents[0].bill_to))
    asked = {"download": "1", "what": "headers.xlsx", "first": "2026-01-01", "last": "2026-12-31"}

    first, second = client.get("/invoices/export/", asked), client.get("/invoices/export/", asked)

    assert b"".join(first.streaming_content).startswith(b"PK")
    assert "many exports" in second.content.decode()
