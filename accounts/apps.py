"""App configuration."""

from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AccountsConfig(AppConfig):
    """The app accounts; `docs` and README say what it owns."""

    name = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Write the staff groups anew after migrations; keep in the audit trail what happens to a second factor."""
        from allauth.mfa import signals

        from accounts.views.adapter import record_change

        post_migrate.connect(_sync_roles, dispatch_uid="accounts.roles")
        for changed in (signals.authenticator_added, signals.authenticator_removed, signals.authenticator_reset):
            changed.connect(record_change, dispatch_uid="accounts.second_factor")


def _sync_roles(*, app_config: AppConfig | None = None, **_signal: object) -> None:
    # Sent once per app, ours first; when it is auth's turn all our permissions exist.
    if app_config is not None and app_config.label == "auth":
        from accounts.services import roles

        roles.sync()
