"""`manage.py up`: the whole studio in one process."""

import asyncio
from typing import Any

from django.core.management.base import CommandError

from ... import up
from ...commands import ListeningCommand
from ...listener import listening
from ...start_checks import CannotStart


class Command(ListeningCommand):
    help = "Run the studio: pages, runner and sweep on one loop of one process."

    def handle(self, *args: Any, host: str, port: int, **options: Any) -> None:
        try:
            with up.exclusive(), listening(host, port) as listener:
                sandbox = up.prepare()
                asyncio.run(up.serve(listener, host=host, sandbox=sandbox, write_line=self.write_line))
        except CannotStart as error:
            raise CommandError(str(error)) from None
