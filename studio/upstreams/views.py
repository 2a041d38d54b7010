"""What admins see of the upstreams: everything but the key."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from studio.accounts.access import admin_required

from .models import Upstream


@admin_required
@require_safe
def upstreams(request: HttpRequest) -> HttpResponse:
    rows = Upstream.objects.in_order().defer("sealed_key")
    return render(request, "upstreams/upstreams.html", {"upstreams": rows})
