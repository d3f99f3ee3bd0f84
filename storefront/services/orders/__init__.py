"""Orders: placed from a basket, held for credit or executed, executed or canceled by operators (product.md §7, §8)."""

from storefront.services.orders.placing import place
from storefront.services.orders.refusals import (
    AttestationNeeded,
    BasketChanged,
    CompanyArchived,
    CreditShort,
    DetailsMissing,
    EmptyBasket,
    MayNotResell,
    MpnIdChanged,
    MpnIdInvalid,
    MpnIdNeeded,
    NobodyChosen,
    NoTaxRule,
    OrderingOff,
    PriceChanged,
    ReasonNeeded,
    has_usable_mpn_id,
    obstacle,
)
from storefront.services.orders.states import FULFIL, cancel, execute

__all__ = [
    "FULFIL",
    "AttestationNeeded",
    "BasketChanged",
    "CompanyArchived",
    "CreditShort",
    "DetailsMissing",
    "EmptyBasket",
    "MayNotResell",
    "MpnIdChanged",
    "MpnIdInvalid",
    "MpnIdNeeded",
    "NoTaxRule",
    "NobodyChosen",
    "OrderingOff",
    "PriceChanged",
    "ReasonNeeded",
    "cancel",
    "execute",
    "has_usable_mpn_id",
    "obstacle",
    "place",
]
