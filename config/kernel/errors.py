"""Refusals that a person can read."""

from __future__ import annotations

from typing import Any


class DomainError(Exception):
    """A rule of the product refused the act. `user_message` says what to do; `field` names the input it belongs to.

    Subclasses stand where they are raised and set `user_message` (translatable); facts come in as keyword arguments
    and fill its placeholders.
    """

    user_message: Any = "This is not possible."
    field: str | None = None

    def __init__(self, message: Any = None, *, field: str | None = None, **facts: object) -> None:
        if message is not None:
            self.user_message = message
        if field is not None:
            self.field = field
        self.facts = facts
        super().__init__(str(self))

    def __str__(self) -> str:
        text = str(self.user_message)
        return text % self.facts if self.facts else text


class InvalidTransition(DomainError):
    """A state machine has no arrow from the current state to the wished one."""
