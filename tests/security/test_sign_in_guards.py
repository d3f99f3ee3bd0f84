"""What guards the sign-in: limits, one-time links, sessions that end, cookies, headers of every answer."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from datetime import timedelta

import pytest
from django.conf import settings as configured
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Message, User
from accounts.services import contacts
from resellers.selectors import reseller_of
from storefront.views.home import Home
from tests.deploy_check import ENVIRONMENT
from tests.integration.storefront.partner_cast import NOW, Cast

pytestmark = pytest.mark.django_db
PASSWORD = "a long sentence about islands"
OTHER = "another sentence about boats"
PAGES = ["/", "/company/", "/invoices/", "/account/", "/sign-in/", "/password/reset/", "/no-such-page/", "/healthz"]


@pytest.fixture
def ada():
    user = Cast().ada
    user.is_account_admin = True
    user.set_password(PASSWORD)
    user.save()
    assert reseller_of(user)
    return user


def sign_in(client, email, password=PASSWORD):
    return client.post(reverse("account_login"), {"login": email, "password": password})


def invited(at=None):
    cast = Cast()
    person = contacts.add(account=cast.reseller, first_name="A", last_name="B", email="b@b.example", by=None, at=NOW)
    contacts.invite(contact=person, by=None, at=at or timezone.now())
    return invitation_link()


def invitation_link():
    found = re.search(r"/invitation/\S+", Message.objects.filter(template="invitation").latest("pk").text_body)
    assert found
    return found.group()


def is_guarded(answer):
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("page", PAGES)
def test_every_answer_carries_the_policy_and_is_not_stored(client, ada, page):
    client.force_login(ada)

    answer = client.get(page)

    is_guarded(answer)
    assert "no-store" in answer["Cache-Control"]


def test_an_error_page_carries_the_policy_and_tells_nothing(client, ada, monkeypatch):
    def broken(*_args, **_more):
        msg = "a secret of the code"
        raise RuntimeError(msg)

    monkeypatch.setattr(Home, "get", broken)
    client.force_login(ada)
    client.raise_request_exception = False

    answer = client.get("/")

    assert answer.status_code == 500
    is_guarded(answer)
    assert "secret of the code" not in answer.content.decode()
    assert "Traceback" not in answer.content.decode()


def test_a_forged_host_is_refused_and_never_gets_into_a_link(client, ada, settings):
    settings.ALLOWED_HOSTS = ["shop.example", "testserver"]
    assert client.get("/sign-in/", headers={"host": "evil.example"}).status_code == 400

    client.post(
        reverse("account_reset_password"),
        {"email": ada.email},
        headers={"host": "shop.example", "x-forwarded-host": "evil.example"},
    )

    text = Message.objects.get(template="password_reset").text_body
    assert settings.SITE_URL in text
    assert "evil.example" not in text


def test_failed_sign_ins_are_limited_per_address_and_hurt_nobody_else(client, ada):
    ben = User.objects.create_user("ben@example.org", PASSWORD, name="Ben", is_staff=True)
    for _turn in range(5):
        sign_in(client, ada.email, "wrong")

    locked = sign_in(client, ada.email)
    assert locked.status_code == 200
    assert "Too many" in locked.content.decode()
    assert not client.session.get("_auth_user_id")

    assert sign_in(Client(), ben.email).status_code == 302


def test_asking_for_passwords_is_limited_with_a_page_of_ours(client, ada):
    answers = [client.post(reverse("account_reset_password"), {"email": ada.email}) for _turn in range(6)]

    assert [answer.status_code for answer in answers] == [302] * 5 + [429]
    assert "Wait five minutes" in answers[-1].content.decode()
    assert Message.objects.filter(template="password_reset").count() == 5


def test_guessing_invitations_is_limited(client, ada):
    answers = {client.post(reverse("invitation", args=["guess"]), {"password": OTHER}).status_code for _ in range(21)}

    assert answers == {410, 429}


def test_asking_for_a_password_says_the_same_of_unknown_addresses(client, ada):
    known = client.post(reverse("account_reset_password"), {"email": ada.email}, follow=True)
    cache.clear()
    unknown = client.post(reverse("account_reset_password"), {"email": "nobody@example.org"}, follow=True)

    assert known.content == unknown.content
    assert known.redirect_chain == unknown.redirect_chain


def test_an_invitation_opens_once(client, db):
    link = invited()
    assert client.get(link).status_code == 200
    assert client.get(link).status_code == 200, "looking at it uses nothing up"
    assert client.post(link, {"password": PASSWORD}).status_code == 302

    assert Client().get(link).status_code == 410
    assert Client().post(link, {"password": OTHER}).status_code == 410
    assert User.objects.get(email="b@b.example").check_password(PASSWORD)


def test_an_invitation_ends_by_time_by_a_newer_one_and_with_the_user(client, db):
    old = invited(at=timezone.now() - contacts.LIFE - timedelta(seconds=1))
    assert client.get(old).status_code == 410

    user = User.objects.get(email="b@b.example")
    contacts.invite_again(user=user, by=None, at=timezone.now())
    first = invitation_link()
    contacts.invite_again(user=user, by=None, at=timezone.now())
    second = invitation_link()
    assert client.get(first).status_code == 410
    assert client.get(second).status_code == 200

    User.objects.filter(pk=user.pk).update(is_active=False)
    assert client.get(second).status_code == 410


def test_signing_in_and_out_changes_the_session(client, ada):
    client.get("/sign-in/")
    session = client.session
    session["seen"] = "before"
    session.save()
    before = (
        client.cookies[configured.SESSION_COOKIE_NAME].value if configured.SESSION_COOKIE_NAME in client.cookies else ""
    )

    sign_in(client, ada.email)
    inside = client.cookies[configured.SESSION_COOKIE_NAME].value
    client.post(reverse("account_logout"))

    assert inside != before
    stolen = Client()
    stolen.cookies[configured.SESSION_COOKIE_NAME] = inside
    assert stolen.get("/").status_code == 302


def test_a_new_password_and_a_switched_off_user_end_the_other_sessions(client, ada):
    elsewhere = Client()
    sign_in(client, ada.email)
    sign_in(elsewhere, ada.email)
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})

    client.post(reverse("account_change_password"), {"oldpassword": PASSWORD, "password1": OTHER, "password2": OTHER})
    assert client.get("/").status_code == 200
    assert elsewhere.get("/").status_code == 302

    User.objects.filter(pk=ada.pk).update(is_active=False)
    assert client.get("/").status_code == 302


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(client, ada):
    cookie = sign_in(client, ada.email).cookies[configured.SESSION_COOKIE_NAME]

    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert 0 < client.session.get_expiry_age() <= 12 * 3600


def test_servers_use_host_only_cookies_over_https():
    names = ["SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "DEBUG"]
    read = f"import json; from django.conf import settings as s; print(json.dumps([getattr(s, n) for n in {names}]))"
    kept = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ}

    done = subprocess.run(
        [sys.executable, "-c", read], env=kept | ENVIRONMENT, cwd=configured.BASE_DIR, capture_output=True, check=True
    )

    assert json.loads(done.stdout) == ["__Host-session", "__Host-csrftoken", True, True, False]


@pytest.mark.parametrize(
    "name", ["account_login", "account_email", "company_address", "company_invite", "bss:system_options"]
)
def test_a_form_without_its_token_is_refused(ada, name):
    client = Client(enforce_csrf_checks=True)
    client.force_login(ada)

    answer = client.post(reverse(name), {"email": "x@example.org"})

    assert answer.status_code == 403
    is_guarded(answer)
