"""The mail that tells the owner of a link that somebody said something; on pages they see it anyway."""

from datetime import datetime

from django.conf import settings
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from studio.accounts import links, outgoing_mail

from .models import ReviewLink, ReviewNote


def tell(note: ReviewNote, *, link: ReviewLink, request: HttpRequest, now: datetime) -> None:
    """Write the owner a mail, where mails leave at all and none about this link did within the hour."""
    if not (settings.EMAIL_URL and link.notify(now=now)):
        return
    facts = {"link": link, "note": note, "address": links.absolute(link.get_absolute_url(), request)}
    body = render_to_string("review/email/note.txt", facts).strip()
    subject = _("Review: %(name)s") % {"name": " ".join(link.name.split())}
    outgoing_mail.queue(subject=subject, body=body, to=[link.owner.email])
