"""The entrance, Settings and People."""

from allauth.account import views as allauth
from django.urls import include, path, re_path

from . import people, studio_page, views
from .access import page_with_form

# Of allauth only what people need here: nobody signs up alone, and addresses are changed in Settings.
entrance = [
    path("login/", page_with_form(allauth.login), name="account_login"),
    path("logout/", views.sign_out, name="account_logout"),
    path("inactive/", page_with_form(allauth.account_inactive), name="account_inactive"),
    path("reauthenticate/", page_with_form(allauth.reauthenticate), name="account_reauthenticate"),
    path("password/change/", page_with_form(allauth.password_change), name="account_change_password"),
    path("password/set/", page_with_form(allauth.password_set), name="account_set_password"),
    path("password/reset/", views.password_reset, name="account_reset_password"),
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

urlpatterns = [
    path("accounts/", include(entrance)),
    path("sign-in/<str:token>/", views.sign_in_link, name="sign_in_link"),
    path("invitations/<str:token>/", views.invitation, name="invitation"),
    path("settings/", views.settings, name="settings"),
    path("settings/email/", views.email_address, name="email_address"),
    path("settings/theme/", views.theme, name="theme"),
    path("settings/shortcuts/", views.shortcuts, name="shortcuts"),
    path("settings/fallback/", views.fallback, name="fallback_preference"),
    path("settings/studio/", studio_page.studio_settings, name="studio_settings"),
    path("settings/people/", people.people, name="people"),
    path("settings/people/invitations/", people.invitations, name="invitations"),
    path("settings/people/invitations/<int:invitation_id>/revocation/", people.revocation, name="revocation"),
    path("settings/people/<int:person_id>/reset-link/", people.reset_link, name="reset_link"),
    path("settings/people/<int:person_id>/role/", people.role, name="role"),
    path("settings/people/<int:person_id>/deactivation/", people.deactivation, name="deactivation"),
    path("settings/people/<int:person_id>/reactivation/", people.reactivation, name="reactivation"),
]
