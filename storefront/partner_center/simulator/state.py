"""The simulator's world: ledger, journal, clock and switches."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from storefront.partner_center.simulator.journal import Journal
from storefront.partner_center.simulator.ledger import Ledger

SETTINGS: dict[str, Any] = {
    "replay_memory": True,  # same MS-RequestId and body: the stored answer
    "checkout": "idempotent",  # or "legacy": 800065 on a cart already ordered
    "order_list_lag_seconds": 900,  # orders appear late in the list
    "subscription_lag_seconds": 0,  # orders name their subscription late
    "provisioning_seconds": 0,  # pending before success
    "patch_seconds": 0,  # changes of subscriptions are answered by 202 and made later
    "slow_seconds": 20,  # for the domain prefix that answers slowly
    "open_resellers": True,  # every well-formed partner id is a reseller of ours, from its first mention on
    "open_products": True,  # every well-formed product exists with all its terms
    "tenant_id": "3a1f6e5c-7a52-4d4e-9a59-1df0a4b8c111",
    "client_id": "",  # when set, the token endpoint insists on these
    "client_secret": "",
    "token_seconds": 3600,
}


class World:
    """Everything a route may use."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ledger = Ledger(folder)
        self.journal = Journal(folder)
        self.outages: dict[str, int] = {}
        self.slow: set[str] = set()

    def setting(self, name: str) -> Any:
        """A switch, as set through the control routes or its default."""
        stored = self.ledger.get("setting", name)
        return SETTINGS[name] if stored is None else stored["value"]

    def now(self) -> datetime:
        """The simulator's own clock: the machine's, moved or frozen by the control routes."""
        stored = self.ledger.get("setting", "clock") or {}
        if "frozen" in stored:
            return datetime.fromisoformat(stored["frozen"])
        return datetime.now(UTC) + timedelta(seconds=float(stored.get("offset", 0)))

    @staticmethod
    def machine_seconds() -> float:
        """The machine's clock, for tokens only: they must not expire because a test moved the calendar."""
        return time.time()

    def set_clock(self, *, frozen: datetime | None = None, offset: float = 0.0) -> None:
        """Freeze the clock at a moment, or let it run with an offset in seconds."""
        value = {"frozen": frozen.astimezone(UTC).isoformat()} if frozen else {"offset": offset}
        with self.ledger.effect():
            self.ledger.put("setting", "clock", value)
