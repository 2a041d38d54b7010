"""Signing in, Settings and People."""

from allauth.account import views as allauth
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from allauth.socialaccount import views as socialaccount
from django.urls import include, path, re_path
from django.views.decorators.http import require_safe

from . import oidc
from .access import allow_anonymous, page_with_form
from .views import account, audit_log, people, security, session, studio

# Only the views of allauth that are needed: there is no sign-up, and addresses are changed in Settings.
sign_in = [
    path("login/", page_with_form(allauth.login), name="account_login"),
    path("logout/", account.sign_out, name="account_logout"),
    path("inactive/", page_with_form(allauth.account_inactive), name="account_inactive"),
    path("reauthenticate/", page_with_form(allauth.reauthenticate), name="account_reauthenticate"),
    path("password/change/", page_with_form(allauth.password_change), name="account_change_password"),
    path("password/set/", page_with_form(allauth.password_set), name="account_set_password"),
    path("password/reset/", account.password_reset, name="account_reset_password"),
    path("password/reset/done/", page_with_form(allauth.password_reset_done), name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        page_with_form(allauth.password_reset_from_key),
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/key/done/",
        page_with_form(allauth.password_reset_from_key_done),
        name="account_reset_password_from_key_done",
    ),
]

# The second step of a sign-in, and its confirmation before a sensitive action.
second_steps = [
    path("code/", page_with_form(mfa.authenticate), name="mfa_authenticate"),
    path("passkey/", page_with_form(webauthn.login_webauthn), name="mfa_login_webauthn"),
    path("reauthenticate/code/", page_with_form(mfa.reauthenticate), name="mfa_reauthenticate"),
    path(
        "reauthenticate/passkey/",
        page_with_form(webauthn.reauthenticate_webauthn),
        name="mfa_reauthenticate_webauthn",
    ),
]

company = [
    path("<str:provider_id>/login/", oidc.begin, name="openid_connect_login"),
    path("<str:provider_id>/login/callback/", oidc.callback, name="openid_connect_callback"),
    path("canceled/", require_safe(socialaccount.login_cancelled), name="socialaccount_login_cancelled"),
    path("error/", require_safe(socialaccount.login_error), name="socialaccount_login_error"),
]

own_security = [
    path("", security.security, name="mfa_index"),
    path("app/", page_with_form(totp.activate_totp), name="mfa_activate_totp"),
    path("app/removal/", page_with_form(totp.deactivate_totp), name="mfa_deactivate_totp"),
    path("codes/", require_safe(recovery_codes.view_recovery_codes), name="mfa_view_recovery_codes"),
    path(
        "codes/new/",
        page_with_form(recovery_codes.generate_recovery_codes),
        name="mfa_generate_recovery_codes",
    ),
    path(
        "codes/download/",
        require_safe(recovery_codes.download_recovery_codes),
        name="mfa_download_recovery_codes",
    ),
    path("passkeys/", require_safe(security.passkeys), name="mfa_list_webauthn"),
    path("passkeys/new/", page_with_form(webauthn.add_webauthn), name="mfa_add_webauthn"),
    path("passkeys/<int:pk>/name/", page_with_form(webauthn.edit_webauthn), name="mfa_edit_webauthn"),
    path("passkeys/<int:pk>/removal/", page_with_form(webauthn.remove_webauthn), name="mfa_remove_webauthn"),
    path("sessions/ends/", security.ended_sessions, name="ended_sessions"),
    path("sessions/<int:session_id>/end/", security.ended_session, name="ended_session"),
]

urlpatterns = [
    path("accounts/", include(allow_anonymous(second_steps))),
    path("accounts/company/", include(allow_anonymous(company))),
    path("settings/security/", include(own_security)),
    path("settings/audit/", audit_log.audit_log, name="audit_log"),
    path("accounts/", include(allow_anonymous(sign_in))),
    *allow_anonymous(
        [
            path("sign-in/<str:token>/", account.sign_in_link, name="sign_in_link"),
            path("invitations/<str:token>/", account.invitation, name="invitation"),
            path("session/", session.session, name="session"),
        ]
    ),
    path("signed-in/", session.signed_in, name="signed_in"),
    path("settings/", account.settings, name="settings"),
    path("settings/email/", account.email_address, name="email_address"),
    path("settings/theme/", account.theme, name="theme"),
    path("settings/shortcuts/", account.shortcuts, name="shortcuts"),
    path("settings/fallback/", account.fallback, name="fallback_preference"),
    path("settings/studio/", studio.studio_settings, name="studio_settings"),
    path("settings/people/", people.people, name="people"),
    path("settings/people/invitations/", people.invitations, name="invitations"),
    path("settings/people/invitations/<int:invitation_id>/revocation/", people.revocation, name="revocation"),
    path("settings/people/<int:person_id>/reset-link/", people.reset_link, name="reset_link"),
    path(
        "settings/people/<int:person_id>/second-factor-removal/",
        people.second_factor_removal,
        name="second_factor_removal",
    ),
    path("settings/people/<int:person_id>/role/", people.role, name="role"),
    path("settings/people/<int:person_id>/deactivation/", people.deactivation, name="deactivation"),
    path("settings/people/<int:person_id>/reactivation/", people.reactivation, name="reactivation"),
]
