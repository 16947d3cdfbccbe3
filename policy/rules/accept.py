"""Writes into a policy what is to hold from now on: one more entry in one of its lists.

The file keeps its comments and its form; only lines of the entry are added. What comes out is
loaded as a whole, and if it doesn't hold together the file stays as it was.
"""

from dataclasses import dataclass
from pathlib import Path

import yaml

from policy.errors import InputAtFault
from policy.rules.load import load_policy
from policy.rules.model import BUILT_IN, Policy


@dataclass(frozen=True, slots=True)
class Acceptance:
    """An entry (YAML in one line) for a list of the policy, such as students.exceptions."""

    field: str
    entry: str
    school_key: str
    school_name: str


def file_for(policy: Policy, acceptance: Acceptance) -> Path:
    """The file whose list is in force in that school: a school's list replaces the district's."""
    line = policy.line_of(acceptance.field, acceptance.school_key, acceptance.school_name)
    if line == BUILT_IN:
        return Path(policy.folder) / "district.yaml"
    name = line.rpartition(":")[0].partition("/")[2]  # "policies/schools/a.yaml:4"
    return Path(policy.folder) / name


def accept(policy: Policy, acceptance: Acceptance) -> Path:
    """Write the entry into its file, and say which. Raises PolicyAtFault, with the file as it
    was, if the policy would not load with it."""
    file = file_for(policy, acceptance)
    before = file.read_bytes()
    after = with_entry(before.decode(), tuple(acceptance.field.split(".")), acceptance.entry)
    try:
        file.write_bytes(after.encode())
        load_policy(Path(policy.folder))
    except BaseException:
        file.write_bytes(before)
        raise
    return file


def with_entry(text: str, trail: tuple[str, ...], entry: str) -> str:
    """A file's text with one more entry in the list at a trail; lists and maps that are missing
    are made."""
    node = yaml.compose(text)
    if not isinstance(node, yaml.MappingNode):
        raise InputAtFault("the file holds no map")
    for depth, key in enumerate(trail):
        below = _value(node, key)
        if below is None or _is_nothing(below):
            return _with_key(text, node, trail[depth:], entry, is_there=below is not None)
        if depth == len(trail) - 1 and isinstance(below, yaml.SequenceNode):
            return _with_item(text, below, entry)
        if not isinstance(below, yaml.MappingNode):
            break
        node = below
    raise InputAtFault(f"{'.'.join(trail)} is not a list")


def _value(node: yaml.MappingNode, key: str) -> yaml.Node | None:
    return next((value for name, value in node.value if name.value == key), None)


def _is_nothing(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.value == ""


def _with_item(text: str, items: yaml.SequenceNode, entry: str) -> str:
    if items.flow_style:
        at = items.end_mark.index - 1
        separator = ", " if items.value else ""
        return f"{text[:at].rstrip()}{separator}{entry}{text[at:]}"
    line = _line_after(text, items.value[-1])
    return _with_line(text, line, f"{' ' * items.start_mark.column}- {entry}")


def _with_key(
    text: str, parent: yaml.MappingNode, rest: tuple[str, ...], entry: str, *, is_there: bool
) -> str:
    """The list under a map that has no such key (or has it without a value)."""
    if is_there:
        raise InputAtFault(f"{rest[0]} is empty in the file: write {rest[0]}: [] or leave it out")
    if parent.flow_style:
        at = parent.end_mark.index - 1
        nested = f"[{entry}]"
        for key in reversed(rest[1:]):
            nested = f"{{{key}: {nested}}}"
        separator = ", " if parent.value else ""
        return f"{text[:at].rstrip()}{separator}{rest[0]}: {nested}{text[at:]}"
    indent = parent.value[0][0].start_mark.column
    lines = [f"{' ' * (indent + 2 * depth)}{key}:" for depth, key in enumerate(rest)]
    lines.append(f"{' ' * (indent + 2 * len(rest))}- {entry}")
    return _with_line(text, _line_after(text, parent.value[-1][1]), "\n".join(lines))


def _line_after(text: str, node: yaml.Node) -> int:
    """The number of the line after a node, from 0. A block's end is where the next thing begins:
    blank lines and comments before that belong to the next thing."""
    rows = text.splitlines()
    last = node.end_mark.line if node.end_mark.column else node.end_mark.line - 1
    if isinstance(node, yaml.CollectionNode) and not node.flow_style:
        last = node.end_mark.line - 1
        while last > node.start_mark.line and rows[last].strip().partition("#")[0] == "":
            last -= 1
    return last + 1


def _with_line(text: str, number: int, line: str) -> str:
    end = "\r\n" if "\r\n" in text else "\n"
    rows = text.splitlines()
    return end.join([*rows[:number], *line.splitlines(), *rows[number:]]) + end
