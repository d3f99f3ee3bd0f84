"""F34: a worker dies by kill -9 after Microsoft has acted and before the answer is recorded; another one goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta

import pytest
from django.db import connection

from storefront.enums import CallState, UnitState
from storefront.models import PartnerCall
from storefront.services import fulfilment
from tests.integration.storefront.partner_cast import NOW, Cast, tenant_of, unit_of

WORKER = """
import os, sys
import django
django.setup()
from django.conf import settings
from datetime import datetime
from django.db import connection
connection.settings_dict["NAME"] = sys.argv[1]
url = sys.argv[2]
settings.PARTNER_CENTER_URL = url
settings.PARTNER_CENTER_TOKEN_URL = url + "/distributor/oauth2/token"
settings.OUTGOING_HTTP_HOSTS = [url.removeprefix("http://")]
settings.FULFILMENT_LEASE_SECONDS = 1.0
settings.PARTNER_CENTER_READ_SECONDS = settings.PARTNER_CENTER_CHECKOUT_SECONDS = 5.0
from storefront.models import Tenant
from storefront.services import fulfilment
from storefront.services.fulfilment import leases
leases.MARGIN = 0.0
fulfilment.advance(tenant=Tenant.objects.get(pk=int(sys.argv[3])), at=datetime.fromisoformat(sys.argv[4]))
"""


def worker(url: str, tenant_id: int) -> subprocess.Popen[bytes]:
    arguments = [str(connection.settings_dict["NAME"]), url, str(tenant_id), NOW.isoformat()]
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings.test"}
    return subprocess.Popen([sys.executable, "-c", WORKER, *arguments], env=environment, start_new_session=True)


def wait_until(reached, seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < end, "the moment never came"
        time.sleep(0.05)


@pytest.mark.slow
@pytest.mark.parametrize("replay", [True, False], ids=["id remembered", "id forgotten"])
@pytest.mark.parametrize(
    ("route", "kind", "step"),
    [
        ("/v1/customers$", "customer", "create_customer"),
        ("/carts$", "cart", "cart"),
        ("/checkout$", "order", "checkout"),
    ],
)
@pytest.mark.django_db(transaction=True)
def test_worker_killed_between_accept_and_record_is_resumed_without_a_double(microsoft, route, kind, step, replay):
    microsoft.configure(replay_memory=replay)
    microsoft.fault(route, when="after", times=1, delay_ms=4000)
    cast = Cast()
    order = cast.order(cast.customer, prefix="glafkos")
    fulfilment.start(order=order, at=NOW)

    process = worker(microsoft.url, tenant_of(order).pk)
    wait_until(lambda: microsoft.ledger()[kind])
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    left = PartnerCall.objects.get(step=step).state
    wait_until(lambda: fulfilment.advance(tenant=tenant_of(order), at=NOW + timedelta(minutes=1)))

    ledger = microsoft.ledger()
    assert left == CallState.SENT
    assert unit_of(order).state == UnitState.ACTIVE
    assert (len(ledger["customer"]), len(ledger["order"]), len(ledger["subscription"])) == (1, 1, 1)
    assert (
        len({row["headers"]["MS-RequestId"] for row in microsoft.journal("POST") if row["path"].endswith(route[:-1])})
        == 1
    )
