"""Forms for signing in, for settings and for people."""

from typing import Any

from allauth.account import forms as allauth
from allauth.account.adapter import get_adapter
from allauth.mfa.base import forms as mfa
from allauth.mfa.totp import forms as totp
from allauth.mfa.webauthn import forms as webauthn
from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from . import links, outgoing_mail
from .models import Invitation, StudioSettings, User
from .passkey_credential import DepthLimitedDecoder, SafeCredential, invalid_on_any_error, require_own_origin

PASSWORD_HINT = _("At least 10 characters, and not a common one.")


class StyledForm:
    """Mixin that gives controls the studio's CSS class."""

    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if not isinstance(field.widget, forms.CheckboxInput):
                field.widget.attrs["class"] = "input"


class AllauthForm(StyledForm):
    """Mixin for allauth's forms: the studio's labels, no placeholders, and a new password typed once."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("password2", None)
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)
            field.help_text = ""
        if "oldpassword" in self.fields:
            self.fields["oldpassword"].label = _("Current password")
        if "password1" in self.fields:
            self.fields["password1"].label = _("New password")
            self.fields["password1"].help_text = PASSWORD_HINT


class SignInForm(AllauthForm, allauth.LoginForm):  # type: ignore[misc]
    pass


class ConfirmPasswordForm(AllauthForm, allauth.ReauthenticateForm):  # type: ignore[misc]
    pass


class ChangePasswordForm(AllauthForm, allauth.ChangePasswordForm):  # type: ignore[misc]
    pass


class SetPasswordForm(AllauthForm, allauth.SetPasswordForm):  # type: ignore[misc]
    pass


class RequestResetForm(AllauthForm, allauth.ResetPasswordForm):  # type: ignore[misc]
    """Does not look whether somebody has the address, which would show in how long it takes; the mail's task does."""

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()

    def save(self, request: HttpRequest, **_facts: Any) -> str:
        email: str = self.cleaned_data["email"]
        outgoing_mail.queue_reset(email, base=links.absolute("/", request).removesuffix("/"))
        return email


class ResetPasswordForm(AllauthForm, allauth.ResetPasswordKeyForm):  # type: ignore[misc]
    pass


class OneTimeCode:
    """Mixin for the field of an app or recovery code, which phones and password managers can fill."""

    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = _("Code")
        self.fields["code"].widget.attrs |= {"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True}


class AuthenticatorAppForm(OneTimeCode, AllauthForm, totp.ActivateTOTPForm):  # type: ignore[misc]
    pass


class CodeForm(OneTimeCode, AllauthForm, mfa.AuthenticateForm):  # type: ignore[misc]
    pass


class ConfirmCodeForm(OneTimeCode, AllauthForm, mfa.ReauthenticateForm):  # type: ignore[misc]
    pass


class PasskeySecondStepForm(SafeCredential, webauthn.AuthenticateWebAuthnForm):  # type: ignore[misc]
    pass


class PasskeySignInForm(SafeCredential, webauthn.LoginWebAuthnForm):  # type: ignore[misc]
    pass


class ConfirmPasskeyForm(SafeCredential, webauthn.ReauthenticateWebAuthnForm):  # type: ignore[misc]
    pass


class AddPasskeyForm(AllauthForm, webauthn.AddWebAuthnForm):  # type: ignore[misc]
    """Passkeys sign in without a password, so user verification (fingerprint, face or PIN) is always required."""

    passwordless = forms.BooleanField(initial=True, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("Name")
        self.fields["name"].help_text = _("The device it is on, such as “MacBook” or “blue key”.")
        self.fields["name"].max_length = 80  # type: ignore[attr-defined]
        self.fields["credential"].decoder = DepthLimitedDecoder  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        with invalid_on_any_error():
            if "credential" in self.cleaned_data:
                require_own_origin(self.cleaned_data["credential"])
            return dict(super().clean())


class PasskeyNameForm(AllauthForm, webauthn.EditWebAuthnForm):  # type: ignore[misc]
    name = forms.CharField(label=_("Name"), max_length=80)


class ProfileForm(StyledForm, forms.ModelForm):  # type: ignore[type-arg]
    name = forms.CharField(
        label=_("Name"), max_length=80, required=False, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )

    class Meta:
        model = User
        fields = ["name"]


class ThemeForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = User
        fields = ["theme"]


class ShortcutsForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = User
        fields = ["has_shortcuts"]


class FallbackForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = User
        fields = ["fallback"]


class StudioForm(StyledForm, forms.ModelForm):  # type: ignore[type-arg]
    """Settings of the whole studio, which admins change."""

    class Meta:
        model = StudioSettings
        fields = ["admins_may_open_pictures", "safety_keeps_text", "moderation_fails_open"]
        labels = {
            "admins_may_open_pictures": _("Admins may open everybody's pictures"),
            "safety_keeps_text": _("Keep the text of refused prompts"),
            "moderation_fails_open": _("Send prompts when the second check cannot be reached"),
        }
        help_texts = {
            "safety_keeps_text": _(
                "On, the safety log shows admins the refused prompts. Off, it shows who, when and why."
            ),
            "moderation_fails_open": _(
                "On, a prompt is sent unchecked when a gateway's moderation is down or slow, and this is logged. "
                "Off, it is held back: its pictures fail without a charge and can be retried."
            ),
            "admins_may_open_pictures": _(
                "Off, admins see what a picture cost and whether it failed, but not the picture or its prompt."
            ),
        }


class RoleForm(forms.Form):
    role = forms.ChoiceField(label=_("Role"), choices=User.Role.choices)


class EmailForm(StyledForm, forms.Form):
    """Another address to sign in with; confirmed with the password, where there is one."""

    email = forms.EmailField(label=_("Email"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"}))
    current_password = forms.CharField(
        label=_("Current password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        if not user.has_usable_password():
            del self.fields["current_password"]

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"].lower()
        if User.objects.exclude(pk=self.user.pk).with_email(email):
            raise ValidationError(_("Someone else in this studio uses this address."))
        return email

    def clean_current_password(self) -> str:
        password: str = self.cleaned_data["current_password"]
        # allauth counts these attempts too, so that a stolen session cannot guess the password.
        if not get_adapter().reauthenticate(self.user, password):
            raise get_adapter().validation_error("enter_current_password")
        return password


class InvitationForm(StyledForm, forms.Form):
    email = forms.EmailField(label=_("Email"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "off"}))
    role = forms.ChoiceField(label=_("Role"), choices=User.Role.choices, initial=User.Role.DESIGNER)

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"].lower()
        person = User.objects.with_email(email)
        if person and person.is_active:
            raise ValidationError(_("%(email)s already has an account.") % {"email": email})
        if person:
            raise ValidationError(_("%(email)s has a deactivated account. Reactivate it below.") % {"email": email})
        return email


class PasswordForm(StyledForm, forms.Form):
    """The password of a person who accepts an invitation."""

    password = forms.CharField(
        label=_("Password"),
        strip=False,
        help_text=PASSWORD_HINT,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, invitation: Invitation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.invitation = invitation

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        validate_password(password, User(email=self.invitation.email))
        return password
