"""What people and admins may change, and the sentences when they may not."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from allauth.account import forms as allauth
from allauth.account.adapter import get_adapter
from allauth.core import context
from allauth.mfa.base import forms as mfa
from allauth.mfa.totp import forms as totp
from allauth.mfa.webauthn import forms as webauthn
from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from fido2.utils import websafe_decode

from .models import Invitation, StudioSettings, User

PASSWORD_HINT = _("At least 10 characters, and not a common one.")


class Dressed:
    """Forms whose controls wear the studio's class."""

    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if not isinstance(field.widget, forms.CheckboxInput):
                field.widget.attrs["class"] = "input"


class InOurWords(Dressed):
    """allauth's forms with the studio's labels, no placeholders, and a new password typed once."""

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


class SignInForm(InOurWords, allauth.LoginForm):  # type: ignore[misc]
    pass


class ConfirmForm(InOurWords, allauth.ReauthenticateForm):  # type: ignore[misc]
    pass


class ChangePasswordForm(InOurWords, allauth.ChangePasswordForm):  # type: ignore[misc]
    pass


class SetPasswordForm(InOurWords, allauth.SetPasswordForm):  # type: ignore[misc]
    pass


class ForgottenPasswordForm(InOurWords, allauth.ResetPasswordForm):  # type: ignore[misc]
    pass


class NewPasswordForm(InOurWords, allauth.ResetPasswordKeyForm):  # type: ignore[misc]
    pass


class Code:
    """A field for a code of the app or a recovery code, as phones and password managers fill it."""

    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = _("Code")
        self.fields["code"].widget.attrs |= {"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True}


class AppForm(Code, InOurWords, totp.ActivateTOTPForm):  # type: ignore[misc]
    pass


class CodeForm(Code, InOurWords, mfa.AuthenticateForm):  # type: ignore[misc]
    pass


class ConfirmByCodeForm(Code, InOurWords, mfa.ReauthenticateForm):  # type: ignore[misc]
    pass


class Shallow(json.JSONDecoder):
    """What is nested too deeply is no JSON, as Django's field expects to hear it; Python calls it a RecursionError."""

    def decode(self, text: str, *args: Any) -> Any:
        try:
            return super().decode(text, *args)
        except RecursionError:
            raise json.JSONDecodeError("nested too deeply", text[:100], 0) from None


class Sturdy:
    """What a browser says of a passkey is anybody's JSON: whatever the library stumbles over is a wrong answer."""

    fields: dict[str, forms.Field]
    cleaned_data: dict[str, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["credential"].decoder = Shallow  # type: ignore[attr-defined]

    def clean_credential(self) -> Any:
        with told_as_wrong():
            require_own_origin(self.cleaned_data["credential"])
            return super().clean_credential()  # type: ignore[misc]


def require_own_origin(credential: dict[str, Any]) -> None:
    """Raise ValueError for a passkey used on another site; over plain HTTP the library leaves this unasked."""
    said = json.loads(websafe_decode(credential["response"]["clientDataJSON"]))
    if said["origin"] != f"{context.request.scheme}://{context.request.get_host()}":
        raise ValueError("the passkey was used on another site")


@contextmanager
def told_as_wrong() -> Iterator[None]:
    try:
        yield
    except ValidationError:
        raise
    except Exception:
        raise ValidationError(_("The passkey was not accepted. Try again, or sign in another way.")) from None


class SecondStepByPasskey(Sturdy, webauthn.AuthenticateWebAuthnForm):  # type: ignore[misc]
    pass


class SignInByPasskey(Sturdy, webauthn.LoginWebAuthnForm):  # type: ignore[misc]
    pass


class ConfirmByPasskey(Sturdy, webauthn.ReauthenticateWebAuthnForm):  # type: ignore[misc]
    pass


class PasskeyForm(InOurWords, webauthn.AddWebAuthnForm):  # type: ignore[misc]
    """A passkey signs in without a password, so it always asks for a finger, a face or a PIN."""

    passwordless = forms.BooleanField(initial=True, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("Name")
        self.fields["name"].help_text = _("Where it lives, such as “MacBook” or “blue key”.")
        self.fields["name"].max_length = 80  # type: ignore[attr-defined]
        self.fields["credential"].decoder = Shallow  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        with told_as_wrong():
            if "credential" in self.cleaned_data:
                require_own_origin(self.cleaned_data["credential"])
            return dict(super().clean())


class PasskeyNameForm(InOurWords, webauthn.EditWebAuthnForm):  # type: ignore[misc]
    name = forms.CharField(label=_("Name"), max_length=80)


class ProfileForm(Dressed, forms.ModelForm):  # type: ignore[type-arg]
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


class StudioForm(Dressed, forms.ModelForm):  # type: ignore[type-arg]
    """What admins decide for the whole studio; each subject has a card of its own on the page."""

    class Meta:
        model = StudioSettings
        fields = ["admins_may_open_pictures", "safety_keeps_text", "moderation_fails_open"]
        labels = {
            "admins_may_open_pictures": _("Admins may open everybody's pictures"),
            "safety_keeps_text": _("Keep the words of refused prompts"),
            "moderation_fails_open": _("Send prompts when the second check is out of reach"),
        }
        help_texts = {
            "safety_keeps_text": _(
                "On, admins read in the safety log what was refused. Off, they see who, when and what for."
            ),
            "moderation_fails_open": _(
                "On, a prompt goes on unchecked when a gateway's moderation is down or slow, and the log says so. "
                "Off, it is held back: its pictures fail, uncharged, and can be retried."
            ),
            "admins_may_open_pictures": _(
                "Off, admins see what a picture cost and whether it failed, but neither the picture nor its prompt."
            ),
        }


class RoleForm(forms.Form):
    role = forms.ChoiceField(label=_("Role"), choices=User.Role.choices)


class EmailForm(Dressed, forms.Form):
    """Another address to sign in with, confirmed by the password once there is one."""

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
        if User.objects.exclude(pk=self.user.pk).called(email):
            raise ValidationError(_("Somebody else in this studio uses this address."))
        return email

    def clean_current_password(self) -> str:
        password: str = self.cleaned_data["current_password"]
        # allauth's door counts the tries, so that a borrowed session cannot guess on.
        if not get_adapter().reauthenticate(self.user, password):
            raise get_adapter().validation_error("enter_current_password")
        return password


class InvitationForm(Dressed, forms.Form):
    email = forms.EmailField(label=_("Email"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "off"}))
    role = forms.ChoiceField(label=_("Role"), choices=User.Role.choices, initial=User.Role.DESIGNER)

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"].lower()
        person = User.objects.called(email)
        if person and person.is_active:
            raise ValidationError(_("%(email)s already has an account.") % {"email": email})
        if person:
            raise ValidationError(_("%(email)s has a deactivated account; reactivate it below.") % {"email": email})
        return email


class PasswordForm(Dressed, forms.Form):
    """The password of somebody who accepts an invitation."""

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
