"""The reseller's own company page: data, MPN ID, users and their roles."""

from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.models import Account, Contact, Invitation, User
from resellers.models import Reseller
from tests.integration.storefront.partner_cast import Cast

pytestmark = pytest.mark.django_db
ADDRESS = {
    "email": "office@reseller.example.com",
    "phone": "+30 231 000 0105",
    "address_line1": "Egnatia 5",
    "address_line2": "",
    "postcode": "546 30",
    "city": "Thessaloniki",
    "region": "",
}
ABEL = {"first_name": "Abel", "last_name": "Buyer", "email": "abel@example.com", "roles": ["buyer"]}


@pytest.fixture
def cast(client):
    made = Cast()
    made.ada.is_account_admin = True
    made.ada.save()
    client.force_login(made.ada)
    return made


def body(answer):
    return answer.content.decode()


def as_role(client, cast, *roles):
    User.objects.filter(pk=cast.ada.pk).update(is_account_admin=False, roles=list(roles))
    return client


def test_an_admin_changes_the_address_and_keeps_the_name(client, cast):
    before = Account.objects.get(pk=cast.ada.account_id)

    answer = client.post(reverse("company_address"), ADDRESS | {"name": "Other", "vat_number": "X"})

    assert answer.status_code == 302, body(answer)
    after = Account.objects.get(pk=before.pk)
    assert (after.address_line1, after.city) == ("Egnatia 5", "Thessaloniki")
    assert (after.name, after.vat_number, after.country) == (before.name, before.vat_number, before.country)


def test_a_bad_phone_is_refused_beside_its_field_and_nothing_typed_is_lost(client, cast):
    answer = client.post(reverse("company_address"), ADDRESS | {"phone": "12"})

    assert answer.status_code == 422
    assert "with its country code" in body(answer)
    assert "Egnatia 5" in body(answer)


def test_an_invited_buyer_has_the_chosen_role_only(client, cast):
    answer = client.post(reverse("company_invite"), ABEL)

    assert answer.status_code == 302, body(answer)
    abel = User.objects.get(email="abel@example.com")
    assert (abel.account_id, abel.is_account_admin, abel.roles) == (cast.ada.account_id, False, ["buyer"])
    assert Invitation.objects.get(user=abel).used_at is None
    assert "abel@example.com" in body(client.get(reverse("company")))


@pytest.mark.parametrize("change", [{"email": "ABEL@example.com"}, {"roles": []}, {"first_name": ""}])
def test_an_invitation_that_cannot_be_is_refused_whole(client, cast, change):
    client.post(reverse("company_invite"), ABEL)
    people = Contact.objects.count()

    answer = client.post(reverse("company_invite"), ABEL | {"email": "new@example.com"} | change)

    assert answer.status_code == 422
    assert Contact.objects.count() == people


def test_a_new_invitation_ends_the_first(client, cast):
    client.post(reverse("company_invite"), ABEL)
    contact = Contact.objects.get(email="abel@example.com")

    client.post(reverse("company_user_invite", args=[contact.user.public_id]))

    assert Invitation.objects.filter(user=contact.user, revoked_at=None).count() == 1
    assert Invitation.objects.filter(user=contact.user).count() == 2
    assert User.objects.get(pk=contact.user_id).roles == ["buyer"]


def test_the_last_active_admin_stays_one(client, cast):
    User.objects.filter(account=cast.ada.account).exclude(pk=cast.ada.pk).update(is_account_admin=False)

    answer = client.post(reverse("company_user", args=[cast.ada.public_id]), {"is_active": "on", "roles": ["buyer"]})

    assert answer.status_code == 422
    assert "last active admin" in body(answer)
    assert User.objects.get(pk=cast.ada.pk).is_account_admin


def test_a_user_without_a_contact_is_shown_and_switched_off(client, cast):
    abel = User.objects.create_user("abel@example.com", account=cast.reseller, name="Abel <b>", roles=["buyer"])

    page = body(client.get(reverse("company")))
    assert "Abel &lt;b&gt;" in page
    assert "Buyer" in page
    client.post(reverse("company_user", args=[abel.public_id]), {"roles": ["buyer"]})

    assert not User.objects.get(pk=abel.pk).is_active


@pytest.mark.parametrize(
    ("role", "address", "mpn", "users"),
    [
        ("billing_agent", 302, 403, 403),
        ("subscriptions_manager", 403, 302, 403),
        ("buyer", 403, 403, 403),
        ("cloud_administrator", 403, 302, 403),
    ],
)
def test_each_role_changes_its_part_only(client, cast, role, address, mpn, users):
    as_role(client, cast, role)
    number = Reseller.objects.get(account=cast.ada.account).mpn_id

    assert client.get(reverse("company")).status_code == 200
    assert client.post(reverse("company_address"), ADDRESS).status_code == address
    assert client.post(reverse("company_mpn"), {"mpn_id": number}).status_code == mpn
    assert client.post(reverse("company_invite"), ABEL).status_code == users


def test_users_of_another_company_are_not_found(client, cast):
    client.post(reverse("company_invite"), ABEL)
    contact = Contact.objects.get(email="abel@example.com")
    other = Cast(mpn="9900074")
    User.objects.filter(pk=other.ada.pk).update(is_account_admin=True)
    client.force_login(User.objects.get(pk=other.ada.pk))

    assert client.get(reverse("company_user", args=[contact.user.public_id])).status_code == 404
    assert client.post(reverse("company_user_invite", args=[contact.user.public_id])).status_code == 404


@pytest.mark.parametrize("value", ["0123", "12", "abc", "９９００１８５", "<b>1</b>", "1" * 11])
def test_a_text_that_is_no_mpn_id_is_refused(client, cast, value):
    answer = client.post(reverse("company_mpn"), {"mpn_id": value})

    assert answer.status_code == 422
    assert "<b>1" not in body(answer)


def test_the_page_needs_the_same_queries_for_more_users(client, cast, django_assert_max_num_queries):
    client.post(reverse("company_invite"), ABEL)
    client.get(reverse("company"))
    with django_assert_max_num_queries(9) as one:
        client.get(reverse("company"))
    for number in range(3):
        client.post(reverse("company_invite"), ABEL | {"email": f"more{number}@example.com"})
    client.get(reverse("company"))
    with django_assert_max_num_queries(9) as more:
        client.get(reverse("company"))

    assert len(one) == len(more)
