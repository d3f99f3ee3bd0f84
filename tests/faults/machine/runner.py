"""All processes of the product on one machine, as `./run demo` runs them; a process of its own, to be killed too."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from config import demo
from config.embedded import attach
from config.preparation import migrate_if_needed
from config.supervisor import Program, Supervisor


def main(logs: Path) -> None:
    """Serve on `PORT`, with the simulator at `PARTNER_CENTER_URL`, until killed."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's `&` has it ignored
    port = os.environ["PARTNER_CENTER_URL"].rpartition(":")[2]
    simulator = [sys.executable, "-m", "storefront.partner_center.simulator", "--port", port]
    with (
        demo.listen() as listener,
        attach() as attachment,
        Supervisor(home=Path.cwd(), logs=logs, attachment=attachment) as supervisor,
    ):
        migrate_if_needed()
        ledger = logs.parent / "ledger"
        supervisor.start(Program("simulator", [*simulator, "--data", str(ledger)]), *demo.product(listener.fileno()))
        supervisor.watch()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
