"""The basket as its pages and the order service see it: priced lines, grouped by beneficiary in basket order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import F, FilteredRelation, Q, QuerySet

from accounts.clock import local_today
from accounts.enums import PurchaseMode
from accounts.models import Account, User
from config.kernel.money import Money
from invoicing.selectors import tax
from invoicing.services import schedules
from invoicing.services.schedules import FirstPeriod
from invoicing.tax import Rule
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
    def tenant(self) -> Tenant | None:
        """The tenant of the beneficiary, if it has one."""
        return getattr(self.line.beneficiary, "tenant", None)

    @property
    def details(self) -> CheckoutDetails | None:
        """What the checkout asked for the beneficiary; it came with the line (`rows`)."""
        return self.line.__dict__.get("asked")

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


def rows() -> QuerySet[BasketLine]:
    """Basket lines in the order they were put in, with all that pricing and the checkout's pages ask of them."""
    asked = Q(basket__details__beneficiary=F("beneficiary"))
    return (
        BasketLine.objects.alias(asked=FilteredRelation("basket__details", condition=asked))
        .select_related("offer__product", "beneficiary__tenant", "beneficiary__bill_to", "basket")
        .select_related("asked")  # type: ignore[misc]  # the filtered relation
        .order_by("pk")
    )


def rows_of_user(user: User) -> list[BasketLine]:
    """The lines of the user's open basket; each brings the basket along."""
    return list(rows().filter(basket__user=user, basket__checked_out_at=None))


def count_of(user: User) -> int:
    """How many lines the user's open basket has."""
    return BasketLine.objects.filter(basket__user=user, basket__checked_out_at=None).count()


def lines_of(basket: Basket, *, at: datetime) -> list[PricedLine]:
    """All lines at the prices of that moment; read again, for who decides by them."""
    found = list(rows().filter(basket=basket))
    return priced(found, basket.account, at=at, on=local_today(at), rules=tax.rules())


def priced(
    lines: Sequence[BasketLine], payer: Account, *, at: datetime, on: date, rules: Sequence[Rule]
) -> list[PricedLine]:
    """The lines at the prices of that moment and with the tax rules in hand; `on` is the distributor's date."""
    offers = catalogue.offers_for(payer, [(line.offer, line.beneficiary) for line in lines], at) if lines else []
    return [
        PricedLine(line, offer, first_of(payer, offer, line.quantity, on, rules))
        for line, offer in zip(lines, offers, strict=True)
    ]


def first_of(
    payer: Account, priced: PricedOffer, quantity: int, on: date, rules: Sequence[Rule] | None = None
) -> FirstPeriod:
    """What ordering that many on that day costs first; without tax `rules` they are read."""
    return schedules.first_period(
        bill_to=payer,
        quantity=quantity,
        price=priced.unit_price,
        price_parts=priced.price_parts,
        cycle_months=priced.cycle_months,
        setup_fee=priced.setup_fee,
        proratable=priced.product.is_proratable,
        usage_rule=priced.product.usage_rule,
        product_type=priced.product.product_type,
        on=on,
        rules=rules,
    )


def groups_of(lines: Sequence[PricedLine]) -> list[Group]:
    """The lines by beneficiary, in basket order; those without one come first."""
    ids = list(dict.fromkeys(line.line.beneficiary_id for line in lines))
    ids.sort(key=lambda pk: pk is not None)
    groups = []
    for pk in ids:
        own = [line for line in lines if line.line.beneficiary_id == pk]
        groups.append(Group(own[0].line.beneficiary, own, own[0].tenant, own[0].details))
    return groups
