"""A billing run with real Celery workers that are killed in the middle (F01, F02 of reliability.md §5)."""

import os
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone
from redis import Redis

from config.embedded.processes import die_with_parent, wait_for
from config.env import app_role
from invoicing.enums import RunState
from invoicing.models import BillingRun, Charge, Invoice, InvoiceItem, NumberSeries, RunItem
from invoicing.services import billing_runs, run_work
from tests.integration.invoicing import cast

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
APRIL = date(2026, 4, 1)
RESELLERS = 12


class Workers:
    """One worker process with two children on the batch queue, connected to the test database as the app role."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        facts = connection.settings_dict
        host, port = facts["HOST"], facts["PORT"]
        user = app_role() or facts["USER"]
        password = f":{facts['PASSWORD']}" if facts["PASSWORD"] else ""
        place = f"//{host.lstrip('/')}" if host.startswith("/") else f"{host}:{port}"
        address = f"postgres://{user}{password}@{place}/{facts['NAME']}"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "config", "worker", "-Q", "batch", "-c", "2", "-l", "WARNING"],
            cwd=settings.BASE_DIR,
            env={
                **os.environ,
                "DJANGO_SETTINGS_MODULE": "config.settings.test",
                "DATABASE_URL": address,
                "DATABASE_OWNER_URL": address,
                "BILLING_LEASE_SECONDS": "2",
            },
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509 -- this process has one thread here
        )

    def kill_tree(self) -> None:
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def kill_children(self) -> None:
        assert self.process is not None
        found = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        for child in found:
            os.kill(int(child), signal.SIGKILL)


@pytest.fixture
def workers():
    with Redis.from_url(
        settings.CELERY_BROKER_URL.replace("redis+socket", "unix").replace("virtual_host", "db")
    ) as redis:
        redis.flushdb()
    running = Workers()
    yield running
    running.kill_tree()


def sold_to(resellers):
    cast.organisation()
    cast.vat()
    payers = [cast.reseller(f"Reseller {number}") for number in range(resellers)]
    for payer in payers:
        customer = cast.end_customer("Customer", payer, separate_invoices=True)
        cast.sold(payer, customer, 2, on=date(2026, 3, 1))
        cast.sold(payer, payer, 1, on=date(2026, 3, 1))
    return payers


def held_lock(account):
    """Another session holds the bill-to: the worker stands still inside its transaction."""
    facts = connection.settings_dict
    address = {"host": facts["HOST"], "port": facts["PORT"], "user": facts["USER"], "password": facts["PASSWORD"]}
    session = psycopg.connect(dbname=facts["NAME"], **{key: value for key, value in address.items() if value})
    session.execute("SELECT 1 FROM accounts_account WHERE id = %s FOR NO KEY UPDATE", [account.pk])
    return session


def issuing_stands_still():
    """Whether a worker waits, inside its transaction, for a bill-to that another session holds."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND wait_event_type = 'Lock' AND query LIKE 'SELECT \"accounts_account%'"
        )
        return cursor.fetchone()[0] > 0


def finished(run):
    """The sweeper rings as the scheduler would."""
    run_work.sweep()
    return BillingRun.objects.get(pk=run.pk).finished_at is not None


def counts():
    last = NumberSeries.objects.get().last_number
    return Charge.objects.count(), Invoice.objects.count(), InvoiceItem.objects.count(), last


@pytest.mark.parametrize("died", ["the whole worker", "its children"])
def test_killed_worker_loses_nothing_and_doubles_nothing(request, workers, settings, died):
    settings.BILLING_LEASE_SECONDS = 2
    payers = sold_to(RESELLERS)
    let_go = held_lock(payers[5]).close
    request.addfinalizer(let_go)
    workers.start()
    run = billing_runs.start(through=APRIL, by=None, at=timezone.now(), auto_issue=True)
    assert wait_for(issuing_stands_still, 60), "the worker never began to issue"
    assert BillingRun.objects.get(pk=run.pk).state == RunState.ISSUING

    if died == "the whole worker":
        workers.kill_tree()
        workers.start()
    else:
        workers.kill_children()
    let_go()

    assert wait_for(lambda: finished(run), 120, step=0.5), list(RunItem.objects.values("state", "attempts", "reason"))
    run.refresh_from_db()
    assert run.state == RunState.DONE
    assert counts() == (4 * RESELLERS, 2 * RESELLERS, 4 * RESELLERS, 2 * RESELLERS)
    assert [finding for finding in cast.broken() if finding.code != "I21"] == []
    workers.kill_tree()  # the next run is driven here, by nobody else
    before = counts()
    assert cast.bill(APRIL).items.count() == 0
    assert counts() == before


def test_every_bell_three_times_and_a_deaf_broker_change_nothing(workers, settings):
    """F22 and F09: bells are repeated and lost; the rows decide."""
    settings.BILLING_LEASE_SECONDS = 2
    sold_to(4)
    workers.start()
    run = billing_runs.start(through=APRIL, by=None, at=timezone.now(), auto_issue=True)
    started = time.monotonic()
    while not finished(run):
        assert time.monotonic() - started < 60
        for _bell in range(3):
            run_work.sweep()
        time.sleep(0.2)

    assert counts() == (16, 8, 16, 8)
    assert [finding for finding in cast.broken() if finding.code != "I21"] == []
