"""A real SFTP server (asyncssh) in this process, with faults to order; a clock without waiting."""

import asyncio
import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncssh

from policy.rules.sources import Secret, SftpSource
from policy.sources.sftp import SftpDrops

USER, PASSWORD = "rollbook", "correct horse"
HOST_KEY = asyncssh.generate_private_key("ssh-ed25519")
EVENING = datetime(2026, 9, 1, 22, tzinfo=UTC)


def public(key: Any) -> str:
    return key.export_public_key().decode().strip()


@dataclass
class Clock:
    """Ours. Sleeping does at once what was to happen meanwhile."""

    time: datetime = EVENING
    slept: list[float] = field(default_factory=list)
    coming: list[tuple[datetime, Callable[[], object]]] = field(default_factory=list)

    def now(self) -> datetime:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.go_to(self.time + timedelta(seconds=seconds))

    def go_to(self, then: datetime) -> None:
        self.coming.sort(key=lambda event: event[0])
        while self.coming and self.coming[0][0] <= then:
            self.time, act = self.coming.pop(0)
            act()
        self.time = max(self.time, then)

    def at(self, minutes: float, act: Callable[[], object]) -> None:
        self.coming.append((self.time + timedelta(minutes=minutes), act))


@dataclass
class Site:
    """What the server shows (`root`), what may go wrong, and what was done to it."""

    root: Path
    key: Any = None  # the public key that is let in
    cut_after: list[int] = field(default_factory=list)  # a line each: breaks after so many bytes
    on_read: Callable[[str, int], None] = lambda _name, _offset: None
    also_listed: tuple[str, ...] = ()
    read: Counter[str] = field(default_factory=Counter)  # bytes by file
    offsets: list[tuple[str, int]] = field(default_factory=list)
    lines: int = 0
    logins: list[str] = field(default_factory=list)
    done_to_it: list[str] = field(default_factory=list)
    port: int = 0

    def put(self, name: str, data: bytes | str, when: datetime) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        os.utime(path, (when.timestamp(), when.timestamp()))
        return path

    def source(self, path: str = "/", **changes: Any) -> SftpSource:
        values: dict[str, Any] = {"host_key": public(HOST_KEY), "port": self.port}
        if "key" not in changes:
            values["password"] = Secret("SFTP_PASSWORD", None, "policy.yaml:7")
        return SftpSource("127.0.0.1", USER, path, **values | changes)

    def drops(self, folder: Path, clock: Clock, path: str = "/", **changes: Any) -> SftpDrops:
        limits = {"limits": changes.pop("limits")} if "limits" in changes else {}
        source = self.source(path, **changes)
        return SftpDrops(source, folder, now=clock.now, sleep=clock.sleep, **limits)


@contextmanager
def serving(site: Site, host_key: Any = HOST_KEY) -> Iterator[Site]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def run(work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, loop).result(10)

    open_lines: list[Any] = []
    server = run(_listen(site, host_key, open_lines))
    site.port = server.get_port()
    try:
        yield site
    finally:
        run(_end(server, open_lines))
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def _listen(site: Site, host_key: Any, open_lines: list[Any]) -> Any:
    class Door(asyncssh.SSHServer):
        def connection_made(self, conn: Any) -> None:
            site.lines += 1
            open_lines.append(conn)

        def begin_auth(self, username: str) -> bool:
            site.logins.append(username)
            return True

        def password_auth_supported(self) -> bool:
            return site.key is None

        def validate_password(self, username: str, password: str) -> bool:
            return (username, password) == (USER, PASSWORD)

        def public_key_auth_supported(self) -> bool:
            return site.key is not None

        def validate_public_key(self, username: str, key: Any) -> bool:
            return username == USER and key == site.key

    return await asyncssh.listen(
        "127.0.0.1",
        0,
        server_factory=Door,
        server_host_keys=[host_key],
        sftp_factory=lambda chan: _Files(chan, site),
    )


async def _end(server: Any, open_lines: list[Any]) -> None:
    server.close()
    for line in open_lines:
        line.abort()
        await line.wait_closed()
    await asyncio.sleep(0)


class _Files(asyncssh.SFTPServer):
    def __init__(self, chan: Any, site: Site) -> None:
        self.site = site
        self.left = site.cut_after.pop(0) if site.cut_after else None
        super().__init__(chan, chroot=os.fsencode(site.root))

    def open(self, path: bytes, pflags: int, attrs: Any) -> Any:
        if pflags != asyncssh.FXF_READ:
            self.site.done_to_it.append(f"open {path!r} to write")
        return super().open(path, pflags, attrs)

    def read(self, file_obj: Any, offset: int, size: int) -> Any:
        name = os.path.basename(os.fsdecode(file_obj.name))
        self.site.on_read(name, offset)
        data = super().read(file_obj, offset, size)
        if self.left is not None and len(data) > self.left:
            self.connection.abort()
            return b""
        if self.left is not None:
            self.left -= len(data)
        self.site.offsets.append((name, offset))
        self.site.read[name] += len(data)
        return data

    async def scandir(self, path: bytes) -> Any:
        async for entry in super().scandir(path):
            yield entry
        for name in self.site.also_listed:
            attrs = asyncssh.SFTPAttrs(size=3, permissions=0o100644, atime=1, mtime=1)
            yield asyncssh.SFTPName(name.encode(), attrs=attrs)


def _recorded(name: str) -> Any:
    def refuse(self: _Files, *_: Any) -> None:
        self.site.done_to_it.append(name)
        raise asyncssh.SFTPPermissionDenied(f"{name} on a server that is not ours")

    return refuse


WRITING = ("write", "remove", "rename", "posix_rename", "mkdir", "rmdir", "link", "symlink")
for _name in (*WRITING, "setstat", "lsetstat", "fsetstat"):
    setattr(_Files, _name, _recorded(_name))
