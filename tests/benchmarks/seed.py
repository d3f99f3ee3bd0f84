"""A distributor of any size, written by COPY with triggers off; nothing of what was there is left.

Each reseller has 50 end customers with 3 subscriptions. Every second reseller's customers are invoiced separately.
5 % of the subscriptions began inside the month before, so that their stub waits too; 4 % end inside the month.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from django.db import connection, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Model

from accounts.models import Account
from config.kernel.money import round_half_up
from invoicing.models import BillingSchedule, Charge, ScheduleChange
from invoicing.services.bulk import copy_rows
from resellers.models import Reseller
from tests.integration.invoicing import cast

CUSTOMERS, SERVICES = 50, 3
PER_RESELLER: Final = CUSTOMERS * SERVICES
KEPT: Final = ("django_migrations", "django_content_type", "auth_permission", "auth_group")
MARCH, APRIL = date(2026, 3, 10), date(2026, 4, 1)
NOW: Final = datetime(2026, 3, 1, 9, tzinfo=UTC)


@contextmanager
def triggers_off() -> Iterator[None]:
    """One transaction in which no trigger and no foreign key is looked at, as the owner may."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        yield


def empty(*tables: str) -> None:
    """Empty these tables, or all but what the migrations need."""
    with triggers_off(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> ALL (%s)", [list(KEPT)]
        )
        names = tables or [name for (name,) in cursor.fetchall()]
        cursor.execute(f"TRUNCATE {', '.join(names)} CASCADE")


def seed(subscriptions: int) -> int:
    """About so many subscriptions that fall due on 1 April 2026; return how many lines they make."""
    empty()
    cast.organisation()
    cast.vat()
    resellers = range(1, max(1, subscriptions // PER_RESELLER) + 1)
    with triggers_off():
        fill(Account, accounts(resellers))
        fill(Reseller, ({"account_id": number, "reselling_enabled": True} for number in resellers))
        fill(BillingSchedule, schedules(resellers))
        fill(ScheduleChange, changes(resellers))
        fill(Charge, stubs(resellers))
    tables = [model._meta.db_table for model in (Account, Reseller, BillingSchedule, ScheduleChange)]
    with connection.cursor() as cursor:
        cursor.execute(f"VACUUM ANALYZE {', '.join(tables)}")
    return len(resellers) * PER_RESELLER + Charge.objects.count()


def fill(model: type[Model], rows: Iterable[Mapping[str, Any]]) -> None:
    """Write rows by COPY; a column that a row does not name has the model's default."""
    fields = [field for field in model._meta.concrete_fields if field.name != "id"]
    fields += [model._meta.get_field("id")] if model not in (Reseller, Charge) else []
    usual = [(field.attname, None if field.name == "public_id" else field.get_default()) for field in fields]
    copy_rows(
        model, [field.name for field in fields], ([row.get(name, value) for name, value in usual] for row in rows)
    )


def public_id(kind: str, number: int) -> str:
    return f"{kind}{number:019d}"


def accounts(resellers: range) -> Iterator[dict[str, Any]]:
    """The resellers, and behind them their customers."""
    usual = {"country": "GR", "currency": "EUR", "created_at": NOW, "address_line1": "Odos 1", "city": "Athens"}
    for number in resellers:
        name = f"Reseller {number}"
        own = {"id": number, "public_id": public_id("r", number), "code": f"R-{number:07d}", "kind": "reseller"}
        yield {**usual, **own, "name": name, "name_key": name.casefold(), "vat_number": "EL123456783"}
    for place in range(len(resellers) * CUSTOMERS):
        payer, name = 1 + place // CUSTOMERS, f"Customer {place}"
        own = {"id": len(resellers) + 1 + place, "public_id": public_id("c", place), "code": f"C-{place:07d}"}
        of = {"kind": "end_customer", "bill_to_id": payer, "separate_invoices": payer % 2 == 0}
        yield {**usual, **own, **of, "name": name, "name_key": name.casefold()}


def price(number: int) -> Decimal:
    return Decimal(10_000_000 + number % 9973 * 4321) / 1_000_000


def schedules(resellers: range) -> Iterator[dict[str, Any]]:
    """Three for each customer, their first or second cycle due on the first of April."""
    for place in range(len(resellers) * PER_RESELLER):
        number, customer = place + 1, place // SERVICES
        late = number % 20 == 3
        yield {
            "id": number,
            "public_id": public_id("s", number),
            "bill_to_id": 1 + place // PER_RESELLER,
            "beneficiary_id": len(resellers) + 1 + customer,
            "currency": "EUR",
            "state": "active",
            "mode": "end_customer",
            "product_name": f"Microsoft 365 Business Premium {number % SERVICES}",
            "product_type": "license",
            "sku": "CFQ7TTC0LCHC:0002",
            "service_reference": f"S-{number:08d}",
            "order_reference": f"O-2026-{customer:06d}",
            "tenant_domain": f"customer{customer}.onmicrosoft.com",
            "partner_id": "9900185",
            "price_source": "Price list EU Gold, version 2026-04",
            "quantity": 1 + number % 17,
            "price": price(number),
            "cycle_months": 1,
            "billing_day": 1,
            "partial_on": 1,
            "order_on": MARCH if late else APRIL,
            "start_on": MARCH if late else APRIL,
            "end_on": date(2026, 4, 15) if number % 25 == 7 else None,
            "charged_through": APRIL if late else None,
            "next_invoice_on": APRIL,
            "first_period_net": Decimal(10),
            "first_period_gross": Decimal("12.40"),
            "opened_at": NOW,
            "confirmed_at": NOW,
        }


def changes(resellers: range) -> Iterator[dict[str, Any]]:
    for number in range(1, len(resellers) * PER_RESELLER + 1):
        starts = MARCH if number % 20 == 3 else APRIL
        own = {"id": number, "schedule_id": number, "seq": 1, "kind": "start", "effective_on": starts, "at": NOW}
        yield {**own, "quantity": 1 + number % 17, "price": price(number)}


def stubs(resellers: range) -> Iterator[dict[str, Any]]:
    """The first days of those who came in March: cut when they came, invoiced with the first cycle."""
    for place in range(2, len(resellers) * PER_RESELLER, 20):
        number = place + 1
        quantity, unit = 1 + number % 17, price(number)
        yield {
            "public_id": public_id("x", number),
            "bill_to_id": 1 + place // PER_RESELLER,
            "beneficiary_id": len(resellers) + 1 + place // SERVICES,
            "schedule_id": number,
            "change_id": number,
            "kind": "stub",
            "period": DateRange(MARCH, APRIL),
            "quantity": quantity,
            "unit_price": unit,
            "factor_numerator": 22,
            "factor_denominator": 31,
            "net": round_half_up(quantity * Fraction(unit) * Fraction(22, 31)),
            "currency": "EUR",
            "invoice_on": APRIL,
            "cut_at": NOW,
        }
