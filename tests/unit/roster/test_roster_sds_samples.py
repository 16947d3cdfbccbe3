"""Microsoft's own sample sets, compared with a reader that shares no code; or their refusal."""

import csv
from collections import Counter
from pathlib import Path

import pytest

from policy.errors import RosterAtFault
from policy.roster.load import load_roster
from policy.roster.model import FaultLevel, Role, Roster

pytestmark = pytest.mark.rosters

V1 = ["sds-csv-officedev/v1-100-users", "sds-csv-officedev/v1-25-users", "sds-csv-madushka-bom"]
WHY = "without it the school year of a class can't be told"
REFUSED = {
    "sds-csv-officedev/v1-min-attributes": [
        f"Section.csv  has no column Term StartDate; the export must have it: {WHY}  [R105]",
        f"Section.csv  has no column Term EndDate; the export must have it: {WHY}  [R105]",
    ],
    "sds-csv-officedev/v2": [
        f"classes.csv  has no column sessionSourcedIds; the export must have it: {WHY}  [R105]",
        f"academicSessions.csv  is missing; a roster needs it: {WHY} (it is one of the files of "
        "School Data Sync V2.1). Have the SIS export it too  [R103]",
    ],
}


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def seats(roster: Roster) -> Counter[tuple[str, str, Role]]:
    return Counter(
        (key, member.person, member.role)
        for key, members in roster.memberships.items()
        for member in members
    )


@pytest.mark.parametrize("name", V1)
def test_v1_is_read_as_it_stands(rosters: Path, name: str) -> None:
    folder = rosters / name
    roster = load_roster(folder)
    sections, schools = rows(folder, "Section"), rows(folder, "School")
    people = [("teacher", row) for row in rows(folder, "Teacher")]
    people += [("student", row) for row in rows(folder, "Student")]
    held = [("teacher", row) for row in rows(folder, "TeacherRoster")]
    held += [("student", row) for row in rows(folder, "StudentEnrollment")]

    assert [f for f in roster.faults if f.level is FaultLevel.LEFT_OUT] == []
    assert [f.code for f in roster.faults] == ["R232", "R232"]
    assert roster.source.counts == {
        "schools": len(schools),
        "terms": len({row["Term SIS ID"] for row in sections}),
        "courses": len({row["Course SIS ID"] for row in sections}),
        "sections": len(sections),
        "people": len(people),
        "memberships": len(held),
    }
    assert {s.key: s.name for s in roster.schools.values()} == {
        row["SIS ID"]: row["Name"] for row in schools
    }
    assert {
        s.key: (s.title, s.code, s.school.key, s.course.title, s.course.code, s.periods)
        for s in roster.sections.values()
    } == {
        row["SIS ID"]: (
            *(" ".join(row["Section Name"].split()), row["Section Number"], row["School SIS ID"]),
            *(row["Course Name"], row["Course Number"], (row["Periods"],)),
        )
        for row in sections
    }
    assert {str(t.start) for t in roster.terms.values()} == {"2017-07-01"}
    assert {(str(t.end), t.school_year) for t in roster.terms.values()} == {("2018-07-01", "2018")}
    named = {f"{who}:{row['SIS ID']}" for who, row in held}
    assert {key: person.name for key, person in roster.people.items()} == {
        f"{who}:{row['SIS ID']}": f"{row['First Name']} {row['Last Name']}"
        for who, row in people
        if f"{who}:{row['SIS ID']}" in named
    }
    assert {person.email for person in roster.people.values()} == {""}
    assert seats(roster) == Counter(
        (row["Section SIS ID"], f"{who}:{row['SIS ID']}", Role(who)) for who, row in held
    )
    first = {row["Section SIS ID"]: f"teacher:{row['SIS ID']}" for _, row in reversed(held[:28])}
    for key, members in roster.memberships.items():
        primary = [m.person for m in members if m.primary]
        assert primary == [first[key]]


def test_v21_is_read_as_it_stands(rosters: Path) -> None:
    folder = rosters / "sds-csv-officedev/v2.1"
    roster = load_roster(folder)
    assert [f.code for f in roster.faults] == ["R224"]  # a college has a class
    kinds = {
        "schools": "orgs",
        "terms": "academicSessions",
        "courses": "courses",
        "sections": "classes",
        "people": "users",
        "memberships": "enrollments",
    }
    assert roster.source.counts == {kind: len(rows(folder, file)) for kind, file in kinds.items()}
    role = {"student": Role.STUDENT, "teacher": Role.TEACHER, "professor": Role.TEACHER}
    enrollments = rows(folder, "enrollments")
    assert seats(roster) == Counter(
        (row["classSourcedId"], row["userSourcedId"], role[row["role"]]) for row in enrollments
    )
    named = {row["userSourcedId"] for row in enrollments}
    assert {key: person.email for key, person in roster.people.items()} == {
        row["sourcedId"]: row["username"]
        for row in rows(folder, "users")
        if row["sourcedId"] in named
    }
    assert {key: [t.key for t in s.terms] for key, s in roster.sections.items()} == {
        row["sourcedId"]: [row["sessionSourcedIds"]] for row in rows(folder, "classes")
    }


@pytest.mark.parametrize("name", REFUSED)
def test_a_set_whose_years_can_t_be_told(rosters: Path, name: str) -> None:
    with pytest.raises(RosterAtFault) as caught:
        load_roster(rosters / name)
    assert list(caught.value.problems) == REFUSED[name]
