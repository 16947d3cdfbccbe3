"""What School Data Sync's formats have in common: how they write dates, things that have no row of
their own, and e-mails.

Microsoft Learn: sds-v2.1-csv-file-format, csv-files-for-school-data-sync, default-list-of-values.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import Enum
from functools import lru_cache

from policy.roster.blocks import Cells
from policy.roster.codes import Code
from policy.roster.csv_rows import Broken, Row
from policy.roster.dialect import Part, as_rows
from policy.roster.model import Fault, Place
from policy.roster.rows import RowUnfit

NO_YEAR = "without it the school year of a class can't be told"

_ISO = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)(?:T.*)?", re.ASCII)
_SLASHED = re.compile(r"(\d\d?)/(\d\d?)/(\d{4})", re.ASCII)
_EXPECTED = "expected a date such as 2026-08-24 (year, month, day)"

Shape = Callable[[Cells], Cells]


class Slashes(Enum):
    """How 7/1/2026 may be meant: with the month first, or not; None: it is no date."""

    NONE = (None,)
    MONTH_FIRST = (True,)  # as in Microsoft's samples
    BY_SENSE = (True, False)  # in whichever way makes sense, if only one does


def reshaped(shape: Shape) -> Callable[[Iterable[Part]], Iterator[Row]]:
    """A translator that brings each row into another shape by itself."""

    def translate(parts: Iterable[Part]) -> Iterator[Row]:
        for line, cells, broken in as_rows(parts):
            if broken is None:
                yield line, shape(cells), None
            else:
                yield reshaped_broken(line, broken, shape)

    return translate


def reshaped_broken(line: int, broken: Broken, shape: Shape) -> tuple[int, Cells, Broken]:
    """A broken row in another shape. It is never taken for just padded: what then stands in the
    place of an e-mail may be a password with an @ in it."""
    readings = tuple(map(shape, broken.readings))
    return line, readings[0], Broken(broken.fault, readings)


def unfit_row(file: str, line: int, cells: Cells, unfit: RowUnfit) -> Row:
    """A row, in its kind's shape, that a translator finds at fault."""
    fault = Fault(unfit.code.value, Place(file, line), str(unfit))
    return line, cells, Broken(fault, (cells,))


def e_mail(*cells: str) -> str:
    """The first that is an e-mail, else the first that is anything: a bare user name."""
    return next((c for c in cells if "@" in c), next(filter(None, cells), ""))


@dataclass(frozen=True, slots=True)
class Days:
    """The dates of a term. `last` belongs to it: School Data Sync's end dates are inclusive (V1's
    samples are; of V2.1's nobody says, and a class ends rather a day late)."""

    first: date
    last: date

    @property
    def cells(self) -> tuple[str, str, str]:
        """Start, exclusive end, and the year in which the last day falls."""
        return self.first.isoformat(), str(self.last + timedelta(days=1)), str(self.last.year)


@lru_cache(maxsize=4096)
def days(columns: tuple[str, str], first: str, last: str, slashes: Slashes) -> Days:
    """The dates of a term as they stand in two columns. Raises RowUnfit."""
    read_ways = [
        (_day(first, month_first), _day(last, month_first)) for month_first in slashes.value
    ]
    found = {Days(a, b) for a, b in read_ways if a and b and a <= b}
    if len(found) == 1:
        return found.pop()
    if found:
        words = (
            f"{columns[0]} {first!r} and {columns[1]} {last!r} can be read in two ways, month or "
            f"day first; {_EXPECTED}"
        )
        raise RowUnfit(Code.DATE, words)
    raise _wrong(columns, (first, last), read_ways)


def _wrong(
    columns: tuple[str, str],
    texts: tuple[str, str],
    ways: list[tuple[date | None, date | None]],
) -> RowUnfit:
    for number, (column, text) in enumerate(zip(columns, texts, strict=True)):
        if not text:
            words = f"{column} is empty, so the school year can't be told; {_EXPECTED}"
            return RowUnfit(Code.DATE, words)
        if not any(way[number] for way in ways):
            return RowUnfit(Code.DATE, f"{column} is {text!r}; {_EXPECTED}")
    words = f"{columns[1]} {texts[1]} is before {columns[0]} {texts[0]}"
    return RowUnfit(Code.DATES_ORDER, words)


def _day(text: str, month_first: bool | None) -> date | None:
    iso, slashed = _ISO.fullmatch(text), _SLASHED.fullmatch(text)
    try:
        if iso:
            return date(*map(int, iso.groups()))
        if slashed and month_first is not None:
            one, two, year = map(int, slashed.groups())
            return date(year, one, two) if month_first else date(year, two, one)
    except ValueError:
        pass
    return None


@dataclass(slots=True)
class Firsts:
    """Things that stand in the rows of others, by key, as the first row with the key has them.
    A row that says something else under the same key has a thing of its own, with a longer key.
    No longer key has a comma: a section's row lists its terms' keys with commas between them."""

    _known: dict[str, Cells] = field(default_factory=dict)

    def add(self, cells: Cells) -> tuple[str, bool]:
        """The key of a thing in its kind's shape, and whether it is a new one."""
        key = cells[0]
        if self._known.get(key, cells) != cells:
            key = f"{key} ({' '.join(filter(None, cells[2:]))})".replace(",", ";")
        is_new = key not in self._known
        self._known.setdefault(key, cells)
        return key, is_new
