"""Faults that are switched on: before the effect (nothing is booked) or after it (booked, the answer is spoiled)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from storefront.partner_center.simulator.ledger import Ledger
from storefront.partner_center.simulator.wire import Request


@dataclass(frozen=True, slots=True)
class Fault:
    """What to do to one request: `status`/`body`/`headers`, `delay_ms`, `drop`, `truncate`, `garble`."""

    when: str
    do: dict[str, Any]


def put(ledger: Ledger, rule: dict[str, Any]) -> str:
    """Store a rule `{match: {method?, route?, nth?, every?}, when: before|after, do: {…}, times?}`; returns its id.

    `route` is a regular expression searched in the path. `nth` counts matching requests from 1; `times` ends the rule.
    """
    with ledger.effect():
        key = f"F{ledger.next('fault'):04d}"
        ledger.put("fault", key, {"id": key, "seen": 0, "used": 0, "when": "before", "match": {}, **rule})
    return key


def due(ledger: Ledger, request: Request) -> Fault | None:
    """The first rule that hits this request, counted."""
    if request.path.startswith("/_sim/"):
        return None
    with ledger.effect():
        for rule in ledger.all("fault"):
            if not _matches(rule["match"], request):
                continue
            rule["seen"] += 1
            hit = _is_turn(rule)
            rule["used"] += int(hit)
            ledger.put("fault", rule["id"], rule)
            if hit:
                return Fault(when=str(rule["when"]), do=dict(rule["do"]))
    return None


def _matches(match: dict[str, Any], request: Request) -> bool:
    method = match.get("method")
    if method and method != request.method:
        return False
    return re.search(str(match.get("route", "")), request.path) is not None


def _is_turn(rule: dict[str, Any]) -> bool:
    times = rule.get("times")
    if times is not None and rule["used"] >= times:
        return False
    match = rule["match"]
    if match.get("nth") is not None:
        return bool(rule["seen"] == match["nth"])
    return bool(rule["seen"] % int(match.get("every", 1)) == 0)
