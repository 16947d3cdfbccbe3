"""From an older version of the store to the present one, step by step, in the transaction that
opens it: a process killed on the way leaves the old version whole.

The statements are written out: what a step does must not change when the tables do, later.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from policy.store.tables import VERSION

STEPS: Mapping[int, Sequence[str]] = {  # from which version -> what leads to the next one
    1: (
        "ALTER TABLE rollbook ADD COLUMN reported VARCHAR NOT NULL DEFAULT ''",
        "ALTER TABLE rollbook ADD COLUMN roster TEXT NOT NULL DEFAULT '{}'",
        "ALTER TABLE base ADD COLUMN leaving TEXT NOT NULL DEFAULT '{}'",
        "ALTER TABLE base ADD COLUMN state VARCHAR NOT NULL DEFAULT 'PROVISIONED'",
        "ALTER TABLE base ADD COLUMN ends VARCHAR NOT NULL DEFAULT ''",
        "ALTER TABLE base ADD COLUMN read VARCHAR NOT NULL DEFAULT ''",
        "ALTER TABLE base ADD COLUMN settled VARCHAR NOT NULL DEFAULT ''",
        "ALTER TABLE runs ADD COLUMN later TEXT NOT NULL DEFAULT '{}'",
        "CREATE TABLE released (alias VARCHAR NOT NULL, PRIMARY KEY (alias))",
        "CREATE INDEX entries_by_alias ON entries (alias)",
        "CREATE INDEX entries_by_time ON entries (state, at)",
    ),
    2: (
        "ALTER TABLE runs ADD COLUMN policy_commit VARCHAR NOT NULL DEFAULT ''",
        "ALTER TABLE runs ADD COLUMN policy_clean BOOLEAN NOT NULL DEFAULT 0",
    ),
}


def bring_up(connection: Connection, version: int | None) -> bool:
    """Whether the store is of the present version now. One of an unknown version stays as it is."""
    while version is not None and version in STEPS:
        for statement in STEPS[version]:
            connection.exec_driver_sql(statement)
        version += 1
        connection.exec_driver_sql("UPDATE rollbook SET version = ?", (version,))
    return version == VERSION
