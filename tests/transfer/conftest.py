from tests.library.conftest import picture_of, storage

__all__ = ["picture_of", "storage"]
