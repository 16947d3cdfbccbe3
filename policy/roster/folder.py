"""A drop: the folder or zip that a SIS left for us, as named streams of bytes. Knows no format.

A zip is a stranger's: names that lead outside, links, secrets and bombs are refused whole.
"""

import hashlib
import io
import stat
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO, Protocol

from policy.errors import RosterAtFault
from policy.roster.codes import Code, problem

BUFFER = 1024**2

_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a drop may have at most. The largest enrollments.csv of a large district has 846 MB."""

    files: int = 1_000
    file_bytes: int = 4 * 1024**3
    all_bytes: int = 8 * 1024**3


LIMITS = Limits()


class _Files(Protocol):
    """What a folder and a zip have in common."""

    def open(self, name: str) -> IO[bytes]: ...

    def folders(self) -> dict[str, list[str]]: ...


@dataclass(frozen=True, slots=True)
class _Folder:
    path: Path

    def open(self, name: str) -> IO[bytes]:
        return (self.path / name).open("rb", buffering=0)

    def folders(self) -> dict[str, list[str]]:
        inside = sorted(self.path.glob("*/*.csv"))
        found: dict[str, list[str]] = {}
        for path in inside:
            found.setdefault(path.parent.name, []).append(path.name)
        return found


@dataclass(frozen=True, slots=True)
class _Zip:
    archive: zipfile.ZipFile
    members: Mapping[str, zipfile.ZipInfo]

    def open(self, name: str) -> IO[bytes]:
        return self.archive.open(self.members[name])

    def folders(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for info in self.members.values():
            folder, _, name = info.filename.rpartition("/")
            if folder:
                found.setdefault(folder, []).append(name)
        return found


class Drop:
    """Files by name. What is read through `open` is what `digest` is made of."""

    def __init__(
        self, name: str, names: tuple[str, ...], files: _Files, limits: Limits = LIMITS
    ) -> None:
        self.name = name
        self.names = names
        self._files = files
        self._limits = limits
        self._digests: dict[str, str] = {}

    @contextmanager
    def open(self, name: str) -> Iterator[BinaryIO]:
        """A file's bytes. Whoever leaves before its end gets no digest for it."""
        try:
            raw = self._files.open(name)
        except _BROKEN as error:
            raise _unreadable(name, error) from error
        hashed = _Hashed(raw, name, self._limits.file_bytes)
        with raw, io.BufferedReader(hashed, BUFFER) as stream:
            yield stream
            if hashed.at_end:
                self._digests[name] = hashed.digest.hexdigest()

    def folders(self) -> dict[str, list[str]]:
        """The CSV files that stand in folders inside, for words about where they are."""
        return self._files.folders()

    @property
    def digest(self) -> str:
        """Of the names and bytes of the files that were read to their end, in order of name, so
        that a folder and a zip of the same files have the same."""
        lines = "".join(f"{name} {self._digests[name]}\n" for name in sorted(self._digests))
        return hashlib.sha256(lines.encode()).hexdigest()


@contextmanager
def open_drop(path: Path, limits: Limits = LIMITS) -> Iterator[Drop]:
    """Open a folder or a zip. Raises RosterAtFault when it is neither, or not a safe one."""
    if path.is_dir():
        names = sorted(entry.name for entry in path.iterdir() if entry.is_file())
        yield Drop(str(path), tuple(names), _Folder(path), limits)
        return
    if not path.exists():
        words = "there is no such folder or zip; check the path (roster.path, or --roster)"
        raise RosterAtFault([problem(str(path), words, Code.NOT_OPENED)])
    try:
        archive = zipfile.ZipFile(path)
    except _BROKEN as error:
        raise _not_a_zip(path, error) from error
    with archive:
        members = _members(path.name, archive.infolist(), limits)
        yield Drop(str(path), tuple(sorted(members)), _Zip(archive, members), limits)


class _Hashed(io.RawIOBase):
    """Passes bytes on, counts and hashes them, and turns what can go wrong into words."""

    def __init__(self, raw: IO[bytes], name: str, limit: int) -> None:
        self._raw = raw
        self._name = name
        self._limit = limit
        self._count = 0
        self.digest = hashlib.sha256()
        self.at_end = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        try:
            read = self._raw.read(len(buffer))
        except _BROKEN as error:
            raise _unreadable(self._name, error) from error
        self._count += len(read)
        if self._count > self._limit:
            raise RosterAtFault([_too_large(self._name, "it", self._count, self._limit)])
        self.at_end = not read
        self.digest.update(read)
        buffer[: len(read)] = read
        return len(read)


def _members(name: str, infos: list[zipfile.ZipInfo], limits: Limits) -> dict[str, zipfile.ZipInfo]:
    """The files that count, by name, without the one top folder if there is one."""
    real = [info for info in infos if not _is_litter(info.filename)]
    problems = [words for info in real for words in _dangers(name, info)]
    problems += _too_much(name, real, limits)
    files = [info for info in real if not info.is_dir()]
    tops = {info.filename.partition("/")[0] for info in files}
    in_one = len(tops) == 1 and all("/" in info.filename for info in files)
    by_name = [
        (info.filename.partition("/")[2] if in_one else info.filename, info) for info in files
    ]
    times = Counter(file for file, _ in by_name)
    problems += [
        problem(name, f"holds {file!r} {count} times; expected it once", Code.ZIP_REFUSED)
        for file, count in times.items()
        if count > 1
    ]
    if problems:
        raise RosterAtFault(problems)
    return dict(by_name)


def _is_litter(filename: str) -> bool:
    """What macOS and Windows put into zips besides the files."""
    parts = filename.split("/")
    return parts[0] == "__MACOSX" or parts[-1] in (".DS_Store", "Thumbs.db", "desktop.ini")


def _dangers(name: str, info: zipfile.ZipInfo) -> Iterator[str]:
    parts = info.filename.replace("\\", "/").split("/")
    if ".." in parts or parts[0] == "" or parts[0].endswith(":"):
        words = f"holds {info.filename!r}, a name that leads outside of it; make the zip again"
        yield problem(name, words, Code.ZIP_REFUSED)
    if stat.S_ISLNK(info.external_attr >> 16):
        words = f"holds {info.filename!r}, which is a link; put the file itself into the zip"
        yield problem(name, words, Code.ZIP_REFUSED)
    if info.flag_bits & 0x1:
        words = f"holds {info.filename!r}, which is encrypted; make the zip without a password"
        yield problem(name, words, Code.ZIP_REFUSED)


def _too_much(name: str, infos: list[zipfile.ZipInfo], limits: Limits) -> Iterator[str]:
    if len(infos) > limits.files:
        words = f"holds {len(infos):,} files; a roster has at most {limits.files:,}"
        yield problem(name, words, Code.ZIP_REFUSED)
    for info in infos:
        if info.file_size > limits.file_bytes:
            yield _too_large(name, repr(info.filename), info.file_size, limits.file_bytes)
    total = sum(info.file_size for info in infos)
    if total > limits.all_bytes:
        yield _too_large(name, "it", total, limits.all_bytes)


def _too_large(name: str, what: str, size: int, limit: int) -> str:
    words = f"{what} would unpack to {size:,} bytes or more; the most that is read is {limit:,}"
    return problem(name, words, Code.ZIP_REFUSED)


def _not_a_zip(path: Path, error: Exception) -> RosterAtFault:
    why = str(error).rstrip(".") or type(error).__name__
    words = (
        f"is neither a folder nor a zip that can be opened ({why}); if it is a zip it is broken or "
        "only half there: fetch it again"
    )
    return RosterAtFault([problem(str(path), words, Code.NOT_OPENED)])


def _unreadable(name: str, error: Exception) -> RosterAtFault:
    why = str(error).rstrip(".") or type(error).__name__
    words = f"can't be read ({why}); fetch the drop again"
    return RosterAtFault([problem(name, words, Code.NOT_OPENED)])
