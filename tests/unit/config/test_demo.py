"""Choices of `./run demo` that need no server."""

from __future__ import annotations

import socket

import pytest

from config import demo


def test_port_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", str(demo.free_port()))

    assert str(demo.choose_port()) == demo.os.environ["PORT"]


@pytest.mark.parametrize("value", ["0", "65536", "http", "-1"])
def test_port_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("PORT", value)

    with pytest.raises(demo.DemoFailed, match="PORT"):
        demo.choose_port()


def test_port_in_use_is_refused_when_asked_for_and_passed_over_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        monkeypatch.setenv("PORT", str(port))
        with pytest.raises(demo.DemoFailed):
            demo.choose_port()

        monkeypatch.delenv("PORT")
        monkeypatch.setattr(demo, "FIRST_PORT", port)

        assert demo.choose_port() != port


def test_no_simulator_beside_a_real_partner_center(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARTNER_CENTER_URL", "https://api.partnercenter.microsoft.com")

    assert demo.simulator_program() == []


def test_every_queue_has_a_worker(settings) -> None:
    commands = [list(program.command) for program in demo.product(8000)]
    lists = [command[command.index("--queues") + 1] for command in commands if "--queues" in command]

    assert {queue for served in lists for queue in served.split(",")} == set(settings.QUEUES)
