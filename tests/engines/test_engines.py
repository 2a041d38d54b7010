"""What is a matter of database, storage and engine, once more on PostgreSQL, S3 and Redis or Valkey."""

import os
import subprocess
import sys
from pathlib import Path

from .servers import needed, postgresql, redis, s3

ROOT = Path(__file__).resolve().parents[2]
# Each for what is said of it; everything else proves the same on any.
SUITE = (
    "tests/core/test_append_only.py",  # triggers after migrate
    "tests/accounts/test_audit.py",  # triggers, JSON
    "tests/spend/test_statements.py",  # triggers on columns, months closed in one transaction
    "tests/ledger/test_entries.py",  # triggers, constraints, sums in the database
    "tests/ledger/test_budgets.py",  # guarded updates
    "tests/ledger/test_any_order.py",  # sums of exact amounts, transactions cut short
    "tests/ledger/test_audit.py",  # SQL of its own for each database
    "tests/curation/test_collections.py::test_two_people_drag_in_one_collection_at_once_and_nothing_is_lost",
    "tests/library/test_search.py",  # full text
    "tests/library/test_gallery_query.py",  # generated columns, exact amounts, places
    "tests/generations/test_claims.py",  # locking, slots under a partial constraint
    "tests/create/test_live.py",  # the database's time, changes committed in another order than they were made
    "tests/worker/test_sweep.py",  # the database's time, replies in the inbox
    "tests/worker/test_tasks.py",  # wake-ups, a task taken over by one worker alone
    "tests/worker/test_runner.py",  # wake-ups, whole jobs with their pictures in S3
    "tests/worker/test_edits.py::test_a_locked_edit_changes_nothing_outside_the_mask",  # sources and masks from S3
)


def test_what_is_a_matter_of_the_engine_holds_on_postgresql_s3_and_valkey(tmp_path: Path) -> None:
    with needed(), redis(tmp_path) as valkey, postgresql() as database, s3() as storage:
        servers = {"TEST_VALKEY_URL": valkey.url, "TEST_DATABASE_URL": database.url, "TEST_STORAGE_URL": storage.url}
        # One process: wake-ups and counts lie in one Valkey.
        command = [sys.executable, "-m", "pytest", "-n0", "-p", "no:cacheprovider", *SUITE]
        done = subprocess.run(command, cwd=ROOT, env=os.environ | servers, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
