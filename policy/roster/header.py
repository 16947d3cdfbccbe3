"""Which column of a file is which of a table: the header judged, with "did you mean"."""

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from policy.roster.codes import Code, problem
from policy.roster.model import Fault, FaultLevel, Place

_EXTENSION = re.compile(r"(metadata\.|ext[_.])", re.IGNORECASE)
_VERSION = re.compile(r" V?\d.*")  # of a dialect's name
_JUNK = re.compile(r"[^\w.]|_")


@dataclass(frozen=True, slots=True)
class Table:
    """One file of a dialect. Its rows are given as the cells of `wanted`, in that order; the
    first is never empty. Every other column is dropped while the row is read."""

    file: str
    wanted: tuple[str, ...]
    needed: frozenset[str]  # those of `wanted` that the header must have
    unwanted: frozenset[str]  # the dialect's other columns
    # Why a needed column, or the file by its own name, is; where a clerk may wonder.
    why: Mapping[str, str] = field(default_factory=dict)
    is_loose: bool = False  # the dialect takes names in any case, with spaces or underscores

    def because(self, name: str) -> str:
        """The reason, in words that follow what is missing."""
        return f": {self.why[name]}" if name in self.why else ""


@dataclass(frozen=True, slots=True)
class Header:
    """A judged header: where the wanted columns stand, what is wrong, what should be known."""

    columns: tuple[int | None, ...]
    problems: tuple[str, ...]
    notes: tuple[Fault, ...]


def judge_header(found: Sequence[str], table: Table, dialect: str) -> Header:
    """Match exactly first, then without regard to case and spaces. Problems are all at once."""
    exact = {name.strip(): index for index, name in enumerate(found)}
    loose = {plain(name): index for index, name in enumerate(found)}
    columns = tuple(exact.get(name, loose.get(plain(name))) for name in table.wanted)
    taken = {index for index in columns if index is not None}
    free = [name for index, name in enumerate(found) if index not in taken]
    return Header(
        columns=columns,
        problems=(*_twice(found, table), *_missing(columns, free, table, dialect)),
        notes=(*_misspelt(found, columns, table), *_unknown(free, table, dialect)),
    )


def plain(name: str) -> str:
    """Without case, spaces, underscores and what can't be seen."""
    return _JUNK.sub("", name).casefold()


def _twice(found: Sequence[str], table: Table) -> Iterator[str]:
    names = [plain(name) for name in found]
    for name in table.wanted:
        if names.count(plain(name)) > 1:
            words = f"has the column {name} more than once; expected it once"
            yield problem(table.file, words, Code.HEADER_WRONG)


def _missing(
    columns: Sequence[int | None], free: Sequence[str], table: Table, dialect: str
) -> Iterator[str]:
    for name, index in zip(table.wanted, columns, strict=True):
        if index is None and name in table.needed:
            words = f"has no column {name}"
            strangers = [column for column in free if column not in table.unwanted]
            near = difflib.get_close_matches(name, strangers, n=1)
            words += f"; did you mean its column {near[0]}?" if near else ""
            words += f" Export it with {dialect}'s header" if near else "; the export must have it"
            words += table.because(name)
            yield problem(table.file, words, Code.HEADER_WRONG)


def _misspelt(found: Sequence[str], columns: Sequence[int | None], table: Table) -> Iterator[Fault]:
    for name, index in zip(table.wanted, columns, strict=True):
        if index is not None and found[index] != name and not table.is_loose:
            words = f"the column {found[index]!r} is read as {name}; its name should be just that"
            yield _note(table, Code.COLUMN_SPELLING, words)


def _unknown(free: Sequence[str], table: Table, dialect: str) -> Iterator[Fault]:
    names = (*table.unwanted, *table.wanted)
    known, whose = {plain(name) for name in names}, _VERSION.sub("", dialect)
    for name in free:
        if plain(name) not in known and not _EXTENSION.match(name.strip()):
            words = f"the column {name!r} is none of {whose}'s and is not read"
            near = difflib.get_close_matches(name, names, n=1)
            words += f" (did you mean {near[0]}?)" if near else ""
            yield _note(table, Code.COLUMN_UNKNOWN, words)


def _note(table: Table, code: Code, words: str) -> Fault:
    return Fault(code.value, Place(table.file, 1), words, FaultLevel.NOTED)
