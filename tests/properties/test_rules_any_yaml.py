"""Whatever is in a policy file: it loads, or PolicyAtFault says why. Nothing else is raised."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from policy.errors import PolicyAtFault
from policy.render.trials_text import print_trials
from policy.rules.lines import Trail, Yaml, read_yaml
from policy.rules.load import load_policy
from policy.rules.schema import fields
from policy.trying import try_policy

VALID = """\
version: 1
district:
  id: springfield
  name: Springfield Public Schools
  domains: [springfield.example]
  timezone: America/Chicago
roster:
  - source: folder
    path: ./roster
freshness: {max_age: 36h, min_size: 80%}
people: {match: email}
classes:
  scope:
    schools: [Lincoln High, "0042"]
    terms: current
    grades: all
    exclude:
      - {name: "*lunch*", grade: ["09", "10"]}
      - {teacher: "substitute@*"}
  key: "{school_year}.{section.key}"
  name: "{course.name} – Period {section.period}"
  protect: [name, section]
  offer_again: 7d
  owner: classes@springfield.example
  adopt:
    - {alias: "d:clever-*", name: "*"}
  after_term: {archive_after: 14d}
co_teachers:
  at_most: 5
  extra:
    - {where: {course: "Algebra*"}, teachers: [coach@springfield.example]}
students:
  add: after_accept
  added_by_hand: keep
  removal_grace: 48h
  exceptions:
    - {person: pat@springfield.example, where: {name: "Chorus*"}, keep: out}
limits:
  student.remove: {district: 10%, class: 5, at_least: 3}
  course.create: {district: 200}
pause:
  - {from: 2027-06-10, to: 2027-08-20}
tests:
  - name: one section
    given: {section: {name: "Lunch A", period: "3", starts: 2026-08-24, teacher: []}}
    expect: {class: none}
  - name: of several
    given:
      sections: [{key: a, teacher: a@springfield.example}, {students: [b@springfield.example]}]
      section: a
      date: 2026-09-01
    expect: {class: {name: A, owner: a@springfield.example, students: []}}
  - name: of a roster
    given: {roster: ./small, person: pat@springfield.example}
    expect: {classes: [Algebra], teaches: []}
"""
unhurried = settings(deadline=None)
KEYS = sorted({name for field in fields(school_file=False) for name in field})
PIECES = [
    *("*", "&a ", "!!x ", "---\n", "\t", "\n", "  ", ": ", "- ", "{", "}", "[", "]", '"', "'", "#"),
    *("|", ">", "%", "@", "?", "\r", "\x00", "\x1b", "\x85", "\u2028", "\ufeff", "😀", "국", "NO"),
    *(
        "09",
        "1:30",
        "{section.key}",
        "110%",
        "0h",
        "99999d",
        "null",
        "~",
        "<<: ",
        "9" * 5000,
        "x" * 3000,
    ),
]
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.sampled_from(PIECES), st.text(max_size=8)
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.one_of(st.sampled_from(KEYS), st.text(max_size=8)), inner, max_size=4),
    ),
    max_leaves=8,
)


@contextmanager
def policy_folder(district: bytes, school: bytes | None = None) -> Iterator[Path]:
    with TemporaryDirectory() as folder:
        (Path(folder) / "district.yaml").write_bytes(district)
        if school is not None:
            (Path(folder) / "schools").mkdir()
            (Path(folder) / "schools" / "lincoln.yaml").write_bytes(school)
        yield Path(folder)


def load(district: bytes, school: bytes | None = None) -> list[str]:
    """The problems of a policy; none where it loads. Its tests, if it has any, are tried."""
    with policy_folder(district, school) as folder:
        try:
            outcomes = try_policy(load_policy(folder), date(2026, 9, 1))
            print_trials("policies", "Springfield", outcomes)
        except PolicyAtFault as fault:
            problems = fault.problems
        else:
            return []
    assert problems[-1].endswith("Nothing was planned.")
    assert 2 <= len(problems) <= 21
    assert all(mark.isprintable() or mark == "\n" for mark in "\n".join(problems))
    return list(problems)


def test_the_valid_policy_is_valid() -> None:
    assert load(VALID.encode()) == []


@unhurried
@given(st.binary(max_size=200))
@example(b"\xff\xfe")
@example(b"\xef\xbb\xbf")
def test_any_bytes(content: bytes) -> None:
    assert load(content)


@unhurried
@given(st.text(max_size=200))
@example("a: \ud7ff\ue000")
def test_any_text_in_a_school_file(text: str) -> None:
    load(VALID.encode(), text.encode("utf-8", "ignore"))


@unhurried
@given(st.integers(0, len(VALID)), st.integers(0, 12), st.sampled_from(PIECES))
def test_a_valid_policy_with_a_piece_put_in(place: int, cut: int, piece: str) -> None:
    load((VALID[:place] + piece + VALID[place + cut :]).encode())


@unhurried
@given(st.integers(0, len(VALID.splitlines())), st.integers(0, 2**32))
def test_a_valid_policy_with_its_lines_mixed(lost: int, seed: int) -> None:
    lines = VALID.splitlines(keepends=True)
    del lines[lost : lost + 1]
    random.Random(seed).shuffle(lines)
    load("".join(lines).encode())


def trails(data: Yaml, above: Trail = ()) -> Iterator[Trail]:
    yield above
    if isinstance(data, dict):
        for key, value in data.items():
            yield from trails(value, (*above, key))
    elif isinstance(data, list):
        for number, value in enumerate(data):
            yield from trails(value, (*above, number))


def replaced(data: Yaml, trail: Trail, value: object) -> object:
    if not trail:
        return value
    if isinstance(data, dict):
        return {k: replaced(v, trail[1:], value) if k == trail[0] else v for k, v in data.items()}
    assert isinstance(data, list)
    return [replaced(v, trail[1:], value) if n == trail[0] else v for n, v in enumerate(data)]


DATA = getattr(read_yaml("district.yaml", VALID)[0], "data", None)


@unhurried
@given(st.sampled_from(list(trails(DATA))), values)
def test_a_valid_policy_with_one_value_changed(trail: Trail, value: object) -> None:
    load(yaml.safe_dump(replaced(DATA, trail, value), allow_unicode=True).encode())


@unhurried
@given(values)
def test_any_data_in_a_school_file(value: object) -> None:
    whole = {"schools": ["0042"], **value} if isinstance(value, dict) else value
    load(VALID.encode(), yaml.safe_dump(whole, allow_unicode=True).encode())


@unhurried
@given(st.dictionaries(st.sampled_from(KEYS), values, max_size=4))
def test_any_value_for_any_known_key(value: dict[str, object]) -> None:
    load(yaml.safe_dump({"version": 1, **value}, allow_unicode=True).encode())
