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
