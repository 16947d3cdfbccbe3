"""People and memberships in columns: to a reader they are what went in."""

from collections import defaultdict
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.roster.model import Membership, Person, Place, Role
from policy.roster.packed import PackedPeople, Seating

DAYS = st.none() | st.dates(date(2026, 1, 1), date(2026, 1, 9))
NAMES = st.sampled_from(["Ann", "Bob", "Cyd", ""])
FILES = ("users.csv", "teachers.csv")
PLACES = st.builds(Place, st.sampled_from(FILES), st.integers(2, 9**9))
PEOPLE = ("p0", "p1", "p2", "p3")


def filled(people: dict[str, Person]) -> PackedPeople:
    packed = PackedPeople()
    for key, person in people.items():
        packed[key] = person
    return packed


def person(key: str, line: int = 2) -> Person:
    return Person(key, "Ann", "Xu", f"{key}@maple.example", Place("users.csv", line))


@given(st.dictionaries(st.text(max_size=3), st.tuples(NAMES, NAMES, NAMES, PLACES)))
def test_people_are_what_was_put_in(rows: dict[str, tuple[str, str, str, Place]]) -> None:
    people = {
        key: Person(key, given, family, email, place)
        for key, (given, family, email, place) in rows.items()
    }
    packed = filled(people)
    assert packed == people
    assert list(packed) == list(people)
    assert len(packed) == len(people)
    assert packed.get("nobody of this name") is None


@given(st.lists(st.booleans(), max_size=8))
def test_some_of_the_people_are_as_they_were(chosen: list[bool]) -> None:
    people = {f"p{n}": person(f"p{n}", n + 2) for n in range(len(chosen))}
    some = filled(people).only({n for n, is_in in enumerate(chosen) if is_in})
    assert some == {f"p{n}": people[f"p{n}"] for n, is_in in enumerate(chosen) if is_in}
    assert [some[key].key for key in some] == list(some)


def test_nobody_is_put_in_twice_or_taken_out() -> None:
    packed = filled({"p": person("p")})
    with pytest.raises(KeyError, match="p is there already"):
        packed["p"] = person("p")
    with pytest.raises(TypeError, match="people are not taken out"):
        del packed["p"]


@st.composite
def memberships(draw: st.DrawFn) -> list[tuple[str, Membership]]:
    """Rows of a file: a section, and who is what in it. Some people have no usable row."""
    count = draw(st.integers(0, 30))
    return [
        (
            draw(st.sampled_from(["s1", "s2", "s3"])),
            Membership(
                person=draw(st.sampled_from([*PEOPLE, "x1", "x2"])),
                role=draw(st.sampled_from(Role)),
                primary=draw(st.booleans()),
                begin=draw(DAYS),
                end=draw(DAYS),
                file=draw(st.sampled_from(FILES)),
                line=line,
            ),
        )
        for line in range(2, count + 2)
    ]


@given(memberships())
def test_memberships_are_what_was_put_in_by_section(rows: list[tuple[str, Membership]]) -> None:
    seating = Seating(filled({key: person(key) for key in PEOPLE}))
    expected: defaultdict[str, list[Membership]] = defaultdict(list)
    for section, m in rows:
        expected[section].append(m)
        kind = seating.kind((m.role, m.primary, m.begin, m.end, m.file))
        seating.add(section, m.person, kind, m.line)
    named = {m.person for _, m in rows}
    numbers = seating.named()
    assert {key for key in (*PEOPLE, "x1", "x2") if seating.number(key) in numbers} == named
    assert seating.has_any("s1", since=0) == ("s1" in expected)
    last = max((n for n, row in enumerate(rows) if row[0] == "s1"), default=-1)
    assert not seating.has_any("s1", since=last + 1)
    packed = seating.packed()
    assert packed == {section: tuple(members) for section, members in expected.items()}
    assert list(packed) == list(expected)
    assert len(packed) == len(expected)
    assert ("s1" in packed) == ("s1" in expected)
    assert packed.get("s4", ()) == ()


def test_many_at_once_are_as_one_by_one() -> None:
    both = []
    for at_once in (True, False):
        seating = Seating(filled({key: person(key) for key in PEOPLE}))
        kinds = [seating.kind((role, False, None, None)) for role in Role]
        if at_once:
            seating.add_many(
                ["s2", "s1", "s2"], [3, 0, 1], [kinds[1], kinds[0], kinds[1]], (2, 3, 5)
            )
        else:
            seating.add("s2", "p3", kinds[1], 2)
            seating.add("s1", "p0", kinds[0], 3)
            seating.add("s2", "p1", kinds[1], 5)
        both.append(seating.packed())
    assert both[0] == both[1]
    assert [m.person for m in both[0]["s2"]] == ["p3", "p1"]
