"""Disputes about lines: opened by either side, closed with an outcome, told to both, guarded by the database."""

from __future__ import annotations

from decimal import Decimal
from itertools import product

import pytest
import time_machine
from django.db import Error, IntegrityError, transaction
from django.urls import reverse

from accounts.enums import StaffRole, StorefrontRole
from accounts.models import Message, User
from config.kernel.errors import InvalidTransition
from invoicing.enums import DISPUTE_TRANSITIONS, DisputeState
from invoicing.models import Dispute
from invoicing.services import audits, disputes
from invoicing.services.disputes import NotDisputable, OutcomeNeeded, PartOfLine, WordsNeeded
from tests.corpus import TEXTS
from tests.integration.bss.test_pages import person
from tests.integration.invoicing.issued import Row, issue
from tests.integration.invoicing.test_bank_imports import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def noon():
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def ada(ada_company):
    facts = {"name": "Ada", "is_account_admin": True}
    return User.objects.create_user("ada@thermaikos.example", None, account=ada_company.reseller, **facts)


@pytest.fixture
def invoice(ada_company):
    rows = [Row(ada_company.acme), Row(ada_company.beta, quantity=1, price="0.00"), Row(ada_company.beta, quantity=3)]
    return issue(ada_company.reseller, rows)


def opened(invoice, ada, position=1):
    return disputes.open_dispute(item=invoice.items.get(position=position), reason="Not ours", by=ada, at=NOON)


def test_opening_and_closing_tell_both_sides(invoice, ada, ada_company):
    ada_company.reseller.email = "office@thermaikos.example"
    ada_company.reseller.save()

    dispute = opened(invoice, ada)
    disputes.close(dispute=dispute, state=DisputeState.REJECTED, outcome="As ordered", by=ada, at=NOON)

    dispute.refresh_from_db()
    assert (dispute.amount, dispute.state, dispute.outcome) == (Decimal("74.40"), "rejected", "As ordered")
    mails = Message.objects.order_by("pk")
    assert [mail.template for mail in mails] == ["dispute_opened", "dispute_opened", "dispute_closed", "dispute_closed"]
    assert [mail.recipients for mail in mails[:2]] == [
        ["office@thermaikos.example"],
        ["billing@aegean-cloud.example.com"],
    ]
    assert f"Line 1 of {invoice.number} is in dispute" in mails[0].subject
    assert "As ordered" in mails[2].text_body
    assert audits.run(only=["I37"]) == []


def test_what_is_not_owed_or_disputed_already_is_refused(invoice, ada, ada_company):
    opened(invoice, ada)
    credit = issue(ada_company.reseller, [Row(ada_company.acme)], corrects=invoice)

    for item in (invoice.items.get(position=1), invoice.items.get(position=2), credit.items.get()):
        with pytest.raises(NotDisputable):
            disputes.open_dispute(item=item, reason="Again", by=ada, at=NOON)
    for words in ("", " \u200b", "x" * 1001):
        with pytest.raises(WordsNeeded):
            disputes.open_dispute(item=invoice.items.get(position=3), reason=words, by=ada, at=NOON)
    assert Dispute.objects.count() == 1


@pytest.mark.parametrize(("current", "target"), list(product(DisputeState, DisputeState)))
def test_arrows(invoice, ada, current, target):
    dispute = opened(invoice, ada)
    if current is not DisputeState.OPEN:
        dispute = disputes.close(dispute=dispute, state=current, outcome="So", by=ada, at=NOON)

    if DISPUTE_TRANSITIONS.allows(current, target):
        disputes.close(dispute=dispute, state=target, outcome="Then", by=ada, at=NOON)
    else:
        with pytest.raises(InvalidTransition):
            disputes.close(dispute=dispute, state=target, outcome="Then", by=ada, at=NOON)
        if target is not current:
            with pytest.raises(Error), transaction.atomic():
                Dispute.objects.filter(pk=dispute.pk).update(state=target)
    with pytest.raises(OutcomeNeeded):
        disputes.close(dispute=dispute, state=DisputeState.ACCEPTED, outcome=" ", by=ada, at=NOON)


def test_the_database_keeps_disputes_as_they_are(invoice, ada, ben_company):
    dispute = opened(invoice, ada)

    for change in (
        lambda: Dispute.objects.update(amount=1),
        lambda: Dispute.objects.update(reason="x"),
        lambda: Dispute.objects.all().delete(),
    ):
        with pytest.raises(Error), transaction.atomic():
            change()
    facts = {"currency": "EUR", "amount": 1, "reason": "x", "opened_at": NOON, "opened_by": ada}
    third = invoice.items.get(position=3)
    with pytest.raises(IntegrityError, match="about a line of its invoice"), transaction.atomic():
        Dispute.objects.create(item=third, invoice=invoice, bill_to=ben_company.reseller, **facts)
    with pytest.raises(IntegrityError, match="dispute_open_once"), transaction.atomic():
        Dispute.objects.create(
            item=dispute.item, invoice=invoice, bill_to=invoice.bill_to, **facts | {"amount": "74.40"}
        )
    for part in (
        {"amount": "37.20"},
        {"part_net": "0.00", "amount": "0.00"},
        {"part_net": "36.01", "amount": "44.65"},
        {"part_net": "10.00", "amount": "12.39"},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Dispute.objects.create(item=third, invoice=invoice, bill_to=invoice.bill_to, **facts | part)


def test_a_part_of_a_line_is_disputed_with_its_vat_and_the_rest_stays_due(invoice, ada):
    item = invoice.items.get(position=3)

    for net in ("0", "-1", "36.01", "10.005", "NaN", "Infinity"):
        with pytest.raises(PartOfLine, match=r"Enter a net amount above 0 and up to €36\.00"):
            disputes.open_dispute(item=item, part_net=Decimal(net), reason="x", by=ada, at=NOON)
    dispute = disputes.open_dispute(item=item, part_net=Decimal("10.00"), reason="x", by=ada, at=NOON)

    assert (dispute.part_net, dispute.amount) == (Decimal("10.00"), Decimal("12.40"))
    mail = Message.objects.filter(template="dispute_opened").order_by("pk").last()
    assert "Part of the line, net: €10.00" in mail.text_body
    with pytest.raises(NotDisputable):
        disputes.open_dispute(item=item, part_net=Decimal("1.00"), reason="x", by=ada, at=NOON)
    whole = disputes.open_dispute(
        item=invoice.items.get(position=1), part_net=Decimal("60.00"), reason="x", by=ada, at=NOON
    )
    assert (whole.part_net, whole.amount) == (None, Decimal("74.40"))


def test_reseller_types_the_part_and_sees_it_on_the_invoice(client, invoice, ada):
    client.force_login(ada)
    page, item = reverse("invoicing:dispute", args=[invoice.public_id]), invoice.items.get(position=3)

    refused = client.post(page, {"item": item.pk, "part_net": "36.01", "reason": "Not ours"})
    assert "Enter a net amount above 0 and up to €36.00" in refused.content.decode()
    client.post(page, {"item": item.pk, "part_net": "10.00", "reason": "Not ours"})

    assert 'of <span class="num">€36.00</span> net' in client.get(invoice.get_absolute_url()).content.decode()


def test_reseller_disputes_and_withdraws_on_the_invoice(client, invoice, ada, django_assert_max_num_queries):
    client.force_login(ada)
    page, item = reverse("invoicing:dispute", args=[invoice.public_id]), invoice.items.get(position=1)
    assert "item" in client.post(page, {"item": "", "reason": ""}).context["form"].errors

    assert client.post(page, {"item": item.pk, "reason": "Not ours"})["Location"] == invoice.get_absolute_url()

    dispute = Dispute.objects.get()
    with django_assert_max_num_queries(8):
        body = client.get(invoice.get_absolute_url()).content.decode()
    assert "In dispute" in body
    assert "Not ours" in body
    client.post(page, {"withdraw": dispute.public_id})
    client.post(page, {"withdraw": dispute.public_id})
    dispute.refresh_from_db()
    assert dispute.state == "withdrawn"


def test_lines_and_disputes_of_others_are_out_of_reach(client, invoice, ada, ben_company):
    foreign = issue(ben_company.reseller, [Row(ben_company.acme), Row(ben_company.acme)])
    theirs = disputes.open_dispute(item=foreign.items.get(position=1), reason="x", by=ada, at=NOON)
    client.force_login(ada)
    page = reverse("invoicing:dispute", args=[invoice.public_id])

    assert "item" in client.post(page, {"item": foreign.items.get(position=2).pk, "reason": "x"}).context["form"].errors
    assert client.post(page, {"withdraw": theirs.public_id}).status_code == 404
    assert client.post(page, {"withdraw": "\x00"}).status_code == 404
    assert client.get(reverse("invoicing:dispute", args=[foreign.public_id])).status_code == 404


@pytest.mark.parametrize("role", [StorefrontRole.BUYER, StorefrontRole.SUBSCRIPTIONS_MANAGER])
def test_roles_without_invoices_do_not_dispute(client, invoice, ada, role):
    User.objects.filter(pk=ada.pk).update(is_account_admin=False, roles=[role])
    client.force_login(User.objects.get(pk=ada.pk))

    assert client.get(reverse("invoicing:dispute", args=[invoice.public_id])).status_code == 403


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_hostile_words_stay_words(client, invoice, ada, name):
    client.force_login(ada)
    text = TEXTS[name].encode("utf-8", "replace").decode()

    item = invoice.items.get(position=1)
    client.post(reverse("invoicing:dispute", args=[invoice.public_id]), {"item": item.pk, "reason": text})

    body = client.get(invoice.get_absolute_url()).content.decode()
    assert "<script>alert" not in body
    assert "<img src=x" not in body


def test_staff_open_and_close(client, invoice):
    client.force_login(person(StaffRole.FINANCE))
    page = reverse("bss:invoicing_invoice_dispute", args=[invoice.pk])
    made = client.post(page, {"item": invoice.items.get(position=1).pk, "reason": "Called"})
    dispute = Dispute.objects.get()
    decide = reverse("bss:invoicing_dispute_change", args=[dispute.pk])
    assert made["Location"] == decide
    assert "In dispute" in client.get(reverse("bss:invoicing_invoice_change", args=[invoice.pk])).content.decode()
    assert set(client.post(decide, {"other": "1"}).context["form"].errors) == {"state", "outcome"}

    client.post(decide, {"state": "accepted", "outcome": "Credited"})

    dispute.refresh_from_db()
    assert (dispute.state, dispute.outcome) == ("accepted", "Credited")
    assert "Accepted by" in client.get(decide).content.decode()


@pytest.mark.parametrize("role", [StaffRole.SALES, StaffRole.SUPPORT, StaffRole.READ_ONLY])
def test_other_staff_only_read(client, invoice, ada, role):
    dispute = opened(invoice, ada)
    client.force_login(person(role))
    decide = reverse("bss:invoicing_dispute_change", args=[dispute.pk])

    assert client.get(decide).status_code == 200
    assert client.post(decide, {"state": "accepted", "outcome": "x"}).status_code == 403
    assert client.get(reverse("bss:invoicing_invoice_dispute", args=[invoice.pk])).status_code == 403
