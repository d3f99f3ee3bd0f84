"""State machines as tables: one dictionary says which arrows exist."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Generic, TypeVar

from django.utils.translation import gettext_lazy as _

from config.kernel.errors import InvalidTransition

State = TypeVar("State", bound=Enum)


class Transitions(Generic[State]):
    """The allowed arrows of one state machine. Every state is a key; an end state has no targets."""

    def __init__(self, table: Mapping[State, frozenset[State]]) -> None:
        self._table = dict(table)
        missing = set(type(next(iter(self._table)))) - set(self._table)
        if missing:
            names = sorted(str(state) for state in missing)
            msg = f"states without an entry: {names}"
            raise ValueError(msg)

    def allows(self, current: State, target: State) -> bool:
        """Say whether the arrow exists."""
        return target in self._table[current]

    def check(self, current: State, target: State) -> None:
        """Raise InvalidTransition when the arrow does not exist."""
        if not self.allows(current, target):
            raise InvalidTransition(
                _("This cannot go from “%(current)s” to “%(target)s”."),
                current=getattr(current, "label", current),
                target=getattr(target, "label", target),
            )

    def pairs(self) -> Iterator[tuple[State, State]]:
        """Yield all allowed arrows, for pgtrigger.FSM and for tests."""
        for current, targets in self._table.items():
            for target in sorted(targets, key=lambda state: str(state.value)):
                yield current, target

    def values(self) -> list[tuple[str, str]]:
        """The allowed arrows as plain values, the form that `pgtrigger.FSM` takes."""
        return [(str(current.value), str(target.value)) for current, target in self.pairs()]
