"""Fixtures of BSS's tests: the partner simulator."""

from tests.plugins.simulator import microsoft, simulator_process

__all__ = ["microsoft", "simulator_process"]
