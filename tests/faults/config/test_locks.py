"""What a locked row lets through: nobody who locks it too, everybody who only points at it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from django.db import DatabaseError, connection, transaction

from accounts.models import Account
from accounts.services import audit
from config.kernel.locks import lock
from tests.integration.invoicing import cast

pytestmark = pytest.mark.django_db(transaction=True)
NOON = datetime(2026, 3, 20, 10, 0, tzinfo=UTC)


@pytest.fixture
def elsewhere() -> Iterator[Callable[[Callable[[], object]], Future[object]]]:
    """Run something in a transaction of another connection that waits half a second for a lock."""

    def impatient(work: Callable[[], object]) -> object:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '500ms'")
                return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        yield lambda work: pool.submit(impatient, work)


def act(account: Account) -> object:
    """Write a row that points at the account."""
    return audit.record("account.changed", target=account, account=account, by=None, at=NOON)


def test_locked_row_excludes_who_locks_it_and_lets_in_who_points_at_it(elsewhere) -> None:
    payer = cast.reseller()

    with transaction.atomic():
        lock(payer)
        pointing = elsewhere(lambda: act(payer))
        locking = elsewhere(lambda: lock(payer))

        assert pointing.result() is not None
        with pytest.raises(DatabaseError, match="lock timeout"):
            locking.result()


def test_row_is_locked_while_others_have_just_pointed_at_it(elsewhere) -> None:
    """Two who have each written a row that points at it, and then lock it, do not wait for each other."""
    payer = cast.reseller()

    with transaction.atomic():
        cast.affiliate("Foundry", payer)

        assert elsewhere(lambda: lock(payer)).result() == payer
        assert lock(payer) == payer
