"""`--long`: the full programme of simulations and state machines, which takes most of an hour."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="play whole years and many more random histories")
