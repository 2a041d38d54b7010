"""What admins do about people: invite them, hand out links, change roles, let go and let in again."""

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from . import links
from .access import admin_required, person
from .forms import InvitationForm, RoleForm
from .models import Invitation, LastAdmin, User


@admin_required
@require_safe
@never_cache
def people(request: HttpRequest) -> HttpResponse:
    return people_page(request)


def people_page(request: HttpRequest, **facts: object) -> HttpResponse:
    """Render People; `link` and `link_words` show an address that is not to be had again."""
    page = {
        "people": User.objects.order_by("-is_active", "email"),
        "invitations": Invitation.objects.open(now=timezone.now()).order_by("email"),
        "invitation_form": InvitationForm(),
        "roles": User.Role.choices,
    }
    return render(request, "accounts/people.html", page | facts)


@admin_required
@require_POST
@never_cache
def invitations(request: HttpRequest) -> HttpResponse:
    form = InvitationForm(request.POST)
    if not form.is_valid():
        return people_page(request, invitation_form=form)
    invited, token = Invitation.replace(**form.cleaned_data, invited_by=person(request), now=timezone.now())
    url = links.absolute(reverse("invitation", args=[token]), request)
    return people_page(request, link=url, link_words=mailed(invited, url=url))


def mailed(invited: Invitation, *, url: str) -> str:
    """Send an invitation where mail is set up; return what to do with its link."""
    whom = {"email": invited.email}
    if not settings.EMAIL_URL:
        return _("Send this link to %(email)s. It is shown only now.") % whom
    facts = {"invitation": invited, "invitation_url": url}
    if get_adapter().send_mail("accounts/email/invitation", invited.email, facts):
        return _("%(email)s was sent this link. You may also hand it over yourself; it is shown only now.") % whom
    return _("The mail to %(email)s could not be sent. Hand this link over yourself; it is shown only now.") % whom


@admin_required
@require_POST
def revocation(request: HttpRequest, invitation_id: int) -> HttpResponse:
    invited = get_object_or_404(Invitation.objects.open(now=timezone.now()), pk=invitation_id)
    invited.delete()
    messages.success(request, _("The invitation of %(email)s is withdrawn.") % {"email": invited.email})
    return redirect("people")


@admin_required
@require_POST
@never_cache
def reset_link(request: HttpRequest, person_id: int) -> HttpResponse:
    somebody = get_object_or_404(User, pk=person_id, is_active=True)
    words = _("Send this link to %(person)s: it sets a new password, works once and is shown only now.")
    url = links.absolute(links.reset_path(somebody), request)
    return people_page(request, link=url, link_words=words % {"person": somebody})


@admin_required
@require_POST
def role(request: HttpRequest, person_id: int) -> HttpResponse:
    somebody = get_object_or_404(User, pk=person_id)
    form = RoleForm(request.POST)
    if form.is_valid():
        try:
            somebody.assign(form.cleaned_data["role"])
        except LastAdmin:
            return refused_last_admin(request)
        facts = {"person": somebody, "role": somebody.get_role_display()}
        messages.success(request, _("%(person)s: the role is now %(role)s.") % facts)
    return redirect("people")


@admin_required
@require_POST
def deactivation(request: HttpRequest, person_id: int) -> HttpResponse:
    somebody = get_object_or_404(User, pk=person_id)
    try:
        somebody.deactivate()
    except LastAdmin:
        return refused_last_admin(request)
    messages.success(request, _("%(person)s is signed out and cannot come in any more.") % {"person": somebody})
    return redirect("people")


def refused_last_admin(request: HttpRequest) -> HttpResponse:
    messages.error(request, _("This is the only active admin. Make somebody else an admin first."))
    return redirect("people")


@admin_required
@require_POST
def reactivation(request: HttpRequest, person_id: int) -> HttpResponse:
    somebody = get_object_or_404(User, pk=person_id)
    somebody.reactivate()
    messages.success(request, _("%(person)s can sign in again.") % {"person": somebody})
    return redirect("people")
