"""No test talks to another machine: connecting, or asking for its name, fails at once."""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

LOCAL_NAMES = {"localhost", "", None, b"localhost", "0.0.0.0"}
real_connect = socket.socket.connect
real_connect_ex = socket.socket.connect_ex
real_getaddrinfo = socket.getaddrinfo


class NetworkBlocked(OSError):
    """A test tried to leave this machine."""


def refuse_foreign(host: Any) -> None:
    if host in LOCAL_NAMES:
        return
    text = host.decode() if isinstance(host, bytes) else str(host)
    try:
        local = ipaddress.ip_address(text.partition("%")[0]).is_loopback
    except ValueError:
        local = text == socket.gethostname()
    if not local:
        msg = f"tests stay on this machine: {text}"
        raise NetworkBlocked(msg)


def connect(self: socket.socket, address: Any) -> Any:
    if self.family in {socket.AF_INET, socket.AF_INET6}:
        refuse_foreign(address[0])
    return real_connect(self, address)


def connect_ex(self: socket.socket, address: Any) -> Any:
    if self.family in {socket.AF_INET, socket.AF_INET6}:
        refuse_foreign(address[0])
    return real_connect_ex(self, address)


def getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
    refuse_foreign(host)
    return real_getaddrinfo(host, *args, **kwargs)


socket.socket.connect = connect  # type: ignore[method-assign]
socket.socket.connect_ex = connect_ex  # type: ignore[method-assign]
socket.getaddrinfo = getaddrinfo
