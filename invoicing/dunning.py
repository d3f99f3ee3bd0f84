"""Which step of dunning an invoice has reached. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date


def step_of(due_on: date, *, on: date, steps: Sequence[int]) -> int:
    """The highest step reached on that day, counted from 1; 0 before the first. `steps` are days after the due date."""
    days = (on - due_on).days
    return sum(1 for step in steps if 0 < step <= days)
