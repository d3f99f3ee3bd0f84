"""Tenants: one per account, names that nobody shares, prefix look-ups that never hang."""

from __future__ import annotations

import time

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import AuditEvent
from storefront.enums import SubscriptionStatus, TenantState, UnitState
from storefront.models import Agreement, Tenant
from storefront.selectors.tenants import needs_signer, tenant_of
from storefront.services import tenants
from storefront.services.tenants import PrefixAnswer
from storefront.transitions import SUBSCRIPTION_TRANSITIONS, TENANT_TRANSITIONS, UNIT_TRANSITIONS
from tests.integration.storefront.partner_cast import NOW, SIGNER, Cast, fulfil

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast(microsoft) -> Cast:
    return Cast()


@pytest.mark.parametrize("text", ["acme01", "ACME01 ", "acme01.onmicrosoft.com", "a", "a" * 27, "007"])
def test_clean_prefix_takes_what_people_type(text):
    assert tenants.clean_prefix(text) == text.strip().lower().removesuffix(".onmicrosoft.com")


@pytest.mark.parametrize(
    "text", ["", " ", "-acme", "ac me", "ac.me", "ac_me", "a" * 28, "άκμη", "acme\n01", "١٢٣", "acme\x00"]
)
def test_clean_prefix_refuses_what_microsoft_would(text):
    with pytest.raises(tenants.BadPrefix):
        tenants.clean_prefix(text)


def test_check_prefix_says_free_or_taken(cast):
    tenants.hold(account=cast.affiliate, prefix="held", by=cast.ada, at=NOW)

    assert tenants.check_prefix("Glafkos") == PrefixAnswer.FREE
    assert tenants.check_prefix("contoso") == PrefixAnswer.TAKEN
    assert tenants.check_prefix("held") == PrefixAnswer.TAKEN
    assert tenants.check_prefix("held", account=cast.affiliate) == PrefixAnswer.FREE


@pytest.mark.parametrize("spoil", [{"delay_ms": 4000}, {"status": 503}, {"drop": True}, {"status": 429}])
def test_check_prefix_says_unknown_and_never_hangs(cast, microsoft, spoil):
    tenants.check_prefix("warm")
    microsoft.fault("/v1/domains/", method="HEAD", **spoil)
    started = time.monotonic()

    assert tenants.check_prefix("glafkos") == PrefixAnswer.UNKNOWN
    assert time.monotonic() - started < 3.5


def test_check_prefix_of_an_own_created_tenant_asks_nobody(cast, microsoft):
    fulfil(cast.order(cast.reseller, prefix="aigaio"))
    asked = len(microsoft.journal("HEAD"))

    assert tenants.check_prefix("aigaio", account=cast.reseller) == PrefixAnswer.FREE
    assert len(microsoft.journal("HEAD")) == asked


def test_hold_gives_an_account_one_tenant_and_may_rename_it_while_it_is_a_draft(cast):
    first = tenants.hold(account=cast.customer, prefix="One", by=cast.ada, at=NOW)
    second = tenants.hold(account=cast.customer, prefix="two", by=cast.ada, at=NOW)

    assert first.pk == second.pk
    assert Tenant.objects.get().domain == "two.onmicrosoft.com"
    assert list(AuditEvent.objects.values_list("action", flat=True)) == ["tenant.held", "tenant.renamed"]


def test_hold_refuses_a_name_that_somebody_holds(cast):
    tenants.hold(account=cast.customer, prefix="one", by=cast.ada, at=NOW)

    with pytest.raises(tenants.PrefixTaken, match="one"):
        tenants.hold(account=cast.affiliate, prefix="ONE", by=cast.ada, at=NOW)

    assert Tenant.objects.count() == 1


def test_hold_refuses_to_rename_what_exists_at_microsoft(cast):
    fulfil(cast.order(cast.customer, prefix="glafkos"))

    with pytest.raises(tenants.TenantFixed):
        tenants.hold(account=cast.customer, prefix="other", by=cast.ada, at=NOW)

    assert tenants.hold(account=cast.customer, prefix="glafkos", by=cast.ada, at=NOW).state == TenantState.READY


def test_database_allows_one_tenant_per_account(cast):
    tenants.hold(account=cast.customer, prefix="one", by=cast.ada, at=NOW)

    with pytest.raises(IntegrityError), transaction.atomic():
        Tenant.objects.create(account=cast.customer, domain_prefix="two", created_at=NOW)


@pytest.mark.parametrize("change", [{"first_name": " "}, {"last_name": ""}, {"email": "nobody"}, {"phone": ""}])
def test_agreement_needs_a_whole_signer(cast, change):
    tenant = tenants.hold(account=cast.customer, prefix="one", by=cast.ada, at=NOW)
    facts = {"first_name": "Ada", "last_name": "L", "email": "a@b.example", "phone": "1", **change}

    with pytest.raises(tenants.SignerIncomplete):
        tenants.record_agreement(tenant=tenant, signer=tenants.Signer(**facts), by=cast.ada, at=NOW)

    assert not Agreement.objects.exists()


def test_needs_signer_until_one_is_recorded(cast):
    assert (tenant_of(cast.customer), needs_signer(cast.customer)) == (None, True)
    tenant = tenants.hold(account=cast.customer, prefix="one", by=cast.ada, at=NOW)
    assert needs_signer(cast.customer)

    tenants.record_agreement(tenant=tenant, signer=SIGNER, by=cast.ada, at=NOW)

    assert not needs_signer(cast.customer)


@pytest.mark.parametrize(
    ("states", "table"),
    [(TenantState, TENANT_TRANSITIONS), (UnitState, UNIT_TRANSITIONS), (SubscriptionStatus, SUBSCRIPTION_TRANSITIONS)],
)
def test_every_state_can_be_reached(states, table):
    first = next(iter(states))
    reached, grown = {first}, True
    while grown:
        more = {target for current in reached for target in states if table.allows(current, target)} - reached
        grown, reached = bool(more), reached | more

    assert reached == set(states)


@pytest.mark.parametrize("current", list(TenantState))
@pytest.mark.parametrize("target", list(TenantState))
def test_database_refuses_arrows_that_do_not_exist(cast, current, target):
    tenant = tenants.hold(account=cast.customer, prefix="one", by=cast.ada, at=NOW)
    Tenant.objects.filter(pk=tenant.pk).update(ms_tenant_id="11111111-2222-3333-4444-555555555555")
    _force(tenant, current)

    if current == target or TENANT_TRANSITIONS.allows(current, target):
        Tenant.objects.filter(pk=tenant.pk).update(state=target)
    else:
        with pytest.raises(Exception, match=r"(?i)transition"), transaction.atomic():
            Tenant.objects.filter(pk=tenant.pk).update(state=target)


def _force(tenant: Tenant, state: TenantState) -> None:
    """Walk there by allowed arrows."""
    paths = {
        TenantState.DRAFT: [],
        TenantState.CREATING: [TenantState.CREATING],
        TenantState.CREATED: [TenantState.CREATING, TenantState.CREATED],
        TenantState.READY: [TenantState.CREATING, TenantState.CREATED, TenantState.READY],
        TenantState.REJECTED: [TenantState.CREATING, TenantState.REJECTED],
    }
    for step in paths[state]:
        Tenant.objects.filter(pk=tenant.pk).update(state=step)
    assert connection.in_atomic_block
