"""Bank files: brought, read by a confirmed plan, corrected row by row, booked as a whole or put away."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Final

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts import names
from accounts.clock import local_today
from accounts.models import Account, User
from accounts.services import audit
from config.kernel.errors import DomainError
from config.kernel.locks import lock
from config.kernel.money import CENT, Money
from invoicing.bank import files
from invoicing.bank.files import Plan, Remark, Transfer, Unreadable
from invoicing.bank.matching import Book, Match, match
from invoicing.enums import BANK_IMPORT_TRANSITIONS, BankImportState, BankMatch, BankRowState
from invoicing.models import BankImport, BankRow, BankRowPart, Invoice
from invoicing.selectors import bank_imports as selectors
from invoicing.selectors.bank_imports import Key
from invoicing.selectors.open_items import open_of
from invoicing.services import payments
from invoicing.services.payments import WrongCurrency
from invoicing.services.settling import MoreThanThereIs, NotPayable, ReasonNeeded, TooMuch
from resellers.enums import PaymentMethod

PROBLEMS: Final = {
    "encoding": _("The file is not written in the chosen encoding. Choose another one."),
    "binary": _("This is not a text file. Export the movements of the account as CSV and bring that file."),
    "quotes": _("A quotation mark is not closed. Choose another separator, or export the file again."),
    "empty": _("The file is empty."),
    "long": _("The file has more than 1,000 lines. Export shorter periods and bring them one by one."),
    "wide": _("The file has more than 60 columns, so it is no list of movements."),
    "large": _("The file is larger than 5 MB. Export shorter periods and bring them one by one."),
}


class NotATable(DomainError):
    """The bytes cannot be read as lines and columns."""

    field = "file"


class BroughtBefore(DomainError):
    """The same file is here already."""

    user_message = _("This file was brought before; here it is.")

    def __init__(self, existing: BankImport) -> None:
        self.existing = existing
        super().__init__()


class NotWaiting(DomainError):
    """A booked file, or one that was put away, does not change any more."""

    user_message = _("This file was decided already.")


class NotDecided(DomainError):
    """A file is booked when every transfer is decided and no line is wrong."""

    user_message = _("Some lines are not decided yet, or are wrong. Nothing was booked.")


class LineRefused(DomainError):
    """One line cannot be booked, so none is."""

    user_message = _("Line %(line)s: %(reason)s Nothing was booked.")


class BookedMeanwhile(DomainError):
    """Another file with the same transfer was booked in the same moment."""

    user_message = _("One of these transfers was booked from another file meanwhile. Read the file again.")


@transaction.atomic
def upload(*, content: bytes, name: str, account: str, by: User, at: datetime) -> BankImport:
    """Keep a file of this account of ours. When files like it were read before, it is read the same way at once.

    Raises NotATable, and BroughtBefore for the same bytes.
    """
    if len(content) > files.LARGEST_FILE:
        raise NotATable(PROBLEMS["large"])
    digest = hashlib.sha256(content).hexdigest()
    existing = selectors.same_file(account=account, sha256=digest)
    if existing is not None:
        raise BroughtBefore(existing)
    encoding = files.encoding_of(content)
    try:
        delimiter = files.delimiter_of(content, encoding=encoding)
        lines = files.lines_of(content, encoding=encoding, delimiter=delimiter)
    except Unreadable as error:
        raise NotATable(PROBLEMS[str(error)]) from error
    row = BankImport.objects.create(
        file_name=names.clean_text(name)[:200] or "bank.csv",
        sha256=digest,
        content=content,
        account=account,
        created_at=at,
        created_by=by,
    )
    audit.record("bank_import.brought", target=row, by=by, at=at, after={"account": account, "sha256": digest})
    header = files.header_of(lines)
    plan = selectors.remembered_plan(account=account, layout=files.fingerprint(header))
    if plan is not None:
        here = replace(plan, encoding=encoding, delimiter=delimiter, header_line=header.number)
        return read(bank_import=row, plan=here, by=by, at=at)
    return row


@transaction.atomic
def read(*, bank_import: BankImport, plan: Plan, by: User, at: datetime) -> BankImport:
    """Read the file by this plan and match its transfers; what was decided before is forgotten.

    Raises NotATable, NotWaiting.
    """
    row = _waiting(bank_import)
    content = bytes(row.content)
    try:
        lines = files.lines_of(content, encoding=plan.encoding, delimiter=plan.delimiter)
    except Unreadable as error:
        raise NotATable(PROBLEMS[str(error)], field="encoding") from error
    header = next((line for line in lines if line.number == plan.header_line), files.header_of(lines))
    found = files.read(lines, plan)
    transfers = [_clean(transfer) for transfer in found.transfers]
    today = local_today(at)
    late = [
        Remark(one.line, "future", "value_on", one.value_on.isoformat()) for one in transfers if one.value_on > today
    ]
    errors = sorted([*found.errors, *late], key=lambda remark: remark.line)
    BankRow.objects.filter(bank_import=row).delete()
    _store(row, transfers)
    row.mark_read(
        plan=plan.as_json(),
        layout=files.fingerprint(header),
        left_out=[remark.as_json() for remark in found.left_out],
        errors=[remark.as_json() for remark in errors],
    )
    facts = {"transfers": len(transfers), "errors": len(errors)}
    audit.record("bank_import.read", target=row, by=by, at=at, after=facts)
    return row


def _clean(transfer: Transfer) -> Transfer:
    return replace(
        transfer,
        amount=transfer.amount.quantize(CENT),
        reference=names.clean_text(transfer.reference),
        payer=names.clean_text(transfer.payer),
        bank_id=names.clean_text(transfer.bank_id),
    )


def _key(transfer: Transfer) -> Key:
    return transfer.value_on, transfer.amount, transfer.currency, transfer.reference, transfer.bank_id


def _store(row: BankImport, transfers: list[Transfer]) -> None:
    """Rows with what they most likely pay; a transfer that was booked before, or stands twice, is only shown."""
    book = selectors.book_for(transfers)
    seen = selectors.booked_keys(row.account, {transfer.value_on for transfer in transfers})
    made, parts = [], []
    for transfer in transfers:
        found = Match("none", "booked_before") if _key(transfer) in seen else _match(transfer, book)
        seen.add(_key(transfer))
        made.append(_row_of(row, transfer, found))
        parts.append(found.parts)
    BankRow.objects.bulk_create(made)
    BankRowPart.objects.bulk_create(
        BankRowPart(row=one, invoice_id=invoice, amount=amount)
        for one, settles in zip(made, parts, strict=True)
        for invoice, amount in settles
    )


def _match(transfer: Transfer, book: Book) -> Match:
    return match(selectors.text_of(transfer), transfer.amount, transfer.currency, book)


def _row_of(row: BankImport, transfer: Transfer, found: Match) -> BankRow:
    state = BankRowState.READY if found.kind == BankMatch.SURE else BankRowState.OPEN
    return BankRow(
        bank_import=row,
        account=row.account,
        line=transfer.line,
        value_on=transfer.value_on,
        amount=transfer.amount,
        currency=transfer.currency,
        reference=transfer.reference,
        payer=transfer.payer,
        bank_id=transfer.bank_id,
        state=BankRowState.DUPLICATE if found.why == "booked_before" else state,
        match=found.kind,
        why=found.why,
        candidates=list(found.candidates)[:20],
        bill_to_id=found.bill_to,
    )


@transaction.atomic
def assign(*, row: BankRow, bill_to: Account, parts: Mapping[Invoice, Decimal], by: User, at: datetime) -> BankRow:
    """Say whose transfer it is and what it settles; the rest stays unallocated.

    Raises NotWaiting, WrongCurrency (edge case 22), NotPayable, TooMuch, MoreThanThereIs.
    """
    row = _open_row(row)
    wanted = {invoice: amount for invoice, amount in parts.items() if amount}
    if bill_to.currency != row.currency:
        raise WrongCurrency(currency=bill_to.currency, field="bill_to")
    open_now = {invoice.pk: invoice for invoice in open_of(bill_to)}
    for invoice, amount in wanted.items():
        if invoice.pk not in open_now:
            raise NotPayable
        most = open_now[invoice.pk].balance.open_amount
        if not 0 < amount <= most:
            raise TooMuch(number=invoice.number, most=most)
    if sum(wanted.values()) > row.amount:
        raise MoreThanThereIs(amount=row.amount)
    row.parts.all().delete()
    BankRowPart.objects.bulk_create(
        BankRowPart(row=row, invoice=invoice, amount=amount) for invoice, amount in wanted.items()
    )
    row.bill_to, row.match = bill_to, BankMatch.PERSON
    row.save(update_fields=["match"])
    row.mark_ready()
    facts = {"line": row.line, "parts": {invoice.number: str(amount) for invoice, amount in wanted.items()}}
    audit.record("bank_row.assigned", target=row.bank_import, account=bill_to, by=by, at=at, after=facts)
    return row


@transaction.atomic
def leave_out(*, row: BankRow, reason: str, by: User, at: datetime) -> BankRow:
    """This transfer becomes no payment here, for a reason. Raises NotWaiting, ReasonNeeded."""
    reason = names.clean_text(reason)[:250]
    if not reason:
        raise ReasonNeeded
    row = _open_row(row)
    row.parts.all().delete()
    row.mark_left_out(reason)
    facts = {"line": row.line, "amount": str(row.amount)}
    audit.record("bank_row.left_out", target=row.bank_import, by=by, at=at, reason=reason, after=facts)
    return row


@transaction.atomic
def book(*, bank_import: BankImport, by: User, at: datetime) -> BankImport:
    """Turn every transfer of the file into a payment, or none of them.

    The bill-tos are locked in the order of their keys. Raises NotWaiting, NotDecided, LineRefused, BookedMeanwhile.
    """
    row = _waiting(bank_import)
    rows = list(selectors.rows_of(row).filter(state__in=[BankRowState.OPEN, BankRowState.READY]))
    if row.errors or not rows or any(one.state == BankRowState.OPEN for one in rows):
        raise NotDecided
    payers = {one.bill_to_id for one in rows if one.bill_to_id is not None}
    list(Account.objects.select_for_update(no_key=True).filter(pk__in=payers).order_by("pk"))
    try:
        with transaction.atomic():
            for one in rows:
                _book_row(one, by=by, at=at)
            row.mark_decided(BankImportState.BOOKED, by=by, at=at)
    except IntegrityError as error:
        if "bank_transfer_once" not in str(error):
            raise
        raise BookedMeanwhile from error
    audit.record("bank_import.booked", target=row, by=by, at=at, after={"payments": len(rows)})
    return row


def _book_row(row: BankRow, *, by: User, at: datetime) -> None:
    assert row.bill_to is not None, "a row that is ready has an account"
    try:
        payment = payments.record(
            bill_to=row.bill_to,
            amount=Money(row.amount, row.currency),
            received_on=row.value_on,
            reference=row.reference or row.payer,
            method=PaymentMethod.BANK_TRANSFER,
            by=by,
            at=at,
            today=local_today(at),
            parts={part.invoice: part.amount for part in row.parts.all()},
        )
    except DomainError as refusal:
        raise LineRefused(line=row.line, reason=refusal) from refusal
    row.mark_booked(payment)


@transaction.atomic
def discard(*, bank_import: BankImport, by: User, at: datetime) -> BankImport:
    """Put the file away; no payment was made of it. The same file can be brought again. Raises NotWaiting."""
    row = _waiting(bank_import)
    row.mark_decided(BankImportState.DISCARDED, by=by, at=at)
    audit.record("bank_import.discarded", target=row, by=by, at=at)
    return row


def _waiting(bank_import: BankImport) -> BankImport:
    row = lock(bank_import)
    if not BANK_IMPORT_TRANSITIONS.allows(BankImportState(row.state), BankImportState.DISCARDED):
        raise NotWaiting
    return row


def _open_row(row: BankRow) -> BankRow:
    _waiting(row.bank_import)
    row = lock(row)
    if row.state in {BankRowState.DUPLICATE, BankRowState.BOOKED}:
        raise NotWaiting
    return row
