from tests.running import submit

__all__ = ["submit"]
