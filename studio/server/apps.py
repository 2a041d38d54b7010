from django.apps import AppConfig


class ServerConfig(AppConfig):
    name = "studio.server"

    def ready(self) -> None:
        """Refuse what cannot work wherever the studio is loaded: in `up`, `worker`, a web process and every command."""
        from . import environment

        environment.check()
