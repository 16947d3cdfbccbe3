"""The schema as an editor shows it: every key explains itself, its words agree with docs/policy.md,
its examples load, and every field of the typed policy can be written."""

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
from jsonschema import Draft202012Validator

from policy.rules import model
from policy.rules.lines import Yaml, dotted
from policy.rules.load import load_policy
from policy.rules.roads import COMMON, NEEDED, OPTIONAL
from policy.rules.schema import Field, Schema, fields, schema
from policy.rules.writing import written

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs/policy.md").read_text(encoding="utf-8")
DISTRICT, SCHOOL = fields(school_file=False), fields(school_file=True)
SHORTEST = {
    "version": 1,
    "district": {
        "id": "springfield",
        "name": "Springfield Public Schools",
        "domains": ["springfield.example"],
        "timezone": "America/Chicago",
    },
}
SMALLEST_ENTRY: dict[str, dict[str, Yaml]] = {  # keys that an entry needs besides the one shown
    "combine": {"by": ["course"]},
    "extra": {"where": {"name": "*"}, "teachers": ["coach@springfield.example"]},
    "exceptions": {"person": "pat@springfield.example", "where": {"name": "*"}, "keep": "out"},
    "pause": {"from": "2027-06-10", "to": "2027-08-20"},
}


def resolved(node: Schema) -> Schema:
    reference = node.get("$ref")
    if not isinstance(reference, str):
        return node
    known = cast(dict[str, Schema], schema()["$defs"])
    return resolved(known[reference.removeprefix("#/$defs/")]) | node


def keys(node: Yaml, at: str = "") -> Iterator[tuple[str, Schema]]:
    """Every key of every map in the file, those in $defs too, with all that is said of it."""
    if isinstance(node, list):
        for part in node:
            yield from keys(part, at)
    elif isinstance(node, dict):
        properties = cast(dict[str, Schema], node.get("properties", {}))
        for name, part in properties.items():
            yield f"{at}/{name}", resolved(part)
        for name, inner in node.items():
            yield from keys(inner, at if name == "properties" else f"{at}/{name}")


_SECRET: dict[str, Yaml] = {"env": "SECRET"}
SMALLEST_SOURCE: dict[str, dict[str, Yaml]] = {  # of each kind
    "folder": {},
    "sftp": {
        "host": "sftp.springfield.example",
        "user": "rollbook",
        "path": "/drops",
        "host_key": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA",
        "key": _SECRET,
    },
    "clever": {"token": _SECRET},
    "oneroster": {
        "url": "https://sis.springfield.example/ims/oneroster/v1p1",
        "version": "1.1",
        "client_id": "rollbook",
        "client_secret": _SECRET,
        "token_url": "https://sis.springfield.example/token",
    },
}
KEYS = list(keys(cast(Yaml, schema())))


def forms(part: Schema) -> list[Schema]:
    """A value's kinds, where it may be of several."""
    inner = [resolved(one) for one in cast(list[Schema], part.get("anyOf", []))]
    return [part, *(form for one in inner for form in forms(one))]


@pytest.mark.parametrize(("at", "part"), KEYS, ids=[at for at, _ in KEYS])
def test_every_key_explains_itself(at: str, part: Schema) -> None:
    title, description = str(part.get("title", "")), str(part.get("description", ""))
    assert title, f"{at} needs a title"
    assert title[0].isupper()
    assert description.rstrip().endswith((".", "}")), f"{at} needs a description, a sentence"
    assert "$" not in description
    is_map = all(form.get("type") == "object" for form in forms(part))
    is_tests = at.endswith("/tests")  # whose keys have examples of their own
    assert is_map or is_tests or part.get("examples"), f"{at} needs examples"
    for form in forms(part):
        if "enum" in form and len(cast(list[str], form["enum"])) > 1 and "list" not in description:
            missing = [word for word in cast(list[str], form["enum"]) if word not in description]
            assert missing == [], f"{at} should say what {missing} mean"


@pytest.mark.parametrize(("at", "part"), KEYS, ids=[at for at, _ in KEYS])
def test_a_default_is_told_in_words(at: str, part: Schema) -> None:
    if "default" not in part or part.get("type") == "object":
        return
    default = cast(Yaml, part["default"])
    words = {"": "none", "[]": "none"}.get(written(default), written(default).strip('"'))
    told = re.search(r"Default: (.+)\.$", str(part["description"]))
    assert told is not None, f"{at} should end in: Default: {words}."
    assert told[1] in (words, "nobody") or told[1] == "the folder ./roster"


@pytest.mark.parametrize(("at", "part"), KEYS, ids=[at for at, _ in KEYS])
def test_every_example_is_allowed(at: str, part: Schema) -> None:
    validator = Draft202012Validator(
        {**part, "$defs": schema()["$defs"]},
        format_checker=Draft202012Validator.FORMAT_CHECKER,
    )
    for value in cast(list[Yaml], part.get("examples", [])):
        assert [error.message for error in validator.iter_errors(value)] == [], at


EXAMPLES = [
    (name, field, example)
    for name, known in (("district.yaml", DISTRICT), ("schools/lincoln.yaml", SCHOOL))
    for field, part in known.items()
    if field[0] != "tests"  # a part of a test does not load by itself
    for example in cast(list[Yaml], part.get("examples", []))
]


@pytest.mark.parametrize(
    ("file", "field", "example"),
    EXAMPLES,
    ids=[f"{file[:6]}-{dotted(field)}-{written(example)}" for file, field, example in EXAMPLES],
)
def test_every_example_loads(tmp_path: Path, file: str, field: Field, example: Yaml) -> None:
    (tmp_path / "schools").mkdir()
    data: dict[str, Yaml] = cast(dict[str, Yaml], SHORTEST)
    written_in: dict[str, Yaml] = {} if file.startswith("schools") else dict(data)
    if file.startswith("schools") and field[0] != "schools":
        written_in = {"schools": ["0042"]}
    put(written_in, field, example)
    beside(tmp_path, example)
    (tmp_path / "district.yaml").write_text(written(data), encoding="utf-8")
    (tmp_path / file).write_text(written(written_in), encoding="utf-8")
    load_policy(tmp_path)


def put(data: dict[str, Yaml], field: Field, value: Yaml) -> None:
    """Write a value where a field is; in a list, into its one entry."""
    here = data
    for number, key in enumerate(field):
        part = (DISTRICT | SCHOOL)[field[: number + 1]]
        if number == len(field) - 1:
            here[key] = value
        elif part.get("type") == "array":
            entry = dict(SMALLEST_ENTRY.get(key, {}))
            here[key] = [entry]
            if key == "roster":
                entry |= smallest_source(field[number + 1], value)
                here[key] = [entry, {"source": "folder", "path": "./the-rest"}]
            here = entry
        else:
            inner = here.get(key)
            is_secret = field[0] == "roster"  # env or file, never both
            here[key] = here = dict(inner) if isinstance(inner, dict) and not is_secret else {}


def smallest_source(key: str, value: Yaml) -> dict[str, Yaml]:
    """A source that may have a key: the example's kind, where the key is that."""
    kinds = (kind for kind in NEEDED if key in (*COMMON, *NEEDED[kind], *OPTIONAL[kind]))
    kind = str(value) if key == "source" else next(kinds)
    return {"source": kind, **SMALLEST_SOURCE[kind]}


def beside(folder: Path, example: Yaml) -> None:
    """A file that an example names, where it is one that the policy reads."""
    if isinstance(example, str) and example.endswith(".csv"):
        (folder / example).write_text("sis_key,email\n", encoding="utf-8")


# Where each class of the typed policy is written, and what a field's key is called if not alike.
WRITTEN: dict[type, tuple[Field, dict[str, str]]] = {
    model.District: (("district",), {}),
    model.Scope: (("classes", "scope"), {"lead": "terms"}),  # {current_or_starts_within: 14d}
    model.Classes: (("classes",), {"archive_after": "after_term"}),
    model.Combine: (("classes", "combine"), {}),
    model.Adopt: (("classes", "adopt"), {}),
    model.CoTeachers: (("co_teachers",), {"former_owner": "when_primary_changes"}),
    model.Extra: (("co_teachers", "extra"), {}),
    model.Students: (("students",), {}),
    model.SeatException: (("students", "exceptions"), {}),
    model.Limit: (("limits", "student.remove"), {"class_": "class"}),
    model.Freshness: (("freshness",), {}),
    model.Pause: (("pause",), {"start": "from", "end": "to"}),
    model.Roles: (("roles",), {}),
}


@pytest.mark.parametrize("kind", WRITTEN, ids=lambda kind: kind.__name__)
def test_every_field_of_the_typed_policy_has_its_key_and_every_key_its_field(kind: type) -> None:
    at, renamed = WRITTEN[kind]
    names = [field.name for field in dataclasses.fields(kind) if field.name != "line"]
    held = {renamed.get(name, name) for name in names}
    assert held == {field[-1] for field in DISTRICT if field[:-1] == at}


def test_what_the_page_calls_a_choice_the_schema_offers() -> None:
    """A row of the page that tells of words in backticks: the words that may be written."""
    table = PAGE.partition("\n## Keys\n")[2].partition("\n## ")[0]
    for row in re.findall(
        r"^\| `([^`]+)` \| (.+?) \| [^|]+ \| (?:yes|no) \|$", table, re.MULTILINE
    ):
        field = next(f for f in DISTRICT if dotted(f) == row[0].replace("[]", ""))
        choices = [
            str(word)
            for form in forms(DISTRICT[field])
            for word in cast(list[Yaml], form.get("enum", []))
        ]
        missing = [word for word in choices if f"`{word}`" not in row[1]]
        assert missing == [], f"docs/policy.md should tell of {missing} at {row[0]}"
