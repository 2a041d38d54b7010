"""`manage.py up`: the whole studio in one process."""

import asyncio
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from studio.generations import up


class Command(BaseCommand):
    help = "Run the studio: pages, runner and sweep on one loop of one process."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *args: Any, host: str, port: int, **options: Any) -> None:
        try:
            with up.exclusive(), up.listening(host, port) as listener:
                sandbox = up.prepare()
                asyncio.run(up.serve(listener, host=host, sandbox=sandbox, say=self.say))
        except up.CannotStart as error:
            raise CommandError(str(error)) from None

    def say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
