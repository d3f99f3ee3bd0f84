"""The people and figures of product.md §11.4: reseller R, end customers Acme and Beta, affiliate F, €12.00 a month."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from accounts.enums import AccountKind
from accounts.models import Account, Organisation, User, VatCheck
from config.kernel.money import Money
from invoicing.models import BillingRun, BillingSchedule, Invoice, TaxRule
from invoicing.services import audits, billing_runs, run_work, schedules
from invoicing.services.run_work import Progress
from resellers.enums import BillingDayRule, PartialCharges
from resellers.models import Reseller

NOON = datetime(2026, 3, 20, 10, 0, tzinfo=UTC)
TWELVE = Decimal("12.00")


def eur(amount: str) -> Money:
    return Money(Decimal(amount), "EUR")


def cleo() -> User:
    """Finance of the distributor."""
    found = User.objects.filter(email="cleo@aegean.example").first()
    return found or User.objects.create_user("cleo@aegean.example", name="Cleo", is_staff=True)


def organisation(**more: Any) -> Organisation:
    facts = {
        "legal_name": "Aegean Cloud Distribution S.A.",
        "trade_name": "Aegean Cloud",
        "address_line1": "Leoforos Kifisias 1",
        "city": "Athens",
        "postcode": "11523",
        "country": "GR",
        "vat_number": "EL094019245",
        "register_entry": "GEMI 1234567",
        "email": "billing@aegean.example",
        "phone": "+30 210 0000000",
        "iban": "GR1601101250000000012300695",
    }
    return Organisation.objects.update_or_create(pk=1, defaults={**facts, **more})[0]


def vat(country: str = "GR", rate: str = "24") -> TaxRule:
    return TaxRule.objects.create(country=country, rate=Decimal(rate))


_codes = iter(range(1, 10**6))


def account(name: str, kind: AccountKind, *, bill_to: Account | None = None, **more: Any) -> Account:
    number = next(_codes)
    facts = {
        "code": f"{kind.value[0].upper()}-{number:06d}",
        "name_key": name.casefold(),
        "country": "GR",
        "currency": "EUR",
        "created_at": NOON,
        "vat_number": "EL123456783",
    }
    return Account.objects.create(name=name, kind=kind, bill_to=bill_to, **{**facts, **more})


def confirmed(account: Account, result: str = "valid") -> Account:
    """With a check of its VAT number by a person."""
    facts = {"asked_name": account.name, "source": "person", "reason": "Called", "checked_by": cleo()}
    VatCheck.objects.create(account=account, number=account.vat_number, result=result, checked_at=NOON, **facts)
    account.vat_status = result
    return account


def reseller(name: str = "Rhodes IT", *, account_facts: dict[str, Any] | None = None, **settings: Any) -> Account:
    payer = account(name, AccountKind.RESELLER, **(account_facts or {}))
    facts: dict[str, Any] = {
        "reselling_enabled": True,
        "billing_day_rule": BillingDayRule.FIRST,
        "partial_charges": PartialCharges.BILLING_DAY,
    }
    payer.reseller = Reseller.objects.create(account=payer, **{**facts, **settings})
    return payer


def end_customer(name: str, payer: Account, **more: Any) -> Account:
    return account(name, AccountKind.END_CUSTOMER, bill_to=payer, **more)


def affiliate(name: str, payer: Account, **more: Any) -> Account:
    return account(name, AccountKind.AFFILIATE, bill_to=payer, **more)


def opened(payer: Account, beneficiary: Account, quantity: int = 1, *, on: date, **more: Any) -> BillingSchedule:
    facts: dict[str, Any] = {
        "product_name": "Business Premium",
        "price": TWELVE,
        "cycle_months": 1,
        "proratable": True,
        "order_reference": "",
    }
    return schedules.open(
        bill_to=payer,
        beneficiary=beneficiary,
        mode=beneficiary.mode,
        quantity=quantity,
        order_on=on,
        by=None,
        at=NOON,
        **{**facts, **more},
    )


def sold(payer: Account, beneficiary: Account, quantity: int = 1, *, on: date, **more: Any) -> BillingSchedule:
    return schedules.confirm(schedule=opened(payer, beneficiary, quantity, on=on, **more), start_on=on, at=NOON)


def drive(run: BillingRun, at: datetime = NOON) -> BillingRun:
    """Do what the workers do, until nobody has anything to do."""
    for _turn in range(1000):
        if run_work.advance(run_id=run.pk, at=at) is Progress.OVER:
            run.refresh_from_db()
            return run
    raise AssertionError("the run never ends")


def bill(through: date, *, at: datetime = NOON, **more: Any) -> BillingRun:
    """One run, previewed and issued."""
    run = drive(billing_runs.start(through=through, by=None, at=at, **more), at)
    return drive(billing_runs.issue(run=run, by=None, at=at), at)


@dataclass
class Story:
    """§11.4: A's first order was on 20 Mar, the others have been there since 1 March."""

    payer: Account
    a: Account
    b: Account
    f: Account
    schedules: list[BillingSchedule] = field(default_factory=list)

    @classmethod
    def told(cls) -> Story:
        organisation()
        vat()
        payer = reseller()
        story = cls(payer, end_customer("Acme", payer), end_customer("Beta", payer), affiliate("Foundry", payer))
        march = date(2026, 3, 1)
        story.schedules = [
            sold(payer, story.b, 3, on=march),
            sold(payer, story.f, 2, on=march),
            sold(payer, payer, 1, on=march),
        ]
        bill(march)
        story.schedules.append(sold(payer, story.a, 5, on=date(2026, 3, 20)))
        return story

    def flag(self, *who: Account) -> None:
        Account.objects.filter(pk__in=[one.pk for one in who]).update(separate_invoices=True)


def grosses(run: BillingRun) -> list[str]:
    return [
        str(gross)
        for gross in Invoice.objects.filter(run_item__run=run).order_by("sequence").values_list("gross", flat=True)
    ]


def broken() -> list[audits.AuditFinding]:
    """What the audits find, but for the files: these documents were issued long ago and nobody renders here."""
    return [finding for finding in audits.run() if finding.code != "I22"]
