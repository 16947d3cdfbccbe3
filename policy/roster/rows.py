"""What becomes of rows, of any source: kept, left out with a Fault, or gone because they say so.

Cells become values here. It knows OneRoster's words for values, and no file and no column.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Generic, Protocol, TypeVar

from policy.errors import RosterAtFault
from policy.roster.blocks import Cells
from policy.roster.codes import Code, problem
from policy.roster.csv_rows import Row
from policy.roster.model import Fault, FaultLevel, Place

FAULTY_ROWS = 1_000  # from here on a file that is mostly faulty rows is itself at fault

_GONE = ("tobedeleted", "inactive")
_TRUE = ("true", "1")
_FALSE = ("false", "0")
_PADDED = "has empty fields too many at its end; its cells stand in their columns, so it is read"
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_YEAR = re.compile(r"(?<!\d)(19|20|21)\d\d(?!\d)", re.ASCII)


class RowUnfit(Exception):
    """Why a row can't be used. Never leaves this room: it becomes a Fault."""

    def __init__(self, code: Code, words: str) -> None:
        self.code = code
        super().__init__(words)


class RowGone(Exception):
    """The row says that what it is about is no more. Never leaves this room."""


@dataclass(slots=True)
class Tally:
    """What became of a file's rows. `with_others` hang on a row of another file that is left
    out, `unneeded` are whole but not rostering's business (a parent, a proctor)."""

    rows: int = 0
    kept: int = 0
    left_out: int = 0
    gone: int = 0
    with_others: int = 0
    repeated: int = 0
    unneeded: int = 0


@dataclass(slots=True)
class Ledger:
    """The faults of one drop, in the order they were met, and a Tally for each file."""

    faults: list[Fault] = field(default_factory=list)
    tallies: dict[str, Tally] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)  # the dialect's, by OneRoster's

    def called(self, name: str) -> str:
        """What the drop's dialect calls a column, or a file, of OneRoster's."""
        return self.names.get(name, name)

    def tally(self, file: str) -> Tally:
        return self.tallies.setdefault(file, Tally())

    def leave_out(self, fault: Fault, tally_name: str | None = None) -> int:
        """Note a row that is left out; answers where the fault stands in `faults`. Raises
        RosterAtFault when the file has too many of them to be what it should be. The Tally is
        that of the fault's file, if no other is named."""
        tally = self.tally(tally_name or fault.place.file)
        tally.left_out += 1
        self.faults.append(fault)
        if tally.left_out >= FAULTY_ROWS and tally.left_out * 2 > tally.rows:
            words = (
                f"{tally.left_out:,} of its first {tally.rows:,} rows can't be used, the last one "
                f"because of line {fault.place.line}: {fault.message}"
            )
            raise RosterAtFault([problem(fault.place.file, words, Code.MOSTLY_FAULTY)])
        return len(self.faults) - 1

    def note(self, code: Code, place: Place, words: str) -> None:
        self.faults.append(Fault(code.value, place, words, FaultLevel.NOTED))

    def add_words(self, index: int, words: str) -> None:
        """Say more about a fault that was met before."""
        fault = self.faults[index]
        self.faults[index] = replace(fault, message=f"{fault.message}; {words}")


@dataclass(frozen=True, slots=True)
class At:
    """Where rows are read: the file as it is named to people, and the name of its Tally. Two feeds
    of one file have a Tally each. `drop` is what stands before the names of all of a drop's files,
    where several drops are read together, and `is_later` says that another was read before."""

    file: str
    tally: str
    drop: str = ""
    is_later: bool = False
    may_repeat: bool = False  # a thing may have several rows, if they say the same of it


@dataclass(slots=True)
class Met:
    """How often each of some things was met, and where first: for what is noted once, not row by
    row."""

    first: dict[str, Place] = field(default_factory=dict)
    times: Counter[str] = field(default_factory=Counter)

    def add(self, what: str, place: Place) -> None:
        self.first.setdefault(what, place)
        self.times[what] += 1

    def __iter__(self) -> Iterator[tuple[str, Place, int]]:
        return ((what, place, self.times[what]) for what, place in self.first.items())


class Placed(Protocol):
    """What has a place in the drop."""

    @property
    def place(self) -> Place: ...


T = TypeVar("T", bound=Placed)


@dataclass(slots=True)
class Shelf(Generic[T]):
    """The things of one kind by key: those that are there, those that have a faulty row (by the
    number of its fault in the Ledger) and those of which a row says that they are gone."""

    there: MutableMapping[str, T] = field(default_factory=dict)
    faulty: dict[str, int] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    files: list[str] = field(default_factory=list)  # that were read

    def fill(
        self,
        rows: Iterable[Row],
        make: Callable[[Place, Cells], T],
        ledger: Ledger,
        at: At,
        *,
        in_place: Callable[[Cells], bool] = lambda _cells: False,
        meet: Callable[[T, T], None] | None = None,
    ) -> None:
        """Take in all rows. The key is a row's first cell and the status its second; `make` may
        raise RowUnfit or RowGone. `in_place` tells of a row with empty fields too many at its end
        whether its cells stand in their columns all the same. What an earlier drop has said stays:
        `meet` is handed that and this row's word where they differ; without it, that is noted."""
        self.files.append(at.file)
        tally = ledger.tally(at.tally)
        for line, cells, broken in rows:
            tally.rows += 1
            place = Place(at.file, line)
            try:
                if broken is not None and not (broken.padded and in_place(cells)):
                    self._leave_out(cells[0], broken.fault, ledger)
                elif self._is_of_another_drop(cells[0], at):
                    refuse_gone(cells[1])
                    self._meet(cells, make(place, cells), ledger, meet)
                    tally.repeated += 1
                elif cells[0] in self.there or cells[0] in self.gone:
                    self._take_twin(place, cells, make, ledger, at)
                else:
                    refuse_gone(cells[1])
                    self.there[cells[0]] = make(place, cells)
                    tally.kept += 1
                    if broken is not None:
                        ledger.note(Code.PADDED, place, _PADDED)
            except RowGone:
                if self._is_of_another_drop(cells[0], at):
                    words = f"says that {cells[0]!r} is gone; {self.there[cells[0]].place} says"
                    ledger.note(Code.SOURCES_DIFFER, place, f"{words} not, and its word counts")
                else:
                    self.gone.add(cells[0])
                tally.gone += 1
            except RowUnfit as unfit:
                self._leave_out(cells[0], Fault(unfit.code.value, place, str(unfit)), ledger)

    def says_gone(self, key: str) -> bool:
        """Whether it is gone by all that is said of it."""
        return key in self.gone and key not in self.faulty

    def lacks(self, key: str) -> str:
        """Why a key is not there, in words that follow it."""
        if key in self.faulty:
            return f"{key!r}, whose own row in {self._files()} can't be used"
        return f"{key!r}, which has no row in {self._files()}" if key else "nothing"

    def _is_of_another_drop(self, key: str, at: At) -> bool:
        first = self.there.get(key) if at.is_later else None
        return first is not None and not first.place.file.startswith(at.drop)

    def _meet(
        self, cells: Cells, one: T, ledger: Ledger, meet: Callable[[T, T], None] | None
    ) -> None:
        first = self.there[cells[0]]
        if one == first:
            return
        if meet is not None:
            meet(first, one)
        elif not alike(first, one):
            words = f"says other things of {cells[0]!r} than {first.place}, whose word counts"
            ledger.note(Code.SOURCES_DIFFER, one.place, words)

    def _files(self) -> str:
        return " or ".join(self.files)

    def _leave_out(self, key: str, fault: Fault, ledger: Ledger) -> None:
        index = ledger.leave_out(fault)
        if key:
            self.faulty.setdefault(key, index)

    def _take_twin(
        self,
        place: Place,
        cells: Cells,
        make: Callable[[Place, Cells], T],
        ledger: Ledger,
        at: At,
    ) -> None:
        """A second row with one key: the same again, or a contradiction."""
        first = self.there.get(cells[0])
        if first is None:
            who = "a row above, or of an earlier source," if at.is_later else "a row above"
            words = f"says that {cells[0]!r} is there; {who} says that it is gone"
            raise RowUnfit(Code.KEY_TWICE, words)
        if _same(first, cells, make):
            ledger.tally(at.tally).repeated += 1
            if at.may_repeat:
                return
            words = (
                f"says the same of {cells[0]!r} as {_seen_from(place, first)}; one row is enough"
            )
            ledger.note(Code.SAID_TWICE, place, words)
            return
        expected = "the same in each of its rows" if at.may_repeat else "each id once"
        words = (
            f"the id {cells[0]!r} stands in {_seen_from(place, first)} too, with other content; "
            f"expected {expected}. This row is left out"
        )
        raise RowUnfit(Code.KEY_TWICE, words)


def _seen_from(place: Place, other: Placed) -> str:
    """Where another row stands, in words: a line of the same file, or of which."""
    file = "" if other.place.file == place.file else f"{other.place.file}, "
    return f"{file}line {other.place.line}"


def alike(first: Placed, one: Placed) -> bool:
    """Whether two say the same, wherever they, and what they hang on, stand."""
    return _without_places(first) == _without_places(one)


def _without_places(value: object) -> object:
    if isinstance(value, Place):
        return None
    if is_dataclass(value):
        return tuple(_without_places(getattr(value, f.name)) for f in fields(value))
    return tuple(map(_without_places, value)) if isinstance(value, tuple) else value


def _same(first: T, cells: Cells, make: Callable[[Place, Cells], T]) -> bool:
    try:
        refuse_gone(cells[1])
        return make(first.place, cells) == first
    except (RowGone, RowUnfit):
        return False


def refuse_gone(status: str) -> None:
    """Raise RowGone or RowUnfit, unless a status says that the row holds. Blank says so."""
    if not status:
        return
    plain = status.casefold()
    if plain in _GONE:
        raise RowGone
    if plain != "active":
        words = f"status is {status!r}; expected active, tobedeleted or nothing"
        raise RowUnfit(Code.STATUS, words)


def yes_or_no(column: str, text: str) -> bool:
    """A boolean; nothing is no."""
    plain = text.casefold()
    if plain in _TRUE:
        return True
    if plain and plain not in _FALSE:
        raise RowUnfit(Code.BOOLEAN, f"{column} is {text!r}; expected true or false")
    return False


@lru_cache(maxsize=4096)
def a_day(column: str, text: str) -> date:
    """A date as OneRoster writes it."""
    if _DAY.fullmatch(text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            pass
    words = f"{column} is {text!r}; expected a date such as 2026-08-24 (year, month, day)"
    raise RowUnfit(Code.DATE, words)


def a_day_or_none(column: str, text: str) -> date | None:
    """A date that may be left open."""
    return a_day(column, text) if text else None


def a_school_year(text: str, end: date) -> str:
    """What the row says, else the year that the end date falls in."""
    if not text:
        return str(end.year)
    if not _YEAR.search(text):
        words = f"schoolYear is {text!r}; expected the year in which it ends, such as 2027"
        raise RowUnfit(Code.SCHOOL_YEAR, words)
    return text


@lru_cache(maxsize=4096)
def several(text: str) -> tuple[str, ...]:
    """The parts of a list in one cell, each once."""
    return tuple(dict.fromkeys(part for p in text.split(",") if (part := p.strip())))


def one_line(text: str) -> str:
    """A title without line breaks and doubled spaces."""
    return " ".join(text.split())
