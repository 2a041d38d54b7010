from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AccountsConfig(AppConfig):
    name = "studio.accounts"

    def ready(self) -> None:
        from .triggers import restore

        post_migrate.connect(restore, sender=self)
