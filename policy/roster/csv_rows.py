"""A strict reader of one CSV file: rows with their line, and a Fault for each that can't be one.

Python's csv module cuts the fields; what it lets pass (width, NUL, bytes that are not UTF-8, a
quote that swallows rows) is checked here. It knows columns, and nothing of what they mean.
"""

import csv
import re
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from io import StringIO, TextIOWrapper
from operator import itemgetter
from typing import BinaryIO

from policy.errors import RosterAtFault
from policy.roster import blocks
from policy.roster.blocks import NOT_UTF8, Block, Cells, Columns, read_block
from policy.roster.codes import Code, counted, problem
from policy.roster.model import Fault, Place

LINE_LENGTH = 1024**2
LINES_PER_ROW = 64  # a row of more lines than this is a quote that nobody closed
ODD_ROWS = 20  # with more rows that are not UTF-8, the file is not
FEW_ODD_ROWS = 5  # fewer are never more than odd rows, be the file as short as it may
ODD_SHARE = 50  # else one row in so many
READINGS = 4  # ways to read a row of a wrong width that are worth a try

_UNUSED_1252 = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")  # no letters of Windows-1252
_SEPARATED = " separated by "
_ILLEGIBLE = re.compile("[\udc80-\udcff\0]")


@dataclass(frozen=True, slots=True)
class Broken:
    """A row that can't be used as it stands. `readings` are the ways in which its wanted cells
    could be meant (a row that is a field short may have lost it in front of a cell or behind it);
    a cell that can't be read is empty in them. `padded`: the fields that it has too many, at its
    end, are all empty, so that it may be read as it stands where something shows that no cell in
    front of them was cut in two."""

    fault: Fault
    readings: tuple[Cells, ...]
    padded: bool = False


Row = tuple[int, Cells, Broken | None]


class CsvFile:
    """The header of a file as it stands, then its rows, each once and in order.

    Raises RosterAtFault for what is wrong with the file as a whole. `open_end` is, after the last
    row, the number of the last line if no line end follows it."""

    def __init__(self, stream: BinaryIO, file: str) -> None:
        self._lines = _Lines(stream, file)
        self._file = file
        self.count = 0  # of the rows so far, faulty ones too
        self._odd_rows: list[str] = []  # those with wanted cells that are not UTF-8
        self.header = self._read_header()

    @property
    def open_end(self) -> int | None:
        return self._lines.open_end

    def rows(self, columns: Columns) -> Iterator[Row]:
        """The cells that stand in `columns` (None: a column that the file doesn't have), stripped.
        The first is the row's key and not empty, save in a Broken row."""
        for part in self.parts(columns):
            if isinstance(part, Block):
                yield from part.rows()
            else:
                yield part

    def parts(self, columns: Columns) -> Iterator[Block | Row]:
        """The same rows, many at once where nothing is odd about them."""
        pick = _picker(columns, len(self.header))
        while True:
            yield from self._blocks(columns)
            try:
                yield from self._whole_rows(columns, pick)
            except csv.Error as error:
                self._lines.go_back()
                if str(error) == "unexpected end of data" and self._lines.at_end:
                    raise self._cut_off() from error
                self.count += 1
                yield self._badly_quoted(columns, str(error))
                self._lines.begin_row()
            if not self._lines.are_ahead and self._lines.at_end:
                odd = len(self._odd_rows)
                if odd >= FEW_ODD_ROWS and odd * ODD_SHARE > self.count:
                    raise self._not_utf8()
                return

    def _blocks(self, columns: Columns) -> Iterator[Block]:
        """Blocks until something is odd. Of a large one with something odd in it, the small parts
        without it are blocks still."""
        lines, width = self._lines, len(self.header)
        while True:
            is_small = lines.are_ahead
            text = lines.read_ahead(blocks.SMALL if is_small else blocks.LARGE)
            block = read_block(text, lines.number + 1, width=width, columns=columns)
            if block is not None:
                self.count += len(block)
                lines.number += len(block)
                yield block
            elif text:
                lines.put_back(text, to_be_read_slowly=is_small)
            if not text or (is_small and block is None):
                return

    def _whole_rows(self, columns: Columns, pick: "Pick") -> Iterator[Row]:
        """Rows until the end of what was put back, or until csv.Error."""
        lines = self._lines
        record = lines.record
        width = len(self.header)
        key = columns[0] or 0
        for cells in csv.reader(lines.read(), strict=True):
            if len(cells) == width and len(record) == 1 and not lines.odd and cells[key].strip():
                self.count += 1
                yield lines.number, pick(cells), None
            elif any(map(str.strip, cells)):
                if len(record) > 1 and self._swallowed(cells):
                    raise csv.Error("rows within quotes")
                self.count += 1
                yield self._judge(cells, columns, pick)
            lines.begin_row()
            if lines.is_end_of_odd:
                return

    def _swallowed(self, cells: Sequence[str]) -> bool:
        """Whether a row of several lines is rather a quote that swallowed the rows below it."""
        width = len(self.header)
        below = self._lines.record[1:]
        return len(cells) != width or any(line.count(",") >= width - 1 for line in below)

    def _judge(self, cells: list[str], columns: Columns, pick: "Pick") -> Row:
        """A row that has something odd about it: of a wrong width, illegible, without a key."""
        line = self._lines.first_number
        width = len(self.header)
        if len(cells) != width:
            return self._of_wrong_width(line, cells, columns)
        wanted = pick(list(cells))
        hidden = [i for i in columns if i is not None and _ILLEGIBLE.search(cells[i])]
        if hidden:
            self._count_odd("".join(cells[i] for i in hidden))
            names = ", ".join(self.header[i] for i in hidden)
            words = (
                f"{names}: bytes that are not UTF-8, or a NUL, stand in this cell; export the file "
                "as UTF-8"
            )
            legible = tuple("" if _ILLEGIBLE.search(cell) else cell for cell in wanted)
            return self._broken(line, Code.BYTES, words, (legible,))
        if not wanted[0]:
            words = f"{self.header[columns[0] or 0]} is empty; expected the row's own id"
            return self._broken(line, Code.KEY_EMPTY, words, (wanted,))
        return line, wanted, None

    def _count_odd(self, cells: str) -> None:
        """A few rows of other bytes are faulty rows; many are a file of another encoding."""
        if NOT_UTF8.search(cells):
            self._odd_rows.append(cells)
        if len(self._odd_rows) > ODD_ROWS:
            raise self._not_utf8()

    def _not_utf8(self) -> RosterAtFault:
        seen = "".join(self._odd_rows).encode("utf-8", "surrogateescape")
        guess = "" if _UNUSED_1252.search(seen) else " (it looks like Windows-1252)"
        words = f'is not UTF-8{guess}; export it as "CSV UTF-8"'
        return RosterAtFault([problem(self._file, words, Code.NOT_TEXT)])

    def _of_wrong_width(self, line: int, cells: Sequence[str], columns: Columns) -> Row:
        width = len(self.header)
        words = f"the row has {counted(len(cells), 'field')}; expected {width}, as the header has"
        if len(cells) < width:
            code = Code.TOO_FEW
        else:
            code = Code.TOO_MANY
            words += ". A cell with a comma in it needs quotes around it"
        row = self._broken(line, code, words, _readings(cells, columns, width))
        padded = code is Code.TOO_MANY and not any(map(str.strip, cells[width:]))
        return line, row[1], replace(row[2], padded=padded)

    def _badly_quoted(self, columns: Columns, error: str) -> Row:
        """The first line of a row that csv can't read; what stands before its first quote can."""
        line = self._lines.first_number
        legible = self._lines.record[0].partition('"')[0].split(",")[:-1]
        if "expected after" in error:
            what = "text follows a closing quote"
        elif "field limit" in error and len(self._lines.record) == 1:
            what = f"a cell is longer than {csv.field_size_limit():,} characters"
        else:
            what = "a quote opens here and is not closed"
        words = (
            f'{what}; expected quotes only around a whole cell, and doubled inside it: "5"" pipe"'
        )
        cells = tuple(_cell(legible, column) for column in columns)
        return self._broken(line, Code.QUOTES, words, (cells,))

    def _broken(
        self, line: int, code: Code, words: str, readings: tuple[Cells, ...]
    ) -> tuple[int, Cells, Broken]:
        fault = Fault(code.value, Place(self._file, line), words)
        return line, readings[0], Broken(fault, readings)

    def _read_header(self) -> tuple[str, ...]:
        try:
            cells = next(csv.reader(self._lines.read(), strict=True), [])
            self._refuse_other_separators()
        except csv.Error as error:
            self._refuse_other_separators()
            words = f"the header can't be read ({error}); expected column names, comma between them"
            raise RosterAtFault([problem(self._file, words, Code.HEADER_WRONG)]) from error
        if not any(map(str.strip, cells)):
            words = "is empty; expected a header and rows. Export it again"
            raise RosterAtFault([problem(self._file, words, Code.FILE_EMPTY)])
        self._lines.begin_row()
        return tuple(cells)

    def _refuse_other_separators(self) -> None:
        first = "".join(self._lines.record[:1])
        for mark, name in ((";", "semicolons"), ("\t", "tabs")):
            if mark in first and "," not in first:
                words = f"is{_SEPARATED}{name}; a roster's CSV has commas. Export it with commas"
                raise RosterAtFault([problem(self._file, words, Code.HEADER_WRONG)])

    def _cut_off(self) -> RosterAtFault:
        words = (
            f"ends in line {self._lines.first_number} inside a quoted cell, as if cut off; export "
            "or fetch it again"
        )
        return RosterAtFault([problem(self._file, words, Code.CUT_OFF)])


class _Lines:
    """The lines of a file with their number. `record` holds those of the row that is being read,
    so that the reader can go back to its second line when the first turns out to be broken."""

    def __init__(self, stream: BinaryIO, file: str) -> None:
        _refuse_other_encodings(stream, file)
        self._text = TextIOWrapper(stream, "utf-8-sig", errors="surrogateescape", newline="")
        self._again: deque[str] = deque()
        self._ahead = StringIO()  # what was read, and put back
        self._ahead_end = 0
        self._odd_left = 0  # characters of what was put back, which are to be read line by line
        self._file = file
        self.record: list[str] = []
        self.number = 0
        self.odd = False  # the row has bytes that are not UTF-8, or NUL
        self.open_end: int | None = None

    @property
    def first_number(self) -> int:
        """The line in which the row begins."""
        return self.number - len(self.record) + 1

    @property
    def at_end(self) -> bool:
        """Whether no line is left to be read."""
        if not self._again:
            self._again.extend(filter(None, [self._readline()]))
        return not self._again

    @property
    def is_end_of_odd(self) -> bool:
        """Whether, between two rows, blocks may be read again."""
        return self._odd_left <= 0 and not self._again

    @property
    def are_ahead(self) -> bool:
        """Whether anything that was put back is left."""
        return self._ahead.tell() < self._ahead_end

    def read_ahead(self, size: int) -> str:
        """Whole lines, about so many characters; none at the end, nor while a row's lines are read
        again. They count as read only when the reader counts them."""
        if not size or not self.is_end_of_odd:
            return ""
        text = self._ahead.read(size) or self._text.read(size)
        return text + self._line() if text else text

    def put_back(self, text: str, *, to_be_read_slowly: bool) -> None:
        """Undo `read_ahead`."""
        left = text + self._ahead.read()
        self._ahead, self._ahead_end = StringIO(left, newline=""), len(left)
        self._odd_left = len(text) if to_be_read_slowly else 0

    def _readline(self) -> str:
        line = self._line()
        self._odd_left -= len(line)
        return line

    def _line(self) -> str:
        return self._ahead.readline(LINE_LENGTH) or self._text.readline(LINE_LENGTH)

    def read(self) -> Iterator[str]:
        record = self.record
        while line := self._again.popleft() if self._again else self._readline():
            self.number += 1
            record.append(line)
            if "\0" in line or not (line.isascii() or NOT_UTF8.search(line) is None):
                self.odd = True
            if line[-1] not in "\r\n":
                self._judge_open_end(line)
            if len(record) > LINES_PER_ROW:
                raise csv.Error("too many lines")
            yield line

    def begin_row(self) -> None:
        self.record.clear()
        self.odd = False

    def go_back(self) -> None:
        """To where the first line of the row is read, and the others are not yet."""
        self._again.extendleft(reversed(self.record[1:]))
        self.number -= len(self.record) - 1
        del self.record[1:]

    def _judge_open_end(self, line: str) -> None:
        if len(line) >= LINE_LENGTH:
            words = (
                f"line {self.number} is longer than {LINE_LENGTH:,} characters; expected one row a "
                "line. This is not a CSV file, or it is broken"
            )
            raise RosterAtFault([problem(self._file, words, Code.NOT_TEXT)])
        self.open_end = self.number


def separated_together(problems: Sequence[str]) -> list[str]:
    """Problems, those of files with another separator than commas told as one."""
    files = [words.partition("  ")[0] for words in problems if f"  is{_SEPARATED}" in words]
    told: list[str] = []
    for words in problems:
        if f"  is{_SEPARATED}" not in words:
            told.append(words)
        elif words.startswith(f"{files[0]}  "):
            many = f"{', '.join(files)}  are{_SEPARATED}"
            joined = words.replace(f"{files[0]}  is{_SEPARATED}", many, 1)
            told.append(joined.replace("Export it", "Export them") if files[1:] else words)
    return told


Pick = Callable[[list[str]], Cells]


def _picker(columns: Columns, width: int) -> Pick:
    """A function that takes the wanted cells out of a row; a missing column's is empty."""
    take = itemgetter(*(width if column is None else column for column in columns))

    def pick(cells: list[str]) -> Cells:
        cells.append("")
        return tuple(map(str.strip, take(cells)))

    return pick


def _readings(cells: Sequence[str], columns: Columns, width: int) -> tuple[Cells, ...]:
    """A row of a wrong width: as many fields too few or too many as may stand before each cell."""
    off = len(cells) - width
    step = 1 if off > 0 else -1
    shifts = range(0, off + step, step)[:READINGS]
    return tuple(
        tuple(_cell(cells, None if c is None else c + shift) for c in columns) for shift in shifts
    )


def _cell(cells: Sequence[str], column: int | None) -> str:
    if column is None or not 0 <= column < len(cells) or _ILLEGIBLE.search(cells[column]):
        return ""
    return cells[column].strip()


def _refuse_other_encodings(stream: BinaryIO, file: str) -> None:
    """UTF-16 would be read as garbage; it shows by its mark or by its NULs."""
    start = getattr(stream, "peek", lambda _: b"")(4)[:4]
    if start[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in start:
        words = "is UTF-16 or not text; expected UTF-8. Export it as UTF-8 (CSV UTF-8 in Excel)"
        raise RosterAtFault([problem(file, words, Code.NOT_TEXT)])
