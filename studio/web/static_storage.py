"""The storage of static files: hashed names and compression."""

from django.conf import settings
from servestatic.storage import CompressedManifestStaticFilesStorage


class StaticStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Hashed and compressed files, with the imports inside JavaScript modules rewritten to the hashed names."""

    support_js_module_import_aggregation = True
    keep_only_hashed_files = True

    @property
    def is_collected(self) -> bool:
        return bool(self.hashed_files)

    def url(self, name: str, force: bool = False) -> str:
        """Where nothing was collected, pages come without their styles instead of not at all."""
        return str(super().url(name, force)) if self.is_collected else f"{settings.STATIC_URL}{name}"
