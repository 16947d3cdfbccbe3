"""The policy that holds in one school, or in the district: each value, and the line it is from."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from policy.rules.lines import Trail, Yaml, dotted
from policy.rules.load import Loaded, claimed_by, load_whole, merged
from policy.rules.model import Policy
from policy.rules.schema import Field, defaults, fields
from policy.rules.writing import text, written

WIDEST = 80  # columns
WIDEST_LIST = 44  # of a list that stands on its key's line


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the policy as YAML, without its comment. Where it holds a value: which field it is,
    and "policies/district.yaml:6" or BUILT_IN."""

    text: str
    field: str | None = None
    origin: str | None = None


@dataclass(frozen=True, slots=True)
class Effective:
    """`data` is the whole policy as one district.yaml would say it. `claimed` is the school's key
    or name, as the file of schools that holds there writes it; None: the district's rules hold."""

    data: Mapping[str, Yaml]
    rows: tuple[Row, ...]
    claimed: str | None
    claims: tuple[str, ...]  # of all files of schools


def effective(folder: Path, school: Sequence[str] = ()) -> Effective:
    """The policy that holds in a school (its key, its name, or both in this order), or, without
    one, in the district. Raises PolicyAtFault."""
    loaded = load_whole(folder)
    policy = loaded.policy
    claimed = next((name for name in school if name in policy.schools), None)
    data = dict(defaults())
    for layer in _layers(loaded, claimed):
        data = merged(data, layer)
    data = _in_order({key: value for key, value in data.items() if key != "schools"}, ())
    rows = tuple(_Rows(policy, claimed or "").of_map(data, ()))
    return Effective(data, rows, claimed, tuple(policy.schools))


def print_effective(found: Effective, title: str) -> str:
    """The policy as a district.yaml that loads; each value's origin is a comment at its line's
    end, or above the line where that would be too wide."""
    comments = [f"# {row.origin}" for row in found.rows if row.origin]
    widest = max(len(row.text) for row in found.rows) + 2
    column = max(0, min(widest, WIDEST - max(map(len, comments))))
    rows = [line for row in found.rows for line in _with_origin(row, column)]
    return "\n".join([f"# {title}", *rows]) + "\n"


def effective_json(found: Effective, title: str) -> str:
    """The policy as values, and by field the origin of each."""
    origins = {row.field: row.origin for row in found.rows if row.field}
    shown = {"title": title, "policy": found.data, "origins": origins}
    return json.dumps(shown, ensure_ascii=False, indent=2) + "\n"


def _layers(loaded: Loaded, claimed: str | None) -> Iterator[Yaml]:
    """What district.yaml says, and the file that claims a school."""
    yield loaded.district.data
    yield from (document.data for document in loaded.schools if claimed in claimed_by(document))


def _in_order(data: Mapping[str, Yaml], at: Field) -> dict[str, Yaml]:
    """The same map with its keys in the schema's order."""
    order = list(fields(school_file=False))
    keys = sorted(data, key=lambda key: order.index((*at, key)))
    maps = {key: value for key, value in data.items() if isinstance(value, dict)}
    return {key: _in_order(maps[key], (*at, key)) if key in maps else data[key] for key in keys}


class _Rows:
    """The lines of a policy as it holds in a school."""

    def __init__(self, policy: Policy, school: str) -> None:
        self._policy, self._school = policy, school

    def of_map(self, data: Mapping[str, Yaml], trail: Trail) -> Iterator[Row]:
        for key, value in data.items():
            yield from self._of_key(text(key), value, (*trail, key))

    def _of_key(self, key: str, value: Yaml, trail: Trail) -> Iterator[Row]:
        pad = "  " * (len(trail) - 1)
        if isinstance(value, dict) and value:
            yield Row(f"{pad}{key}:")
            yield from self.of_map(value, trail)
        elif isinstance(value, list) and not _fits(value):
            yield Row(f"{pad}{key}:")
            for number, item in enumerate(value):
                yield self._row(f"{pad}  - {written(item)}", (*trail, number))
        else:
            yield self._row(f"{pad}{key}: {written(value)}", trail)

    def _row(self, shown: str, trail: Trail) -> Row:
        field = dotted(trail)
        return Row(shown, field, self._policy.line_of(field, self._school))


def _fits(items: Sequence[Yaml]) -> bool:
    """Can a list stand on its key's line? Maps have a line each."""
    is_flat = not any(isinstance(item, dict | list) for item in items)
    return is_flat and len(written(list(items))) <= WIDEST_LIST


def _with_origin(row: Row, column: int) -> list[str]:
    if row.origin is None:
        return [row.text]
    comment = f"# {row.origin}"
    width = max(column, len(row.text) + 2)
    if width + len(comment) <= WIDEST:
        return [row.text.ljust(width) + comment]
    indent = " " * (len(row.text) - len(row.text.lstrip()))
    return [indent + comment, row.text]
