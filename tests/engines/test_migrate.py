"""A database that was empty is the same as one that went through every migration."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from .servers import database

ROOT = Path(__file__).resolve().parents[2]


def run(*command: str, **environ: str) -> str:
    variables = os.environ | {"STUDIO_DOTENV": "off", "DJANGO_SETTINGS_MODULE": "studio.settings"} | environ
    done = subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=variables, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def tables(*, step_by_step: bool, **environ: str) -> dict[str, list[Any]]:
    """What a new database is made of; one that holds any table already is migrated step by step."""
    if step_by_step:
        run("manage.py", "migrate", "contenttypes", "-v0", **environ)
    printed = run("manage.py", "migrate", **environ)
    assert ("Applying ledger.0001_initial" in printed) == step_by_step
    found: dict[str, list[Any]] = json.loads(run("-m", "tests.engines.tables", **environ))
    return found


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_an_empty_database_gets_what_the_migrations_lead_to(engine: str, tmp_path: Path) -> None:
    found = []
    for step_by_step in (False, True):
        with database(engine) as environ:
            found.append(tables(step_by_step=step_by_step, STUDIO_DATA=str(tmp_path / str(step_by_step)), **environ))
    assert found[0] == found[1]


def test_a_trigger_that_is_missing_comes_back_with_the_next_migrate(tmp_path: Path) -> None:
    folder = str(tmp_path / "studio")
    before = tables(step_by_step=False, STUDIO_DATA=folder)
    lose = "from django.db import connection as c; c.cursor().execute('DROP TRIGGER entry_refuses_update')"
    run("manage.py", "shell", "-c", lose, STUDIO_DATA=folder)
    run("manage.py", "migrate", STUDIO_DATA=folder)
    assert json.loads(run("-m", "tests.engines.tables", STUDIO_DATA=folder)) == before
