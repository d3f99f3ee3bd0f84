"""`manage.py load_demo`: the demo distributor with two months of history. Called by `./run demo`."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.clock import local_today
from accounts.models import Account
from config.kernel.periods import add_months
from storefront.demo import history, world


class Command(BaseCommand):
    """Fill an empty database with the demo."""

    help = "Fill an empty database with the demo distributor and two months of history."

    def handle(self, *args: Any, **options: Any) -> None:
        """Build, play the history, print who may sign in."""
        if Account.objects.exists():
            msg = "There are accounts already: the demo is loaded into an empty database only."
            raise CommandError(msg)
        now = timezone.now()
        first = add_months(now.date().replace(day=1), -2)
        made = world.build(at=history.moment(first))
        history.play(made, today=local_today(now))
        history.renew(now)
        self.stdout.write(sign_ins())


def sign_ins() -> str:
    """Who may sign in, for the terminal."""
    lines = ["", "Sign in with the password " + world.PASSWORD, ""]
    rows = [
        ("BSS operator", "operator@aegean-cloud.example.com", "/bss/"),
        ("BSS finance", "finance@aegean-cloud.example.com", "/bss/"),
        ("BSS admin", "admin@aegean-cloud.example.com", "/bss/"),
        ("Reseller", "ada@aigaio-nefos.example.com", "/"),
        ("Reseller", "eleni@thermaikos-dw.example.com", "/"),
    ]
    lines += [f"  {role:<14} {email:<40} {where}" for role, email, where in rows]
    return "\n".join([*lines, ""])
