"""The second factor of the sign-in: who must have one, and what happens to those who lost it."""

from __future__ import annotations

from datetime import datetime

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import names
from accounts.enums import SecondFactor
from accounts.models import Organisation, User
from accounts.services import audit, messages
from config.kernel.errors import DomainError
from config.kernel.locks import lock


class ReasonMissing(DomainError):
    """Taking a second factor away weakens a sign-in, so it is explained."""

    user_message = _("Say why, for example how you made sure who is asking.")
    field = "reason"


class NothingToReset(DomainError):
    """The person has no second factor."""

    user_message = _("This person has no second factor.")


def is_required(user: User) -> bool:
    """Whether the organisation asks this person for a second factor (reliability.md S33)."""
    wanted = Organisation.objects.filter(pk=1).values_list("second_factor", flat=True).first()
    return wanted == SecondFactor.EVERYONE or (wanted == SecondFactor.STAFF and user.is_staff)


def is_set_up(user: User) -> bool:
    """Whether the person signs in with an authenticator app."""
    return bool(Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists())


@transaction.atomic
def reset(*, user: User, reason: str, by: User, at: datetime) -> None:
    """Take the second factor of somebody who lost it; the person is told and sets up a new one.

    Raises ReasonMissing, NothingToReset.
    """
    reason = names.clean_lines(reason)
    if not reason:
        raise ReasonMissing
    user = lock(user)
    if not Authenticator.objects.filter(user=user).delete()[0]:
        raise NothingToReset
    audit.record("user.second_factor_reset", target=user, account=user.account, by=by, at=at, reason=reason)
    messages.queue(
        template="second_factor_changed",
        to=[user.email],
        context={"user": user, "is_set_up": False},
        account=user.account,
        by=by,
        at=at,
        language=user.account.language if user.account else "en",
    )
