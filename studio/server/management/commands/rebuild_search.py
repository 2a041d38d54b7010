"""`manage.py rebuild_search`: writes the search index anew from the pictures."""

from typing import Any

from django.core.management.base import BaseCommand

from studio.library.models import SearchEntry


class Command(BaseCommand):
    help = "Write the search index anew; the studio may go on, and finds what has been entered so far."

    def handle(self, *args: Any, **options: Any) -> None:
        done = 0
        for done in SearchEntry.objects.rebuild():
            self.stderr.write(f"{done} pictures", ending="\r")
        self.stdout.write(f"The search index holds {done} pictures.")
