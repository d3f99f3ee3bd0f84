"""The history of people's edits keeps every version of a row."""

from __future__ import annotations

import pytest
from django.utils import timezone

from accounts.models import Account

pytestmark = pytest.mark.django_db


def test_an_account_can_be_edited_again_and_again():
    account = Account.objects.create(
        code="R-9001",
        kind="reseller",
        name="Thermaikos",
        name_key="thermaikos",
        country="GR",
        currency="EUR",
        created_at=timezone.now(),
    )

    for city in ("Athens", "Patras"):
        Account.objects.filter(pk=account.pk).update(city=city)

    events = account.events.order_by("pgh_id")
    assert [event.city for event in events] == ["", "Athens", "Patras"]
    assert {event.public_id for event in events} == {account.public_id}
