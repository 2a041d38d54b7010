"""The page of the studio's settings, for admins; every change is audited."""

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import audit
from ..access import admin_required, page_with_form, person
from ..forms import StudioForm
from ..models import StudioSettings


@admin_required
@page_with_form
def studio_settings(request: HttpRequest) -> HttpResponse:
    form = StudioForm(request.POST if request.method == "POST" else None, instance=StudioSettings.load())
    if not form.is_valid():
        status = 422 if form.is_bound else 200
        return render(request, "accounts/studio_settings.html", {"form": form}, status=status)
    save_settings(form, request)
    messages.success(request, _("The studio's settings are saved."))
    return redirect("studio_settings")


@transaction.atomic
def save_settings(form: StudioForm, request: HttpRequest) -> None:
    before = {name: form.initial[name] for name in form.changed_data}
    settings = form.save()
    audit.record(
        actor=person(request),
        action="studio.change",
        subject=str(_("Studio")),
        before=before,
        after={name: getattr(settings, name) for name in form.changed_data},
        now=timezone.now(),
    )
