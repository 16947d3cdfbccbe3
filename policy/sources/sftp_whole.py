"""Is what lies on an SFTP server one whole drop? Decided from listings alone; nothing is read here.

SFTP tells sizes and times (whole seconds) of files, and never what time it is there. Clients may
also set the times of what they upload. So the server's times are compared with one another only:
to tell files apart, and to see whether they are of one upload. That nothing changes any more is
measured by our clock, between two looks (policy.sources.sftp). A server whose clock is off by hours
makes no half drop whole.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from itertools import chain

# The files of one upload are written within this time of one another. A set that takes longer, or
# whose unchanged files are not uploaded again, needs a marker.
ONE_UPLOAD = 3600
NEWEST_ZIPS = 5  # a folder may hold a zip of each night for years
_SHOWN = 4


@dataclass(frozen=True, slots=True, order=True)
class Remote:
    """A file on the server: its name in its folder, bytes, and seconds since 1970 by its clock."""

    name: str
    size: int
    time: int

    def __str__(self) -> str:
        written = datetime.fromtimestamp(self.time, UTC).strftime("%Y-%m-%d %H:%M:%S")
        return f"{self.name} ({written} UTC)"

    @property
    def is_csv(self) -> bool:
        return self.name.casefold().endswith(".csv")

    @property
    def is_zip(self) -> bool:
        return self.name.casefold().endswith(".zip")

    @property
    def is_going_on(self) -> bool:
        """Whether this is how clients name a file while they upload it: WinSCP `.filepart`, rsync
        `.users.csv.Ab12cd`, others `.tmp`, `.part`, `~`."""
        name = self.name.casefold()
        hidden = name.startswith(".") and (".csv" in name or ".zip" in name)
        return hidden or name.endswith((".filepart", ".tmp", ".temp", ".part", ".partial", "~"))


Files = tuple[Remote, ...]


@dataclass(frozen=True, slots=True)
class Candidate:
    """Files that may be a drop: all the CSV files of a folder, or one zip. With what stands beside
    them: files that an upload may be busy with, and those that match the marker's name."""

    files: Files
    going_on: Files = ()
    markers: Files = ()

    @property
    def is_zip(self) -> bool:
        return len(self.files) == 1 and self.files[0].is_zip

    @property
    def newest(self) -> Remote:
        return max(self.files, key=lambda file: file.time)

    @property
    def oldest(self) -> Remote:
        return min(self.files, key=lambda file: file.time)

    @property
    def names(self) -> set[str]:
        return {file.name for file in self.files}

    @property
    def told(self) -> str:
        """What it is called in words."""
        return self.files[0].name if self.is_zip else "the set of CSV files"


def candidates(listing: Iterable[Remote], marker: str | None, only: str | None) -> list[Candidate]:
    """What may be taken, the best first. CSV files are one set, and zips beside them don't count;
    without CSV files it is the newest zips, each for itself. `only` is the zip that is named."""
    files = sorted(listing)
    marks = tuple(f for f in files if marker is not None and fnmatchcase(f.name, marker))
    busy = tuple(file for file in files if file.is_going_on and file not in marks)
    real = [file for file in files if file not in busy]
    if only is not None:
        return [Candidate((file,), (), marks) for file in real if file.name == only]
    if tables := tuple(file for file in real if file.is_csv):
        return [Candidate(tables, busy, marks)]
    zips = sorted((f for f in real if f.is_zip), key=lambda file: file.time, reverse=True)
    return [Candidate((file,), (), marks) for file in zips[:NEWEST_ZIPS]]


def doubts(candidate: Candidate, marker: str | None) -> Iterator[str]:
    """Why this can't be a whole drop, however long it lies there: in words, none if it may be."""
    if marker is not None:
        yield from _not_marked(candidate, marker)
        return
    since = candidate.newest.time - ONE_UPLOAD  # what broke off long before is not of this upload
    busy = [file for file in candidate.going_on if file.time >= since]
    if busy:
        yield f"an upload is going on or has broken off: {_some(busy)}"
    if candidate.newest.time - candidate.oldest.time > ONE_UPLOAD:
        old = [file for file in candidate.files if file.time < since]
        yield (
            f"not all files are of one upload: {candidate.newest} is new, and {_some(old)} "
            "more than an hour older. If that is right, have the SIS write a marker last, and "
            "name it in the policy (marker)"
        )


def _not_marked(candidate: Candidate, marker: str) -> Iterator[str]:
    """Times are whole seconds: a marker of the same second as the last file was written after it,
    since whoever writes markers writes them last."""
    if not candidate.markers:
        yield f"the marker {marker} is not there, which says that {candidate.told} is whole"
        return
    mark = max(candidate.markers, key=lambda file: file.time)
    others = chain(candidate.files, candidate.going_on)
    newer = [file for file in others if file.time > mark.time and file not in candidate.markers]
    if newer:
        yield f"the marker {mark} is older than {_some(newer)}"


def missing(candidate: Candidate, before: Collection[Remote]) -> list[str]:
    """The CSV files that the last good drop had and this set has not."""
    if candidate.is_zip:
        return []
    return sorted({file.name for file in before if file.is_csv} - candidate.names)


def _some(files: Iterable[Remote]) -> str:
    told = [str(file) for file in files]
    more = f" and {len(told) - _SHOWN} more" if len(told) > _SHOWN else ""
    return ", ".join(told[:_SHOWN]) + more
