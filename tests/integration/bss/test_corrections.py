"""What BSS writes: by services, with person and reason in the trail; refused beside the field, by group."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.enums import StaffRole
from accounts.models import Account, AuditEvent, Message
from affiliates import services as affiliates
from affiliates.models import Affiliate
from invoicing.models import Invoice, InvoiceRendering, TaxRule
from resellers.models import Reseller
from storefront.services import fulfilment
from tests.integration.bss.test_pages import drive, person
from tests.integration.storefront.partner_cast import Cast
from tests.integration.storefront.test_orders import fill, own_offer, place

pytestmark = pytest.mark.django_db
COMPANY = {"country": "GR", "segment": "Commercial", "language": "el"}


def body(answer):
    return answer.content.decode()


@pytest.fixture
def affiliate():
    cast = Cast()
    made, _made = Affiliate.objects.get_or_create(account=cast.affiliate, defaults={"purpose": "business_unit"})
    return made


def last(action):
    return AuditEvent.objects.filter(action=action).order_by("-pk").first()


def test_correcting_an_affiliate_is_written_down_with_person_and_reason(client, affiliate):
    sales = person(StaffRole.SALES)
    client.force_login(sales)
    page = reverse("bss:affiliates_affiliate_change", args=[affiliate.pk])
    facts = {**COMPANY, "name": affiliate.account.name, "purpose": "hosting_tenant", "cost_centre": "CC-7"}

    answer = client.post(page, {**facts, "reason": "It hosts now"})

    assert answer.status_code == 302
    event = last("affiliate.updated")
    assert (event.by, event.reason, event.account_id) == (sales, "It hosts now", affiliate.account_id)
    assert event.before == {"purpose": "business_unit", "cost_centre": ""}
    assert event.after == {"purpose": "hosting_tenant", "cost_centre": "CC-7"}
    history = body(client.get(reverse("bss:affiliates_affiliate_history", args=[affiliate.pk])))
    assert "It hosts now" in history
    assert "hosting_tenant" in history


def test_an_affiliate_takes_no_name_of_another_one(client):
    reseller = Cast().reseller.reseller
    first, second = (
        affiliates.create(
            reseller=reseller, company=affiliates.Company(name=name, country="GR"), purpose="business_unit",
            via="bss", by=None, at=timezone.now(),
        )
        for name in ("Τμήμα Ναυτιλίας", "Second")
    )  # fmt: skip
    client.force_login(person(StaffRole.SALES))
    page = reverse("bss:affiliates_affiliate_change", args=[second.pk])
    facts = {**COMPANY, "name": "ΤΜΗΜΑ ναυτιλιας", "purpose": "hosting_tenant", "cost_centre": "Kept text"}

    answer = client.post(page, facts)

    assert "name" in answer.context["adminform"].form.errors
    assert "Kept text" in body(answer)
    second.refresh_from_db()
    assert (first.account.name, second.account.name, second.purpose) == ("Τμήμα Ναυτιλίας", "Second", "business_unit")


def test_updating_an_affiliate_to_what_it_is_writes_nothing_down(affiliate):
    account = affiliate.account
    names = ("name", "email", "phone", "address_line1", "city", "postcode", "vat_number", "segment", "language")
    company = affiliates.Company(country=str(account.country), **{name: getattr(account, name) for name in names})

    affiliates.update(
        affiliate=affiliate, company=company, purpose=affiliate.purpose, cost_centre=affiliate.cost_centre,
        by=None, at=timezone.now(),
    )  # fmt: skip

    assert last("affiliate.updated") is None


def test_an_affiliates_account_opens_the_affiliate(client, affiliate):
    client.force_login(person(StaffRole.SUPPORT))

    answer = client.get(reverse("bss:accounts_account_change", args=[affiliate.account_id]))

    assert answer["Location"] == reverse("bss:affiliates_affiliate_change", args=[affiliate.pk])


def test_separate_invoices_of_an_affiliate_are_switched_on_its_page_and_refused_without_bill_to(client, affiliate):
    client.force_login(person(StaffRole.SALES))
    page = reverse("bss:affiliates_affiliate_change", args=[affiliate.pk])
    facts = {**COMPANY, "name": affiliate.account.name, "purpose": affiliate.purpose}

    client.post(page, {**facts, "separate_invoices": "on"})
    refused = client.post(
        reverse("bss:accounts_account_add"), {**COMPANY, "name": "Nobody pays", "separate_invoices": "on"}
    )

    assert Account.objects.get(pk=affiliate.account_id).separate_invoices
    errors = refused.context["adminform"].form.errors
    assert set(errors) >= {"bill_to", "separate_invoices"}
    assert "Nobody pays" in body(refused)
    assert not Account.objects.filter(name="Nobody pays").exists()


def test_a_tax_rule_is_written_down_when_it_is_made_and_when_it_changes(client):
    Cast()
    finance = person(StaffRole.FINANCE)
    client.force_login(finance)
    facts = {"country": "CY", "category": "S", "rate": "19", "valid_from": "2026-01-01"}

    client.post(reverse("bss:invoicing_taxrule_add"), facts)
    rule = TaxRule.objects.get(country="CY")
    client.post(reverse("bss:invoicing_taxrule_change", args=[rule.pk]), {**facts, "rate": "20"})

    made, changed = last("tax_rule.created"), last("tax_rule.changed")
    assert (made.by, made.after["country"]) == (finance, "CY")
    assert (changed.before, changed.after) == ({"rate": "19.0000"}, {"rate": "20"})


@pytest.mark.parametrize("role", list(StaffRole))
def test_messages_are_sent_again_by_everybody_but_readers(client, role):
    message = Message.objects.create(
        template="x", recipients=["a@example.com"], subject="Hello", text_body="", html_body="", status="failed",
        created_at=timezone.now(), last_error="refused",
    )  # fmt: skip
    client.force_login(person(role))
    chosen = {"action": "send_again", "_selected_action": [message.pk]}

    answer = client.post(reverse("bss:accounts_message_changelist"), chosen, follow=True)

    message.refresh_from_db()
    may = role is not StaffRole.READ_ONLY
    assert message.status == ("pending" if may else "failed")
    assert ("1 message is sent again." in body(answer)) == may


@pytest.mark.parametrize(("role", "limit"), [(StaffRole.SALES, "1000.00"), (StaffRole.FINANCE, "90.00")])
def test_the_credit_limit_of_a_reseller_changes_by_finance_only(client, role, limit):
    cast = Cast(credit_limit="1000.00")
    reseller = Reseller.objects.get(account=cast.reseller)
    client.force_login(person(role))
    page = reverse("bss:resellers_reseller_change", args=[reseller.pk])
    form = client.get(page).context["adminform"].form
    facts = {name: value for name in form.fields if (value := form[name].value()) is not None and value is not False}

    answer = client.post(page, {**facts, "credit_limit": "90"})

    assert answer.status_code == 302, answer.context["adminform"].form.errors
    reseller.refresh_from_db()
    assert reseller.credit_limit == Decimal(limit)


@pytest.fixture
def invoice(client):
    cast = Cast()
    order = place(cast, fill(cast, (own_offer(), 1, cast.customer))).orders.get()
    fulfilment.start(order=order, at=timezone.now())
    client.force_login(person(StaffRole.FINANCE))
    client.post(reverse("bss:invoicing_billingrun_add"), {"through": "2026-12-31", "invoice_on": "", "reseller": ""})
    item = cast.reseller.run_items.get()
    drive(item.run)
    client.post(reverse("bss:invoicing_billingrun_issue", args=[item.run_id]))
    drive(item.run)
    made = Invoice.objects.first()
    failed = {"state": "failed", "last_error": "No font", "due_at": timezone.now(), "claimed_at": None}
    InvoiceRendering.objects.update_or_create(invoice=made, defaults=failed)
    return made


def test_only_finance_and_admin_make_a_pdf_again(client, invoice):
    page = reverse("bss:invoicing_invoice_change", args=[invoice.pk])
    act = reverse("bss:invoicing_invoice_render", args=[invoice.pk])
    for role in (StaffRole.SALES, StaffRole.SUPPORT, StaffRole.READ_ONLY):
        client.force_login(person(role))
        assert f'action="{act}"' not in body(client.get(page))
        assert "Finance does that." in body(client.get(page))
        assert client.post(act).status_code == 403
    assert InvoiceRendering.objects.get(invoice=invoice).state == "failed"

    client.force_login(person(StaffRole.ADMIN))
    assert f'action="{act}"' in body(client.get(page))
    answer = client.post(act, follow=True)

    assert InvoiceRendering.objects.get(invoice=invoice).state == "waiting"
    assert "The PDF is made once more." in body(answer)


def test_the_invoice_page_counts_days_as_the_paper_does(client, invoice):
    item = invoice.items.first()
    lower, upper = date(2026, 11, 25), date(2026, 12, 1)
    from invoicing.selectors.documents import factor_of

    shown = factor_of(
        type(item)(period=type(item.period)(lower, upper), factor_numerator=1, factor_denominator=5, kind="stub")
    )

    assert (shown.part, shown.whole) == (6, 30)


def test_a_customer_added_from_the_reseller_has_its_bill_to_filled_in(client):
    cast = Cast()
    client.force_login(person(StaffRole.SALES))
    reseller = Reseller.objects.get(account=cast.reseller)
    page = body(client.get(reverse("bss:resellers_reseller_change", args=[reseller.pk])))

    for name in ("accounts_account_add", "affiliates_affiliate_add"):
        link = f"{reverse(f'bss:{name}')}?bill_to={cast.reseller.pk}"
        assert f'href="{link}"' in page
        assert f'<option value="{cast.reseller.pk}" selected>{cast.reseller.name}</option>' in body(client.get(link))


def test_a_bill_to_is_looked_up_among_resellers_that_may_resell(client):
    cast = Cast()
    other = Cast(mpn=None)
    Reseller.objects.filter(account=other.reseller).update(reselling_enabled=False)
    client.force_login(person(StaffRole.SALES))
    query = {"app_label": "accounts", "model_name": "account", "field_name": "bill_to", "term": ""}

    found = client.get(reverse("bss:autocomplete"), query).json()["results"]

    assert [row["id"] for row in found] == [str(cast.reseller.pk)]


def test_a_success_message_leads_to_what_was_made(client):
    cast = Cast()
    client.force_login(person(StaffRole.SALES))
    facts = {**COMPANY, "bill_to": cast.reseller.pk, "name": "Νέα Εταιρεία"}

    answer = client.post(reverse("bss:accounts_account_add"), facts, follow=True)

    made = Account.objects.get(name="Νέα Εταιρεία")
    link = reverse("bss:accounts_account_change", args=[made.pk])
    assert f'<a href="{link}">Νέα Εταιρεία</a>' in body(answer)


def test_a_refused_form_names_the_field_of_each_error_first(client):
    Cast()
    client.force_login(person(StaffRole.SALES))

    shown = body(client.post(reverse("bss:accounts_account_add"), {**COMPANY, "city": "Kept city"}))

    assert '<a href="#id_name">Company name: This field is required.</a>' in shown
    assert '<a href="#id_bill_to">Bill To account: This field is required.</a>' in shown
    assert 'value="Kept city"' in shown


def test_a_new_customer_starts_in_the_distributors_country(client):
    Cast()
    client.force_login(person(StaffRole.SALES))

    for name in ("accounts_account_add", "affiliates_affiliate_add", "resellers_reseller_add"):
        assert '<option value="GR" selected>' in body(client.get(reverse(f"bss:{name}"))), name
