"""Objections: a person whose prompt the policy refused calls that a mistake and sends the words to the admins."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_POST

from studio.accounts.access import person
from studio.safety.models import SafetyNote


@require_POST
def objection(request: HttpRequest, note_id: int) -> HttpResponse:
    """Nothing was kept of the words, so they come from the page that showed the refusal."""
    note = get_object_or_404(SafetyNote.objects.open_to_objection(person(request)), pk=note_id)
    note.object(text=request.POST.get("text", "").replace("\0", ""), now=timezone.now())
    return HttpResponse(status=204)
