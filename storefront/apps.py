"""App configuration."""

from __future__ import annotations

from django.apps import AppConfig


class StorefrontConfig(AppConfig):
    """The app storefront; `docs` and README say what it owns."""

    name = "storefront"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Put the Storefront's pages into its menu."""
        from django.utils.translation import gettext_lazy as _

        from accounts.permissions import Permission
        from resellers.access import MenuEntry, add_to_menu

        add_to_menu(MenuEntry("catalogue", _("Catalogue"), "catalogue", 20, Permission.CATALOGUE_VIEW))
