#!/usr/bin/env python
"""Commands of the product. Starts the embedded servers and migrates them when the environment names no others."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Prepare what the command needs, then run it."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.development")
    os.environ.setdefault("PROCESS", "command")
    if sys.argv[1:2] == ["demo"]:
        from config import demo

        sys.exit(demo.main(sys.argv[2:]))
    from config.preparation import prepared

    with prepared(sys.argv):
        from django.core.management import execute_from_command_line

        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
