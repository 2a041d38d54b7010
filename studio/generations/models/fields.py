"""The model field that stores an image request."""

from typing import Any

from django.db import models

from studio.images import ImageRequest, request_from_data, request_to_data


class ImageRequestField(models.JSONField):
    """An `images.ImageRequest` or `EditRequest`: written once as JSON, read once with its row."""

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> ImageRequest | Any:
        data = super().from_db_value(value, expression, connection)
        # A lookup inside the JSON, such as values("request__size"), is not the request itself.
        return request_from_data(data) if isinstance(data, dict) and "prompt" in data else data

    def get_prep_value(self, value: Any) -> Any:
        return super().get_prep_value(request_to_data(value) if isinstance(value, ImageRequest) else value)
