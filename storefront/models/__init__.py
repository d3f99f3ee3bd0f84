"""What is sold, ordered, used and fulfilled."""

from storefront.models.baskets import Basket, BasketLine, Checkout, CheckoutDetails
from storefront.models.catalogue import (
    Offer,
    OfferPrice,
    PriceList,
    PriceListAssignment,
    PriceListItem,
    PriceSheetImport,
    Product,
)
from storefront.models.fulfilment import FulfilmentUnit, PartnerCall
from storefront.models.orders import Order, OrderItem
from storefront.models.prices import ProtectedPrice
from storefront.models.renewals import AutoRenewRequest, Renewal
from storefront.models.subscriptions import Subscription
from storefront.models.tenants import Agreement, Tenant

__all__ = [
    "Agreement",
    "AutoRenewRequest",
    "Basket",
    "BasketLine",
    "Checkout",
    "CheckoutDetails",
    "FulfilmentUnit",
    "Offer",
    "OfferPrice",
    "Order",
    "OrderItem",
    "PartnerCall",
    "PriceList",
    "PriceListAssignment",
    "PriceListItem",
    "PriceSheetImport",
    "Product",
    "ProtectedPrice",
    "Renewal",
    "Subscription",
    "Tenant",
]
