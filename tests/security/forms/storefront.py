"""An example of every form of the Storefront and of the sign-in, by the name of its address."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.db import models
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account, AuditEvent, Contact, EmailChange, Invitation, Message, User
from accounts.services import contacts
from affiliates.models import Affiliate
from resellers.models import Reseller
from storefront.models import BasketLine, CheckoutDetails, Product
from storefront.services import fulfilment
from tests.integration.storefront.partner_cast import NOW, Cast
from tests.integration.storefront.test_orders import fill, own_offer, place
from tests.security.forms.filled import PASSWORD, Build, Filled, reseller_admin

COMPANY = {
    "name": "Ada", "email": "ada@example.org", "phone": "+30 231 000 0105", "address_line1": "Οδός 7",
    "address_line2": "", "postcode": "546 22", "city": "Θεσσαλονίκη", "region": "", "country": "GR",
}  # fmt: skip
CUSTOMER = {**COMPANY, "vat_number": "", "segment": "Commercial"}
AFFILIATE = {**COMPANY, "purpose": "business_unit", "cost_centre": ""}


def basket_for(cast: Cast, beneficiary: Account | None) -> Any:
    return fill(cast, (own_offer(), 1, beneficiary)).lines.get()


def checkout_new(mode: str, company: dict[str, str]) -> Build:
    def build(cast: Cast) -> Filled:
        line = basket_for(cast, None)
        key = "affiliate" if mode == "affiliate" else "customer"
        typed = {f"{key}-{name}": value for name, value in company.items()}
        rows = (Account, Affiliate)
        return Filled(
            reverse("checkout_who"),
            {"line": line.public_id, "mode": mode, key: "new", **typed},
            rows,
            reseller_admin(cast),
        )

    return build


def checkout_who(cast: Cast) -> Filled:
    typed = {"line": basket_for(cast, None).public_id, "mode": "end_customer", "customer": cast.customer.public_id}
    return Filled(reverse("checkout_who"), typed, user=reseller_admin(cast), secret=True, fields=("mode", "customer"))


def checkout_billing(cast: Cast) -> Filled:
    basket_for(cast, cast.customer)
    return Filled(
        reverse("checkout_billing"),
        {f"{cast.customer.public_id}-po_number": "1"},
        (CheckoutDetails,),
        reseller_admin(cast),
    )


def checkout_services(cast: Cast) -> Filled:
    line = basket_for(cast, cast.customer)
    Product.objects.filter(pk=line.offer.product_id).update(delivery="microsoft", vendor="microsoft")
    typed = {
        "domain_prefix": "kyma", "signer_first_name": "Ada", "signer_last_name": "M",
        "signer_email": "ada@example.org", "signer_phone": "+30 231 000 0105", "partner_of_record_attested": "on",
    }  # fmt: skip
    typed = {f"{cast.customer.public_id}-{name}": text for name, text in typed.items()}
    return Filled(reverse("checkout_services"), typed, (CheckoutDetails,), reseller_admin(cast))


def basket_line(cast: Cast) -> Filled:
    page = reverse("basket_line", args=[basket_for(cast, cast.customer).public_id])
    return Filled(page, {"quantity": "1"}, user=reseller_admin(cast), says_by_message=True, rows=(BasketLine,))


def storefront(name: str, typed: dict[str, str], *models_: type[models.Model]) -> Build:
    def build(cast: Cast) -> Filled:
        who = {"customer_edit": cast.customer, "affiliate_edit": cast.affiliate}.get(name)
        page = reverse(name, args=[who.public_id] if who else [])
        return Filled(page, typed, (Account, *models_), reseller_admin(cast))

    return build


def auto_renew(cast: Cast) -> Filled:
    order = place(cast, fill(cast, (own_offer(), 1, cast.customer))).orders.get()
    page = reverse("subscription_renewal", args=[order.items.get().subscription.public_id])
    return Filled(page, {"renews": "off"}, (), reseller_admin(cast), secret=True)


def ending(cast: Cast) -> Filled:
    order = place(cast, fill(cast, (own_offer(), 1, cast.customer))).orders.get()
    fulfilment.start(order=order, at=NOW)
    page = reverse("subscription_end", args=[order.items.get().subscription.public_id])
    return Filled(page, {"when": "now", "reason": "R"}, (AuditEvent,), reseller_admin(cast), as_a_whole=True)


def basket_lines(cast: Cast) -> Filled:
    offer = own_offer()
    typed = {"offer": offer.public_id, "product": offer.product.public_id, "quantity": "1"}
    return Filled(reverse("basket_lines"), typed, (BasketLine,), reseller_admin(cast), says_by_message=True)


def product(cast: Cast) -> Filled:
    offer = own_offer()
    typed = {"offer": offer.public_id, "quantity": "1"}
    page = reverse("product", args=[offer.product.public_id])
    return Filled(page, typed, (), reseller_admin(cast), says_by_message=True)


def checkout_confirm(cast: Cast) -> Filled:
    basket = basket_for(cast, cast.customer).basket
    typed = {
        "basket": basket.public_id, "basket_version": str(basket.version), "orders": cast.customer.public_id,
        "mpn_id": "9900037", "terms": "on",
    }  # fmt: skip
    return Filled(reverse("checkout_confirm"), typed, (), reseller_admin(cast), says_by_message=True)


def company_user(cast: Cast) -> Filled:
    abel = User.objects.create_user("abel@example.org", account=cast.reseller, name="Abel", roles=["buyer"])
    page = reverse("company_user", args=[abel.public_id])
    return Filled(page, {"is_active": "on", "roles": "buyer"}, (User,), reseller_admin(cast), fields=("roles",))


def sign_in(cast: Cast) -> Filled:
    return Filled(reverse("account_login"), {"login": "ada@example.org", "password": "x"}, secret=True)


def invitation(cast: Cast) -> Filled:
    person = contacts.add(account=cast.reseller, first_name="A", last_name="B", email="b@b.example", by=None, at=NOW)
    contacts.invite(contact=person, by=None, at=timezone.now() - timedelta(hours=1))
    link = re.search(r"/invitation/\S+", Message.objects.get(template="invitation").text_body)
    assert link
    return Filled(link.group(), {"password": "a sentence of my own"}, (User, Invitation), secret=True)


def password_reset(cast: Cast) -> Filled:
    return Filled(reverse("account_reset_password"), {"email": cast.ada.email}, (Message,))


def password_from_key(cast: Cast) -> Filled:
    ada = reseller_admin(cast)
    names = {"uidb36": user_pk_to_url_str(ada), "key": default_token_generator.make_token(ada)}
    link = reverse("account_reset_password_from_key", kwargs=names)

    def open_link(client: Client) -> None:
        client.get(link)

    typed = {"password1": "a sentence of my own", "password2": "a sentence of my own"}
    page = reverse("account_reset_password_from_key", kwargs={**names, "key": "set-password"})
    return Filled(page, typed, (User,), secret=True, ready=open_link)


def signed_in(name: str, typed: dict[str, str], *rows: type[models.Model], **more: Any) -> Build:
    """A form about the own sign-in; the password was asked for just before."""

    def confirm(client: Client) -> None:
        client.post(reverse("account_reauthenticate"), {"password": PASSWORD})

    def build(cast: Cast) -> Filled:
        return Filled(reverse(name), typed, rows, reseller_admin(cast), ready=confirm, **more)

    return build


def password_set(cast: Cast) -> Filled:
    ada = reseller_admin(cast)
    ada.set_unusable_password()
    ada.save()
    typed = {"password1": "a sentence of my own", "password2": "a sentence of my own"}
    return Filled(reverse("account_set_password"), typed, (User,), ada, secret=True)


def code(name: str) -> Build:
    """A form that asks for the code of the second factor."""

    def build(cast: Cast) -> Filled:
        ada = reseller_admin(cast)
        TOTP.activate(ada, "JBSWY3DPEHPK3PXP")

        def half_way(client: Client) -> None:
            if name == "mfa_authenticate":
                client.logout()
                client.post(reverse("account_login"), {"login": ada.email, "password": PASSWORD})

        return Filled(reverse(name), {"code": "000000"}, (Authenticator,), ada, secret=True, ready=half_way)

    return build


def totp_form(cast: Cast) -> Filled:
    return signed_in("mfa_activate_totp", {"code": "000000"}, Authenticator, secret=True)(cast)


NEW_PASSWORD = {"oldpassword": PASSWORD, "password1": "a sentence of my own", "password2": "a sentence of my own"}
ADDRESS = {name: text for name, text in COMPANY.items() if name not in {"name", "country"}}
USER = {"first_name": "Abel", "last_name": "M", "email": "abel@example.org", "roles": "buyer"}
FORMS: dict[str, Build] = {
    "account_login": sign_in,
    "account_reauthenticate": signed_in("account_reauthenticate", {"password": "x"}, secret=True),
    "account_change_password": signed_in("account_change_password", NEW_PASSWORD, User, secret=True),
    "account_set_password": password_set,
    "account_reset_password": password_reset,
    "account_reset_password_from_key": password_from_key,
    "account_email": signed_in("account_email", {"email": "ada@new.example"}, User, EmailChange),
    "mfa_authenticate": code("mfa_authenticate"),
    "mfa_reauthenticate": code("mfa_reauthenticate"),
    "mfa_activate_totp": totp_form,
    "invitation": invitation,
    "basket_lines": basket_lines,
    "basket_line": basket_line,
    "checkout_who": checkout_who,
    "checkout_who new affiliate": checkout_new("affiliate", AFFILIATE),
    "checkout_who new customer": checkout_new("end_customer", CUSTOMER),
    "checkout_billing": checkout_billing,
    "checkout_services": checkout_services,
    "checkout_confirm": checkout_confirm,
    "product": product,
    "customer_new": storefront("customer_new", CUSTOMER),
    "customer_edit": storefront("customer_edit", CUSTOMER),
    "affiliate_new": storefront("affiliate_new", AFFILIATE, Affiliate),
    "affiliate_edit": storefront("affiliate_edit", COMPANY),
    "subscription_renewal": auto_renew,
    "subscription_end": ending,
    "company_address": storefront("company_address", ADDRESS),
    "company_mpn": storefront("company_mpn", {"mpn_id": "9900185"}, Reseller),
    "company_invite": storefront("company_invite", USER, Contact, User),
    "company_user": company_user,
}
WITHOUT_TEXTS = {
    "account_logout": "a button",
    "email_confirm": "a button; the link is its right",
    "mfa_deactivate_totp": "a button",
    "mfa_generate_recovery_codes": "a button",
    "company_user_invite": "a button",
}
