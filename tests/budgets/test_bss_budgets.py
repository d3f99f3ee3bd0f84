"""Every page of BSS stays within fifteen queries, its dashboards within twenty, however much they show."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.test import RequestFactory
from django.urls import get_resolver, reverse

from accounts.enums import StaffRole
from accounts.models import User
from accounts.services import roles
from bss.admin_site import site
from tests.budgets.counting import Counts, check, measure
from tests.budgets.world import World
from tests.pages import patterns

pytestmark = pytest.mark.django_db  # the database is made for those only who ask for it
PAGE, DASHBOARD = 15, 20
DASHBOARDS = {  # they gather from everywhere, or reckon whole bills and credits before they are issued
    *("index", "resellers_reseller_change", "invoicing_billingrun_change", "resellers_reseller_separation"),
    *("invoicing_invoice_credit_whole", "invoicing_invoice_bill_anew"),
}
MODELS = {f"{model._meta.app_label}_{model._meta.model_name}": model for model in site._registry}
ACTS = {  # they answer a POST or send on, and have no page of their own
    "accounts_contact_invite", "storefront_subscription_look_again", "storefront_subscription_go_on",
    "storefront_order_execute", "storefront_order_cancel",
    "storefront_fulfilmentunit_retry", "storefront_fulfilmentunit_deliver", "storefront_fulfilmentunit_give_up",
    "invoicing_billingrun_preview", "invoicing_billingrun_issue", "invoicing_billingrun_discard",
    "invoicing_runitem_hold", "invoicing_runitem_release", "invoicing_invoice_render", "invoicing_invoice_pdf",
    "invoicing_invoice_xml", "invoicing_invoice_ubl",
    "invoicing_bankimport_decide",
    "invoicing_invoice_mail", "invoicing_delivery_repeat", "invoicing_billingrun_deliver",
    "invoicing_billingrun_retry", "invoicing_billingrun_render", "invoicing_dailyrun_settle",
    "invoicing_numberseries_csv",
    "storefront_pricesheetimport_decide", "accounts_user_second_factor", "login", "logout", "password_change",
    "password_change_done", "view_on_site", "app_list", "jsi18n", "None",
}  # fmt: skip
REQUEST = RequestFactory().get("/")
REQUEST.user = User(is_staff=True, is_superuser=True)
FORBIDDEN = {f"{name}_delete" for name in MODELS} | {  # nothing is deleted in BSS, and not everything is made there
    f"{name}_add" for name, model in MODELS.items() if not site.get_model_admin(model).has_add_permission(REQUEST)
}
INSIDE = [(name.removeprefix("bss:"), entry) for name, entry in patterns(get_resolver()) if name.startswith("bss:")]
PAGES = sorted({name for name, _entry in INSIDE} - ACTS - FORBIDDEN)
ABOUT = {name for name, entry in INSIDE if entry.pattern.regex.groups}
QUERIES = {"autocomplete": "?app_label=storefront&model_name=pricelistitem&field_name=offer&term="}


def examples(world: World) -> dict[str, object]:
    """The object with the most rows, by model; another model's newest object is as good as any."""
    return {
        "accounts_account": world.customers[0],
        "accounts_contact": world.contact,
        "accounts_user": operator(world),
        "affiliates_affiliate": world.affiliates[0],
        "invoicing_billingrun": world.run,
        "invoicing_charge": world.charge,
        "invoicing_invoice": world.invoice,
        "invoicing_delivery": world.delivery,
        "resellers_reseller": world.reseller.reseller,
        "storefront_fulfilmentunit": world.unit,
        "storefront_order": world.order,
        "storefront_pricelist": world.price_list,
        "storefront_product": world.product,
        "storefront_subscription": world.subscription,
    }


def addresses(world: World) -> dict[str, str]:
    """Lists and forms of every model, and the pages that are named here."""
    newest = {name: model.objects.order_by("-pk")[0] for name, model in MODELS.items()} | examples(world)
    found: dict[str, list[object]] = {}
    for name, row in newest.items():
        found |= {f"{name}_change": [row.pk], f"{name}_history": [row.pk]}
    found["accounts_account_vat"] = [world.reseller.pk]
    found["invoicing_delivery_bounce"] = [world.delivery.pk]
    found["invoicing_runitem"] = [world.item.pk]
    found["invoicing_invoice_dispute"] = [world.invoice.pk]
    found["resellers_reseller_reminders"] = [world.reseller.reseller.pk]
    found["resellers_reseller_statement"] = [world.reseller.reseller.pk]
    found["resellers_reseller_separation"] = [world.reseller.reseller.pk]
    found["storefront_pricesheetimport_preview"] = [newest["storefront_pricesheetimport"].public_id]
    found["invoicing_bankimport_preview"] = found["invoicing_bankimport_reading"] = [world.bank_file.public_id]
    found["invoicing_payment_allocate"] = found["invoicing_payment_settle"] = [newest["invoicing_payment"].pk]
    for act in ("credit", "credit_whole", "bill_anew"):
        found[f"invoicing_invoice_{act}"] = [world.invoice.pk]
    found["invoicing_invoice_settle"] = [world.credit.pk]
    found["storefront_subscription_price"] = found["storefront_subscription_end"] = [world.subscription.pk]
    found["invoicing_bankimport_line"] = [world.bank_file.public_id, 2]
    return {
        name: reverse(f"bss:{name}", args=found.get(name)) + QUERIES.get(name, "")
        for name in PAGES
        if name not in ABOUT or name in found
    }


def operator(_world: World) -> User:
    """One of the group that may see everything."""
    roles.sync()
    user, _made = User.objects.get_or_create(email="olga@aegean.example", defaults={"is_staff": True, "name": "Olga"})
    user.groups.add(Group.objects.get(name=StaffRole.ADMIN.value))
    return user


@pytest.fixture(scope="module")
def counts(django_db_setup: None, django_db_blocker: object) -> Counts:
    return measure(django_db_blocker, addresses, operator)


@pytest.mark.parametrize("name", PAGES)
def test_page_costs_the_same_however_much_it_shows(counts, name):
    assert name in counts, f"{name} has no example here: add an object with several rows to addresses()"

    check(name, counts[name], DASHBOARD if name in DASHBOARDS else PAGE)
