"""A worker dies by kill -9 between Microsoft's yes and our write: another one goes on, and there is one renewal."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection

from storefront.enums import CallState, RequestState
from storefront.models import AutoRenewRequest, PartnerCall, Renewal
from storefront.services import renewals
from tests.faults.storefront.test_fulfilment_killed import wait_until
from tests.integration.storefront.partner_cast import NOW, Cast
from tests.integration.storefront.renewal_cast import NEW, fresh, renewals_in, subscribe

LATER = datetime(2026, 12, 10, 12, tzinfo=UTC)
WORKER = """
import sys
import django
django.setup()
from datetime import datetime
from django.conf import settings
from django.db import connection
connection.settings_dict["NAME"] = sys.argv[1]
url = sys.argv[2]
settings.PARTNER_CENTER_URL = url
settings.PARTNER_CENTER_TOKEN_URL = url + "/distributor/oauth2/token"
settings.OUTGOING_HTTP_HOSTS = [url.removeprefix("http://")]
settings.FULFILMENT_LEASE_SECONDS = 1.0
settings.PARTNER_CENTER_READ_SECONDS = 5.0
from storefront.services import renewals
from storefront.services.fulfilment import leases
leases.MARGIN = 0.0
act, number, at = sys.argv[3], int(sys.argv[4]), datetime.fromisoformat(sys.argv[5])
if act == "check":
    renewals.check_tenant(tenant_id=number, at=at)
else:
    renewals.advance_request(request_id=number, at=at)
"""


def worker(url: str, act: str, number: int, at: datetime) -> subprocess.Popen[bytes]:
    arguments = [str(connection.settings_dict["NAME"]), url, act, str(number), at.isoformat()]
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings.test"}
    return subprocess.Popen([sys.executable, "-c", WORKER, *arguments], env=environment, start_new_session=True)


def kill(process: subprocess.Popen[bytes]) -> None:
    os.kill(process.pid, signal.SIGKILL)
    process.wait()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_worker_killed_with_the_vendors_answer_in_hand_leaves_one_renewal(microsoft):
    subscription = subscribe(Cast(), microsoft, NOW)
    microsoft.set_clock(LATER)
    microsoft.fault("/subscriptions$", method="GET", when="after", times=1, delay_ms=4000)

    process = worker(microsoft.url, "check", subscription.tenant_id, LATER)
    wait_until(lambda: microsoft.ledger()["fault"][0]["used"])
    kill(process)
    left = Renewal.objects.count()
    for _time in range(2):
        renewals.check_tenant(tenant_id=subscription.tenant_id, at=LATER + timedelta(minutes=1))

    assert left == 0
    assert renewals_in(fresh(subscription).schedule) == [(date(2026, 12, 10), NEW, 3)]
    assert Renewal.objects.count() == 1


@pytest.mark.slow
@pytest.mark.parametrize("replay", [True, False], ids=["id remembered", "id forgotten"])
@pytest.mark.django_db(transaction=True)
def test_worker_killed_after_auto_renew_was_switched_is_found_out_by_reading(microsoft, replay):
    microsoft.configure(replay_memory=replay)
    cast = Cast()
    subscription = subscribe(cast, microsoft, NOW)
    renewals.request(subscription=subscription, renews=False, by=cast.ada, at=NOW + timedelta(hours=1))
    request = AutoRenewRequest.objects.get()
    microsoft.fault("/subscriptions/", method="PATCH", when="after", times=1, delay_ms=4000)

    process = worker(microsoft.url, "switch", request.pk, NOW + timedelta(hours=1))
    wait_until(lambda: not microsoft.ledger()["subscription"][0]["autoRenewEnabled"])
    kill(process)
    left = PartnerCall.objects.get(step="auto_renew").state
    wait_until(lambda: renewals.advance_request(request_id=request.pk, at=NOW + timedelta(hours=2)))

    assert left == CallState.SENT
    assert AutoRenewRequest.objects.get().state == RequestState.DONE
    assert PartnerCall.objects.get(step="auto_renew").state == CallState.OK
    assert fresh(subscription).auto_renew is False
    assert len(microsoft.journal("PATCH")) == 1
