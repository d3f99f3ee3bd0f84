"""The reseller's statement of account: page, CSV and PDF of the same period."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import Account
from config.kernel.errors import DomainError
from config.kernel.money import Money
from invoicing.forms.statements import PeriodForm
from invoicing.rendering.statement_layout import bucket_words, kind_words
from invoicing.selectors.statements import statement_of
from invoicing.services import statements
from invoicing.statement import Kind, Statement
from invoicing.views.invoices import InvoicePage

ENTRIES: Final = 100
FILES: Final = {"csv": "text/csv; charset=utf-8", "pdf": "application/pdf"}


def context_of(request: HttpRequest, form: PeriodForm, statement: Statement) -> dict[str, Any]:
    """What the page prints, with the words of the active language."""
    words, buckets = kind_words(), bucket_words()
    page = Paginator(statement.entries, ENTRIES).get_page(request.GET.get("page"))

    def money(amount: Any) -> Money:
        return Money(amount, statement.currency)

    return {
        "form": form,
        "statement": statement,
        "page": page,
        "rows": [(entry, words[entry.movement.kind]) for entry in page],
        "open_rows": [(item, words[item.kind]) for item in statement.open_items],
        "ageing": [(buckets[bucket], money(amount), bucket.value) for bucket, amount in statement.ageing.items()],
        "figures": [
            (_("Opening balance"), money(statement.opening)),
            (_("Invoices, gross"), money(statement.total(Kind.INVOICE))),
            (_("Credit invoices, gross"), money(statement.total(Kind.CREDIT))),
            (_("Payments"), money(statement.total(Kind.PAYMENT, Kind.REVERSAL))),
            (_("Closing balance"), money(statement.closing)),
        ],
        "available": money(statement.available),
        "kept": f"first={statement.start.isoformat()}&last={_last(statement).isoformat()}",
    }


def file_of(kind: str, statement: Statement, *, bill_to: Account) -> HttpResponse:
    """The statement as a file. Raises TooLongForPaper."""
    content = statements.as_csv(statement) if kind == "csv" else statements.as_pdf(statement, bill_to=bill_to)
    name = f"statement-{bill_to.code}-{statement.start.isoformat()}-{_last(statement).isoformat()}.{kind}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    return HttpResponse(content, content_type=FILES[kind], headers=headers)


def _last(statement: Statement) -> date:
    return date.fromordinal(statement.end.toordinal() - 1)


class StatementPage(InvoicePage):
    """The account over a period: the current month unless another one is asked for."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The page, or with `?file=csv` or `?file=pdf` the file."""
        form = PeriodForm(request.GET, today=self.today)
        start, end = form.period()
        statement = statement_of(self.account, start=start, end=end)
        wanted = request.GET.get("file", "")
        if wanted in FILES and form.is_valid():
            try:
                return file_of(wanted, statement, bill_to=self.account)
            except DomainError as refusal:
                messages.error(request, str(refusal))
        with translation.override(spoken := self.account.language):
            context = context_of(request, form, statement)
        facts = {"crumbs": [self.crumb], "today": self.today, "spoken": spoken}
        return self.page("invoicing/statement.html", {**context, **facts})
