"""People who sign in."""

from __future__ import annotations

from typing import Any

import pgtrigger
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from accounts.enums import StorefrontRole
from accounts.permissions import Permission, permissions_of
from config.kernel.public_ids import PublicIdField


class UserManager(BaseUserManager["User"]):
    """Creates users; the e-mail address is the user name."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A user with this e-mail address; without a password it cannot sign in until it chooses one.

        The address is kept in small letters and is verified and primary from the start: nobody signs up, so whoever
        makes a user vouches for the address, and the links that let its owner in are sent there.
        """
        from allauth.account.models import EmailAddress

        with transaction.atomic(using=self._db):
            user = self.model(email=email.strip().lower(), **fields)
            user.set_password(password)
            user.save(using=self._db)
            EmailAddress(user=user, email=user.email, verified=True, primary=True).save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A member of staff who may do everything."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        """Look up without regard to case."""
        return self.get(email__iexact=username)


SIGN_IN_ADDRESS = pgtrigger.Trigger(
    name="user_has_its_address",
    level=pgtrigger.Row,
    when=pgtrigger.After,
    operation=pgtrigger.Insert | pgtrigger.UpdateOf("email"),  # type: ignore[no-untyped-call]  # untyped there
    timing=pgtrigger.Deferred,
    func="PERFORM check_sign_in_address(NEW.id); RETURN NULL;",
)


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in by e-mail: staff of the distributor (`is_staff`), or a user of one account's Storefront."""

    public_id = PublicIdField()
    email = models.EmailField(_("e-mail"))
    name = models.CharField(_("name"), max_length=101)
    is_staff = models.BooleanField(_("staff of the distributor"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    account = models.ForeignKey("accounts.Account", models.PROTECT, null=True, blank=True, related_name="users")
    is_account_admin = models.BooleanField(_("Storefront admin"), default=False)
    roles = ArrayField(models.CharField(max_length=24, choices=StorefrontRole), default=list, blank=True)
    activated_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]
    objects = UserManager()

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_once"),
            models.CheckConstraint(
                name="user_is_staff_or_of_an_account",
                condition=Q(is_staff=True, account=None) | Q(is_staff=False, is_superuser=False),
            ),
            models.CheckConstraint(
                name="user_roles_known", condition=Q(roles__contained_by=sorted(StorefrontRole.values))
            ),
        ]
        triggers = [SIGN_IN_ADDRESS]

    def __str__(self) -> str:
        return self.name or self.email

    def may(self, permission: Permission) -> bool:
        """Whether the role allows the act in the Storefront. Staff have no Storefront."""
        return self.is_active and permission in permissions_of(is_admin=self.is_account_admin, roles=self.roles)

    def get_full_name(self) -> str:
        """The name, as Django's admin prints it."""
        return self.name

    def get_short_name(self) -> str:
        """The first word of the name."""
        return self.name.split(" ")[0] if self.name else self.email


class Invitation(models.Model):
    """A link that lets an invited person choose a password: single use, 72 hours, replaced by a newer one."""

    user = models.ForeignKey("accounts.User", models.PROTECT, related_name="invitations")
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="invitations_sent")
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(used_at=None, revoked_at=None), name="invitation_one_open"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.created_at:%Y-%m-%d}"


class EmailChange(models.Model):
    """A user's wish for another e-mail address: its link is single use, 24 hours, replaced by a newer one."""

    user = models.ForeignKey("accounts.User", models.PROTECT, related_name="email_changes")
    email = models.EmailField()
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(used_at=None, revoked_at=None), name="email_change_one_open"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.created_at:%Y-%m-%d}"
