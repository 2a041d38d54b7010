"""Signing in and out, and a person's own settings. Pages about other people are in people.py."""

from datetime import timedelta

from allauth.account import views as allauth
from allauth.account.adapter import get_adapter
from django.conf import settings as studio_settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from studio.web.htmx import HtmxHttpRequest

from .. import audit
from ..access import page_with_form, person
from ..allauth_private import sign_in
from ..first_admin import first_admin
from ..forms import (
    ChangePasswordForm,
    EmailForm,
    FallbackForm,
    PasswordForm,
    ProfileForm,
    SetPasswordForm,
    ShortcutsForm,
    ThemeForm,
)
from ..models import Invitation, SignInLink, User


@page_with_form
@never_cache
def sign_in_link(request: HtmxHttpRequest, token: str) -> HttpResponse:
    """Show a button. Only pressing it uses the link, so that a mail scanner or a preview does not."""
    now = timezone.now()
    link = SignInLink.objects.find(token, now=now)
    if link and request.method != "POST":
        return render(request, "accounts/sign_in_link.html")
    with transaction.atomic():
        admin = first_admin() if link and link.redeem(now=now) else None
        if admin:
            audit.record(
                actor=None,
                action="sign_in_link.use",
                subject=admin.email,
                before=None,
                after={"ip": get_adapter().get_client_ip(request)},
                now=now,
            )
    if admin is None:
        return render(request, "accounts/sign_in_link_over.html", status=404)
    return sign_in(request, admin)


@page_with_form
@sensitive_post_parameters("password")
@never_cache
def invitation(request: HtmxHttpRequest, token: str) -> HttpResponse:
    """Let an invited person choose a password, and sign them in."""
    now = timezone.now()
    invited = Invitation.objects.find(token, now=now)
    if invited is None or User.objects.with_email(invited.email):
        return render(request, "accounts/invitation_over.html", status=404)
    form = PasswordForm(request.POST or None, invitation=invited)
    if not form.is_valid():
        return render(request, "accounts/invitation.html", {"form": form, "invitation": invited})
    user = accept_invitation(invited, password=form.cleaned_data["password"])
    if user is None:
        return render(request, "accounts/invitation_over.html", status=404)
    return sign_in(request, user)


@transaction.atomic
def accept_invitation(invited: Invitation, *, password: str) -> User | None:
    now = timezone.now()
    user = invited.accept(password=password, now=now)
    if user:
        after = {"role": user.role, "by": "invitation"}
        audit.record(actor=user, action="person.join", subject=user.email, before=None, after=after, now=now)
    return user


@page_with_form
def password_reset(request: HtmxHttpRequest) -> HttpResponse:
    """Mail a reset link, or explain why this studio cannot."""
    if not studio_settings.EMAIL_URL:
        return render(request, "account/password_reset.html")
    return allauth.password_reset(request)


@page_with_form
def sign_out(request: HtmxHttpRequest) -> HttpResponse:
    """End the session and have the browser delete cached pictures and drafts."""
    response = allauth.logout(request)
    if request.method == "POST":
        response["Clear-Site-Data"] = '"cache", "storage"'
    return response


@page_with_form
def settings(request: HtmxHttpRequest) -> HttpResponse:
    user = person(request)
    form = ProfileForm(request.POST or None, instance=user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Your name is saved."))
        return redirect("settings")
    return settings_page(request, profile_form=form)


def settings_page(request: HtmxHttpRequest, **forms: object) -> HttpResponse:
    """Render Settings with the given forms, and new ones otherwise."""
    user = person(request)
    password_form = ChangePasswordForm if user.has_usable_password() else SetPasswordForm
    fresh = {
        "profile_form": ProfileForm(instance=user),
        "email_form": EmailForm(user=user),
        "password_form": password_form(user=user),
        "themes": User.Theme.choices,
        "fallbacks": User.Fallback.choices,
    }
    return render(request, "accounts/settings.html", fresh | forms)


@page_with_form
@sensitive_post_parameters("current_password")
def email_address(request: HtmxHttpRequest) -> HttpResponse:
    user = person(request)
    form = EmailForm(request.POST or None, user=user)
    if not form.is_valid():
        return settings_page(request, email_form=form)
    user.change_email(form.cleaned_data["email"])
    messages.success(request, _("From now on you sign in as %(email)s.") % {"email": user.email})
    return redirect("settings")


@require_POST
def theme(request: HtmxHttpRequest) -> HttpResponse:
    """Save a person's theme: in a cookie for this browser, and with the person for others."""
    form = ThemeForm(request.POST, instance=person(request))
    if not form.is_valid():
        return HttpResponse(status=422)
    form.save()
    answer = HttpResponse(status=204) if request.htmx else redirect("settings")
    answer.set_cookie(
        "theme", form.instance.theme, max_age=timedelta(days=365), samesite="Lax", secure=request.is_secure()
    )
    return answer


@require_POST
def shortcuts(request: HtmxHttpRequest) -> HttpResponse:
    form = ShortcutsForm(request.POST, instance=person(request))
    form.save()
    if request.htmx:
        return HttpResponse(status=204)
    messages.success(
        request,
        _("Single-key shortcuts are on.") if form.instance.has_shortcuts else _("Single-key shortcuts are off."),
    )
    return redirect("settings")


@require_POST
def fallback(request: HtmxHttpRequest) -> HttpResponse:
    """Save what happens when a large picture fails; each generation may override it."""
    form = FallbackForm(request.POST, instance=person(request))
    if not form.is_valid():
        return HttpResponse(status=422)
    form.save()
    if request.htmx:
        return HttpResponse(status=204)
    messages.success(request, _("Your choice is saved."))
    return redirect("settings")
