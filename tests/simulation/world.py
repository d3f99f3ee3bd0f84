"""The distributor of simulations: what people do to billing, day by day, through the services.

An act that the product refuses is no failure: it is counted, and must leave everything as it was. After each act the
workers do what it has asked for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

from django.db import connection, transaction

from accounts.models import Account
from config.kernel.errors import DomainError
from config.kernel.money import Money
from invoicing.enums import DocumentType, RunState, ScheduleState
from invoicing.models import BillingRun, BillingSchedule, Charge, Invoice, InvoiceItem, Payment, RunItem
from invoicing.selectors.credits import Wish
from invoicing.services import audits, charges, payments, price_changes, schedules, separation
from invoicing.services import credits as crediting
from resellers.enums import PartialCharges, PaymentMethod
from tests.integration.invoicing import cast

FIRST_DAY: Final = date(2026, 1, 10)
PRODUCTS: Final[dict[str, dict[str, Any]]] = {
    "aligned": {"proratable": True, "cycle_months": 1, "refund_policy": "day"},
    "aligned, no refund": {
        "proratable": True,
        "cycle_months": 1,
        "refund_policy": "none",
        "setup_fee": Decimal("9.99"),
    },
    "quarter": {"proratable": True, "cycle_months": 3, "refund_policy": "day"},
    "month's term": {"proratable": False, "cycle_months": 1, "term_months": 1, "refund_policy": "hour"},
    "year in instalments": {
        "proratable": False,
        "cycle_months": 1,
        "term_months": 12,
        "price_parts": 12,
        "refund_policy": "hour",
    },
    "year at once": {"proratable": False, "cycle_months": 12, "term_months": 12, "refund_policy": "day"},
    "one-off": {"proratable": False, "cycle_months": 0},
}
NOBODY_RENDERS: Final = ("I18", "I21", "I22")
"""Audits of the wall clock: files, bells and calls that no worker has made here."""


class World:
    """Resellers with their customers and services, and the present day."""

    def __init__(self, rates: tuple[str, ...] = ("5", "19", "24")) -> None:
        self.day = FIRST_DAY
        self.happened: Counter[str] = Counter()
        self.payers: list[Account] = []
        self.users: list[Account] = []
        cast.organisation()
        self.cleo = cast.cleo()
        for country, rate in zip(("CY", "DE", "GR"), rates, strict=True):
            cast.vat(country, rate)

    @property
    def at(self) -> datetime:
        """This moment: ten in the morning, UTC."""
        return datetime.combine(self.day, time(10), UTC)

    def found_reseller(self, *, day: int, at_once: bool, customers: int, country: str = "GR") -> Account:
        """A reseller whose services are aligned to that day; `at_once` bills what is partial on the order day."""
        payer = cast.reseller(
            f"Reseller {len(self.payers)}",
            account_facts={"country": country},
            billing_day_rule="fixed",
            billing_day=day,
            partial_charges=PartialCharges.ORDER_DAY if at_once else PartialCharges.BILLING_DAY,
        )
        self.payers.append(payer)
        self.users += [payer, cast.affiliate(f"Unit of {payer.code}", payer)]
        self.users += [cast.end_customer(f"Customer {number} of {payer.code}", payer) for number in range(customers)]
        return payer

    def attempt(self, name: str, act: Callable[[], object]) -> bool:
        """Do it, unless the product refuses; then let the workers do what it has asked for."""
        try:
            with transaction.atomic():
                act()
        except DomainError as refusal:
            self.happened[f"{name}: {type(refusal).__name__}"] += 1
            return False
        self.happened[name] += 1
        for run in BillingRun.objects.filter(state__in=(RunState.CALCULATING, RunState.ISSUING)):
            cast.drive(run, self.at)
        return True

    def order(self, user: Account, product: str, quantity: int, price: Decimal) -> bool:
        """Order and have it confirmed at once; a product of `PRODUCTS`."""
        payer = user.bill_to or user
        reference = f"O-{sum(self.happened.values()):06d}"

        def act() -> None:
            facts = {**PRODUCTS[product], "price": price, "product_name": product, "order_reference": reference}
            facts |= {"mode": user.mode, "quantity": quantity, "order_on": self.day, "by": None, "at": self.at}
            opened = schedules.open(bill_to=payer, beneficiary=user, **facts)
            schedules.confirm(schedule=opened, start_on=self.day, at=self.at)

        return self.attempt("order", act)

    def resize(self, schedule: BillingSchedule, quantity: int) -> bool:
        """Another number of seats: more from today, fewer from tomorrow."""
        on = self.day if quantity > schedule.quantity else self.day + timedelta(days=1)
        facts = {"quantity": quantity, "on": on, "by": self.cleo, "at": self.at}
        return self.attempt("resize", lambda: schedules.change_quantity(schedule=schedule, **facts))

    def cancel(self, schedule: BillingSchedule, *, now: bool) -> bool:
        """End it tomorrow, or with what is charged."""
        tomorrow = self.day + timedelta(days=1)
        on = tomorrow if now else max(tomorrow, schedule.charged_through or tomorrow)
        return self.attempt("cancel", lambda: schedules.end(schedule=schedule, on=on, by=self.cleo, at=self.at))

    def resume(self, schedule: BillingSchedule) -> bool:
        """Revoke an end that lies ahead."""
        return self.attempt("resume", lambda: schedules.resume(schedule=schedule, by=self.cleo, at=self.at))

    def reprice(self, schedule: BillingSchedule, price: Decimal, *, now: bool) -> bool:
        """Another price from today, or from the next billing period that is not charged."""
        on = self.day if now else price_changes.next_period_start(schedule, today=self.day)
        facts = {"price": price, "on": on, "price_source": "By hand", "by": self.cleo, "at": self.at}
        return self.attempt("reprice", lambda: price_changes.change_price(schedule=schedule, **facts))

    def flag(self, user: Account, *, alone: bool) -> bool:
        """Invoice a customer or affiliate separately from now on, or not."""
        user = Account.objects.select_related("bill_to").get(pk=user.pk)
        facts = {"account": user, "on": alone, "by": self.cleo, "at": self.at}
        return self.attempt("flag", lambda: separation.switch(**facts))

    def charge(self, user: Account, cents: int) -> bool:
        """A manual charge, or a discount when negative."""
        facts = {"beneficiary": user, "amount": Money(Decimal(cents) / 100, "EUR"), "text": "By hand", "on": self.day}
        payer = user.bill_to or user
        return self.attempt("charge", lambda: charges.add_manual(bill_to=payer, **facts, by=self.cleo, at=self.at))

    def credit(self, invoice: Invoice, part: int | None) -> bool:
        """Credit all that is left of an invoice, or so many percent of one line."""
        facts: dict[str, Any] = {"invoice": invoice, "reason": "Agreed by phone", "by": self.cleo, "at": self.at}
        if part is None:
            return self.attempt("credit", lambda: crediting.credit_whole(**facts))
        line = InvoiceItem.objects.filter(invoice=invoice).order_by("position").first()
        assert line is not None
        wish = Wish(line.pk, amount=(line.net * part / 100).quantize(Decimal("0.01")))
        return self.attempt("credit", lambda: crediting.credit(wishes=[wish], **facts))

    def bill_anew(self, invoice: Invoice) -> bool:
        """Credit an invoice and bill the same again."""
        facts = {"invoice": invoice, "reason": "Wrong address", "by": self.cleo, "at": self.at}
        return self.attempt("bill anew", lambda: crediting.credit_and_bill_anew(**facts))

    def pay(self, payer: Account, cents: int) -> bool:
        """Money comes in and settles the oldest invoices."""
        facts = {"amount": Money(Decimal(cents) / 100, "EUR"), "received_on": self.day, "reference": payer.code}
        facts |= {"method": PaymentMethod.BANK_TRANSFER, "by": self.cleo, "at": self.at}
        return self.attempt("pay", lambda: payments.record(bill_to=payer, **facts))

    def reverse(self, payment: Payment) -> bool:
        """The bank takes a payment back."""
        facts = {"reason": "Returned", "on": self.day, "by": self.cleo, "at": self.at}
        return self.attempt("reverse", lambda: payments.reverse(payment=payment, **facts))

    def pass_days(self, days: int) -> None:
        """Time goes by, and the vendor renews the terms that end meanwhile."""
        for _day in range(days):
            self.day += timedelta(days=1)
            ending = BillingSchedule.objects.filter(state=ScheduleState.ACTIVE, end_on=None, term_end_on=self.day)
            for schedule in ending:
                renewed = self.attempt(
                    "renew", lambda one=schedule: schedules.renew(schedule=one, price=one.price, at=self.at)
                )
                assert renewed

    def bill(self) -> BillingRun:
        """Bill everyone through today; whoever the run stops has only discounts to wait for."""
        run = cast.bill(self.day, at=self.at)
        assert run.state in (RunState.DONE, RunState.DONE_WITH_ERRORS)
        stopped = RunItem.objects.filter(run=run, state__in=("held", "parked"))
        assert all("negative" in item.reason for item in stopped), list(stopped.values("state", "reason"))
        self.happened["run"] += 1
        return run

    def bill_again_makes_nothing(self) -> None:
        """I26: what was billed through today is billed; a second run finds whom it holds or charges zero."""
        before = (Charge.objects.count(), Invoice.objects.count())
        again = cast.bill(self.day, at=self.at)
        assert set(again.items.values_list("state", flat=True)) <= {"held", "nothing_due"}
        assert (Charge.objects.count(), Invoice.objects.count()) == before

    def charged_far_enough(self) -> None:
        """After a run: an aligned service is charged through today, whatever was done to it."""
        behind = BillingSchedule.objects.filter(state=ScheduleState.ACTIVE, billing_day__isnull=False, end_on=None)
        held = RunItem.objects.filter(state="held").values("bill_to")
        behind = behind.exclude(bill_to__in=held).filter(charged_through__lte=self.day)
        assert list(behind.values("id", "charged_through", "start_on")) == []

    def holds(self) -> None:
        """Every audit, and what the database checks at commit."""
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        broken = [finding for finding in audits.run() if finding.code not in NOBODY_RENDERS]
        assert broken == []

    def active(self) -> list[BillingSchedule]:
        """The services that can still be changed."""
        return list(BillingSchedule.objects.filter(state=ScheduleState.ACTIVE, end_on=None).order_by("pk"))

    def ending(self) -> list[BillingSchedule]:
        """The services with an end."""
        return list(BillingSchedule.objects.exclude(end_on=None).order_by("pk"))

    def debits(self) -> list[Invoice]:
        """The invoices that can be credited."""
        return list(Invoice.objects.filter(document_type=DocumentType.DEBIT).order_by("pk"))
