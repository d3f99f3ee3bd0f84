"""A reseller's whole business with a given number of everything that a page can list."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

from django.db import transaction

from accounts.enums import AccountKind
from accounts.models import Account, Contact, Message, User, VatCheck
from accounts.services import contacts
from affiliates.models import Affiliate
from config.kernel.money import Money
from invoicing.bank.files import Plan
from invoicing.enums import ItemState, RenderState
from invoicing.models import (
    BankImport,
    BillingRun,
    Charge,
    DailyRun,
    Delivery,
    Invoice,
    InvoiceFile,
    InvoiceRendering,
    RunItem,
    SuspensionProposal,
    TaxRule,
)
from invoicing.selectors.disputes import disputable
from invoicing.services import bank_imports, billing_runs, charges, deliveries, disputes, payments
from storefront.enums import OrderStatus, PriceRule, UnitState
from storefront.models import (
    Basket,
    Checkout,
    FulfilmentUnit,
    Offer,
    Order,
    PartnerCall,
    PriceList,
    PriceListItem,
    Product,
    Subscription,
)  # fmt: skip
from storefront.services import baskets, fulfilment, orders, price_lists, subscriptions
from storefront.services.baskets import Details
from tests.integration.invoicing import cast as billing
from tests.integration.invoicing.issued import Row, issue
from tests.integration.storefront.catalogue_cast import import_rows, premium
from tests.integration.storefront.partner_cast import NOW, Cast, account
from tests.integration.storefront.test_orders import own_offer

BEFORE = datetime(2026, 11, 1, 8, tzinfo=UTC)
LONG_AGO = date(2026, 1, 2)
THROUGH = date(2026, 12, 1)
_numbers = itertools.count(1)


class World:
    """One reseller with `count` of everything, and the objects whose pages show as many rows.

    The distributor's lists hold what earlier worlds left, so that a second, larger world makes them longer.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self.cast = Cast(mpn=f"99{next(_numbers):05}", credit_limit="500000")
        self.reseller = self.cast.reseller
        self.customers = [account(f"Πελάτης {n}", AccountKind.END_CUSTOMER, self.reseller) for n in range(count)]
        units = [account(f"Μονάδα {n}", AccountKind.AFFILIATE, self.reseller) for n in range(count)]
        self.affiliates = [Affiliate.objects.create(account=unit, purpose="business_unit") for unit in units]
        Account.objects.filter(pk__in=[who.pk for who in self.customers[1:]]).update(separate_invoices=True)
        self._vat_checks()
        self._people()
        self._catalogue()
        self.checkout = self._checkout()
        self._held_orders()
        self._fulfilments()
        self._billing()
        self._money()
        self._deliveries()
        self._disputes()
        self._suspension()
        self._bank()
        self._basket()

    def _vat_checks(self) -> None:
        fay = User.objects.get_or_create(email="fay@aegean.example", defaults={"name": "Fay", "is_staff": True})[0]
        facts = {"number": "EL123456783", "asked_name": "x", "result": "valid", "source": "person", "reason": "Called"}
        for _n in range(self.count):
            VatCheck.objects.create(account=self.reseller, checked_at=NOW, checked_by=fay, **facts)

    def _people(self) -> None:
        self.cast.ada.is_account_admin = True
        self.cast.ada.save()
        people = []
        for n in range(self.count):
            facts = {"first_name": f"Abel {n}", "last_name": "M", "email": f"abel{next(_numbers)}@example.org"}
            people.append(contacts.add(account=self.reseller, by=None, at=NOW, **facts))
            contacts.invite(contact=people[-1], by=None, at=NOW)
        self.contact: Contact = Contact.objects.select_related("user").get(pk=people[0].pk)
        sent = Message.objects.filter(account=self.reseller).values_list("pk", flat=True)
        Message.objects.filter(pk__in=list(sent)).update(status="failed", last_error="no route")

    def _catalogue(self) -> None:
        """Products of Microsoft and own ones, and as many price lists with a line for each."""
        number, sheet = next(_numbers), []
        for n in range(self.count):
            shape = {"SkuId": f"{number:02}{n:02}", "SkuTitle": f"Business Premium {number}.{n}"}
            sheet += [row | shape for row in premium()]
            import_rows(*sheet, name=f"sheet_{number}_{n}_2026-11.csv", at=BEFORE)
        microsoft = Offer.objects.filter(product__sku_id__startswith=f"{number:02}", market="GR", term="P1Y")
        self.offers = list(microsoft.filter(billing_plan="monthly").select_related("product").order_by("pk"))
        self.own = [own_offer(f"{next(_numbers)}.00") for _ in range(self.count)]
        for n in range(self.count):
            facts = {"name": f"EU Gold {number}.{n}", "currency": "EUR", "valid_from": date(2026, 1, 1)}
            made = PriceList(rule=PriceRule.MARGIN, percent=Decimal(8), **facts)
            self.price_list = price_lists.save(price_list=made, by=None, at=BEFORE)
            price_lists.assign(price_list=made, account=self.reseller, by=None, at=BEFORE)
            TaxRule.objects.create(country="CY", rate=Decimal(24), product_type=f"type {number}.{n}")
        for offer in self.own:
            facts = {"offer": offer, "rule": PriceRule.MARGIN, "percent": Decimal(9)}
            price_lists.put_item(item=PriceListItem(price_list=self.price_list, **facts), by=None, at=BEFORE)

    def _place(self, *lines: tuple[Offer, int, Account]) -> Checkout:
        basket = baskets.open_basket(user=self.cast.ada, account=self.reseller, at=NOW)
        for offer, quantity, who in lines:
            self._put(basket, offer, quantity, who)
        basket.refresh_from_db()
        return orders.place(basket=basket, basket_version=basket.version, by=self.cast.ada, at=NOW)

    def _put(self, basket: Basket, offer: Offer, quantity: int, who: Account) -> None:
        facts = {"offer_id": offer.public_id, "quantity": quantity, "beneficiary": who}
        baskets.add_line(basket=basket, at=NOW, **facts)

    def _checkout(self) -> Checkout:
        """One order per customer and affiliate; that of the first customer has as many items. All of it runs."""
        first = self.customers[0]
        whom = [*self.customers[1:], *(row.account for row in self.affiliates)]
        lines = [(offer, 2, first) for offer in self.own] + [(self.own[0], 1, who) for who in whom]
        checkout = self._place(*lines)
        for order in checkout.orders.all():
            fulfilment.start(order=order, at=NOW)
        self.order: Order = checkout.orders.get(beneficiary=first)
        self.subscription: Subscription = self.order.items.order_by("pk")[0].subscription
        return checkout

    def _held_orders(self) -> None:
        """Orders until the credit is used up and as many are held."""
        while Order.objects.filter(bill_to=self.reseller, status=OrderStatus.SUBMITTED).count() < self.count:
            self._place((self.own[0], 9_000, self.customers[0]))

    def _fulfilments(self) -> None:
        """Orders that Microsoft refused, each with as many calls; failed subscriptions."""
        for who in (self.cast.affiliate, self.cast.customer):
            prefix = f"kyma{next(_numbers)}"
            order = self.cast.order(who, *[(offer, 1) for offer in self.offers], prefix=prefix)
            fulfilment.start(order=order, at=NOW)
        for item in order.items.all():
            subscriptions.fail(subscription=item.subscription, reason="Refused", at=NOW)
        units = FulfilmentUnit.objects.filter(order_item__order=order)
        units.update(state=UnitState.NEEDS_PERSON, reason="Refused")
        self.unit = units.order_by("pk")[0]
        for n in range(self.count):
            facts = {"step": f"step {n}", "method": "POST", "path": "/", "ms_request_id": uuid4(), "created_at": NOW}
            PartnerCall.objects.create(unit=self.unit, **facts)
            PartnerCall.objects.create(tenant=self.unit.tenant, **facts | {"ms_request_id": uuid4()})

    def _billing(self) -> None:
        """A run that has issued, and one that waits with parked accounts; each has as many accounts."""
        payers = [billing.reseller(f"Payer {next(_numbers)}") for _ in range(self.count)]
        for payer in payers:
            billing.sold(payer, billing.end_customer(f"Of {payer.name}", payer), on=date(2026, 11, 1))
        if unfinished := BillingRun.objects.filter(finished_at=None).first():
            billing_runs.discard(run=unfinished, by=None, at=NOW)
        self.run = billing.bill(THROUGH, at=NOW)
        DailyRun.objects.create(on=THROUGH + timedelta(days=DailyRun.objects.count()), run=self.run)
        found = Invoice.objects.filter(run_item__run=self.run, bill_to=self.reseller, beneficiary=None)
        self.invoice: Invoice = found.get()
        rendered = InvoiceRendering.objects.filter(invoice__run_item__run=self.run)
        rendered.update(state=RenderState.FAILED, last_error="no font", attempts=5)
        waiting = billing.drive(billing_runs.start(through=date(2027, 1, 31), by=None, at=NOW), NOW)
        self.item: RunItem = waiting.items.get(bill_to=self.reseller)
        others = waiting.items.filter(bill_to__in=payers)
        others.update(state=ItemState.PARKED, reason="Broken")

    def _money(self) -> None:
        """Payments that settle the invoice bit by bit, one overdue invoice and one credit invoice for each."""
        for n in range(self.count):
            facts = {"received_on": NOW.date(), "reference": f"R-{n}", "method": "bank_transfer"}
            payments.record(bill_to=self.reseller, amount=Money(Decimal(1), "EUR"), by=None, at=NOW, **facts)
        for who in self.customers:
            issued = issue(self.reseller, [Row(who)], issued_on=LONG_AGO, due_on=LONG_AGO)
            self.credit: Invoice = issue(self.reseller, [Row(who)], corrects=issued, issued_on=LONG_AGO)
            by_hand = {"amount": Money(Decimal(-1), "EUR"), "text": f"Discount {who.code}", "on": NOW.date()}
            self.charge: Charge = charges.add_manual(
                bill_to=self.reseller, beneficiary=who, by=self.cast.ada, at=NOW, **by_hand
            )

    def _deliveries(self) -> None:
        """One mail for each customer, the first of them sent as often again; all came back."""
        Account.objects.filter(pk=self.reseller.pk).update(email="office@example.org")
        found = Invoice.objects.filter(bill_to=self.reseller, issued_on=LONG_AGO, corrects=None)
        for row in found:
            facts = {"file": f"{row.number}.pdf", "sha256": "0" * 64, "size": 100, "made_at": NOW}
            InvoiceFile.objects.create(invoice=row, kind="pdf", **facts)
        with transaction.atomic():
            for row in found:
                deliveries.queue(invoice_id=row.pk, at=NOW)
        mailed = [deliveries.deliver(invoice_id=row.pk, at=NOW) for row in found]
        self.delivery: Delivery = mailed[0]
        mailed += [deliveries.repeat(delivery=self.delivery, by=self.cast.ada, at=NOW) for _ in range(self.count)]
        for row in mailed:
            row.message.mark_sent(at=NOW)
            deliveries.note_bounce(delivery=row, reason="550 no such mailbox", by=self.cast.ada, at=NOW)

    def _disputes(self) -> None:
        """Each line of an invoice is in dispute."""
        for item in disputable(self.invoice).select_related("invoice__bill_to")[: self.count]:
            disputes.open_dispute(item=item, reason="Wrong", by=self.cast.ada, at=NOW)

    def _suspension(self) -> None:
        facts = {"proposed_on": LONG_AGO, "due_on": LONG_AGO, "currency": "EUR", "amount": 1, "at": NOW}
        SuspensionProposal.objects.create(bill_to=self.reseller, **facts)

    def _bank(self) -> None:
        """A bank file with as many transfers, read and to be decided."""
        head, number = "Value date;Details;Amount\n", next(_numbers)
        lines = "".join(f"2026-11-02;{self.reseller.code} {n};{number}{n:02},00\n" for n in range(self.count))
        facts = {"by": self.cast.ada, "at": NOW}
        row = bank_imports.upload(
            content=(head + lines).encode(), name="bank.csv", account=f"GR16{number:010}", **facts
        )
        columns = {"value_on": 0, "reference": 1, "amount": 2}
        plan = Plan("utf-8", ";", 1, "iso", "comma", "EUR", columns)
        self.bank_file: BankImport = bank_imports.read(bank_import=row, plan=plan, **facts)

    def _basket(self) -> None:
        """A line of Microsoft and an own one for each customer; every question of the checkout is answered."""
        basket = baskets.open_basket(user=self.cast.ada, account=self.reseller, at=NOW)
        for n, (who, offer) in enumerate(zip(self.customers, self.offers, strict=True)):
            self._put(basket, offer, 1, who)
            self._put(basket, self.own[0], 1, who)
            facts = {"signer_first_name": "Eleni", "signer_last_name": "M", "signer_email": "e@example.org"}
            details = Details(
                domain_prefix=f"meltemi{n}", signer_phone="+30 210 000 0101", partner_of_record_attested=True, **facts
            )
            baskets.save_details(basket=basket, beneficiary=who, details=details, is_complete=True)
        self.basket = basket
        self.product: Product = self.offers[0].product
