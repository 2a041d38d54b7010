"""How the studio speaks with an S3 server."""

from typing import Any


def client_config() -> Any:
    """Time limits in seconds; the client's own are a minute for each of five tries, while somebody waits."""
    # Only where STORAGE_URL is set: the client is an optional extra.
    from botocore.config import Config

    return Config(connect_timeout=2, read_timeout=10, retries={"total_max_attempts": 2, "mode": "standard"})
