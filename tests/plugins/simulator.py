"""A Partner Center simulator process for the tests that speak to Microsoft, and a client that points at it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from storefront.partner_center.client import Config, PartnerCenter, Tokens
from storefront.partner_center.simulator.remote import Remote, SimulatorProcess

NOW = datetime(2026, 11, 10, 9, 30, tzinfo=UTC)


@pytest.fixture(scope="session")
def simulator_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorProcess]:
    """One process for the whole run."""
    process = SimulatorProcess(Path(tmp_path_factory.mktemp("partner-center")))
    process.start()
    yield process
    process.stop()


@pytest.fixture
def microsoft(simulator_process: SimulatorProcess, settings) -> Remote:
    """An empty Partner Center whose clock stands at NOW; the settings point at it and wait shortly."""
    remote = Remote(f"http://127.0.0.1:{simulator_process.port}")
    remote.reset()
    remote.set_clock(NOW)
    settings.PARTNER_CENTER_URL = remote.url
    settings.PARTNER_CENTER_TOKEN_URL = f"{remote.url}/distributor/oauth2/token"
    settings.OUTGOING_HTTP_HOSTS = [f"127.0.0.1:{simulator_process.port}"]
    settings.PARTNER_CENTER_READ_SECONDS = 5.0
    settings.PARTNER_CENTER_CHECKOUT_SECONDS = 5.0
    settings.PARTNER_CENTER_PAGE_SECONDS = 2.0
    return remote


@pytest.fixture
def partner_center(microsoft: Remote) -> PartnerCenter:
    """A client of that Partner Center with a token of its own."""
    return PartnerCenter(Config.from_settings(), tokens=Tokens())
