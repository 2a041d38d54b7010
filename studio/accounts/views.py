"""Coming in, going out, and a person's own settings; what admins see of people is in people.py."""

from datetime import timedelta

from allauth.account import views as allauth
from allauth.account.adapter import get_adapter
from allauth.account.utils import perform_login
from django.conf import settings as studio_settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from . import audit
from .access import page_with_form, person
from .first_admin import first_admin
from .forms import (
    ChangePasswordForm,
    EmailForm,
    FallbackForm,
    PasswordForm,
    ProfileForm,
    SetPasswordForm,
    ShortcutsForm,
    ThemeForm,
)
from .models import Invitation, SignInLink, User


@page_with_form
@never_cache
def sign_in_link(request: HttpRequest, token: str) -> HttpResponse:
    """Show a button; only pressing it spends the link, so that a mail scanner or a preview cannot."""
    now = timezone.now()
    link = SignInLink.objects.find(token, now=now)
    if link and request.method != "POST":
        return render(request, "accounts/sign_in_link.html")
    with transaction.atomic():
        admin = first_admin() if link and link.spend(now=now) else None
        if admin:
            audit.note(
                actor=None,
                action="sign_in_link.use",
                subject=admin.email,
                before=None,
                after={"ip": get_adapter().get_client_ip(request)},
                now=now,
            )
    if admin is None:
        return render(request, "accounts/sign_in_link_over.html", status=404)
    return perform_login(request, admin)


@page_with_form
@sensitive_post_parameters("password")
@never_cache
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Let somebody who was invited choose a password, and sign them in."""
    now = timezone.now()
    invited = Invitation.objects.find(token, now=now)
    if invited is None or User.objects.called(invited.email):
        return render(request, "accounts/invitation_over.html", status=404)
    form = PasswordForm(request.POST or None, invitation=invited)
    if not form.is_valid():
        return render(request, "accounts/invitation.html", {"form": form, "invitation": invited})
    user = joined(invited, password=form.cleaned_data["password"])
    if user is None:
        return render(request, "accounts/invitation_over.html", status=404)
    return perform_login(request, user)


@transaction.atomic
def joined(invited: Invitation, *, password: str) -> User | None:
    now = timezone.now()
    user = invited.accept(password=password, now=now)
    if user:
        after = {"role": user.role, "by": "invitation"}
        audit.note(actor=user, action="person.join", subject=user.email, before=None, after=after, now=now)
    return user


@page_with_form
def password_reset(request: HttpRequest) -> HttpResponse:
    """Mail a reset link, or say why this studio cannot."""
    if not studio_settings.EMAIL_URL:
        return render(request, "account/password_reset.html")
    return allauth.password_reset(request)


@page_with_form
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session and have the browser forget the pictures and drafts it kept."""
    response = allauth.logout(request)
    if request.method == "POST":
        response["Clear-Site-Data"] = '"cache", "storage"'
    return response


@page_with_form
def settings(request: HttpRequest) -> HttpResponse:
    user = person(request)
    form = ProfileForm(request.POST or None, instance=user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Your name is saved."))
        return redirect("settings")
    return settings_page(request, profile_form=form)


def settings_page(request: HttpRequest, **forms: object) -> HttpResponse:
    """Render Settings with the forms given, the others fresh."""
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
def email_address(request: HttpRequest) -> HttpResponse:
    user = person(request)
    form = EmailForm(request.POST or None, user=user)
    if not form.is_valid():
        return settings_page(request, email_form=form)
    user.move_to(form.cleaned_data["email"])
    messages.success(request, _("From now on you sign in as %(email)s.") % {"email": user.email})
    return redirect("settings")


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Keep a person's theme, for this browser in a cookie and for their next browser with the person."""
    form = ThemeForm(request.POST, instance=person(request))
    if not form.is_valid():
        return HttpResponse(status=422)
    form.save()
    answer = HttpResponse(status=204) if request.htmx else redirect("settings")  # type: ignore[attr-defined]
    answer.set_cookie(
        "theme", form.instance.theme, max_age=timedelta(days=365), samesite="Lax", secure=request.is_secure()
    )
    return answer


@require_POST
def shortcuts(request: HttpRequest) -> HttpResponse:
    form = ShortcutsForm(request.POST, instance=person(request))
    form.save()
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponse(status=204)
    messages.success(
        request,
        _("Single-key shortcuts are on.") if form.instance.has_shortcuts else _("Single-key shortcuts are off."),
    )
    return redirect("settings")


@require_POST
def fallback(request: HttpRequest) -> HttpResponse:
    """Keep what happens when a large picture fails; each wish may say otherwise."""
    form = FallbackForm(request.POST, instance=person(request))
    if not form.is_valid():
        return HttpResponse(status=422)
    form.save()
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponse(status=204)
    messages.success(request, _("Your choice is saved."))
    return redirect("settings")
