"""Invariants that can be checked against the live database at any time."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Audit:
    """One invariant: its number in the specification, the statement in words, and the query for rows that break it.

    An app lists its own in a module `audits` under the name AUDITS.
    """

    code: str
    title: str
    sql: str


AUDITS = [
    Audit(
        "I21",
        "Work that was asked for is rung for",
        "SELECT id, topic, due_at, last_error FROM kernel_outbox"
        " WHERE sent_at IS NULL AND greatest(due_at, created_at) < now() - interval '5 minutes'",
    )
]
