"""What an SFTP source keeps on this machine: the last good drop, what is half here, and what was
seen when. One folder:

    drops/NAME/   the last good drop, and the one before (somebody may still be reading it)
    coming/       files on their way; each one's name begins with the time and size of the remote
                  file, so that only the same file is gone on with
    state.json    names, sizes and times; no row of any file
    lock          held while somebody fetches
"""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from policy.errors import RosterAtFault
from policy.roster.codes import Code, problem
from policy.sources.sftp_whole import Candidate, Files, Remote

_ONLY_US = 0o700  # the files hold people's names


@dataclass(frozen=True, slots=True)
class Taken:
    """A drop that was whole and is here. `written` is the time of its newest file, and never later
    than when we first had it: a server's clock may be ahead."""

    name: str
    files: Files
    written: datetime


@dataclass(slots=True)
class Kept:
    """The state of one source; `of` says which, so that another's drop is never given back."""

    folder: Path
    of: str
    last: Taken | None = None
    before: str = ""  # the name of the drop before the last one
    seen: dict[Files, datetime] = field(default_factory=dict)  # unchanged since, by our clock
    refused: Files = ()  # the last set that lacked files of the last good drop

    def path(self, taken: Taken) -> Path:
        """What the roster is read from: the drop's folder, or its zip."""
        folder = self.folder / "drops" / taken.name
        return folder / taken.files[0].name if Candidate(taken.files).is_zip else folder

    def saw(self, found: Sequence[Candidate], now: datetime) -> None:
        """Note since when each candidate, with what stands beside it, has been as it is."""
        keys = [candidate.files + candidate.going_on for candidate in found]
        self.seen = {key: min(self.seen.get(key, now), now) for key in keys}
        self.save()

    def unchanged_since(self, candidate: Candidate) -> datetime:
        return self.seen[candidate.files + candidate.going_on]

    def refuse(self, candidate: Candidate) -> None:
        self.refused = candidate.files
        self.save()

    @contextmanager
    def incoming(self, file: Remote) -> Iterator["Incoming"]:
        """The local end of a file's transfer, at the byte where it stopped the last time."""
        with said(self.folder):
            coming = self._coming(file)
            coming.parent.mkdir(parents=True, exist_ok=True, mode=_ONLY_US)
            if coming.exists() and coming.stat().st_size > file.size:
                coming.unlink()
            stream = coming.open("ab", buffering=0)
        with stream:
            yield Incoming(self.folder, stream)

    def arrived(self, file: Remote) -> Path:
        return self._coming(file)

    def take(self, files: Files, now: datetime) -> Taken:
        """What has come becomes the last good drop, whole or not at all."""
        newest = max(file.time for file in files)
        written = min(datetime.fromtimestamp(newest, UTC), now.astimezone(UTC))
        taken = Taken(self._free_name(written), files, written)
        with said(self.folder):
            making = self.folder / "coming" / "drop"
            _empty(making)
            making.mkdir(mode=_ONLY_US)
            for file in files:
                self._coming(file).replace(making / file.name)
                os.utime(making / file.name, (file.time, file.time))
            drops = self.folder / "drops"
            drops.mkdir(exist_ok=True, mode=_ONLY_US)
            making.rename(drops / taken.name)
        self.before, self.last = (self.last.name if self.last else ""), taken
        self.refused = ()
        self.save()
        self._tidy()
        return taken

    def forget_others(self, files: Files) -> None:
        """Remove what is half here of files that are no longer there."""
        wanted = {self._coming(file).name for file in files}
        coming = self.folder / "coming"
        with said(self.folder):
            for path in list(coming.iterdir()) if coming.is_dir() else []:
                if path.name not in wanted:
                    _empty(path)

    def save(self) -> None:
        state = {
            "of": self.of,
            "last": None if self.last is None else _written_down(self.last),
            "before": self.before,
            "seen": [[_rows(files), since.isoformat()] for files, since in self.seen.items()],
            "refused": _rows(self.refused),
        }
        with said(self.folder):
            beside = self.folder / "state.json.new"
            with beside.open("w", encoding="utf-8") as stream:
                json.dump(state, stream, indent=1)
                stream.flush()
                os.fsync(stream.fileno())
            beside.replace(self.folder / "state.json")

    def _coming(self, file: Remote) -> Path:
        return self.folder / "coming" / f"{file.time}.{file.size}.{file.name}"

    def _free_name(self, written: datetime) -> str:
        """Names that sort by time; another with the same time gets a number."""
        name = written.strftime("%Y-%m-%dT%H%M%SZ")
        number, free = 1, name
        while (self.folder / "drops" / free).exists():
            number += 1
            free = f"{name}-{number}"
        return free

    def _tidy(self) -> None:
        """Keep the last two drops; others, and those whose making was cut short, go."""
        kept = {self.before, self.last.name if self.last else ""}
        with said(self.folder):
            for path in list((self.folder / "drops").iterdir()):
                if path.name not in kept:
                    _empty(path)


@dataclass(frozen=True, slots=True)
class Incoming:
    """Bytes that come; what this machine has against them (a full disk) is said in words."""

    folder: Path
    stream: IO[bytes]

    @property
    def have(self) -> int:
        return self.stream.tell()

    def write(self, data: bytes) -> None:
        with said(self.folder):
            rest = memoryview(data)
            while rest:
                rest = rest[self.stream.write(rest) :]

    def done(self) -> None:
        """On the disk, and not only on its way there."""
        with said(self.folder):
            os.fsync(self.stream.fileno())


@contextmanager
def said(folder: Path) -> Iterator[None]:
    """What this machine has against keeping a drop, in words (R303)."""
    try:
        yield
    except OSError as error:
        why = error.strerror or type(error).__name__
        words = f"the drop can't be written down here ({why}); nothing is planned from a part of it"
        raise RosterAtFault([problem(str(folder), words, Code.NOT_WHOLE)]) from error


@contextmanager
def opened(folder: Path, of: str) -> Iterator[Kept]:
    """The state of the source in this folder, for one at a time; others wait."""
    with said(folder):
        folder.mkdir(parents=True, exist_ok=True, mode=_ONLY_US)
        lock = (folder / "lock").open("w")
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield _read(folder, of)


def _read(folder: Path, of: str) -> Kept:
    fresh = Kept(folder, of)
    with said(folder):
        path = folder / "state.json"
        text = path.read_text(encoding="utf-8") if path.exists() else "{}"
    try:
        state = json.loads(text)
        if state.get("of") != of:
            raise ValueError("this is another source's")
        last = state["last"] and _taken(state["last"])
        seen = {_files(rows): datetime.fromisoformat(since) for rows, since in state["seen"]}
        kept = Kept(folder, of, last, state["before"], seen, _files(state["refused"]))
    except (ValueError, KeyError, TypeError, AttributeError):
        # None yet, another source's, or damaged: then all is fetched anew, which costs time only.
        _empty(folder / "coming")
        return fresh
    if kept.last is not None and not kept.path(kept.last).exists():
        kept.last = None
    return kept


def _written_down(taken: Taken) -> dict[str, Any]:
    return {
        "name": taken.name,
        "files": _rows(taken.files),
        "written": taken.written.isoformat(),
    }


def _taken(state: dict[str, Any]) -> Taken:
    return Taken(state["name"], _files(state["files"]), datetime.fromisoformat(state["written"]))


def _rows(files: Files) -> list[list[str | int]]:
    return [[file.name, file.size, file.time] for file in files]


def _files(rows: list[list[Any]]) -> Files:
    return tuple(Remote(str(name), int(size), int(time)) for name, size, time in rows)


def _empty(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
