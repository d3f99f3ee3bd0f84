"""`./run bench [--full] [NAME …]`: one table of ratios with their targets; exit status 1 when one is missed."""

from __future__ import annotations

import argparse
import os
import sys
import time

NAMES = ("limit", "growth", "again", "workers", "queries", "memory")


def main() -> int:
    """Measure what is asked for in a database of our own, print the table, return the exit status."""
    parser = argparse.ArgumentParser(prog="./run bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("--full", action="store_true", help="up to a million subscriptions (half an hour)")
    options = parser.parse_args()
    if unknown := set(options.names) - set(NAMES):
        parser.error(f"no benchmark is called {', '.join(sorted(unknown))}")
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "config.settings.development",
        "DATABASE_ROLE": "owner",
        "PROCESS": "command",
        "LOG_LEVEL": "WARNING",
    }
    from tests.benchmarks.database import own_database

    with own_database():
        return measure(options.names or NAMES, full=options.full)


def measure(names: tuple[str, ...], *, full: bool) -> int:
    """Run the benchmarks one after the other; each row is printed when it is known."""
    import django

    django.setup()
    from tests.benchmarks.targets import BENCHMARKS

    began, missed = time.monotonic(), 0
    write(f"{'':5}{'what':58}{'measured':>10}{'target':>10}")
    for name in names:
        for row in BENCHMARKS[name](full):
            missed += not row.holds
            sign = "≥" if row.at_least else "≤"
            verdict = "holds" if row.holds else "MISSED"
            write(
                f"{row.target:5}{row.what:58}{row.measured:>10.3g}{f'{sign} {row.bound:g}':>10}  {verdict:7}{row.note}"
            )
    write(f"{time.monotonic() - began:.0f} s; ratios of this run on this machine, load {os.getloadavg()[0]:.1f}")
    return 1 if missed else 0


def write(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
