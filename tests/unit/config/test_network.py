"""Tests stay on this machine (`tests/plugins/network.py`)."""

from __future__ import annotations

import socket

import pytest

from tests.plugins.network import NetworkBlocked


@pytest.mark.parametrize("host", ["example.com", "93.184.216.34", "2606:2800:220:1::1", "169.254.169.254"])
def test_other_machines_are_out_of_reach(host: str) -> None:
    with pytest.raises(NetworkBlocked):
        socket.create_connection((host, 80), timeout=1)


def test_asking_for_a_name_is_refused() -> None:
    with pytest.raises(NetworkBlocked):
        socket.getaddrinfo("example.com", 443)


def test_this_machine_is_in_reach() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        socket.create_connection(("localhost", port), timeout=1).close()
