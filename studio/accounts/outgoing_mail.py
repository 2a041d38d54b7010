"""Mail leaves by a task: no page waits for a mail server, and none shows by its time whether an address is known.

A mail is written down before the page answers and sent by a process that delivers tasks, now or when the server is
back. It may arrive twice where a process ends while it is sent.
"""

import asyncio
import json
import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from smtplib import SMTPRecipientsRefused
from typing import Any

from django.core.mail import EmailMessage
from django.db import connections
from django.tasks import task
from django.template.loader import render_to_string
from django.utils import timezone

from studio.core import encryption

from . import links
from .allauth_private import active_people
from .models import OutgoingMail

log = logging.getLogger(__name__)

# A mail server that takes its time holds these, and never a thread that something else needs.
_senders = ThreadPoolExecutor(max_workers=2, thread_name_prefix="mail")


def queue(*, subject: str, body: str, to: list[str]) -> None:
    _write({"subject": subject, "body": body, "to": to})


def queue_reset(email: str, *, base: str) -> None:
    """Have a link for a new password sent to the person with this address, if there is one; `base` begins the link."""
    _write({"reset": email, "base": base})


def _write(content: dict[str, Any]) -> None:
    OutgoingMail.objects.create(content=encryption.encrypt(json.dumps(content)))
    deliver.enqueue()


@task
async def deliver() -> None:
    """Send what is due."""
    await asyncio.get_running_loop().run_in_executor(_senders, _deliver_in_own_connection)


def _deliver_in_own_connection() -> None:
    try:
        deliver_due(now=timezone.now())
    finally:
        connections.close_all()


def request_delivery(*, now: datetime) -> None:
    """Have what is due sent; for mails whose server was away, and those of a process that delivers nothing."""
    if OutgoingMail.objects.due(now=now).exists():
        deliver.enqueue()


def deliver_due(*, now: datetime) -> int:
    """Send what is due, the oldest first; return how many mails have left."""
    return sum(deliver_one(mail, now=now) for mail in OutgoingMail.objects.due(now=now).order_by("pk"))


def deliver_one(mail: OutgoingMail, *, now: datetime) -> int:
    if not mail.claim(now=now):
        return 0
    try:
        messages = messages_of(json.loads(encryption.decrypt(bytes(mail.content))))
        for message in messages:
            message.send()
    except (SMTPRecipientsRefused, encryption.Undecryptable) as error:
        log.error("A mail cannot be delivered and is dropped: %s.", type(error).__name__)
    except OSError as error:  # what the mail server or the way to it refuses
        if not mail.is_too_old(now=now):
            log.warning("A mail could not be sent and is tried again later: %s.", type(error).__name__)
            return 0
        log.error("A mail could not be sent for a day and is dropped: %s.", type(error).__name__)
    else:
        mail.delete()
        return len(messages)
    mail.delete()
    return 0


def messages_of(content: dict[str, Any]) -> list[EmailMessage]:
    if "reset" not in content:
        return [EmailMessage(content["subject"], content["body"], to=content["to"])]
    return [reset_message(user, base=content["base"]) for user in active_people(content["reset"])]


def reset_message(user: Any, *, base: str) -> EmailMessage:
    facts = {"password_reset_url": base + links.reset_path(user), "user": user}
    subject = " ".join(render_to_string("account/email/password_reset_key_subject.txt", facts).split())
    body = render_to_string("account/email/password_reset_key_message.txt", facts).strip()
    return EmailMessage(subject, body, to=[user.email])
