"""What a roster proposes: what is left out and why, with counts."""

from dataclasses import replace
from datetime import date

import pytest

from building import person, roster, section, student, teacher, term
from policy.beginning.proposing import Exclusion, Proposal, likely_domains, propose
from policy.roster.model import Membership, Place, Roster, School, Section

DAY = date(2026, 9, 1)
BOTH = (teacher("p0"), student("p1"))


def titled(title: str, *subjects: str, school: str = "sch1") -> Section:
    """A section whose key is its title too."""
    at = School(school, f"School {school}", Place("orgs.csv", 2))
    return replace(section(title, title=title, school=at), subjects=subjects)


def town(sections: dict[Section, tuple[Membership, ...]], *emails: str) -> Roster:
    people = [person(f"p{number}", email=email) for number, email in enumerate(emails)]
    return roster(sections, tuple(people))


def seen(*sections: Section) -> Proposal:
    return propose(town(dict.fromkeys(sections, BOTH)), domains=["demo.example"], day=DAY)


def test_homerooms_and_lunch_are_left_out_by_what_they_are_called_here() -> None:
    found = seen(
        titled("7A", "Homeroom/advisory"),
        titled("7B", "Homeroom/advisory"),
        titled("LUNCH A", "Other"),
        titled("Study Hall - P3", "Other"),
        titled("Algebra", "Math"),
    )
    assert found.exclude == (
        Exclusion("subject", ("Homeroom/advisory",), 2),
        Exclusion("name", ("*lunch*",), 1),
        Exclusion("name", ("*study hall*",), 1),
    )
    assert (found.sections, found.held, found.taken, found.left) == (5, 5, 4, 1)


def test_each_section_is_counted_by_one_matcher_only() -> None:
    found = seen(titled("Lunch", "Lunch"), titled("Lunch homeroom", "Other"))
    assert found.exclude == (
        Exclusion("subject", ("Lunch",), 1),
        Exclusion("name", ("*homeroom*",), 1),
    )


@pytest.mark.parametrize("title", ["The Great Recession", "Lunchroom Helpers"])
def test_a_word_within_a_word_is_never_taken(title: str) -> None:
    found = seen(titled("Recess 3"), titled("Lunch"), titled(title))
    assert found.taken == 2
    words = {glob for exclusion in found.exclude for glob in exclusion.globs}
    assert not words & ({"*recess*"} if "Recession" in title else {"*lunch*"})


def test_a_school_that_would_be_empty_is_told() -> None:
    found = seen(titled("Homeroom 1", school="e"), titled("Algebra", school="h"))
    assert [school.key for school in found.emptied] == ["e"]


def test_without_such_sections_nothing_is_left_out() -> None:
    assert seen(titled("Algebra")).exclude == ()


def test_what_the_day_holds() -> None:
    later = replace(titled("Later"), terms=(term("spring", start=date(2027, 1, 4)),))
    lacking = {titled("Alone"): (student("p1"),), titled("Empty"): (teacher("p0"),)}
    found = propose(town({later: BOTH, **lacking}), domains=["demo.example"], day=DAY)
    assert (found.sections, found.held, found.left) == (3, 2, 2)
    assert (found.without_teacher, found.without_student) == (1, 1)
    assert [(t.name, t.holds, t.sections) for t in found.terms] == [
        ("Full year", True, 2),
        ("spring", False, 1),
    ]


def test_grades_stand_as_children_go_through_them() -> None:
    grades = [("10",), ("KG", "01"), ("Other",), (), ("2", "PK")]
    found = seen(*(replace(titled(f"s{n}"), grades=g) for n, g in enumerate(grades)))
    assert [grade for grade, _ in found.grades] == ["PK", "KG", "01", "2", "10", "Other"]
    assert found.without_grade == 1


def test_the_domains_that_are_likely_the_districts() -> None:
    staff, pupils = ["t@maple.example"] * 2, ["s@Students.Maple.example"] * 7
    others = ["ann@gmail.com"] * 9 + ["uncle@elsewhere.example"]
    found = town({}, *staff, *pupils, *others, "", "no-address")
    assert likely_domains(found) == ("students.maple.example", "maple.example")
    emails = propose(found, domains=["Maple.example"], day=DAY).emails
    assert (emails.people, emails.inside, emails.are_mostly_outside) == (19, 2, True)


def test_half_of_the_e_mails_inside_is_no_reason_to_warn() -> None:
    found = propose(town({}, "a@a.example", "b@b.example"), domains=["a.example"], day=DAY)
    assert not found.emails.are_mostly_outside
