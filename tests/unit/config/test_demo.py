"""Choices of `./run demo` that need no server."""

from __future__ import annotations

import pytest

from config import demo


def test_port_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    port = demo.free_port()
    monkeypatch.setenv("PORT", str(port))

    with demo.listen() as listener:
        assert listener.getsockname() == ("127.0.0.1", port)


@pytest.mark.parametrize("value", ["0", "65536", "http", "-1"])
def test_port_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("PORT", value)

    with pytest.raises(demo.DemoFailed, match="PORT"):
        demo.listen()


def test_port_in_use_is_refused_when_asked_for_and_passed_over_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "")
    with demo.listen() as taken:
        port = taken.getsockname()[1]
        monkeypatch.setattr(demo, "FIRST_PORT", port)

        with demo.listen() as second:
            assert second.getsockname()[1] != port
        monkeypatch.setenv("PORT", str(port))
        with pytest.raises(demo.DemoFailed):
            demo.listen()


def test_no_simulator_beside_a_real_partner_center(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARTNER_CENTER_URL", "https://api.partnercenter.microsoft.com")
    monkeypatch.setenv("VIES_URL", "https://ec.europa.eu/taxation_customs/vies/rest-api")

    assert demo.simulator_programs() == []


def test_every_queue_has_a_worker(settings) -> None:
    commands = [list(program.command) for program in demo.product(8000)]
    lists = [command[command.index("--queues") + 1] for command in commands if "--queues" in command]

    assert {queue for served in lists for queue in served.split(",")} == set(settings.QUEUES)
