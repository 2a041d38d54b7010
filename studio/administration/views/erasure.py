"""Erasing a person in every room: their pictures and spending stay, their personal data goes.

It stands here, above `accounts` and `ledger`, since it touches both.
"""

import logging

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
from studio.generations import kept_replies
from studio.ledger.models import StatementLine
from studio.library.storage import is_unreachable

log = logging.getLogger(__name__)


@admin_required
@require_http_methods(["GET", "HEAD", "POST"])
def erasure(request: HttpRequest, person_id: int) -> HttpResponseBase:
    """Confirm, then erase a person who was deactivated before."""
    user = get_object_or_404(User, pk=person_id, is_active=False)
    if request.method != "POST":
        return render(request, "administration/erasure.html", {"somebody": user})
    with transaction.atomic():
        erase_from_all_rooms(user)
        # By number: the audit log is permanent, and the name is what has to go.
        subject = _("person %(number)s") % {"number": user.pk}
        audit.record(
            actor=person(request), action="person.erase", subject=subject, before=None, after={}, now=timezone.now()
        )
    delete_kept_replies()
    messages.success(request, _("Deleted. Their pictures and spending are kept."))
    return redirect("people")


def erase_from_all_rooms(user: User) -> None:
    Invitation.objects.filter(email=user.email).delete()
    second_factor.remove_all(user)
    user.composer_drafts.all().delete()
    user.drafts.all().delete()
    user.erase()
    StatementLine.objects.filter(person=user).update(person_name="")


def delete_kept_replies() -> None:
    """Delete what came for their calls and was kept for them; where the storage is away, the workers do so later."""
    try:
        while kept_replies.delete_expired(now=timezone.now()):
            pass
    except Exception as error:
        if not is_unreachable(error):
            raise
        log.warning("the kept replies of a deleted person are deleted when the storage is back")
