"""Sign-in, second factor, invitation. Nobody signs up here: people are invited."""

from __future__ import annotations

from allauth.account import views as account
from django.urls import include, path, re_path

from accounts.views import security
from accounts.views.invitations import AcceptInvitation

urlpatterns = [
    path("sign-in/", account.login, name="account_login"),
    path("sign-in/reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("sign-out/", account.logout, name="account_logout"),
    path("password/change/", account.password_change, name="account_change_password"),
    path("password/set/", account.password_set, name="account_set_password"),
    path("password/reset/", account.password_reset, name="account_reset_password"),
    path("password/reset/done/", account.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>[^/]+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/key/done/",
        account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    path("account/inactive/", account.account_inactive, name="account_inactive"),
    path("account/", security.Security.as_view(), name="security"),
    path("account/email/", security.NewEmail.as_view(), name="account_email"),
    path("email/<str:token>/", security.ConfirmEmail.as_view(), name="email_confirm"),
    path("account/2fa/", security.Security.as_view(), name="mfa_index"),
    path("account/2fa/", include("allauth.mfa.urls")),
    path("invitation/<str:token>/", AcceptInvitation.as_view(), name="invitation"),
]
