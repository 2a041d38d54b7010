"""Mails alerts to admins, each alert once."""

from datetime import datetime

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from studio.accounts import links, outgoing_mail
from studio.accounts.models import User

from .models import Alert


def mail_alerts(*, now: datetime) -> int:
    """Mail the alerts that were not mailed yet; return how many. Without a mail server there are only banners."""
    if not settings.EMAIL_URL:
        return 0
    return sum(mail_alert(alert, now=now) for alert in Alert.objects.unmailed().select_related("upstream"))


def mail_alert(alert: Alert, *, now: datetime) -> bool:
    # Marked first, so that of several workers one mails it.
    if not Alert.objects.filter(pk=alert.pk, mailed_at=None).update(mailed_at=now):
        return False
    url = links.absolute(reverse("upstream", args=[alert.upstream_id]))
    words = {"sentence": alert.sentence, "alert": alert, "url": url}
    subject = _("Easel: %(upstream)s needs your attention") % {"upstream": alert.upstream.name}
    body = render_to_string("upstreams/alert.txt", words)
    for admin in User.objects.admins().order_by("pk"):
        outgoing_mail.queue(subject=subject, body=body, to=[admin.email])
    return True
