"""The runner's suite once more: on PostgreSQL and S3, with wake-ups through an engine on Redis or Valkey."""

import os
import subprocess
import sys
from pathlib import Path

from .servers import needed, postgresql, redis, s3

ROOT = Path(__file__).resolve().parents[2]
# What is a matter of the database or the storage; the others prove the same on any.
SUITE = (
    "tests/generations/test_claims.py",
    "tests/generations/test_costs.py",
    "tests/generations/test_edits.py",
    "tests/generations/test_fallback.py",
    "tests/generations/test_runner.py",
    "tests/generations/test_sweep.py",
    "tests/generations/test_tasks.py",
    "tests/ledger",
)


def run_suite(**environment: str) -> None:
    command = [sys.executable, "-m", "pytest", *SUITE, "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


def test_the_runner_works_on_postgresql_and_s3_with_a_distributed_engine(tmp_path: Path) -> None:
    with needed(), redis(tmp_path) as valkey, postgresql() as database, s3() as storage:
        run_suite(TEST_VALKEY_URL=valkey, TEST_DATABASE_URL=database, TEST_STORAGE_URL=storage)
