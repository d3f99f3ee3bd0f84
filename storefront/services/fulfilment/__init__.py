"""How executed orders become running services.

`start` plans, `advance` works on one tenant, `sweep` rings what is due; `retry`, `give_up` and `deliver_by_hand` are
what a person can do.
"""

from storefront.services.fulfilment.engine import (
    MaybeBooked,
    NotStopped,
    NotWaitingForHand,
    advance,
    deliver_by_hand,
    give_up,
    retry,
    start,
    sweep,
)

__all__ = [
    "MaybeBooked",
    "NotStopped",
    "NotWaitingForHand",
    "advance",
    "deliver_by_hand",
    "give_up",
    "retry",
    "start",
    "sweep",
]
