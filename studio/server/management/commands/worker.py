"""`manage.py worker`: runs jobs without pages, on the database, storage and task engine of the web processes."""

import asyncio
from typing import Any

from django.core.management.base import CommandError
from django.db import DatabaseError

from studio.core.dependencies import one_line

from ... import environment, worker
from ...commands import ServerCommand
from ...start_checks import CannotStart, require_same_keys, require_servers


class Command(ServerCommand):
    help = "Run jobs without serving pages; start as many as the upstreams have work for."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            require_servers()
            require_same_keys()
            environment.declare_upstream()
        except CannotStart as error:
            raise CommandError(str(error)) from None
        except DatabaseError as error:
            raise CommandError(f"The studio's database cannot be used: {one_line(error)}.") from None
        asyncio.run(worker.run(write_line=self.write_line))
