"""Schemas of a discovery document as checks, compiled once: is this JSON what the document says?"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from policy.simulator.masks import Mask

Schema = Mapping[str, object]

INTEGER = re.compile(r"-?\d+\Z")


@dataclass(frozen=True, slots=True)
class Misfit:
    """What doesn't fit, and where. `kind` is "unknown" or the type that was expected."""

    path: tuple[str, ...]
    kind: str
    found: object

    def within(self, name: str) -> "Misfit":
        return Misfit((name, *self.path), self.kind, self.found)


Check = Callable[[object], Misfit | None]


class Shapes:
    """The checks of one document. `nulls` says whether null may stand for an absent field."""

    def __init__(self, schemas: Mapping[str, Schema], *, nulls: bool) -> None:
        self._schemas = schemas
        self._nulls = nulls
        self._checks: dict[str, Check] = {}

    def named(self, name: str) -> Check:
        """The check of a named schema."""
        check = self._checks.get(name)
        if check is None:
            check = self._checks[name] = self._compile(self._schemas[name])
        return check

    def unknown_field(self, name: str, mask: Mask) -> str | None:
        """The first field that a mask names and the schema hasn't."""
        return self._unknown(self._schemas[name], mask)

    def _unknown(self, schema: Schema, mask: Mask | None) -> str | None:
        schema = self._resolved(schema)
        if mask is None or "properties" not in schema:
            return None
        properties = cast("Mapping[str, Schema]", schema["properties"])
        for name, inner in mask.items():
            if name == "*":
                continue
            if name not in properties:
                return name
            found = self._unknown(properties[name], inner)
            if found is not None:
                return found
        return None

    def _resolved(self, schema: Schema) -> Schema:
        while True:
            if "$ref" in schema:
                schema = self._schemas[str(schema["$ref"])]
            elif "items" in schema:
                schema = cast("Schema", schema["items"])
            else:
                return schema

    def _compile(self, schema: Schema) -> Check:
        if "$ref" in schema:
            name = str(schema["$ref"])
            return lambda value: self.named(name)(value)
        match schema.get("type"):
            case "object":
                return self._object(schema)
            case "array":
                return _array(self._compile(cast("Schema", schema["items"])))
            case "any":
                return lambda _: None
            case _:
                return scalar(schema)

    def _object(self, schema: Schema) -> Check:
        properties = cast("Mapping[str, Schema]", schema.get("properties", {}))
        fields = {name: self._compile(inner) for name, inner in properties.items()}
        other = schema.get("additionalProperties")
        rest = self._compile(cast("Schema", other)) if other else None
        nulls = self._nulls

        def check(value: object) -> Misfit | None:
            if not isinstance(value, dict):
                return Misfit((), "TYPE_MESSAGE", value)
            for name, item in value.items():
                field = fields.get(name, rest)
                if field is None:
                    return Misfit((), "unknown", name)
                if item is None and nulls:
                    continue
                misfit = field(item)
                if misfit is not None:
                    return misfit.within(name)
            return None

        return check


def scalar(schema: Schema) -> Check:
    """The check of a string, number or boolean."""
    kind = schema.get("type")
    if kind == "boolean":
        return lambda value: None if isinstance(value, bool) else Misfit((), "TYPE_BOOL", value)
    if kind in ("integer", "number"):
        return _is_number
    if "enum" in schema:
        return _one_of(frozenset(cast("Sequence[str]", schema["enum"])))
    if schema.get("format") in ("int64", "uint64"):
        return _is_long
    return _is_text


def _array(item: Check) -> Check:
    def check(value: object) -> Misfit | None:
        if not isinstance(value, list):
            return Misfit((), "TYPE_MESSAGE", value)
        for place, inner in enumerate(value):
            misfit = item(inner)
            if misfit is not None:
                return misfit.within(f"[{place}]")
        return None

    return check


def _one_of(words: frozenset[str]) -> Check:
    def check(value: object) -> Misfit | None:
        return None if isinstance(value, str) and value in words else Misfit((), "ENUM", value)

    return check


def _is_text(value: object) -> Misfit | None:
    return None if isinstance(value, str) else Misfit((), "TYPE_STRING", value)


def _is_number(value: object) -> Misfit | None:
    fits = isinstance(value, int | float) and not isinstance(value, bool)
    return None if fits else Misfit((), "TYPE_INT32", value)


def _is_long(value: object) -> Misfit | None:
    fits = isinstance(value, str) and INTEGER.match(value) is not None
    return None if fits else Misfit((), "TYPE_INT64", value)
