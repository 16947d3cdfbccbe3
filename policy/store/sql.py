"""The store in an SQL database, over SQLAlchemy Core. Only SQLite so far.

A process killed at any point loses nothing that a method had returned from: a write-ahead log that
is synced at every commit, and one transaction a method.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from itertools import islice
from pathlib import Path
from secrets import token_hex
from sqlite3 import Connection as SqliteConnection
from typing import TypeVar
from urllib.parse import urlsplit

from sqlalchemy import (
    Connection,
    Engine,
    Table,
    create_engine,
    delete,
    event,
    inspect,
    select,
    update,
)
from sqlalchemy.dialects.sqlite import Insert, insert
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError

from policy.errors import RollbookError, SettingAtFault
from policy.store import tables
from policy.store.base import (
    BaseCourse,
    Decision,
    Entry,
    EntryState,
    Mark,
    Match,
    RunRecord,
)
from policy.store.lock import opening_lock, run_lock
from policy.store.tables import BASE, DECISIONS, ENTRIES, MATCHES, ROLLBOOK, RUNS

VARIABLE = "ROLLBOOK_STORE or ROLLBOOK_STATE"
BUSY_SECONDS = 30  # how long to wait for another process's transaction
ROWS = 500  # read and written at a time

T = TypeVar("T")


class SqlStore:
    """The `Store` of `base`. Threads may share it. To be closed."""

    def __init__(self, url: str) -> None:
        """Opens the store, and makes it if there is none. Raises SettingAtFault."""
        address = _sqlite_address(url)
        self._file = _file(address)
        self._engine = _engine(address)
        try:
            with (
                opening_lock(self._beside(".opening")),
                self._transaction(write=True, at_fault=SettingAtFault) as connection,
            ):
                _prepare(connection, self._file)
        except SettingAtFault:
            self.close()
            raise

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()

    def mark(self) -> Mark:
        """Which store this is, how far it has come, and what its classes' keys are made from."""
        with self._transaction() as connection:
            row = connection.execute(select(ROLLBOOK)).one()
            return Mark(row.id, row.revision, row.keyed_by)

    def base(self) -> Iterator[BaseCourse]:
        """All courses of ours, by alias; never all of them in memory."""
        with self._transaction() as connection:
            rows = connection.execution_options(yield_per=ROWS).execute(
                select(BASE).order_by(BASE.c.alias)
            )
            for row in rows.mappings():
                yield tables.course_from(row)

    def base_of(self, course_ids: Sequence[str]) -> Mapping[str, BaseCourse]:
        """Courses of ours by course id; ids that are not ours are left out."""
        found: dict[str, BaseCourse] = {}
        with self._transaction() as connection:
            for some in _by(ROWS, course_ids):
                rows = connection.execute(select(BASE).where(BASE.c.course_id.in_(some)))
                found.update((row["course_id"], tables.course_from(row)) for row in rows.mappings())
        return found

    def matches(self) -> Mapping[str, Match]:
        """By Person.key, as last matched."""
        with self._transaction() as connection:
            return {
                row.person: Match(row.user, row.email)
                for row in connection.execute(select(MATCHES))
            }

    def keep(
        self,
        courses: Iterable[BaseCourse],
        *,
        forget: Iterable[str] = (),
        matches: Mapping[str, Match] | None = None,
        heard: Iterable[tuple[str, int]] = (),
        keyed_by: str = "",
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
            if keyed_by:
                connection.execute(update(ROLLBOOK).values(keyed_by=keyed_by))
            if written or people:
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

    def finish_entries(self, entries: Sequence[Entry], courses: Iterable[BaseCourse]) -> None:
        """After the call: what became of them, and the base rows that follow, together."""
        with self._transaction(write=True) as connection:
            _journal(connection, entries)
            if _keep(connection, courses) or entries:
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
        wanted = select(ENTRIES).where(ENTRIES.c.run_id == run_id).order_by(ENTRIES.c.number)
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
    return sum(
        connection.execute(delete(BASE).where(BASE.c.alias.in_(some))).rowcount
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


def _prepare(connection: Connection, file: Path) -> None:
    """Make the tables in an empty database; refuse one that is not ours or of another version."""
    names = inspect(connection).get_table_names()
    if not names:
        tables.METADATA.create_all(connection)
        connection.execute(insert(ROLLBOOK), _first_row())
        return
    if ROLLBOOK.name not in names:
        raise SettingAtFault(
            f"{VARIABLE}: {file} is a database of another program (it has the table {names[0]}); "
            "name a file that is not there yet"
        )
    version = connection.execute(select(ROLLBOOK.c.version)).scalar_one_or_none()
    if version != tables.VERSION:
        raise SettingAtFault(
            f"{VARIABLE}: {file} is of version {version}; this Rollbook knows version "
            f"{tables.VERSION}. Use the Rollbook that made it, or name another file."
        )


def _first_row() -> dict[str, object]:
    """A new store's own row, with an id that tells it from every other."""
    return {"version": tables.VERSION, "id": token_hex(8), "keyed_by": "", "revision": 0}


def _sqlite_address(url: str) -> URL:
    try:
        address = make_url(url)
    except ArgumentError:
        raise SettingAtFault(
            f"{VARIABLE} should be a database's URL, such as sqlite:////var/lib/rollbook.sqlite"
        ) from None
    if address.get_backend_name() != "sqlite":
        raise SettingAtFault(
            f"{VARIABLE} names a {address.get_backend_name()} database; "
            "only SQLite is supported yet"
        )
    if address.database in (None, "", ":memory:"):
        raise SettingAtFault(
            f"{VARIABLE} should name a file, such as sqlite:////var/lib/rollbook.sqlite: what is "
            "only in memory would not outlive a run"
        )
    return address


def _file(address: URL) -> Path:
    database = str(address.database)
    path = urlsplit(database).path if database.startswith("file:") else database
    file = Path(path).resolve()  # one lock for one file, whatever it is called by
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingAtFault(
            f"{VARIABLE}: the folder {file.parent} can't be made ({error.strerror})"
        ) from None
    return file


def _engine(address: URL) -> Engine:
    engine = create_engine(address, connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    return engine


def _on_connect(connection: SqliteConnection, _: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves; Python would say it too late
    connection.execute("PRAGMA journal_mode = WAL").close()
    connection.execute("PRAGMA synchronous = FULL").close()
    connection.execute("PRAGMA foreign_keys = ON").close()


def _on_begin(connection: Connection) -> None:
    # A write that begins as a read would fail, not wait, when another process writes meanwhile.
    write = connection.get_execution_options().get("rollbook_write")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def _way_out(error: DBAPIError) -> str:
    words = str(error.orig)
    if "not a database" in words:
        return f"{VARIABLE} should name a SQLite file, or one that is not there yet"
    if isinstance(error, IntegrityError):
        return "What was to be written contradicts what is there; this is a fault in Rollbook"
    if "locked" in words:
        return "Another process has written for longer than is waited for; try again"
    return "See that the disk isn't full, and that this user may write the file and its folder"
