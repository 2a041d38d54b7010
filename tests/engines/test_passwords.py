"""Passwords with characters that addresses reserve, at real servers."""

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import psycopg

from .servers import needed, postgresql

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "a/b+c#d@e?f:g%h&i$j"


def test_a_password_with_any_character_opens_postgresql(tmp_path: Path) -> None:
    with needed(), postgresql() as server:
        require_password(server.url)
        place = server.url.partition("@")[2]
        # As compose.yaml says it, and within the address.
        assert check(tmp_path, DATABASE_URL=f"postgres://easel@{place}", PGPASSWORD=PASSWORD) == ""
        assert check(tmp_path, DATABASE_URL=f"postgres://easel:{quote(PASSWORD, safe='')}@{place}") == ""
        unescaped = check(tmp_path, DATABASE_URL=f"postgres://easel:{PASSWORD}@{place}")
    assert unescaped.startswith("easel: DATABASE_URL cannot be read as an address")
    assert "a/b" not in unescaped


def require_password(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"ALTER ROLE easel PASSWORD '{PASSWORD}'")
        row = connection.execute("SHOW hba_file").fetchone()
        assert row
        Path(row[0]).write_text("host all all 127.0.0.1/32 scram-sha-256\n")
        connection.execute("SELECT pg_reload_conf()")


def check(data: Path, **variables: str) -> str:
    """What `manage.py check` says on stderr of a studio with that database."""
    ours = {"STUDIO_DATA": str(data), "STUDIO_DOTENV": "off"}
    command = [sys.executable, "manage.py", "migrate", "--check"]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DJANGO_")}
    done = subprocess.run(command, cwd=ROOT, env=kept | ours | variables, capture_output=True, text=True, timeout=120)
    # Nothing is migrated yet, which this command says by its exit code alone.
    assert done.returncode == 1
    return done.stderr
