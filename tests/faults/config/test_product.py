"""The real processes under a real supervisor: each is killed once, and the product serves and works again."""

from __future__ import annotations

import json
import os
import shutil
import signal
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from config import demo
from config.embedded import attach
from config.embedded.paths import Places
from config.embedded.processes import read_pid, wait_for
from config.env import owner_connection
from config.preparation import migrate_if_needed
from config.supervisor import Supervisor

ROOT = Path(__file__).resolve().parent.parent.parent.parent
pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Product:
    """The running product: its supervisor, its address, its places."""

    supervisor: Supervisor
    url: str
    places: Places

    def wait(self, condition: Callable[[], bool], seconds: float = 60) -> bool:
        def look() -> bool:
            self.supervisor.look()
            return condition()

        return wait_for(look, seconds, step=0.2)

    def is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=5) as answer:
                return bool(json.load(answer)["ready"])
        except (urllib.error.URLError, OSError):
            return False

    def works(self) -> bool:
        """Say whether an outbox row that nobody rang is swept and handed over, and every queue is served after it."""
        with owner_connection() as link:
            (row,) = link.execute(
                "INSERT INTO kernel_outbox (topic, payload, queue, created_at, due_at, attempts, last_error)"
                " VALUES ('kernel.heartbeat', '{}', '', now(), now() - interval '1 minute', 0, '') RETURNING id"
            ).fetchone() or (0,)
            link.execute("UPDATE kernel_workerheartbeat SET seen_at = now() - interval '1 hour'")

        def done() -> bool:
            with owner_connection() as link:
                sent = link.execute("SELECT sent_at IS NOT NULL FROM kernel_outbox WHERE id = %s", [row]).fetchone()
            return sent == (True,) and self.is_ready()

        return self.wait(done, 90)


@pytest.fixture
def product(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Product]:
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL"):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("EMBEDDED_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "config.settings.development")
    monkeypatch.setenv("DATABASE_ROLE", "app")
    places = Places.of_checkout()
    monkeypatch.setenv("PORT", "")
    try:
        with (
            demo.listen() as listener,
            attach() as attachment,
            Supervisor(home=ROOT, logs=tmp_path, attachment=attachment) as supervisor,
        ):
            migrate_if_needed()
            supervisor.start(*demo.product(listener.fileno()))
            running = Product(supervisor, f"http://127.0.0.1:{listener.getsockname()[1]}", places)
            assert running.wait(running.is_ready, 90), (tmp_path / "web.log").read_text()[-2000:]
            yield running
    finally:
        shutil.rmtree(places.run, ignore_errors=True)
        shutil.rmtree(Path("/var/lib/storefront") / places.mark, ignore_errors=True)


def test_every_process_may_be_killed(product: Product) -> None:
    before = product.supervisor.pids()
    assert set(before) == {"web", "worker-interactive", "worker-batch", "worker-render", "beat"}
    postgres = read_pid(product.places.service_data("postgres") / "postmaster.pid")
    redis = read_pid(product.places.run / "redis.pid")
    assert postgres is not None
    assert redis is not None

    for pid in [*before.values(), postgres, redis]:
        os.kill(pid, signal.SIGKILL)

    assert product.wait(product.is_ready)
    assert product.works()
    after = product.supervisor.pids()
    assert set(after) == set(before)
    assert not set(after.values()) & set(before.values())
