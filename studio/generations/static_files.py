"""Collecting static files at start, when something changed since the last time."""

import hashlib

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command

# django-htmx brings htmx 4 and every extension as well; packing what no page asks for takes longer than the rest.
NOT_SERVED = ["htmax-*", "htmx-4*", "hx-*", *([] if settings.DEBUG else ["htmx-2.js"])]


def collect_static() -> None:
    """Copy, hash and compress the static files unless the folder already holds exactly these."""
    stamp = settings.STATIC_ROOT / ".collected"
    wanted = fingerprint()
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    is_there = settings.STATIC_ROOT.is_dir()
    call_command("collectstatic", verbosity=0, interactive=False, clear=is_there, ignore_patterns=NOT_SERVED)
    stamp.write_text(wanted)


def fingerprint() -> str:
    """A digest of every source file's name, size and time."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list(NOT_SERVED):
            digest.update(f"{path}:{storage.size(path)}:{storage.get_modified_time(path).timestamp()}\n".encode())
    return digest.hexdigest()
