"""The page where admins invite people, create links, change roles, deactivate and reactivate. All of it is audited."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from .. import audit, links, second_factor
from ..access import admin_required, person
from ..forms import InvitationForm, RoleForm
from ..models import Invitation, LastAdmin, User


@admin_required
@require_safe
@never_cache
def people(request: HttpRequest) -> HttpResponse:
    return people_page(request)


def people_page(request: HttpRequest, **facts: object) -> HttpResponse:
    """Render People; `link` and `link_words` show an address that cannot be read again."""
    page = {
        "people": User.objects.order_by("-is_active", "email"),
        "invitations": Invitation.objects.open(now=timezone.now()).order_by("email"),
        "invitation_form": InvitationForm(),
        "roles": User.Role.choices,
        "with_second_factor": set(Authenticator.objects.values_list("user", flat=True)),
    }
    return render(request, "accounts/people.html", page | facts)


@admin_required
@require_POST
@never_cache
def invitations(request: HttpRequest) -> HttpResponse:
    form = InvitationForm(request.POST)
    if not form.is_valid():
        return people_page(request, invitation_form=form)
    with transaction.atomic():
        invited, token = Invitation.replace(**form.cleaned_data, invited_by=person(request), now=timezone.now())
        record(request, action="person.invite", subject=invited.email, after={"role": invited.role})
    url = links.absolute(reverse("invitation", args=[token]), request)
    return people_page(request, link=url, link_words=send_invitation(invited, url=url))


def record(
    request: HttpRequest,
    *,
    action: str,
    subject: str,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    audit.record(actor=person(request), action=action, subject=subject, before=before, after=after, now=timezone.now())


def send_invitation(invited: Invitation, *, url: str) -> str:
    """Mail an invitation where mail is set up; return a sentence about its link."""
    whom = {"email": invited.email}
    if not settings.EMAIL_URL:
        return _("Send this link to %(email)s. It is shown only once.") % whom
    facts = {"invitation": invited, "invitation_url": url}
    get_adapter().send_mail("accounts/email/invitation", invited.email, facts)
    return _("This link is mailed to %(email)s. You can also pass it on yourself; it is shown only once.") % whom


@admin_required
@require_POST
@transaction.atomic
def revocation(request: HttpRequest, invitation_id: int) -> HttpResponse:
    invited = get_object_or_404(Invitation.objects.open(now=timezone.now()), pk=invitation_id)
    invited.delete()
    record(request, action="person.invitation.withdraw", subject=invited.email, before={"role": invited.role})
    messages.success(request, _("The invitation of %(email)s was withdrawn.") % {"email": invited.email})
    return redirect("people")


@admin_required
@require_POST
@never_cache
@transaction.atomic
def reset_link(request: HttpRequest, person_id: int) -> HttpResponse:
    somebody = get_object_or_404(User, pk=person_id, is_active=True)
    record(request, action="person.reset_link", subject=somebody.email, after={"made": True})
    words = _("Send this link to %(person)s. It sets a new password, works once and is shown only once.")
    url = links.absolute(links.reset_path(somebody), request)
    return people_page(request, link=url, link_words=words % {"person": somebody})


@admin_required
@require_POST
@transaction.atomic
def second_factor_removal(request: HttpRequest, person_id: int) -> HttpResponse:
    """Remove the second factors of a person who lost their phone and recovery codes."""
    somebody = get_object_or_404(User, pk=person_id)
    if count := second_factor.remove_all(somebody):
        somebody.end_sessions()
        record(request, action="person.second_factor.remove", subject=somebody.email, before={"factor_count": count})
    messages.success(request, _("%(person)s now signs in without a second factor.") % {"person": somebody})
    return redirect("people")


@admin_required
@require_POST
@transaction.atomic
def role(request: HttpRequest, person_id: int) -> HttpResponse:
    somebody = get_object_or_404(User, pk=person_id)
    form = RoleForm(request.POST)
    if form.is_valid():
        before = {"role": somebody.role}
        try:
            somebody.change_role(form.cleaned_data["role"])
        except LastAdmin:
            return refused_last_admin(request)
        record(request, action="person.role", subject=somebody.email, before=before, after={"role": somebody.role})
        facts = {"person": somebody, "role": somebody.get_role_display()}
        messages.success(request, _("%(person)s: the role is now %(role)s.") % facts)
    return redirect("people")


@admin_required
@require_POST
@transaction.atomic
def deactivation(request: HttpRequest, person_id: int) -> HttpResponse:
    somebody = get_object_or_404(User, pk=person_id)
    before = {"is_active": somebody.is_active}
    try:
        somebody.deactivate()
    except LastAdmin:
        return refused_last_admin(request)
    record(request, action="person.deactivate", subject=somebody.email, before=before, after={"is_active": False})
    messages.success(request, _("%(person)s was signed out and can no longer sign in.") % {"person": somebody})
    return redirect("people")


def refused_last_admin(request: HttpRequest) -> HttpResponse:
    messages.error(request, _("This is the only active admin. Make someone else an admin first."))
    return redirect("people")


@admin_required
@require_POST
@transaction.atomic
def reactivation(request: HttpRequest, person_id: int) -> HttpResponse:
    somebody = get_object_or_404(User, pk=person_id)
    before = {"is_active": somebody.is_active}
    somebody.reactivate()
    record(request, action="person.reactivate", subject=somebody.email, before=before, after={"is_active": True})
    messages.success(request, _("%(person)s can sign in again.") % {"person": somebody})
    return redirect("people")
