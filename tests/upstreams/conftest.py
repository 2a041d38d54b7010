from tests.generations.conftest import submit

__all__ = ["submit"]
