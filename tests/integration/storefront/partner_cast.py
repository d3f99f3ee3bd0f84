"""A distributor, a reseller with one affiliate and one end customer, products, and orders in each mode."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from accounts.enums import AccountKind
from accounts.models import Account, Organisation, User
from config.kernel.locks import lock
from invoicing.models import TaxRule
from resellers.enums import MpnStatus
from resellers.models import Reseller
from storefront.enums import BillingPlan, Delivery, OrderStatus, ProductType, Term, Vendor
from storefront.models import Basket, Checkout, FulfilmentUnit, Offer, Order, OrderItem, Product, Tenant
from storefront.services import fulfilment, subscriptions, tenants

NOW = datetime(2026, 11, 10, 9, 30, tzinfo=UTC)
MPN = "9900037"
SIGNER = tenants.Signer("Ada", "Lovelace", "ada@example.org", "+30 210 0000000")
_numbers = itertools.count(1)


def organisation() -> Organisation:
    facts = {
        "legal_name": "Aegean Cloud S.A.", "trade_name": "Aegean", "address_line1": "Kifisias 1", "city": "Athens",
        "postcode": "11523", "country": "GR", "vat_number": "EL094019245", "register_entry": "GEMI 1",
        "email": "office@aegean.example", "phone": "+30 210 0000000", "iban": "GR1601101250000000012300695",
    }  # fmt: skip
    return Organisation.objects.update_or_create(pk=1, defaults=facts)[0]


def account(name: str, kind: AccountKind, bill_to: Account | None = None, **more: Any) -> Account:
    number = next(_numbers)
    facts = {
        "code": f"T-{number:05d}", "name_key": name.casefold(), "email": f"a{number}@example.org",
        "phone": "+30 210 1111111", "address_line1": "Οδός 1", "city": "Αθήνα", "postcode": "105 57", "country": "GR",
        "currency": "EUR", "vat_number": "EL123456783", "language": "el", "created_at": NOW,
    }  # fmt: skip
    return Account.objects.create(name=name, kind=kind, bill_to=bill_to, **{**facts, **more})


class Cast:
    """Everybody of one reseller."""

    def __init__(self, *, mpn: str | None = MPN, credit_limit: str | None = None) -> None:
        organisation()
        TaxRule.objects.get_or_create(country="GR", defaults={"rate": Decimal(24)})
        self.reseller = account(f"Αιγαίο Νέφος {next(_numbers)}", AccountKind.RESELLER)
        self.reseller.reseller = Reseller.objects.create(
            account=self.reseller, reselling_enabled=True, mpn_id=mpn,
            mpn_status=MpnStatus.VALID if mpn else MpnStatus.NONE,
            credit_limit=Decimal(credit_limit) if credit_limit else None,
        )  # fmt: skip
        self.affiliate = account("Νέφος Hosting", AccountKind.AFFILIATE, self.reseller)
        self.customer = account("Γλαύκος Ν.Ε.", AccountKind.END_CUSTOMER, self.reseller)
        self.ada = User.objects.create_user(f"ada{next(_numbers)}@example.org", account=self.reseller, name="Ada L")
        self.dora = User.objects.create_user(f"dora{next(_numbers)}@example.org", is_staff=True, name="Dora")
        self.offer = offer()

    def order(self, beneficiary: Account, *items: tuple[Offer, int], prefix: str | None = None) -> Order:
        """An executed order with its subscriptions, as checkout leaves it; a tenant is named when `prefix` is."""
        if prefix is not None:
            tenant = tenants.hold(account=beneficiary, prefix=prefix, by=self.ada, at=NOW)
            tenants.record_agreement(tenant=tenant, signer=SIGNER, by=self.ada, at=NOW)
        with transaction.atomic():
            lock(self.reseller)
            order = self._order(beneficiary)
            for position, (chosen, quantity) in enumerate(items or [(self.offer, 3)], start=1):
                _item(order, position, chosen, quantity)
            subscriptions.open_from(order=order, by=self.ada, at=NOW)
        return order

    def _order(self, beneficiary: Account) -> Order:
        mode = beneficiary.mode
        basket = Basket.objects.create(account=self.reseller, user=self.ada, created_at=NOW, checked_out_at=NOW)
        checkout = Checkout.objects.create(
            basket=basket, account=self.reseller, placed_at=NOW, placed_by=self.ada, terms_accepted_at=NOW
        )
        return Order.objects.create(
            number=f"O-{next(_numbers)}", checkout=checkout, bill_to=self.reseller, beneficiary=beneficiary, mode=mode,
            mpn_id=self.reseller.reseller.mpn_id if mode == "end_customer" else None, currency="EUR",
            status=OrderStatus.EXECUTED, executed_at=NOW, executed_by=self.ada, placed_at=NOW, placed_by=self.ada,
            first_period_net=Decimal("36.00"), first_period_gross=Decimal("44.64"), was_unlimited=True,
        )  # fmt: skip


def offer(delivery: Delivery = Delivery.MICROSOFT, *, product_id: str = "CFQ7TTC0LH18", sku: str = "0001") -> Offer:
    own = delivery != Delivery.MICROSOFT
    product, _ = Product.objects.get_or_create(
        vendor=Vendor.OWN if own else Vendor.MICROSOFT,
        vendor_product_id=f"OWN-{delivery}" if own else product_id,
        sku_id="" if own else sku,
        defaults={
            "title": "Support contract" if own else "Microsoft 365 Business Basic",
            "product_type": ProductType.SERVICE if own else ProductType.LICENCE,
            "delivery": delivery,
        },
    )
    return Offer.objects.get_or_create(
        product=product,
        term=Term.NONE if own else Term.P1Y,
        billing_plan=BillingPlan.MONTHLY,
        market="" if own else "GR",
    )[0]


def _item(order: Order, position: int, chosen: Offer, quantity: int) -> OrderItem:
    return OrderItem.objects.create(
        order=order, position=position, offer=chosen, product_name=chosen.product.title, sku=chosen.product.sku,
        quantity=quantity, unit_price=Decimal("12.00"), cycle_months=1, term_months=Term(chosen.term).months,
        price_source="Price list", first_period_net=Decimal("36.00"), first_period_gross=Decimal("44.64"),
        delivery=chosen.product.delivery,
    )  # fmt: skip


def unit_of(order: Order) -> FulfilmentUnit:
    return FulfilmentUnit.objects.get(order_item__order=order)


def tenant_of(order: Order) -> Tenant:
    return Tenant.objects.get(account=order.beneficiary)


def fulfil(order: Order, at: datetime = NOW) -> FulfilmentUnit:
    """Plan and work once, as the two tasks would."""
    fulfilment.start(order=order, at=at)
    fulfilment.advance(tenant=tenant_of(order), at=at)
    return unit_of(order)
