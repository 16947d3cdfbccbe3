"""The comments of a YAML text, and what each of them belongs to.

An own-line comment belongs to the entry below it; where it stands deeper than that, it ends the
list or map above it, as an entry does that is commented out. A comment at the end of a line belongs
to the line; lines that go on below it, in its column, go with it. PyYAML drops comments, so they
are found where no value is: by the marks of its nodes.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import yaml

from policy.rules.lines import rows_of
from policy.rules.writing import text as as_written

Place: TypeAlias = tuple[int, int]  # line and column, from 0
MODELINE = "# yaml-language-server:"
GAP = ""  # among the lines above an entry: a blank line


@dataclass(frozen=True, slots=True)
class Comment:
    """`words` begin with #. `alone`: nothing else is on its line; `dashed`: nothing but dashes;
    `close`: it stands at most one blank off, so it is in line with no other."""

    place: Place
    words: str
    close: bool
    alone: bool
    dashed: bool


@dataclass(slots=True, eq=False)
class Group:
    """A list or a map. `column` is the least column of a comment that may end it."""

    is_map: bool
    flow: bool  # in [ ] or { }
    start: Place
    end: Place
    column: int
    holder: "Entry | None"  # whose value it is
    entries: "list[Entry]" = field(default_factory=list)
    below: list[str] = field(default_factory=list)  # comments and gaps after its last entry


@dataclass(slots=True, eq=False)
class Entry:
    """A key and its value, or an item of a list (`key` is None). A value that is no list and no
    map is as it will be written. `beside` are the comments at the end of its line; they stand
    `beside_at` columns from its own, or where there is room."""

    key: str | None
    name: str
    start: Place
    value_start: Place
    column: int
    inside: Group
    value: Group | str = ""
    above: list[str] = field(default_factory=list)  # comments and gaps
    beside: list[str] = field(default_factory=list)
    beside_at: int = 0


def find_comments(text: str) -> list[Comment]:
    """The comments of a YAML text, in order."""
    root = yaml.compose(text, Loader=yaml.CSafeLoader)
    scalars = sorted(_scalars(root)) if root else []
    starts = [start for start, _ in scalars]

    def is_in_value(place: Place) -> bool:
        number = bisect_right(starts, place) - 1
        return number >= 0 and place < scalars[number][1]

    return [
        found
        for line, row in enumerate(rows_of(text))
        if (found := _comment(row, line, is_in_value)) is not None
    ]


def read_tree(text: str) -> tuple[Group, list[str]]:
    """The list or map that a YAML text holds, with each comment where it belongs, and the lines at
    the file's head: they belong to the file, whichever key comes first."""
    root = yaml.compose(text, Loader=yaml.CSafeLoader)
    if not isinstance(root, yaml.CollectionNode):
        raise TypeError("a text without a list or a map has no entries")
    tree, rows = _Tree(), rows_of(text)
    group = tree.group(root, None)
    _Placing(tree.entries, group, rows).place(find_comments(text))
    for number, entry in enumerate(tree.entries):
        line = entry.start[0]
        is_first_of_line = number == 0 or tree.entries[number - 1].start[0] < line
        if is_first_of_line and _is_blank(rows, line - 1):
            entry.above.append(GAP)
    return group, _take_head(group)


def _take_head(root: Group) -> list[str]:
    """Takes the file's head from above its first entry: all down to the last blank line; without
    one, the line that tells editors of the schema."""
    if not root.entries:
        return []
    first = root.entries[0]
    lines = [line for number, line in enumerate(first.above) if line or number]
    size = len(lines) - lines[::-1].index(GAP) if GAP in lines else 0
    while size < len(lines) and lines[size].startswith(MODELINE):
        size += 1
    first.above = lines[size:]
    return lines[:size]


def _comment(row: str, line: int, is_in_value: Callable[[Place], bool]) -> Comment | None:
    at = row.find("#")
    while at >= 0 and is_in_value((line, at)):
        at = row.find("#", at + 1)
    if at < 0:
        return None
    before = row[:at].strip()
    return Comment(
        place=(line, at),
        words=row[at:].rstrip(),
        close=at - len(row[:at].rstrip()) < 2,
        alone=not before.strip("- "),
        dashed=bool(before) and not before.strip("- "),
    )


def _scalars(node: yaml.Node) -> Iterator[tuple[Place, Place]]:
    """From where to where each key and each value without parts goes."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _scalars(key)
            yield from _scalars(value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _scalars(item)
    elif isinstance(node, yaml.ScalarNode):
        start, end = _start(node), _end(node)
        # The line on which a | or > stands may end in a comment.
        yield ((start[0] + 1, 0) if node.style in ("|", ">") else start), end


def _start(node: yaml.Node) -> Place:
    return node.start_mark.line, node.start_mark.column


def _end(node: yaml.Node) -> Place:
    return node.end_mark.line, node.end_mark.column


def _is_blank(rows: Sequence[str], line: int) -> bool:
    return line >= 0 and not rows[line].strip()


class _Tree:
    """PyYAML's nodes as groups and entries; `entries` has all of them, in the file's order."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def group(self, node: yaml.CollectionNode, holder: Entry | None) -> Group:
        start, column = _start(node), node.start_mark.column
        is_map, flow = isinstance(node, yaml.MappingNode), bool(node.flow_style)
        # The dashes of a list may stand in the column of its key; what ends it stands deeper.
        is_level = not is_map and not flow and holder is not None and holder.column == column
        least = column + 1 if is_level and holder and holder.key is not None else column
        group = Group(is_map, flow, start, _end(node), least, holder)
        for part in node.value:
            key, value = part if is_map else (None, part)
            self._entry(key, value, group, column)
        return group

    def _entry(
        self, key: yaml.ScalarNode | None, value: yaml.Node, inside: Group, column: int
    ) -> None:
        entry = Entry(
            key=None if key is None else _scalar(key),
            name="" if key is None else str(key.value),
            start=_start(value if key is None else key),
            value_start=_start(value),
            column=column if not inside.flow else _start(value if key is None else key)[1],
            inside=inside,
        )
        self.entries.append(entry)
        inside.entries.append(entry)
        if isinstance(value, yaml.CollectionNode):
            entry.value = self.group(value, entry)
        elif isinstance(value, yaml.ScalarNode):
            entry.value = _scalar(value)


def _scalar(node: yaml.ScalarNode) -> str:
    """A value as it is written: without quotes as it was, else in quotes where it needs them."""
    value = str(node.value)
    return as_written(value) if node.style else value or "null"


class _Placing:
    """Gives each comment to the entry or group that it belongs to."""

    def __init__(self, entries: Sequence[Entry], root: Group, rows: Sequence[str]) -> None:
        self._entries, self._root, self._rows = entries, root, rows
        self._starts = [entry.start for entry in entries]
        self._before: Comment | None = None
        self._owner: Entry | None = None  # of the comment before, if that ended a line
        self._gap_after: Entry | None = None  # between which and the next entry the last one was
        self._deepest: Group | None = None  # what a further comment there can still end
        self._closed = False  # it can end none

    def place(self, comments: Sequence[Comment]) -> None:
        for comment in comments:
            number = bisect_left(self._starts, comment.place)
            last = self._entries[number - 1] if number else None
            following = self._entries[number] if number < len(self._entries) else None
            if last is not self._gap_after:
                self._gap_after, self._deepest, self._closed = last, None, False
            if last and (not comment.alone or self._goes_on(comment, following)):
                self._end_line(comment, last)
            else:
                self._owner = None
                self._stand(comment, last, following)
            self._before = comment

    def _goes_on(self, comment: Comment, following: Entry | None) -> bool:
        """Is it one more line of the comment at the end of the line before?"""
        before = self._before
        return (
            self._owner is not None
            and before is not None
            and not comment.dashed
            and comment.place == (before.place[0] + 1, before.place[1])
            and (following is None or comment.place[1] > following.column)
        )

    def _end_line(self, comment: Comment, last: Entry) -> None:
        owner = last
        if comment.alone and self._owner:
            owner = self._owner
        while not comment.alone and owner.inside.flow and owner.inside.end <= comment.place:
            if owner.inside.holder is None:
                break
            owner = owner.inside.holder
        if not owner.beside and not comment.close:
            owner.beside_at = comment.place[1] - owner.column
        owner.beside.append(comment.words)
        self._owner = owner

    def _stand(self, comment: Comment, last: Entry | None, following: Entry | None) -> None:
        lines = self._lines_for(comment, last, following)
        if _is_blank(self._rows, comment.place[0] - 1):
            lines.append(GAP)
        lines.append(comment.words)

    def _lines_for(
        self, comment: Comment, last: Entry | None, following: Entry | None
    ) -> list[str]:
        if last is None:
            return following.above if following else self._root.below
        if _is_between_key_and_value(comment, last):
            return last.above
        if flow := _flow_around(comment, last):
            if following and following.start < flow.end:
                return following.above
            return flow.below if flow.entries or not flow.holder else flow.holder.above
        if following and (comment.dashed or self._closed or comment.place[1] <= following.column):
            self._closed = True
            return following.above
        ended = self._ended_by(comment, last, following)
        if ended is None and following:
            self._closed = True
            return following.above
        self._deepest = ended or self._root
        return self._deepest.below

    def _ended_by(self, comment: Comment, last: Entry, following: Entry | None) -> Group | None:
        """The innermost list or map that the comment can be the end of."""
        still_open = set(_around(following)) if following else set()
        around = list(_around(last))
        if self._deepest:
            around = around[around.index(self._deepest) :]
        for group in around:
            if group in still_open:
                return None
            if not group.flow and comment.place[1] >= group.column:
                return group
        return None


def _is_between_key_and_value(comment: Comment, entry: Entry) -> bool:
    is_block = isinstance(entry.value, Group) and not entry.value.flow
    return entry.value_start > comment.place and not is_block


def _flow_around(comment: Comment, last: Entry) -> Group | None:
    """The innermost [ ] or { } that a comment stands in."""
    inner = [last.value] if isinstance(last.value, Group) else []
    for group in (*inner, *_around(last)):
        if group.flow and group.start < comment.place < group.end:
            return group
    return None


def _around(entry: Entry) -> Iterator[Group]:
    """The groups that an entry is in, from the inside out."""
    yield from _out_from(entry.inside)


def _out_from(group: Group) -> Iterator[Group]:
    here: Group | None = group
    while here:
        yield here
        here = here.holder.inside if here.holder else None
