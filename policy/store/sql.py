"""The store in an SQL database, over SQLAlchemy Core. Only SQLite so far.

A process killed at any point loses nothing that a method had returned from: a write-ahead log that
is synced at every commit, and one transaction a method.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import fields
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TypeVar

from sqlalchemy import (
    Column,
    Connection,
    Select,
    Table,
    delete,
    select,
    update,
)
from sqlalchemy.dialects.sqlite import Insert, insert
from sqlalchemy.exc import DBAPIError, IntegrityError

from policy.errors import RollbookError, SettingAtFault
from policy.store import tables
from policy.store.base import (
    BaseCourse,
    CourseHead,
    Decision,
    Entry,
    EntryState,
    Mark,
    Match,
    RunRecord,
)
from policy.store.lock import opening_lock, run_lock
from policy.store.opening import VARIABLE, engine_for, file_of, prepare, sqlite_address
from policy.store.tables import BASE, DECISIONS, ENTRIES, MATCHES, RELEASED, ROLLBOOK, RUNS

ROWS = 500  # read and written at a time

T = TypeVar("T")
EntryRow = tuple[str, int, str, str, str, str, str, str]


class SqlStore:
    """The `Store` of `base`. Threads may share it. To be closed."""

    def __init__(self, url: str) -> None:
        """Opens the store, and makes it if there is none. Raises SettingAtFault."""
        address = sqlite_address(url)
        self._file = file_of(address)
        self._engine = engine_for(address)
        try:
            with (
                opening_lock(self._beside(".opening")),
                self._transaction(write=True, at_fault=SettingAtFault) as connection,
            ):
                prepare(connection, self._file)
        except SettingAtFault:
            self.close()
            raise

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()

    def mark(self) -> Mark:
        """Which store this is, how far it has come, and what it knows beside classes and runs."""
        with self._transaction() as connection:
            released = connection.execute(select(RELEASED.c.alias)).scalars()
            row = connection.execute(select(ROLLBOOK)).mappings().one()
            return tables.mark_from(row, frozenset(released))

    def base(self) -> Iterator[BaseCourse]:
        """All courses of ours, by alias; never all of them in memory."""
        with self._transaction() as connection:
            rows = connection.execution_options(yield_per=ROWS).execute(
                select(BASE).order_by(BASE.c.alias)
            )
            for row in rows.mappings():
                yield tables.shared_course_from(row)

    def heads(self) -> Iterator[CourseHead]:
        """All courses of ours without their members, by alias; never all of them in memory."""
        columns = [BASE.c[field.name] for field in fields(CourseHead)]
        with self._transaction() as connection:
            rows = connection.execution_options(yield_per=ROWS).execute(
                select(*columns).order_by(BASE.c.alias)
            )
            for row in rows:
                yield tables.head_from(row)

    def base_of(self, course_ids: Sequence[str]) -> Mapping[str, BaseCourse]:
        """Courses of ours by course id; ids that are not ours are left out."""
        return {row.course_id: row for row in self._base_where(BASE.c.course_id, course_ids)}

    def base_under(self, aliases: Sequence[str]) -> Mapping[str, BaseCourse]:
        """Courses of ours by alias; aliases that are not ours are left out."""
        return {row.alias: row for row in self._base_where(BASE.c.alias, aliases)}

    def _base_where(self, column: Column[str], values: Sequence[str]) -> Iterator[BaseCourse]:
        with self._transaction() as connection:
            for some in _by(ROWS, values):
                for row in connection.execute(select(BASE).where(column.in_(some))).mappings():
                    yield tables.shared_course_from(row)

    def matches(self) -> Mapping[str, Match]:
        """By Person.key, as last matched."""
        with self._transaction() as connection:
            rows = connection.execute(select(MATCHES))
            return tables.Matched((row.person, row.user, row.email) for row in rows)

    def keep(
        self,
        courses: Iterable[BaseCourse],
        *,
        forget: Iterable[str] = (),
        matches: Mapping[str, Match] | None = None,
        heard: Iterable[tuple[str, int]] = (),
        keyed_by: str = "",
        reported: str = "",
        roster: Mapping[str, int] | None = None,
    ) -> None:
        """What is learned before a run's first write, all of it together."""
        people = [
            {"person": key, "user": match.user_id, "email": match.email}
            for key, match in (matches or {}).items()
        ]
        with self._transaction(write=True) as connection:
            written = _forget(connection, forget)
            written += _keep(connection, courses)
            written += sum(_hear(connection, *entry) for entry in heard)
            for some in _by(ROWS, people):
                connection.execute(_put(MATCHES), some)
            facts = {"keyed_by": keyed_by, "reported": reported}
            facts["roster"] = tables.json_of(roster) if roster else ""
            if learned := {name: value for name, value in facts.items() if value}:
                connection.execute(update(ROLLBOOK).values(learned))
            if written or people:
                _grow(connection)

    def release(self, aliases: Iterable[str]) -> None:
        """Let go of these for good: their base rows go, and no class is made for them again."""
        cells = [{"alias": alias} for alias in aliases]
        with self._transaction(write=True) as connection:
            _forget(connection, (row["alias"] for row in cells))
            for some in _by(ROWS, cells):
                connection.execute(insert(RELEASED).on_conflict_do_nothing(), some)
            if cells:
                _grow(connection)

    def take_back(self, aliases: Iterable[str]) -> None:
        """Undo `release`: the next night sees them as never seen before."""
        with self._transaction(write=True) as connection:
            if _drop(connection, RELEASED, aliases):
                _grow(connection)

    def run_lock(self) -> AbstractContextManager[None]:
        """Held while a run goes. Raises AnotherRun. A dead process holds nothing."""
        return run_lock(self._beside(".lock"))

    def start_run(self, run: RunRecord) -> None:
        """A run begins; plans that were made before it are stale from now on."""
        with self._transaction(write=True) as connection:
            connection.execute(insert(RUNS), tables.run_cells(run))
            _grow(connection)

    def end_run(self, run: RunRecord) -> None:
        """A run has ended, or was found to have been killed."""
        with self._transaction(write=True) as connection:
            done = connection.execute(
                update(RUNS).where(RUNS.c.id == run.id).values(tables.run_cells(run))
            )
            if done.rowcount != 1:
                raise RollbookError(f"The run {run.id} is not in the store ({self._file})")

    def runs(self, *, newest: int = 20) -> Sequence[RunRecord]:
        """The newest runs, the newest one first."""
        with self._transaction() as connection:
            rows = connection.execute(select(RUNS).order_by(RUNS.c.number.desc()).limit(newest))
            return [tables.run_from(row) for row in rows.mappings()]

    def start_entries(self, entries: Sequence[Entry]) -> None:
        """Before the call: these writes are about to be sent."""
        with self._transaction(write=True) as connection:
            _journal(connection, entries)

    def finish_entries(
        self,
        entries: Sequence[Entry],
        courses: Iterable[BaseCourse],
        *,
        forget: Iterable[str] = (),
    ) -> None:
        """After the call: what became of them, and the base rows that follow, together."""
        with self._transaction(write=True) as connection:
            _journal(connection, entries)
            gone = _forget(connection, forget)
            if _keep(connection, courses) or gone or entries:
                _grow(connection)

    def unfinished(self) -> Sequence[Entry]:
        """Entries that are SENT: there was no answer, and it is not known if they happened."""
        open_ones = (
            select(ENTRIES)
            .join(RUNS, RUNS.c.id == ENTRIES.c.run_id)
            .where(ENTRIES.c.state == EntryState.SENT.value)
            .order_by(RUNS.c.number, ENTRIES.c.number)
        )
        with self._transaction() as connection:
            return [tables.entry_from(row) for row in connection.execute(open_ones).mappings()]

    def entries(self, run_id: str) -> Iterator[Entry]:
        """A run's journal, in order; never all of it in memory."""
        return self._stream(
            select(ENTRIES).where(ENTRIES.c.run_id == run_id).order_by(ENTRIES.c.number)
        )

    def done_since(self, moment: datetime) -> Iterator[Entry]:
        """Entries of all runs that were done at this moment or later, the oldest first."""
        at = ENTRIES.c["at"]
        done = ENTRIES.c.state == EntryState.DONE.value
        return self._stream(
            select(ENTRIES)
            .where(done & (at >= tables.time_of(moment)))
            .order_by(at, ENTRIES.c.run_id, ENTRIES.c.number)
        )

    def entries_of(self, alias: str) -> Sequence[Entry]:
        """Everything that was ever written to a course, the oldest first."""
        return list(
            self._stream(
                select(ENTRIES)
                .join(RUNS, RUNS.c.id == ENTRIES.c.run_id)
                .where(ENTRIES.c.alias == alias)
                .order_by(RUNS.c.number, ENTRIES.c.number)
            )
        )

    def entries_naming(self, text: str) -> Iterator[Entry]:
        """Entries of all runs in whose `change` this text is, the oldest first. Reads them all."""
        return self._stream(
            select(ENTRIES)
            .join(RUNS, RUNS.c.id == ENTRIES.c.run_id)
            .where(ENTRIES.c.change.contains(text, autoescape=True))
            .order_by(RUNS.c.number, ENTRIES.c.number)
        )

    def _stream(self, wanted: Select[EntryRow]) -> Iterator[Entry]:
        with self._transaction() as connection:
            rows = connection.execution_options(yield_per=ROWS).execute(wanted)
            for row in rows.mappings():
                yield tables.entry_from(row)

    def decide(self, decision: Decision) -> None:
        """Remember a teacher's decision, unless a newer one is known."""
        put = insert(DECISIONS)
        newer = put.on_conflict_do_update(
            index_elements=list(DECISIONS.primary_key.columns),
            set_={"state": put.excluded.state, "at": put.excluded["at"]},
            where=put.excluded["at"] >= DECISIONS.c["at"],
        )
        with self._transaction(write=True) as connection:
            connection.execute(newer, tables.decision_cells(decision))

    def decisions(self, user_id: str) -> Mapping[str, Decision]:
        """The teacher's newest decision by course id."""
        with self._transaction() as connection:
            rows = connection.execute(select(DECISIONS).where(DECISIONS.c.user_id == user_id))
            return {row["course_id"]: tables.decision_from(row) for row in rows.mappings()}

    def _beside(self, ending: str) -> Path:
        return self._file.with_name(self._file.name + ending)

    @contextmanager
    def _transaction(
        self, *, write: bool = False, at_fault: type[RollbookError] = RollbookError
    ) -> Iterator[Connection]:
        try:
            with self._engine.connect() as connection:
                connection = connection.execution_options(rollbook_write=write)
                with connection.begin():
                    yield connection
        except DBAPIError as error:
            words = f"The store {self._file} can't be used: {error.orig}. {_way_out(error)}"
            raise at_fault(words) from error


def _journal(connection: Connection, entries: Sequence[Entry]) -> None:
    for some in _by(ROWS, entries):
        connection.execute(_put(ENTRIES), [tables.entry_cells(entry) for entry in some])


def _keep(connection: Connection, courses: Iterable[BaseCourse]) -> int:
    """Write base rows; how many."""
    count = 0
    for some in _by(ROWS, courses):
        connection.execute(_put(BASE), [tables.course_cells(course) for course in some])
        count += len(some)
    return count


def _hear(connection: Connection, run_id: str, number: int) -> int:
    """Mark an entry whose outcome has been read; 1 if it was open."""
    this = (ENTRIES.c.run_id == run_id) & (ENTRIES.c.number == number)
    still_open = ENTRIES.c.state == EntryState.SENT.value
    heard = update(ENTRIES).where(this & still_open).values(state=EntryState.HEARD.value)
    return connection.execute(heard).rowcount


def _forget(connection: Connection, aliases: Iterable[str]) -> int:
    """Drop base rows; how many there were."""
    return _drop(connection, BASE, aliases)


def _drop(connection: Connection, table: Table, aliases: Iterable[str]) -> int:
    return sum(
        connection.execute(delete(table).where(table.c.alias.in_(some))).rowcount
        for some in _by(ROWS, aliases)
    )


def _grow(connection: Connection) -> None:
    connection.execute(update(ROLLBOOK).values(revision=ROLLBOOK.c.revision + 1))


def _put(table: Table) -> Insert:
    """Insert a row, or overwrite the one of the same key."""
    statement = insert(table)
    return statement.on_conflict_do_update(
        index_elements=list(table.primary_key.columns),
        set_={column.name: statement.excluded[column.name] for column in table.columns},
    )


def _by(size: int, values: Iterable[T]) -> Iterator[list[T]]:
    """The values, some at a time."""
    left = iter(values)
    while some := list(islice(left, size)):
        yield some


def _way_out(error: DBAPIError) -> str:
    words = str(error.orig)
    if "not a database" in words:
        return f"{VARIABLE} should name a SQLite file, or one that is not there yet"
    if isinstance(error, IntegrityError):
        return "What was to be written contradicts what is there; this is a fault in Rollbook"
    if "locked" in words:
        return "Another process has written for longer than is waited for; try again"
    return "See that the disk isn't full, and that this user may write the file and its folder"
