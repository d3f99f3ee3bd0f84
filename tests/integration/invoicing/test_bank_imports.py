"""A bank file from upload to payments: matched, corrected, booked as a whole, never twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import Error, IntegrityError, transaction

from accounts.models import User
from invoicing.bank.files import Plan
from invoicing.models import BankImport, BankRow, Payment
from invoicing.selectors import bank_imports as selectors
from invoicing.selectors.open_items import settled_by
from invoicing.services import audits, bank_imports
from invoicing.services.bank_imports import BroughtBefore, LineRefused, NotATable, NotDecided, NotWaiting
from invoicing.services.payments import WrongCurrency
from invoicing.services.settling import MoreThanThereIs, NotPayable, ReasonNeeded, TooMuch
from tests.integration.invoicing.issued import Row, issue

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
IBAN = "GR1601101250000000012300695"
HEAD = "Date;Value date;Details;Payer;Amount;Ccy;Bank reference\n"
PLAN = Plan("cp1253", ";", 3, "dmy", "comma", "EUR",
            {"value_on": 1, "reference": 2, "payer": 3, "amount": 4, "currency": 5, "bank_id": 6})  # fmt: skip


@pytest.fixture
def finance(db):
    return User.objects.create_user("cleo@example.com", None, name="Cleo", is_staff=True)


@pytest.fixture
def owed(ada_company, ben_company):
    """Three invoices over 74.40 each: two of Thermaikos, one of Hellas Cloud."""
    rows = [issue(ada_company.reseller, [Row(ada_company.acme)]) for _ in range(2)]
    return [*rows, issue(ben_company.reseller, [Row(ben_company.acme)])]


def content(*lines, preamble="Κινήσεις;;;;;;\nIBAN;GR16;;;;;\n"):
    return (preamble + HEAD + "".join(f"{line}\n" for line in lines)).encode("cp1253")


def messy(owed):
    first, second, third = owed
    return content(
        f"20/11/2026;19/11/2026;ΕΞΟΦΛΗΣΗ {first.number} / R-0005;Θερμαϊκός;74,40;EUR;F1",
        f"20/11/2026;20/11/2026;{second.number} DOSI 1;Thermaikos;50,00;EUR;F2",
        '20/11/2026;20/11/2026;"no words, ""only"" money";?;74,40;EUR;F3',
        "20/11/2026;20/11/2026;bank fee;;-1,50;EUR;F4",
        f"20/11/2026;20/11/2026;{third.number};Hellas;74,40;USD;F5",
        ";;Total;;1.271,80;;",
    )


def brought(data, by, plan=PLAN, **more):
    row = bank_imports.upload(content=data, name="nov.csv", account=IBAN, by=by, at=NOON, **more)
    return bank_imports.read(bank_import=row, plan=plan, by=by, at=NOON)


def states(row):
    return [(one.line, one.state, one.why) for one in selectors.rows_of(row)]


def test_messy_file_is_matched_corrected_and_booked_as_a_whole(owed, finance, ada_company):
    row = brought(messy(owed), finance)

    assert states(row) == [
        (4, "ready", "number_and_amount"), (5, "ready", "part_payment"),
        (6, "open", "several_of_amount"), (8, "open", "other_currency"),
    ]  # fmt: skip
    assert [(remark["line"], remark["code"]) for remark in row.left_out] == [(7, "outgoing"), (9, "no_date")]
    with pytest.raises(NotDecided):
        bank_imports.book(bank_import=row, by=finance, at=NOON)
    assert not Payment.objects.exists()
    open_row, dollars = row.rows.filter(state="open").order_by("line")
    payer = ada_company.reseller
    bank_imports.assign(row=open_row, bill_to=payer, parts={owed[1]: Decimal("24.40")}, by=finance, at=NOON)
    with pytest.raises(WrongCurrency):
        bank_imports.assign(row=dollars, bill_to=payer, parts={}, by=finance, at=NOON)
    bank_imports.leave_out(row=dollars, reason="Sent back to the bank", by=finance, at=NOON)
    bank_imports.book(bank_import=row, by=finance, at=NOON)

    made = [(one.amount, one.unallocated, one.received_on, settled_by(one)) for one in Payment.objects.order_by("pk")]
    assert made == [
        (Decimal("74.40"), Decimal("0.00"), date(2026, 11, 19), {owed[0].pk: Decimal("74.40")}),
        (Decimal("50.00"), Decimal("0.00"), date(2026, 11, 20), {owed[1].pk: Decimal("50.00")}),
        (Decimal("74.40"), Decimal("50.00"), date(2026, 11, 20), {owed[1].pk: Decimal("24.40")}),
    ]
    assert audits.run(only=["I30", "I34"]) == []


def test_same_file_and_same_transfer_are_recognised(owed, finance):
    data = content(f"20/11/2026;19/11/2026;{owed[0].number};A;74,40;EUR;F1")
    row = brought(data, finance)
    with pytest.raises(BroughtBefore) as known:
        bank_imports.upload(content=data, name="again.csv", account=IBAN, by=finance, at=NOON)
    assert known.value.existing == row
    bank_imports.book(bank_import=row, by=finance, at=NOON)

    line = f"20/11/2026;19/11/2026;{owed[0].number};A;74,40;EUR;F1"
    again = brought(content(line, line.replace("F1", "F2"), line.replace("F1", "F2")), finance)

    assert states(again) == [
        (4, "duplicate", "booked_before"), (5, "open", "paid_already"), (6, "duplicate", "booked_before"),
    ]  # fmt: skip
    copy = again.rows.get(line=5)
    BankRow.objects.filter(pk=copy.pk).update(bank_id="F1", bill_to=owed[0].bill_to)
    with pytest.raises(IntegrityError, match="bank_transfer_once"), transaction.atomic():
        BankRow.objects.filter(pk=copy.pk).update(state="booked", payment=_twin())
    with pytest.raises(NotWaiting):
        bank_imports.assign(row=again.rows.get(line=4), bill_to=owed[0].bill_to, parts={}, by=finance, at=NOON)


def _twin():
    """Another payment with the facts of the first."""
    twin = Payment.objects.get()
    return Payment.objects.create(
        bill_to=twin.bill_to, currency="EUR", amount=twin.amount, unallocated=twin.amount, method="bank_transfer",
        received_on=twin.received_on, recorded_at=NOON,
    )  # fmt: skip


def test_discarded_file_can_be_brought_again(owed, finance):
    data = messy(owed)
    bank_imports.discard(bank_import=brought(data, finance), by=finance, at=NOON)

    row = bank_imports.upload(content=data, name="nov.csv", account=IBAN, by=finance, at=NOON)

    assert row.state == "read", "the way it was read is remembered"
    assert row.rows.count() == 4


def test_remembered_reading_finds_the_head_below_another_preamble(owed, finance):
    brought(messy(owed), finance)

    line = f"20/11/2026;19/11/2026;{owed[0].number};A;74,40;EUR;F9"
    row = bank_imports.upload(content=content(line, preamble=""), name="b.csv", account=IBAN, by=finance, at=NOON)

    assert (row.state, states(row)) == ("read", [(2, "ready", "number_and_amount")])


def test_wrong_lines_keep_the_whole_file_from_being_booked(owed, finance):
    good = f"20/11/2026;19/11/2026;{owed[0].number};A;74,40;EUR;F1"
    row = brought(content(good, good.replace("74,40", "74.4.0"), good.replace("19/11/2026", "24/11/2026")), finance)

    assert [(remark["line"], remark["code"]) for remark in row.errors] == [(5, "amount"), (6, "future")]
    with pytest.raises(NotDecided):
        bank_imports.book(bank_import=row, by=finance, at=NOON)
    with pytest.raises(Error, match="booked as a whole"), transaction.atomic():
        BankImport.objects.filter(pk=row.pk).update(state="booked", decided_at=NOON, decided_by=finance)


def test_line_that_no_longer_fits_keeps_all_from_being_booked(owed, finance):
    lines = [f"20/11/2026;19/11/2026;{one.number};A;74,40;EUR;F{at}" for at, one in enumerate(owed)]
    first, second = brought(content(*lines), finance), brought(content(lines[2].replace("F2", "F7")), finance)
    bank_imports.book(bank_import=second, by=finance, at=NOON)

    with pytest.raises(LineRefused, match="Line 6"):
        bank_imports.book(bank_import=first, by=finance, at=NOON)

    assert Payment.objects.count() == 1
    assert {state for _line, state, _why in states(first)} == {"ready"}


def test_corrections_are_refused_beyond_what_there_is(owed, finance, ada_company, ben_company):
    row = brought(messy(owed), finance).rows.get(line=6)
    payer, refused = ada_company.reseller, {"row": row, "by": finance, "at": NOON}

    for parts, refusal in (
        ({owed[0]: Decimal("74.41")}, TooMuch),
        ({owed[0]: Decimal("-1.00")}, TooMuch),
        ({owed[0]: Decimal("40.00"), owed[1]: Decimal("40.00")}, MoreThanThereIs),
        ({owed[2]: Decimal("1.00")}, NotPayable),
    ):
        with pytest.raises(refusal):
            bank_imports.assign(bill_to=payer, parts=parts, **refused)
    with pytest.raises(ReasonNeeded):
        bank_imports.leave_out(reason=" \u200b ", **refused)
    assert BankRow.objects.get(pk=row.pk).state == "open"


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04\x00\x00", b"a;b\n" * 2000, b"x" * (5 * 1024 * 1024 + 1)])
def test_what_is_no_bank_file_is_refused_with_what_to_do(finance, data):
    with pytest.raises(NotATable):
        bank_imports.upload(content=data, name="x", account=IBAN, by=finance, at=NOON)
    assert not BankImport.objects.exists()


def test_decided_files_stay_as_they_are(owed, finance):
    row = brought(content(f"20/11/2026;19/11/2026;{owed[0].number};A;74,40;EUR;F1"), finance)
    bank_imports.book(bank_import=row, by=finance, at=NOON)

    for act in (bank_imports.book, bank_imports.discard):
        with pytest.raises(NotWaiting):
            act(bank_import=row, by=finance, at=NOON)
    with pytest.raises(NotWaiting):
        bank_imports.read(bank_import=row, plan=replace(PLAN, amounts="point"), by=finance, at=NOON)
    for change in (lambda: BankRow.objects.update(reference="x"), lambda: BankRow.objects.all().delete()):
        with pytest.raises(Error), transaction.atomic():
            change()
    with pytest.raises(Error), transaction.atomic():
        BankImport.objects.update(state="read", decided_at=None, decided_by=None)


def test_a_booked_transfer_is_its_payment(owed, finance):
    row = brought(content(f"20/11/2026;19/11/2026;{owed[0].number};A;74,40;EUR;F1"), finance).rows.get()
    other = Payment.objects.create(
        bill_to=owed[0].bill_to, currency="EUR", amount=1, unallocated=1, method="bank_transfer",
        received_on=row.value_on, recorded_at=NOON,
    )  # fmt: skip

    with pytest.raises(IntegrityError, match="its payment has its amount"), transaction.atomic():
        BankRow.objects.filter(pk=row.pk).update(state="booked", payment=other)
