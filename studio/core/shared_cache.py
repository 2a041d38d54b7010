"""The cache over all processes, in Valkey; while Valkey is away, each process goes on with a cache of its own."""

import json
from collections.abc import Callable
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache

from .valkey import PATIENCE, VALKEY, address, options


class JSONSerializer:
    """Integers as they are, so that they can be counted up, and all else as JSON: what is read back can run nothing."""

    def dumps(self, value: Any) -> int | bytes:
        return value if type(value) is int else json.dumps(value).encode()

    def loads(self, data: bytes) -> Any:
        try:
            return int(data)
        except ValueError:
            return json.loads(data)


class SharedCache(BaseCache):
    """Never raises for a Valkey that is away, and never waits for one: at most PATIENCE, by whoever notices first."""

    def __init__(self, _location: str, params: dict[str, Any]) -> None:
        super().__init__(params)
        shared = {**params, "OPTIONS": {**options(PATIENCE), "serializer": JSONSerializer}}
        self._shared = RedisCache(address(), shared)
        self._own = LocMemCache("while-valkey-is-away", params)

    def _ask(self, ask: Callable[[BaseCache], Any]) -> Any:
        from redis.exceptions import RedisError

        if not VALKEY.is_away:
            try:
                return ask(self._shared)
            except (RedisError, OSError) as error:
                VALKEY.report(error)
        return ask(self._own)

    def add(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return self._ask(lambda cache: cache.add(key, value, timeout, version))

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        return self._ask(lambda cache: cache.get(key, default, version))

    def set(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        self._ask(lambda cache: cache.set(key, value, timeout, version))

    def touch(self, key: str, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return self._ask(lambda cache: cache.touch(key, timeout, version))

    def delete(self, key: str, version: int | None = None) -> bool:
        return self._ask(lambda cache: cache.delete(key, version))

    def incr(self, key: str, delta: int = 1, version: int | None = None) -> int:
        return self._ask(lambda cache: counted_up(cache, key, delta, version))

    def has_key(self, key: str, version: int | None = None) -> bool:
        return self._ask(lambda cache: cache.has_key(key, version))

    def clear(self) -> None:
        self._own.clear()
        self._ask(lambda cache: cache.clear())


def counted_up(cache: BaseCache, key: str, delta: int, version: int | None) -> int:
    """Count from 0 in a process's own cache, for a count that was begun in Valkey."""
    if isinstance(cache, LocMemCache):
        cache.add(key, 0, version=version)
    return cache.incr(key, delta, version)
