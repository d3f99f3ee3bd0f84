"""`check --deploy` with the settings of servers and a made-up environment; any warning fails."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ENVIRONMENT = {
    "DJANGO_SETTINGS_MODULE": "config.settings.production",
    "SECRET_KEY": "only-for-this-check-9f8b2c7e5d1a4c3b8e6f0a7d2c5b9e1f4a8d3c6b",
    "ALLOWED_HOSTS": "shop.example",
    "SITE_URL": "https://shop.example",
    "DATABASE_URL": "postgres://app:secret@db.example/storefront",
    "DATABASE_OWNER_URL": "postgres://owner:secret@db.example/storefront",
    "REDIS_URL": "redis://redis.example:6379/0",
    "EMAIL_URL": "smtp://mail.example:25",
    "PARTNER_CENTER_URL": "https://api.partnercenter.example",
}


def run(*, without: str = "") -> subprocess.CompletedProcess[str]:
    """Run the checks as a server would before it starts; nothing of this machine's environment goes in."""
    given = {key: value for key, value in ENVIRONMENT.items() if key != without}
    kept = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ}
    return subprocess.run(
        [sys.executable, "-m", "django", "check", "--deploy", "--fail-level=WARNING"],
        cwd=Path(__file__).resolve().parent.parent,
        env=kept | given | {"PYTHONPATH": "."},
        capture_output=True,
        text=True,
        check=False,
    )


if __name__ == "__main__":
    result = run()
    sys.stderr.write(result.stdout + result.stderr)
    sys.exit(result.returncode)
