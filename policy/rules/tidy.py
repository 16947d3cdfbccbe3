"""Tidies the text of a policy file: its form changes, never what it says.

Keys stand in the schema's order, two blanks are a step, quotes stand where they are needed, a blank
line parts the blocks, and every comment stays with what it belongs to (see comments.py). The result
is read again before it is given out: data and comments must be those of the text before.
"""

import json
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache

from policy.errors import InputAtFault
from policy.rules.comments import GAP, Entry, Group, find_comments, read_tree
from policy.rules.lines import Document, Trail, read_yaml
from policy.rules.schema import Field, fields

WIDEST = 100  # columns; a list or map in [ ] or { } that would be wider becomes lines
STEP = 2


def tidied(file: str, text: str, *, school_file: bool) -> str:
    """The text of a policy file, tidied. It must be one that loads.

    Raises InputAtFault, should the result not say the same.
    """
    root, head = read_tree(text)
    rows = [*head, *_Printer(_order(school_file=school_file)).whole(root)]
    end = "\r\n" if "\r\n" in text else "\n"
    result = end.join(row.rstrip() for row in rows) + end
    if not _says_the_same(text, result):
        raise InputAtFault(
            f"{file} can't be tidied without a change of what it says, so it is left as it is"
        )
    return result


def _says_the_same(before: str, after: str) -> bool:
    """The same data, read by us and by other readers of YAML, and the same comments?"""
    old, _ = read_yaml("", before)
    new, problems = read_yaml("", after)
    if old is None or new is None or problems:
        return False
    return _meaning(old) == _meaning(new) and _comments(before) == _comments(after)


def _meaning(document: Document) -> tuple[str, Mapping[Trail, str]]:
    return json.dumps(document.data, sort_keys=True), document.quirks


def _comments(text: str) -> Counter[str]:
    return Counter(comment.words for comment in find_comments(text))


@lru_cache(maxsize=2)
def _order(*, school_file: bool) -> Mapping[Field, int]:
    """The place of each key among all of the schema."""
    return {field: number for number, field in enumerate(fields(school_file=school_file))}


class _Printer:
    """Writes a tree of entries as lines. `order` is the place of each key in the schema."""

    def __init__(self, order: Mapping[Field, int]) -> None:
        self._order = order

    def whole(self, root: Group) -> list[str]:
        """The lines of a file, but its head. A blank line parts the entries."""
        rows: list[str] = []
        for entry in self._sorted(root, ()):
            rows += [GAP] * bool(rows)
            rows += self._entry(entry, 0, (), _without_gap(entry.above))
        return [*rows, *root.below]

    def _group(self, group: Group, indent: int, at: Field) -> list[str]:
        """A list or map whose entries begin lines."""
        rows: list[str] = []
        for entry in self._sorted(group, at):
            above = entry.above if rows else _without_gap(entry.above)
            rows += self._entry(entry, indent, at, above)
        return rows + [_indented(line, indent) for line in group.below]

    def _entry(self, entry: Entry, indent: int, above_it: Field, above: list[str]) -> list[str]:
        at = _field(entry, above_it)
        before = [_indented(line, indent) for line in above]
        lead = " " * indent + ("-" if entry.key is None else f"{entry.key}:")
        flat = self._flat(entry.value, at)
        if isinstance(entry.value, str):
            return before + _with_comment(f"{lead} {entry.value}", entry, indent)
        if flat is not None and len(lead) + 1 + len(flat) <= WIDEST:
            return before + _with_comment(f"{lead} {flat}", entry, indent)
        inner = self._group(entry.value, indent + STEP, at)
        if entry.key is not None:
            return before + _with_comment(lead, entry, indent) + inner
        return before + _as_item(inner, entry.beside, indent)

    def _flat(self, value: Group | str, at: Field) -> str | None:
        """A value on one line, where it is one that may stand so."""
        if isinstance(value, str):
            return value
        if (value.entries and not value.flow) or value.below:
            return None
        parts: list[str] = []
        for entry in self._sorted(value, at):
            inner = self._flat(entry.value, _field(entry, at))
            if inner is None or entry.beside or any(entry.above):
                return None
            parts.append(inner if entry.key is None else f"{entry.key}: {inner}")
        joined = ", ".join(parts)
        return f"{{{joined}}}" if value.is_map else f"[{joined}]"

    def _sorted(self, group: Group, at: Field) -> list[Entry]:
        """The entries of a map in the schema's order, then those that it doesn't know; of a list,
        as they are."""
        last = len(self._order)
        if not group.is_map:
            return group.entries
        return sorted(group.entries, key=lambda one: self._order.get((*at, one.name), last))


def _as_item(rows: list[str], beside: list[str], indent: int) -> list[str]:
    """The lines of a list or map as an item: the first follows the dash, and the comments above
    that stand above the dash."""
    first = next(n for n, row in enumerate(rows) if row and not row.lstrip().startswith("#"))
    comments = beside + [row.strip() for row in rows[:first]]
    dash = " " * indent + "- " + rows[first].lstrip()
    return [*(_indented(line, indent) for line in comments), dash, *rows[first + 1 :]]


def _with_comment(row: str, entry: Entry, indent: int) -> list[str]:
    """A line and the comment at its end, as far from where the line begins as it was."""
    if not entry.beside:
        return [row]
    column = max(min(indent + entry.beside_at, WIDEST), len(row) + 2)
    first, *others = entry.beside
    return [row.ljust(column) + first, *(" " * column + line for line in others)]


def _without_gap(lines: list[str]) -> list[str]:
    return lines[1:] if lines and lines[0] == GAP else lines


def _field(entry: Entry, at: Field) -> Field:
    return at if entry.key is None else (*at, entry.name)


def _indented(line: str, indent: int) -> str:
    return " " * indent + line if line else GAP
