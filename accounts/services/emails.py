"""The address a person signs in with: one for the user, its contact and the sign-in, changed together or not at all."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts import names
from accounts.models import Contact, EmailChange, Invitation, User
from accounts.services import audit, messages
from config.kernel.errors import DomainError
from config.kernel.locks import lock

LIFE = timedelta(hours=24)


class EmailTaken(DomainError):
    """The e-mail address is the user name: it belongs to one person in the whole system."""

    user_message = _("Another person has this e-mail address. It is the user name, so it can be used once.")
    field = "email"


class SameEmail(DomainError):
    """There is nothing to change."""

    user_message = _("This is the address you sign in with already.")
    field = "email"


class ChangeIsOver(DomainError):
    """The link was used, replaced by a newer one, is older than 24 hours, or the address went to somebody else."""

    user_message = _("This link is no longer valid. Ask for a new one on the page of your sign-in.")


def is_taken(email: str, *, user: User | None = None) -> bool:
    """Whether another user or contact has the address, without regard to case."""
    others = User.objects.filter(email__iexact=email)
    contacts = Contact.objects.filter(email__iexact=email)
    if user is not None:
        others, contacts = others.exclude(pk=user.pk), contacts.exclude(user=user)
    return others.exists() or contacts.exists()


@transaction.atomic
def change(*, user: User, email: str, by: User | None, at: datetime) -> User:
    """Give the user another address, verified: `by` vouches for it. Open links to the old one stop working.

    The old address is told. Raises EmailTaken.
    """
    email = names.clean_text(email).lower()
    user = lock(user)
    old = user.email
    if email == old:
        return user
    if is_taken(email, user=user):
        raise EmailTaken
    user.email = email
    try:
        with transaction.atomic():
            user.save(update_fields=["email"])
            Contact.objects.filter(user=user).update(email=email)
            EmailAddress.objects.filter(user=user).delete()
            EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    except IntegrityError as error:
        raise EmailTaken from error
    for model in (Invitation, EmailChange):
        model._default_manager.filter(user=user, used_at=None, revoked_at=None).update(revoked_at=at)
    audit.record(
        "user.email_changed", target=user, account=user.account, by=by, at=at, before={"email": old},
        after={"email": email},
    )  # fmt: skip
    _mail("email_changed", user, to=old, context={"user": user, "email": email}, by=by, at=at)
    return user


@transaction.atomic
def ask(*, user: User, email: str, at: datetime) -> None:
    """Mail a link to the new address; only who reads mail there can change to it (product.md §5.3).

    Says nothing about addresses of others: a taken one simply gets no mail (reliability.md S31). Raises SameEmail.
    """
    email = names.clean_text(email).lower()
    user = lock(user)
    if email == user.email:
        raise SameEmail
    EmailChange.objects.filter(user=user, used_at=None, revoked_at=None).update(revoked_at=at)
    audit.record("user.email_change_asked", target=user, account=user.account, by=user, at=at)
    if is_taken(email, user=user):
        return
    token = secrets.token_urlsafe(32)
    wish = EmailChange.objects.create(
        user=user, email=email, token_hash=hashed(token), created_at=at, expires_at=at + LIFE
    )
    link = settings.SITE_URL.rstrip("/") + reverse("email_confirm", args=[token])
    context = {"user": user, "email": email, "link": link, "expires_at": wish.expires_at}
    _mail("email_confirm", user, to=email, context=context, by=user, at=at, is_secret=True)


def hashed(token: str) -> str:
    """What is stored of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def open_change(*, token: str, at: datetime) -> EmailChange:
    """The wish of a link that still works. Raises ChangeIsOver, whatever the reason is."""
    found = (
        EmailChange.objects.select_related("user")
        .filter(token_hash=hashed(token), used_at=None, revoked_at=None, expires_at__gt=at, user__is_active=True)
        .first()
    )
    if found is None:
        raise ChangeIsOver
    return found


@transaction.atomic
def confirm(*, token: str, at: datetime) -> User:
    """Make the address of a link the one the person signs in with; the link is used up. Raises ChangeIsOver."""
    wish = lock(open_change(token=token, at=at))
    if wish.used_at or wish.revoked_at:
        raise ChangeIsOver
    wish.used_at = at
    wish.save(update_fields=["used_at"])
    try:
        return change(user=wish.user, email=wish.email, by=wish.user, at=at)
    except EmailTaken as refusal:
        raise ChangeIsOver from refusal


def _mail(
    template: str,
    user: User,
    *,
    to: str,
    context: dict[str, object],
    by: User | None,
    at: datetime,
    is_secret: bool = False,
) -> None:
    account = user.account
    language = account.language if account else "en"
    messages.queue(
        template=template, to=[to], context=context, account=account, by=by, at=at, language=language,
        is_secret=is_secret,
    )  # fmt: skip
