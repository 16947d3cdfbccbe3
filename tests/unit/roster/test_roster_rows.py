"""Each thing that can be wrong with a row: its words, what is left out, and what is in doubt."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from policy.roster.model import Roster
from unit.roster.small_drop import FILES, changed, faults, load

ALL = {"alg1": [2, 3, 4, 5], "alg2": [6, 7], "art1": [8, 9]}
NO_ALG1 = {"alg2": [6, 7], "art1": [8, 9]}
NO_BOB = {**ALL, "alg1": [2, 3, 4]}
A_DATE = "expected a date such as 2026-08-24 (year, month, day)"


@dataclass(frozen=True)
class Case:
    """A drop with one place changed: its faults as an admin sees them, and what remains."""

    change: tuple[str, str, str]  # the file, what stands there, what is to stand there
    faults: list[str]
    seats: Mapping[str, list[int]] = field(default_factory=lambda: ALL)  # lines, by section
    doubtful_sections: Mapping[str, list[int]] = field(default_factory=dict)  # lines of faults
    doubtful_people: list[str] = field(default_factory=list)
    doubtful_anywhere: list[int] = field(default_factory=list)


CATALOGUE = {
    "org-without-an-id": Case(
        ("orgs.csv", "dist,,,Maple Schools", ",,,Maple Schools"),
        ["orgs.csv:2  sourcedId is empty; expected the row's own id  [R205] left out"],
    ),
    "org-of-a-school-is-faulty": Case(
        ("orgs.csv", "high,,,Maple High,school,,dist", "high,,,Maple High,school"),
        [
            "orgs.csv:3  the row has 5 fields; expected 7, as the header has  [R201] left out",
            "classes.csv:2  schoolSourcedId names 'high', whose own row in orgs.csv can't be used; "
            "and 4 enrollments with it  [R213] left out",
            "classes.csv:3  schoolSourcedId names 'high', whose own row in orgs.csv can't be used; "
            "and 2 enrollments with it  [R213] left out",
        ],
        {"art1": [8, 9]},
    ),
    "org-of-a-school-is-gone": Case(
        ("orgs.csv", "high,,,", "high,tobedeleted,,"), [], {"art1": [8, 9]}
    ),
    "org-of-another-type": Case(
        ("orgs.csv", "Maple Middle,school", "Maple Middle,department"),
        [
            "orgs.csv:4  'Maple Middle' has classes and is of type 'department', not school  "
            "[R224] noted"
        ],
    ),
    "org-twice-the-same": Case(
        ("orgs.csv", "mid,,,Maple Middle,school,,dist\n", "mid,,,Maple Middle,school,,dist\n" * 2),
        ["orgs.csv:5  says the same of 'mid' as line 4; one row is enough  [R228] noted"],
    ),
    "org-twice": Case(
        ("orgs.csv", "mid,,,Maple Middle", "high,,,Other,school,,\nmid,,,Maple Middle"),
        [
            "orgs.csv:4  the id 'high' stands in line 3 too, with other content; expected each id "
            "once. This row is left out  [R206] left out"
        ],
    ),
    "term-with-a-bad-date": Case(
        ("academicSessions.csv", "2027-01-04", "1/4/2027"),
        [
            f"academicSessions.csv:4  startDate is '1/4/2027'; {A_DATE}  [R207] left out",
            "classes.csv:2  termSourcedIds names 'spring', whose own row in academicSessions.csv "
            "can't be used; its other terms count  [R214] noted",
        ],
    ),
    "term-that-ends-before-it-starts": Case(
        ("academicSessions.csv", "2027-01-04", "2027-07-04"),
        [
            "academicSessions.csv:4  endDate 2027-06-05 is not after startDate 2027-07-04  [R208] "
            "left out",
            "classes.csv:2  termSourcedIds names 'spring', whose own row in academicSessions.csv "
            "can't be used; its other terms count  [R214] noted",
        ],
    ),
    "term-without-a-year": Case(
        ("academicSessions.csv", "2027-06-05,year,\n", "2027-06-05,year,next\n"),
        [
            "academicSessions.csv:4  schoolYear is 'next'; expected the year in which it ends, "
            "such as 2027  [R212] left out",
            "classes.csv:2  termSourcedIds names 'spring', whose own row in academicSessions.csv "
            "can't be used; its other terms count  [R214] noted",
        ],
    ),
    "term-that-is-gone": Case(("academicSessions.csv", "spring,,,", "spring,ToBeDeleted,,"), []),
    "only-term-is-gone": Case(
        ("academicSessions.csv", "year,,,Year", "year,inactive,,Year"), [], {"alg1": ALL["alg1"]}
    ),
    "course-is-faulty": Case(
        ("courses.csv", "art,,,year,Art,A1,,mid,,", "art,maybe,,year,Art,A1,,mid,,"),
        [
            "courses.csv:3  status is 'maybe'; expected active, tobedeleted or nothing  "
            "[R209] left out",
            "classes.csv:4  courseSourcedId names 'art', whose own row in courses.csv can't be "
            "used; and 2 enrollments with it  [R213] left out",
        ],
        {"alg1": ALL["alg1"], "alg2": ALL["alg2"]},
    ),
    "course-is-unknown": Case(
        ("classes.csv", "07,art,", "07,tra,"),
        [
            "classes.csv:4  courseSourcedId names 'tra', which has no row in courses.csv; and 2 "
            "enrollments with it  [R213] left out"
        ],
        {"alg1": ALL["alg1"], "alg2": ALL["alg2"]},
    ),
    "class-without-a-course": Case(
        ("classes.csv", "07,art,", "07,,"),
        [
            "classes.csv:4  courseSourcedId names nothing; and 2 enrollments with it  [R213] "
            "left out"
        ],
        {"alg1": ALL["alg1"], "alg2": ALL["alg2"]},
    ),
    "class-without-a-known-term": Case(
        ("classes.csv", '"spring, fall"', '"q1, q2"'),
        [
            "classes.csv:2  termSourcedIds names 'q1', which has no row in academicSessions.csv "
            "and 'q2', which has no row in academicSessions.csv; expected the sourcedId of at "
            "least one session; and 4 enrollments with it  [R214] left out",
        ],
        NO_ALG1,
    ),
    "class-without-a-term": Case(
        ("classes.csv", '"spring, fall"', ""),
        [
            "classes.csv:2  termSourcedIds names no term; expected the sourcedId of at least one "
            "session; and 4 enrollments with it  [R214] left out",
        ],
        NO_ALG1,
    ),
    "class-row-too-short": Case(
        ("classes.csv", 'Math,Algebra",,"1, 2"', 'Math,Algebra"'),
        [
            "classes.csv:2  the row has 12 fields; expected 14, as the header has; and 4 "
            "enrollments with it  [R201] left out",
        ],
        NO_ALG1,
    ),
    "class-is-gone": Case(("classes.csv", "alg1,,,", "alg1,tobedeleted,,"), [], NO_ALG1),
    "class-twice": Case(
        ("classes.csv", "alg2,,,", "alg1,,,"),
        [
            "classes.csv:3  the id 'alg1' stands in line 2 too, with other content; expected each "
            "id once. This row is left out  [R206] left out",
            "enrollments.csv:6  classSourcedId names 'alg2', which has no row in classes.csv  "
            "[R215] left out",
            "enrollments.csv:7  classSourcedId names 'alg2', which has no row in classes.csv  "
            "[R215] left out",
        ],
        {"alg1": ALL["alg1"], "art1": ALL["art1"]},
        doubtful_sections={"alg1": [3]},
    ),
}

PEOPLE = {
    "user-with-a-bad-boolean": Case(
        ("users.csv", "ann,,,true", "ann,,,maybe"),
        [
            "users.csv:3  enabledUser is 'maybe'; expected true or false; their 2 enrollments "
            "can't be followed until it is right  [R211] left out"
        ],
        doubtful_people=["ann"],
    ),
    "user-row-too-short": Case(
        ("users.csv", "Ann,Árni,,,ann@maple.example", "Ann,Árni,ann@maple.example"),
        [
            "users.csv:3  the row has 16 fields; expected 18, as the header has; their 2 "
            "enrollments can't be followed until it is right  [R201] left out"
        ],
        doubtful_people=["ann"],
    ),
    "user-row-without-its-id": Case(
        ("users.csv", "cyd,,,1", ",,,1"),
        [
            "users.csv:5  sourcedId is empty; expected the row's own id  [R205] left out",
            "enrollments.csv:7  userSourcedId names 'cyd', which has no row in users.csv  [R216] "
            "left out",
        ],
        {**ALL, "alg2": [6]},
        doubtful_sections={"alg2": [7]},
    ),
    "user-is-missing": Case(
        ("users.csv", 'cyd,,,1,"high,mid"', 'dan,,,1,"high,mid"'),
        [
            "enrollments.csv:7  userSourcedId names 'cyd', which has no row in users.csv  [R216] "
            "left out",
        ],
        {**ALL, "alg2": [6]},
        doubtful_sections={"alg2": [7]},
    ),
    "user-is-gone": Case(("users.csv", "ann,,,", "ann,tobedeleted,,"), [], {**ALL, "alg1": [2, 5]}),
    "user-is-disabled": Case(
        ("users.csv", "ann,,,true", "ann,,,FALSE"),
        [
            "users.csv:3  enabledUser is false for 1 user: they count as gone, and so 2 "
            "enrollments of theirs  [R226] noted"
        ],
        {**ALL, "alg1": [2, 5]},
    ),
    "user-neither-enabled-nor-disabled": Case(
        ("users.csv", "ann,,,true", "ann,,,"),
        ["users.csv:3  enabledUser is empty for 1 user; read as true  [R229] noted"],
    ),
    "user-of-an-unknown-role": Case(
        ("users.csv", "high,teacher,tea", "high,Principal,tea"),
        [
            "users.csv:2  1 user of role 'Principal', which is not one of OneRoster's; their "
            "enrollments say what they are  [R210] noted"
        ],
    ),
    "user-twice-the-same": Case(
        (
            "users.csv",
            "ann,,,true",
            "tea,,,true,mid,teacher,t,,Tea,Cher,,,tea@maple.example,,,,,\nann,,,true",
        ),
        ["users.csv:3  says the same of 'tea' as line 2; one row is enough  [R228] noted"],
    ),
    "user-twice": Case(
        ("users.csv", "cyd,,,1", "ann,,,1"),
        [
            "users.csv:5  the id 'ann' stands in line 3 too, with other content; expected each id "
            "once. This row is left out; their 2 enrollments can't be followed until it is right  "
            "[R206] left out",
            "enrollments.csv:7  userSourcedId names 'cyd', which has no row in users.csv  [R216] "
            "left out",
        ],
        {**ALL, "alg2": [6]},
        doubtful_people=["ann"],
        doubtful_sections={"alg2": [7]},
    ),
    "user-there-and-gone": Case(
        ("users.csv", "par,,,true", "ann,tobedeleted,,true"),
        [
            "users.csv:6  the id 'ann' stands in line 3 too, with other content; expected each id "
            "once. This row is left out; their 2 enrollments can't be followed until it is right  "
            "[R206] left out",
        ],
        doubtful_people=["ann"],
    ),
    "user-gone-and-there": Case(
        ("users.csv", "ann,,,true", "ann,inactive,,\nann,,,true"),
        [
            "users.csv:3  the row has 4 fields; expected 18, as the header has; their 2 "
            "enrollments can't be followed until it is right  [R201] left out",
        ],
        doubtful_people=["ann"],
    ),
}

ENROLLMENTS = {
    "row-too-short-at-its-end": Case(
        ("enrollments.csv", "bob,student,,,\n", "bob,student\n"),
        [
            "enrollments.csv:5  the row has 7 fields; expected 10, as the header has  [R201] left "
            "out"
        ],
        NO_BOB,
        doubtful_sections={"alg1": [5]},
    ),
    "row-too-short-before-its-class": Case(
        ("enrollments.csv", "e4,,,alg1", "e4,,alg1"),
        [
            "enrollments.csv:5  the row has 9 fields; expected 10, as the header has  [R201] left "
            "out"
        ],
        NO_BOB,
        doubtful_sections={"alg1": [5]},
    ),
    "row-too-short-by-its-class": Case(
        ("enrollments.csv", "e4,,,alg1,high,", "e4,,,high,"),
        [
            "enrollments.csv:5  the row has 9 fields; expected 10, as the header has  [R201] left "
            "out"
        ],
        NO_BOB,
        doubtful_anywhere=[5],
    ),
    "row-too-long": Case(
        ("enrollments.csv", "e4,,,alg1", "e4,,,,alg1"),
        [
            "enrollments.csv:5  the row has 11 fields; expected 10, as the header has. A cell "
            "with a comma in it needs quotes around it  [R202] left out"
        ],
        NO_BOB,
        doubtful_sections={"alg1": [5]},
    ),
    "quote-behind-the-class": Case(
        ("enrollments.csv", "alg1,high,bob", 'alg1,"high,bob'),
        [
            "enrollments.csv:5  a quote opens here and is not closed; expected quotes only around "
            'a whole cell, and doubled inside it: "5"" pipe"  [R203] left out'
        ],
        NO_BOB,
        doubtful_sections={"alg1": [5]},
    ),
    "quote-before-the-class": Case(
        ("enrollments.csv", "e4,,,alg1,high,bob", 'e4,",,alg1,high,bob'),
        [
            "enrollments.csv:5  a quote opens here and is not closed; expected quotes only around "
            'a whole cell, and doubled inside it: "5"" pipe"  [R203] left out'
        ],
        NO_BOB,
        doubtful_anywhere=[5],
    ),
    "nul-in-the-person": Case(
        ("enrollments.csv", "alg1,high,bob", "alg1,high,b\0b"),
        [
            "enrollments.csv:5  userSourcedId: bytes that are not UTF-8, or a NUL, stand in this "
            "cell; export the file as UTF-8  [R204] left out"
        ],
        NO_BOB,
        doubtful_sections={"alg1": [5]},
    ),
    "nul-in-the-class": Case(
        ("enrollments.csv", "alg1,high,bob", "al\0,high,bob"),
        [
            "enrollments.csv:5  classSourcedId: bytes that are not UTF-8, or a NUL, stand in this "
            "cell; export the file as UTF-8  [R204] left out"
        ],
        NO_BOB,
        doubtful_anywhere=[5],
    ),
    "without-an-id": Case(
        ("enrollments.csv", "e4,,,", ",,,"),
        ["enrollments.csv:5  sourcedId is empty; expected the row's own id  [R205] left out"],
        NO_BOB,
        doubtful_sections={"alg1": [5]},
    ),
    "without-a-class": Case(
        ("enrollments.csv", "alg1,high,bob", ",high,bob"),
        ["enrollments.csv:5  classSourcedId names nothing  [R215] left out"],
        NO_BOB,
        doubtful_anywhere=[5],
    ),
    "of-an-unknown-class": Case(
        ("enrollments.csv", "alg1,high,bob", "geo1,high,bob"),
        [
            "enrollments.csv:5  classSourcedId names 'geo1', which has no row in classes.csv  "
            "[R215] left out"
        ],
        NO_BOB,
    ),
    "of-a-class-in-another-spelling": Case(
        ("enrollments.csv", "alg1,high,bob", "00ALG1,high,bob"),
        [
            "enrollments.csv:5  classSourcedId names '00ALG1', which has no row in classes.csv  "
            "[R215] left out"
        ],
        NO_BOB,
        doubtful_sections={"alg1": [5]},
    ),
    "of-nobody": Case(
        ("enrollments.csv", "alg1,high,bob", "alg1,high,"),
        ["enrollments.csv:5  userSourcedId names nothing  [R216] left out"],
        NO_BOB,
        doubtful_sections={"alg1": [5]},
    ),
    "of-an-unknown-role": Case(
        ("enrollments.csv", "alg1,high,bob,student", "alg1,high,bob,pupil"),
        ["enrollments.csv:5  role is 'pupil'; expected student or teacher  [R210] left out"],
        NO_BOB,
        doubtful_sections={"alg1": [5]},
    ),
    "of-a-role-in-capitals": Case(
        ("enrollments.csv", "alg1,high,bob,student", "alg1,high,bob,STUDENT"), []
    ),
    "of-a-role-without-a-seat": Case(
        ("enrollments.csv", "alg1,high,bob,student", "alg1,high,bob,aide"),
        ["enrollments.csv:5  1 enrollment of role aide: not a seat in a class  [R227] noted"],
        NO_BOB,
    ),
    "of-another-role-than-the-user": Case(
        ("enrollments.csv", "alg1,high,bob,student", "alg1,high,bob,teacher"),
        [
            "enrollments.csv:5  'bob' is student in users.csv and teacher in 1 enrollment; the "
            "enrollment counts  [R225] noted"
        ],
    ),
    "of-a-parent": Case(
        ("enrollments.csv", "alg1,high,bob,student", "alg1,high,par,student"),
        [
            "enrollments.csv:5  'par' is parent in users.csv and student in 1 enrollment; the "
            "enrollment counts  [R225] noted"
        ],
    ),
    "with-a-bad-date": Case(
        ("enrollments.csv", "bob,student,,,\n", "bob,student,,2026-02-30,\n"),
        [f"enrollments.csv:5  beginDate is '2026-02-30'; {A_DATE}  [R207] left out"],
        NO_BOB,
        doubtful_sections={"alg1": [5]},
    ),
    "that-ends-before-it-begins": Case(
        ("enrollments.csv", "bob,student,,,\n", "bob,student,,2026-10-01,2026-09-01\n"),
        ["enrollments.csv:5  endDate 2026-09-01 is before beginDate 2026-10-01  [R208] left out"],
        NO_BOB,
        doubtful_sections={"alg1": [5]},
    ),
    "that-ends-as-it-begins": Case(
        ("enrollments.csv", "bob,student,,,\n", "bob,student,,2026-10-01,2026-10-01\n"), []
    ),
    "with-a-bad-boolean": Case(
        ("enrollments.csv", "bob,student,,,\n", "bob,student,yes,,\n"),
        ["enrollments.csv:5  primary is 'yes'; expected true or false  [R211] left out"],
        NO_BOB,
        doubtful_sections={"alg1": [5]},
    ),
    "with-a-bad-status": Case(
        ("enrollments.csv", "e4,,,", "e4,closed,,"),
        [
            "enrollments.csv:5  status is 'closed'; expected active, tobedeleted or nothing  "
            "[R209] left out"
        ],
        NO_BOB,
        doubtful_sections={"alg1": [5]},
    ),
    "that-is-gone": Case(("enrollments.csv", "e4,,,", "e4,toBeDeleted,,"), [], NO_BOB),
    "that-is-active": Case(("enrollments.csv", "e4,,,", "e4,Active,,"), []),
    "with-an-id-that-stands-above": Case(
        ("enrollments.csv", "e4,,,", "e2,,,"),
        [
            "enrollments.csv:5  1 enrollment with an id that stands further up already; expected "
            "each id once. All are used  [R228] noted"
        ],
    ),
}

CASES = {**CATALOGUE, **PEOPLE, **ENROLLMENTS}


def lines(roster: Roster) -> Mapping[str, list[int]]:
    return {key: [m.line for m in members] for key, members in roster.memberships.items()}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_row_at_fault(tmp_path: Path, case: Case) -> None:
    roster = load(tmp_path, changed(*case.change))
    found = Case(
        change=case.change,
        faults=faults(roster),
        seats=lines(roster),
        doubtful_sections={
            key: [fault.place.line for fault in found]
            for key, found in roster.doubtful_sections.items()
        },
        doubtful_people=list(roster.doubtful_people),
        doubtful_anywhere=[fault.place.line for fault in roster.doubtful_anywhere],
    )
    assert found == case


@pytest.mark.parametrize(
    ("old", "new", "codes", "email"),
    [
        pytest.param(",,par,09,\n", ",,par,09,,,\n", ["R230"], "ann@maple.example", id="padded"),
        pytest.param(",,par,09,\n", ",,par,09,,x\n", ["R202"], None, id="not-empty"),
        pytest.param(",Ann,Árni", ",Ann, Lee,Árni", ["R202"], None, id="a-comma-in-a-name"),
        pytest.param(
            "ann@maple.example,,,par,09,\n", ",,,par,09,,\n", ["R202"], None, id="no-email"
        ),
    ],
)
def test_empty_fields_too_many(
    tmp_path: Path, old: str, new: str, codes: list[str], email: str | None
) -> None:
    """Only an e-mail in its column shows that no name in front of it was cut in two."""
    roster = load(tmp_path, changed("users.csv", old, new))
    assert [fault.code for fault in roster.faults] == codes
    found = roster.people.get("ann")
    assert (found and found.email) == email
    assert ("ann" in roster.doubtful_people) == (email is None)


def test_a_doubtful_person_keeps_their_memberships(tmp_path: Path) -> None:
    roster = load(tmp_path, changed("users.csv", "ann,,,true", "ann,,,maybe"))
    assert "ann" not in roster.people
    assert [m.person for m in roster.memberships["alg1"]] == ["tea", "ann", "ann", "bob"]
    assert roster.doubtful_people == {"ann": roster.faults[0]}


def test_of_two_rows_for_one_person_the_first_is_shown(tmp_path: Path) -> None:
    roster = load(tmp_path, changed("users.csv", "cyd,,,1", "ann,,,1"))
    assert roster.people["ann"].family_name == "Árni"
    assert list(roster.doubtful_people) == ["ann"]


def test_users_who_are_gone_do_not_come_back_by_a_second_row(tmp_path: Path) -> None:
    gone = FILES["users.csv"].splitlines()[2].replace("ann,,", "ann,tobedeleted,")
    roster = load(tmp_path, changed("users.csv", "ann,,,true", f"{gone}\nann,,,true"))
    assert "ann" not in roster.people
    assert faults(roster) == [
        "users.csv:4  says that 'ann' is there; a row above says that it is gone; their 2 "
        "enrollments can't be followed until it is right  [R206] left out"
    ]


def test_many_rows_with_one_oddity_are_noted_once(tmp_path: Path) -> None:
    text = FILES["enrollments.csv"].replace(",student,", ",teacher,")
    roster = load(tmp_path, {"enrollments.csv": text})
    assert faults(roster) == [
        "enrollments.csv:3  'ann' is student in users.csv and teacher in 2 enrollments; the "
        "enrollment counts  [R225] noted",
        "enrollments.csv:5  'bob' is student in users.csv and teacher in 2 enrollments; the "
        "enrollment counts  [R225] noted",
        "enrollments.csv:7  'cyd' is student in users.csv and teacher in 1 enrollment; the "
        "enrollment counts  [R225] noted",
    ]


def test_somebody_may_be_teacher_and_student_of_a_section(tmp_path: Path) -> None:
    extra = "e9,,,alg2,high,cyd,teacher,,,\n"
    roster = load(tmp_path, {"enrollments.csv": FILES["enrollments.csv"] + extra})
    assert [(m.person, m.role.value) for m in roster.memberships["alg2"]] == [
        ("tea", "teacher"),
        ("cyd", "student"),
        ("cyd", "teacher"),
    ]


def test_counts_are_of_all_rows_of_the_file(tmp_path: Path) -> None:
    text = FILES["enrollments.csv"].replace("e4,,,", "e4,bad,,") + "\n\ne9,tobedeleted" + "," * 8
    roster = load(tmp_path, {"enrollments.csv": text})
    assert roster.source.counts["memberships"] == 9
