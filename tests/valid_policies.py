"""Policies for property tests: whatever the schema allows, written in every form YAML has for it,
with comments and blank lines wherever they may stand."""

from dataclasses import dataclass
from random import Random
from typing import TypeVar, cast

from hypothesis import strategies as st

from policy.rules.lines import Yaml, quirk_of
from policy.rules.schema import Schema, schema
from policy.rules.writing import in_double_quotes, text

T = TypeVar("T")
MARKS = "aZ0 9.,:;#-?!*&%@'\"`|>{}[]()/\\~_=+<…–é국ß\u00a0😀"
DEEP = 10  # deeper than comments stand: it would be text
words = st.text(MARKS, min_size=1, max_size=12).filter(lambda word: bool(word.strip()))
COMMENTS = ["", " why", "!", " it's: 'so'", ' "', " - {a: b}", " # twice", "\ttab", " é 국 😀"]


TESTS: list[Yaml] = [
    {"name": "lunch", "given": {"section": {"name": "Lunch A"}}, "expect": {"class": "none"}},
    {
        "name": "what Pat gets: 'all'",
        "given": {
            "sections": [{"name": "Chorus", "students": ["pat@springfield.example"]}],
            "person": "pat@springfield.example",
            "date": "2026-09-01",
        },
        "expect": {"classes": ["Chorus"], "teaches": []},
    },
]


def part_of(node: Schema) -> Schema:
    """A part of the schema with what it refers to."""
    reference = node.get("$ref")
    if not isinstance(reference, str):
        return node
    known = cast(dict[str, Schema], schema()["$defs"])
    return part_of(known[reference.removeprefix("#/$defs/")]) | node


def values_of(node: Schema) -> st.SearchStrategy[Yaml]:
    """The values that a part of the schema allows; of texts with a pattern, its examples. Of tests
    whole ones: what goes together in them the schema does not say."""
    part = part_of(node)
    if part.get("title") == "A test":
        return st.sampled_from(TESTS)
    if "anyOf" in part:
        return st.one_of([values_of(form) for form in cast(list[Schema], part["anyOf"])])
    if "const" in part or "enum" in part:
        return st.sampled_from(cast(list[Yaml], part.get("enum", [part.get("const")])))
    if part["type"] == "object":
        return maps_of(part)
    if part["type"] == "array":
        items = values_of(cast(Schema, part["items"]))
        return st.lists(
            items, min_size=cast(int, part.get("minItems", 0)), max_size=part.get("maxItems", 3)
        )
    if part["type"] == "boolean":
        return st.booleans()
    if part["type"] == "integer":
        return st.integers(cast(int, part["minimum"]), cast(int, part["maximum"]))
    if part.get("pattern") == "\\S" and "template" not in str(part.get("x-expected")):
        return words
    return st.sampled_from(cast(list[Yaml], part["examples"]))


def maps_of(part: Schema) -> st.SearchStrategy[Yaml]:
    known = {
        key: values_of(one) for key, one in cast(dict[str, Schema], part["properties"]).items()
    }
    needed = cast(list[str], part.get("required", []))
    least = 1 if part.get("minProperties") and not needed else 0
    some = st.fixed_dictionaries(
        {key: known[key] for key in needed},
        optional={key: one for key, one in known.items() if key not in needed},
    )
    return some.filter(lambda drawn: len(drawn) >= least)


districts = values_of(schema())
school_files = values_of({"$ref": "#/$defs/school_file"})


@dataclass(frozen=True)
class Sprinkled:
    """A policy as text, what it says, and the comments in it, each of them once."""

    text: str
    data: Yaml
    comments: tuple[str, ...]


class Scribe:
    """Writes data as YAML, as untidy as YAML lets one."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self.comments: list[str] = []

    def whole(self, data: dict[str, Yaml]) -> str:
        rows = [*self._lines(), *self._map(data, 0), *self._lines()]
        return "\n".join(rows) + self._one_of(["\n", "", "\n\n"])

    def _map(self, data: dict[str, Yaml], indent: int) -> list[str]:
        rows: list[str] = []
        keys = list(data)
        self._chance.shuffle(keys)
        for key in keys:
            lead = " " * indent + self._key(key) + ":"
            rows += [*self._lines(), *self._value(lead, data[key], indent, key=True)]
        return rows

    def _list(self, data: list[Yaml], indent: int) -> list[str]:
        rows: list[str] = []
        for item in data:
            rows += [*self._lines(), *self._item(item, indent)]
        return rows

    def _item(self, item: Yaml, indent: int) -> list[str]:
        if isinstance(item, dict) and item and self._chance.random() < 0.5:
            step = self._one_of([2, 3, 4])
            rows = self._map(item, indent + step)
            first = next(n for n, row in enumerate(rows) if row.strip()[:1] not in ("", "#"))
            if first or self._chance.random() < 0.2:
                return [" " * indent + "-" + self._end(), *rows]
            return [(" " * indent + "-").ljust(indent + step) + rows[0].lstrip(), *rows[1:]]
        return self._value(" " * indent + "-", item, indent, key=False)

    def _value(self, lead: str, value: Yaml, indent: int, *, key: bool) -> list[str]:
        step = self._one_of([1, 2, 4])
        if isinstance(value, dict) and value and key and self._chance.random() < 0.7:
            return [lead + self._end(), *self._map(value, indent + step)]
        if isinstance(value, list) and value and key and self._chance.random() < 0.7:
            return [lead + self._end(), *self._list(value, indent + self._one_of([0, 2, 3]))]
        is_folded = isinstance(value, str) and value == value.strip()
        if is_folded and self._chance.random() < 0.1:
            return [f"{lead} >-{self._end()}", f"{' ' * (indent + DEEP)}{value}"]
        is_long = isinstance(value, dict | list) and self._chance.random() < 0.4
        flow = self._flow(value, " " * (indent + step) if is_long else None)
        return f"{lead} {flow}{self._end()}".split("\n")

    def _flow(self, value: Yaml, pad: str | None) -> str:
        """In [ ] or { }; over several lines, which begin with `pad`, if that is given."""
        if not isinstance(value, dict | list):
            return self._scalar(value)
        if isinstance(value, dict):
            keys = list(value)
            self._chance.shuffle(keys)
            parts = [f"{self._key(key)}: {self._flow(value[key], pad)}" for key in keys]
        else:
            parts = [self._flow(item, pad) for item in value]
        opening, closing = "{}" if isinstance(value, dict) else "[]"
        if pad is None:
            return opening + ", ".join(parts) + closing
        breaks = [self._break(pad) for _ in range(len(parts) + 1)]
        inner = "".join(f"{at}{part}," for at, part in zip(breaks, parts, strict=False))
        return f"{opening}{inner}{breaks[-1]}{closing}"

    def _break(self, pad: str) -> str:
        rows = [self._end(), *self._lines()]
        return "\n".join(rows) + "\n" + pad

    def _key(self, key: str) -> str:
        return key if self._chance.random() < 0.9 else f'"{key}"'

    def _scalar(self, value: Yaml) -> str:
        if not isinstance(value, str):
            return str(value).lower()
        single = "'" + value.replace("'", "''") + "'"
        plain = [value] if text(value) == value and not quirk_of(value) else []
        return self._one_of([in_double_quotes(value), single, *plain, *plain])

    def _end(self) -> str:
        """What may follow on a line."""
        if self._chance.random() < 0.75:
            return " " * self._one_of([0, 0, 0, 1, 3])
        return " " * self._one_of([1, 2, 7, 30]) + self._comment()

    def _lines(self) -> list[str]:
        """Blank lines and comments."""
        if self._chance.random() < 0.6:
            return []
        kinds = [self._one_of(["", "  ", "#"]) for _ in range(self._one_of([1, 2, 3]))]
        rows = [self._comment() if kind == "#" else kind for kind in kinds]
        return [" " * self._one_of([0, 0, 2, 4, 6, 9]) + row if row else row for row in rows]

    def _comment(self) -> str:
        comment = f"#{len(self.comments)}{self._one_of(COMMENTS)}"
        self.comments.append(comment)
        return comment

    def _one_of(self, choices: list[T]) -> T:
        return self._chance.choice(choices)


def sprinkled(data: st.SearchStrategy[Yaml]) -> st.SearchStrategy[Sprinkled]:
    def write(said: Yaml, chance: Random) -> Sprinkled:
        scribe = Scribe(chance)
        written = scribe.whole(cast(dict[str, Yaml], said))
        return Sprinkled(written, said, tuple(scribe.comments))

    return st.builds(write, data, st.randoms(use_true_random=False))
