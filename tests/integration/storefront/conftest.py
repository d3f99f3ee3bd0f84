"""What storefront tests share."""

from tests.plugins.simulator import microsoft, partner_center, simulator_process

__all__ = ["microsoft", "partner_center", "simulator_process"]
