"""One file against the JSON Schema: each thing that is wrong, as a Problem in a clerk's words.

It looks at single files and single values; what contradicts what is in contradictions.py.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import cast

from jsonschema import ValidationError

from policy.rules.lines import Document, Trail, Yaml, dotted
from policy.rules.problems import Code, Problem, did_you_mean, in_quotes, one_of, quoted
from policy.rules.schema import (
    Field,
    Schema,
    fields,
    validator,
)

YES = frozenset({"yes", "on", "true"})
NO = frozenset({"no", "off", "false"})


def check(document: Document, *, school_file: bool, test_file: bool = False) -> list[Problem]:
    """All that the schema finds wrong with a file, and text that should be in quotes."""
    found: dict[Problem, Trail] = {}
    rules = validator(school_file=school_file, test_file=test_file)
    for error in rules.iter_errors(document.data):
        for leaf in _leaves(error):
            trail = tuple(leaf.absolute_path)
            for place, problem in _problems(document, leaf, trail, school_file=school_file):
                found.setdefault(problem, place)
    at_fault = set(found.values())
    return [*found, *_unquoted(document, at_fault)]


def _problems(
    document: Document, error: ValidationError, trail: Trail, *, school_file: bool
) -> Iterator[tuple[Trail, Problem]]:
    if error.validator == "additionalProperties":
        yield from _extra_keys(document, error, trail, school_file=school_file)
    elif error.validator == "required":
        yield from _missing_keys(document, error, trail, school_file=school_file)
    else:
        yield trail, _wrong_value(document, error, trail)


def _extra_keys(
    document: Document, error: ValidationError, trail: Trail, *, school_file: bool
) -> Iterator[tuple[Trail, Problem]]:
    instance, known = cast(dict[str, Yaml], error.instance), _part(error).get("properties", {})
    for key in instance:
        if key not in cast(dict[str, Schema], known):
            here = (*trail, key)
            yield (
                here,
                _extra_key(document, here, list(cast(Schema, known)), school_file=school_file),
            )


def _extra_key(
    document: Document, trail: Trail, known: Sequence[str], *, school_file: bool
) -> Problem:
    field = _field(trail)
    if school_file and field in fields(school_file=False):
        message = (
            f"{dotted(trail)} can only be set in district.yaml, where it holds for all schools"
        )
        return document.at_key(Code.DISTRICT_ONLY, trail, message)
    joined = _unnested(document, trail, known)
    close = joined[0] if joined else did_you_mean(field[-1], known)
    message = f"{dotted(trail)} is not a key that is known here"
    if close is None and known == ["tests"]:
        message = f"{dotted(trail)} has no place in a file of tests, which holds tests: alone"
        return document.at_key(Code.UNKNOWN_KEY, trail, message)
    if close is None:
        elsewhere = _elsewhere(field, school_file=school_file)
        hint = f"did you mean {elsewhere}?" if elsewhere else f"expected {one_of(list(known))}"
        return document.at_key(Code.UNKNOWN_KEY, trail, f"{message}; {hint}")
    write = f"{close}: {document.written(trail)}" if _is_short(document, trail) else f"{close}:"
    write = joined[1] if joined else write
    hint = f"did you mean {close}?"
    return document.at_key(Code.UNKNOWN_KEY, trail, f"{message}; {hint}", write=write)


def _unnested(document: Document, trail: Trail, known: Sequence[str]) -> tuple[str, str] | None:
    """student: {remove: X} as the one key that it should be, and how to write that:
    student.remove: X"""
    value = document.data
    for step in trail:
        value = value[step] if isinstance(value, dict | list) else None  # type: ignore[index]
    if not isinstance(value, dict):
        return None
    joined = {f"{trail[-1]}.{key}": inner for key, inner in value.items()}
    return next(
        ((name, f"{name}: {_flow(joined[name])}") for name in joined if name in known), None
    )


def _elsewhere(wrong: Field, *, school_file: bool) -> str | None:
    """Where a key of this name is known, when it is known at just one other place. What tests
    expect is called as what they are about."""
    places = [
        field
        for field in fields(school_file=school_file)
        if field[-1] == wrong[-1] and (field[0] == "tests") == (wrong[0] == "tests")
    ]
    return dotted(places[0]) if len(places) == 1 else None


def _is_short(document: Document, trail: Trail) -> bool:
    """Does the value stand on the line of its key?"""
    return document.values[trail].line == document.keys[trail].line


def _missing_keys(
    document: Document, error: ValidationError, trail: Trail, *, school_file: bool
) -> Iterator[tuple[Trail, Problem]]:
    instance = cast(dict[str, Yaml], error.instance)
    unknown = [key for key in instance if key not in cast(Schema, _part(error)["properties"])]
    for key in cast(list[str], error.validator_value):
        if key in instance or did_you_mean(key, unknown):
            continue  # a misspelled one is told as that
        part = fields(school_file=school_file)[_field((*trail, key))]
        message = f"{dotted((*trail, key))} is missing; expected {_expected(part)}"
        write = f"{key}: {_example(part)}" if "examples" in part else f"{key}:"
        if trail:
            yield trail, document.at_key(Code.KEY_MISSING, trail, message, write=write)
        else:
            file = document.source.file
            yield trail, Problem(Code.KEY_MISSING, file, message, write=write)


def _wrong_value(document: Document, error: ValidationError, trail: Trail) -> Problem:
    if problem := _unquoted_value(document, error, trail):
        return problem
    if document.data is None:
        message = f"the file is empty; expected {_expected_of(error)}"
        return Problem(Code.WRONG_VALUE, document.source.file, message)
    if _part(error).get("x-secret") and isinstance(error.instance, str):
        return _secret_written_out(document, error, trail)
    name = dotted(trail) or "the file"
    found = _found(document, trail, error.instance)
    if error.validator == "maxLength":
        found = f"one of {len(str(error.instance)):,}"
    message = f"{name} should be {_expected_of(error)}, not {found}"
    advice = _advice(document, error, trail) if error.validator != "maxLength" else None
    write = _entry(document, trail, advice) if advice else None
    return document.at_value(Code.WRONG_VALUE, trail, message, write=write)


def _secret_written_out(document: Document, error: ValidationError, trail: Trail) -> Problem:
    """Its row is not shown: what is printed ends in logs."""
    message = (
        f"{dotted(trail)} should be {_expected_of(error)}, not the secret itself. Who can read the "
        "policy can read it: have a new one made"
    )
    example = _example(_part_of_field(trail) or {}) or "{env: NAME}"
    write = _entry(document, trail, example)
    problem = document.at_value(Code.WRONG_VALUE, trail, message, write=write)
    return replace(problem, rows=())


def _unquoted_value(document: Document, error: ValidationError, trail: Trail) -> Problem | None:
    """A number, true, false or {…} where text is wanted: it only lacks quotes."""
    instance, written = error.instance, document.written(trail)
    if not _wants_text(error) or not trail or "'" in written or '"' in written:
        return None
    if isinstance(pattern := _part(error).get("pattern"), str) and not re.search(pattern, written):
        return None  # 48 where a time is wanted: quotes would not mend it
    if isinstance(instance, bool | int):
        kind = "true or false" if isinstance(instance, bool) else "a number"
    elif _looks_like_template(instance) and written.startswith("{"):
        kind = "a map"
    else:
        return None
    message = f"{dotted(trail)} should be text, and {written} without quotes is {kind}"
    write = _entry(document, trail, in_quotes(written))
    return document.at_value(Code.NEEDS_QUOTES, trail, message, write=write)


def _looks_like_template(instance: object) -> bool:
    """{section.period} without quotes: YAML reads a map with one key and no value."""
    return isinstance(instance, dict) and list(instance.values()) == [None]


def _unquoted(document: Document, at_fault: set[Trail]) -> Iterator[Problem]:
    """Text that other readers of YAML take for something else, where nothing else is wrong."""
    for trail, kind in document.quirks.items():
        if any(trail[:length] in at_fault for length in range(1, len(trail) + 1)):
            continue
        if kind == "a date" and (_part_of_field(trail) or {}).get("format") == "date":
            continue
        written = document.written(trail)
        message = f"{dotted(trail)} should be text, and {written} without quotes is {kind}"
        write = _entry(document, trail, in_quotes(written))
        yield document.at_value(
            Code.NEEDS_QUOTES, trail, f"{message} to many programs", write=write
        )


def _advice(document: Document, error: ValidationError, trail: Trail) -> str | None:
    """What to write in place of a wrong value, as YAML."""
    part, instance = _part(error), error.instance
    if part.get("type") == "boolean":
        word = str(instance).casefold()
        return "true" if word in YES else "false" if word in NO else _example(part)
    options = _options(part)
    # Where names may stand, a word that is only like `all` is a name: "fall" is not all terms.
    alike = 1.0 if _wants_list(part) else 0.75
    if isinstance(instance, str) and (close := did_you_mean(instance, options, alike=alike)):
        return close
    if _wants_list(part) and _is_flat(instance):
        return f"[{_flow(cast(Yaml, instance))}]"
    if isinstance(instance, str) and (wrapped := _wrapped(instance, part)):
        return wrapped
    if _wants_list(part) and isinstance(instance, str | int) and instance != "":
        return f"[{document.written(trail) if _is_plain(instance) else in_quotes(str(instance))}]"
    if part.get("type") == "string" and isinstance(instance, list) and len(instance) == 1:
        return _flow(instance[0])
    if isinstance(instance, str) and (near := _near(instance, part)):
        return near
    return _example(_part_of_field(trail) or {})


def _wrapped(text: str, part: Schema) -> str | None:
    """A text that belongs into a map with one key, such as 14d into {archive_after: 14d}."""
    for form in cast(list[Schema], part.get("anyOf", [])):
        inner = cast(dict[str, Schema], form.get("properties", {}))
        for name, value in inner.items():
            pattern = value.get("pattern")
            if isinstance(pattern, str) and re.search(pattern, text):
                return _flow({name: text})
    return None


def _near(text: str, part: Schema) -> str | None:
    """A text much like this one that would do: what comes after an @, all lower-case, or a time
    with its unit as one letter."""
    pattern = part.get("pattern")
    lower = re.sub(r"[^a-z0-9_-]+", "-", text.casefold()).strip("-")
    found = _LONG_TIME.fullmatch(text.casefold())
    time = found[1] + found[2][0] if found else ""
    for candidate in (text.rpartition("@")[2], lower, time):
        is_other = candidate not in ("", text)
        if isinstance(pattern, str) and is_other and re.search(pattern, candidate):
            return _flow(candidate)
    return None


_LONG_TIME = re.compile(r"([0-9]+) *(m(?:in(?:ute)?s?)?|h(?:(?:ou)?rs?)?|d(?:ays?)?)")


def _part_of_field(trail: Trail) -> Schema | None:
    """What the schema says of a key, where the trail ends in one."""
    if not trail or isinstance(trail[-1], int):
        return None
    return fields(school_file=False).get(_field(trail))


def _entry(document: Document, trail: Trail, text: str) -> str:
    """A value as an entry of its map or list."""
    last = trail[-1] if trail else 0
    if isinstance(last, str):
        return f"{last}: {text}"
    spot = document.values[trail]
    before = document.source.rows[spot.line - 1][: spot.column - 1]
    return f"- {text}" if before.rstrip().endswith("-") else text


def _leaves(error: ValidationError) -> list[ValidationError]:
    """The errors to tell for an error: where a value may have several forms (anyOf), those of
    the form that it seems to be meant as."""
    if error.validator != "anyOf":
        return [error]
    forms: dict[object, list[ValidationError]] = {}
    for inner in error.context or []:
        forms.setdefault(inner.relative_schema_path[0], []).append(inner)
    for errors in forms.values():
        if not any(e.validator in ("type", "enum") and not e.relative_path for e in errors):
            return [leaf for inner in errors for leaf in _leaves(inner)]
    return [error]


def _wants_text(error: ValidationError) -> bool:
    part = _part(error)
    forms = cast(list[Schema], part.get("anyOf", []))
    return part.get("type") == "string" or {"$ref": "#/$defs/word"} in forms


def _wants_list(part: Schema) -> bool:
    forms = cast(list[Schema], part.get("anyOf", []))
    return part.get("type") == "array" or {"$ref": "#/$defs/words"} in forms


def _options(part: Schema) -> list[str]:
    """The words that a value may be."""
    forms = [part, *cast(list[Schema], part.get("anyOf", []))]
    return [str(word) for form in forms for word in cast(list[Yaml], form.get("enum", []))]


def _expected_of(error: ValidationError) -> str:
    above = cast(ValidationError | None, error.parent)
    if above is not None and not error.relative_path:
        return _expected(_part(above))  # one form of several: name them all
    return _expected(_part(error))


def _expected(part: Schema) -> str:
    if "x-expected" in part:
        return str(part["x-expected"])
    if part.get("type") == "boolean":
        return "true or false"
    return one_of(_options(part))


def _example(part: Schema) -> str | None:
    examples = cast(list[Yaml], part.get("examples", []))
    if examples and part.get("format") == "date":
        return str(examples[0])
    return _flow(examples[0]) if examples else None


_PLAIN = re.compile(r"[A-Za-z./][\w./@-]*(?: [\w./@-]+)*|[0-9]+[%mhd]")


def _is_plain(value: Yaml) -> bool:
    return isinstance(value, str) and _PLAIN.fullmatch(value) is not None


def _is_flat(value: object) -> bool:
    """A map of texts, which can be written again as it stands."""
    return (
        isinstance(value, dict) and bool(value) and all(isinstance(v, str) for v in value.values())
    )


def _flow(value: Yaml) -> str:
    """A value as YAML, on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if isinstance(value, str):
        return value if _is_plain(value) else in_quotes(value)
    return str(value).lower()


def _found(document: Document, trail: Trail, value: object) -> str:
    """A value as a message names it."""
    if isinstance(value, dict):
        return "a map" if value else "an empty map"
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    if value is None:
        return "nothing"
    if trail in document.quirks or not isinstance(value, str):
        return document.written(trail)
    return quoted(value)


def _part(error: ValidationError) -> Schema:
    """The part of the schema that an error is about."""
    return cast(Schema, error.schema)


def _field(trail: Trail) -> Field:
    return tuple(step for step in trail if isinstance(step, str))
