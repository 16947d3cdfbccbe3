"""School Data Sync V1, in both of its forms: what it is read as, and what is wrong with one."""

from datetime import date
from pathlib import Path

import pytest

from policy.errors import RosterAtFault
from policy.roster.load import load_roster
from policy.roster.model import Course, Membership, Person, Place, Role, Roster, School, Section
from unit.roster.small_drop import faults, zipped
from unit.roster.small_sds import V1, V1_UK, changed, write

CYD = (
    "Student.csv:4  Username is without an @ for 1 user: that is no e-mail, and they are read "
    "without one. Name theirs in people.identities, or have e-mails exported  [R232] noted"
)


def load(tmp_path: Path, changes: dict[str, str] | None = None) -> Roster:
    return load_roster(write(tmp_path / "drop", V1, changes))


def problems(tmp_path: Path, files: dict[str, str], changes: dict[str, str | None]) -> list[str]:
    with pytest.raises(RosterAtFault) as caught:
        load_roster(write(tmp_path / "drop", files, changes))
    return list(caught.value.problems)


def test_a_whole_drop(tmp_path: Path) -> None:
    roster = load(tmp_path)
    assert faults(roster) == [CYD]
    assert (roster.doubtful_people, roster.doubtful_sections) == ({}, {})
    counts = {"schools": 2, "terms": 2, "courses": 2, "sections": 3, "people": 5, "memberships": 8}
    assert roster.source.counts == counts
    terms = {t.key: (t.name, t.start, t.end, t.school_year) for t in roster.terms.values()}
    assert terms == {
        "y27": ("Year 26-27", date(2026, 8, 17), date(2027, 6, 5), "2027"),
        "Fall": ("Fall", date(2026, 8, 17), date(2027, 1, 1), "2026"),
    }
    algebra = Course("alg", "Algebra I", "M1", ("Math",), Place("Section.csv", 2))
    assert roster.sections["alg2"] == Section(
        key="alg2",
        title="Algebra I - 2",
        code="M1-2",
        school=School("high", "Maple High", Place("School.csv", 2)),
        course=algebra,
        terms=(roster.terms["y27"],),
        grades=(),
        subjects=("Math",),
        periods=("2",),
        room="",
        kind="",
        place=Place("Section.csv", 3),
    )


def test_a_section_without_a_course_is_its_own(tmp_path: Path) -> None:
    course = load(tmp_path).sections["art1"].course
    assert (course.key, course.title) == ("section:art1", "Art")


def test_a_course_that_another_row_calls_otherwise_is_another(tmp_path: Path) -> None:
    changes = changed(V1, "Section.csv", "alg,Algebra I,M1,Letters", "alg,Algebra 1,M1,Letters")
    sections = load(tmp_path, changes).sections
    assert [s.course.key for s in sections.values()] == [
        "alg",
        "alg (Algebra 1 M1 Math)",
        "section:art1",
    ]
    assert sections["alg2"].course.title == "Algebra 1"


def test_a_term_has_the_dates_of_its_section(tmp_path: Path) -> None:
    roster = load(tmp_path, changed(V1, "Section.csv", "20270604", "2027-06-11"))
    ends = [section.terms[0].end for section in roster.sections.values()]
    assert ends == [date(2027, 6, 5), date(2027, 6, 12), date(2027, 1, 1)]
    assert {section.terms[0].name for section in roster.sections.values()} == {"Year 26-27", "Fall"}


def test_a_term_s_name_may_have_a_comma(tmp_path: Path) -> None:
    text = V1["Section.csv"].replace(",Fall,", ',"Fall, ""26",')
    assert load(tmp_path, {"Section.csv": text}).sections["art1"].terms[0].name == 'Fall, "26'


def test_students_and_teachers_have_ids_apart(tmp_path: Path) -> None:
    people = load(tmp_path).people
    assert list(people) == ["teacher:1", "teacher:2", "student:1", "student:2", "student:3"]
    tea, ann = Place("Teacher.csv", 2), Place("Student.csv", 2)
    assert people["teacher:1"] == Person("teacher:1", "Tea", "Cher", "tea@maple.example", tea)
    assert people["student:1"] == Person("student:1", "Ann", "Arni", "ann@maple.example", ann)


def test_a_bare_user_name_is_no_e_mail(tmp_path: Path) -> None:
    people = load(tmp_path).people
    assert people["student:2"].email == "bob@maple.example"  # its secondary one
    assert people["student:3"].email == ""


def test_the_first_row_is_the_primary_teacher(tmp_path: Path) -> None:
    members = load(tmp_path).memberships
    file = "TeacherRoster.csv"
    assert members["alg1"][:3] == (
        Membership("teacher:2", Role.TEACHER, True, None, None, file, 2),
        Membership("teacher:1", Role.TEACHER, False, None, None, file, 3),
        Membership("student:1", Role.STUDENT, False, None, None, "StudentEnrollment.csv", 2),
    )
    assert members["art1"][0].primary


@pytest.mark.parametrize(
    ("old", "new", "primaries"),
    [
        pytest.param("alg1,2", "alg1,9", {"alg1": [], "alg2": [1]}, id="who-is-not-there"),
        pytest.param("alg1,2", 'alg1,2"x', {"alg1": [], "alg2": [1]}, id="section-can-be-read"),
        pytest.param("alg1,2", '"alg1,2', {"alg1": [], "alg2": []}, id="section-can-not"),
        pytest.param("alg1,2", "0ALG1,2", {"alg1": [], "alg2": [1]}, id="key-of-a-spreadsheet"),
        pytest.param("alg1,2", "alg1,2,3", {"alg1": [], "alg2": []}, id="too-many-fields"),
    ],
)
def test_where_the_first_row_is_broken_nobody_is_primary(
    tmp_path: Path, old: str, new: str, primaries: dict[str, list[int]]
) -> None:
    roster = load(tmp_path, changed(V1, "TeacherRoster.csv", old, new))
    assert {
        key: [int(m.person[-1]) for m in roster.memberships[key] if m.primary] for key in primaries
    } == primaries
    assert "alg1" in roster.doubtful_sections or roster.doubtful_anywhere


def test_the_uk_s_form_says_the_same(tmp_path: Path) -> None:
    # 4/6/2027 and 6/4/2027 are both dates: in the UK's form they have to be told apart.
    iso = {"8/17/2026,6/4/2027": "2026-08-17,2027-06-04"}
    text = V1_UK["Section.csv"]
    for old, new in iso.items():
        text = text.replace(old, new)
    uk = load_roster(write(tmp_path / "uk", V1_UK, {"Section.csv": text}))
    us = load(tmp_path)
    assert (uk.people, uk.sections, uk.memberships, uk.terms) == (
        us.people,
        us.sections,
        us.memberships,
        us.terms,
    )
    assert faults(uk) == [CYD]


def test_the_uk_s_dates_may_have_the_day_first(tmp_path: Path) -> None:
    text = V1_UK["Section.csv"].replace("8/17/2026,6/4/2027", "17/8/2026,4/6/2027")
    uk = load_roster(write(tmp_path / "uk", V1_UK, {"Section.csv": text}))
    assert uk.sections["alg1"].terms == (uk.terms["y27"],)
    assert uk.terms["y27"].end == date(2027, 6, 5)


def test_dates_that_can_be_read_in_two_ways(tmp_path: Path) -> None:
    text = V1_UK["Section.csv"].replace("8/17/2026,6/4/2027", "1/9/2026,6/7/2027")
    uk = load_roster(write(tmp_path / "uk", V1_UK, {"Section.csv": text}))
    assert faults(uk)[0] == (
        "Section.csv:2  Term StartDate '1/9/2026' and Term EndDate '6/7/2027' can be read in two "
        "ways, month or day first; expected a date such as 2026-08-24 (year, month, day); and 4 "
        "enrollments with it  [R207] left out"
    )


def test_a_section_whose_year_can_t_be_told_is_a_fault_of_its_row(tmp_path: Path) -> None:
    roster = load(tmp_path, changed(V1, "Section.csv", "Fall,8/17/2026", "Fall,"))
    assert faults(roster)[0] == (
        "Section.csv:4  Term StartDate is empty, so the school year can't be told; expected a "
        "date such as 2026-08-24 (year, month, day); and 2 enrollments with it  [R207] left out"
    )
    assert list(roster.sections) == ["alg1", "alg2"]


def test_an_inactive_section_is_gone_whatever_its_dates(tmp_path: Path) -> None:
    changes = changed(V1, "Section.csv", "Fall,8/17/2026,12/31/2026", "Fall,,")
    text = changes["Section.csv"].replace(",active\n", ",Inactive\n")
    roster = load(tmp_path, {"Section.csv": text})
    assert (list(roster.sections), faults(roster)) == (["alg1", "alg2"], [CYD])


def test_an_inactive_student_is_gone(tmp_path: Path) -> None:
    roster = load(tmp_path, changed(V1, "Student.csv", "N2,M,9,,", "N2,M,9,Inactive,"))
    assert "student:2" not in roster.people
    assert [m.person for m in roster.memberships["art1"]] == ["teacher:1"]


def test_people_who_are_not_there_are_told_by_their_columns(tmp_path: Path) -> None:
    roster = load(tmp_path, changed(V1, "StudentEnrollment.csv", "alg2,3", "alg2,9"))
    assert faults(roster)[1] == (
        "StudentEnrollment.csv:4  SIS ID names 'student:9', which has no row in Teacher.csv or "
        "Student.csv  [R216] left out"
    )
    assert "alg2" in roster.doubtful_sections


def test_a_set_without_dates_is_refused(tmp_path: Path) -> None:
    text = "SIS ID,School SIS ID,Section Name\nalg1,high,Algebra\n"
    why = "the export must have it: without it the school year of a class can't be told  [R105]"
    assert problems(tmp_path, V1, {"Section.csv": text}) == [
        f"Section.csv  has no column Term StartDate; {why}",
        f"Section.csv  has no column Term EndDate; {why}",
    ]


def test_a_set_in_which_no_date_is_filled_in_is_refused(tmp_path: Path) -> None:
    text = "SIS ID,School SIS ID,Section Name,Term StartDate,Term EndDate\nalg1,high,Algebra,,\n"
    assert problems(tmp_path, V1, {"Section.csv": text})[0] == (
        "Section.csv  not one of its rows can be used; the first: Section.csv:2, Term StartDate "
        "is empty, so the school year can't be told; expected a date such as 2026-08-24 (year, "
        "month, day)  [R110]"
    )


def test_files_that_are_missing_have_their_own_names(tmp_path: Path) -> None:
    assert problems(tmp_path, V1, {"TeacherRoster.csv": None, "School.csv": None}) == [
        f"{name}  is missing; a roster needs it. Have the SIS export it too  [R103]"
        for name in ("School.csv", "TeacherRoster.csv")
    ]


def test_a_column_of_the_uk_that_is_missing_is_told_in_its_form_s_name(tmp_path: Path) -> None:
    header = V1_UK["School.csv"].replace("Name", "Names", 1)
    assert problems(tmp_path, V1_UK, {"School.csv": header})[0] == (
        "School.csv  has no column Name; did you mean its column Names? Export it with School "
        "Data Sync V1 (UK)'s header  [R105]"
    )


def test_a_column_that_nobody_knows_is_noted(tmp_path: Path) -> None:
    text = V1["School.csv"].replace("Phone", "Blip")
    assert faults(load(tmp_path, {"School.csv": text}))[0] == (
        "School.csv:1  the column 'Blip' is none of School Data Sync's and is not read"
        "  [R221] noted"
    )


def test_file_names_in_lower_case_are_read(tmp_path: Path) -> None:
    packed = zipped(tmp_path / "drop.zip", {name.lower(): text for name, text in V1.items()})
    assert load_roster(packed).sections == load(tmp_path).sections


def test_many_rows_at_once_are_read_as_one_by_one(tmp_path: Path) -> None:
    lines = "".join(f"alg1, {n % 3 + 1}\n alg2,{n % 3 + 1} \n" for n in range(200))
    quoted = 'art1,"2"\nart1,x"y\n'
    for name in ("StudentEnrollment.csv", "TeacherRoster.csv"):
        lines = lines if name.startswith("S") else lines.replace("3", "2")
        text = "Section SIS ID,SIS ID\n" + lines
        quick = load(tmp_path, {name: text})
        slow = load(tmp_path, {name: text + quoted})
        for key in ("alg1", "alg2"):
            assert quick.memberships[key] == slow.memberships[key]
