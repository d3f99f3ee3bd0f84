"""When to try again. All waits are columns: nobody sleeps, a sweeper rings what is due."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from django.conf import settings

from storefront.partner_center import errors

LONG = 300.0  # a refused consent needs a person; look again now and then


class Wait(Exception):
    """Not now: the unit is looked at again later. `code` says why, for the operators."""

    def __init__(self, code: str, *, poll: bool = False, seconds: float | None = None) -> None:
        super().__init__(code)
        self.code, self.poll, self.seconds = code, poll, seconds


def next_try(*, attempts: int, poll: bool, at: datetime, seconds: float | None = None) -> datetime:
    """The moment of the next look: `seconds`, or the table's entry for this many attempts, plus a little jitter."""
    table = settings.FULFILMENT_POLL_SECONDS if poll else settings.FULFILMENT_RETRY_SECONDS
    wait = table[min(attempts, len(table) - 1)] if seconds is None else seconds
    return at + timedelta(seconds=wait * (1 + random.random() / 10))  # noqa: S311 -- spreads load, guards nothing


def wait_for(error: errors.PartnerCenterError) -> Wait:
    """How long an error that is not an answer makes us wait."""
    if isinstance(error, errors.Throttled):
        return Wait("throttled", seconds=error.retry_after)
    if isinstance(error, errors.NotAuthenticated):
        return Wait("not_authenticated", seconds=LONG)
    if isinstance(error, errors.NotSent):
        return Wait("unreachable")
    if isinstance(error, errors.Busy):
        return Wait("busy")
    return Wait("outcome_unknown")
