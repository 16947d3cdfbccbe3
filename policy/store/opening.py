"""Opening a SQLite store: which file, how each connection is set up, and whose database it is."""

from pathlib import Path
from secrets import token_hex
from sqlite3 import Connection as SqliteConnection
from urllib.parse import urlsplit

from sqlalchemy import Connection, Engine, create_engine, event, inspect, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from policy.errors import SettingAtFault
from policy.store import migrations, tables
from policy.store.tables import ROLLBOOK

VARIABLE = "ROLLBOOK_STORE or ROLLBOOK_STATE"
BUSY_SECONDS = 30  # how long to wait for another process's transaction


def prepare(connection: Connection, file: Path) -> None:
    """Make the tables in an empty database, or bring an older version's to this one; refuse one
    that is not ours or of a version that is not known."""
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
    if not migrations.bring_up(connection, version):
        raise SettingAtFault(
            f"{VARIABLE}: {file} is of version {version}; this Rollbook knows version "
            f"{tables.VERSION}. Use the Rollbook that made it, or name another file."
        )


def _first_row() -> dict[str, object]:
    """A new store's own row, with an id that tells it from every other."""
    return {
        "version": tables.VERSION,
        "id": token_hex(8),
        "keyed_by": "",
        "revision": 0,
        "reported": "",
        "roster": "{}",
    }


def sqlite_address(url: str) -> URL:
    """The URL of a SQLite file. Raises SettingAtFault for any other."""
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


def file_of(address: URL) -> Path:
    """The file that a URL names; its folder is made."""
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


def engine_for(address: URL) -> Engine:
    """SQLAlchemy's engine: synced at every commit, and waiting for another process's write."""
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
