"""A billing run while a Redis or PostgreSQL of our own dies, freezes or forgets (F09-F15 of reliability.md §5)."""

from __future__ import annotations

import signal
import time

import pytest
from django.conf import settings
from django.db import connection
from django.db.utils import Error
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from redis import ConnectionError as RedisGone
from redis import TimeoutError as RedisSilent

from config.celery import app
from config.embedded.processes import wait_for
from config.kernel import outbox
from config.kernel.models import Outbox
from config.settings.celery import HURRIED, PATIENT
from storefront.models import Checkout
from tests.faults.invoicing.batches import (
    assert_ended_whole,
    assert_whole,
    begun,
    held,
    issuing_stands_still,
    rung_and_stands_still,
    sold_to,
    states,
    stays_forgotten,
)
from tests.faults.servers import own_servers, ring_at
from tests.faults.workers import broker, worker
from tests.integration.storefront.partner_cast import Cast
from tests.integration.storefront.test_orders import fill, own_offer
from tests.integration.storefront.test_pages import admin

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture(scope="module")
def servers(django_db_setup):
    with own_servers() as started:
        yield started


@pytest.fixture(scope="module")
def crew(servers):
    """One worker for all of these tests, on those servers."""
    with worker("batch") as running:
        yield running


@pytest.fixture
def workers(crew, settings):
    settings.BILLING_LEASE_SECONDS = 1
    crew.ready()
    yield crew
    crew.disarm()


def redis_answers() -> bool:
    try:
        with broker() as redis:
            return bool(redis.ping())
    except (RedisGone, RedisSilent):
        return False


def kill_redis(servers) -> None:
    """`kill -9`; what it had not saved is gone, and its keeper starts it again."""
    before = servers.pid("redis")
    servers.send("redis", signal.SIGKILL)
    assert wait_for(lambda: servers.pid("redis") not in (None, before) and redis_answers(), 20)


def nobody_listens() -> bool:
    with broker() as redis:
        return redis.info("clients")["blocked_clients"] == 0


def run_with_a_message_that_waits(workers):
    """A run whose first message lies in the queue: the workers are frozen."""
    workers.freeze()
    assert wait_for(nobody_listens, 10)
    run = begun()
    with broker() as redis:
        assert redis.llen("batch") == 1
    return run


@pytest.mark.parametrize("forgets", ["flushed", "killed"])
def test_rows_remember_what_redis_forgets(request, servers, workers, size, forgets):
    """F09 and F10. Negative control: until somebody sweeps, the run is forgotten.

    Celery 5.7 gives up when it loses the broker a second time while a task runs; here as in the product somebody
    starts it again.
    """
    payers = sold_to(size)
    run = run_with_a_message_that_waits(workers)
    forget = {"flushed": flush, "killed": lambda: kill_redis(servers)}[forgets]

    forget()
    workers.thaw()
    assert stays_forgotten(run)
    for victim in payers[4:24:5] if forgets == "killed" else payers[9:10]:
        holding = held(victim)
        request.addfinalizer(holding.close)
        assert wait_for(lambda: workers.start() or rung_and_stands_still(), 60, step=0.2), states(run)
        forget()
        holding.close()

    assert_whole(run, size, meanwhile=workers.start)


def flush() -> None:
    with broker() as redis:
        redis.flushall()


def test_batch_goes_on_when_a_frozen_redis_wakes_up(request, servers, workers, size):
    """F11: two seconds, with `--long` twenty."""
    payers = sold_to(size)
    holding = held(payers[12])
    request.addfinalizer(holding.close)
    run = begun()
    assert wait_for(issuing_stands_still, 60), states(run)

    servers.send("redis", signal.SIGSTOP)
    holding.close()
    time.sleep(20 if size > 30 else 2)
    servers.send("redis", signal.SIGCONT)

    assert_whole(run, size)


def test_messages_of_an_old_snapshot_are_only_looked_at(servers, workers, size):
    """F13: Redis comes back with what it had saved before the batch."""
    sold_to(size)
    run = run_with_a_message_that_waits(workers)
    with broker() as redis:
        redis.config_set("save", "")
        redis.save()
    workers.thaw()
    assert_whole(run, size)
    [first, *_later] = [line.split()[0] for line in workers.noted("starts")]

    kill_redis(servers)

    again = lambda: sum(line.startswith(first) for line in workers.noted("starts")) == 2  # noqa: E731 -- read below
    assert wait_for(again, 30), "the old message never came"
    flush()
    assert_ended_whole(run, size)


def database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        connection.close()
        return False
    return True


def kill_postgres(servers, how: str) -> None:
    """All its processes at once, or the postmaster's immediate stop; its keeper starts it again."""
    before = servers.pid("postgres")
    if how == "kill -9":
        servers.kill_everything_of_postgres()
    else:
        servers.send("postgres", signal.SIGQUIT)
    connection.close()
    assert wait_for(lambda: database_answers() and servers.pid("postgres") not in (None, before), 60)


@pytest.mark.parametrize("patience", [HURRIED, pytest.param(PATIENT, marks=pytest.mark.long)], ids=["kept", "removed"])
@pytest.mark.parametrize("away", ["frozen", "down"])
def test_order_is_taken_without_waiting_for_a_redis_that_is_away(servers, monkeypatch, away, patience):
    """F11 and F12: it is saved, the page says so, its bells are rung later. Negative control: a worker's patience."""
    cast = Cast()
    fill(cast, (own_offer(), 1, cast.customer), (own_offer("7.00"), 2, cast.affiliate))
    browser = admin(cast, Client())
    order = {**browser.get(reverse("checkout_confirm")).context["form"].initial, "terms": "on"}
    options = {name: value for name, value in app.conf.broker_transport_options.items() if name not in HURRIED}
    monkeypatch.setitem(app.conf, "broker_transport_options", {**options, **patience})
    if away == "frozen":
        servers.send("redis", signal.SIGSTOP)
        ring_at(settings.CELERY_BROKER_URL)
    else:
        ring_at(f"redis+socket://{servers.places.run}/nobody.sock")

    began = time.monotonic()
    answer = browser.post(reverse("checkout_confirm"), order)
    took = time.monotonic() - began
    servers.send("redis", signal.SIGCONT)
    ring_at(settings.CELERY_BROKER_URL)

    done = reverse("checkout_done", args=[Checkout.objects.get().public_id])
    assert (answer["Location"], browser.get(done).status_code) == (done, 200)
    assert (took < 4) is (patience is HURRIED), took  # a second for the broker; the machine may be busy
    waiting = Outbox.objects.filter(sent_at=None).count()
    assert waiting
    assert outbox.sweep(at=timezone.now() + outbox.QUIET) == waiting
    assert not Outbox.objects.filter(sent_at=None).exists()


@pytest.mark.parametrize("how", ["kill -9", "immediate stop"])
def test_database_that_dies_in_the_middle_loses_nothing(request, servers, workers, size, how):
    """F14 and F15. Negative control: the message was taken for done, so without a sweeper the run is forgotten."""
    payers = sold_to(size)
    run = begun()

    for victim in payers[4::60]:
        holding = held(victim)
        request.addfinalizer(holding.close)
        assert wait_for(rung_and_stands_still, 60, step=0.2), states(run)
        kill_postgres(servers, how)
        assert stays_forgotten(run)

    assert_whole(run, size)
