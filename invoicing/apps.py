"""App configuration."""

from __future__ import annotations

from django.apps import AppConfig


class InvoicingConfig(AppConfig):
    """The app invoicing; `docs` and README say what it owns."""

    name = "invoicing"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Put the invoices into the Storefront's menu."""
        from django.utils.translation import gettext_lazy as _

        from accounts.permissions import Permission
        from resellers.access import MenuEntry, add_to_menu

        add_to_menu(MenuEntry("invoices", _("Invoices"), "invoicing:invoices", 60, Permission.INVOICE_VIEW))
