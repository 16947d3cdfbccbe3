"""Google's discovery documents, as bundled with the client library: methods, paths, parameters.

Read and compiled once a process. What a method does is not here; see `methods`.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import cast
from urllib.parse import parse_qsl, unquote

from policy.simulator.masks import Mask, read_mask
from policy.simulator.refusals import JsonObject, Refusal, invalid, not_found
from policy.simulator.shapes import Misfit, Schema, Shapes

DOCUMENTS = {
    "classroom": "classroom.v1",
    "directory": "admin.directory_v1",
    "licensing": "licensing.v1",
    "reports": "admin.reports_v1",
}
VARIABLE = re.compile(r"\{(\w+)\}")
Value = str | int | bool | tuple[str, ...]
Query = Mapping[str, Value]


@dataclass(frozen=True, eq=False, slots=True)
class Method:
    """One method of an API."""

    id: str
    api: str  # one of DOCUMENTS
    service: str  # classroom.googleapis.com
    verb: str
    path: str
    scopes: frozenset[str]
    parameters: Mapping[str, Schema]  # those of the query
    request: str | None  # a schema's name
    response: str
    requests: Shapes
    answers: Shapes

    def check_body(self, body: object) -> None:
        """Raises Refusal (400) unless the body fits the method's schema."""
        if self.request is None:
            if body not in ({}, None):
                raise invalid("Invalid JSON payload received. This method takes no body.")
            return
        misfit = self.requests.named(self.request)(body)
        if misfit is not None:
            raise _bad_body(misfit, root=self.request[0].lower() + self.request[1:])

    def check_answer(self, answer: JsonObject) -> Misfit | None:
        """What in an answer doesn't fit the method's schema."""
        return self.answers.named(self.response)(answer)


@dataclass(frozen=True, slots=True)
class Route:
    """A method and the values of its path."""

    method: Method
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Template:
    """A method's path, by the places of its segments: those that are said, those that are a
    variable, and those that are a variable and more, such as `{id}:accept`."""

    fixed: tuple[tuple[int, str], ...]
    named: tuple[tuple[int, str], ...]
    mixed: tuple[tuple[int, re.Pattern[str]], ...]

    def values(self, segments: Sequence[str]) -> dict[str, str] | None:
        """The variables of a path that fits, unescaped."""
        for place, text in self.fixed:
            if segments[place] != text:
                return None
        values: dict[str, str] = {}
        for place, name in self.named:
            if not segments[place]:
                return None
            values[name] = unquote(segments[place])
        for place, pattern in self.mixed:
            match = pattern.fullmatch(segments[place])
            if match is None:
                return None
            values.update((name, unquote(text)) for name, text in match.groupdict().items())
        return values


class Routes:
    """Which method a verb and a path mean."""

    def __init__(self, methods: Sequence[Method]) -> None:
        self._by_shape: dict[tuple[str, int], list[tuple[Template, Method]]] = {}
        for method in methods:
            shape = method.verb, method.path.count("/") + 1
            self._by_shape.setdefault(shape, []).append((_template(method.path), method))
        for routes in self._by_shape.values():
            routes.sort(key=lambda route: route[1].path.count("{"))
        self.ids = frozenset(method.id for method in methods)

    def find(self, verb: str, path: str) -> Route:
        """The method for a path as it was sent (still escaped). Raises Refusal (404)."""
        segments = path.removeprefix("/").split("/")
        for template, method in self._by_shape.get((verb, len(segments)), ()):
            values = template.values(segments)
            if values is not None:
                return Route(method, values)
        raise not_found("Method not found.")


@cache
def routes() -> Routes:
    """The routes of every document. Two of them have a method of the same id."""
    return Routes([method for api in DOCUMENTS for method in _methods(api)])


@lru_cache(maxsize=4096)
def read_query(method: Method, text: str) -> tuple[Query, Mask | None]:
    """The parameters in a query string, typed, and its field mask. Raises Refusal (400)."""
    found: dict[str, Value] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        schema = method.parameters.get(name)
        if schema is None:
            raise invalid(
                f'Invalid JSON payload received. Unknown name "{name}": Cannot bind query '
                f"parameter. Field '{name}' could not be found in request message."
            )
        typed = _typed(name, value, schema)
        if schema.get("repeated"):
            earlier = cast("tuple[str, ...]", found.get(name, ()))
            found[name] = (*earlier, str(typed))
        elif name in found:
            raise invalid(f"Invalid value at '{name}', the parameter was given twice")
        else:
            found[name] = typed
    return found, _mask(method, found)


def _mask(method: Method, query: Query) -> Mask | None:
    if query.get("alt", "json") != "json":
        raise invalid(f"The simulator answers in JSON only, not alt={query['alt']}")
    if "fields" not in query:
        return None
    mask = read_mask(str(query["fields"]))
    unknown = method.answers.unknown_field(method.response, mask)
    if unknown is not None:
        raise invalid(f"Invalid field selection {unknown}")
    return mask


def _typed(name: str, value: str, schema: Schema) -> Value:
    kind = schema.get("type")
    if kind == "boolean":
        if value not in ("true", "false"):
            raise _bad_value(name, "TYPE_BOOL", value)
        return value == "true"
    if kind == "integer":
        if not re.fullmatch(r"-?\d{1,10}", value) or not _in_range(int(value), schema):
            raise _bad_value(name, "TYPE_INT32", value)
        return int(value)
    if "enum" in schema and value not in cast("Sequence[str]", schema["enum"]):
        raise _bad_value(name, "TYPE_ENUM", value)
    return value


def _in_range(value: int, schema: Schema) -> bool:
    least = int(str(schema.get("minimum", -(2**31))))
    most = int(str(schema.get("maximum", 2**31 - 1)))
    return least <= value <= most


def _bad_value(name: str, kind: str, found: object) -> Refusal:
    return invalid(f"Invalid value at '{name}' ({kind}), {json.dumps(found)}")


def _bad_body(misfit: Misfit, *, root: str) -> Refusal:
    where = ".".join((root, *misfit.path)).replace(".[", "[")
    if misfit.kind == "unknown":
        return invalid(
            f"Invalid JSON payload received. Unknown name \"{misfit.found}\" at '{where}': "
            "Cannot find field."
        )
    return _bad_value(where, misfit.kind, misfit.found)


def _template(path: str) -> Template:
    fixed, named, mixed = [], [], []
    for place, segment in enumerate(path.split("/")):
        if VARIABLE.fullmatch(segment):
            named.append((place, segment[1:-1]))
        elif VARIABLE.search(segment):
            mixed.append((place, _segment(segment)))
        else:
            fixed.append((place, segment))
    return Template(tuple(fixed), tuple(named), tuple(mixed))


def _segment(template: str) -> re.Pattern[str]:
    """`{id}:accept` as a pattern for one escaped segment of a path."""
    parts = VARIABLE.split(template)
    pattern = "".join(
        f"(?P<{part}>.+)" if place % 2 else re.escape(part) for place, part in enumerate(parts)
    )
    return re.compile(pattern)


def _document(name: str) -> Schema:
    text = files("googleapiclient.discovery_cache.documents").joinpath(f"{name}.json").read_text()
    return cast("Schema", json.loads(text))


def _methods(api: str) -> Iterator[Method]:
    document = _document(DOCUMENTS[api])
    schemas = cast("Mapping[str, Schema]", document["schemas"])
    shapes = Shapes(schemas, nulls=True), Shapes(schemas, nulls=False)
    for raw in _walk(document):
        yield _method(raw, shapes, api, document)


def _walk(resource: Schema) -> Iterator[Schema]:
    yield from cast("Mapping[str, Schema]", resource.get("methods", {})).values()
    for inner in cast("Mapping[str, Schema]", resource.get("resources", {})).values():
        yield from _walk(inner)


def _method(raw: Schema, shapes: tuple[Shapes, Shapes], api: str, document: Schema) -> Method:
    own = cast("Mapping[str, Schema]", raw.get("parameters", {}))
    everywhere = cast("Mapping[str, Schema]", document["parameters"])
    query = {name: schema for name, schema in own.items() if schema["location"] == "query"}
    request = cast("Mapping[str, str]", raw.get("request", {}))
    response = cast("Mapping[str, str]", raw.get("response", {}))
    return Method(
        id=str(raw["id"]),
        api=api,
        service=str(document["rootUrl"]).removeprefix("https://").rstrip("/"),
        verb=str(raw["httpMethod"]),
        path=str(raw["flatPath"] if "flatPath" in raw else raw["path"]),
        scopes=frozenset(cast("Sequence[str]", raw.get("scopes", ()))),
        parameters={**everywhere, **query},
        request=request.get("$ref"),
        response=response.get("$ref", "Empty"),
        requests=shapes[0],
        answers=shapes[1],
    )
