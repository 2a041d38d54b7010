"""Collects static files at start, if they have changed since the last time."""

import hashlib

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command

# django-htmx also ships htmx 4 and all extensions; compressing these unused files would take most of the time.
NOT_SERVED = ["htmax-*", "htmx-4*", "hx-*", *([] if settings.DEBUG else ["htmx-2.js"])]


def collect_static() -> None:
    """Copy, hash and compress the static files, unless the folder already holds exactly these."""
    stamp = settings.STATIC_ROOT / ".collected"
    wanted = fingerprint()
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    is_there = settings.STATIC_ROOT.is_dir()
    call_command("collectstatic", verbosity=0, interactive=False, clear=is_there, ignore_patterns=NOT_SERVED)
    stamp.write_text(wanted)


def are_collected() -> bool:
    """Whether this process found the static files when it looked for them, which it does once."""
    return bool(getattr(staticfiles_storage, "is_collected", True))


def fingerprint() -> str:
    """A digest of the name, size and modification time of every source file."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list(NOT_SERVED):
            digest.update(f"{path}:{storage.size(path)}:{storage.get_modified_time(path).timestamp()}\n".encode())
    return digest.hexdigest()
