"""Subscriptions: opened with the order, confirmed by the vendor, failed, reopened after a repair."""

from __future__ import annotations

from datetime import date, datetime

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation, User
from config.kernel.clock import local_date
from config.kernel.errors import DomainError
from config.kernel.locks import lock
from config.kernel.money import Money
from config.kernel.periods import add_months
from invoicing.enums import ScheduleState
from invoicing.models import BillingSchedule
from invoicing.selectors import credit
from invoicing.services import schedules
from storefront.enums import SubscriptionStatus
from storefront.models import Order, OrderItem, Subscription, Tenant
from storefront.partner_center import answers
from storefront.transitions import SUBSCRIPTION_TRANSITIONS


class CreditTooLow(DomainError):
    """Fulfilment may only go on when the first period fits into the credit again."""

    user_message = _("The available credit is %(available)s, the order needs %(needed)s. Record a payment first.")


@transaction.atomic
def open_from(*, order: Order, by: User | None, at: datetime) -> list[Subscription]:
    """One pending subscription with its pending billing schedule per item. Items that have one keep it.

    Part of the transaction that executes the order; the caller holds the lock on the bill-to.
    """
    items = order.items.select_related("offer__product").filter(subscription=None).order_by("position")
    tenant = Tenant.objects.filter(account=order.beneficiary_id).first()
    opened = []
    for item in items:
        number = _next_number()
        opened.append(
            Subscription.objects.create(
                number=number,
                order_item=item,
                schedule=_open_schedule(item, order, number, by=by, at=at),
                bill_to=order.bill_to,
                beneficiary=order.beneficiary,
                tenant=tenant if item.offer.product.vendor == "microsoft" else None,
                offer=item.offer,
                name=f"{order.beneficiary.name} – {item.product_name}"[:250],
                mode=order.mode,
                currency=order.currency,
                quantity=item.quantity,
                auto_renew=item.term_months > 0,
                created_at=at,
            )
        )
    return opened


@transaction.atomic
def confirm(
    *,
    subscription: Subscription,
    vendor: answers.Subscription | None,
    tenant: Tenant | None,
    partner_id: str | None,
    at: datetime,
) -> Subscription:
    """The service runs. Dates are the vendor's, in the distributor's calendar (product.md M6); charges are cut now."""
    row = lock(subscription)
    if row.status == SubscriptionStatus.ACTIVE:
        return row
    SUBSCRIPTION_TRANSITIONS.check(SubscriptionStatus(row.status), SubscriptionStatus.ACTIVE)
    row.status, row.activated_at, row.synced_at, row.failure_reason = SubscriptionStatus.ACTIVE, at, at, ""
    row.tenant, row.mpn_id = tenant, partner_id
    row.start_on = _local(vendor.started_at if vendor else at)
    row.term_end_on = _term_end(row, vendor)
    if vendor:
        row.ms_subscription_id, row.ms_order_id = vendor.subscription_id, vendor.order_id
        row.cancellable_until, row.term_ends_at = vendor.cancel_until, vendor.commitment_ends_at
        row.auto_renew = vendor.auto_renew
    row.save()
    if row.schedule is not None:
        schedules.confirm(
            schedule=row.schedule,
            start_on=row.start_on,
            tenant_domain=tenant.domain if tenant else "",
            partner_id=partner_id or "",
            at=at,
            bought_at=vendor.started_at if vendor else None,
        )
    return row


@transaction.atomic
def fail(*, subscription: Subscription, reason: str, at: datetime) -> Subscription:
    """Fulfilment was rejected: the schedule is void, so nothing is billed and the credit is free."""
    row = lock(subscription)
    SUBSCRIPTION_TRANSITIONS.check(SubscriptionStatus(row.status), SubscriptionStatus.FAILED)
    row.status, row.failure_reason = SubscriptionStatus.FAILED, reason[:300]
    row.save()
    if row.schedule is not None:
        schedules.void(schedule=row.schedule, reason=reason, at=at)
    return row


@transaction.atomic
def reopen(*, subscription: Subscription, by: User | None, at: datetime) -> Subscription:
    """After a repair: pending again, with a fresh schedule when the old one was voided.

    The caller holds the lock on the bill-to. Raises CreditTooLow when the first period does not fit any more.
    """
    row = lock(subscription)
    if row.status == SubscriptionStatus.FAILED:
        row.status, row.failure_reason = SubscriptionStatus.PENDING, ""
    if row.schedule is not None and row.schedule.state == ScheduleState.VOID:
        order = row.order_item.order
        needed = Money(row.order_item.first_period_gross, row.currency)
        available = credit.available(order.bill_to)
        if available is not None and available < needed:
            raise CreditTooLow(available=available, needed=needed)
        row.schedule = _open_schedule(row.order_item, order, row.number, by=by, at=at)
    row.save()
    return row


def _open_schedule(item: OrderItem, order: Order, number: str, *, by: User | None, at: datetime) -> BillingSchedule:
    product = item.offer.product
    return schedules.open(
        bill_to=order.bill_to,
        beneficiary=order.beneficiary,
        product_name=item.product_name,
        sku=item.sku,
        service_reference=number,
        order_reference=order.number,
        mode=order.mode,
        partner_id=order.mpn_id or "",
        price_source=item.price_source,
        quantity=item.quantity,
        price=item.unit_price,
        price_parts=item.price_parts,
        cycle_months=item.cycle_months,
        term_months=item.term_months or None,
        setup_fee=item.setup_fee,
        proratable=product.is_proratable,
        refund_policy=product.refund_policy,
        usage_rule=product.usage_rule,
        product_type=product.product_type,
        order_on=_local(at),
        by=by,
        at=at,
    )


def _term_end(row: Subscription, vendor: answers.Subscription | None) -> date | None:
    if vendor and vendor.commitment_ends_at:
        return _local(vendor.commitment_ends_at)
    months = row.order_item.term_months
    return add_months(row.start_on, months) if months and row.start_on else None


def _local(at: datetime) -> date:
    return local_date(at, Organisation.get().time_zone)


def _next_number() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('storefront_subscription_number')")
        return f"S-{cursor.fetchone()[0]:05d}"
