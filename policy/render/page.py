"""A page of headings, paragraphs, tables and lists, as text for a terminal or as Markdown."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from policy.render.words import WIDTH, wrapped

_GAP = 2


@dataclass(frozen=True, slots=True)
class Heading:
    text: str


@dataclass(frozen=True, slots=True)
class Words:
    """A paragraph. `copied`: to be copied, so nothing stands around it."""

    text: str
    copied: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """Something with more to say about it."""

    title: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """The first column is words, the others are numbers."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    left_out: str = ""  # what is said of further rows


Part = Heading | Words | Item | Table


def page_text(parts: Sequence[Part]) -> str:
    """At most 80 columns; ends in a line end."""
    lines: list[str] = []
    for part in parts:
        follows_heading = isinstance(part, Table | Words) and lines and lines[-1].startswith("# ")
        if lines and not isinstance(part, Item) and not follows_heading:
            lines.append("")
        lines.extend(_text(part))
    return "\n".join(line.removeprefix("# ").rstrip() for line in lines) + "\n"


def _text(part: Part) -> Iterator[str]:
    match part:
        case Heading(text):
            yield f"# {text}"  # the mark is taken off at the end
        case Words(text):
            yield from wrapped(text, 0)
        case Item(title, more):
            yield from wrapped(f"  {title}", 4)
            for line in more:
                yield from wrapped(f"    {line}", 4)
        case Table():
            yield from _table_text(part)


def _table_text(table: Table) -> Iterator[str]:
    rows = (table.head, *table.rows)
    widths = [max(len(row[n]) for row in rows) for n in range(1, len(table.head))]
    first = WIDTH - 2 - sum(width + _GAP for width in widths)
    first = min(first, max(len(row[0]) for row in rows))
    for row in rows:
        numbers = (f"{'':{_GAP}}{cell:>{w}}" for cell, w in zip(row[1:], widths, strict=True))
        yield f"  {_cut(row[0], first):<{first}}{''.join(numbers)}"
    if table.left_out:
        yield f"  {table.left_out}"


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"


def page_markdown(parts: Sequence[Part]) -> str:
    """Ends in a line end."""
    lines: list[str] = []
    for number, part in enumerate(parts):
        is_list = isinstance(part, Item) and number and isinstance(parts[number - 1], Item)
        lines.extend(() if not lines or is_list else ("",))
        lines.extend(_markdown(part, is_first=not number))
    return "\n".join(lines) + "\n"


def _markdown(part: Part, *, is_first: bool) -> Iterator[str]:
    match part:
        case Heading(text):
            yield f"{'###' if is_first else '####'} {_plain(text)}"
        case Words(text, copied):
            yield f"> {_plain(text)}" if copied else _plain(text)
        case Item(title, more):
            yield f"- **{_plain(title)}**"
            yield from (f"  <br>{_plain(line)}" for line in more)
        case Table(head, rows, left_out):
            yield _row(head)
            yield _row((":--", *("--:" for _ in head[1:])))
            yield from map(_row, rows)
            if left_out:
                yield ""
                yield _plain(left_out)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(_plain(cell).replace('|', chr(92) + '|') for cell in cells)} |"


def _plain(text: str) -> str:
    """Nothing in it is markup."""
    text = text.replace("&", "&amp;").replace("<", "&lt;")
    return "".join(f"\\{letter}" if letter in "\\`*_[]#" else letter for letter in text)
