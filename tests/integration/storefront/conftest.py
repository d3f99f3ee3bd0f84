"""What storefront tests share."""

import pytest

from tests.integration.storefront.partner_cast import Cast
from tests.plugins.simulator import microsoft, partner_center, simulator_process

__all__ = ["microsoft", "partner_center", "simulator_process"]


@pytest.fixture
def cast(microsoft, db) -> Cast:
    """Everybody of one reseller; Microsoft is the simulator."""
    return Cast()
