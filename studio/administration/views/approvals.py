"""The page of approvals: pictures that wait for an admin because of what they may cost."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import groupby

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from studio.accounts import audit
from studio.accounts.access import admin_required, person
from studio.generations.models import Approval, Generation
from studio.ledger.money import plain

SHOWN = 100  # pictures


@dataclass(frozen=True)
class ApprovalRequest:
    """The waiting pictures of one generation and what they may cost, in USD."""

    generation: Generation
    approvals: list[Approval]

    @property
    def each(self) -> Decimal:
        return max(approval.amount for approval in self.approvals)

    @property
    def together(self) -> Decimal:
        return sum((approval.amount for approval in self.approvals), Decimal(0))

    @property
    def asked_at(self) -> datetime:
        return min(approval.asked_at for approval in self.approvals)


@admin_required
@require_safe
def approvals(request: HttpRequest) -> HttpResponse:
    """The waiting approvals, the oldest first."""
    waiting = Approval.objects.open().select_related("job__generation__owner").order_by("job__generation", "pk")[:SHOWN]
    grouped = groupby(waiting, key=lambda approval: approval.job.generation)
    requests = [ApprovalRequest(generation, list(group)) for generation, group in grouped]
    return render(request, "administration/approvals.html", {"requests": requests})


@admin_required
@require_POST
def grant(request: HttpRequest, generation_id: int) -> HttpResponse:
    return decide(request, generation_id, is_granted=True)


@admin_required
@require_POST
def refusal(request: HttpRequest, generation_id: int) -> HttpResponse:
    return decide(request, generation_id, is_granted=False)


@transaction.atomic
def decide(request: HttpRequest, generation_id: int, *, is_granted: bool) -> HttpResponse:
    """Decide on all waiting pictures of a generation, and log who did."""
    generation, now = get_object_or_404(Generation, pk=generation_id), timezone.now()
    waiting = Approval.objects.open().filter(job__generation=generation)
    most = max((approval.amount for approval in waiting), default=Decimal(0))
    count = Approval.objects.decide(generation, is_granted=is_granted, by=request.user, now=now)
    if not count:
        messages.info(request, _("This request is no longer waiting."))
        return redirect("approvals")
    audit.record(
        actor=person(request),
        action="approval.grant" if is_granted else "approval.decline",
        subject=f"{generation.owner} · {generation}",
        before=None,
        after={"picture_count": count, "up to, each": plain(most)},
        now=now,
    )
    sentence = (
        ngettext("%(n)d picture is approved.", "%(n)d pictures are approved.", count)
        if is_granted
        else ngettext(
            "%(n)d picture is declined; nothing was charged.",
            "%(n)d pictures are declined; nothing was charged.",
            count,
        )
    )
    messages.success(request, sentence % {"n": count})
    return redirect("approvals")
