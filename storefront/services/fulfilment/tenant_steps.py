"""A tenant becomes ready: address and domain checked, created at Microsoft, agreement confirmed, review passed."""

from __future__ import annotations

import uuid
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction

from accounts.enums import AccountKind
from accounts.models import Account
from config.kernel.locks import lock
from storefront.enums import CallState, TenantState
from storefront.models import Agreement, PartnerCall, Tenant
from storefront.partner_center import answers, errors, payloads
from storefront.partner_center.client import PartnerCenter
from storefront.services.fulfilment import calls
from storefront.services.fulfilment.leases import Lease
from storefront.services.fulfilment.waits import Wait
from storefront.transitions import TENANT_TRANSITIONS

CREATE, AGREE = "create_customer", "agreement"
DOMAIN_TAKEN = 600004
CULTURES = {"el": "el-GR", "de": "de-DE", "en": "en-US"}


def make_ready(*, tenant: Tenant, lease: Lease, client: PartnerCenter, at: datetime) -> Tenant:
    """Bring the tenant to `ready`, from wherever it is. Safe to repeat.

    Raises Wait while Microsoft reviews it, and the client's errors.
    """
    if tenant.state == TenantState.REJECTED:
        raise errors.Refused(tenant.reason, code=int(tenant.reason_code or 0))
    if tenant.state == TenantState.DRAFT:
        tenant = _move(lease, TenantState.CREATING)
    if tenant.state == TenantState.CREATING:
        _create(tenant, lease, client, at)
        tenant.refresh_from_db()
    if tenant.state == TenantState.CREATED:
        _agree(tenant, lease, client, at)
        _wait_for_review(tenant, client)
        tenant = _move(lease, TenantState.READY, ready_at=at)
    return tenant


def reject(*, tenant: Tenant, code: int, reason: str) -> None:
    """Microsoft refuses the tenant: recorded with the reason until somebody repairs the data. Needs a transaction."""
    row = lock(tenant)
    TENANT_TRANSITIONS.check(TenantState(row.state), TenantState.REJECTED)
    row.state, row.reason_code, row.reason = TenantState.REJECTED, str(code), reason[:300]
    row.save()


def series_of(tenant: Tenant, step: str) -> int:
    """The current series of a step: a fresh one after a definite refusal."""
    last = PartnerCall.objects.filter(tenant=tenant, step=step).order_by("-series").first()
    if last is None:
        return 1
    return last.series + 1 if last.state == CallState.REFUSED else last.series


def _move(lease: Lease, target: TenantState, **fields: Any) -> Tenant:
    with transaction.atomic():
        row = lease.check()
        if row.state != target:
            TENANT_TRANSITIONS.check(TenantState(row.state), target)
            row.state = target
        for name, value in fields.items():
            setattr(row, name, value)
        row.save()
    return row


def _create(tenant: Tenant, lease: Lease, client: PartnerCenter, at: datetime) -> None:
    series = series_of(tenant, CREATE)
    earlier = calls.find(tenant, CREATE, series)
    if calls.was_maybe_sent(earlier) and _adopt(tenant, earlier, client, at):
        return
    if earlier is None:
        _check_address(tenant, client)
        if not client.is_domain_free(tenant.domain):
            raise errors.Refused("domain taken", code=DOMAIN_TAKEN, status=409)

    def booked(answer: dict[str, Any]) -> None:
        _store_id(tenant, answers.read(answers.Customer, answer).tenant_id)

    try:
        calls.perform(
            subject=tenant,
            step=CREATE,
            series=series,
            build=lambda: _payload(tenant, client).outgoing(),
            apply=booked,
            lease=lease,
            client=client,
            at=at,
        )
    except errors.Refused:
        # An earlier try may be what is in the way now.
        row = calls.find(tenant, CREATE, series)
        if row is None or not _adopt(tenant, row, client, at):
            raise


def _adopt(tenant: Tenant, call: PartnerCall | None, client: PartnerCenter, at: datetime) -> bool:
    """Read back whether the tenant exists already: exactly our domain and our company name."""
    assert call is not None
    name = (call.body or {}).get("BillingProfile", {}).get("CompanyName")
    for customer in client.customers_by_domain(tenant.domain):
        if customer.company_name == name:
            calls.settle(call, apply=partial(_store_id, tenant, customer.tenant_id), at=at)
            return True
    return False


def _store_id(tenant: Tenant, ms_tenant_id: str) -> None:
    row = lock(tenant)
    if row.state == TenantState.CREATING:
        row.state, row.ms_tenant_id = TenantState.CREATED, uuid.UUID(ms_tenant_id)
        row.reason_code = row.reason = ""
        row.save()


def _check_address(tenant: Tenant, client: PartnerCenter) -> None:
    check = client.check_address(address_of(tenant.account))
    if check.verdict == "bad":
        raise errors.Refused(check.text, code=2007, status=400)


def _agree(tenant: Tenant, lease: Lease, client: PartnerCenter, at: datetime) -> None:
    assert tenant.ms_tenant_id is not None
    tenant_id = str(tenant.ms_tenant_id)
    signed = _agreement(tenant)
    calls.perform(
        subject=tenant,
        step=AGREE,
        series=series_of(tenant, AGREE),
        build=lambda: payloads.agreement(
            tenant_id,
            signer=_signer(signed),
            template_id=client.agreement_template_id(),
            agreed_at=signed.agreed_at,
        ),
        apply=lambda _answer: None,
        lease=lease,
        client=client,
        at=at,
    )


def _wait_for_review(tenant: Tenant, client: PartnerCenter) -> None:
    status = client.vetting(str(tenant.ms_tenant_id))
    if status == "underreview":
        raise Wait("under_review", poll=True)
    if status == "notallowed":
        raise errors.Refused("not allowed", code=800075, status=403)


def _agreement(tenant: Tenant) -> Agreement:
    signed = tenant.agreements.order_by("-pk").first()
    if signed is None:
        raise errors.Refused("no signer", code=13605, status=403)
    return signed


def _signer(signed: Agreement) -> payloads.Person:
    return payloads.Person(signed.signer_first_name, signed.signer_last_name, signed.signer_email, signed.signer_phone)


def address_of(account: Account) -> payloads.Address:
    """The account's own address, else its bill-to's (product.md §13.2)."""
    owner = account if account.address_line1 and account.city else account.bill_to or account
    return payloads.Address(
        line1=owner.address_line1,
        line2=owner.address_line2,
        city=owner.city,
        state=owner.region if str(owner.country) in {"US", "CA", "CN", "MX"} else "",
        postcode=owner.postcode,
        country=str(owner.country),
    )


def _payload(tenant: Tenant, client: PartnerCenter) -> payloads.OwnTenant | payloads.EndCustomerTenant:
    """The tie to the reseller exists for end customers only; the type for the others has no place for it."""
    account = tenant.account
    payer = account.bill_to or account
    signed = _agreement(tenant)
    company = payloads.Company(
        name=account.name,
        email=account.email or payer.email,
        culture=CULTURES.get(account.language[:2], "en-US"),
        language=account.language[:2],
        address=address_of(account),
        contact=payloads.Person(
            signed.signer_first_name,
            signed.signer_last_name,
            signed.signer_email,
            account.phone or payer.phone or signed.signer_phone,
        ),
        domain=tenant.domain,
    )
    if account.kind != AccountKind.END_CUSTOMER:
        return payloads.OwnTenant(company)
    mpn_id = payer.reseller.mpn_id or ""
    reseller_tenant = client.reseller_tenant_id(mpn_id) if mpn_id else ""
    if not reseller_tenant:
        raise errors.Refused("no active relationship with the reseller", code=900154, status=400)
    return payloads.EndCustomerTenant(company, reseller_tenant)
