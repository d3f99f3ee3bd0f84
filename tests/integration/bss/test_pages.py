"""Pages of BSS over HTTP: every one opens for those who may, is refused to the others, and acts by the services."""

from __future__ import annotations

import re
from datetime import date

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone

from accounts.enums import StaffRole
from accounts.models import Account, Message, Organisation, User
from accounts.services import roles
from affiliates.models import Affiliate
from invoicing.models import BillingRun, Payment
from invoicing.services import run_work
from resellers.models import Reseller
from storefront.models import Order
from storefront.services import fulfilment
from tests.integration.storefront.partner_cast import Cast
from tests.integration.storefront.test_orders import fill, own_offer, place

pytestmark = pytest.mark.django_db

LISTS = [
    "index", "resellers_reseller_changelist", "accounts_account_changelist", "affiliates_affiliate_changelist",
    "accounts_contact_changelist", "accounts_message_changelist", "accounts_auditevent_changelist",
    "storefront_order_changelist", "storefront_subscription_changelist", "storefront_fulfilmentunit_changelist",
    "invoicing_billingrun_changelist", "invoicing_invoice_changelist", "invoicing_payment_changelist",
    "invoicing_taxrule_changelist", "invoicing_numberseries_changelist",
]  # fmt: skip
RESELLER = {
    "name": "Meltemi Cloud", "country": "GR", "email": "office@meltemi.example.com", "phone": "+30 210 000 0777",
    "address_line1": "Οδός 7", "postcode": "117 41", "city": "Αθήνα", "segment": "Commercial", "language": "en",
    "currency": "EUR", "ordering_enabled": "on", "reselling_enabled": "on", "credit_limit": "5000",
    "prorate_billing": "on", "billing_day_rule": "first", "partial_charges": "billing_day",
    "payment_method": "bank_transfer", "payment_days": "30", "document_mail": "follow",
    "separate_invoices_default": "follow",
    "instalment_surcharge": "0",
    "mpn_id": "9900777", "contact_first_name": "Melina", "contact_last_name": "Anemou",
    "contact_email": "melina@meltemi.example.com", "contact_storefront_user": "on", "contact_bill_to": "on",
}  # fmt: skip


def person(role: StaffRole) -> User:
    roles.sync()
    user = User.objects.create_user(f"{role.value.lower()}@aegean.example", is_staff=True, name=role.value)
    user.groups.add(Group.objects.get(name=role.value))
    return user


@pytest.mark.parametrize("role", list(StaffRole))
@pytest.mark.parametrize("name", LISTS)
def test_list_opens_for_every_role_of_the_staff(client, role, name):
    cast = Cast()
    place(cast, fill(cast, (own_offer(), 1, cast.customer)))
    client.force_login(person(role))

    assert client.get(reverse(f"bss:{name}")).status_code == 200


@pytest.mark.parametrize("name", LISTS)
def test_a_storefront_user_does_not_get_in(client, name):
    cast = Cast()
    client.force_login(cast.ada)

    assert client.get(reverse(f"bss:{name}")).status_code in (302, 403)


@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        ("resellers_reseller_add", {"Admin", "Sales"}),
        ("accounts_account_add", {"Admin", "Sales"}),
        ("affiliates_affiliate_add", {"Admin", "Sales"}),
        ("accounts_contact_add", {"Admin", "Sales"}),
        ("invoicing_billingrun_add", {"Admin", "Finance"}),
        ("invoicing_payment_add", {"Admin", "Finance"}),
        ("system_options", {"Admin"}),
        ("accounts_user_changelist", {"Admin"}),
    ],
)
def test_act_is_open_to_its_roles_only(client, name, allowed):
    Cast()
    for role in StaffRole:
        client.force_login(person(role))
        expected = 200 if role.value in allowed else 403
        assert client.get(reverse(f"bss:{name}")).status_code == expected, role


def test_an_operator_adds_a_reseller_whose_contact_then_signs_in(client):
    Cast()
    client.force_login(person(StaffRole.SALES))

    answer = client.post(reverse("bss:resellers_reseller_add"), RESELLER)

    assert answer.status_code == 302, answer.context["adminform"].form.errors
    reseller = Reseller.objects.get(mpn_id="9900777")
    assert (reseller.account.name, reseller.reselling_enabled) == ("Meltemi Cloud", True)
    assert client.get(reverse("bss:resellers_reseller_change", args=[reseller.pk])).status_code == 200
    mail = Message.objects.get(template="invitation")
    link = re.search(r"/invitation/\S+", mail.text_body).group()
    client.logout()
    assert client.get(link).status_code == 200
    weak = client.post(link, {"password": "12345"})
    assert weak.status_code == 422
    home = client.post(link, {"password": "a sentence of my own"}, follow=True)
    assert home.redirect_chain[-1][0] == "/"
    assert home.status_code == 200
    assert client.get(link).status_code == 410


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"phone": "210 000 0777"}, "phone"),
        ({"vat_number": "EL123456789"}, "vat_number"),
        ({"postcode": "1"}, "postcode"),
        ({"credit_limit": "-1"}, "credit_limit"),
        ({"mpn_id": "123"}, "mpn_id"),
        ({"mpn_id": "9900037"}, "mpn_id"),
        ({"billing_day_rule": "fixed"}, "billing_day"),
        ({"ordering_enabled": ""}, "reselling_enabled"),
        ({"contact_last_name": ""}, "contact_last_name"),
    ],
)
def test_a_refused_reseller_keeps_what_was_typed_and_creates_nothing(client, changes, field):
    Cast()
    client.force_login(person(StaffRole.SALES))
    before = Account.objects.count()

    answer = client.post(reverse("bss:resellers_reseller_add"), {**RESELLER, **changes})

    form = answer.context["adminform"].form
    assert field in form.errors, form.errors
    assert "Meltemi Cloud" in answer.content.decode()
    assert Account.objects.count() == before


def test_separate_invoices_are_refused_without_a_bill_to(client):
    cast = Cast()
    client.force_login(person(StaffRole.SALES))
    page = reverse("bss:accounts_account_change", args=[cast.reseller.pk]) + "?plain=1"
    facts = {"name": "X", "country": "GR", "segment": "Commercial", "language": "en", "separate_invoices": "on"}

    answer = client.post(page, facts)

    assert "separate_invoices" in answer.context["adminform"].form.errors
    cast.reseller.refresh_from_db()
    assert not cast.reseller.separate_invoices


def test_an_operator_creates_and_flags_sub_customers(client):
    cast = Cast()
    client.force_login(person(StaffRole.SALES))
    facts = {"country": "GR", "segment": "Commercial", "language": "en", "bill_to": cast.reseller.pk}

    first = client.post(reverse("bss:accounts_account_add"), {**facts, "name": "Acme", "separate_invoices": "on"})
    second = client.post(reverse("bss:affiliates_affiliate_add"), {**facts, "name": "Unit", "purpose": "business_unit"})

    assert (first.status_code, second.status_code) == (302, 302)
    assert Account.objects.get(name="Acme").separate_invoices
    assert Affiliate.objects.get(account__name="Unit").purpose == "business_unit"
    page = reverse("bss:accounts_account_change", args=[Account.objects.get(name="Acme").pk])
    assert client.post(page, {**facts, "name": "Acme"}).status_code == 302
    assert not Account.objects.get(name="Acme").separate_invoices


def test_a_held_order_is_executed_with_a_reason_by_finance_only(client):
    cast = Cast(credit_limit="0")
    order = place(cast, fill(cast, (own_offer(), 1, cast.customer))).orders.get()
    page = reverse("bss:storefront_order_change", args=[order.pk])
    execute = reverse("bss:storefront_order_execute", args=[order.pk])
    client.force_login(person(StaffRole.SALES))
    assert client.get(page).status_code == 200
    assert client.post(execute, {"override_reason": "please"}).status_code == 403

    client.force_login(person(StaffRole.FINANCE))
    client.post(execute, {"override_reason": "Paid by phone"})

    order.refresh_from_db()
    assert (order.status, order.override_reason) == ("executed", "Paid by phone")


def test_a_held_order_is_canceled_with_a_reason(client):
    cast = Cast(credit_limit="0")
    order = place(cast, fill(cast, (own_offer(), 1, cast.customer))).orders.get()
    client.force_login(person(StaffRole.SALES))

    client.post(reverse("bss:storefront_order_cancel", args=[order.pk]), {"reason": ""})
    assert Order.objects.get().status == "submitted"
    client.post(reverse("bss:storefront_order_cancel", args=[order.pk]), {"reason": "Twice"})

    assert Order.objects.get().status == "canceled"


def drive(run: BillingRun) -> None:
    while run_work.advance(run_id=run.pk, at=timezone.now()) is not run_work.Progress.OVER:
        pass


def test_finance_previews_and_issues_a_run(client):
    cast = Cast()
    order = place(cast, fill(cast, (own_offer(), 1, cast.customer))).orders.get()
    fulfilment.start(order=order, at=timezone.now())
    client.force_login(person(StaffRole.FINANCE))

    wish = {"through": "2026-12-31", "invoice_on": "", "reseller": ""}
    started = client.post(reverse("bss:invoicing_billingrun_add"), wish)

    run = BillingRun.objects.get()
    page = reverse("bss:invoicing_billingrun_change", args=[run.pk])
    assert started["Location"] == page
    assert client.get(page).status_code == 200
    drive(run)
    preview = client.get(page)
    assert "Issue 1 invoice</button>" in preview.content.decode()
    item = run.items.get()
    assert client.get(reverse("bss:invoicing_runitem", args=[item.pk])).status_code == 200
    client.post(reverse("bss:invoicing_runitem_hold", args=[item.pk]), {"reason": "Ask first"})
    assert run.items.get().state == "held"
    client.post(reverse("bss:invoicing_runitem_release", args=[item.pk]))
    drive(run)
    client.post(reverse("bss:invoicing_billingrun_issue", args=[run.pk]))
    drive(run)

    invoice = item.invoices.get()
    assert invoice.number in client.get(page).content.decode()
    assert client.get(reverse("bss:invoicing_invoice_change", args=[invoice.pk])).status_code == 200


def test_finance_records_a_payment(client):
    cast = Cast()
    client.force_login(person(StaffRole.FINANCE))
    facts = {
        "bill_to": cast.reseller.pk, "amount": "100.00", "received_on": "2026-11-01", "method": "bank_transfer",
        "reference": "R-0001",
    }  # fmt: skip

    refused = client.post(reverse("bss:invoicing_payment_add"), {**facts, "amount": "-1"})
    assert "amount" in refused.context["adminform"].form.errors
    client.post(reverse("bss:invoicing_payment_add"), facts)

    assert Payment.objects.get().received_on == date(2026, 11, 1)


def test_the_storefront_wide_setting_is_saved_and_leaves_existing_customers_alone(client):
    cast = Cast()
    client.force_login(person(StaffRole.ADMIN))
    page = client.get(reverse("bss:system_options"))
    facts = {}
    for form in page.context["forms"]:
        for bound in form:
            value = bound.value()
            if value not in (None, False):
                facts[bound.html_name] = "on" if value is True else value

    answer = client.post(reverse("bss:system_options"), {**facts, "storefront-separate_invoices": "on"})

    assert answer.status_code == 302, [form.errors for form in answer.context["forms"]]
    assert Organisation.get().separate_invoices
    cast.customer.refresh_from_db()
    assert not cast.customer.separate_invoices
