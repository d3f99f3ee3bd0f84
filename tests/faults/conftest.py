"""What all fault tests share: how large a batch is."""

from __future__ import annotations

import pytest


@pytest.fixture
def size(request: pytest.FixtureRequest) -> int:
    """Items of a batch: 30, and 200 with `--long`."""
    return 200 if request.config.getoption("--long") else 30
