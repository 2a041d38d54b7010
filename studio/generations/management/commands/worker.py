"""`manage.py worker`: runs jobs beside web processes on the same database, storage and engine."""

import asyncio
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from studio.generations import environment, worker


class Command(BaseCommand):
    help = "Run jobs without serving pages; start as many as the upstreams have work for."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            environment.declare_upstream()
        except environment.BadGateway as error:
            raise CommandError(str(error)) from None
        asyncio.run(worker.work(say=self.say))

    def say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
