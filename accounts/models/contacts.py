"""People at an account."""

from __future__ import annotations

import pghistory
import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from config.kernel.public_ids import PublicIdField


@pghistory.track()
class Contact(models.Model):
    """A person at an account; with a user, that person signs in to the Storefront."""

    public_id = PublicIdField()
    account = models.ForeignKey("accounts.Account", models.PROTECT, related_name="contacts")
    first_name = models.CharField(_("first name"), max_length=50)
    last_name = models.CharField(_("last name"), max_length=50)
    email = models.EmailField(_("e-mail"))
    phone = models.CharField(_("phone"), max_length=30, blank=True)
    mobile = models.CharField(_("mobile"), max_length=30, blank=True)
    job_title = models.CharField(_("company role"), max_length=100, blank=True)
    is_primary = models.BooleanField(_("primary contact"), default=False)
    is_bill_to = models.BooleanField(_("Bill To contact"), default=False, help_text=_("Receives the invoices."))
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="contact", editable=False
    )
    created_at = models.DateTimeField(editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, editable=False, related_name="contacts_created"
    )

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                name="contact_email_once",
                violation_error_message=_(
                    "Another contact has this e-mail address; it is the user name, so it is unique."
                ),
            ),
            models.UniqueConstraint(fields=["account"], condition=Q(is_primary=True), name="contact_one_primary"),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="contact_has_its_users_address",
                level=pgtrigger.Row,
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("email", "user_id"),  # type: ignore[no-untyped-call]  # there
                timing=pgtrigger.Deferred,
                func="""
                    IF NEW.user_id IS NOT NULL THEN PERFORM check_sign_in_address(NEW.user_id); END IF;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return self.full_name

    @property
    def full_name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}".strip()
