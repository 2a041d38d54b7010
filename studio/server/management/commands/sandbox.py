"""`manage.py sandbox`: replaces this process with the sandbox."""

import os
import sys
from argparse import REMAINDER
from typing import Any

from django.core.management.base import BaseCommand, CommandParser


class Command(BaseCommand):
    help = "Run the sandbox, an imitation of the Images API that paints locally and charges nothing."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", default="4010")
        parser.add_argument("rest", nargs=REMAINDER)

    def handle(self, *args: Any, host: str, port: str, rest: list[str], **options: Any) -> None:
        # The sandbox must run without Django.
        os.execv(  # noqa: S606
            sys.executable, [sys.executable, "-m", "studio.sandbox", "--host", host, "--port", port, *rest]
        )
