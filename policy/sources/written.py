"""What came over HTTP, written down as a OneRoster 1.1 CSV drop: whole or not at all.

A source's folder holds `drop-000017` and the like, the highest number the newest. A drop has the
six files, a manifest and, in state.json, what the source wants to know at its next read; so cursor
and rows are always of one read. Its columns are those of policy.roster.dialect.SHAPES: nothing
else of what a service tells is ever stored.
"""

import csv
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from policy.errors import RosterAtFault
from policy.roster.codes import Code, problem
from policy.roster.dialect import KINDS, SHAPES
from policy.roster.oneroster_csv import MANIFEST, TABLES

FILES: Mapping[str, str] = {
    kind: table.file for kind, table in zip(KINDS, TABLES, strict=True)
}  # by kind of thing
KEPT = 2  # the newest, and the one before, which a plan may still be reading
_STATE = "state.json"
_PREFIX, _UNFINISHED = "drop-", "unfinished-"

Cells = Sequence[str]  # of SHAPES[kind], in that order


@contextmanager
def writing(folder: Path) -> Iterator["Draft"]:
    """A new drop in a source's folder (made if need be). It counts from `finish` on; without that
    all of it is removed at the end, and what a killed writer left behind at the next beginning.
    One writer at a time: the caller sees to that. Raises RosterAtFault (R101) where the disk is
    full or the folder not ours."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for left in folder.glob(f"{_UNFINISHED}*"):
            shutil.rmtree(left)
        path = folder / f"{_UNFINISHED}{_next_number(folder):06}"
        path.mkdir(mode=0o700)
        try:
            yield Draft(path)
        finally:
            shutil.rmtree(path, ignore_errors=True)  # gone under this name once it is finished
    except OSError as error:
        raise _not_written(folder, error) from error


def renew_state(drop: Path, state: Mapping[str, str]) -> None:
    """Another state for a drop that stays as it is: the old one or the new one, never half.
    Raises RosterAtFault (R101)."""
    beside = drop / f"{_STATE}.new"
    try:
        _save_state(beside, state)
        beside.replace(drop / _STATE)
    except OSError as error:
        raise _not_written(drop, error) from error


@dataclass(slots=True)
class Draft:
    """A drop that does not count yet."""

    path: Path
    _written: set[str] = field(default_factory=set)

    def write(self, kind: str, rows: Iterable[Cells]) -> None:
        """All rows of one kind. Line breaks become blanks, so that a row is a line."""
        self._save(FILES[kind], SHAPES[kind], rows)
        self._written.add(kind)

    def finish(self, state: Mapping[str, str]) -> Path:
        """Make it the newest drop; answers where it is. A kind that was not written is an empty
        file, as the loader will say."""
        for kind in KINDS:
            if kind not in self._written:
                self.write(kind, ())
        self._save(MANIFEST.file, MANIFEST.wanted, _manifest())
        _save_state(self.path / _STATE, state)
        folder = self.path.parent
        _folder_to_disk(self.path)
        done = self.path.rename(folder / self.path.name.replace(_UNFINISHED, _PREFIX))
        _folder_to_disk(folder)
        for old in _drops(folder)[:-KEPT]:
            shutil.rmtree(old)
        return done

    def _save(self, file: str, columns: Sequence[str], rows: Iterable[Cells]) -> None:
        path = self.path / file
        # What is no character in UTF-8 (half of a pair, out of JSON) becomes a question mark.
        with path.open("w", encoding="utf-8", errors="replace", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(columns)
            for cells in rows:
                if len(cells) != len(columns):
                    raise ValueError(f"{file}: {len(cells)} cells for {len(columns)} columns")
                writer.writerow([_in_one_line(cell) for cell in cells])
            to_disk(stream)


def newest_drop(folder: Path) -> Path | None:
    """The last good drop of a source's folder."""
    drops = _drops(folder)
    return drops[-1] if drops else None


def state_of(drop: Path) -> dict[str, str]:
    """What `finish` was given."""
    state: dict[str, str] = json.loads((drop / _STATE).read_text(encoding="utf-8"))
    return state


def rows_of(drop: Path, kind: str) -> Iterator[tuple[str, ...]]:
    """The rows of one kind as they were written."""
    with (drop / FILES[kind]).open(encoding="utf-8", newline="") as stream:
        rows = csv.reader(stream)
        next(rows, None)
        yield from map(tuple, rows)


def _drops(folder: Path) -> list[Path]:
    """All whole drops, the newest last."""
    found = [path for path in folder.glob(f"{_PREFIX}*") if path.name[len(_PREFIX) :].isdecimal()]
    return sorted(found, key=_number)


def _number(drop: Path) -> int:
    return int(drop.name[len(_PREFIX) :])


def _next_number(folder: Path) -> int:
    newest = newest_drop(folder)
    return 1 if newest is None else _number(newest) + 1


def _manifest() -> Iterator[tuple[str, str]]:
    yield "manifest.version", "1.0"
    yield "oneroster.version", "1.1"
    for table in sorted(TABLES, key=lambda table: table.file):
        yield f"file.{table.file.removesuffix('.csv')}", "bulk"


def _save_state(path: Path, state: Mapping[str, str]) -> None:
    with path.open("w", encoding="utf-8") as stream:
        json.dump(dict(state), stream, indent=2)
        to_disk(stream)


def _not_written(folder: Path, error: OSError) -> RosterAtFault:
    words = f"can't be written to ({error.strerror}); the last good drop is as it was"
    return RosterAtFault([problem(str(folder), words, Code.NOT_OPENED)])


def _in_one_line(cell: str) -> str:
    return " ".join(cell.splitlines()) if not cell.isprintable() else cell


def to_disk(stream: TextIO) -> None:
    """So that a drop that counts is whole also after a power cut."""
    stream.flush()
    os.fsync(stream.fileno())


def _folder_to_disk(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
