"""Who and what is there before anybody orders: distributor, staff, taxes, catalogue, Greek resellers with customers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from django.contrib.auth.models import Group

from accounts.enums import StaffRole, Via
from accounts.models import Account, Organisation, User
from accounts.names import EU_COUNTRIES
from accounts.services import accounts, contacts, e_invoices, roles, staff
from affiliates import services as affiliates
from invoicing.models import BillingSettings, TaxRule
from resellers.models import Reseller
from resellers.services import end_customers, resellers
from resellers.services.resellers import Terms
from storefront.demo.companies import Entry, entries
from storefront.enums import BillingPlan, Delivery, PriceRule
from storefront.models import PriceList, Product
from storefront.services import partners, price_lists, price_sheets, products
from storefront.services.products import OwnProduct

PASSWORD = "aegean-cloud-demo"  # noqa: S105 -- of invented people in a demo on this machine
SHEET = Path(__file__).resolve().parent.parent / "demo_data" / "nce_price_sheet_EUR_2026-11.csv"
DISTRIBUTOR = {
    "legal_name": "Aegean Cloud Distribution S.A.",
    "trade_name": "Aegean Cloud Distribution",
    "address_line1": "Leoforos Kymaton 40",
    "postcode": "176 74",
    "city": "Athens",
    "country": "GR",
    "vat_number": "EL000990015",
    "register_entry": "General commercial register 000990011000",
    "email": "billing@aegean-cloud.example.com",
    "phone": "+30 210 000 0900",
    "bank_name": "National Bank",
    "iban": "GR1601101250000000012300695",
    "bic": "ETHNGRAA",
    "peppol_scheme": "9933",
    "peppol_id": "EL000990015",
    "currency": "EUR",
    "time_zone": "Europe/Athens",
    "language": "en",
}
STAFF = {
    "operator@aegean-cloud.example.com": ("Nikos Andreou", (StaffRole.SALES,)),
    "finance@aegean-cloud.example.com": ("Maria Lekka", (StaffRole.FINANCE,)),
    "support@aegean-cloud.example.com": ("Dora Vlachou", (StaffRole.SUPPORT,)),
    "admin@aegean-cloud.example.com": ("Kostas Admin", (StaffRole.ADMIN,)),
}
CAST = {"C001": ("Ada", "Aiginiti"), "C002": ("Petros", "Papyros"), "C005": ("Eleni", "Markaki")}
OWN = (
    ("ACD-SUP", "Support contract", "4.50", True, Delivery.AT_ONCE, BillingPlan.MONTHLY),
    ("ACD-BK-365", "Aegean Backup 365", "2.47", True, Delivery.AT_ONCE, BillingPlan.MONTHLY),
    ("ACD-MIG", "Mailbox migration, once", "35.00", False, Delivery.BY_HAND, BillingPlan.ONE_TIME),
)


@dataclass(slots=True)
class World:
    """What was created, for the history and the story to go on with."""

    operator: User
    finance: User
    resellers: dict[str, Reseller] = field(default_factory=dict)
    admins: dict[str, User] = field(default_factory=dict)
    accounts: dict[str, Account] = field(default_factory=dict)
    entries: dict[str, Entry] = field(default_factory=dict)


def build(*, at: datetime) -> World:
    """Create everything as of that moment. Run once, on an empty database."""
    Organisation.objects.create(pk=1, **DISTRIBUTOR)
    BillingSettings.objects.get_or_create(pk=1)
    TaxRule.objects.create(country="GR", rate=Decimal(24), valid_from=date(2016, 6, 1))
    for country in sorted(set(EU_COUNTRIES) - {"GR"}):
        TaxRule.objects.create(country=country, category="AE", rate=0, needs_vat_number=True)
    roles.sync()
    people = {email: _staff(email, *facts, at=at) for email, facts in STAFF.items()}
    world = World(
        operator=people["operator@aegean-cloud.example.com"], finance=people["finance@aegean-cloud.example.com"]
    )
    gold = _catalogue(world, at=at)
    rows = entries()
    world.entries = {row.ref: row for row in rows}
    for row in rows:
        if row.kind == "reseller" and row.company.country == "GR":
            _reseller(world, row, gold, at=at)
    for row in rows:
        if row.kind != "reseller" and row.reseller_ref in world.resellers:
            _sub_customer(world, row, at=at)
    return world


def _staff(email: str, name: str, groups: tuple[StaffRole, ...], *, at: datetime) -> User:
    chosen = list(Group.objects.filter(name__in=[role.value for role in groups]))
    user = staff.save(user=None, email=email, name=name, is_active=True, groups=chosen, by=None, at=at)
    user.set_password(PASSWORD)
    user.activated_at = at
    user.save()
    return user


def _catalogue(world: World, *, at: datetime) -> PriceList:
    with SHEET.open("rb") as stream:
        price_sheets.import_file(stream=stream, name=SHEET.name, by=world.operator, at=at)
    for code, title, price, proratable, delivery, plan in OWN:
        data = OwnProduct(title=title, delivery=delivery, is_proratable=proratable)
        products.create_own(
            code=code, data=data, billing_plan=plan, prices={"EUR": Decimal(price)}, by=world.operator, at=at
        )
    made = PriceList(
        name="Partner Gold",
        currency="EUR",
        rule=PriceRule.MARGIN,
        percent=Decimal(8),
        valid_from=at.date(),
    )
    return price_lists.save(price_list=made, by=world.operator, at=at)


def _reseller(world: World, row: Entry, gold: PriceList, *, at: datetime) -> None:
    number = len(world.resellers)
    reseller = resellers.create(
        company=row.company,
        currency="EUR",
        terms=Terms(credit_limit=Decimal(20_000 - 2_000 * number), payment_days=30 if number % 2 else 45),
        responsible_user=world.operator,
        by=world.operator,
        at=at,
    )
    reseller = partners.store(reseller=reseller, mpn_id=row.mpn_id, by=world.operator, at=at)
    price_lists.assign(price_list=gold, account=reseller.account, by=world.operator, at=at)
    first, last = CAST.get(row.ref, ("Demo", f"Contact {row.ref}"))
    contact = contacts.add(
        account=reseller.account,
        first_name=first,
        last_name=last,
        email=f"{first.lower()}@{row.company.email.split('@')[1]}",
        is_primary=True,
        is_bill_to=True,
        by=world.operator,
        at=at,
    )
    if row.ref in CAST:
        vat = row.company.vat_number
        reseller.account = e_invoices.set_address(
            account=reseller.account, scheme="9933", identifier=vat, reference="", by=world.operator, at=at
        )
        contacts.invite(contact=contact, by=world.operator, at=at)
        contact.refresh_from_db()
        user = contact.user
        if user is not None:
            user.set_password(PASSWORD)
            user.activated_at = at
            user.save()
            world.admins[row.ref] = user
    world.resellers[row.ref] = reseller
    world.accounts[row.ref] = reseller.account


def _sub_customer(world: World, row: Entry, *, at: datetime) -> None:
    reseller = world.resellers[row.reseller_ref]
    if row.kind == "affiliate":
        made = affiliates.create(
            reseller=reseller, company=row.company, purpose=row.purpose, via=Via.BSS, by=world.operator, at=at
        )
        world.accounts[row.ref] = made.account
        return
    account = end_customers.create(reseller=reseller, company=row.company, via=Via.BSS, by=world.operator, at=at)
    world.accounts[row.ref] = account


def separate(world: World, ref: str, *, at: datetime) -> None:
    """Let one sub-customer be invoiced separately."""
    account = Account.objects.get(pk=world.accounts[ref].pk)
    accounts.set_separate_invoices(account=account, on=True, by=world.operator, at=at)


def product(sku_or_code: str) -> Product:
    """A product of the demo by "ProductId:SkuId" or own article number."""
    vendor_id, _colon, sku = sku_or_code.partition(":")
    return Product.objects.get(vendor_product_id=vendor_id, sku_id=sku)
