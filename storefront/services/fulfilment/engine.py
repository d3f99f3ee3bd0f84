"""Starting, advancing, sweeping, repairing. The unit of work is a tenant: its units go one after the other."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, User
from accounts.services import audit
from config.kernel import outbox
from config.kernel.errors import DomainError
from config.kernel.locks import lock
from storefront.enums import CallState, Delivery, DeliveryStatus, OrderStatus, TenantState, UnitState
from storefront.models import FulfilmentUnit, Order, OrderItem, PartnerCall, Tenant
from storefront.partner_center import errors
from storefront.partner_center.client import PartnerCenter
from storefront.selectors import fulfilment as selectors
from storefront.services import subscriptions
from storefront.services.fulfilment import leases, outcomes, unit_steps
from storefront.services.fulfilment.waits import Wait, next_try, wait_for
from storefront.transitions import TENANT_TRANSITIONS, UNIT_TRANSITIONS

log = structlog.get_logger(__name__)
FULFIL = "storefront.fulfil_order"
ADVANCE = "storefront.advance_tenant"
MOST_STEPS = 40  # a unit needs about ten; more means that it goes in circles


class NotWaitingForHand(DomainError):
    """Only an item that is executed by hand and not yet delivered can be delivered by hand."""

    user_message = _("This item is not waiting to be delivered by hand.")


class NotStopped(DomainError):
    """Only a fulfilment that stopped can be retried or given up."""

    user_message = _("This fulfilment is not waiting for a person.")


class MaybeBooked(DomainError):
    """Giving up is refused while Microsoft may have booked the order."""

    user_message = _("Microsoft may have booked this order. Retry it, so that this is found out first.")


@transaction.atomic
def start(*, order: Order, at: datetime) -> list[FulfilmentUnit]:
    """Plan one unit per item of an executed order; own products "at once" are delivered here. Safe to repeat."""
    if order.status != OrderStatus.EXECUTED:
        return []
    lock(Account(pk=order.bill_to_id))
    tenant = Tenant.objects.filter(account=order.beneficiary_id).first()
    units = []
    for item in order.items.filter(unit=None).order_by("position"):
        of_microsoft = item.delivery == Delivery.MICROSOFT
        unit = FulfilmentUnit.objects.create(
            order_item=item, tenant=tenant if of_microsoft else None, created_at=at, next_try_at=at
        )
        units.append(unit)
        if item.delivery == Delivery.AT_ONCE:
            outcomes.activate(unit=unit, vendor=None, partner_id=None, at=at)
            continue
        OrderItem.objects.filter(pk=item.pk).update(
            delivery_status=DeliveryStatus.IN_PROGRESS if of_microsoft else DeliveryStatus.PENDING
        )
        if of_microsoft and tenant is None:
            outcomes.needs_person(unit=unit, code="no_tenant", text="", at=at)
    if tenant is not None and any(unit.tenant_id for unit in units):
        outbox.add(ADVANCE, tenant_id=tenant.pk)
    return units


def advance(*, tenant: Tenant, at: datetime, client: PartnerCenter | None = None) -> bool:
    """Work on the tenant's units that are due, until all wait or have ended. False when another worker holds it."""
    lease = leases.take(tenant.pk)
    if lease is None:
        return False
    client = client or PartnerCenter()
    try:
        for unit in selectors.due_units(tenant, at=at):
            _advance_unit(unit, unit_steps.Work(lease, client, at))
    except leases.LeaseLost:
        log.warning("fulfilment.lease_lost", tenant=tenant.pk)
    finally:
        lease.release()
    return True


def sweep(*, at: datetime, limit: int = 200) -> int:
    """Ring again for executed orders that nobody planned and for tenants with due units that nobody works on.

    So losing all of Redis loses nothing. Returns how often it rang.
    """
    orders = selectors.orders_unplanned(at=at, limit=limit)
    tenants = selectors.tenants_due(at=at, limit=limit)
    quiet = Now() + timedelta(seconds=settings.FULFILMENT_RING_SECONDS)
    with transaction.atomic():
        for order_id in orders:
            outbox.add(FULFIL, order_id=order_id)
        for tenant_id in tenants:
            outbox.add(ADVANCE, tenant_id=tenant_id)
        FulfilmentUnit.objects.filter(tenant_id__in=tenants, state__in=selectors.OPEN).update(lease_until=quiet)
    return len(orders) + len(tenants)


def _advance_unit(unit: FulfilmentUnit, work: unit_steps.Work) -> None:
    """Step until the unit has ended or must wait. A refusal ends it; an error that is no answer makes it wait."""
    for _count in range(MOST_STEPS):
        unit = selectors.unit_to_work_on(unit.pk)
        if UnitState(unit.state) not in unit_steps.STEPS:
            return
        try:
            unit_steps.step(unit, work)
        except Wait as wait:
            _postpone(unit, wait, work)
            return
        except outcomes.NeedsPerson as stop:
            outcomes.needs_person(unit=unit, code=stop.code, text=stop.text, at=work.at)
            return
        except (errors.Refused, errors.OnHold) as error:
            outcomes.refuse(unit=unit, error=error, at=work.at)
            return
        except errors.PartnerCenterError as error:
            _postpone(unit, wait_for(error), work)
            return
        except leases.LeaseLost:
            raise
        except Exception:  # a bug of ours: others go on, this one is looked at again after a repair
            log.exception("fulfilment.bug", unit=unit.pk, state=unit.state)
            _postpone(unit, Wait("internal_error", seconds=600), work)
            return
    _postpone(unit, Wait("going_in_circles", seconds=600), work)


def _postpone(unit: FulfilmentUnit, wait: Wait, work: unit_steps.Work) -> None:
    """Write down when to look again, and why. Throttling does not use up tries."""
    with transaction.atomic():
        work.lease.check()
        row = lock(unit)
        row.next_try_at = next_try(attempts=row.attempts, poll=wait.poll, at=work.at, seconds=wait.seconds)
        row.attempts = min(row.attempts + (wait.seconds is None), 10_000)
        row.reason_code = wait.code
        row.save()
    log.info("fulfilment.waits", unit=row.pk, state=row.state, why=wait.code, attempts=row.attempts)


@transaction.atomic
def retry(*, unit: FulfilmentUnit, by: User, at: datetime) -> FulfilmentUnit:
    """A person has repaired the data: go on where it is safe to go on, never with a second order.

    An accepted order is read back again, an unknown one reconciled; anything else starts afresh with new request ids.
    A schedule that was voided is opened again, if the credit allows. Raises NotStopped, CreditTooLow.
    """
    bill_to = lock(Account(pk=unit.order_item.order.bill_to_id))
    tenant = Tenant.objects.filter(account=unit.order_item.order.beneficiary_id).first()
    if tenant is None:
        raise NotStopped(outcomes.WORDS["no_tenant"])
    tenant = lock(tenant)
    unit = lock(unit)
    if unit.state not in {UnitState.REJECTED, UnitState.NEEDS_PERSON}:
        raise NotStopped
    target = _where_to_go_on(unit)
    UNIT_TRANSITIONS.check(UnitState(unit.state), target)
    before = {"state": unit.state, "reason": unit.reason}
    if target == UnitState.PLANNED:
        unit.series, unit.ms_cart_id = unit.series + 1, ""
    unit.state, unit.tenant, unit.attempts, unit.next_try_at = target, tenant, 0, at
    unit.reason_code, unit.reason, unit.finished_at = "", "", None
    if target == UnitState.ACCEPTED:
        unit.checkout_sent_at = at  # patience begins anew
    unit.save()
    _repair_tenant(tenant)
    subscriptions.reopen(subscription=unit.order_item.subscription, by=by, at=at)
    OrderItem.objects.filter(pk=unit.order_item_id).update(delivery_status=DeliveryStatus.IN_PROGRESS)
    audit.record("fulfilment.retried", target=unit, by=by, at=at, account=bill_to, before=before)
    outbox.add(ADVANCE, tenant_id=tenant.pk)
    return unit


@transaction.atomic
def give_up(*, unit: FulfilmentUnit, reason: str, by: User, at: datetime) -> FulfilmentUnit:
    """A person decides that the unit is not delivered: schedule void, credit free.

    Raises NotStopped, and MaybeBooked while Microsoft has, or may have, booked the order.
    """
    lock(Account(pk=unit.order_item.order.bill_to_id))
    row = lock(unit)
    if row.state != UnitState.NEEDS_PERSON:
        raise NotStopped
    if _where_to_go_on(row) != UnitState.PLANNED:
        raise MaybeBooked
    outcomes.reject(unit=row, code=0, reason=reason, by=by, at=at)
    row.refresh_from_db()
    return row


@transaction.atomic
def deliver_by_hand(*, item: OrderItem, by: User, at: datetime) -> FulfilmentUnit:
    """An operator has done what the item promises: it runs and is billed from today. Raises NotWaitingForHand."""
    unit = FulfilmentUnit.objects.filter(order_item=item, order_item__delivery=Delivery.BY_HAND).first()
    if unit is None or unit.state != UnitState.PLANNED:
        raise NotWaitingForHand
    outcomes.activate(unit=unit, vendor=None, partner_id=None, at=at)
    audit.record("fulfilment.delivered_by_hand", target=unit, by=by, at=at, account=item.order.bill_to)
    unit.refresh_from_db()
    return unit


def _where_to_go_on(unit: FulfilmentUnit) -> UnitState:
    if unit.ms_order_id:
        return UnitState.ACCEPTED
    unknown = {CallState.SENT, CallState.UNKNOWN}
    checkouts = PartnerCall.objects.filter(unit=unit, step=unit_steps.CHECKOUT, series=unit.series)
    if unit.ms_cart_id and checkouts.filter(state__in=unknown).exists():
        return UnitState.CHECKOUT_UNKNOWN
    return UnitState.PLANNED


def _repair_tenant(tenant: Tenant) -> None:
    if tenant.state != TenantState.REJECTED:
        return
    target = TenantState.CREATED if tenant.ms_tenant_id else TenantState.DRAFT
    TENANT_TRANSITIONS.check(TenantState.REJECTED, target)
    tenant.state, tenant.reason_code, tenant.reason = target, "", ""
    tenant.save()
