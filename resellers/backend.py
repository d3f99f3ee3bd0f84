"""Who is signed in: read with the account and the reseller, which every page of the Storefront asks for."""

from __future__ import annotations

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.models import Permission
from django.db.models import QuerySet

from accounts.models import User


class Backend(AuthenticationBackend):
    """allauth's sign-in by e-mail; the user of a request comes with company and terms in one query."""

    def get_user(self, user_id: int) -> User | None:
        """The active user of a session, else None."""
        user = User.objects.select_related("account__reseller").filter(pk=user_id).first()
        return user if user is not None and self.user_can_authenticate(user) else None

    def _get_user_permissions(self, _user: User) -> QuerySet[Permission]:
        """Nobody has rights of his own: they come with the staff groups (product.md M16), and cost one query less."""
        return Permission.objects.none()
