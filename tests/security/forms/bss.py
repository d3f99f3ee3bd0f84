"""An example of every form of BSS, by the name of its address."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group
from django.db import models
from django.urls import reverse

from accounts.enums import StaffRole
from accounts.models import Account, AuditEvent, Contact, Organisation, User
from affiliates.models import Affiliate
from invoicing.models import BillingSettings, Charge, Payment, RunItem, TaxRule
from invoicing.services import billing_runs
from resellers.models import Reseller
from storefront.models import FulfilmentUnit, Order, PriceList, Product, Renewal
from storefront.services import fulfilment
from tests.integration.bss.test_pages import RESELLER
from tests.integration.invoicing import cast as billing
from tests.integration.storefront.catalogue_cast import price_list
from tests.integration.storefront.partner_cast import NOW, Cast
from tests.integration.storefront.test_orders import fill, own_offer, place
from tests.security.forms.filled import Build, Filled, as_shown, operator
from tests.security.forms.storefront import AFFILIATE, CUSTOMER

STAFF = {"country": "GR", "segment": "Commercial", "language": "en", "name": "Ada", "email": "", "phone": ""}
PRODUCT = {
    "vendor_product_id": "SUP-1", "product_type": "service", "title": "Support", "description": "", "price": "31.00",
    "billing_plan": "monthly", "other_prices": "", "setup_fee": "0", "usage_rule": "days",
    "delivery": "by_hand", "refund_policy": "day",
    "min_quantity": "1", "max_quantity": "50", "is_active": "on",
}  # fmt: skip
PRICE_LIST = {
    "name": "Gold", "currency": "EUR", "rule": "discount", "percent": "5", "valid_from": "2026-01-01",
    "valid_until": "",
    "is_active": "on", "items-TOTAL_FORMS": "0", "items-INITIAL_FORMS": "0",
}  # fmt: skip


def bss(name: str, typed: dict[str, str], *rows: type[models.Model], **more: Any) -> Build:
    def build(cast: Cast) -> Filled:
        known = {"bill_to": cast.reseller.pk, "account": cast.reseller.pk}
        filled = {key: str(known.get(key, value)) for key, value in typed.items()}
        return Filled(reverse(f"bss:{name}"), filled, rows, operator(), **more)

    return build


def held(act: str, field: str) -> Build:
    def build(cast: Cast) -> Filled:
        cast.reseller.reseller.credit_limit = 0
        cast.reseller.reseller.save()
        order = place(cast, fill(cast, (own_offer(), 1, cast.customer))).orders.get()
        page = reverse(f"bss:storefront_order_{act}", args=[order.pk])
        return Filled(page, {field: "x"}, (Order,), operator(), says_by_message=True)

    return build


def changed(name: str, *rows: type[models.Model]) -> Build:
    """The change form of something that exists, as its page shows it."""

    def build(cast: Cast) -> Filled:
        user = operator()
        page = reverse(f"bss:{name}_change", args=[EXISTING[name](cast).pk])
        return Filled(page, as_shown(page, user), rows, user)

    return build


def own_product(_cast: Cast) -> Product:
    return own_offer().product


def a_contact(cast: Cast) -> Contact:
    from accounts.services import contacts

    return contacts.add(
        account=cast.reseller, first_name="Abel", last_name="M", email="abel@example.org", by=None, at=NOW
    )


def a_member_of_staff(cast: Cast) -> User:
    cast.dora.groups.add(Group.objects.get(name=StaffRole.SUPPORT.value))
    return cast.dora


EXISTING: dict[str, Any] = {
    "accounts_account": lambda cast: cast.customer,
    "affiliates_affiliate": lambda cast: Affiliate.objects.create(account=cast.affiliate, purpose="hosting_tenant"),
    "accounts_contact": a_contact,
    "accounts_user": a_member_of_staff,
    "invoicing_taxrule": lambda _cast: TaxRule.objects.get(),
    "storefront_product": own_product,
    "storefront_pricelist": lambda _cast: price_list(),
    "resellers_reseller": lambda cast: cast.reseller.reseller,
}


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


def running(act: str, typed: dict[str, str]) -> Build:
    """An act on one of our own services that runs."""

    def build(cast: Cast) -> Filled:
        order = place(cast, fill(cast, (own_offer(), 1, cast.customer))).orders.get()
        fulfilment.start(order=order, at=NOW)
        page = reverse(f"bss:storefront_subscription_{act}", args=[order.items.get().subscription.pk])
        return Filled(page, typed, (AuditEvent, Charge), operator(), as_a_whole=True)

    return build


def staff_member(cast: Cast) -> Filled:
    user = operator()
    typed = {"email": "cleo@example.org", "name": "Cleo", "is_active": "on", "groups": str(user.groups.get().pk)}
    return Filled(reverse("bss:accounts_user_add"), typed, (User,), user)


def second_factor(cast: Cast) -> Filled:
    page = reverse("bss:accounts_user_second_factor", args=[cast.dora.pk])
    return Filled(page, {"reason": "x"}, (AuditEvent,), operator(), says_by_message=True)


def hold(cast: Cast) -> Filled:
    from datetime import date

    billing.sold(cast.reseller, cast.customer, on=date(2026, 3, 1))
    run = billing.drive(billing_runs.start(through=date(2026, 3, 1), by=None, at=billing.NOON))
    item = RunItem.objects.get(run=run)
    page = reverse("bss:invoicing_runitem_hold", args=[item.pk])
    return Filled(page, {"reason": "x"}, (RunItem,), operator(), says_by_message=True)


def give_up(cast: Cast) -> Filled:
    unit = fulfilment_stopped(cast)
    page = reverse("bss:storefront_fulfilmentunit_give_up", args=[unit.pk])
    return Filled(page, {"reason": "x"}, (FulfilmentUnit,), operator(), says_by_message=True)


def fulfilment_stopped(cast: Cast) -> FulfilmentUnit:
    order = place(cast, fill(cast, (own_offer(), 1, cast.customer))).orders.get()
    fulfilment.start(order=order, at=NOW)
    return FulfilmentUnit.objects.get(order_item__order=order)


def options(_cast: Cast) -> Filled:
    user = operator()
    page = reverse("bss:system_options")
    return Filled(page, as_shown(page, user), (Organisation, BillingSettings), user)


CONTACT = {
    "account": "", "first_name": "Ada", "last_name": "M", "email": "ada@example.net", "phone": "", "mobile": "",
    "job_title": "",
}  # fmt: skip
PAYMENT = {
    "bill_to": "", "amount": "1.00", "received_on": "2026-11-01", "method": "bank_transfer", "reference": "R",
}  # fmt: skip

TAX_RULE = {"country": "DE", "product_type": "", "rate": "19", "category": "S", "valid_from": "2026-01-01"}
RUN = {"through": "2026-12-31", "invoice_on": "", "reseller": ""}
FORMS: dict[str, Build] = {
    "bss:system_options": options,
    "bss:accounts_account_add": bss("accounts_account_add", {**STAFF, **CUSTOMER, "bill_to": ""}, Account),
    "bss:accounts_account_change": changed("accounts_account", Account),
    "bss:affiliates_affiliate_add": bss(
        "affiliates_affiliate_add", {**STAFF, **AFFILIATE, "bill_to": ""}, Account, Affiliate
    ),
    "bss:affiliates_affiliate_change": changed("affiliates_affiliate", Account, Affiliate),
    "bss:accounts_contact_add": bss("accounts_contact_add", CONTACT, Contact),
    "bss:accounts_contact_change": changed("accounts_contact", Contact),
    "bss:accounts_user_add": staff_member,
    "bss:accounts_user_change": changed("accounts_user", User),
    "bss:accounts_user_second_factor": second_factor,
    "bss:invoicing_billingrun_add": bss("invoicing_billingrun_add", RUN),
    "bss:invoicing_runitem_hold": hold,
    "bss:invoicing_payment_add": bss("invoicing_payment_add", PAYMENT, Payment),
    "bss:invoicing_taxrule_add": bss("invoicing_taxrule_add", TAX_RULE, TaxRule),
    "bss:invoicing_taxrule_change": changed("invoicing_taxrule", TaxRule),
    "bss:storefront_product_add": bss("storefront_product_add", PRODUCT, Product),
    "bss:storefront_product_change": changed("storefront_product", Product),
    "bss:storefront_pricelist_add": bss("storefront_pricelist_add", PRICE_LIST, PriceList),
    "bss:storefront_pricelist_change": changed("storefront_pricelist", PriceList),
    "bss:storefront_order_cancel": held("cancel", "reason"),
    "bss:storefront_order_execute": held("execute", "override_reason"),
    "bss:storefront_fulfilmentunit_give_up": give_up,
    "bss:storefront_subscription_change": agree,
    "bss:storefront_subscription_price": running(
        "price", {"price": "101.00", "on": "2026-12-01", "reason": "R", "act": "save"}
    ),
    "bss:storefront_subscription_end": running("end", {"on": "2026-12-01", "reason": "R"}),
    "bss:resellers_reseller_add": bss("resellers_reseller_add", RESELLER, Account, Contact, Reseller),
    "bss:resellers_reseller_change": changed("resellers_reseller", Account, Reseller),
}
BUTTON = "a button"
WITHOUT_TEXTS = {
    "bss:accounts_contact_invite": BUTTON,
    "bss:invoicing_billingrun_preview": BUTTON,
    "bss:invoicing_billingrun_issue": BUTTON,
    "bss:invoicing_billingrun_discard": BUTTON,
    "bss:invoicing_billingrun_render": BUTTON,
    "bss:invoicing_billingrun_retry": BUTTON,
    "bss:invoicing_runitem_release": BUTTON,
    "bss:invoicing_runitem": "a page to read",
    "bss:invoicing_billingrun_change": "a page to read",
    "bss:invoicing_invoice_change": "a page to read",
    "bss:storefront_order_change": "a page to read",
    "bss:storefront_fulfilmentunit_change": "a page to read",
    "bss:invoicing_invoice_pdf": "a file",
    "bss:invoicing_invoice_xml": "a file",
    "bss:invoicing_invoice_ubl": "a file",
    "bss:invoicing_invoice_render": BUTTON,
    "bss:storefront_pricelistassignment_add": "two choices",
    "bss:storefront_pricesheetimport_add": "a file; its texts are tried in test_price_sheets.py",
    "bss:storefront_pricesheetimport_decide": "a check box",
    "bss:storefront_pricesheetimport_preview": "a page to read",
    "bss:storefront_subscription_look_again": BUTTON,
    "bss:storefront_subscription_go_on": BUTTON,
    "bss:storefront_fulfilmentunit_retry": BUTTON,
    "bss:storefront_fulfilmentunit_deliver": BUTTON,
}
