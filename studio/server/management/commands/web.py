"""`manage.py web`: serves pages without running jobs, on the database, storage and task engine of the workers."""

import asyncio
from typing import Any

from django.core.management.base import CommandError

from ... import web
from ...commands import ListeningCommand
from ...listener import listening
from ...start_checks import CannotStart, require_servers


class Command(ListeningCommand):
    help = "Serve pages without running jobs; start as many as there are people for."

    def handle(self, *args: Any, host: str, port: int, **options: Any) -> None:
        try:
            require_servers()
            with listening(host, port) as listener:
                asyncio.run(web.run(listener, host=host, write_line=self.write_line))
        except CannotStart as error:
            raise CommandError(str(error)) from None
