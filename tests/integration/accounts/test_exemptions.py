"""Accounts exempt from VAT say why and how long."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Account, AuditEvent
from accounts.services import exemptions
from tests.integration.invoicing import cast

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
FIRST, LAST = date(2026, 1, 1), date(2026, 12, 31)


def exempt(account, **more):
    facts = {"exempt": True, "reason": "Article 27, certificate 17", "since": FIRST, "until": LAST, **more}
    return exemptions.set_exemption(account=account, by=cast.cleo(), at=NOON, **facts)


@pytest.mark.parametrize(
    ("on", "holds"), [(date(2025, 12, 31), False), (FIRST, True), (LAST, True), (date(2027, 1, 1), False)]
)
def test_both_days_of_an_exemption_count(on, holds):
    assert exempt(cast.reseller()).is_exempt(on) is holds
    assert Account().is_exempt(on) is False


def test_exemption_is_ended_with_all_that_belongs_to_it_and_the_trail_knows():
    account = exempt(cast.reseller())

    ended = exempt(account, exempt=False)

    assert (ended.tax_exempt, ended.exempt_reason, ended.exempt_from, ended.exempt_until) == (False, "", None, None)
    assert AuditEvent.objects.filter(action="account.exemption", account=account).count() == 2
    exempt(account, exempt=False)
    assert AuditEvent.objects.filter(action="account.exemption", account=account).count() == 2


def test_exemption_needs_a_reason_and_ordered_days():
    account = cast.reseller()

    for facts, refusal in (
        ({"reason": " "}, exemptions.ExemptionReasonNeeded),
        ({"reason": "x" * 201}, exemptions.ExemptionReasonNeeded),
        ({"since": LAST, "until": FIRST}, exemptions.ExemptionEndsBeforeItBegins),
    ):
        with pytest.raises(refusal):
            exempt(account, **facts)

    for name, facts in (
        ("account_exemption_whole", {"tax_exempt": True}),
        ("account_exemption_whole", {"exempt_from": FIRST}),
        (
            "account_exemption_ordered",
            {"tax_exempt": True, "exempt_reason": "x", "exempt_from": LAST, "exempt_until": FIRST},
        ),
    ):
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            Account.objects.filter(pk=account.pk).update(**facts)
