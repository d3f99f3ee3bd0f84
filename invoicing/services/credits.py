"""Credit invoices: automatic for refunds of invoiced charges, by hand for lines or a whole invoice (product.md §12.1).

Issued under the lock of the bill-to, in the currency, group and tax of the invoice they correct. The service refuses to
credit more than a line has left, and so does the database.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.clock import local_today
from accounts.models import User
from accounts.services import audit
from config.kernel.errors import DomainError
from config.kernel.locks import lock
from config.kernel.public_ids import new_public_id
from invoicing.models import BillingRun, Charge, Invoice, InvoiceItem
from invoicing.selectors import credits as selectors
from invoicing.selectors.credits import CreditDraft, Wish
from invoicing.selectors.refundable import credited_bases
from invoicing.services import billing_runs, bulk, credit_documents
from invoicing.services.issuing import check_seller


class ReasonNeeded(DomainError):
    """A credit invoice says why."""

    user_message = _("Say why; the reason is printed on the credit invoice.")
    field = "reason"


class CreditedMeanwhile(DomainError):
    """Another credit of the same invoice was issued after the page was shown."""

    user_message = _("Another credit of this invoice was issued meanwhile. Look at what is left, then decide again.")


class RefundsWaiting(DomainError):
    """Refunds of the invoice's charges wait for the next run; billing them anew would lose them."""

    user_message = _("Refunds of this invoice wait for the next billing run. Bill them first.")


class PartlyCredited(DomainError):
    """A line that is credited in part cannot be billed anew as a whole."""

    user_message = _("Line %(position)s is credited in part. Credit the rest, and add what is still owed by hand.")


@transaction.atomic
def credit(
    *,
    invoice: Invoice,
    wishes: Sequence[Wish],
    reason: str,
    by: User,
    at: datetime,
    seen: int | None = None,
) -> Invoice:
    """Credit parts of an issued invoice: units, days or an amount of its lines; it settles open invoices at once.

    `seen` is the number of credits that the page showed: when there are more now, nothing is done. Raises ReasonNeeded,
    CreditedMeanwhile, OverCredited, CategoryOverCredited, NothingToCredit, NotAnInvoice, OrganisationIncomplete.
    """
    invoice = _locked(invoice, reason, seen)
    return _issue(selectors.draft(invoice, wishes, reason=reason.strip()), by=by, at=at)


@transaction.atomic
def credit_whole(*, invoice: Invoice, reason: str, by: User, at: datetime, seen: int | None = None) -> Invoice:
    """Credit all that is left of an invoice. Raises as `credit` does."""
    invoice = _locked(invoice, reason, seen)
    return _issue(selectors.whole(invoice, reason=reason.strip()), by=by, at=at)


@transaction.atomic
def credit_and_bill_anew(
    *, invoice: Invoice, reason: str, by: User, at: datetime, seen: int | None = None
) -> tuple[Invoice, BillingRun | None]:
    """Credit a whole invoice and charge the same again: with today's address, tax rule and grouping.

    New charges take the place of the old ones (`released_by`); a run of just them is started and issues by itself. It
    is None when one is under way; the next run takes them then. Raises as `credit`, and RefundsWaiting, PartlyCredited.
    """
    invoice = _locked(invoice, reason, seen)
    if selectors.has_waiting_refunds(invoice):
        raise RefundsWaiting
    for line in selectors.lines_of(invoice):
        if line.room and not line.is_untouched:
            raise PartlyCredited(position=line.position)
    made = _issue(selectors.whole(invoice, reason=reason.strip()), by=by, at=at)
    credited = made.items.values_list("credits_item", flat=True)
    replaced = _charge_again(InvoiceItem.objects.filter(pk__in=credited, charge__isnull=False), by=by, at=at)
    audit.record(
        "invoice.billed_anew",
        target=invoice,
        account=invoice.bill_to,
        by=by,
        at=at,
        reason=made.reason,
        after={"credit": made.number, "charges": len(replaced)},
    )
    run = billing_runs.start_for_order(
        reseller=invoice.bill_to, order_reference=invoice.number, through=local_today(at), at=at
    )
    return made, run


@transaction.atomic
def issue_refunds(*, refunds: Sequence[Charge], by: User | None, at: datetime) -> list[Invoice]:
    """Issue the credit invoices of these refunds of invoiced charges at once, one per corrected invoice.

    The caller holds the lock on the bill-to. Raises OrganisationIncomplete.
    """
    if not refunds:
        return []
    check_seller()
    corrected = {refund.refunds.invoice_item.invoice_id for refund in refunds if refund.refunds}
    drafts = selectors.refund_drafts(refunds, credited_bases(corrected))
    return credit_documents.issue(drafts=drafts, on=local_today(at), by=by, at=at)


def _locked(invoice: Invoice, reason: str, seen: int | None) -> Invoice:
    if not reason.strip():
        raise ReasonNeeded
    check_seller()
    lock(invoice.bill_to)
    if seen is not None and invoice.corrections.count() != seen:
        raise CreditedMeanwhile
    return Invoice.objects.select_related("bill_to").get(pk=invoice.pk)


def _issue(draft: CreditDraft, *, by: User, at: datetime) -> Invoice:
    [made] = credit_documents.issue(drafts=[draft], on=local_today(at), by=by, at=at)
    return made


def _charge_again(items: QuerySet[InvoiceItem], *, by: User, at: datetime) -> list[Charge]:
    """New charges in the place of the credited ones, due today; refunds among them take back the new ones."""
    old = list(Charge.objects.filter(invoice_item__in=items).order_by("refunds", "pk"))
    ids = bulk.take_ids({Charge: len(old)})[Charge]
    new = {charge.pk: pk for charge, pk in zip(old, ids, strict=True)}
    for charge in old:
        charge.released_by_id = new[charge.pk]
    Charge.objects.bulk_update(old, ["released_by"])
    return Charge.objects.bulk_create(_again(charge, new, by=by, at=at) for charge in old)


def _again(charge: Charge, new: dict[int, int], *, by: User, at: datetime) -> Charge:
    kept = (
        *("bill_to_id", "beneficiary_id", "schedule_id", "change_id", "kind", "period", "quantity", "unit_price"),
        *("factor_numerator", "factor_denominator", "net", "currency", "text", "product_type"),
    )
    return Charge(
        pk=new[charge.pk],
        public_id=new_public_id(),
        refunds_id=new[charge.refunds_id] if charge.refunds_id else None,
        invoice_on=local_today(at),
        cut_at=at,
        cut_by=by,
        **{name: getattr(charge, name) for name in kept},
    )
