"""The MPN ID at Microsoft: stored, checked, guarded."""

from __future__ import annotations

import pytest

from resellers.enums import MpnStatus
from resellers.models import Reseller
from resellers.services import mpn
from storefront.services import partners
from storefront.services.partners import Verdict
from tests.integration.storefront.partner_cast import NOW, Cast

pytestmark = pytest.mark.django_db


def stored(cast: Cast) -> Reseller:
    return Reseller.objects.get(account=cast.reseller)


@pytest.mark.parametrize(
    ("number", "verdict", "status"),
    [("9900185", Verdict.VALID, MpnStatus.VALID), ("2203203", Verdict.INVALID, MpnStatus.INVALID)],
)
def test_store_asks_microsoft_and_writes_the_answer_down(microsoft, number, verdict, status, deliver_outbox):
    cast = Cast(mpn=None)
    reseller = partners.store(reseller=stored(cast), mpn_id=number, by=cast.ada, at=NOW)
    assert reseller.mpn_status == MpnStatus.UNCHECKED

    assert deliver_outbox() == ["storefront.check_partner"]

    row = stored(cast)
    assert (row.mpn_id, row.mpn_status) == (number, status)
    assert bool(row.csp_tenant_id) == (verdict is Verdict.VALID)
    assert bool(row.mpn_error) == (verdict is Verdict.INVALID)


def test_check_is_unknown_and_writes_nothing_without_an_answer(microsoft):
    cast = Cast()
    microsoft.fault("/validateresellers$", delay_ms=4000)

    answer = partners.check(reseller=stored(cast), at=NOW)

    assert answer.verdict is Verdict.UNKNOWN
    assert stored(cast).mpn_checked_at is None


def test_check_without_a_number_is_invalid_and_asks_nobody(microsoft):
    cast = Cast(mpn=None)

    assert partners.check(reseller=stored(cast), at=NOW).verdict is Verdict.INVALID
    assert microsoft.journal() == []


def test_number_carried_by_live_subscriptions_cannot_simply_be_replaced(microsoft):
    cast = Cast()
    cast.order(cast.affiliate, prefix="host")
    assert partners.live_subscriptions(reseller=stored(cast)) == 0
    cast.order(cast.customer, prefix="glafkos")

    with pytest.raises(mpn.MpnIdInUse):
        partners.store(reseller=stored(cast), mpn_id="9900185", by=cast.ada, at=NOW)
