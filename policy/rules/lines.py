"""YAML that knows its lines: a strict, small part of YAML, with the place of each key and value.

It knows nothing about policies. What it refuses (anchors, tags, several documents, a key written
twice) it refuses so that a file says one thing to everybody who reads it.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import yaml

from policy.rules.problems import Code, Problem, Spot, in_quotes, printable, quoted

Yaml: TypeAlias = "dict[str, Yaml] | list[Yaml] | str | int | bool | None"
Trail: TypeAlias = tuple[str | int, ...]  # the way to a value: keys, and places in lists

LARGEST_FILE = 1_000_000  # characters
MOST_EVENTS = 200_000
DEEPEST = 30

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})", re.ASCII)
_CURLY = re.compile("[“”„‟‘’‚«»][^“”„‟‘’‚«»]*[“”‘’«»]")
_CONTROL = ("Cc", "Zl", "Zp", "Cs")  # line breaks, tabs, escapes, halves of characters
_LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")  # what libyaml counts as one
# Plain text that readers of YAML 1.1 or 1.2 take for something else.
_QUIRKS = (
    ("true or false", re.compile(r"yes|no|on|off|true|false", re.IGNORECASE)),
    ("nothing", re.compile(r"null|~", re.IGNORECASE)),
    ("a date", re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt \t].*)?", re.ASCII)),
    ("a number in base 60", re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?")),
    ("a number", re.compile(r"[-+]?(?:0[xob][0-9a-fA-F_]+|[0-9][0-9_]*)", re.ASCII)),
    (
        "a number",
        re.compile(
            r"[-+]?(?:[0-9][0-9_]*\.[0-9_]*|\.[0-9_]+|[0-9][0-9_]*(?=[eE]))(?:[eE][-+]?\d+)?"
        ),
    ),
    ("a number", re.compile(r"[-+]?\.inf|\.nan", re.IGNORECASE)),
)


@dataclass(frozen=True, slots=True)
class Source:
    """The text of one file, in lines, under the name by which messages call it."""

    file: str
    rows: tuple[str, ...]

    def problem(
        self, code: Code, spot: Spot, message: str, *, parent: int = 0, write: str | None = None
    ) -> Problem:
        """A problem at a spot; `parent` is the line of what encloses it, shown above it."""
        numbers = [parent, spot.line] if 0 < parent < spot.line else [spot.line]
        rows = tuple((n, self.rows[n - 1]) for n in numbers if n <= len(self.rows))
        return Problem(code, self.file, message, spot, rows, write)


@dataclass(frozen=True, slots=True)
class Document:
    """A file's data, and where each part of it stands. `quirks` names the values that are text
    here but something else to other readers of YAML (what they are to those)."""

    source: Source
    data: Yaml
    keys: Mapping[Trail, Spot]
    values: Mapping[Trail, Spot]
    quirks: Mapping[Trail, str]

    def at_key(
        self, code: Code, trail: Trail, message: str, *, write: str | None = None
    ) -> Problem:
        """A problem with the key at a trail (with the value, where there is no key: in a list)."""
        spot = self.keys.get(trail) or self.values[trail]
        return self.source.problem(code, spot, message, parent=self._parent(trail), write=write)

    def at_value(
        self, code: Code, trail: Trail, message: str, *, write: str | None = None
    ) -> Problem:
        """A problem with the value at a trail."""
        spot = self.values[trail]
        return self.source.problem(code, spot, message, parent=self._parent(trail), write=write)

    def inside_value(
        self, code: Code, trail: Trail, message: str, *, within: str, write: str | None = None
    ) -> Problem:
        """A problem with a part of the text at a trail, marked where that part can be found."""
        spot = self.values[trail]
        row = self.source.rows[spot.line - 1] if spot.line <= len(self.source.rows) else ""
        found = row.find(within, spot.column - 1) if within else -1
        if found >= 0:
            spot = Spot(spot.line, found + 1, len(within))
        return self.source.problem(code, spot, message, parent=self._parent(trail), write=write)

    def written(self, trail: Trail) -> str:
        """The value as it is written in the file, as far as it stands on one line."""
        spot = self.values[trail]
        if spot.line > len(self.source.rows):
            return ""
        return self.source.rows[spot.line - 1][spot.column - 1 : spot.column - 1 + spot.length]

    def line(self, trail: Trail) -> int:
        """The line on which a field begins: its key's, else its value's."""
        return (self.keys.get(trail) or self.values[trail]).line

    def _parent(self, trail: Trail) -> int:
        above = trail[:-1]
        return self.keys[above].line if above in self.keys else 0


def dotted(trail: Trail) -> str:
    """A trail as messages and whys write it: classes.scope.exclude[1].name"""
    text = ""
    for step in trail:
        text += f"[{step}]" if isinstance(step, int) else f".{printable(step)}"
    return text.removeprefix(".")


def rows_of(text: str) -> tuple[str, ...]:
    """The lines of a text as libyaml counts them, without what ends them."""
    return tuple(_LINE_BREAK.split(text))


def quirk_of(text: str) -> str | None:
    """What readers of YAML 1.1 or 1.2 may take a text for that has no quotes; None where all take
    it for text."""
    return next((kind for kind, form in _QUIRKS if form.fullmatch(text)), None)


def read_yaml(file: str, text: str) -> tuple[Document | None, list[Problem]]:
    """The document in a text, with what is wrong with it; None where it can't be read at all."""
    source = Source(file, rows_of(text))
    if len(text) > LARGEST_FILE:
        message = f"the file is too large: {len(text):,} characters; the most is {LARGEST_FILE:,}"
        return None, [Problem(Code.TOO_LARGE, file, message)]
    try:
        refused = list(_refused(source, text))
        if refused:
            return None, refused
        root = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        return None, [_syntax(source, error)]
    builder = _Builder(source)
    start = {(): Spot(1, 1)}
    data = builder.build(root, ()) if root is not None else None
    document = Document(source, data, builder.keys, start | builder.values, builder.quirks)
    return document, builder.problems


def _refused(source: Source, text: str) -> Iterator[Problem]:
    """What makes a file unreadable though it is YAML. It looks at events, before anything is
    built: libyaml's composer would follow aliases, and can't be told not to."""
    depth = documents = 0
    for number, event in enumerate(yaml.parse(text, Loader=yaml.CSafeLoader)):
        spot = _start(event.start_mark)
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        documents += isinstance(event, yaml.DocumentStartEvent)
        stop = _too_much(depth, number, documents)
        if stop:
            yield source.problem(stop[0], spot, stop[1])
            return
        yield from _refused_event(source, event, spot)


def _too_much(depth: int, events: int, documents: int) -> tuple[Code, str] | None:
    if depth > DEEPEST:
        return Code.TOO_LARGE, f"lists and maps stand in each other more than {DEEPEST} deep"
    if events > MOST_EVENTS:
        return Code.TOO_LARGE, "the file holds too many lists, maps and values"
    if documents > 1:
        return Code.NOT_PLAIN_YAML, "a policy file holds one document; here a second one begins"
    return None


def _refused_event(source: Source, event: yaml.Event, spot: Spot) -> Iterator[Problem]:
    anchor, tag = getattr(event, "anchor", None), getattr(event, "tag", None)
    if anchor:
        is_alias = isinstance(event, yaml.AliasEvent)
        written = f"*{anchor}" if is_alias else f"&{anchor}"
        what, advice = (
            ("alias", "text belongs") if is_alias else ("anchor", "if it is text, write it")
        )
        message = f"{written} is a YAML {what}, which is not allowed here; {advice} in quotes"
        long = Spot(spot.line, spot.column, len(written))
        write = in_quotes(written) if is_alias else None
        yield source.problem(Code.NOT_PLAIN_YAML, long, message, write=write)
    if tag:
        written = tag.replace("tag:yaml.org,2002:", "!!")
        message = f"tags are not allowed, and {quoted(written)} is one; write the value alone"
        yield source.problem(Code.NOT_PLAIN_YAML, spot, message)


def _start(mark: "yaml.Mark | yaml._yaml.Mark | None") -> Spot:
    return Spot(mark.line + 1, mark.column + 1) if mark else Spot(1, 1)


class _Builder:
    """Turns libyaml's nodes into plain data, and writes down where everything stands."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.keys: dict[Trail, Spot] = {}
        self.values: dict[Trail, Spot] = {}
        self.quirks: dict[Trail, str] = {}
        self.problems: list[Problem] = []

    def build(self, node: yaml.Node, trail: Trail) -> Yaml:
        self.values[trail] = self._spot(node)
        if isinstance(node, yaml.MappingNode):
            return self._map(node, trail)
        if isinstance(node, yaml.SequenceNode):
            return [self.build(item, (*trail, n)) for n, item in enumerate(node.value)]
        return self._scalar(node, trail) if isinstance(node, yaml.ScalarNode) else None

    def _map(self, node: yaml.MappingNode, trail: Trail) -> dict[str, Yaml]:
        data: dict[str, Yaml] = {}
        for key, value in node.value:
            spot = self._spot(key)
            if not isinstance(key, yaml.ScalarNode):
                message = "a key should be plain text, not a list or a map"
                self.problems.append(self.source.problem(Code.NOT_PLAIN_YAML, spot, message))
                continue
            name, here = str(key.value), (*trail, str(key.value))
            if name in data:
                first = self.keys[here].line
                message = f"{dotted(here)} is written twice; it is already in line {first}"
                self.problems.append(
                    self.source.problem(Code.KEY_TWICE, spot, message, parent=first)
                )
                continue
            self.keys[here] = spot
            data[name] = self.build(value, here)
        return data

    def _scalar(self, node: yaml.ScalarNode, trail: Trail) -> Yaml:
        text = str(node.value)
        if node.style:
            return self._one_line(text, trail)
        if text in ("true", "false"):
            return text == "true"
        if text in ("", "null"):
            return None
        if _INTEGER.fullmatch(text):
            return int(text)
        if _CURLY.fullmatch(text):
            self._refuse_curly(text, trail)
        if kind := quirk_of(text):
            self.quirks[trail] = kind
        return self._one_line(text, trail)

    def _refuse_curly(self, text: str, trail: Trail) -> None:
        message = (
            f"{dotted(trail)} is in typographic quotes ({text[0]} {text[-1]}), which would be part "
            "of the text; use straight ones"
        )
        entry = f"{trail[-1]}: " if trail and isinstance(trail[-1], str) else ""
        write = entry + in_quotes(text[1:-1])
        spot = self.values[trail]
        self.problems.append(self.source.problem(Code.NEEDS_QUOTES, spot, message, write=write))

    def _one_line(self, text: str, trail: Trail) -> str:
        kept = "".join(m for m in text if unicodedata.category(m) not in _CONTROL)
        if kept == text:
            return text
        message = f"{dotted(trail)} should be text on one line, without control characters"
        spot = self.values[trail]
        self.problems.append(self.source.problem(Code.WRONG_VALUE, spot, message))
        return kept

    def _spot(self, node: yaml.Node) -> Spot:
        start, end = node.start_mark, node.end_mark
        row = self.source.rows[start.line] if start.line < len(self.source.rows) else ""
        stop = end.column if end.line == start.line else len(row.rstrip())
        return Spot(start.line + 1, start.column + 1, max(1, stop - start.column))


def _syntax(source: Source, error: yaml.YAMLError) -> Problem:
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        message = "this is not YAML: it holds a character that can't be printed"
        position = getattr(error, "position", 0)
        return source.problem(Code.NOT_YAML, _spot_of_byte(source, position), message)
    mark = error.problem_mark
    spot = Spot(min(mark.line + 1, len(source.rows)), mark.column + 1)
    begun = error.context_mark.line + 1 if error.context_mark else spot.line
    words, write = _hint(source.rows[spot.line - 1])
    if not words:
        since = f" (begun in line {begun})" if begun != spot.line else ""
        words = f"{error.problem}{f', {error.context}{since}' if error.context else ''}"
        for jargon, plain in _PLAIN_WORDS.items():
            words = words.replace(jargon, plain)
    message = f"this is not YAML: {words}"
    return source.problem(Code.NOT_YAML, spot, message, parent=begun, write=write)


_PLAIN_WORDS = {
    "flow sequence": "list in [ ]",
    "flow mapping": "map in { }",
    "block mapping": "map",
    "block sequence": "list",
    "block collection": "list",
}
LONGEST_HINTED = 500  # characters of a row; a longer one is not worth a guess
_ENTRY = re.compile(r"(?P<key>[\w.]+): +(?P<value>[^\s\"'].*)", re.DOTALL)
_NEEDS_QUOTES = "*&@`%!{|>"


def _hint(row: str) -> tuple[str, str | None]:
    """What most likely went wrong in a row that is not YAML, and how to write it."""
    if "\t" in row[: len(row) - len(row.lstrip())]:
        return "the line is indented with a tab; use spaces", None
    entry = _ENTRY.match(row.strip().lstrip("-{ ").rstrip()) if len(row) < LONGEST_HINTED else None
    if not entry:
        return "", None
    text = entry["value"]
    text = text[:-1].rstrip() if text.count("}") > text.count("{") and text[-1] == "}" else text
    write = f"{entry['key']}: {in_quotes(text)}"
    if text[0] in _NEEDS_QUOTES:
        return f"text that begins with {text[0]} belongs in quotes", write
    if ": " in text and text[0] != "[":
        return "text with a colon and a space in it belongs in quotes", write
    return "", None


def _spot_of_byte(source: Source, position: int) -> Spot:
    """The spot of a byte of the file; libyaml counts bytes where it can't read a character."""
    for number, row in enumerate(source.rows, start=1):
        size = len(row.encode()) + 1
        if position < size:
            return Spot(number, len(row.encode()[:position].decode(errors="ignore")) + 1)
        position -= size
    return Spot(len(source.rows), 1)
