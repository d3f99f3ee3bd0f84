"""Contacts, and the invitation that makes one a Storefront user."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts import names
from accounts.enums import StorefrontRole
from accounts.models import Account, Contact, Invitation, User
from accounts.services import audit, messages
from accounts.services.emails import EmailTaken, hashed, is_taken
from config.kernel.errors import DomainError
from config.kernel.locks import lock

LIFE = timedelta(hours=72)


class NoStorefront(DomainError):
    """Only accounts that pay their own invoices have a Storefront; affiliates and end customers never sign in."""

    user_message = _("Only a reseller's contacts can sign in to the Storefront.")


class LastAdmin(DomainError):
    """Somebody has to be able to manage the users."""

    user_message = _("This is the last active admin. Make somebody else an admin first.")


class LinkIsOver(DomainError):
    """The link was used, replaced by a newer one, or is older than 72 hours."""

    user_message = _("This link is no longer valid. Ask for a new invitation.")


@transaction.atomic
def add(
    *,
    account: Account,
    first_name: str,
    last_name: str,
    email: str,
    by: User | None,
    at: datetime,
    phone: str = "",
    mobile: str = "",
    job_title: str = "",
    is_primary: bool = False,
    is_bill_to: bool = False,
) -> Contact:
    """Add a person to an account; a user of the account that has no contact yet gets this one.

    Raises EmailTaken, BadText.
    """
    email = names.clean_text(email).lower()
    user = User.objects.filter(email__iexact=email, account=account, contact=None).first()
    if is_taken(email, user=user):
        raise EmailTaken
    try:
        with transaction.atomic():
            contact = Contact.objects.create(
                account=account,
                first_name=names.clean_text(first_name),
                last_name=names.clean_text(last_name),
                email=email,
                phone=names.clean_phone(phone),
                mobile=names.clean_phone(mobile, "mobile"),
                job_title=names.clean_text(job_title),
                is_primary=is_primary,
                is_bill_to=is_bill_to,
                user=user,
                created_at=at,
                created_by=by,
            )
    except IntegrityError as error:
        if "contact_email_once" in str(error):
            raise EmailTaken from error
        raise
    audit.record("contact.added", target=contact, account=account, by=by, at=at)
    return contact


@transaction.atomic
def update(*, contact: Contact, by: User | None, at: datetime, **facts: Any) -> Contact:
    """Correct a contact. The e-mail address of a Storefront user is its user name and stays. Raises EmailTaken."""
    stored = lock(contact)
    if stored.user_id:
        facts.pop("email", None)
    elif Contact.objects.filter(email__iexact=facts.get("email", "")).exclude(pk=stored.pk).exists():
        raise EmailTaken
    for name, value in facts.items():
        text = isinstance(value, str)
        number = name in ("phone", "mobile")
        setattr(stored, name, names.clean_phone(value, name) if number else names.clean_text(value) if text else value)
    stored.save()
    audit.record("contact.updated", target=stored, account=stored.account, by=by, at=at)
    return stored


@transaction.atomic
def invite(
    *,
    contact: Contact,
    by: User | None,
    at: datetime,
    is_admin: bool = True,
    roles: list[StorefrontRole] | None = None,
) -> Invitation:
    """Make the contact a Storefront user and mail the link that lets it choose a password (product.md §5.3).

    Enabling from BSS always makes an admin. Raises NoStorefront.
    """
    if contact.account.bill_to_id is not None:
        raise NoStorefront
    contact = lock(contact)
    user = contact.user or _new_user(contact, is_admin=is_admin, roles=roles or [], by=by, at=at)
    return invite_again(user=user, by=by, at=at)


@transaction.atomic
def invite_again(*, user: User, by: User | None, at: datetime) -> Invitation:
    """Mail a user of the Storefront the link that lets it choose a password; an earlier open one stops working.

    Raises NoStorefront.
    """
    user = lock(user)
    account = user.account
    if account is None:
        raise NoStorefront
    Invitation.objects.filter(user=user, used_at=None, revoked_at=None).update(revoked_at=at)
    token = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        user=user, token_hash=hashed(token), created_at=at, created_by=by, expires_at=at + LIFE
    )
    link = settings.SITE_URL.rstrip("/") + reverse("invitation", args=[token])
    messages.queue(
        template="invitation",
        to=[user.email],
        context={"user": user, "account": account, "link": link, "expires_at": invitation.expires_at},
        account=account,
        by=by,
        at=at,
        language=account.language,
        is_secret=True,
    )
    audit.record("user.invited", target=user, account=account, by=by, at=at)
    return invitation


def open_invitation(*, token: str, at: datetime) -> Invitation:
    """The invitation of a link that still works. Raises LinkIsOver, whatever the reason is."""
    found = (
        Invitation.objects.select_related("user", "user__account")
        .filter(token_hash=hashed(token), used_at=None, revoked_at=None, expires_at__gt=at, user__is_active=True)
        .first()
    )
    if found is None:
        raise LinkIsOver
    return found


@transaction.atomic
def accept(*, token: str, password: str, at: datetime) -> User:
    """Choose the password of an invited user: the link is used up, a mail confirms it.

    The password was checked by the form. Raises LinkIsOver.
    """
    invitation = lock(open_invitation(token=token, at=at))
    if invitation.used_at or invitation.revoked_at:
        raise LinkIsOver
    user = lock(invitation.user)
    user.set_password(password)
    user.activated_at = user.activated_at or at
    user.save()
    invitation.used_at = at
    invitation.save()
    messages.queue(template="welcome", to=[user.email], context={"user": user}, account=user.account, by=user, at=at)
    audit.record("user.activated", target=user, account=user.account, by=user, at=at)
    return user


@transaction.atomic
def set_access(*, user: User, is_admin: bool, roles: list[str], is_active: bool, by: User | None, at: datetime) -> User:
    """Change what a Storefront user may do, or switch it off. Raises LastAdmin."""
    account = lock(user.account) if user.account else None
    user = lock(user)
    stays_admin = is_admin and is_active
    others = User.objects.filter(account=account, is_account_admin=True, is_active=True).exclude(pk=user.pk)
    if user.is_account_admin and user.is_active and not stays_admin and not others.exists():
        raise LastAdmin
    before = {"admin": user.is_account_admin, "roles": list(user.roles), "active": user.is_active}
    user.is_account_admin, user.roles, user.is_active = is_admin, [] if is_admin else sorted(roles), is_active
    user.save()
    after = {"admin": user.is_account_admin, "roles": list(user.roles), "active": user.is_active}
    audit.record("user.access_changed", target=user, account=account, by=by, at=at, before=before, after=after)
    return user


def _new_user(contact: Contact, *, is_admin: bool, roles: list[StorefrontRole], by: User | None, at: datetime) -> User:
    user = User.objects.create_user(
        contact.email,
        None,
        name=contact.full_name,
        account=contact.account,
        is_account_admin=is_admin,
        roles=[] if is_admin else sorted(str(role) for role in roles),
    )
    contact.user = user
    contact.save()
    audit.record("user.created", target=user, account=contact.account, by=by, at=at)
    return user
