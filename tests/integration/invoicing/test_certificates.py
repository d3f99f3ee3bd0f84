"""The certificate of a run: charges = lines = tax table = documents, or the list of what is not billed."""

from __future__ import annotations

import io
import json
from datetime import date
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db import DatabaseError, transaction

from invoicing.enums import RefundPolicy, RunState
from invoicing.models import Invoice, RunCertificate
from invoicing.selectors.certificates import sums_of, unequal
from invoicing.services import audits, billing_runs, schedules
from tests.integration.invoicing import cast
from tests.integration.invoicing.cast import NOON, Story, bill, drive, sold

pytestmark = pytest.mark.django_db
APRIL, MAY = date(2026, 4, 1), date(2026, 5, 1)


@pytest.fixture
def story(db):
    return Story.told()


def test_a_complete_run_says_the_same_four_times(story):
    story.flag(story.a)

    certificate = bill(APRIL).certificate

    assert (certificate.is_complete, certificate.unequal, certificate.left) == (True, [], [])
    assert certificate.sums == [
        {
            "currency": "EUR",
            "charges": 5,
            "lines": 5,
            "documents": 2,
            "charges_net": "155.23",
            "lines_net": "155.23",
            "bases": "155.23",
            "documents_net": "155.23",
            "taxes": "37.26",
            "documents_tax": "37.26",
            "gross": "192.49",
        }
    ]
    assert cast.broken() == []


def test_credits_count_negative(story):
    refunded = sold(story.payer, story.b, 2, on=date(2026, 3, 1), refund_policy=RefundPolicy.DAY)
    bill(APRIL)
    schedules.end(schedule=refunded, on=date(2026, 4, 11), by=None, at=NOON)

    run = bill(MAY)

    [row] = run.certificate.sums
    assert run.certificate.unequal == []
    assert row["charges"] == row["lines"]
    nets = [(invoice.is_credit, invoice.net) for invoice in Invoice.objects.filter(run_item__run=run)]
    assert any(is_credit for is_credit, _net in nets)
    assert Decimal(row["documents_net"]) == sum(-net if is_credit else net for is_credit, net in nets)


def test_what_is_held_is_left_with_its_reason_and_amounts(story):
    abroad = cast.reseller("Cyprus Cloud", account_facts={"country": "CY"})
    sold(abroad, abroad, 2, on=APRIL)
    run = drive(billing_runs.start(through=APRIL, by=None, at=NOON))
    billing_runs.hold(item=run.items.get(bill_to=story.payer), reason="Disputed", by=cast.cleo(), at=NOON)

    run = drive(billing_runs.issue(run=run, by=None, at=NOON))

    assert (run.state, run.certificate.is_complete, run.certificate.sums) == (RunState.DONE_WITH_ERRORS, False, [])
    told = {row["name"]: (row["charges"], row["net"], row["services"], row["reason"]) for row in run.certificate.left}
    assert told["Rhodes IT"] == (1, "23.23", 4, "Disputed")
    assert told["Cyprus Cloud"][:2] == (1, "24.00")
    assert "No tax rule for Cyprus" in told["Cyprus Cloud"][3]


def test_what_comes_after_the_issue_is_left_for_the_next_run(story):
    run = drive(billing_runs.start(through=APRIL, by=None, at=NOON))
    late = cast.reseller("Late")
    sold(late, late, 1, on=APRIL)

    run = drive(billing_runs.issue(run=run, by=None, at=NOON))

    [row] = run.certificate.left
    assert (row["name"], row["net"], row["state"], row["reason"]) == ("Late", "12.00", "", "")
    assert bill(APRIL).certificate.is_complete


def test_nothing_for_nothing_is_missed(story):
    lonely = cast.reseller("Lonely")
    sold(lonely, lonely, 1, on=APRIL, price=Decimal("0.00"))

    assert bill(APRIL).certificate.is_complete


def test_sums_that_differ_are_named():
    row = {"charges": 2, "lines": 1, "charges_net": "2.00", "lines_net": "1.00", "bases": "1.00"}

    found = unequal([{"currency": "EUR", **row, "documents_net": "1.00", "taxes": "0.24", "documents_tax": "0.24"}])

    assert [(one["first"], one["second"]) for one in found] == [("charges", "lines"), ("charges_net", "lines_net")]


def test_a_certificate_is_kept_as_it_is_and_audited(story):
    run = bill(APRIL)
    with pytest.raises(DatabaseError), transaction.atomic():
        RunCertificate.objects.update(is_complete=False)
    with pytest.raises(DatabaseError), transaction.atomic():
        RunCertificate.objects.all().delete()
    assert (audits.run(only=["I35"]), run.certificate.is_complete) == ([], True)


def test_bill_prints_the_certificate(story):
    out = io.StringIO()
    call_command("bill", "--through", "2026-04-01", "--json", stdout=out)

    told = json.loads(out.getvalue())["certificate"]

    assert (told["complete"], told["left"], told["sums"][0]["gross"]) == (True, [], "192.49")
    assert sums_of(RunCertificate.objects.latest("run_id").run) == told["sums"]
