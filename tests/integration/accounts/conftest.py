"""The VIES simulator, for the tests of this folder."""

from tests.plugins.vies import vies

__all__ = ["vies"]
