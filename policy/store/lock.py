"""The lock that one run at a time holds on a store: a file beside it.

The kernel lets go of it when the process dies, however it dies, so no lock is ever left behind.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from policy.errors import AnotherRun, SettingAtFault


@contextmanager
def run_lock(path: Path) -> Iterator[None]:
    """Hold the lock in this file. Raises AnotherRun, which says who holds it and since when."""
    with _open(path) as descriptor:
        _lock(descriptor, path)
        _sign(descriptor)
        yield


@contextmanager
def opening_lock(path: Path) -> Iterator[None]:
    """Held for a moment while a store is opened, and waited for: SQLite refuses at once, whatever
    its time-out, when two connections make a new file's write-ahead log together."""
    with _open(path) as descriptor:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield


@contextmanager
def _open(path: Path) -> Iterator[int]:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise SettingAtFault(f"{path} can't be written ({error.strerror})") from None
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _lock(descriptor: int, path: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise AnotherRun(
            f"Another run{_holder(descriptor)} is going on this store ({path} is locked); this one "
            "has ended without doing anything. Wait until it ends, then start again."
        ) from None


def _sign(descriptor: int) -> None:
    since = datetime.now(UTC).isoformat(timespec="seconds")
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, json.dumps({"pid": os.getpid(), "since": since}).encode(), 0)


def _holder(descriptor: int) -> str:
    """Who holds the lock; nothing if it is just being signed."""
    try:
        signed = json.loads(os.pread(descriptor, 1000, 0))
        return f" (process {signed['pid']}, since {signed['since']})"
    except (ValueError, LookupError, TypeError):
        return ""
