"""State machines as tables."""

from enum import Enum

import pytest

from config.kernel.errors import InvalidTransition
from config.kernel.transitions import Transitions


class Door(Enum):
    OPEN = "open"
    SHUT = "shut"
    GONE = "gone"


DOOR = Transitions(
    {
        Door.OPEN: frozenset({Door.SHUT, Door.GONE}),
        Door.SHUT: frozenset({Door.OPEN}),
        Door.GONE: frozenset(),
    }
)


@pytest.mark.parametrize("current", Door)
@pytest.mark.parametrize("target", Door)
def test_only_the_arrows_of_the_table_are_allowed(current, target):
    allowed = (current.value, target.value) in {("open", "shut"), ("open", "gone"), ("shut", "open")}

    assert DOOR.allows(current, target) is allowed
    if allowed:
        DOOR.check(current, target)
    else:
        with pytest.raises(InvalidTransition, match="cannot go from"):
            DOOR.check(current, target)


def test_pairs_are_what_the_trigger_takes():
    assert DOOR.values() == [("open", "gone"), ("open", "shut"), ("shut", "open")]


def test_state_without_an_entry_is_refused():
    with pytest.raises(ValueError, match="GONE"):
        Transitions({Door.OPEN: frozenset(), Door.SHUT: frozenset()})
