"""The last step of dunning: proposed to the staff, never carried out by itself (product.md §12.3)."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import product

import pytest
import time_machine
from django.db import DatabaseError, IntegrityError, transaction
from django.urls import reverse

from accounts.enums import StaffRole
from accounts.models import Account, AuditEvent
from bss.selectors.work import waiting
from config.kernel.errors import InvalidTransition
from config.kernel.money import Money
from invoicing.enums import SUSPENSION_TRANSITIONS, SuspensionState
from invoicing.models import BillingSettings, SuspensionProposal
from invoicing.services import disputes, dunning, payments, suspensions
from tests.integration.bss.test_pages import person
from tests.integration.invoicing import cast
from tests.integration.invoicing.issued import Row, issue
from tests.integration.invoicing.test_dunning import NINE, TODAY, late

pytestmark = pytest.mark.django_db
LIMIT = 30


@pytest.fixture(autouse=True)
def nine():
    with time_machine.travel(NINE, tick=False):
        yield


@pytest.fixture(autouse=True)
def limit():
    BillingSettings.objects.update_or_create(pk=1, defaults={"suspend_after": LIMIT})


def proposals():
    return list(SuspensionProposal.objects.order_by("pk"))


def decided(proposal, state=SuspensionState.LEFT, **more):
    facts = {"reason": "Pays on Friday", "by": cast.cleo(), "at": NINE, **more}
    return suspensions.decide(proposal=proposal, state=state, **facts)


def test_daily_reminders_propose_once_for_who_owes_past_the_limit(ada_company, ben_company):
    late(ada_company, LIMIT)
    late(ada_company, LIMIT + 5)
    late(ben_company, LIMIT - 1)

    for _again in range(2):
        dunning.sweep(at=NINE)

    (proposal,) = proposals()
    assert (proposal.bill_to, proposal.amount, proposal.state) == (ada_company.reseller, Decimal("148.80"), "open")
    assert proposal.due_on == TODAY - timedelta(days=LIMIT + 5)
    assert Account.objects.get(pk=ada_company.reseller.pk).ordering_enabled


def test_without_a_limit_and_for_who_is_left_alone_nothing_is_proposed(ada_company):
    late(ada_company, LIMIT)
    dunning.pause(bill_to=ada_company.reseller, until=TODAY, reason="Agreed", by=cast.cleo(), at=NINE)
    assert suspensions.sweep(at=NINE) == 0
    BillingSettings.objects.update(suspend_after=None)

    assert suspensions.sweep(at=NINE + timedelta(days=2)) == 0


def test_what_is_in_dispute_does_not_count(ada_company):
    invoice = late(ada_company, LIMIT)
    part = disputes.open_dispute(
        item=invoice.items.get(), part_net=Decimal("10.00"), reason="x", by=cast.cleo(), at=NINE
    )
    suspensions.sweep(at=NINE)
    assert proposals()[0].amount == Decimal("74.40") - part.amount == Decimal("62.00")


def test_money_settles_the_proposal_by_itself(ada_company):
    late(ada_company, LIMIT)
    suspensions.sweep(at=NINE)
    payments.record(
        bill_to=ada_company.reseller, amount=Money(Decimal("74.40"), "EUR"), received_on=TODAY, method="bank_transfer",
        reference="x", by=cast.cleo(), at=NINE,
    )  # fmt: skip

    suspensions.sweep(at=NINE)

    assert (proposals()[0].state, proposals()[0].decided_by) == (SuspensionState.SETTLED, None)
    late(ada_company, LIMIT)
    assert suspensions.sweep(at=NINE) == 1


def test_after_a_decision_only_an_invoice_that_passes_the_limit_later_is_news(ada_company):
    late(ada_company, LIMIT)
    issue(ada_company.reseller, [Row(ada_company.acme)], issued_on=date(2026, 9, 1), due_on=date(2026, 10, 30))
    suspensions.sweep(at=NINE)
    decided(proposals()[0])

    assert suspensions.sweep(at=NINE + timedelta(days=1)) == 0
    assert suspensions.sweep(at=NINE + timedelta(days=9)) == 1  # 30 October + 30 days is later than the decision


def test_stopping_takes_no_new_orders_and_says_why_leaving_changes_nothing(ada_company, ben_company):
    for company in (ada_company, ben_company):
        late(company, LIMIT)
    suspensions.sweep(at=NINE)
    first, second = proposals()

    decided(first, SuspensionState.STOPPED, reason="No answer for a month")
    decided(second)

    stopped = Account.objects.select_related("reseller").get(pk=first.bill_to_id)
    assert (stopped.ordering_enabled, stopped.reseller.reselling_enabled) == (False, False)
    assert Account.objects.get(pk=second.bill_to_id).ordering_enabled
    acts = AuditEvent.objects.filter(account=stopped, reason="No answer for a month")
    assert set(acts.values_list("action", flat=True)) == {"reseller.terms_changed", "suspension.decided"}


def test_refusals_say_what_to_do(ada_company):
    late(ada_company, LIMIT)
    suspensions.sweep(at=NINE)
    (proposal,) = proposals()

    for facts, refusal in (
        ({"reason": " "}, suspensions.SuspensionReasonNeeded),
        ({"reason": "x" * 301}, suspensions.SuspensionReasonNeeded),
        ({"state": SuspensionState.SETTLED}, suspensions.StateNotChosen),
    ):
        with pytest.raises(refusal):
            decided(proposal, **facts)
    decided(proposal)
    with pytest.raises(InvalidTransition):
        decided(proposal, SuspensionState.STOPPED)


@pytest.mark.parametrize(("before", "after"), list(product(SuspensionState, SuspensionState)))
def test_database_knows_the_arrows(ada_company, before, after):
    late(ada_company, LIMIT)
    suspensions.sweep(at=NINE)
    (row,) = proposals()
    facts = {"open": {}, "settled": {"decided_at": NINE}}
    done = {"decided_at": NINE, "decided_by": cast.cleo(), "reason": "x"}
    rows = SuspensionProposal.objects.filter(pk=row.pk)
    if before != SuspensionState.OPEN:
        rows.update(state=before, **facts.get(before, done))

    empty = {"decided_at": None, "decided_by": None, "reason": ""}
    change = {"state": after, **empty, **facts.get(after, done)}
    if SUSPENSION_TRANSITIONS.allows(before, after) or before == after:
        rows.update(**change)
        return
    with pytest.raises(DatabaseError), transaction.atomic():
        rows.update(**change)


def test_database_keeps_one_open_proposal_and_what_it_said(ada_company):
    late(ada_company, LIMIT)
    suspensions.sweep(at=NINE)
    (row,) = proposals()
    facts = {"bill_to": row.bill_to, "proposed_on": TODAY, "due_on": TODAY, "currency": "EUR", "at": NINE}

    with pytest.raises(IntegrityError, match="suspension_open_once"), transaction.atomic():
        SuspensionProposal.objects.create(amount=1, **facts)
    with pytest.raises(DatabaseError, match="suspension_frozen"), transaction.atomic():
        SuspensionProposal.objects.update(amount=1)
    with pytest.raises(IntegrityError, match="suspension_decided_with_reason"), transaction.atomic():
        SuspensionProposal.objects.update(state="left", decided_at=NINE, decided_by=cast.cleo())


def test_staff_find_it_in_the_work_queue_and_decide_on_its_page(client, ada_company):
    late(ada_company, LIMIT)
    suspensions.sweep(at=NINE)
    (proposal,) = proposals()
    (kind,) = [found for found in waiting(on=TODAY) if found.kind.key == "suspension"]
    assert (kind.count, kind.items[0].title) == (1, "Thermaikos owes for long")
    client.force_login(person(StaffRole.FINANCE))
    page = reverse("bss:invoicing_suspensionproposal_change", args=[proposal.pk])
    assert "€74.40" in client.get(page).content.decode()

    client.post(page, {"state": "stopped", "reason": "No answer"})

    assert proposals()[0].state == SuspensionState.STOPPED
    assert "The reseller may not order." in client.get(page).content.decode()
    assert [found.count for found in waiting(on=TODAY) if found.kind.key == "suspension"] == [0]
    client.force_login(person(StaffRole.SUPPORT))
    assert client.post(page, {"state": "left", "reason": "x"}).status_code == 403
