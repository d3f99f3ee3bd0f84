"""`manage.py play_demo_story`: play and verify the demo month. Called by `./run demo --once` while the workers run."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from storefront.demo import story


class Command(BaseCommand):
    """Play the demo month against the running product and check what came of it."""

    help = "Play the demo month against the running product, verify it, print what happened."

    def handle(self, *args: Any, **options: Any) -> None:
        """Exit status 0 only when everything held."""
        try:
            told = story.play(clock=timezone.now)
        except story.StoryBroken as error:
            raise CommandError(str(error)) from error
        self.stdout.write("The demo month")
        for line in told.lines:
            self.stdout.write(f"  {line}")
        self.stdout.write("Documents")
        for path in told.documents:
            self.stdout.write(f"  {path}")
        self.stdout.write(self.style.SUCCESS("Everything holds."))
