"""Claim, commit, call, record: how a write goes to Microsoft (partner_center.md §12.3).

The row with its request id is committed before the socket opens. A crash leaves it `sent`, which is read as `unknown`:
it is repeated with the same id and the same bytes. A new id needs a definite answer, and a person's decision.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction

from config.kernel.locks import lock
from storefront.enums import CallState
from storefront.models import AutoRenewRequest, FulfilmentUnit, PartnerCall, Tenant
from storefront.partner_center import errors
from storefront.partner_center.client import PartnerCenter
from storefront.partner_center.payloads import Outgoing
from storefront.services.fulfilment.leases import Lease

log = structlog.get_logger(__name__)
Subject = FulfilmentUnit | Tenant | AutoRenewRequest
OPEN = frozenset({CallState.SENT, CallState.UNKNOWN})
HIDDEN = frozenset({"userCredentials"})  # the admin password is never kept


def find(subject: Subject, step: str, series: int) -> PartnerCall | None:
    """The call of that step, if it was ever planned."""
    return PartnerCall.objects.filter(**_owner(subject), step=step, series=series).first()


def was_maybe_sent(call: PartnerCall | None) -> bool:
    """Whether Microsoft may have acted on it without our knowing."""
    return call is not None and call.state in OPEN


def perform(
    *,
    subject: Subject,
    step: str,
    series: int,
    build: Callable[[], Outgoing],
    apply: Callable[[dict[str, Any]], None],
    lease: Lease,
    client: PartnerCenter,
    at: datetime,
    seconds: float | None = None,
    etag: str = "",
) -> None:
    """Send the write of this step once more, or for the first time, and apply its answer in one transaction.

    `build` runs only for a new row; a repeat sends the stored bytes. `apply` stores ids and moves the state together
    with the call's `ok`. `etag`, just read, is sent and never kept.

    Raises the client's errors after recording them; raises LeaseLost before anything is sent.
    """
    wait = settings.PARTNER_CENTER_READ_SECONDS if seconds is None else seconds
    call = _claim(subject, step, series, build, lease, wait, at)
    if call.state == CallState.OK:
        return
    if call.state == CallState.REFUSED:  # recorded just before a crash
        raise _stored_refusal(call)
    outgoing = Outgoing.of(call.method, call.path, call.body)
    try:
        answer = client.send(outgoing, request_id=call.ms_request_id, seconds=seconds, etag=etag)
    except errors.AlreadyDone as done:
        _record(call, CallState.OK, {"code": done.code}, done.status, at=at, apply=apply)
    except errors.PartnerCenterError as error:
        _record(call, _state_after(call, error), {"code": error.code, "text": error.text}, error.status, at=at)
        log.warning("partner_call.failed", call=call.pk, step=step, error=type(error).__name__, code=error.code)
        raise
    else:
        _record(call, CallState.OK, answer, 200, at=at, apply=apply)


def settle(call: PartnerCall, *, apply: Callable[[], None], at: datetime) -> None:
    """Reading has proven that the call did land: record it as done and apply what was read."""
    with transaction.atomic():
        row = lock(call)
        if row.state == CallState.OK:
            return
        row.state, row.answered_at, row.answer = CallState.OK, at, {"proven": "by reading"}
        row.save()
        apply()


def _claim(  # noqa: PLR0917 -- the key of a call
    subject: Subject,
    step: str,
    series: int,
    build: Callable[[], Outgoing],
    lease: Lease,
    wait: float,
    at: datetime,
) -> PartnerCall:
    outgoing = None if find(subject, step, series) else build()
    with transaction.atomic():
        lease.check()
        lease.extend(wait)
        call = PartnerCall.objects.select_for_update().filter(**_owner(subject), step=step, series=series).first()
        if call is None:
            assert outgoing is not None
            call = PartnerCall(**_owner(subject), step=step, series=series, ms_request_id=uuid.uuid4(), created_at=at)
            call.method, call.path = outgoing.method, outgoing.path
            call.body, call.body_hash = outgoing.document(), outgoing.body_hash
        if call.state in {CallState.OK, CallState.REFUSED}:
            return call
        call.state, call.sent_at = CallState.SENT, at
        call.attempts = [*call.attempts, {"at": at.isoformat(), "end": None}]
        call.save()
    return call


def _record(
    call: PartnerCall,
    state: CallState,
    answer: dict[str, Any],
    status: int,
    *,
    at: datetime,
    apply: Callable[[dict[str, Any]], None] | None = None,
) -> None:
    """A late worker's answer is welcome too, unless the call is settled already."""
    with transaction.atomic():
        row = lock(call)
        if row.state in {CallState.OK, CallState.REFUSED}:
            return
        row.state, row.answer_status, row.answered_at = state, status or None, at
        row.answer = {name: value for name, value in answer.items() if name not in HIDDEN}
        attempt = {**row.attempts[-1], "end": state.value, "status": status, "code": answer.get("code", 0)}
        row.attempts = [*row.attempts[:-1], attempt]
        row.save()
        if apply:
            apply(answer)


def _state_after(call: PartnerCall, error: errors.PartnerCenterError) -> CallState:
    """A refusal is definite. "Not sent" clears nothing that an earlier try may have done."""
    if isinstance(error, errors.Refused | errors.OnHold | errors.NotFound | errors.Stale):
        return CallState.REFUSED
    earlier = any(attempt["end"] in {None, CallState.UNKNOWN.value} for attempt in call.attempts[:-1])
    if isinstance(error, errors.NotSent | errors.Throttled | errors.NotAuthenticated) and not earlier:
        return CallState.PLANNED
    return CallState.UNKNOWN


def _stored_refusal(call: PartnerCall) -> errors.PartnerCenterError:
    answer = call.answer or {}
    return errors.refusal(call.answer_status or 400, int(answer.get("code", 0)), str(answer.get("text", "")), "")


def _owner(subject: Subject) -> dict[str, Any]:
    if isinstance(subject, AutoRenewRequest):
        return {"request": subject}
    return {"tenant": subject} if isinstance(subject, Tenant) else {"unit": subject}
