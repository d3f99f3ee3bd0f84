"""An example of every form of BSS that credits, reverses, settles or charges by hand."""

from __future__ import annotations

from datetime import date

from django.urls import reverse

from invoicing.models import Charge, Invoice, Payment, PaymentAllocation
from invoicing.services import charges, payments
from invoicing.services import credits as corrections
from tests.integration.invoicing import cast as billing
from tests.integration.storefront.partner_cast import Cast
from tests.security.forms.filled import Build, Filled, as_shown, operator

MARCH = date(2026, 3, 1)


def invoice_of(cast: Cast) -> Invoice:
    billing.sold(cast.reseller, cast.customer, 5, on=MARCH)
    billing.bill(MARCH)
    return Invoice.objects.get(document_type="debit")


def payment_of(cast: Cast) -> Payment:
    invoice_of(cast)
    return payments.record(
        bill_to=cast.reseller,
        amount=billing.eur("50.00"),
        received_on=billing.NOON.date(),
        reference="Bank 17",
        method="bank_transfer",
        by=None,
        at=billing.NOON,
    )


def of_invoice(name: str, *, act: str = "") -> Build:
    """A page about an issued invoice."""

    def build(cast: Cast) -> Filled:
        user = operator()
        page = reverse(f"bss:invoicing_invoice_{name}", args=[invoice_of(cast).pk])
        typed = {**as_shown(page, user), **({"act": act} if act else {}), "reason": "R"}
        return Filled(
            page,
            {key: text for key, text in typed.items() if not key.startswith("all_")},
            (Invoice,),
            user,
            as_a_whole=True,
        )

    return build


def credit_settles(cast: Cast) -> Filled:
    user = operator()
    made = corrections.credit_whole(invoice=invoice_of(cast), reason="R", by=user, at=billing.NOON, seen=0)
    page = reverse("bss:invoicing_invoice_settle", args=[made.pk])
    return Filled(page, {**as_shown(page, user), "reason": "R"}, (PaymentAllocation,), user, as_a_whole=True)


def of_payment(name: str, *, on: str = "") -> Build:
    """A page about a payment."""

    def build(cast: Cast) -> Filled:
        user = operator()
        page = reverse(f"bss:invoicing_payment_{name}", args=[payment_of(cast).pk])
        typed = {**as_shown(page, user), **({"on": on} if on else {}), "reason": "R"}
        return Filled(page, typed, (Payment, PaymentAllocation), user, as_a_whole=True)

    return build


def charge(cast: Cast) -> Filled:
    typed = {
        "bill_to": str(cast.reseller.pk), "beneficiary": "", "amount": "-5.00", "text": "Loyal", "product_type": "",
        "on": "2026-11-01",
    }  # fmt: skip
    return Filled(reverse("bss:invoicing_charge_add"), typed, (Charge,), operator())


def charge_page(cast: Cast) -> Filled:
    user = operator()
    made = charges.add_manual(
        bill_to=cast.reseller, beneficiary=cast.reseller, amount=billing.eur("5.00"), text="Work", on=MARCH, by=None,
        at=billing.NOON,
    )  # fmt: skip
    page = reverse("bss:invoicing_charge_change", args=[made.pk])
    return Filled(page, {"reason": "R"}, (Charge,), user, as_a_whole=True)


FORMS: dict[str, Build] = {
    "bss:invoicing_invoice_credit": of_invoice("credit", act="issue"),
    "bss:invoicing_invoice_credit_whole": of_invoice("credit_whole"),
    "bss:invoicing_invoice_bill_anew": of_invoice("bill_anew"),
    "bss:invoicing_invoice_settle": credit_settles,
    "bss:invoicing_payment_settle": of_payment("settle"),
    "bss:invoicing_payment_allocate": of_payment("allocate"),
    "bss:invoicing_payment_change": of_payment("change", on="2026-11-10"),
    "bss:invoicing_charge_add": charge,
    "bss:invoicing_charge_change": charge_page,
}
