"""`python -m storefront.partner_center.simulator --port 8766 --data var/simulator [--price-sheet FILE]`."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path
from types import FrameType

from storefront.partner_center.simulator.catalogue import load_price_sheet
from storefront.partner_center.simulator.server import Simulator


def main(arguments: list[str] | None = None) -> int:
    """Serve until told to stop; print one line when ready."""
    parser = argparse.ArgumentParser(prog="partner_center_simulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8766, help="0 takes a free one")
    parser.add_argument("--data", type=Path, default=Path("var/simulator"), help="folder of ledger and journal")
    parser.add_argument("--price-sheet", type=Path, help="sell exactly the products of this price sheet (CSV)")
    options = parser.parse_args(arguments)
    server = Simulator(options.data, host=options.host, port=options.port)
    if options.price_sheet:
        load_price_sheet(server.world, options.price_sheet)

    def stop(number: int, frame: FrameType | None) -> None:
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, stop)
    sys.stdout.write(f"Ready: {server.url}\n")
    sys.stdout.flush()
    try:
        server.serve_forever()
    except (KeyboardInterrupt, SystemExit):
        return 0
    finally:
        server.server_close()
        server.world.ledger.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
