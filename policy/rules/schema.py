"""What the JSON Schema says about the policy language: which keys there are, and their defaults.

The schema (policy/schema/policy.schema.json) is the one list of keys; editors read it too. Beside
it stand here the keys that the language has and Rollbook can't do yet.
"""

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import TypeAlias, cast

from jsonschema import Draft202012Validator

from policy.rules.lines import Yaml

Schema: TypeAlias = dict[str, "Yaml"]
Field: TypeAlias = tuple[str, ...]  # a key and those above it; places in lists are left out

SCHEMA_FILE = Path(__file__).parent.parent / "schema" / "policy.schema.json"

_SCHOOL_FILE: Schema = {"$ref": "#/$defs/school_file"}


@lru_cache(maxsize=1)
def schema() -> Schema:
    """The whole schema, as the file has it."""
    return cast(Schema, json.loads(SCHEMA_FILE.read_text(encoding="utf-8")))


def schema_of_school_files() -> Schema:
    """The schema of a file in schools/, as a schema of its own."""
    known = schema()
    words = cast(dict[str, Schema], known["$defs"])["school_file"]
    told = {key: words[key] for key in ("title", "description")}
    return {"$schema": known["$schema"], **told, **_SCHOOL_FILE, "$defs": known["$defs"]}


@lru_cache(maxsize=3)
def validator(*, school_file: bool, test_file: bool = False) -> Draft202012Validator:
    """The validator for district.yaml, for a file in schools/, or for one of tests."""
    part = {"$ref": "#/$defs/test_file"} if test_file else _SCHOOL_FILE
    other = {**part, "$defs": schema()["$defs"]}
    return Draft202012Validator(
        other if school_file or test_file else schema(),
        format_checker=Draft202012Validator.FORMAT_CHECKER,
    )


@lru_cache(maxsize=2)
def fields(*, school_file: bool) -> Mapping[Field, Schema]:
    """Every key that a file may hold, and the part of the schema that stands for its value."""
    root = _resolved(_SCHOOL_FILE) if school_file else schema()
    return dict(_walk(root, ()))


@lru_cache(maxsize=1)
def defaults() -> dict[str, Yaml]:
    """The built-in default of every key that has one, nested as in a file."""
    return _defaults(schema())


def _walk(node: Schema, above: Field) -> Iterator[tuple[Field, Schema]]:
    items = node.get("items")
    if isinstance(items, dict):
        yield from _walk(_resolved(items), above)
    for form in cast(list[Schema], node.get("anyOf", [])):
        yield from _walk(_resolved(form), above)
    for name, part in _properties(node).items():
        resolved = _resolved(part)
        yield (*above, name), resolved
        yield from _walk(resolved, (*above, name))


def _defaults(node: Schema) -> dict[str, Yaml]:
    found: dict[str, Yaml] = {}
    for name, part in _properties(node).items():
        resolved = _resolved(part)
        if "default" in resolved:
            found[name] = resolved["default"]
        elif inner := _defaults(resolved):
            found[name] = inner
    return found


def _properties(node: Schema) -> dict[str, Schema]:
    return cast(dict[str, Schema], node.get("properties", {}))


def _resolved(node: Schema) -> Schema:
    """A part of the schema with what it refers to; its own words win."""
    reference = node.get("$ref")
    if not isinstance(reference, str):
        return node
    definitions = cast(dict[str, Schema], schema()["$defs"])
    return _resolved(definitions[reference.removeprefix("#/$defs/")]) | node
