"""Sign-in, forgotten password: the pages work, and they tell nobody who has an account."""

from __future__ import annotations

import re

import pytest

from accounts.models import Message, User

pytestmark = pytest.mark.django_db
PASSWORD = "a long sentence about islands"


@pytest.fixture
def dora(db):
    return User.objects.create_user("dora@example.com", PASSWORD, name="Dora", is_staff=True)


def body(answer):
    return answer.content.decode()


@pytest.mark.parametrize("path", ["/sign-in/", "/password/reset/", "/password/reset/done/"])
def test_the_page_opens_under_the_strict_policy(client, path):
    answer = client.get(path)

    assert answer.status_code == 200
    assert "style=" not in body(answer)
    assert not re.search(r"<script(?![^>]*(src=|json))", body(answer))


def test_staff_sign_in_and_land_in_bss(client, dora):
    answer = client.post("/sign-in/", {"login": "Dora@Example.com", "password": PASSWORD}, follow=True)

    assert answer.redirect_chain[-1][0].startswith("/bss/")
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example"]
)
def test_next_never_leads_elsewhere(client, dora, target):
    answer = client.post("/sign-in/", {"login": dora.email, "password": PASSWORD, "next": target})

    assert answer.status_code == 302
    assert "evil" not in answer["Location"]
    assert "javascript" not in answer["Location"]


def test_a_wrong_password_says_the_same_as_an_unknown_address(client, dora):
    wrong = client.post("/sign-in/", {"login": dora.email, "password": "x"})
    unknown = client.post("/sign-in/", {"login": "nobody@example.com", "password": "x"})

    for answer in (wrong, unknown):
        assert answer.context["form"].errors == wrong.context["form"].errors
    assert "not correct" in body(wrong)
    assert "not correct" in body(unknown)


def test_forgotten_password_by_mail_once(client, dora, mailoutbox, deliver_outbox):
    known = client.post("/password/reset/", {"email": dora.email})
    unknown = client.post("/password/reset/", {"email": "nobody@example.com"})
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])

    deliver_outbox()
    (mail,) = mailoutbox
    assert mail.to == [dora.email]
    link = re.search(r"/password/reset/key/\S+", mail.body)[0]
    page = client.get(link, follow=True)
    form_path = page.request["PATH_INFO"]
    new = "another sentence about ships"
    answer = client.post(form_path, {"password1": new, "password2": new})
    assert answer.status_code == 302, answer.context["form"].errors
    dora.refresh_from_db()
    assert dora.check_password(new)
    deliver_outbox()
    assert [mail.subject for mail in mailoutbox[1:]] == ["Your password was changed"]
    assert "used" in body(client.get(link, follow=True))


def test_too_many_wrong_passwords_are_stopped(client, dora):
    for _attempt in range(12):
        answer = client.post("/sign-in/", {"login": dora.email, "password": "x"})

    assert answer.status_code in {200, 429}
    right = client.post("/sign-in/", {"login": dora.email, "password": PASSWORD})
    assert right.status_code != 302


def test_mail_of_the_sign_in_is_kept_without_its_link(client, dora, deliver_outbox):
    client.post("/password/reset/", {"email": dora.email})
    deliver_outbox()

    message = Message.objects.get()
    assert message.is_secret
    assert message.recipients == [dora.email]
