"""School Data Sync V2 and V2.1: what they are read as, and what is wrong with one."""

from datetime import date
from pathlib import Path

import pytest

from policy.errors import RosterAtFault
from policy.roster.load import load_roster
from policy.roster.memberships import NOT_SEATS, SEATS
from policy.roster.model import Membership, Role, Roster
from policy.roster.sds_v2 import ROLES
from unit.roster.small_drop import FILES, faults, write_drop
from unit.roster.small_sds import V21, changed, write

CYD = (
    "users.csv:6  username is without an @ for 1 user: that is no e-mail, and they are read "
    "without one. Name theirs in people.identities, or have e-mails exported  [R232] noted"
)
ASSISTANT = "enrollments.csv:3  1 enrollment of role teacherassistant: not a seat in a class"
USERS_V2 = """\
sourcedId,orgSourcedIds,givenName,familyName,username,password,role,grade
tea,high,Tea,Cher,tea@maple.example,p@ss,Professor,
aid,high,Aid,Ing,aid@maple.example,p@ss,aide,
ann,high,Ann,Arni,ann@maple.example,p@ss,Student,9
bob,high,Bob,ONeil,bob@maple.example,p@ss,Student,9
cyd,high,Cyd,Xu,cyd,p@ss,Student,9
"""
WHY = "without it the school year of a class can't be told"


def load(tmp_path: Path, changes: dict[str, str | None] | None = None) -> Roster:
    return load_roster(write(tmp_path / "drop", V21, dict(changes or {})))


def problems(tmp_path: Path, changes: dict[str, str | None]) -> list[str]:
    with pytest.raises(RosterAtFault) as caught:
        load(tmp_path, changes)
    return list(caught.value.problems)


def test_a_whole_drop(tmp_path: Path) -> None:
    roster = load(tmp_path)
    assert faults(roster) == [CYD, f"{ASSISTANT}  [R227] noted"]
    counts = {"schools": 1, "terms": 2, "courses": 2, "sections": 2, "people": 5, "memberships": 6}
    assert roster.source.counts == counts
    terms = {t.key: (t.start, t.end, t.school_year) for t in roster.terms.values()}
    assert terms == {
        "year": (date(2026, 8, 17), date(2027, 6, 5), "2027"),
        "fall": (date(2026, 8, 17), date(2027, 1, 1), "2026"),
    }
    alg1, art1 = roster.sections.values()
    assert (alg1.title, alg1.code, alg1.course.title) == ("Algebra I - 1", "M1-1", "Algebra I")
    assert (alg1.course.code, alg1.course.subjects) == ("M1", ("Math",))
    assert (art1.course.key, art1.course.title) == ("class:art1", "Art")
    assert art1.terms == (roster.terms["fall"],)


def test_whoever_teaches_has_a_teacher_s_seat(tmp_path: Path) -> None:
    file = "enrollments.csv"
    assert load(tmp_path).memberships["alg1"] == (
        Membership("tea", Role.TEACHER, False, None, None, file, 2),
        Membership("ann", Role.STUDENT, False, None, None, file, 4),
        Membership("bob", Role.STUDENT, False, None, None, file, 5),
    )


def test_each_default_role_is_a_seat_or_none() -> None:
    assert {ROLES[role] for role in ("teacher", "faculty", "professor", "lecturer")} == {"teacher"}
    assert {ROLES[role] for role in ("staff", "aide", "officestaff", "substitute")} == {"aide"}
    assert set(ROLES.values()) <= set(SEATS) | NOT_SEATS
    assert all(role == role.casefold() for role in ROLES)


def test_a_role_that_microsoft_does_not_know_is_a_fault(tmp_path: Path) -> None:
    roster = load(tmp_path, dict(changed(V21, "enrollments.csv", "tea,Professor", "tea,Guru")))
    assert faults(roster)[1] == (
        "enrollments.csv:2  role is 'Guru'; expected student or teacher  [R210] left out"
    )
    assert "alg1" in roster.doubtful_sections


def test_e_mails(tmp_path: Path) -> None:
    assert {key: person.email for key, person in load(tmp_path).people.items()} == {
        "tea": "tea@maple.example",
        "ann": "ann@maple.example",  # the match id: its user name has no @
        "bob": "bob@maple.example",  # the e-mail, before the user name
        "cyd": "",
    }


def test_without_courses_a_class_is_its_own_course(tmp_path: Path) -> None:
    roster = load(tmp_path, {"courses.csv": None})
    assert [(s.course.key, s.course.title) for s in roster.sections.values()] == [
        ("alg", "Algebra I - 1"),
        ("class:art1", "Art"),
    ]


def test_a_course_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    roster = load(tmp_path, dict(changed(V21, "classes.csv", "year,alg,", "year,geo,")))
    assert faults(roster)[0].startswith(
        "classes.csv:2  courseSourcedId names 'geo', which has no row in courses.csv"
    )


def test_v2_with_sessions_is_read(tmp_path: Path) -> None:
    v2 = load(tmp_path / "v2", {"users.csv": USERS_V2, "roles.csv": None})
    v21 = load(tmp_path / "v21")
    assert (v2.sections, v2.memberships) == (v21.sections, v21.memberships)
    assert v2.people["bob"].email == "bob@maple.example"
    assert faults(v2) == [CYD, f"{ASSISTANT}  [R227] noted"]


def test_v2_has_no_terms_and_is_refused(tmp_path: Path) -> None:
    changes = {
        "users.csv": USERS_V2,
        **dict.fromkeys(("roles.csv", "academicSessions.csv", "courses.csv")),
        "classes.csv": "sourcedId,orgSourcedId,title\nalg1,high,Algebra I - 1\n",
    }
    assert problems(tmp_path, changes) == [
        f"classes.csv  has no column sessionSourcedIds; the export must have it: {WHY}  [R105]",
        f"academicSessions.csv  is missing; a roster needs it: {WHY} (it is one of the files of "
        "School Data Sync V2.1). Have the SIS export it too  [R103]",
    ]


def test_a_set_of_users_alone_is_refused(tmp_path: Path) -> None:
    changes = dict.fromkeys(("classes.csv", "enrollments.csv"))
    told = problems(tmp_path, {**changes, "users.csv": V21["users.csv"]})
    assert {words.partition(" ")[0] for words in told} >= {"classes.csv", "enrollments.csv"}


def test_a_class_without_a_session_is_a_fault_of_its_row(tmp_path: Path) -> None:
    roster = load(tmp_path, dict(changed(V21, "classes.csv", "Art,fall", "Art,")))
    assert faults(roster)[0] == (
        "classes.csv:3  sessionSourcedIds names no term; expected the sourcedId of at least one "
        "session; and 2 enrollments with it  [R214] left out"
    )


def test_a_session_without_a_date_is_a_fault_of_its_row(tmp_path: Path) -> None:
    roster = load(
        tmp_path, dict(changed(V21, "academicSessions.csv", ",,2026-08-17", ",,8/17/2026"))
    )
    assert faults(roster)[0] == (
        "academicSessions.csv:3  startDate is '8/17/2026'; expected a date such as 2026-08-24 "
        "(year, month, day)  [R207] left out"
    )
    assert list(roster.sections) == ["alg1"]


def test_a_oneroster_set_that_lost_a_column_is_still_one(tmp_path: Path) -> None:
    text = FILES["enrollments.csv"].replace("sourcedId,", "id,", 1)
    with pytest.raises(RosterAtFault) as caught:
        load_roster(write_drop(tmp_path / "drop", {"enrollments.csv": text}))
    assert caught.value.problems[0].startswith("enrollments.csv  has no column sourcedId")
