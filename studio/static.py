"""How static files are named and packed."""

from servestatic.storage import CompressedManifestStaticFilesStorage


class StaticStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Hashed and compressed files, with the imports inside JavaScript modules rewritten to the hashed names."""

    support_js_module_import_aggregation = True
    keep_only_hashed_files = True
