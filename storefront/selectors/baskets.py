"""The basket as its pages and the order service see it: priced lines, grouped by beneficiary in basket order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from accounts.clock import local_today
from accounts.enums import PurchaseMode
from accounts.models import Account
from config.kernel.money import Money
from invoicing.services import schedules
from invoicing.services.schedules import FirstPeriod
from storefront.enums import Vendor
from storefront.models import Basket, BasketLine, CheckoutDetails, Tenant
from storefront.selectors import catalogue
from storefront.selectors.catalogue import PricedOffer


@dataclass(frozen=True, slots=True)
class PricedLine:
    """A line at today's price, with what its first invoice will carry."""

    line: BasketLine
    priced: PricedOffer
    first: FirstPeriod

    @property
    def is_requoted(self) -> bool:
        """Whether the price is another one than was shown when it was put in."""
        return self.priced.unit_price != self.line.quoted_price

    @property
    def is_microsoft(self) -> bool:
        """Whether Microsoft delivers it."""
        return self.priced.product.vendor == Vendor.MICROSOFT

    @property
    def term_net(self) -> Money:
        """The net price over the whole term (or of one cycle where there is no term)."""
        return (Money(self.priced.unit_price, self.priced.currency) * self.line.quantity).rounded()


@dataclass(frozen=True, slots=True)
class Group:
    """The lines of one beneficiary: they become one order. `beneficiary` None waits for a choice."""

    beneficiary: Account | None
    lines: Sequence[PricedLine]
    tenant: Tenant | None
    details: CheckoutDetails | None

    @property
    def mode(self) -> PurchaseMode | None:
        """The purchase mode; None while nobody is chosen."""
        return self.beneficiary.mode if self.beneficiary else None

    @property
    def net(self) -> Money:
        """Charged first, without tax."""
        return _sum([line.first.net for line in self.lines])

    @property
    def gross(self) -> Money:
        """Charged first, with tax: the figure of the credit check."""
        return _sum([line.first.gross for line in self.lines])

    @property
    def has_microsoft(self) -> bool:
        """Whether Microsoft is involved."""
        return any(line.is_microsoft for line in self.lines)

    @property
    def needs_mpn_id(self) -> bool:
        """End-customer orders with a Microsoft product carry the reseller's MPN ID (product.md R4.3)."""
        return self.mode is PurchaseMode.END_CUSTOMER and self.has_microsoft

    @property
    def needs_tenant(self) -> bool:
        """Whether name and signer of a new tenant are asked for."""
        return self.has_microsoft and self.tenant is None

    @property
    def is_complete(self) -> bool:
        """Whether everything the order needs is there."""
        if self.beneficiary is None:
            return False
        asked = self.needs_tenant or self.needs_mpn_id
        return not asked or bool(self.details and self.details.is_complete)


def _sum(amounts: Sequence[Money]) -> Money:
    total = Money.zero(amounts[0].currency)
    for amount in amounts:
        total = total + amount
    return total


def lines_of(basket: Basket, *, at: datetime, on: date | None = None) -> list[PricedLine]:
    """All lines in the order they were put in, at the prices of that moment."""
    day = on or local_today(at)
    rows = basket.lines.select_related("offer__product", "beneficiary", "beneficiary__bill_to").order_by("pk")
    found = []
    for line in rows:
        priced = catalogue.offer_for(basket.account, line.offer.public_id, at, beneficiary=line.beneficiary)
        found.append(PricedLine(line, priced, first_of(basket.account, priced, line.quantity, day)))
    return found


def first_of(payer: Account, priced: PricedOffer, quantity: int, on: date) -> FirstPeriod:
    """What ordering that many on that day costs first."""
    return schedules.first_period(
        bill_to=payer,
        quantity=quantity,
        price=priced.unit_price,
        price_parts=priced.price_parts,
        cycle_months=priced.cycle_months,
        setup_fee=priced.setup_fee,
        proratable=priced.product.is_proratable,
        product_type=priced.product.product_type,
        on=on,
    )


def groups_of(basket: Basket, lines: Sequence[PricedLine]) -> list[Group]:
    """The lines by beneficiary, in basket order; those without one come first."""
    ids = list(dict.fromkeys(line.line.beneficiary_id for line in lines))
    ids.sort(key=lambda pk: pk is not None)
    tenants = {tenant.account_id: tenant for tenant in Tenant.objects.filter(account_id__in=[pk for pk in ids if pk])}
    details = {row.beneficiary_id: row for row in CheckoutDetails.objects.filter(basket=basket)}
    groups = []
    for pk in ids:
        own = [line for line in lines if line.line.beneficiary_id == pk]
        groups.append(
            Group(own[0].line.beneficiary, own, tenants.get(pk) if pk else None, details.get(pk) if pk else None)
        )
    return groups
