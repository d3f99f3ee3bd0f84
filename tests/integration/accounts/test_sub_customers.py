"""Separate invoices: what new sub-customers start with (AC8), and who cannot have them (AC9); names of affiliates."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from accounts.enums import FlagSource, Via
from accounts.models import Account, AuditEvent, Invitation, Organisation
from accounts.services import accounts, contacts
from accounts.services.accounts import Company, NeedsBillTo
from affiliates import services as affiliates
from resellers.enums import SeparateDefault
from resellers.services import end_customers, resellers
from resellers.services.resellers import Terms

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
PASSWORD = "a long sentence about islands"


@pytest.fixture(autouse=True)
def organisation():
    return Organisation.objects.get_or_create(
        pk=1, defaults={"legal_name": "Aegean", "trade_name": "Aegean", "country": "GR", "email": "o@example.com"}
    )[0]


def reseller(default=SeparateDefault.FOLLOW):
    return resellers.create(
        company=Company(name="Thermaikos", country="GR"),
        currency="EUR",
        terms=Terms(separate_invoices_default=default),
        by=None,
        at=NOON,
    )


def customer(owner, via=Via.STOREFRONT, name="Cleo's Bakery"):
    return end_customers.create(reseller=owner, company=Company(name=name, country="GR"), via=via, by=None, at=NOON)


def affiliate(owner, name="Hosting One", via=Via.STOREFRONT):
    return affiliates.create(
        reseller=owner, company=Company(name=name, country="GR"), purpose="business_unit", via=via, by=None, at=NOON
    )


def test_with_the_setting_on_only_customers_created_afterwards_in_the_storefront_are_flagged():
    owner = reseller()
    before = customer(owner)
    Organisation.objects.update(separate_invoices=True)

    after, typed_by_operator = customer(owner, name="After"), customer(owner, via=Via.BSS, name="By hand")

    before.refresh_from_db()
    assert [row.separate_invoices for row in (before, after, typed_by_operator)] == [False, True, False]
    assert after.separate_invoices_source == FlagSource.DEFAULT


@pytest.mark.parametrize(("also", "expected"), [(True, True), (False, False)])
def test_affiliates_follow_the_setting_by_their_own_switch(also, expected):
    Organisation.objects.update(separate_invoices=True, separate_invoices_for_affiliates=also)

    assert affiliate(reseller()).account.separate_invoices is expected


@pytest.mark.parametrize(
    ("default", "setting", "expected"),
    [
        (SeparateDefault.SEPARATE, False, True),
        (SeparateDefault.AGGREGATED, True, False),
        (SeparateDefault.FOLLOW, True, True),
        (SeparateDefault.FOLLOW, False, False),
    ],
)
def test_the_resellers_own_default_goes_first(default, setting, expected):
    Organisation.objects.update(separate_invoices=setting)

    assert customer(reseller(default)).separate_invoices is expected


def test_an_account_that_pays_itself_is_refused_by_service_and_database():
    account = reseller().account

    with pytest.raises(NeedsBillTo):
        accounts.set_separate_invoices(account=account, on=True, by=None, at=NOON)
    with pytest.raises(IntegrityError, match="needs_bill_to"), transaction.atomic():
        Account.objects.filter(pk=account.pk).update(separate_invoices=True)

    account.refresh_from_db()
    assert account.separate_invoices is False


def test_an_operators_tick_is_kept_with_its_source_and_in_the_trail():
    who = customer(reseller())

    accounts.set_separate_invoices(account=who, on=True, by=None, at=NOON)

    who.refresh_from_db()
    assert (who.separate_invoices, who.separate_invoices_source) == (True, FlagSource.OPERATOR)
    after = {"separate_invoices": True, "source": "operator"}
    assert AuditEvent.objects.get(action="account.separate_invoices").after == after


@pytest.mark.parametrize(
    "again", ["Hosting One", "HOSTING  ONE", " hosting\u00a0one ", "H\u00f3sting One", "Ｈosting One"]
)
def test_an_affiliates_name_is_taken_however_it_is_typed(again):
    owner = reseller()
    affiliate(owner)

    with pytest.raises(affiliates.NameTaken):
        affiliate(owner, again)

    assert Account.objects.filter(kind="affiliate").count() == 1


def test_another_reseller_may_use_the_same_name():
    affiliate(reseller())

    assert affiliate(reseller()).account.name == "Hosting One"


def test_without_reselling_there_are_no_sub_customers():
    owner = reseller()
    owner.reselling_enabled = False

    with pytest.raises(end_customers.MayNotResell):
        customer(owner)


def invited():
    contact = contacts.add(
        account=reseller().account, first_name="Ada", last_name="K", email="ada@example.com", by=None, at=NOON
    )
    return contacts.invite(contact=contact, by=None, at=NOON)


def test_an_invitation_stores_no_token_and_lasts_72_hours():
    invitation = invited()

    assert invitation.expires_at == NOON + timedelta(hours=72)
    assert len(invitation.token_hash) == 64


@pytest.mark.parametrize("spoiled", ["used_at", "revoked_at", "late"])
def test_a_link_that_is_over_lets_nobody_in(spoiled, monkeypatch):
    monkeypatch.setattr("secrets.token_urlsafe", lambda size: "token-of-ada")
    invitation = invited()
    when = NOON + timedelta(hours=1)
    if spoiled == "late":
        when = NOON + timedelta(hours=72)
    else:
        Invitation.objects.filter(pk=invitation.pk).update(**{spoiled: NOON})

    with pytest.raises(contacts.LinkIsOver):
        contacts.accept(token="token-of-ada", password=PASSWORD, at=when)

    invitation.user.refresh_from_db()
    assert not invitation.user.has_usable_password()


def test_sub_customers_never_sign_in():
    contact = contacts.add(
        account=customer(reseller()), first_name="Cy", last_name="C", email="cy@example.com", by=None, at=NOON
    )

    with pytest.raises(contacts.NoStorefront):
        contacts.invite(contact=contact, by=None, at=NOON)
