"""The cast: Ada looks after the studio, Ben makes pictures, Cleo is the stranger at the next desk."""

from collections.abc import Callable

import pytest
from django.core.cache import cache
from django.test import Client

from studio.accounts.models import User

pytest_plugins = ["tests.selection", "tests.database", "tests.clock", "tests.running", "tests.conversations"]

PASSWORD = "five green lanterns"


@pytest.fixture
def ada(db: None) -> User:
    return User.objects.create_user("ada@example.com", PASSWORD, name="Ada", role=User.Role.ADMIN)


@pytest.fixture
def ben(db: None) -> User:
    return User.objects.create_user("ben@example.com", PASSWORD, name="Ben")


@pytest.fixture
def cleo(db: None) -> User:
    return User.objects.create_user("cleo@example.com", PASSWORD, name="Cleo")


@pytest.fixture
def client_of() -> Callable[[User], Client]:
    """A browser in which a person is signed in."""

    def signed_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        # As if a page had been opened a moment ago: that a session is alive is written down every few minutes.
        cache.set(f"seen:{client.session.session_key}", True)
        return client

    return signed_in


@pytest.fixture(autouse=True)
def no_tries_counted() -> None:
    """Sign-in counts wrong tries in the cache; each test begins with none."""
    cache.clear()
