from django.apps import AppConfig
from django.db.models.signals import post_migrate


class LedgerConfig(AppConfig):
    name = "studio.ledger"

    def ready(self) -> None:
        from .triggers import restore

        post_migrate.connect(restore, sender=self)
