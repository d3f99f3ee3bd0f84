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
        from resellers.access import MenuEntry, add_to_frame, add_to_menu
        from storefront.selectors.home import basket_facts

        add_to_menu(
            MenuEntry("home", _("Home"), "home", 10),
            MenuEntry("catalogue", _("Catalogue"), "catalogue", 20, Permission.CATALOGUE_VIEW),
            MenuEntry("subscriptions", _("Subscriptions"), "subscriptions", 30, Permission.SUBSCRIPTION_VIEW),
            MenuEntry("customers", _("Customers"), "customers", 40, Permission.SUBSCRIPTION_VIEW),
            MenuEntry("orders", _("Orders"), "orders", 50, Permission.ORDER_VIEW),
            MenuEntry("company", _("Company"), "company", 90),
        )
        add_to_frame(basket_facts)
