"""`manage.py sign_in_link`: print a link that signs the first admin in."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from ... import first_admin, links


class Command(BaseCommand):
    help = "Prints a link that signs the first admin in: it works once, for thirty minutes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", metavar="URL", help="where the studio is reached, such as http://localhost:8000")

    def handle(self, *, host: str | None, **options: Any) -> None:
        path = first_admin.new_sign_in_path(timezone.now())
        self.stdout.write(host.rstrip("/") + path if host else links.absolute(path))
