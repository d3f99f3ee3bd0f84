"""Serve the Partner Center simulator in the foreground."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from storefront.partner_center.simulator.__main__ import main


class Command(BaseCommand):
    """`manage.py partner_simulator --port 8766`; the same as `python -m storefront.partner_center.simulator`."""

    help = "Serve the Partner Center simulator until stopped."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Port, data folder, and the price sheet whose products it sells."""
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8766)
        parser.add_argument("--data", type=Path, default=Path(settings.BASE_DIR) / "var" / "simulator")
        parser.add_argument("--price-sheet", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        """Hand over to the simulator."""
        arguments = ["--host", options["host"], "--port", str(options["port"]), "--data", str(options["data"])]
        if options["price_sheet"]:
            arguments += ["--price-sheet", str(options["price_sheet"])]
        main(arguments)
