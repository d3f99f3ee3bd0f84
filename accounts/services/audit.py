"""The audit trail: who did what, when and why. The database chains the rows and refuses changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Model

from accounts.models import Account, AuditEvent, User


def record(
    action: str,
    *,
    target: Model,
    by: User | None,
    at: datetime,
    account: Account | None = None,
    reason: str = "",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> AuditEvent:
    """Write down one act, in the transaction of the act itself.

    `action` is "noun.verb" in the past tense; `by` None means the system; `account` is the one whose history shows it;
    `before` and `after` hold JSON values of what changed.
    """
    event = entry(action, target=target, by=by, at=at, account=account, reason=reason, before=before, after=after)
    event.save(force_insert=True)
    return event


def record_all(events: Iterable[AuditEvent]) -> None:
    """Write down several acts by one statement, in their order, in the transaction of the acts themselves."""
    AuditEvent.objects.bulk_create(events)


def entry(
    action: str,
    *,
    target: Model,
    by: User | None,
    at: datetime,
    account: Account | None = None,
    reason: str = "",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> AuditEvent:
    """One act as `record` writes it, for `record_all`; not written yet."""
    return AuditEvent(
        action=action,
        target_type=target._meta.label_lower,
        target_id=str(target.pk),
        target_label=str(target)[:250],
        account=account,
        by=by,
        at=at,
        reason=reason,
        before=None if before is None else dict(before),
        after=None if after is None else dict(after),
    )
