"""The SQLite store: how it is opened and refused, and what is left of it after a kill -9."""

import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from policy.errors import AnotherRun, RollbookError, SettingAtFault
from policy.store.base import BaseCourse, Match
from policy.store.sql import SqlStore

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "rollbook.sqlite"


@pytest.fixture
def made(file: Path) -> Path:
    """A store's file, with tables and nothing in them."""
    SqlStore(f"sqlite:///{file}").close()
    return file


def test_the_parent_folder_is_made(tmp_path: Path) -> None:
    SqlStore(f"sqlite:///{tmp_path}/a/b/rollbook.sqlite").close()
    assert (tmp_path / "a/b/rollbook.sqlite").is_file()


def test_the_log_is_synced_at_every_commit(made: Path) -> None:
    store = SqlStore(f"sqlite:///{made}")
    with store._transaction() as connection:
        found = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        ]
    store.close()
    assert found == ["wal", 2, 1, 30_000]


@pytest.mark.parametrize(
    ("url", "words"),
    [
        pytest.param("rollbook.sqlite", "should be a database's URL", id="no URL"),
        pytest.param("postgresql://u:secret@h/d", "only SQLite is supported yet", id="PostgreSQL"),
        pytest.param("sqlite://", "should name a file", id="in memory"),
        pytest.param("sqlite:///:memory:", "should name a file", id="in memory by name"),
    ],
)
def test_urls_that_are_refused(url: str, words: str) -> None:
    with pytest.raises(SettingAtFault, match=f"^ROLLBOOK_STORE.*{words}") as refused:
        SqlStore(url)
    assert "secret" not in str(refused.value)


def test_a_file_that_is_no_database(file: Path) -> None:
    file.write_text("alias,course_id\n" * 100)
    with pytest.raises(SettingAtFault, match=r"file is not a database.*ROLLBOOK_STATE should name"):
        SqlStore(f"sqlite:///{file}")
    assert file.read_text() == "alias,course_id\n" * 100


def test_a_folder_where_the_file_should_be(tmp_path: Path) -> None:
    with pytest.raises(SettingAtFault, match="can't be used: unable to open database file"):
        SqlStore(f"sqlite:///{tmp_path}")


def test_a_folder_that_can_not_be_made(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("in the way")
    with pytest.raises(SettingAtFault, match=r"the folder .*state can't be made"):
        SqlStore(f"sqlite:///{tmp_path}/state/rollbook.sqlite")


def test_a_file_that_can_not_be_written(made: Path) -> None:
    store = SqlStore(f"sqlite:///{made}?mode=ro&uri=true".replace("///", "///file:", 1))
    with pytest.raises(RollbookError, match="attempt to write a readonly database"):
        store.keep([], matches={"anna": Match("7001", "anna@x.example")})
    store.close()


def test_a_database_of_another_program(file: Path) -> None:
    other = sqlite3.connect(file)
    other.execute("CREATE TABLE grades (pupil)")
    other.close()
    with pytest.raises(SettingAtFault, match=r"another program \(it has the table grades"):
        SqlStore(f"sqlite:///{file}")


@pytest.mark.parametrize("version", [0, 4, 99])
def test_another_version_is_refused(made: Path, version: int) -> None:
    change = sqlite3.connect(made)
    change.execute("UPDATE rollbook SET version = ?", [version])
    change.commit()
    change.close()
    with pytest.raises(SettingAtFault, match=f"of version {version}; .* knows version 3"):
        SqlStore(f"sqlite:///{made}")


def test_members_are_packed(file: Path) -> None:
    students = frozenset(str(117_000_000_000_000_000_000 + 7_919 * n) for n in range(1_000))
    store = SqlStore(f"sqlite:///{file}")
    store.keep([BaseCourse("d:a", "1", "a", "n", "A", "", "", "9", frozenset("9"), students)])
    store.close()
    [(size,)] = _rows(file, "SELECT length(members) FROM base")
    assert 0 < size < 7_000  # 24,000 as JSON


def test_an_account_in_many_classes_is_in_memory_once(file: Path) -> None:
    store = SqlStore(f"sqlite:///{file}")
    user = str(10**20)
    store.keep(
        BaseCourse(f"d:{n}", str(n), "", "", "", "", "", "9", frozenset("9"), frozenset({user}))
        for n in range(3)
    )
    students = [next(iter(course.students)) for course in store.base()]
    store.close()
    assert students == [user] * 3
    assert len({id(student) for student in students}) == 1


@pytest.mark.parametrize(
    ("question", "index"),
    [
        ("SELECT * FROM entries WHERE alias = 'd:a'", "entries_by_alias"),
        (
            "SELECT * FROM entries WHERE state = 'done' AND at >= '2026' ORDER BY at",
            "entries_by_time",
        ),
    ],
    ids=["a course's", "since"],
)
def test_the_journal_is_found_by_index(made: Path, question: str, index: str) -> None:
    [row] = _rows(made, f"EXPLAIN QUERY PLAN {question}")
    assert f"USING INDEX {index}" in str(row[3])


def test_many_can_open_a_new_store_at_once(file: Path) -> None:
    program = f"from policy.store.sql import SqlStore; SqlStore('sqlite:///{file}').close()"
    openers = [_python(program) for _ in range(6)]
    for opener in openers:
        opener.communicate(timeout=60)
    assert [opener.returncode for opener in openers] == [0] * 6
    assert _rows(file, "SELECT version, revision FROM rollbook") == [(3, 0)]


WRITER = """
    import sys
    from datetime import datetime, UTC
    from policy.store.base import BaseCourse, Entry, EntryState, RunRecord, RunState
    from policy.store.sql import SqlStore

    now = datetime.now(UTC)
    store = SqlStore(sys.argv[1])
    with store.run_lock():
        store.start_run(RunRecord("r", "p", RunState.RUNNING, now, None, "", "", {}, {}, {}))
        for n in range(1, 1_000_000):
            sent = Entry("r", n, f"d:{n}", "course.create", "{}", EntryState.SENT, now)
            store.start_entries([sent])
            print("sent", n, flush=True)
            done = Entry("r", n, f"d:{n}", "course.create", "{}", EntryState.DONE, now)
            nobody = frozenset()
            store.finish_entries(
                [done], [BaseCourse(f"d:{n}", str(n), "", "", "", "", "", "", nobody, nobody)]
            )
            print("done", n, flush=True)
"""


@pytest.fixture
def writer(file: Path) -> Iterator["subprocess.Popen[str]"]:
    process = _python(textwrap.dedent(WRITER), f"sqlite:///{file}")
    yield process
    process.kill()
    process.communicate(timeout=60)


def test_a_killed_process_loses_nothing_and_holds_nothing(
    file: Path, writer: "subprocess.Popen[str]"
) -> None:
    assert writer.stdout is not None
    said = [writer.stdout.readline().split() for _ in range(101)]
    store = SqlStore(f"sqlite:///{file}")
    with pytest.raises(AnotherRun, match=f"process {writer.pid}, since"), store.run_lock():
        pytest.fail("two runs at once")
    os.kill(writer.pid, signal.SIGKILL)
    said += [line.split() for line in writer.stdout]
    assert writer.wait(timeout=60) == -signal.SIGKILL
    with store.run_lock():
        entries = list(store.entries("r"))
        ours = {course.alias for course in store.base()}
        unfinished = [entry.number for entry in store.unfinished()]
    store.close()
    done = [entry.number for entry in entries if entry.state.value == "done"]
    assert {int(n) for word, n in said if word == "sent"} <= {entry.number for entry in entries}
    assert {int(n) for word, n in said if word == "done"} <= set(done)
    assert ours == {f"d:{n}" for n in done}  # never one without the other
    assert unfinished == sorted({entry.number for entry in entries} - set(done))
    assert len(unfinished) <= 1


def _python(program: str, *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", program, *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )


def _rows(file: Path, question: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(file)
    rows = connection.execute(question).fetchall()
    connection.close()
    return rows
