"""The addresses. Of allauth only what is used is routed; everything else is screening.urls."""

from allauth.account import views as account
from allauth.mfa.base import views as second_factor
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.webauthn import views as passkeys
from django.urls import include, path

from config.health import health
from screening.views import security

SECURITY = "account/security/"

handler500 = "config.outage.failed"

urlpatterns = [
    path("health", health, name="health"),
    path("account/sign-in/", account.login, name="account_login"),
    path("account/sign-out/", account.logout, name="account_logout"),
    path("account/sign-in/code/", second_factor.authenticate, name="mfa_authenticate"),
    path("account/sign-in/passkey/", passkeys.login_webauthn, name="mfa_login_webauthn"),
    path("account/inactive/", account.account_inactive, name="account_inactive"),
    path("account/password/", account.password_change, name="account_change_password"),
    path("account/confirm/", account.reauthenticate, name="account_reauthenticate"),
    path("account/confirm/code/", second_factor.reauthenticate, name="mfa_reauthenticate"),
    path("account/confirm/passkey/", passkeys.reauthenticate_webauthn, name="mfa_reauthenticate_webauthn"),
    path(SECURITY, second_factor.index, name="mfa_index"),
    path(SECURITY + "app/", security.set_up_app, name="mfa_activate_totp"),
    path(SECURITY + "app/remove/", security.remove_app, name="mfa_deactivate_totp"),
    path(SECURITY + "passkeys/add/", security.add_passkey, name="mfa_add_webauthn"),
    path(SECURITY + "passkeys/<int:pk>/rename/", security.rename_passkey, name="mfa_edit_webauthn"),
    path(SECURITY + "passkeys/<int:pk>/remove/", security.remove_passkey, name="mfa_remove_webauthn"),
    path(SECURITY + "codes/", codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path(SECURITY + "codes/new/", codes.generate_recovery_codes, name="mfa_generate_recovery_codes"),
    path(SECURITY + "codes/download/", codes.download_recovery_codes, name="mfa_download_recovery_codes"),
    path("", include("screening.urls")),
]
