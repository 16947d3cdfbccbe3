"""Made-up sections as a roster: terms that hold, people once, rows where the test has them."""

from dataclasses import replace
from datetime import date

import pytest

from policy.roster.model import Membership, Role
from policy.rules.trials import Fate, GivenPerson, GivenSection, Trial
from policy.trying_given import given_roster

DAY = date(2026, 9, 1)
ADA, PAT = GivenPerson("Ada@x.example", "Ada King Byron"), GivenPerson("pat@x.example")
SECTION = GivenSection(
    key="a",
    name="Algebra",
    code="",
    course="Course",
    course_code="",
    school="s",
    school_name="School",
    grades=(),
    subjects=(),
    periods=(),
    room="",
    term="Term",
    starts=None,
    ends=None,
    school_year="",
    teachers=(ADA, PAT),
    students=(GivenPerson("kim@x.example"),),
    line=7,
)


def trial(*sections: GivenSection) -> Trial:
    return Trial("one", "p/a.test.yaml", 5, None, sections, "", "a", "", Fate.NONE)


@pytest.mark.parametrize(
    ("starts", "ends", "term"),
    [
        (None, None, "2026-08-02 2026-10-02 2026"),
        ("2026-08-24", None, "2026-08-24 2026-10-02 2026"),
        ("2026-12-20", None, "2026-12-20 2027-01-20 2027"),
        (None, "2026-12-18", "2026-08-02 2026-12-19 2026"),
        (None, "2026-06-01", "2026-05-02 2026-06-02 2026"),
        ("2026-08-24", "2027-06-04", "2026-08-24 2027-06-05 2027"),
    ],
)
def test_a_term_holds_on_the_day_as_far_as_its_own_days_allow(
    starts: str | None, ends: str | None, term: str
) -> None:
    first = date.fromisoformat(starts) if starts else None
    last = date.fromisoformat(ends) if ends else None
    section = replace(SECTION, starts=first, ends=last)
    [found] = given_roster(trial(section), DAY).sections["a"].terms
    assert f"{found.start} {found.end} {found.school_year}" == term


def test_people_are_told_apart_by_e_mail_and_have_the_name_that_they_have_anywhere() -> None:
    other = replace(SECTION, key="b", teachers=(GivenPerson("PAT@x.example", "Pat Doe"),), line=9)
    roster = given_roster(trial(SECTION, other), DAY)
    named = {key: (person.given_name, person.family_name) for key, person in roster.people.items()}
    assert named == {
        "ada@x.example": ("Ada King", "Byron"),
        "pat@x.example": ("Pat", "Doe"),
        "kim@x.example": ("", "kim"),
    }
    assert str(roster.people["kim@x.example"].place) == "p/a.test.yaml:7"


def test_the_first_teacher_is_the_primary_one() -> None:
    roster = given_roster(trial(SECTION), DAY)
    assert roster.memberships["a"] == (
        Membership("ada@x.example", Role.TEACHER, True, None, None, "p/a.test.yaml", 7),
        Membership("pat@x.example", Role.TEACHER, False, None, None, "p/a.test.yaml", 7),
        Membership("kim@x.example", Role.STUDENT, False, None, None, "p/a.test.yaml", 7),
    )
    assert {m.file for m in roster.memberships["a"]} == {"p/a.test.yaml"}
