"""Forgetting a person in every room: what they made and spent stays, who they were goes."""

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from studio.accounts import audit, second_factor
from studio.accounts.access import admin_required, person
from studio.accounts.models import Invitation, User
from studio.ledger.models import StatementLine


@admin_required
@require_http_methods(["GET", "HEAD", "POST"])
def erasure(request: HttpRequest, person_id: int) -> HttpResponseBase:
    """Ask once more, then forget somebody who was deactivated before."""
    somebody = get_object_or_404(User, pk=person_id, is_active=False)
    if request.method != "POST":
        return render(request, "generations/erasure.html", {"somebody": somebody})
    with transaction.atomic():
        forget(somebody)
        # By number: the log keeps what it says, and the name is what has to go.
        subject = _("person %(number)s") % {"number": somebody.pk}
        audit.note(
            actor=person(request), action="person.erase", subject=subject, before=None, after={}, now=timezone.now()
        )
    messages.success(request, _("They are forgotten. What they made and spent is kept."))
    return redirect("people")


def forget(somebody: User) -> None:
    Invitation.objects.filter(email=somebody.email).delete()
    second_factor.forget(somebody)
    somebody.erase()
    StatementLine.objects.filter(person=somebody).update(person_name="")
