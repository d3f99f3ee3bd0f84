"""Extracts and archives as answers that stream, and the reseller's page that asks for them."""

from __future__ import annotations

import tempfile
from typing import Final

from django.contrib import messages
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy as _

from config.kernel import limits
from config.kernel.errors import DomainError
from config.kernel.spreadsheets import TooManyRows, csv_lines, write_xlsx
from invoicing.forms.exports import ExportForm
from invoicing.models import Invoice
from invoicing.selectors.exports import Extract, Scope, table_of
from invoicing.services import archives
from invoicing.views.invoices import InvoicePage

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST, WINDOW = 60, 600


class TooMuchForXlsx(DomainError):
    """A sheet holds a million rows."""

    user_message = _("A sheet of XLSX holds a million rows: take CSV, or a shorter period.")


class TooManyExports(DomainError):
    """Each export reads a lot."""

    user_message = _("That were many exports. Try again in ten minutes.")


def answer_of(
    invoices: QuerySet[Invoice], extract: Extract | None, ending: str, *, name: str, user_id: int
) -> HttpResponseBase:
    """The file of these documents: an extract as CSV or XLSX, or all their files as ZIP; it streams.

    Raises TooManyExports, TooMuchForXlsx, NothingChosen, FilesMissing.
    """
    if not limits.allows(f"export:{user_id}", most=MOST, seconds=WINDOW):
        raise TooManyExports
    answer: HttpResponseBase
    if extract is None:
        archive = archives.archive_of(invoices)
        answer = StreamingHttpResponse(archives.zip_stream(archive), content_type="application/zip")
    elif ending == "xlsx":
        answer = _xlsx(invoices, extract)
    else:
        lines = csv_lines(table_of(extract, invoices))
        answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.{ending}"'
    answer["Cache-Control"] = "private, no-store"
    return answer


def _xlsx(invoices: QuerySet[Invoice], extract: Extract) -> FileResponse:
    file = tempfile.TemporaryFile()  # noqa: SIM115 -- the answer closes it
    try:
        write_xlsx(table_of(extract, invoices), file)
    except TooManyRows as error:
        file.close()
        raise TooMuchForXlsx from error
    file.seek(0)
    return FileResponse(file, content_type=XLSX)


class ExportPage(InvoicePage):
    """Choose a period and a kind of file; the same address with `download` gives it."""

    def get(self, request: HttpRequest) -> HttpResponseBase:
        """The form, or the file."""
        form = ExportForm(request.GET.dict(), today=self.today)
        if form.is_valid() and "download" in request.GET:
            first, last = form.cleaned_data["first"], form.cleaned_data["last"]
            found = Scope(bill_to=self.account, first=first, last=last).invoices()
            what = form.extract.value if form.extract else "invoices"
            name = f"{what}-{self.account.code}-{first.isoformat()}-{last.isoformat()}"
            try:
                return answer_of(found, form.extract, form.ending, name=name, user_id=self.user.pk)
            except DomainError as refusal:
                messages.error(request, str(refusal))
        return self.page("invoicing/export.html", {"form": form, "crumbs": [self.crumb]})
