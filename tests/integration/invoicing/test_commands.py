"""`manage.py bill` and `manage.py audit`, as architecture.md §5 promises them."""

import json
from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from invoicing.models import BillingRun, Invoice
from tests.integration.invoicing import cast
from tests.integration.invoicing.cast import Story, sold

pytestmark = pytest.mark.django_db


def told(command, *options):
    out = StringIO()
    call_command(command, *options, "--json", stdout=out)
    return json.loads(out.getvalue())


def test_bill_previews_issues_and_reports():
    story = Story.told()

    facts = told("bill", "--through", "2026-04-01")

    run = BillingRun.objects.order_by("-pk").first()
    assert facts == {
        "run": run.public_id,
        "state": "done",
        "through": "2026-04-01",
        "invoice_date": "2026-04-01",
        "counts": {
            "accounts": 1,
            "invoices": 1,
            "lines": 5,
            "pending": 0,
            "previewed": 0,
            "changed": 0,
            "held": 0,
            "parked": 0,
            "nothing_due": 0,
            "done": 1,
        },
        "totals": {"EUR": {"net": "155.23", "tax": "37.26", "gross": "192.49"}},
        "invoices": ["INV-2026-000002"],
        "errors": [],
        "certificate": {"complete": True, "sums": [facts["certificate"]["sums"][0]], "unequal": [], "left": []},
        "warnings": [],
    }
    assert facts["certificate"]["sums"][0]["documents_net"] == "155.23"
    again = told("bill", "--through", "2026-04-01", "--reseller", story.payer.code)
    assert (again["state"], again["invoices"], again["totals"]) == ("done", [], {})


def test_bill_preview_stops_before_issuing_and_dry_run_keeps_nothing():
    Story.told()
    runs, invoices = BillingRun.objects.count(), Invoice.objects.count()

    dry = told("bill", "--through", "2026-04-01", "--dry-run")

    assert (dry["run"], dry["totals"]["EUR"]["gross"]) == (None, "192.49")
    assert (BillingRun.objects.count(), Invoice.objects.count()) == (runs, invoices)
    facts = told("bill", "--through", "2026-04-01", "--preview")
    assert (facts["state"], facts["invoices"], facts["totals"]["EUR"]["gross"]) == ("previewed", [], "192.49")
    assert facts["certificate"] is None
    with pytest.raises(CommandError, match="not finished yet"):
        told("bill", "--through", "2026-04-01")


def test_bill_names_what_is_held_and_what_waits_for_a_renewal():
    cast.organisation()
    payer = cast.reseller("Nowhere")
    sold(payer, payer, 1, on=date(2026, 3, 1), term_months=1, proratable=False)

    facts = told("bill", "--through", "2026-04-01")

    assert facts["state"] == "done_with_errors"
    assert facts["errors"] == [
        {
            "account": payer.code,
            "name": "Nowhere",
            "state": "held",
            "reason": "No tax rule for Greece on 2026-04-01. Add one, then preview again.",
        }
    ]
    assert facts["warnings"] == ["1 services are past their term's end without a renewal and are held."]
    out = StringIO()
    call_command("bill", "--through", "2026-04-01", stdout=out)
    assert f"! {payer.code} Nowhere (held): No tax rule for Greece" in out.getvalue()


def test_bill_refuses_before_it_starts_when_the_organisation_is_not_set_up():
    with pytest.raises(CommandError, match="Complete the organisation first"):
        call_command("bill", "--through", "2026-04-01")
    assert not BillingRun.objects.exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--through", "tomorrow"], "tomorrow is not a date"),
        (["--through", "2026-04-01", "--reseller", "R-NONE"], "There is no account R-NONE"),
    ],
)
def test_bill_refuses_with_words(options, said):
    with pytest.raises(CommandError, match=said):
        call_command("bill", *options)


def test_audit_is_silent_when_all_holds_and_fails_with_the_rows_when_not():
    story = Story.told()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("RESET ROLE")
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE invoicing_invoice SET issued_at = now()")
    assert told("audit")["ok"] is True

    with connection.cursor() as cursor:
        cursor.execute("UPDATE invoicing_invoiceitem SET net = net + 1 WHERE position = 1")
    out = StringIO()
    with pytest.raises(SystemExit) as stopped:
        call_command("audit", "--json", stdout=out)

    facts = json.loads(out.getvalue())
    assert (stopped.value.code, facts["ok"]) == (1, False)
    assert [one["code"] for one in facts["broken"]] == ["I01", "I04", "I10"]
    assert facts["broken"][0]["rows"][0]["number"] == "INV-2026-000001"
    assert story.payer.pk
    words = StringIO()
    with pytest.raises(SystemExit):
        call_command("audit", stdout=words)
    assert "I01" in words.getvalue()
    assert "invariants hold." in words.getvalue()
