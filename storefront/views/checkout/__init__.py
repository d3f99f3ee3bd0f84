"""The checkout: for whom, billing, service details, confirmation. Every step can be left and resumed."""

from storefront.views.checkout.confirm import ConfirmOrder, Done
from storefront.views.checkout.details import Billing, Services
from storefront.views.checkout.who import Resume, Who

__all__ = ["Billing", "ConfirmOrder", "Done", "Resume", "Services", "Who"]
