"""Years of spending in minutes: entries made by the database itself, and every sum the studio keeps of them.

`fill(entry_count=…)` expects an empty studio that has been migrated; `tidy()` comes when all of it is there. The
entries are what the ledger's doors write: a reservation and a settlement for each call, in the order of time; sums are
then added up from them by SQL.
"""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime, time, timedelta
from time import perf_counter as time_of_day
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from studio import images
from studio.accounts.models import User
from studio.images import ImageRequest, Size
from studio.ledger.models import Entry, Period, RollUp, StudioRollUp, Timing
from studio.ledger.models.rollup import FAILED, SUMS, bucket_of
from studio.ledger.periods import local_day
from studio.library.models import Picture

MODELS = ("gpt-image-2", "gpt-image-1.5")
SIZES = ("1024x1024", "1536x1024", "2048x2048", "3840x2160")
QUALITIES = ("low", "medium", "high")
UPSTREAMS = ("north", "south")
KINDS_OF_A_PERSON = 5  # kinds of pictures one person makes; all people together make every kind
KEYS = "day, person_id, model, quality, size_tier, upstream_name, is_simulated"
# Entries come by the million: indexes are built once at the end instead of row by row.
SCRAMBLE = "((n.i * 2654435761) % 4294967296)"


def fill(*, entry_count: int, people: int = 500, days: int = 365, last: date, seed_people: bool = True) -> None:
    """Fill the ledger with this many entries over so many people and the days up to and including `last`."""
    if seed_people:
        make_people(people)
    with in_bulk(), connection.cursor() as cursor:
        make_tables(cursor, days=days, last=last)
        with without_indexes(cursor, Entry._meta.db_table), timed_step(f"{entry_count:,} entries"):
            cursor.execute(ENTRIES.format(attempts=entry_count // 2, days=days, people=count(cursor, "bench_person")))
        tables = [model._meta.db_table for model in (RollUp, StudioRollUp, Period, Timing)]
        with ExitStack() as stack:
            for table in tables:
                stack.enter_context(without_indexes(cursor, table))
            with timed_step("their sums"):
                for statement in sums():
                    cursor.execute(statement)
        if connection.vendor == "postgresql":
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('ledger_entry', 'id'), {entry_count + 1})")


@contextmanager
def in_bulk() -> Iterator[None]:
    """One transaction that nobody would miss: without a journal, and with the memory that large sorts take."""
    is_sqlite = connection.vendor == "sqlite"
    begin = QUICK_SQLITE if is_sqlite else QUICK_POSTGRESQL
    with connection.cursor() as cursor:
        for statement in begin:
            cursor.execute(statement)
    with transaction.atomic():
        yield
    with connection.cursor() as cursor:
        for statement in PLAIN_SQLITE if is_sqlite else PLAIN_POSTGRESQL:
            cursor.execute(statement)


QUICK_SQLITE = (
    *("PRAGMA journal_mode=OFF", "PRAGMA synchronous=OFF", "PRAGMA cache_size=-1000000", "PRAGMA temp_store=MEMORY"),
    *("PRAGMA threads=2", "PRAGMA foreign_keys=OFF"),
)
PLAIN_SQLITE = (
    *("PRAGMA journal_mode=WAL", "PRAGMA synchronous=NORMAL", "PRAGMA cache_size=-2000"),
    "PRAGMA foreign_keys=ON",
)
QUICK_POSTGRESQL = ("SET maintenance_work_mem = '1GB'", "SET work_mem = '512MB'", "SET synchronous_commit = off")
PLAIN_POSTGRESQL = tuple(f"RESET {name.split()[1]}" for name in QUICK_POSTGRESQL)


@contextmanager
def timed_step(what: str) -> Iterator[None]:
    """Say how long a stage of the building took."""
    began = time_of_day()
    yield
    print(f"  {connection.vendor}: {what} in {time_of_day() - began:.1f} s", file=sys.stderr, flush=True)


def tidy() -> None:
    """What PostgreSQL does by itself in a year: know its tables, and which of their pages everybody may see.

    SQLite does nothing by itself, so its plans have to be good without statistics.
    """
    if connection.vendor == "postgresql":
        with timed_step("statistics"), connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")


def make_people(count: int) -> None:
    User.objects.bulk_create(
        [User(email=f"person{at}@example.com", name=f"{FIRST[at % 25]} {LAST[at // 25 % 20]}") for at in range(count)]
    )


def make_tables(cursor: Any, *, days: int, last: date) -> None:
    """What each number of the generator means: a day, a person, a kind of picture."""
    json = "text" if connection.vendor == "sqlite" else "jsonb"
    boolean = connection.data_types["BooleanField"]
    instant = connection.data_types["DateTimeField"]
    cursor.execute(f"CREATE TEMPORARY TABLE bench_day (k integer PRIMARY KEY, day date, at {instant})")
    cursor.execute("CREATE TEMPORARY TABLE bench_person (k integer PRIMARY KEY, person_id bigint)")
    cursor.execute(
        "CREATE TEMPORARY TABLE bench_kind (k integer PRIMARY KEY, model text, quality text, size text, tier text,"
        f" upstream text, says integer, text_in bigint, image_out bigint, amount bigint, prices {json}, play {boolean})"
    )
    first = last - timedelta(days=days - 1)
    noon = [(k, day, datetime.combine(day, time(12), UTC)) for k in range(days) if (day := first + timedelta(days=k))]
    cursor.executemany("INSERT INTO bench_day VALUES (%s, %s, %s)", [(k, str(day), str(at)) for k, day, at in noon])
    ids = User.objects.filter(email__startswith="person").order_by("pk").values_list("pk", flat=True)
    cursor.executemany("INSERT INTO bench_person VALUES (%s, %s)", list(enumerate(ids)))
    cursor.executemany(f"INSERT INTO bench_kind VALUES ({', '.join(['%s'] * 12)})", list(kinds()))


def kinds() -> Iterator[tuple[Any, ...]]:
    """Every kind of picture with what it costs by the list."""
    combinations = [(m, q, s, u) for s in SIZES for q in QUALITIES for m in MODELS for u in UPSTREAMS]
    for k, (model, quality, size, upstream) in enumerate(combinations):
        request = ImageRequest(prompt="A quiet harbour", model="gpt-image-2", size=Size.parse(size), quality=quality)
        usage = images.expected_usage(request, quality=quality)
        amount = int(images.cost(usage).scaleb(12))
        tokens = (usage.input_text_tokens, usage.output_image_tokens)
        says = int(upstream == "north")  # whether the gateway tells what it charged
        facts = (model, quality, size, images.size_tier(size), upstream, says)
        yield k, *facts, *tokens, amount, '{"image_output": "30"}', False


@contextmanager
def without_indexes(cursor: Any, table: str) -> Iterator[None]:
    """A table without its indexes, which are built again afterwards all at once; those of constraints stay."""
    if connection.vendor == "sqlite":
        listing = "SELECT name, sql FROM sqlite_master WHERE tbl_name = %s AND type = 'index' AND sql IS NOT NULL"
    else:
        listing = (
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = %s"
            " AND indexname NOT IN (SELECT conname FROM pg_constraint)"
        )
    cursor.execute(listing, [table])
    indexes = cursor.fetchall()
    for name, _sql in indexes:
        cursor.execute(f'DROP INDEX "{name}"')
    if connection.vendor == "postgresql":
        # What is made here is right: it needs no row-by-row check of its keys.
        cursor.execute("SET LOCAL session_replication_role = replica")
    yield
    with timed_step(f"{len(indexes)} indexes of {table}"):
        for _name, sql in indexes:
            cursor.execute(sql)


# One row of `n` is a call; its two entries share everything but their verb. A hundredth costs and brings nothing, and
# of those that a gateway reports a price for, every four hundredth differs.
ENTRIES = f"""
INSERT INTO ledger_entry (
    id, verb, person_id, job_id, round, attempt_id, part, day, amount, certainty, is_simulated, created_at, model, size,
    size_tier, quality, upstream_name, reserved_amount, estimate_amount, reported_amount, unit_prices, maybe_amount,
    failed_amount, compared_amount, picture_count, attempt_count, charged_failure_count, flagged_count,
    input_text_tokens, cached_input_tokens, input_image_tokens, output_text_tokens, output_image_tokens)
WITH RECURSIVE n(i) AS (SELECT CAST(1 AS bigint) UNION ALL SELECT i + 1 FROM n WHERE i < {{attempts}}),
verbs AS (SELECT 0 AS settled UNION ALL SELECT 1),
drawn AS (
    SELECT n.i, {SCRAMBLE} AS h, {SCRAMBLE} / 4096 % {{people}} * ({SCRAMBLE} / 8192 % {{people}}) / {{people}} AS p,
           (n.i - 1) * {{days}} / {{attempts}} AS d
    FROM n),
calls AS (
    SELECT i, p, d, (p * 7 + h / 64 % {KINDS_OF_A_PERSON} * (h / 1024 % 3 + 1)) % 48 AS kind,
           CASE h % 100 WHEN 0 THEN 1 ELSE 0 END AS bad, CASE h % 400 WHEN 399 THEN 1 ELSE 0 END AS differs
    FROM drawn)
SELECT i * 2 - 1 + settled, CASE settled WHEN 1 THEN 'settle' ELSE 'reserve' END, person_id, i, 1,
       CASE settled WHEN 1 THEN i END, CASE settled WHEN 1 THEN 'image' ELSE '' END, day, amount * (2 - settled),
       CASE settled WHEN 1 THEN CASE bad WHEN 1 THEN 'maybe' ELSE 'exact' END ELSE '' END, play, at, model, size, tier,
       quality, upstream, CASE settled WHEN 1 THEN amount * 2 END, amount,
       CASE settled * says * (1 - bad) WHEN 1 THEN amount + differs * amount / 4 END, prices, settled * bad * amount,
       settled * bad * amount, settled * says * (1 - bad) * amount, settled * (1 - bad), settled, settled * bad,
       settled * says * differs, settled * text_in, 0, 0, 0, settled * image_out
FROM calls CROSS JOIN verbs
JOIN bench_person ON bench_person.k = calls.p
JOIN bench_day ON bench_day.k = calls.d
JOIN bench_kind ON bench_kind.k = calls.kind
"""


def spread_pictures(days: int = 62) -> None:
    """A picture for each call of the last days; a third of them nobody ever opened, a twentieth was thrown away."""
    made = {
        "owner_id": "person_id",
        "job_id": "job_id",  # of no job there is: nothing here looks for one
        "created_at": "created_at",
        "paid_on": "day",
        "price": "amount / 1000000000000.0",
        "model": "model",
        "quality": "quality",
        "size_tier": "size_tier",
        "upstream_name": "upstream_name",
        "is_simulated": "is_simulated",
        "opened_at": "CASE WHEN job_id %% 3 = 0 THEN NULL ELSE created_at END",
        "trashed_at": "CASE WHEN job_id %% 20 = 0 THEN created_at END",
        "format": "'png'",
        "kind": "'generated'",
    }
    columns = {field.column: made.get(field.column) or nothing_in(field) for field in Picture._meta.concrete_fields}
    del columns["id"]
    table = Picture._meta.db_table
    with in_bulk(), connection.cursor() as cursor, without_indexes(cursor, table), timed_step("pictures"):
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(columns.values())}"
            f" FROM ledger_entry WHERE attempt_id IS NOT NULL AND picture_count = 1 AND day > %s",
            [str(today() - timedelta(days=days))],
        )


def nothing_in(field: Any) -> str:
    """What SQL writes into a column that says nothing."""
    if field.null:
        return f"CAST(NULL AS {field.db_type(connection)})"
    kind = field.get_internal_type()
    if kind == "JSONField":
        return "'[]'" if field.default is list else "'{}'"
    if kind == "BooleanField":
        return "FALSE"
    return "0" if "Integer" in kind else "''"


def today() -> date:
    return local_day(timezone.now())


def sums() -> Iterator[str]:
    """Roll-ups, periods and timings as their doors would have written them."""
    names = ", ".join(SUMS)
    added = ", ".join(f"SUM(COALESCE({column}, 0))" for column in SUMS.values())
    booked = f"{Entry._meta.db_table} WHERE attempt_id IS NOT NULL"
    yield (
        f"INSERT INTO {RollUp._meta.db_table} ({KEYS}, {names})"
        f" SELECT {KEYS}, {added} FROM {booked} GROUP BY {KEYS} ORDER BY {KEYS}"
    )
    keys = KEYS.replace("person_id, ", "")
    totals = ", ".join(f"SUM({name})" for name in SUMS)
    yield (
        f"INSERT INTO {StudioRollUp._meta.db_table} ({keys}, {names})"
        f" SELECT {keys}, {totals} FROM {RollUp._meta.db_table} GROUP BY {keys}"
    )
    month = "date(day, 'start of month')" if connection.vendor == "sqlite" else "CAST(date_trunc('month', day) AS date)"
    for kind, start in (("day", "day"), ("month", month)):
        for person, table in (("person_id", RollUp), ("NULL", StudioRollUp)):
            group = f"{start}, is_simulated" + (", person_id" if table is RollUp else "")
            yield (
                'INSERT INTO ledger_period (person_id, kind, starts_on, is_simulated, "limit", raised_by, held, spent)'
                f" SELECT CAST({person} AS bigint), '{kind}', {start}, is_simulated, CAST(NULL AS bigint), 0, 0,"
                f" SUM(spent) FROM {table._meta.db_table} GROUP BY {group}"
            )
    for person, table in (("person_id", RollUp), ("NULL", StudioRollUp)):
        for bucket, part in buckets():
            yield (
                f"INSERT INTO ledger_timing (person_id, {keys}, bucket, count)"
                f" SELECT CAST({person} AS bigint), {keys}, {bucket}, {part} FROM {table._meta.db_table}"
                f" WHERE {part} > 0"
            )


def buckets() -> Iterator[tuple[int, str]]:
    """How the calls of a roll-up spread over times: most take half a minute, some fail."""
    yield bucket_of(24.0), "picture_count - picture_count / 4 - picture_count / 16"
    yield bucket_of(52.0), "picture_count / 4"
    yield bucket_of(97.0), "picture_count / 16"
    yield FAILED, "charged_failure_count"


def count(cursor: Any, table: str) -> int:
    cursor.execute(f"SELECT COUNT(*) FROM {table}")
    return int(cursor.fetchone()[0])


FIRST = (
    *("Ada", "Ben", "Cleo", "Dana", "Emil", "Frida", "Goran", "Hana", "Ivo", "Jun", "Kaito", "Lena", "Mila", "Noor"),
    *("Omar", "Petra", "Quinn", "Rosa", "Sami", "Tove", "Uma", "Vera", "Wim", "Xiu", "Yara"),
)
LAST = (
    *("Brandt", "Okafor", "Lindqvist", "Moreau", "Tanaka", "Silva", "Novak", "Haddad", "Chen", "Petrov", "Costa"),
    *("Weiss", "Diaz", "Kaya", "Berg", "Rossi", "Patel", "Nagy", "Sato", "Bauer"),
)
