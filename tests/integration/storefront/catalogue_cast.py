"""Accounts and prices for tests of the catalogue."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from accounts.enums import AccountKind
from accounts.models import Account
from storefront.enums import PriceRule
from storefront.models import PriceList
from storefront.services import price_lists, price_sheets
from tests.price_sheets import row, sheet

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


def account(name="Thermaikos", kind=AccountKind.RESELLER, **values):
    values = {"country": "GR", "currency": "EUR", "code": f"X-{Account.objects.count() + 1:05}"} | values
    return Account.objects.create(name=name, name_key=name.casefold(), kind=kind, created_at=NOON, **values)


def customer(reseller, name="Xenia", kind=AccountKind.END_CUSTOMER, **values):
    return account(name, kind, bill_to=reseller, **values)


def import_rows(*rows, name="sheet_2026-11.csv", at=NOON):
    report, _ = price_sheets.import_file(stream=sheet(*rows), name=name, by=None, at=at)
    assert not report.errors, report.errors


def premium(market="GR", **changes):
    """Business Premium in all its terms, at the prices of the November sheet."""
    name = "Microsoft 365 Business Premium"
    prices = (
        ("P1M", "Monthly", "18.3", "22.87"),
        ("P1Y", "Monthly", "192.12", "240.16"),
        ("P1Y", "Annual", "182.98", "228.72"),
        ("P3Y", "Triennial", "548.93", "686.16"),
    )
    sku = {"ProductId": "CFQ7TTC0LCHC", "SkuId": "0002", "ProductTitle": name, "SkuTitle": name, "Market": market}
    return [
        row(**sku, TermDuration=term, BillingPlan=plan, UnitPrice=cost, ERP_Price=retail, **changes)
        for term, plan, cost, retail in prices
    ]


def price_list(name="EU Gold", rule=PriceRule.MARGIN, percent="8", **values):
    values = {"currency": "EUR", "valid_from": date(2026, 1, 1)} | values
    made = PriceList(name=name, rule=rule, percent=Decimal(percent), **values)
    return price_lists.save(price_list=made, by=None, at=NOON)
