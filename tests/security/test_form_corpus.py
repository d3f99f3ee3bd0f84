"""Every text of the corpus in every text field of every form: never an error page, never a poisoned row."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import models, transaction
from django.forms import BaseForm
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from accounts.enums import StaffRole
from accounts.models import Account, Contact, Organisation, User
from accounts.services import contacts, roles
from affiliates.models import Affiliate
from invoicing.models import BillingSettings, Payment
from storefront.models import CheckoutDetails, Order, PriceList, Product, Renewal
from storefront.services import tenants
from tests import corpus
from tests.integration.bss.test_pages import RESELLER
from tests.integration.storefront.partner_cast import NOW, Cast
from tests.integration.storefront.test_orders import fill, own_offer, place

pytestmark = pytest.mark.django_db

POISON = re.compile("[\x00\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
COMPANY = {
    "name": "Ada", "email": "ada@example.org", "phone": "+30 231 000 0105", "address_line1": "Οδός 7",
    "address_line2": "", "postcode": "546 22", "city": "Θεσσαλονίκη", "region": "", "country": "GR",
}  # fmt: skip
CUSTOMER = {**COMPANY, "vat_number": "", "segment": "Commercial"}
AFFILIATE = {**COMPANY, "purpose": "business_unit", "cost_centre": ""}
STAFF = {"country": "GR", "segment": "Commercial", "language": "en", "name": "Ada", "email": "", "phone": ""}
PRODUCT = {
    "vendor_product_id": "SUP-1", "product_type": "service", "title": "Support", "description": "", "price": "31.00",
    "billing_plan": "monthly", "other_prices": "", "setup_fee": "0", "delivery": "by_hand", "refund_policy": "day",
    "min_quantity": "1", "max_quantity": "50", "is_active": "on",
}  # fmt: skip
PRICE_LIST = {
    "name": "Gold", "currency": "EUR", "rule": "discount", "percent": "5", "valid_from": "2026-01-01",
    "valid_until": "",
    "is_active": "on", "items-TOTAL_FORMS": "0", "items-INITIAL_FORMS": "0",
}  # fmt: skip


CHOICES = re.compile(
    "^(line|mode|affiliate|customer|account|bill_to|reseller|.*(country|segment|purpose|language|enabled|currency|_type"
    "|rule|plan|delivery|policy|is_active|_FORMS|prorate_billing|partial_charges|method|default|_user|contact_bill_to"
    "|time_zone|partner_of_record_attested|by_supply_month|auto_issue))$"
)
STRICT = re.compile(
    "email|phone|mobile|postcode|vat|prefix|price|fee|quantity|credit_limit|payment_days|mpn|valid_|percent|amount|_on$"
    "|through|number_width|iban|bic|login|password"
)


@dataclass(frozen=True)
class Filled:
    """A form as somebody fills it: its address, its fields, the rows it writes."""

    page: str
    typed: dict[str, str]
    rows: tuple[type[models.Model], ...] = (Account,)
    user: User | None = None
    says_by_message: bool = False
    secret: tuple[str, ...] = ()
    only: tuple[str, ...] = ()

    @property
    def fields(self) -> list[str]:
        """The fields a person types into; the others are choices."""
        return list(self.only) or [name for name in self.typed if not CHOICES.search(name)]

    @property
    def free(self) -> list[str]:
        """The fields without a form of their own: nearly every text is stored there."""
        return [name for name in self.fields if not STRICT.search(name)]


def reseller_admin(cast: Cast) -> User:
    cast.ada.is_account_admin = True
    cast.ada.save()
    return cast.ada


def operator() -> User:
    roles.sync()
    user = User.objects.create_user("admin@aegean.example", is_staff=True, name="Admin")
    user.groups.add(Group.objects.get(name=StaffRole.ADMIN.value))
    return user


def basket_for(cast: Cast, beneficiary: Account | None) -> Any:
    return fill(cast, (own_offer(), 1, beneficiary)).lines.get()


def checkout_new(mode: str, company: dict[str, str]) -> Callable[[Cast], Filled]:
    def build(cast: Cast) -> Filled:
        line = basket_for(cast, None)
        key = "affiliate" if mode == "affiliate" else "customer"
        typed = {f"{key}-{name}": value for name, value in company.items()}
        rows = (Account, Affiliate)
        return Filled(
            reverse("checkout_who"),
            {"line": line.public_id, "mode": mode, key: "new", **typed},
            rows,
            reseller_admin(cast),
        )

    return build


def checkout_who(cast: Cast) -> Filled:
    typed = {"line": basket_for(cast, None).public_id, "mode": "end_customer", "customer": cast.customer.public_id}
    return Filled(
        reverse("checkout_who"),
        typed,
        user=reseller_admin(cast),
        secret=("mode", "customer"),
        only=("mode", "customer"),
    )


def checkout_billing(cast: Cast) -> Filled:
    basket_for(cast, cast.customer)
    return Filled(
        reverse("checkout_billing"),
        {f"{cast.customer.public_id}-po_number": "1"},
        (CheckoutDetails,),
        reseller_admin(cast),
    )


def checkout_services(cast: Cast) -> Filled:
    line = basket_for(cast, cast.customer)
    Product.objects.filter(pk=line.offer.product_id).update(delivery="microsoft", vendor="microsoft")
    typed = {
        "domain_prefix": "kyma", "signer_first_name": "Ada", "signer_last_name": "M",
        "signer_email": "ada@example.org", "signer_phone": "+30 231 000 0105", "partner_of_record_attested": "on",
    }  # fmt: skip
    typed = {f"{cast.customer.public_id}-{name}": text for name, text in typed.items()}
    return Filled(reverse("checkout_services"), typed, (CheckoutDetails,), reseller_admin(cast))


def basket_line(cast: Cast) -> Filled:
    page = reverse("basket_line", args=[basket_for(cast, cast.customer).public_id])
    return Filled(page, {"quantity": "1"}, user=reseller_admin(cast), says_by_message=True)


def storefront(name: str, typed: dict[str, str], *models_: type[models.Model]) -> Callable[[Cast], Filled]:
    def build(cast: Cast) -> Filled:
        who = {"customer_edit": cast.customer, "affiliate_edit": cast.affiliate}.get(name)
        page = reverse(name, args=[who.public_id] if who else [])
        return Filled(page, typed, (Account, *models_), reseller_admin(cast))

    return build


def auto_renew(cast: Cast) -> Filled:
    order = place(cast, fill(cast, (own_offer(), 1, cast.customer))).orders.get()
    page = reverse("subscription_renewal", args=[order.items.get().subscription.public_id])
    return Filled(page, {"renews": "off"}, user=reseller_admin(cast), secret=("renews",), only=("renews",))


def agree(cast: Cast) -> Filled:
    order = place(cast, fill(cast, (own_offer(), 1, cast.customer))).orders.get()
    row = order.items.get().subscription
    days = {"term_end_on": NOW.date()}
    type(row).objects.filter(pk=row.pk).update(status="active", start_on=NOW.date(), activated_at=NOW, **days)
    type(row.schedule).objects.filter(pk=row.schedule_id).update(**days)
    Renewal.objects.create(
        subscription=row, begins_on=NOW.date(), state="held", reason_code="no_price", reason="x", created_at=NOW
    )
    page = reverse("bss:storefront_subscription_change", args=[row.pk])
    return Filled(page, {"price": "1.00", "quantity": "", "reason": "R"}, (Renewal,), operator())


def sign_in(cast: Cast) -> Filled:
    return Filled(reverse("account_login"), {"login": "ada@example.org", "password": "x"}, secret=("login", "password"))


def invitation(cast: Cast) -> Filled:
    person = contacts.add(account=cast.reseller, first_name="A", last_name="B", email="b@b.example", by=None, at=NOW)
    contacts.invite(contact=person, by=None, at=timezone.now() - timedelta(hours=1))
    from accounts.models import Message

    link = re.search(r"/invitation/\S+", Message.objects.get(template="invitation").text_body)
    assert link
    return Filled(link.group(), {"password": "a sentence of my own"}, (User,), secret=("password",))


def bss(name: str, typed: dict[str, str], *rows: type[models.Model], **more: Any) -> Callable[[Cast], Filled]:
    def build(cast: Cast) -> Filled:
        known = {"bill_to": cast.reseller.pk, "account": cast.reseller.pk}
        filled = {key: str(known.get(key, value)) for key, value in typed.items()}
        return Filled(reverse(f"bss:{name}"), filled, rows, operator(), **more)

    return build


def held(act: str, field: str) -> Callable[[Cast], Filled]:
    def build(cast: Cast) -> Filled:
        cast.reseller.reseller.credit_limit = 0
        cast.reseller.reseller.save()
        order = place(cast, fill(cast, (own_offer(), 1, cast.customer))).orders.get()
        page = reverse(f"bss:storefront_order_{act}", args=[order.pk])
        return Filled(page, {field: "x"}, (Order,), operator(), says_by_message=True)

    return build


def options(cast: Cast) -> Filled:
    from bss.forms.billing import BillingOptions, OrganisationForm

    typed = {}
    for prefix, form in (
        ("organisation", OrganisationForm(instance=Organisation.get())),
        ("billing", BillingOptions()),
    ):
        for bound in form:
            if bound.value() is not None:
                typed[f"{prefix}-{bound.name}"] = str(bound.value())
    return Filled(reverse("bss:system_options"), typed, (Organisation, BillingSettings), operator())


CONTACT = {
    "account": "", "first_name": "Ada", "last_name": "M", "email": "ada@example.net", "phone": "", "mobile": "",
    "job_title": "",
}  # fmt: skip
PAYMENT = {
    "bill_to": "", "amount": "1.00", "received_on": "2026-11-01", "method": "bank_transfer", "reference": "R",
}  # fmt: skip
FORMS: dict[str, Callable[[Cast], Filled]] = {
    "checkout who": checkout_who,
    "checkout affiliate": checkout_new("affiliate", AFFILIATE),
    "checkout customer": checkout_new("end_customer", CUSTOMER),
    "checkout billing": checkout_billing,
    "checkout services": checkout_services,
    "basket line": basket_line,
    "customer new": storefront("customer_new", CUSTOMER),
    "customer edit": storefront("customer_edit", CUSTOMER),
    "affiliate new": storefront("affiliate_new", AFFILIATE, Affiliate),
    "affiliate edit": storefront("affiliate_edit", COMPANY),
    "auto-renew": auto_renew,
    "bss renewal": agree,
    "sign-in": sign_in,
    "invitation": invitation,
    "bss reseller": bss("resellers_reseller_add", RESELLER, Account, Contact),
    "bss account": bss("accounts_account_add", {**STAFF, **CUSTOMER, "bill_to": ""}, Account),
    "bss affiliate": bss("affiliates_affiliate_add", {**STAFF, **AFFILIATE, "bill_to": ""}, Account, Affiliate),
    "bss contact": bss("accounts_contact_add", CONTACT, Contact),
    "bss payment": bss("invoicing_payment_add", PAYMENT, Payment),
    "bss run": bss("invoicing_billingrun_add", {"through": "2026-12-31", "invoice_on": "", "reseller": ""}),
    "bss cancel": held("cancel", "reason"),
    "bss execute": held("execute", "override_reason"),
    "bss options": options,
    "bss own product": bss("storefront_product_add", PRODUCT, Product),
    "bss price list": bss("storefront_pricelist_add", PRICE_LIST, PriceList),
}


def forms_in(answer: Any) -> Iterator[BaseForm]:
    for layer in answer.context or ():
        for facts in getattr(layer, "dicts", [layer]):
            for value in facts.values() if isinstance(facts, dict) else ():
                for one in value if isinstance(value, (list, tuple)) else [value]:
                    for form in one if isinstance(one, tuple) else [one]:
                        inner = getattr(form, "form", form)
                        if isinstance(inner, BaseForm):
                            yield inner


def poisoned(rows: tuple[type[models.Model], ...]) -> list[tuple[str, str, str]]:
    return [
        (model.__name__, name, value)
        for model in rows
        for row in model._default_manager.values()
        for name, value in row.items()
        if isinstance(value, str) and POISON.search(value)
    ]


def complaint(client: Any, form: Filled, fields: list[str], text: str) -> str:
    """What is wrong with the answer to this text in these fields; empty when nothing is."""
    client.raise_request_exception = False
    body = corpus.encoded({**form.typed, **dict.fromkeys(fields, text)})
    answer = client.post(form.page, body, content_type="application/x-www-form-urlencoded")
    if answer.status_code >= 500:
        return f"status {answer.status_code}: {answer.exc_info[1]!r}"
    if found := poisoned(form.rows):
        return f"stored {found[0]!r}"
    if answer.status_code == 302 or form.says_by_message:
        return ""
    errors = {name for shown in forms_in(answer) for name in shown.errors}
    if not errors & {name.rpartition("-")[2] for name in fields}:
        return f"status {answer.status_code} without an error beside one of the fields, but beside {errors}"
    shown = escape(corpus.arrives(text)).replace("\r\n", "\n")
    kept = answer.content.decode().replace("\r\n", "\n")
    return "" if form.secret or not shown.strip() or shown in kept else "what was typed is gone"


@pytest.mark.parametrize("name", list(FORMS))
def test_no_text_breaks_a_form(client, name, monkeypatch):
    monkeypatch.setattr(tenants, "check_prefix", lambda *_args, **_more: tenants.PrefixAnswer.FREE)
    form = FORMS[name](Cast())
    if form.user is not None:
        client.force_login(form.user)
    wrong = []

    for label, text in corpus.TEXTS.items():
        for fields in filter(None, (form.fields, form.free)):
            with transaction.atomic():
                if said := complaint(client, form, fields, text):
                    wrong.append(f"{label} in {', '.join(fields)}: {said}")
                transaction.set_rollback(True)

    assert not wrong, "\n".join(wrong)
