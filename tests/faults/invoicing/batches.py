"""A batch to be disturbed: so many resellers to bill, and what must hold when the batch is over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from django.utils import timezone

from accounts.models import Account
from config.embedded.processes import wait_for
from invoicing.enums import ItemState, RunState
from invoicing.models import BillingRun, Charge, Invoice, InvoiceItem, NumberSeries, RunItem
from invoicing.services import billing_runs, run_work
from tests.faults.workers import broker, session, sessions_at_work, somebody_waits
from tests.integration.invoicing import cast

MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)


def sold_to(resellers: int) -> list[Account]:
    """Resellers, each with an aggregated and a separate invoice of two lines in April."""
    cast.organisation()
    cast.vat()
    payers = [cast.reseller(f"Reseller {number}") for number in range(resellers)]
    for payer in payers:
        customer = cast.end_customer("Customer", payer, separate_invoices=True)
        cast.sold(payer, customer, 2, on=MARCH)
        cast.sold(payer, payer, 1, on=MARCH)
    return payers


def begun() -> BillingRun:
    """A run of everyone that issues by itself."""
    return billing_runs.start(through=APRIL, by=None, at=timezone.now(), auto_issue=True)


def held(account: Account):
    """Another session holds the bill-to: the worker stands still inside the transaction that issues for it."""
    link = session()
    link.execute("SELECT 1 FROM accounts_account WHERE id = %s FOR NO KEY UPDATE", [account.pk])
    return link


def issuing_stands_still() -> bool:
    """Whether a worker waits, inside its transaction, for a bill-to that another session holds."""
    return somebody_waits('SELECT "invoicing_runitem')


def rung_and_stands_still() -> bool:
    run_work.sweep()
    return issuing_stands_still()


def is_over(run: BillingRun) -> bool:
    return BillingRun.objects.get(pk=run.pk).finished_at is not None


def finished(run: BillingRun) -> bool:
    """The sweeper rings as the scheduler would."""
    run_work.sweep()
    return is_over(run)


def is_forgotten(run: BillingRun) -> bool:
    """Whether nobody will ever go on with it: no message, nobody at work, and it is not over."""
    with broker() as redis:
        return not redis.llen("batch") and not sessions_at_work() and not is_over(run)


def stays_forgotten(run: BillingRun) -> bool:
    """The same, for a second: nobody was just between two steps."""
    return wait_for(lambda: is_forgotten(run), 30) and not wait_for(lambda: not is_forgotten(run), 1)


def counts() -> tuple[int, int, int, int]:
    """Charges, invoices, lines and the last number."""
    last = sum(NumberSeries.objects.values_list("last_number", flat=True))
    return Charge.objects.count(), Invoice.objects.count(), InvoiceItem.objects.count(), last


def states(run: BillingRun) -> list[tuple[str, int, str]]:
    return list(RunItem.objects.filter(run=run).order_by("pk").values_list("state", "attempts", "reason"))


def assert_whole(
    run: BillingRun, resellers: int, *, parked: int = 0, meanwhile: Callable[[], None] = lambda: None
) -> None:
    """It ends with every item done or parked; all audits hold; running again makes nothing.

    Until then the sweeper rings, and `meanwhile` is done again and again.
    """
    assert wait_for(lambda: meanwhile() or finished(run), 120, step=0.2), states(run)
    assert_ended_whole(run, resellers, parked=parked)
    if not parked:
        before = counts()
        again = begun()
        assert wait_for(lambda: meanwhile() or finished(again), 60, step=0.2), "the second run never ended"
        assert (again.items.count(), counts()) == (0, before)


def assert_ended_whole(run: BillingRun, resellers: int, *, parked: int = 0) -> None:
    run.refresh_from_db()
    assert run.state == (RunState.DONE_WITH_ERRORS if parked else RunState.DONE), states(run)
    assert run.items.filter(state=ItemState.PARKED).count() == parked
    done = resellers - parked
    assert counts() == (4 * done + 2 * parked, 2 * done, 4 * done, 2 * done)  # March is charged with the order
    assert [finding for finding in cast.broken() if finding.code != "I21"] == []
