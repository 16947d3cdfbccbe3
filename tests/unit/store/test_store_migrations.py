"""Stores of older versions, made by their own statements, are brought up; whole or not at all."""

import json
import signal
import sqlite3
import subprocess
import sys
import zlib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from policy.errors import SettingAtFault
from policy.store import migrations
from policy.store.base import BaseCourse, Decision, Entry, EntryState, Mark, Match
from policy.store.sql import SqlStore
from policy.store.tables import VERSION

# As version 1 made them, in its own words.
VERSION_1 = """
    CREATE TABLE base (
        alias VARCHAR NOT NULL, course_id VARCHAR NOT NULL, section_key VARCHAR NOT NULL,
        school_key VARCHAR NOT NULL, name TEXT NOT NULL, section TEXT NOT NULL, room TEXT NOT NULL,
        owner VARCHAR NOT NULL, members BLOB NOT NULL, kept TEXT NOT NULL,
        PRIMARY KEY (alias), UNIQUE (course_id)
    );
    CREATE TABLE decisions (
        user_id VARCHAR NOT NULL, course_id VARCHAR NOT NULL, state VARCHAR NOT NULL,
        at VARCHAR NOT NULL, PRIMARY KEY (user_id, course_id)
    );
    CREATE TABLE matches (
        person VARCHAR NOT NULL, user VARCHAR NOT NULL, email VARCHAR NOT NULL, PRIMARY KEY (person)
    );
    CREATE TABLE rollbook (
        version INTEGER NOT NULL, id VARCHAR NOT NULL, keyed_by VARCHAR NOT NULL,
        revision INTEGER NOT NULL
    );
    CREATE TABLE runs (
        number INTEGER NOT NULL, id VARCHAR NOT NULL, plan_id VARCHAR NOT NULL,
        state VARCHAR NOT NULL, started VARCHAR NOT NULL, ended VARCHAR,
        policy_digest VARCHAR NOT NULL, roster_digest VARCHAR NOT NULL, counts TEXT NOT NULL,
        held TEXT NOT NULL, refused TEXT NOT NULL, PRIMARY KEY (number), UNIQUE (id)
    );
    CREATE TABLE entries (
        run_id VARCHAR NOT NULL, number INTEGER NOT NULL, alias VARCHAR NOT NULL,
        kind VARCHAR NOT NULL, change TEXT NOT NULL, state VARCHAR NOT NULL, at VARCHAR NOT NULL,
        reason TEXT NOT NULL, PRIMARY KEY (run_id, number), FOREIGN KEY(run_id) REFERENCES runs (id)
    );
    CREATE INDEX entries_sent ON entries (run_id) WHERE state = 'sent';
    INSERT INTO rollbook VALUES (1, 'a1b2', 'demo {section.key}', 7);
    INSERT INTO decisions VALUES ('9001', '5001', 'ACTIVE', '2026-09-01T07:30:00.000000+00:00');
    INSERT INTO matches VALUES ('anna', '7001', 'anna@x.example');
    INSERT INTO runs VALUES (1, 'r1', 'p1', 'running', '2026-09-01T07:30:00.000000+00:00', NULL,
        'p', 'r', '{}', '{}', '{}');
    INSERT INTO entries VALUES ('r1', 1, 'd:a', 'student.add', '{}', 'done',
        '2026-09-01T07:30:00.000000+00:00', '');
    INSERT INTO entries VALUES ('r1', 2, 'd:a', 'student.add', '{}', 'sent',
        '2026-09-01T07:30:01.000000+00:00', '');
"""
THEN = datetime(2026, 9, 1, 7, 30, tzinfo=UTC)


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A store of version 1 with a run in it."""
    file = tmp_path / "rollbook.sqlite"
    members = zlib.compress(json.dumps([["9001"], ["7001", "7002"]]).encode())
    row = ("d:a", "5001", "a", "n", "Algebra", "3", "12", "9001", members, '{"name":"2026-08-30"}')
    with sqlite3.connect(file) as connection:
        connection.executescript(VERSION_1)
        connection.execute("INSERT INTO base VALUES (?,?,?,?,?,?,?,?,?,?)", row)
    connection.close()
    return file


def test_a_store_of_version_1_keeps_all_it_knew(old: Path) -> None:
    store = SqlStore(f"sqlite:///{old}")
    assert store.mark() == Mark("a1b2", 7, "demo {section.key}")
    assert list(store.base()) == [
        BaseCourse(
            alias="d:a",
            course_id="5001",
            section_key="a",
            school_key="n",
            name="Algebra",
            section="3",
            room="12",
            owner="9001",
            teachers=frozenset({"9001"}),
            students=frozenset({"7001", "7002"}),
            kept={"name": "2026-08-30"},
        )
    ]
    assert store.matches() == {"anna": Match("7001", "anna@x.example")}
    assert store.decisions("9001") == {"5001": Decision("5001", "9001", "ACTIVE", THEN)}
    done = Entry("r1", 1, "d:a", "student.add", "{}", EntryState.DONE, THEN)
    assert list(store.done_since(THEN)) == [done]
    assert [entry.number for entry in store.unfinished()] == [2]
    assert [entry.number for entry in store.entries_of("d:a")] == [1, 2]
    store.release(["d:a"])
    assert store.mark() == Mark("a1b2", 8, "demo {section.key}", released=frozenset({"d:a"}))
    store.close()


def test_it_has_the_tables_and_indexes_of_a_new_one(old: Path, tmp_path: Path) -> None:
    SqlStore(f"sqlite:///{old}").close()
    SqlStore(f"sqlite:///{tmp_path}/new.sqlite").close()
    assert shape(old) == shape(tmp_path / "new.sqlite")


def test_it_is_brought_up_once(old: Path) -> None:
    for _ in range(2):
        SqlStore(f"sqlite:///{old}").close()
    connection = sqlite3.connect(old)
    assert connection.execute("SELECT version FROM rollbook").fetchall() == [(VERSION,)]
    connection.close()


def test_a_step_that_fails_leaves_the_old_version_whole(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = shape(old)
    broken = (*migrations.STEPS[1][:4], "ALTER TABLE nowhere ADD COLUMN nothing TEXT")
    monkeypatch.setattr(migrations, "STEPS", {**migrations.STEPS, 1: broken})
    with pytest.raises(SettingAtFault, match="no such table: nowhere"):
        SqlStore(f"sqlite:///{old}")
    assert shape(old) == before
    monkeypatch.undo()
    store = SqlStore(f"sqlite:///{old}")
    assert [course.alias for course in store.base()] == ["d:a"]
    store.close()


@pytest.fixture
def second(old: Path) -> Path:
    """The same store as version 2 left it."""
    connection = sqlite3.connect(old)
    for statement in migrations.STEPS[1]:
        connection.execute(statement)
    connection.execute("UPDATE rollbook SET version = 2")
    connection.commit()
    connection.close()
    return old


def test_a_run_of_version_2_knows_no_commit(second: Path) -> None:
    store = SqlStore(f"sqlite:///{second}")
    [run] = store.runs()
    assert (run.id, run.policy_commit, run.policy_clean) == ("r1", "", False)
    store.end_run(replace(run, policy_commit="0a1b2c", policy_clean=True))
    assert [(run.policy_commit, run.policy_clean) for run in store.runs()] == [("0a1b2c", True)]
    store.close()


# Opens a store of version 2, and dies before the n-th statement of its step.
KILLED = """
import os, signal, sys
from policy.store import migrations
from policy.store.sql import SqlStore

class Deadly(tuple):
    def __iter__(self):
        for number, statement in enumerate([*tuple.__iter__(self), "the version"]):
            if number == int(sys.argv[2]):
                os.kill(os.getpid(), signal.SIGKILL)
            yield statement

migrations.STEPS = {2: Deadly(migrations.STEPS[2])}
SqlStore(f"sqlite:///{sys.argv[1]}")
"""


@pytest.mark.parametrize("at", range(len(migrations.STEPS[2]) + 1))
def test_a_process_that_is_killed_on_the_way_leaves_the_old_version_whole(
    second: Path, at: int
) -> None:
    before = shape(second)
    died = subprocess.run([sys.executable, "-c", KILLED, str(second), str(at)], timeout=60)
    assert died.returncode == -signal.SIGKILL
    assert shape(second) == before
    store = SqlStore(f"sqlite:///{second}")
    assert [run.id for run in store.runs()] == ["r1"]
    store.close()


def shape(file: Path) -> dict[str, object]:
    """Columns (name, type, not null, part of the key) and indexes, by table."""
    connection = sqlite3.connect(file)
    tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    shapes: dict[str, object] = {}
    for (table,) in tables:
        columns = connection.execute(f"PRAGMA table_info({table})").fetchall()
        indexes = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = ?", [table]
        ).fetchall()
        shapes[table] = ([(c[1], c[2], c[3], c[5]) for c in columns], sorted(indexes))
    connection.close()
    return shapes
