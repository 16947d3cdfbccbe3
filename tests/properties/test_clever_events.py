"""Whatever happens at Clever: who follows the events has the drop of one who reads everything."""

from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from policy.rules.sources import CleverSource, Secret
from policy.sources.base import Arrival
from policy.sources.clever_api import CleverApi
from unit.sources.clever_service import (
    TOKEN,
    Clever,
    course,
    event,
    maple,
    school,
    section,
    serving,
    term,
    user,
)

NOW = datetime(2026, 8, 21, 3, 0, tzinfo=UTC)
PEOPLE = [f"p{number}" for number in range(6)]
ROLES = ("student", "teacher", "staff", "contact")
some_people = st.lists(st.sampled_from(PEOPLE), max_size=4)
names = st.sampled_from(["Art", 'Ärt, "II"', "", " 'Art\n"])
users = st.builds(
    lambda key, roles, first: user(key, *roles, name={"first": first, "last": "Name"}),
    st.sampled_from(PEOPLE),
    st.lists(st.sampled_from(ROLES), unique=True),
    names,
)
sections = st.builds(
    lambda key, teachers, students, rest: section(key, teachers, students, **rest),
    st.sampled_from(["x1", "x2", "x3"]),
    some_people,
    some_people,
    st.fixed_dictionaries(
        {
            "name": names,
            "course": st.sampled_from([None, "c1", "c2"]),
            "school": st.sampled_from(["s1", "s2"]),
            "term_id": st.sampled_from([None, "t1", "t2"]),
            "sis_id": st.sampled_from(["", "7", 8]),
            "grade": st.sampled_from([None, "", "2", "Kindergarten", "Other"]),
        }
    ),
)
schools = st.builds(lambda key, name: school(key, name=name), st.sampled_from(["s1", "s2"]), names)
terms = st.builds(
    lambda key, end: term(key, end_date=end),
    st.sampled_from(["t1", "t2"]),
    st.sampled_from([None, "2026-12-18", "9999-12-31", "soon"]),
)
courses = st.builds(lambda key, name: course(key, name=name), st.sampled_from(["c1", "c2"]), names)
things = st.one_of(
    st.tuples(st.just("users"), users),
    st.tuples(st.just("sections"), sections),
    st.tuples(st.just("schools"), schools),
    st.tuples(st.just("terms"), terms),
    st.tuples(st.just("courses"), courses),
)
# What happens: a thing, is it gone, and how many times its event is told.
nights = st.lists(
    st.lists(st.tuples(things, st.booleans(), st.integers(1, 2)), max_size=12), max_size=4
)


def happen(clever: Clever, kind: str, raw: dict[str, Any], gone: bool, times: int) -> None:
    assert clever.events is not None
    there = raw["id"] in clever.things[kind]
    if gone and not there:
        return
    if gone:
        del clever.things[kind][raw["id"]]
    else:
        clever.put(kind, raw)
    change = "deleted" if gone else "updated" if there else "created"
    for _ in range(times):
        clever.events.append(event(len(clever.events) + 1, kind, change, raw))


def read(clever: Clever, folder: Path) -> Arrival:
    token = folder.parent / "token"
    token.write_text(TOKEN)
    source = CleverSource(Secret(None, str(token), "policy.yaml:3"), clever.url)
    return CleverApi(source, folder, lambda: NOW, lambda _: None).fetch()


def files(drop: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in drop.glob("*.csv")}


@settings(deadline=None, max_examples=25)
@given(happened=nights)
def test_events_lead_where_a_full_read_leads(
    happened: list[list[tuple[tuple[str, dict[str, Any]], bool, int]]],
) -> None:
    clever = maple()
    clever.page = 5
    assert clever.events is not None
    clever.events.append(event(1, "districts", "updated", clever.district))
    with serving(clever), TemporaryDirectory() as there:
        read(clever, Path(there, "followed"))
        for number, night in enumerate(happened):
            for (kind, raw), gone, times in night:
                happen(clever, kind, raw, gone, times)
            followed = read(clever, Path(there, "followed"))
            assert not any("everything" in note for note in followed.notes)
            whole = read(clever, Path(there, f"whole-{number}"))
            assert files(followed.path) == files(whole.path)
