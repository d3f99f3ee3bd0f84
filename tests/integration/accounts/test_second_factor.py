"""The second factor: offered to everyone, kept where it is required, reset by staff with a reason."""

from __future__ import annotations

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from accounts.enums import SecondFactor
from accounts.models import AuditEvent, Message, Organisation, User
from accounts.services import roles, second_factor
from tests.integration.storefront.partner_cast import NOW, organisation

pytestmark = pytest.mark.django_db
PASSWORD = "a long sentence about islands"


@pytest.fixture
def dora(db):
    organisation()
    roles.sync()
    user = User.objects.create_user("dora@example.com", PASSWORD, name="Dora", is_staff=True)
    user.groups.add(Group.objects.get(name="Admin"))
    return user


def require(whom):
    Organisation.objects.update(second_factor=whom)


def sign_in(client, user, **more):
    return client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD}, **more)


def code_of(secret):
    return format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))


def switch_on(client):
    """Set up a second factor as the page does; return its secret."""
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    page = client.get(reverse("mfa_activate_totp"))
    assert page.status_code == 200, page.status_code
    secret = page.context["form"].secret
    answer = client.post(reverse("mfa_activate_totp"), {"code": code_of(secret)})
    assert answer.status_code == 302, answer.context["form"].errors
    return secret


def actions():
    return list(AuditEvent.objects.order_by("pk").values_list("action", flat=True))


def test_a_user_made_without_an_invitation_sets_one_up_and_signs_in_with_it(
    client, dora, django_capture_on_commit_callbacks
):
    with time_machine.travel(NOW, tick=False):
        set_up_and_use(client, dora, django_capture_on_commit_callbacks)


def set_up_and_use(client, dora, django_capture_on_commit_callbacks):
    sign_in(client, dora)
    with django_capture_on_commit_callbacks(execute=True):
        secret = switch_on(client)

    assert actions() == ["user.second_factor_added", "user.recovery_codes_added"]
    assert Message.objects.filter(template="second_factor_changed", recipients=[dora.email]).exists()
    page = client.get(reverse("security")).content.decode()
    assert "10 codes are left" in page

    fresh = Client()
    answer = sign_in(fresh, dora)
    assert answer["Location"] == reverse("mfa_authenticate")
    assert fresh.get("/bss/").status_code == 302
    wrong = fresh.post(reverse("mfa_authenticate"), {"code": "000000"})
    assert "not right" in wrong.content.decode()
    code = code_of(secret)
    assert fresh.post(reverse("mfa_authenticate"), {"code": code}).status_code == 302
    assert fresh.get("/bss/").status_code == 200

    other = Client()
    sign_in(other, dora)
    assert other.post(reverse("mfa_authenticate"), {"code": code}).status_code == 200, "a code opens once"


def test_a_recovery_code_opens_once(client, dora):
    TOTP.activate(dora, "JBSWY3DPEHPK3PXP")
    code = RecoveryCodes.activate(dora).get_unused_codes()[0]

    statuses = []
    for _turn in range(2):
        fresh = Client()
        sign_in(fresh, dora)
        statuses.append(fresh.post(reverse("mfa_authenticate"), {"code": code}).status_code)

    assert statuses == [302, 200]


def test_secrets_are_not_readable_in_the_database(dora):
    TOTP.activate(dora, "JBSWY3DPEHPK3PXP")
    codes = RecoveryCodes.activate(dora).get_unused_codes()

    stored = str(list(Authenticator.objects.values_list("data", flat=True)))

    assert "JBSWY3DPEHPK3PXP" not in stored
    assert not [code for code in codes if code in stored]


@pytest.mark.parametrize(
    ("whom", "is_staff", "asked"),
    [
        (SecondFactor.OFFERED, True, False),
        (SecondFactor.STAFF, True, True),
        (SecondFactor.STAFF, False, False),
        (SecondFactor.EVERYONE, False, True),
    ],
)
def test_who_must_have_one_sets_it_up_before_anything_else(client, db, whom, is_staff, asked):
    organisation()
    require(whom)
    user = User.objects.create_user("dora@example.com", PASSWORD, name="Dora", is_staff=is_staff, is_superuser=is_staff)
    sign_in(client, user)

    answer = client.get("/bss/" if is_staff else reverse("account_change_password"))
    elsewhere = client.get("/bss/accounts/account/" if is_staff else "/invoices/")

    assert (elsewhere.status_code == 302 and elsewhere["Location"] == reverse("security")) == asked
    if asked:
        assert client.get(reverse("security")).status_code == 200
        switch_on(client)
        answer = client.get("/bss/" if is_staff else reverse("security"))
        assert answer.status_code == 200


def test_a_required_one_is_not_switched_off(client, dora):
    require(SecondFactor.STAFF)
    sign_in(client, dora)
    switch_on(client)

    answer = client.post(reverse("mfa_deactivate_totp"))

    assert "cannot be" in answer.content.decode() or "must have" in answer.content.decode()
    assert second_factor.is_set_up(dora)


def test_staff_reset_a_lost_one_with_a_reason(client, dora):
    cleo = User.objects.create_user("cleo@example.com", name="Cleo", is_staff=True)
    TOTP.activate(cleo, "JBSWY3DPEHPK3PXP")
    client.force_login(dora)
    act = reverse("bss:accounts_user_second_factor", args=[cleo.pk])
    assert "Reset second factor" in client.get(reverse("bss:accounts_user_change", args=[cleo.pk])).content.decode()

    client.post(act, {"reason": " \u200b"})
    assert second_factor.is_set_up(cleo)
    client.post(act, {"reason": "Called back at the number on file"})

    assert not second_factor.is_set_up(cleo)
    assert AuditEvent.objects.get(action="user.second_factor_reset").reason == "Called back at the number on file"
    assert Message.objects.filter(template="second_factor_changed", recipients=[cleo.email]).exists()
    with pytest.raises(second_factor.NothingToReset):
        second_factor.reset(user=cleo, reason="again", by=dora, at=NOW)


def test_only_who_manages_users_resets_one(client, dora):
    TOTP.activate(dora, "JBSWY3DPEHPK3PXP")
    cleo = User.objects.create_user("cleo@example.com", name="Cleo", is_staff=True)
    cleo.groups.add(Group.objects.get(name="Support"))
    client.force_login(cleo)

    answer = client.post(reverse("bss:accounts_user_second_factor", args=[dora.pk]), {"reason": "x"})

    assert answer.status_code == 403
    assert second_factor.is_set_up(dora)
