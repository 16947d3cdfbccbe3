"""Many rows of a CSV file at once, column by column: the quick way, for text with nothing odd in
it. What it takes, the strict reader would read just so; what it won't take, that one judges.
"""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

LARGE = 1 << 16  # characters of a block; less than the csv module's limit for one cell
SMALL = 1 << 12  # of a part of a block that has something odd in it

NOT_UTF8 = re.compile("[\udc80-\udcff]")  # what surrogateescape makes of such bytes

Cells = tuple[str, ...]
Columns = Sequence[int | None]  # where the wanted cells stand; None: the file has no such column


@dataclass(frozen=True, slots=True)
class Block:
    """Rows of one line each, of the header's width, with a key. `columns` are the wanted ones with
    the cells as they stand, save that no key is blank."""

    first: int  # the line of its first row
    columns: tuple[Sequence[str], ...]

    def __len__(self) -> int:
        return len(self.columns[0])

    def rows(self) -> Iterator[tuple[int, Cells, None]]:
        """Row by row, stripped."""
        stripped = (map(str.strip, column) for column in self.columns)
        for line, cells in enumerate(zip(*stripped, strict=True), self.first):
            yield line, cells, None

    def row(self, number: int) -> tuple[int, Cells]:
        """One row, stripped."""
        return self.first + number, tuple(column[number].strip() for column in self.columns)


def read_block(text: str, first: int, *, width: int, columns: Columns) -> Block | None:
    """Whole lines as a block, unless anything is odd about any of them."""
    if "\r" in text:
        text = text.replace("\r\n", "\n")
        if "\n" not in text:  # line ends as on the first Macs
            text = text.replace("\r", "\n")
    if not _is_plain(text):
        return None
    cells = _quoted(text, width) if '"' in text else _unquoted(text, width)
    if cells is None:
        return None
    wanted = tuple([""] * len(cells[0]) if c is None else cells[c] for c in columns)
    return Block(first, wanted) if all(map(str.strip, wanted[0])) else None


def _is_plain(text: str) -> bool:
    return (
        text.endswith("\n")
        and "\r" not in text
        and "\0" not in text
        and (text.isascii() or NOT_UTF8.search(text) is None)
    )


def _unquoted(text: str, width: int) -> Sequence[Sequence[str]] | None:
    """Cut at commas alone. A line end becomes a cell of its own, so that it shows whether each
    line has as many cells as the header."""
    if len(text) > csv.field_size_limit():
        return None
    cells = text.replace("\n", ",\n,").split(",")
    ends, lines = cells[width :: width + 1], text.count("\n")
    if len(cells) != lines * (width + 1) + 1 or ends.count("\n") != lines:
        return None
    cells.pop()
    return [cells[column :: width + 1] for column in range(width)]


def _quoted(text: str, width: int) -> Sequence[Sequence[str]] | None:
    """By the csv module. As many rows as lines: then no row is longer than its line."""
    lines = text.split("\n")
    lines.pop()
    try:
        rows = list(csv.reader(lines, strict=True))
    except csv.Error:
        return None
    if len(rows) != len(lines) or any(len(row) != width for row in rows):
        return None
    return list(zip(*rows, strict=True))
