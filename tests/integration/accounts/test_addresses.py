"""One address for the user, its contact and the sign-in: from the start, when it changes, and by the database."""

from __future__ import annotations

import re

import pytest
from allauth.account.models import EmailAddress
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from accounts.audits import AUDITS
from accounts.models import AuditEvent, Contact, EmailChange, Message, User
from accounts.services import contacts, emails, staff
from tests.integration.storefront.partner_cast import NOW, Cast

pytestmark = pytest.mark.django_db
PASSWORD = "a long sentence about islands"
NEW = "new@example.org"


@pytest.fixture
def abel(db):
    """A buyer with a contact, who chose a password."""
    cast = Cast()
    person = contacts.add(
        account=cast.reseller, first_name="Abel", last_name="M", email="Abel@Example.org", by=None, at=NOW
    )
    user = contacts.invite(contact=person, by=None, at=NOW).user
    user.set_password(PASSWORD)
    user.save()
    return user


def broken():
    with connection.cursor() as cursor:
        cursor.execute(next(audit.sql for audit in AUDITS if audit.code == "A02"))
        return cursor.fetchall()


def addresses(user):
    return list(EmailAddress.objects.filter(user=user).values_list("email", "verified", "primary"))


def link_to(address):
    message = Message.objects.get(template="email_confirm", recipients=[address])
    found = re.search(r"/email/\S+/", message.text_body)
    assert found
    assert message.is_secret
    return found.group()


def signed_in(client, user):
    client.force_login(user)
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    return client


def test_every_way_to_a_user_gives_it_a_verified_primary_address(abel):
    call_command("createsuperuser", "--no-input", email="Root@Example.org", name="Root")
    staff.save(user=None, email="cleo@example.org", name="Cleo", is_active=True, groups=[], by=None, at=NOW)

    for user in User.objects.all():
        assert addresses(user) == [(user.email, True, True)]
    assert User.objects.get(name="Root").email == "root@example.org"
    assert broken() == []


@pytest.mark.parametrize(
    "harm",
    [
        lambda user: User.objects.create(email="other@example.org", name="No address"),
        lambda user: User.objects.filter(pk=user.pk).update(email="other@example.org"),
        lambda user: EmailAddress.objects.filter(user=user).delete(),
        lambda user: EmailAddress.objects.filter(user=user).update(verified=False),
        lambda user: EmailAddress.objects.create(user=user, email="second@example.org"),
        lambda user: Contact.objects.filter(user=user).update(email="other@example.org"),
    ],
)
def test_the_database_refuses_addresses_that_disagree(abel, harm):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    with pytest.raises(IntegrityError, match="same verified address"), transaction.atomic():
        harm(abel)


def test_a_new_address_counts_when_its_link_was_opened_and_confirmed(client, abel):
    signed_in(client, abel)

    answer = client.post(reverse("account_email"), {"email": " New@Example.org "})
    assert answer.status_code == 302
    link = link_to(NEW)
    assert client.get(link).status_code == 200
    assert User.objects.get(pk=abel.pk).email == "abel@example.org"
    answer = client.post(link)

    assert answer.status_code == 302
    user = User.objects.get(pk=abel.pk)
    assert (user.email, user.contact.email, addresses(user)) == (NEW, NEW, [(NEW, True, True)])
    assert Message.objects.filter(template="email_changed", recipients=["abel@example.org"]).exists()
    assert AuditEvent.objects.get(action="user.email_changed").after == {"email": NEW}
    assert broken() == []
    assert client.post(link).status_code == 410
    assert client.get(link).status_code == 410


def test_the_page_asks_for_the_password_first(client, abel):
    client.force_login(abel)

    answer = client.post(reverse("account_email"), {"email": NEW})

    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("account_reauthenticate"))
    assert not EmailChange.objects.exists()


def test_a_taken_address_is_answered_like_a_free_one_and_gets_no_mail(client, abel):
    User.objects.create_user("taken@example.org", name="Somebody")
    signed_in(client, abel)

    taken = client.post(reverse("account_email"), {"email": "taken@example.org"}, follow=True)
    free = client.post(reverse("account_email"), {"email": NEW}, follow=True)

    assert taken.content.decode().replace("taken@example.org", NEW) == free.content.decode()
    assert not Message.objects.filter(recipients=["taken@example.org"]).exists()
    assert Message.objects.filter(recipients=[NEW]).exists()


def test_a_newer_link_a_taken_address_and_time_end_a_link(client, abel):
    now = timezone.now()
    emails.ask(user=abel, email="first@example.org", at=now)
    first = link_to("first@example.org")
    emails.ask(user=abel, email=NEW, at=now)
    assert client.post(first).status_code == 410

    link = link_to(NEW)
    User.objects.create_user(NEW, name="Faster")
    assert client.post(link).status_code == 410
    assert User.objects.get(pk=abel.pk).email == "abel@example.org"

    emails.ask(user=abel, email="late@example.org", at=now - emails.LIFE)
    assert client.post(link_to("late@example.org")).status_code == 410


def test_a_member_of_staff_gets_another_address_with_its_sign_in(db):
    cleo = staff.save(user=None, email="cleo@example.org", name="Cleo", is_active=True, groups=[], by=None, at=NOW)

    staff.save(user=cleo, email=NEW, name="Cleo", is_active=True, groups=[], by=None, at=NOW)

    assert addresses(cleo) == [(NEW, True, True)]
    with pytest.raises(emails.EmailTaken):
        staff.save(user=None, email=NEW.upper(), name="Dora", is_active=True, groups=[], by=None, at=NOW)


def test_a_contact_for_a_user_that_had_none_belongs_to_it(db):
    cast = Cast()

    person = contacts.add(account=cast.reseller, first_name="Ada", last_name="L", email=cast.ada.email, by=None, at=NOW)

    assert person.user == cast.ada
    contacts.invite(contact=person, by=None, at=NOW)
    assert User.objects.filter(email=cast.ada.email).count() == 1
