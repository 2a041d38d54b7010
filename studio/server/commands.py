"""What the commands have in common that run until they are stopped."""

from django.core.management.base import BaseCommand, CommandParser


class ServerCommand(BaseCommand):
    """Says what happens line by line, at once; the checks of a start are its own."""

    requires_system_checks: list[str] = []

    def write_line(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


class ListeningCommand(ServerCommand):
    """One that serves pages at an address."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
