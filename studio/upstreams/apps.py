from django.apps import AppConfig


class UpstreamsConfig(AppConfig):
    name = "studio.upstreams"
