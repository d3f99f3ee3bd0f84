"""What fault tests of the storefront share."""

from tests.plugins.simulator import microsoft, simulator_process

__all__ = ["microsoft", "simulator_process"]
