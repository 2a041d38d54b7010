"""What admins are told about upstreams: the words of an alert, and the mail that is sent once."""

import logging
from datetime import datetime

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from studio.accounts import links
from studio.accounts.models import User
from studio.upstreams.models import Alert

from ..errors import by_kind

log = logging.getLogger(__name__)


def sentence(alert: Alert) -> str:
    """What happened, in one sentence."""
    about = {"upstream": alert.upstream.name}
    match alert.kind:
        case Alert.Kind.SWITCHED_OFF:
            return _("%(upstream)s was switched off.") % about + because(alert.reason)
        case Alert.Kind.COOLING:
            return _("%(upstream)s is left alone for a while.") % about + because(alert.reason)
        case _other:
            return _("%(upstream)s gave less than was asked for several times in a row.") % about


def because(reason: str) -> str:
    """A blank and why, or nothing where that is not known."""
    error = by_kind().get(reason)
    return f" {_(error.sentence)}" if error else ""


def mail(*, now: datetime) -> int:
    """Mail what no admin was mailed yet; return how many alerts that were. Without a mail server only banners tell."""
    if not settings.EMAIL_URL:
        return 0
    return sum(send(alert, now=now) for alert in Alert.objects.unmailed().select_related("upstream"))


def send(alert: Alert, *, now: datetime) -> bool:
    # Marked first: a mail too few is made up for by the banner, the same mail every five seconds by nothing.
    if not Alert.objects.filter(pk=alert.pk, mailed_at=None).update(mailed_at=now):
        return False
    url = links.absolute(reverse("upstream", args=[alert.upstream_id]))
    words = {"sentence": sentence(alert), "alert": alert, "url": url}
    subject = _("Easel: %(upstream)s needs you") % {"upstream": alert.upstream.name}
    body = render_to_string("generations/upkeep/alert.txt", words)
    for admin in User.objects.admins().order_by("pk"):
        try:
            EmailMessage(subject, body, to=[admin.email]).send()
        except OSError:
            log.exception("an alert could not be mailed to %s", admin.email)
    return True
