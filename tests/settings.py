"""The studio's settings with a data folder of their own, nothing taken from the environment, and quick hashes."""

import os
import tempfile

os.environ["STUDIO_DATA"] = tempfile.mkdtemp(prefix="easel-tests-")
os.environ["STUDIO_DOTENV"] = "off"
# The same tests on other engines: tests/engines starts them and sets these.
os.environ["DATABASE_URL"] = os.environ.get("TEST_DATABASE_URL", "")
for name in list(os.environ):
    if name.startswith(("GATEWAY_", "SANDBOX_")) or name in {"STUDIO_URL", "EMAIL_URL", "STORAGE_URL", "VALKEY_URL"}:
        del os.environ[name]

for name in ("VALKEY_URL", "STORAGE_URL"):
    if url := os.environ.get(f"TEST_{name}"):
        os.environ[name] = url

from studio.settings import *  # noqa: E402, F403
from studio.settings import DATA, DATABASES, STORAGES  # noqa: E402

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, as in the studio: the runner's threads and the test each open it for themselves.
    DATABASES["default"]["TEST"] = {"NAME": DATA / "test.sqlite3"}
STORAGES = STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
