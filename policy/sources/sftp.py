"""Drops on an SFTP server: waited for until they are whole, and brought here.

A drop is taken when it is whole. With a marker: when that is there and nothing is newer. Without
one: when its files are of one upload (policy.sources.sftp_whole), none of the last good drop's is
missing, and two looks, at least `quiet` apart by our clock, found the same names, sizes and times.
A new drop without a marker therefore makes `fetch` wait for `quiet`, unless an earlier `fetch` has
seen it already. Afterwards the listing must still be the same, else nothing is taken.

Files are only listed and read. Nothing is written, renamed or deleted on the server.
"""

import errno
import posixpath
import stat
import zipfile
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from policy.errors import RosterAtFault
from policy.roster.codes import Code, problem
from policy.roster.folder import LIMITS, Limits
from policy.rules.sources import SftpSource
from policy.sources.base import Arrival
from policy.sources.sftp_kept import Kept, opened
from policy.sources.sftp_line import Line
from policy.sources.sftp_whole import Candidate, Remote, candidates, doubts, missing

WAITS = 2  # so many times `fetch` waits for `quiet`, before it goes on with the last good drop
CHUNK = 32 * 1024  # more than this some servers won't give at once


class _Changed(Exception):
    """A file is no longer what the listing said."""


class SftpDrops:
    """A policy.sources.base.Source. `folder` is this source's own; `now` gives a time with its
    zone; `sleep` takes seconds."""

    def __init__(
        self,
        source: SftpSource,
        folder: Path,
        *,
        now: Callable[[], datetime],
        sleep: Callable[[float], None],
        limits: Limits = LIMITS,
    ) -> None:
        self._source = source
        self._folder = folder
        self._now = now
        self._sleep = sleep
        self._limits = limits
        self._path = source.path.rstrip("/") or ("/" if source.path.startswith("/") else ".")
        self._where = f"{source.host}:{self._path}"
        self._line = Line(source, self._where, sleep)

    def fetch(self) -> Arrival:
        """The newest whole drop; the last good one, with a note, where the newest is not whole.
        Raises RosterAtFault: R301 (after several tries), R302, R303 (none was ever whole), R304,
        R305, R306."""
        of = f"{self._source.user}@{self._source.host}:{self._source.port}:{self._path}"
        with opened(self._folder, of) as kept:
            found = self._looked(kept)
            for _ in range(WAITS):
                wait = self._still(kept, found[0]) if found else 0.0
                if not wait:
                    break
                self._sleep(wait)
                found = self._looked(kept)
            return self._best(kept, found)

    def _best(self, kept: Kept, found: list[Candidate]) -> Arrival:
        """The first candidate that is a drop, else the last good one."""
        why: list[str] = []
        for place, candidate in enumerate(found):
            if _goes_back(kept, candidate, place):
                break
            if _is_last(kept, candidate):
                return self._last_good(kept, why)
            reasons = self._unready(kept, candidate) or self._brought(kept, candidate)
            if not reasons:
                taken = kept.take(candidate.files, self._now())
                notes = self._problems(f"took {candidate.told}, not the newest: ", why)
                return Arrival(kept.path(taken), taken.written, notes)
            why += reasons
        return self._last_good(kept, why or [self._nothing()])

    def _looked(self, kept: Kept) -> list[Candidate]:
        found = self._line.tried(self._list)
        kept.saw(found, self._now())
        kept.forget_others(tuple(file for one in found for file in one.files))
        return found

    def _still(self, kept: Kept, candidate: Candidate) -> float:
        """Seconds for which a candidate must yet stay as it is."""
        if self._source.marker is not None or _is_last(kept, candidate):
            return 0.0
        rest = kept.unchanged_since(candidate) + self._source.quiet - self._now()
        return max(rest.total_seconds(), 0.0)

    def _unready(self, kept: Kept, candidate: Candidate) -> list[str]:
        """Why it should not be taken from what is known without reading it."""
        if reasons := list(doubts(candidate, self._source.marker)):
            return reasons
        if self._still(kept, candidate):
            minutes = self._source.quiet.total_seconds() / 60
            return [f"{candidate.told} has changed in the last {minutes:g} minutes (quiet)"]
        lacking = missing(candidate, kept.last.files if kept.last else ())
        if self._source.marker is not None or not lacking or _again(kept, candidate):
            return []
        if candidate.files != kept.refused:
            kept.refuse(candidate)
        return [
            f"of the last good drop's files {', '.join(lacking)} is missing; where that is "
            "right, the next whole upload without it is taken"
        ]

    def _brought(self, kept: Kept, candidate: Candidate) -> list[str]:
        """Transfer the files. Says why they are no drop after all."""
        self._bound(candidate.files)
        try:
            after = self._line.tried(lambda sftp: self._transfer(sftp, kept, candidate))
        except _Changed as change:
            return [f"{change} changed while it was read"]
        same = [one for one in after if one.files == candidate.files]
        if not same:
            return [f"{candidate.told} changed while it was read"]
        if reasons := list(doubts(same[0], self._source.marker)):
            return reasons
        if candidate.is_zip:
            return list(_not_a_zip(kept.arrived(candidate.files[0]), candidate.files[0]))
        return []

    def _transfer(self, sftp: Any, kept: Kept, candidate: Candidate) -> list[Candidate]:
        """Each file from the byte where it stopped; then what the folder holds now."""
        folder, _ = self._place(sftp)
        for file in candidate.files:
            try:
                self._copy(sftp, posixpath.join(folder, file.name), kept, file)
            except FileNotFoundError as error:
                raise _Changed(file.name) from error
            except PermissionError as error:
                raise self._line.fault(Code.REFUSED, f"{file.name} may not be read") from error
        return self._list(sftp)

    def _copy(self, sftp: Any, path: str, kept: Kept, file: Remote) -> None:
        with kept.incoming(file) as here:
            if here.have < file.size:
                with sftp.open(path, "rb", bufsize=0) as there:
                    now = there.stat()
                    if (now.st_size, now.st_mtime) != (file.size, file.time):
                        raise _Changed(file.name)
                    there.seek(here.have)
                    while here.have < file.size:
                        data = there.read(min(CHUNK, file.size - here.have))
                        if not data:
                            raise _Changed(file.name)
                        here.write(data)
            here.done()

    def _list(self, sftp: Any) -> list[Candidate]:
        """What may be taken, as the server shows it now."""
        folder, only = self._place(sftp)
        try:
            entries = sftp.listdir_attr(folder)
        except FileNotFoundError as error:
            raise self._line.fault(Code.NOT_WHOLE, f"there is no folder {folder}") from error
        except PermissionError as error:
            raise self._line.fault(Code.REFUSED, "the folder may not be listed") from error
        except UnicodeDecodeError as error:
            raise self._line.fault(
                Code.ANSWER, "a file's name there is not UTF-8; rename or move it"
            ) from error
        listing = [file for entry in entries if (file := self._remote(sftp, folder, entry))]
        return candidates(listing, self._source.marker, only)

    def _place(self, sftp: Any) -> tuple[str, str | None]:
        """The folder, and the zip's name where the path is one."""
        is_zip = self._path.casefold().endswith(".zip")
        try:
            mode = sftp.stat(self._path).st_mode
        except FileNotFoundError as error:
            if not is_zip:
                raise self._line.fault(Code.NOT_WHOLE, "there is no such folder or zip") from error
            mode = stat.S_IFREG  # while it is replaced, it may be away for a moment
        except PermissionError as error:
            raise self._line.fault(Code.REFUSED, "the path may not be looked at") from error
        if mode is None or stat.S_ISDIR(mode):
            return self._path, None
        if not is_zip:
            raise self._line.fault(Code.NOT_WHOLE, "this is a file; expected a folder or a .zip")
        return posixpath.dirname(self._path) or ".", posixpath.basename(self._path)

    def _remote(self, sftp: Any, folder: str, entry: Any) -> Remote | None:
        """A file; None for folders and for links that lead to none."""
        name, told = entry.filename, entry
        if stat.S_ISLNK(told.st_mode or 0):
            try:
                told = sftp.stat(posixpath.join(folder, name))
            except OSError as error:
                if error.errno in (errno.ENOENT, errno.EACCES):
                    return None
                raise
        if told.st_mode is not None and stat.S_IFMT(told.st_mode) not in (0, stat.S_IFREG):
            return None
        file = Remote(name, told.st_size or 0, told.st_mtime or 0)
        if not (file.is_csv or file.is_zip or file.is_going_on or self._is_marker(name)):
            return None
        if "/" in name or "\\" in name or not name.isprintable():
            raise self._line.fault(
                Code.ANSWER, f"there is a file {name!r}, a name that leads outside of the folder"
            )
        if told.st_size is None or told.st_mtime is None:
            raise self._line.fault(Code.ANSWER, f"the server does not say size and time of {name}")
        return file

    def _is_marker(self, name: str) -> bool:
        return self._source.marker is not None and fnmatchcase(name, self._source.marker)

    def _bound(self, files: Iterable[Remote]) -> None:
        """A drop has the bounds that a zip has (policy.roster.folder)."""
        files = tuple(files)
        most = self._limits
        if len(files) > most.files:
            raise self._line.fault(
                Code.ANSWER, f"there are {len(files):,} files; a roster has at most {most.files:,}"
            )
        for file in files:
            if file.size > most.file_bytes:
                words = f"{file.name} has {file.size:,} bytes; the most is {most.file_bytes:,}"
                raise self._line.fault(Code.ANSWER, words)
        total = sum(file.size for file in files)
        if total > most.all_bytes:
            raise self._line.fault(
                Code.ANSWER, f"the drop has {total:,} bytes; the most is {most.all_bytes:,}"
            )

    def _last_good(self, kept: Kept, why: list[str]) -> Arrival:
        if kept.last is None:
            raise RosterAtFault(self._problems("", why))
        notes = self._problems("the last good drop is used: ", why)
        return Arrival(kept.path(kept.last), kept.last.written, notes)

    def _problems(self, start: str, why: Iterable[str]) -> tuple[str, ...]:
        return tuple(problem(self._where, start + words, Code.NOT_WHOLE) for words in why)

    def _nothing(self) -> str:
        is_zip = self._path.casefold().endswith(".zip")
        return "the zip is not there" if is_zip else "there are neither CSV files nor zips"


def _is_last(kept: Kept, candidate: Candidate) -> bool:
    return kept.last is not None and kept.last.files == candidate.files


def _goes_back(kept: Kept, candidate: Candidate, place: int) -> bool:
    """Of the zips behind the newest, none that is older than what we have."""
    if kept.last is None or place == 0:
        return False
    return candidate.newest.time < max(file.time for file in kept.last.files)


def _again(kept: Kept, candidate: Candidate) -> bool:
    """Whether a set is the second upload that has just these files."""
    before = Candidate(kept.refused)
    return (
        bool(kept.refused)
        and before.names == candidate.names
        and before.newest.time < candidate.oldest.time
    )


def _not_a_zip(path: Path, file: Remote) -> Iterator[str]:
    """A zip's table of contents is its end. What is inside is for policy.roster to judge."""
    try:
        zipfile.ZipFile(path).close()
    except (zipfile.BadZipFile, OSError) as error:
        yield f"{file} is broken or only half there ({error}); have it uploaded again"
