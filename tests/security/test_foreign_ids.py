"""Every address of the Storefront: a stranger finds nothing there, nobody is asked to sign in.

The addresses are read from the resolver, so a new page is tried without anybody thinking of it; a page about one
object needs an example here, else the test fails with its name.
"""

from __future__ import annotations

import pytest
from django.apps import apps
from django.urls import get_resolver, reverse

from accounts.services import contacts
from storefront.services import baskets
from tests.integration.invoicing.issued import Row, issue
from tests.integration.storefront.partner_cast import NOW, Cast
from tests.integration.storefront.test_orders import fill, own_offer, place
from tests.pages import patterns

pytestmark = pytest.mark.django_db

NOT_STOREFRONT = {"bss", "djdt"}
PROBES = {"healthz", "readyz"}
PUBLIC = {
    "account_login", "account_logout", "account_inactive", "account_reset_password", "account_reset_password_done",
    "account_reset_password_from_key", "account_reset_password_from_key_done", "email_confirm", "invitation",
    "mfa_authenticate", "invoicing:link",
}  # fmt: skip
BY_SECRET = {  # the link itself is the right to see the page
    "account_reset_password_from_key": {"uidb36": "zz", "key": "no-such-key"},
    "email_confirm": {"token": "no-such-token"},
    "invitation": {"token": "no-such-token"},
    "invoicing:link": {"token": "no-such-token"},
}
SHARED = {"product"}  # the catalogue is the distributor's; what of it an account sees is tested with the catalogue
POSTED = {"basket_line", "company_user_invite"}  # acts without a page of their own
APPS = ("accounts", "resellers", "affiliates", "invoicing", "storefront")


ALL = {name: entry for name, entry in patterns(get_resolver(), without=NOT_STOREFRONT) if name not in PROBES}
ABOUT_ONE = sorted(name for name, entry in ALL.items() if entry.pattern.regex.groups)
PLAIN = sorted(set(ALL) - set(ABOUT_ONE))


def objects_of(cast: Cast) -> dict[str, str]:
    """The public id of one thing of the reseller, by the name of its page."""
    order = place(cast, fill(cast, (own_offer(), 1, cast.customer))).orders.get()
    invoice = issue(cast.reseller, [Row(cast.customer)])
    line = fill(cast, (own_offer("7.00"), 1, cast.customer)).lines.get()
    colleague = contacts.add(
        account=cast.reseller, first_name="Abel", last_name="M", email=f"abel@{order.pk}.example.org", by=None, at=NOW
    )
    invited = contacts.invite(contact=colleague, by=None, at=NOW).user
    return {
        "basket_line": line.public_id,
        "checkout_done": order.checkout.public_id,
        "order": order.public_id,
        "subscription": order.items.get().subscription.public_id,
        "subscription_renewal": order.items.get().subscription.public_id,
        "subscription_end": order.items.get().subscription.public_id,
        "customer": cast.customer.public_id,
        "customer_edit": cast.customer.public_id,
        "affiliate": cast.affiliate.public_id,
        "affiliate_edit": cast.affiliate.public_id,
        "company_user": invited.public_id,
        "company_user_invite": invited.public_id,
        "product": own_offer("8.00").product.public_id,
        "invoicing:invoice": invoice.public_id,
        "invoicing:pdf": invoice.public_id,
        "invoicing:xml": invoice.public_id,
        "invoicing:ubl": invoice.public_id,
        "invoicing:dispute": invoice.public_id,
    }


def address(name: str, examples: dict[str, str]) -> str:
    if name in BY_SECRET:
        return reverse(name, kwargs=BY_SECRET[name])
    assert name in examples, f"{name} has no example here: add an object of one reseller to objects_of()"
    return reverse(name, args=[examples[name]])


def admin_of(cast: Cast):
    cast.ada.is_account_admin = True
    cast.ada.save()
    return cast.ada


def everything() -> dict[str, list[dict[str, object]]]:
    models = [model for label in APPS for model in apps.get_app_config(label).get_models()]
    return {model._meta.label: list(model._default_manager.order_by("pk").values()) for model in models}


def test_the_resolver_is_read_whole():
    assert {"home", "basket", "order", "account_login", "invoicing:invoice", "mfa_index"} <= set(ALL)
    assert not [name for name in ALL if name.startswith("bss") or name.endswith("None")]


@pytest.mark.parametrize("name", [name for name in ABOUT_ONE if name not in BY_SECRET and name not in SHARED])
def test_a_stranger_finds_nothing_and_changes_nothing(client, name):
    cast, other = Cast(), Cast(mpn="9900074")
    page = address(name, objects_of(cast))
    baskets.open_basket(user=other.ada, account=other.reseller, at=NOW)
    client.force_login(admin_of(other))
    before = everything()

    answers = {method: getattr(client, method)(page).status_code for method in ("get", "post", "put", "delete")}
    removal = client.post(page, {"remove": "1", "quantity": "9", "name": "Mine", "country": "GR"}).status_code

    assert set(answers.values()) | {removal} <= {404, 405}, answers  # 405: there is no such method for anybody
    assert 404 in (answers["get"], answers["post"]), answers
    assert everything() == before


@pytest.mark.parametrize("name", [name for name in ABOUT_ONE if name not in BY_SECRET and name not in SHARED])
def test_its_owner_finds_it(client, name):
    cast = Cast()
    page = address(name, objects_of(cast))
    client.force_login(admin_of(cast))

    answer = client.post(page, {"quantity": "2"}) if name in POSTED else client.get(page)

    assert answer.status_code in {200, 202, 302}, answer.status_code  # 202: the PDF is being drawn


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("name", sorted(ALL))
def test_nobody_is_asked_to_sign_in(client, name, method):
    page = address(name, objects_of(Cast())) if name in ABOUT_ONE else reverse(name)

    answer = getattr(client, method)(page)

    if name in PUBLIC:
        assert answer.status_code < 500
    else:
        assert answer.status_code == 302, answer.status_code
        assert answer["Location"].startswith("/sign-in/")


def test_pages_of_a_secret_link_say_nothing_to_a_guess(client):
    for name in BY_SECRET:
        answer = client.get(address(name, {}))
        assert answer.status_code in {200, 302, 404, 410}, name
        assert "example.org" not in answer.content.decode()
