"""Google in this very process: the real client library, whose connections end at the simulator's
WSGI callable instead of at a socket; and a store that is as new for every history.

Nothing is mocked: batches are built and parsed, a connection that is dropped is tried again by
httplib2, SQLite writes its journal. Only the wire and the time are ours.
"""

import io
import shutil
import sqlite3
import tempfile
from collections.abc import Iterable
from contextlib import closing
from email.message import Message
from functools import cache
from http.client import RemoteDisconnected
from itertools import count
from multiprocessing.util import Finalize
from pathlib import Path

import google_auth_httplib2
import httplib2

from nights import START, Standing
from policy.google.credentials import TokenCredentials
from policy.google.transport import Transport
from policy.simulator.app import Simulator
from policy.simulator.exchange import HangUp
from policy.simulator.switches import Switches
from policy.store.sql import SqlStore

ROOT = "http://indoors"
DOMAIN = "demo.example"
ADMIN = f"admin@{DOMAIN}"
SCOPES = (
    "https://www.googleapis.com/auth/classroom.courses",
    "https://www.googleapis.com/auth/classroom.rosters",
    "https://www.googleapis.com/auth/admin.directory.user.readonly",
    "https://www.googleapis.com/auth/admin.reports.audit.readonly",
    "https://www.googleapis.com/auth/apps.licensing",
)
QUIET = Switches(enforce_quotas=False, check_answers=False)


class Wire:
    """An HTTP connection, as httplib2 uses one, whose other end is `Wire.end`."""

    end: Simulator | None = None  # of the history that is being told

    def __init__(self, authority: str, **_: object) -> None:
        self.host = authority
        self.sock: object = None
        self._sent: tuple[str, str, bytes, dict[str, str]] | None = None

    def connect(self) -> None:
        self.sock = self

    def close(self) -> None:
        self.sock = None

    def set_debuglevel(self, _level: int) -> None:
        pass

    def request(self, verb: str, target: str, body: object, headers: dict[str, str]) -> None:
        raw = body.encode() if isinstance(body, str) else body or b""
        assert isinstance(raw, bytes)
        self._sent = (verb, target, raw, headers)

    def getresponse(self) -> "Heard":
        assert self.end is not None
        assert self._sent is not None
        told: list[tuple[str, list[tuple[str, str]]]] = []
        environ = _environ(self.host, *self._sent)
        try:
            body = b"".join(self.end(environ, lambda line, headers: told.append((line, headers))))
        except HangUp:
            raise RemoteDisconnected("it hung up") from None
        return Heard(*told[0], body)


class Heard(Message):
    """What came back, as httplib2 reads an answer; it takes a Message for its headers only."""

    def __init__(self, line: str, headers: Iterable[tuple[str, str]], body: bytes) -> None:
        super().__init__()
        for name, value in headers:
            self[name.lower()] = value
        status, _, self.reason = line.partition(" ")
        self.status, self.version = int(status), 11
        self["status"] = status
        self._body = body

    def read(self) -> bytes:
        return self._body


def _environ(
    host: str, verb: str, target: str, body: bytes, headers: dict[str, str]
) -> dict[str, object]:
    path, _, query = target.partition("?")
    environ: dict[str, object] = {
        f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()
    }
    return {
        **environ,
        "REQUEST_METHOD": verb,
        "REQUEST_URI": target,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "CONTENT_TYPE": environ.get("HTTP_CONTENT_TYPE", ""),
        "CONTENT_LENGTH": str(len(body)),
        "SERVER_NAME": host,
        "SERVER_PORT": "80",
        "HTTP_HOST": host,
        "wsgi.input": io.BytesIO(body),
    }


class Indoors(Transport):
    """The way to Google, of which only the wire is another. One is enough for a process, since to
    build the client library's services takes a while."""

    def _door(self) -> google_auth_httplib2.AuthorizedHttp:
        door = getattr(self._thread, "door", None)
        if door is None:
            plain = _PlainHttp(timeout=self._timeout)
            door = google_auth_httplib2.AuthorizedHttp(self._credentials, http=plain)
            self._thread.door = door
        return door


class _PlainHttp(httplib2.Http):
    def request(self, uri: str, *args: object, **more: object) -> tuple[object, bytes]:
        return super().request(uri, *args, **{**more, "connection_type": Wire})


@cache
def transport() -> Indoors:
    """This process's own."""
    return Indoors(ROOT, TokenCredentials(""))


def connect(sim: Simulator) -> None:
    """From now on the transport ends at this simulator, with a token that has just been given."""
    Wire.end = sim
    transport()._credentials.token = sim.access_token(ADMIN, SCOPES)


def new_google(clock: Standing, *, seed: int, people: Iterable[str]) -> Simulator:
    """A simulator with an administrator and these people, whose time is the engine's."""

    def wall() -> float:
        return START.timestamp() + clock.passed

    sim = Simulator(DOMAIN, switches=QUIET, clock=clock, wall=wall, seed=seed)
    sim.add_user(ADMIN, given="Admin", family="Example", admin=True)
    for key in people:
        sim.add_user(f"{key}@{DOMAIN}", given=key.title(), family="Example")
    return sim


_NUMBERS = count(1)


@cache
def _shelf() -> tuple[Path, SqlStore, Path]:
    """This process's store, and a copy of it as it was when it was new."""
    memory = Path("/dev/shm")
    root = memory if memory.is_dir() else None
    folder = Path(tempfile.mkdtemp(prefix="histories-", dir=root))
    # Not atexit, which is not asked in a process of a pool.
    Finalize(None, shutil.rmtree, (folder,), {"ignore_errors": True}, exitpriority=0)
    store = SqlStore(f"sqlite:///{folder / 'store.sqlite'}")
    with closing(sqlite3.connect(folder / "new.sqlite")) as copy:
        _copy(folder / "store.sqlite", copy)
    return folder / "store.sqlite", store, folder / "new.sqlite"


def new_store() -> SqlStore:
    """The store as if it had just been made. The one before it is lost."""
    file, store, new = _shelf()
    with closing(sqlite3.connect(file)) as target:
        _copy(new, target)
        target.execute("UPDATE rollbook SET id = ?", (f"store-{next(_NUMBERS)}",))
        target.commit()
    return store


def _copy(source: Path, target: sqlite3.Connection) -> None:
    with closing(sqlite3.connect(source)) as connection:
        connection.backup(target)
