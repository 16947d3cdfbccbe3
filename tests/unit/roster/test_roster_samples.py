"""The sample rosters of third parties, read and compared with a reader that shares no code."""

import csv
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from policy.errors import RosterAtFault
from policy.roster.load import load_roster
from policy.roster.model import FaultLevel, Role, Roster

pytestmark = pytest.mark.rosters

WHOLE = [
    "oneroster11-classlink-mockroster",
    "oneroster11-converted-clever-sandbox/snapshot-1",
    "oneroster11-converted-clever-sandbox/snapshot-2",
    "oneroster11-converted-edfi-grandbend",
    "oneroster11-generated-district-large",
    "oneroster11-generated-district-medium",
    "oneroster11-lepo-roster-hub-ja",
    "oneroster12-converted-clever-sandbox",
]
ASK = "Ask the SIS for a full (bulk) OneRoster 1.1 export"
DELTA = (
    "manifest.csv:4  orgs.csv, academicSessions.csv, courses.csv, classes.csv, users.csv, "
    f"enrollments.csv: 'delta', that is, only what has changed, which is not supported yet. {ASK}"
    "  [R109]"
)
AT_FAULT = {
    "oneroster11-oat-sa-ims-sample": [
        "classes.csv  this looks like OneRoster 1.0, by its columns (classes.csv: grade, "
        "courses.csv: grade, schoolYearId, users.csv: userId, agents), which is not supported "
        f"yet. {ASK}  [R108]",
        "academicSessions.csv  has a header and no rows, as if its export had failed; export it "
        "again  [R104]",
        "courses.csv  has a header and no rows, as if its export had failed; export it again"
        "  [R104]",
    ],
    "oneroster11-catalyst-minimal": [
        "courses.csv  is missing, and manifest.csv:8 says that it was left out; a roster needs it. "
        "Have the SIS export it too  [R103]"
    ],
    "oneroster11-nicelion-users": [
        f"{name}.csv  is missing; a roster needs it. Have the SIS export it too  [R103]"
        for name in ("academicSessions", "courses", "classes", "enrollments")
    ],
    "oneroster11-converted-clever-sandbox/delta-1-to-2": [DELTA],
    "oneroster12-catalyst-gotham-delta": [DELTA],
}


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def seats_of(roster: Roster) -> dict[tuple[str, str], Counter[str]]:
    """(section, role) -> people."""
    found: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for key, members in roster.memberships.items():
        for member in members:
            found[key, member.role.value][member.person] += 1
    return found


def seats_in(folder: Path, gone: set[str]) -> dict[tuple[str, str], Counter[str]]:
    found: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for row in rows(folder, "enrollments"):
        if row["role"] in ("student", "teacher") and row["userSourcedId"] not in gone:
            found[row["classSourcedId"], row["role"]][row["userSourcedId"]] += 1
    return found


@pytest.mark.parametrize("name", WHOLE)
def test_a_whole_set_is_read_as_it_stands(rosters: Path, name: str) -> None:
    folder = rosters / name
    roster = load_roster(folder)
    assert [fault for fault in roster.faults if fault.level is FaultLevel.LEFT_OUT] == []
    files = ("orgs", "academicSessions", "courses", "classes", "users", "enrollments")
    assert list(roster.source.counts.values()) == [len(rows(folder, file)) for file in files]
    classes = {row["sourcedId"]: row for row in rows(folder, "classes")}
    assert list(roster.sections) == list(classes)
    for key, section in roster.sections.items():
        assert section.title == " ".join(classes[key]["title"].split())
        assert section.school.key == classes[key]["schoolSourcedId"]
        assert {term.key for term in section.terms} == set(
            classes[key]["termSourcedIds"].split(",")
        )
    users = {row["sourcedId"]: row for row in rows(folder, "users")}
    disabled = {key for key, row in users.items() if row["enabledUser"].lower() == "false"}
    assert seats_of(roster) == seats_in(folder, disabled)
    for person in roster.people.values():
        assert person.email == users[person.key]["email"].strip()
    assert roster.doubtful_anywhere == ()
    assert roster.doubtful_sections == {}


@pytest.mark.parametrize(("name", "problems"), AT_FAULT.items(), ids=AT_FAULT)
def test_a_set_that_can_not_be_used_says_why(rosters: Path, name: str, problems: list[str]) -> None:
    with pytest.raises(RosterAtFault) as caught:
        load_roster(rosters / name)
    assert list(caught.value.problems) == problems


def test_two_teachers_with_an_empty_field_too_many_are_read(rosters: Path) -> None:
    folder = rosters / "oneroster11-edfi-lms-toolkit"
    roster = load_roster(folder)
    assert [f"{fault.place} {fault.code}" for fault in roster.faults] == [
        "users.csv:10 R230",
        "users.csv:11 R230",
    ]
    assert roster.doubtful_people == {}
    assert seats_of(roster) == seats_in(folder, set())
    assert max(roster.memberships["25590100101Trad120ENG112011"], key=lambda m: m.line).end


def test_a_student_who_teaches_is_noted_once(rosters: Path) -> None:
    roster = load_roster(rosters / "oneroster11-lepo-roster-hub-ja")
    assert [str(fault) for fault in roster.faults] == [
        "enrollments.csv:2  'us0001' is student in users.csv and teacher in 4 enrollments; the "
        "enrollment counts  [R225]",
        "enrollments.csv:6  'us0002' is student in users.csv and teacher in 1 enrollment; the "
        "enrollment counts  [R225]",
    ]
    teachers = [m for m in roster.memberships["cl0001"] if m.role is Role.TEACHER]
    assert [roster.people[m.person].name for m in teachers] == ["名01 姓01"]
