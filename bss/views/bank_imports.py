"""Bring a bank file, say how it is read, look at what its transfers pay, correct it, book it."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Account, Organisation
from bss.admin_site import site
from bss.forms.bank import SHOWN, BankFileForm, ColumnsForm, FrameForm, RowForm, suggested
from config.kernel.errors import DomainError
from invoicing.bank import files
from invoicing.bank.files import Plan
from invoicing.enums import BankImportState, BankRowState
from invoicing.models import BankImport, BankRow, Invoice
from invoicing.selectors import bank_imports as selectors
from invoicing.selectors.open_items import open_of
from invoicing.services import bank_imports as services

PAGE: Final = "bss:invoicing_bankimport_preview"
READING: Final = "bss:invoicing_bankimport_reading"
ROWS: Final = 100
WHY: Final = {
    "number_and_amount": gettext_lazy("The number and the amount fit"),
    "code_and_amount": gettext_lazy("The account's code and the amount fit"),
    "code_and_all": gettext_lazy("The account's code, and all that it owes"),
    "part_payment": gettext_lazy("Less than the invoices named"),
    "overpayment": gettext_lazy("More than the invoices named"),
    "paid_already": gettext_lazy("The invoice named is paid already"),
    "code_only": gettext_lazy("The account's code; no invoice has this amount"),
    "several_of_amount": gettext_lazy("Several invoices have this amount"),
    "several_codes": gettext_lazy("Codes of several accounts"),
    "several_accounts": gettext_lazy("Invoices of several accounts"),
    "amount_only": gettext_lazy("Only the amount fits"),
    "other_currency": gettext_lazy("The invoices named are in another currency: leave it out"),
    "nothing_found": gettext_lazy("No number, code or amount fits"),
    "booked_before": gettext_lazy("The same transfer is booked, or stands above"),
}
REMARKS: Final = {
    "date": gettext_lazy("No date in the chosen notation"),
    "amount": gettext_lazy("No amount in the chosen notation"),
    "currency": gettext_lazy("No currency of three letters"),
    "future": gettext_lazy("The value date lies in the future; bring the line once the money is there"),
    "no_transfers": gettext_lazy("No money came in on any line below the names of the columns"),
    "outgoing": gettext_lazy("Money that went out"),
    "zero": gettext_lazy("Amount zero"),
    "no_date": gettext_lazy("No value date: a total or a remark"),
}


def _check(request: HttpRequest, act: str) -> None:
    if not request.user.has_perm(f"invoicing.{act}_bankimport"):
        raise PermissionDenied


def _import(request: HttpRequest, public_id: str) -> BankImport:
    _check(request, "view")
    rows = BankImport.objects.defer("content").select_related("created_by", "decided_by")
    return get_object_or_404(rows, public_id=public_id)


def upload(request: HttpRequest) -> HttpResponse:
    """Choose the file; it is kept and read, nothing is booked yet."""
    _check(request, "add")
    form = BankFileForm(request.POST or None, request.FILES or None, initial={"account": Organisation.get().iban})
    if request.method == "POST" and form.is_valid():
        file, by = form.cleaned_data["file"], request.user
        content = file.read(files.LARGEST_FILE + 1)
        facts: dict[str, Any] = {"account": form.cleaned_data["account"], "by": by, "at": timezone.now()}
        try:
            row = services.upload(content=content, name=file.name, **facts)
            return redirect(READING if row.state == BankImportState.UPLOADED else PAGE, row.public_id)
        except services.BroughtBefore as refusal:
            messages.warning(request, str(refusal))
            return redirect(PAGE, refusal.existing.public_id)
        except DomainError as refusal:
            form.add_error("file", str(refusal))
    context = {**site.each_context(request), "title": _("Bring a bank file"), "form": form}
    return TemplateResponse(request, "bss/bank/upload.html", context)


def reading(request: HttpRequest, public_id: str) -> HttpResponse:
    """How the file is read: the detected frame, the columns by their names; a person confirms both."""
    _check(request, "change")
    row = _import(request, public_id)
    if row.decided_at is not None:
        return redirect(PAGE, public_id)
    content = bytes(row.content)
    known = Plan.of_json(row.plan) if row.plan else None
    frame = FrameForm(request.POST or _frame(content, known))
    lines = frame.lines(content) if frame.is_valid() else []
    header = next((one for one in lines if one.number == frame.cleaned_data.get("header_line")), None)
    columns = None
    if header is not None:
        initial = _initial(lines, header, known)
        wants_plan = "columns" in request.POST
        columns = ColumnsForm(request.POST if wants_plan else None, header=header, initial=initial)
        if wants_plan and columns.is_valid():
            by: Any = request.user
            try:
                services.read(bank_import=row, plan=columns.plan(frame.cleaned_data), by=by, at=timezone.now())
                return redirect(PAGE, public_id)
            except DomainError as refusal:
                columns.add_error(None, str(refusal))
    context = {
        **site.each_context(request),
        "title": _("How is this file read?"),
        "row": row,
        "frame": frame,
        "form": columns,
        "header": header,
        "sample": [line for line in lines if header and line.number >= header.number][: SHOWN + 1],
    }
    return TemplateResponse(request, "bss/bank/reading.html", context)


def _frame(content: bytes, known: Plan | None) -> dict[str, Any]:
    if known is not None:
        return {"encoding": known.encoding, "delimiter": known.delimiter, "header_line": known.header_line}
    encoding = files.encoding_of(content)
    delimiter = files.delimiter_of(content, encoding=encoding)
    header = files.header_of(files.lines_of(content, encoding=encoding, delimiter=delimiter))
    return {"encoding": encoding, "delimiter": delimiter, "header_line": header.number}


def _initial(lines: list[files.Line], header: files.Line, known: Plan | None) -> dict[str, Any]:
    if known is None or known.header_line != header.number:
        return suggested(lines, header, currency=Organisation.get().currency)
    facts = {"dates": known.dates, "amounts": known.amounts, "fixed_currency": known.currency}
    return {**facts, **{f"column_{purpose}": at for purpose, at in known.columns.items()}}


def preview(request: HttpRequest, public_id: str) -> HttpResponse:
    """Every transfer with what it pays; what was left out, what is wrong."""
    row = _import(request, public_id)
    if row.state == BankImportState.UPLOADED and request.user.has_perm("invoicing.change_bankimport"):
        return redirect(READING, public_id)
    figures = selectors.summary(row)
    wanted = request.GET.get("state", "")
    total = sum(figures.counts.values())
    tabs = [{"label": _("All"), "url": "?", "count": total, "current": wanted not in BankRowState.values}]
    tabs += [
        {"label": state.label, "url": f"?state={state.value}", "count": count, "current": wanted == state.value}
        for state in BankRowState
        if (count := figures.counts[state]) or wanted == state.value
    ]
    waiting = row.decided_at is None
    may = waiting and request.user.has_perm("invoicing.change_bankimport")
    page = Paginator(selectors.rows_of(row, state=wanted), ROWS).get_page(request.GET.get("page"))
    context = {
        **site.each_context(request),
        "title": row.file_name,
        "row": row,
        "figures": figures,
        "tabs": tabs,
        "page": page,
        "rows": [(one, WHY[one.why], _rest(one)) for one in page],
        "errors": [{**remark, "message": REMARKS[remark["code"]]} for remark in row.errors],
        "left_out": [{**remark, "message": REMARKS[remark["code"]]} for remark in row.left_out],
        "may_change": may,
        "may_book": may and not row.errors and not figures.undecided and figures.to_book,
    }
    return TemplateResponse(request, "bss/bank/preview.html", context)


def _rest(row: BankRow) -> Any:
    return row.amount - sum(part.amount for part in row.parts.all())


def decide(request: HttpRequest, public_id: str, act: str) -> HttpResponse:
    """Book the file or put it away, once."""
    row = _import(request, public_id)
    if act not in {"book", "discard"}:
        raise Http404
    _check(request, "change")
    if request.method == "POST":
        by: Any = request.user
        try:
            if act == "book":
                services.book(bank_import=row, by=by, at=timezone.now())
                messages.success(request, _("The transfers are payments now, and the invoices are settled."))
            else:
                services.discard(bank_import=row, by=by, at=timezone.now())
                messages.success(request, _("The file was put away. Nothing was booked."))
        except DomainError as refusal:
            messages.error(request, str(refusal))
    return redirect(PAGE, public_id)


def transfer(request: HttpRequest, public_id: str, line: int) -> HttpResponse:
    """Whose one transfer is and what it settles."""
    _check(request, "change")
    row = get_object_or_404(
        BankRow.objects.select_related("bill_to", "bank_import").defer("bank_import__content"),
        bank_import__public_id=public_id,
        line=line,
    )
    payer = _payer(request, row)
    invoices = list(open_of(payer)) if payer else []
    settles = {part.invoice_id: part.amount for part in row.parts.all()}
    act = request.POST.get("act", "")
    if payer and request.POST.get("shown", "") != str(payer.pk) and act == "assign":
        act = ""  # another reseller was chosen: its invoices are shown before anything is decided
    form = RowForm(
        request.POST if act in {"assign", "leave_out"} else None,
        invoices=invoices,
        settled=settles if payer and payer.pk == row.bill_to_id else {},
        initial={"bill_to": payer, "reason": row.note},
    )
    if form.is_bound and form.is_valid():
        try:
            return _decide_row(request, row, form, act)
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
    context = {
        **site.each_context(request),
        "title": _("Line %(line)s") % {"line": row.line},
        "row": row,
        "why": WHY[row.why],
        "form": form,
        "payer": payer,
        "candidates": Invoice.objects.filter(pk__in=row.candidates).select_related("bill_to", "balance").order_by("pk"),
        "may_change": row.bank_import.decided_at is None and row.state != BankRowState.DUPLICATE,
    }
    return TemplateResponse(request, "bss/bank/transfer.html", context)


def _payer(request: HttpRequest, row: BankRow) -> Account | None:
    wanted = request.POST.get("bill_to") or request.GET.get("bill_to", "")
    if wanted.isascii() and wanted.isdigit() and len(wanted) < 19:
        return Account.objects.resellers().filter(pk=wanted).first()
    return row.bill_to


def _decide_row(request: HttpRequest, row: BankRow, form: RowForm, act: str) -> HttpResponse:
    by: Any = request.user
    if act == "leave_out":
        services.leave_out(row=row, reason=form.cleaned_data["reason"], by=by, at=timezone.now())
    else:
        payer = form.cleaned_data["bill_to"]
        if payer is None:
            raise DomainError(_("Choose the reseller who paid."), field="bill_to")
        services.assign(row=row, bill_to=payer, parts=form.wanted(), by=by, at=timezone.now())
    return redirect(PAGE, row.bank_import.public_id)
