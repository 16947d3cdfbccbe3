"""What is wrong with a policy, in words: where, what was expected, what was found, how to write it.

It knows nothing about YAML or the policy language; it prints what others have found.
"""

import difflib
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

SHOWN = 20
WIDEST_ROW = 100
CODE_COLUMN = 52


class Code(Enum):
    """A kind of problem. The values are stable; docs/errors.md has a paragraph on each."""

    FILE_MISSING = "P101"
    NOT_TEXT = "P102"
    NOT_YAML = "P103"
    NOT_PLAIN_YAML = "P104"
    TOO_LARGE = "P105"
    KEY_TWICE = "P106"
    WRONG_VALUE = "P107"
    NEEDS_QUOTES = "P108"
    UNKNOWN_KEY = "P109"
    KEY_MISSING = "P111"
    DISTRICT_ONLY = "P112"
    SCHOOL_CLAIMED_TWICE = "P113"
    CONTRADICTION = "P114"
    OVER_100_PERCENT = "P115"
    TEMPLATE = "P116"
    UNKNOWN_TIMEZONE = "P117"
    FILE_NOT_READ = "P118"
    IDENTITY = "P121"
    NO_EFFECT = "P122"


@dataclass(frozen=True, slots=True)
class Spot:
    """A stretch of one line of a file. The first line and the first column are 1."""

    line: int
    column: int
    length: int = 1


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong. `rows` are the lines to show, as (number, text); the caret stands
    under the last. Without a `spot` the problem is about the file or folder as a whole."""

    code: Code
    file: str
    message: str
    spot: Spot | None = None
    rows: tuple[tuple[int, str], ...] = ()
    write: str | None = None

    def __str__(self) -> str:
        return "\n".join([self._headline(), *self._excerpt(), self._advice()])

    def _headline(self) -> str:
        place = f":{self.spot.line}:{self.spot.column}" if self.spot else ""
        return printable(f"{self.file}{place}  {self.message}")

    def _excerpt(self) -> list[str]:
        if self.spot is None or not self.rows:
            return []
        start = max(0, self.spot.column - 1 - WIDEST_ROW // 2)
        if len(self.rows[-1][1]) <= WIDEST_ROW:
            start = 0
        shown = [f"{number:>5} | {_window(row, start)}" for number, row in self.rows]
        return [*shown, " " * 8 + _caret(self.rows[-1][1], self.spot, start)]

    def _advice(self) -> str:
        code = f"{self.code.value}, docs/errors.md#{self.code.value}"
        if self.write is None:
            return f"   {code}"
        return f"{f'   write:  {printable(self.write)}':<{CODE_COLUMN - 2}}  {code}"


def report(problems: Sequence[Problem]) -> list[str]:
    """The words to show for all problems, given in file order: the first 20, then a last line
    that counts the others by file."""
    shown, others = problems[:SHOWN], problems[SHOWN:]
    counts = Counter(problem.file for problem in others)
    tally = [f"{_count(number)} in {file}. " for file, number in counts.items()]
    return [*map(str, shown), f"{''.join(tally)}Nothing was planned."]


def did_you_mean(word: str, known: Iterable[str], *, alike: float = 0.6) -> str | None:
    """The known word that is most like `word`, if one is like it; case does not matter."""
    by_folded = {name.casefold(): name for name in sorted(known)}
    close = difflib.get_close_matches(word.casefold(), by_folded, n=1, cutoff=alike)
    return by_folded[close[0]] if close else None


def one_of(names: Sequence[str]) -> str:
    """Names as an English list: "a", "a or b", "a, b or c"."""
    return " or ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def printable(text: str) -> str:
    """Text that can be shown on one line: what can't be printed is replaced."""
    return "".join(mark if mark.isprintable() else "\N{REPLACEMENT CHARACTER}" for mark in text)


def quoted(text: str) -> str:
    """Text as YAML's double-quoted form shows it, cut when long."""
    return in_quotes(text if len(text) <= 60 else f"{text[:59]}…")


def in_quotes(text: str) -> str:
    """Text as YAML's double-quoted form shows it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{printable(escaped)}"'


def _window(row: str, start: int) -> str:
    flat = printable(row.replace("\t", " "))
    end = start + WIDEST_ROW
    return f"{'…' if start else ''}{flat[start:end]}{'…' if len(flat) > end else ''}".rstrip()


def _caret(row: str, spot: Spot, start: int) -> str:
    before = row[start : spot.column - 1]
    under = row[spot.column - 1 : min(spot.column - 1 + spot.length, start + WIDEST_ROW)]
    indent = _width(before) + (1 if start else 0)
    return " " * indent + "^" * max(1, _width(under))


def _width(text: str) -> int:
    """How many columns of a terminal a text takes: Chinese and Japanese letters take two."""
    return sum(2 if unicodedata.east_asian_width(mark) in "WF" else 1 for mark in text)


def _count(number: int) -> str:
    return "1 more problem" if number == 1 else f"{number} more problems"
