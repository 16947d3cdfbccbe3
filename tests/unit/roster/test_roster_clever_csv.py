"""Clever's five files: what is read of them, and what is told of what can be wrong with them."""

import csv
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from policy.errors import RosterAtFault
from policy.roster.clever_csv import TABLES, grade_code
from policy.roster.load import load_roster
from policy.roster.model import Membership, Place, Role, Roster, Term
from unit.roster import small_drop
from unit.roster.small_clever import FILES, changed, load, write_drop
from unit.roster.small_drop import faults, zipped

HEADER = FILES["sections.csv"].splitlines()[0]
FALL = Term(
    "Fall 2026-08-17..2026-12-18",
    "Fall",
    "term",
    date(2026, 8, 17),
    date(2026, 12, 19),
    "2027",
    Place("sections.csv", 2),
)
YEAR = Term(
    "Year 2026-08-17..2027-06-04",
    "Year",
    "term",
    date(2026, 8, 17),
    date(2027, 6, 5),
    "2027",
    Place("sections.csv", 3),
)
GIVEN = (None, None)


def problems(folder: Path, changes: Mapping[str, str | bytes | None]) -> list[str]:
    with pytest.raises(RosterAtFault) as caught:
        load(folder, changes)
    return list(caught.value.problems)


def seats(roster: Roster, key: str) -> list[tuple[str, bool]]:
    return [(m.person, m.primary) for m in roster.memberships[key]]


def test_a_whole_drop(tmp_path: Path) -> None:
    roster = load(tmp_path)
    assert roster.faults == ()
    assert (roster.doubtful_people, roster.doubtful_sections) == ({}, {})
    assert roster.doubtful_anywhere == ()
    assert roster.source.counts == {
        "schools": 2,
        "terms": 2,
        "courses": 2,
        "sections": 3,
        "people": 6,
        "memberships": 10,
    }
    assert {key: school.name for key, school in roster.schools.items()} == {
        "01": "Maple High",
        "2": "Maple Elementary",
    }
    assert list(roster.terms.values()) == [FALL, YEAR]
    assert [(c.key, c.title, c.code) for c in roster.courses.values()] == [
        ("01 / M1 / Algebra I", "Algebra I", "M1"),
        ("2 /  / Room 5", "Room 5", ""),
    ]


def test_sections(tmp_path: Path) -> None:
    first, second, home = load(tmp_path).sections.values()
    assert (first.key, first.title, first.code) == ("0100", "Algebra I, P1", "M1-1")
    assert (first.school.key, first.course.key) == ("01", "01 / M1 / Algebra I")
    assert (first.terms, first.grades, first.subjects) == ((FALL,), ("09",), ("Math",))
    assert (first.periods, first.kind, first.place) == (
        ("1",),
        "scheduled",
        Place("sections.csv", 2),
    )
    assert (second.title, second.terms) == ("Algebra I - Chen - 2", (YEAR,))
    assert second.course is first.course
    assert (home.title, home.kind, home.grades) == ("Room 5", "homeroom", ("KG",))


def test_people_are_read_once_and_students_are_not_teachers(tmp_path: Path) -> None:
    people = load(tmp_path).people
    assert {key: (person.name, person.email) for key, person in people.items()} == {
        "teacher:007": ("Rosa Rivera", "rivera@maple.example"),
        "teacher:t2": ("Li Chen", "chen@maple.example"),
        "teacher:t3": ("Ada Okafor", "okafor@maple.example"),
        "student:007": ("Ann Árni", "ann@maple.example"),
        "student:b": ("Bob O'Neil", "Bob@Maple.Example"),
        "student:c": ("Cyd Xu", ""),
    }
    assert people["student:007"].place == Place("students.csv", 2)


def test_seats(tmp_path: Path) -> None:
    """Okafor stands in two columns of one row, and has one seat."""
    roster = load(tmp_path)
    assert roster.memberships["0100"] == (
        Membership("teacher:007", Role.TEACHER, True, *GIVEN, "sections.csv", 2),
        Membership("teacher:t2", Role.TEACHER, False, *GIVEN, "sections.csv", 2),
        Membership("student:007", Role.STUDENT, False, *GIVEN, "enrollments.csv", 2),
        Membership("student:b", Role.STUDENT, False, *GIVEN, "enrollments.csv", 3),
    )
    assert seats(roster, "k1") == [
        ("teacher:t3", True),
        ("teacher:007", False),
        ("student:c", False),
    ]


def test_all_ten_columns_of_teachers(tmp_path: Path) -> None:
    teachers = "".join(f"01,x{n},x{n}@maple.example,A,B\n" for n in range(1, 11))
    columns = ",".join(("Teacher_id", *(f"Teacher_{n}_id" for n in range(2, 11))))
    keys = ",".join(f"x{n}" for n in range(1, 11))
    roster = load(
        tmp_path,
        {
            "teachers.csv": f"School_id,Teacher_id,Teacher_email,First_name,Last_name\n{teachers}",
            "sections.csv": (
                f"School_id,Section_id,{columns},Name,Term_start,Term_end\n"
                f"01,0100,{keys},Band,8/1/26,6/1/27\n"
            ),
            "enrollments.csv": "School_id,Section_id,Student_id\n01,0100,b\n",
        },
    )
    assert seats(roster, "0100") == [
        *((f"teacher:x{n}", n == 1) for n in range(1, 11)),
        ("student:b", False),
    ]


# --- how it may be written


@pytest.mark.parametrize(
    "spelled",
    [
        lambda column: column.replace("_", " "),
        str.upper,
        str.lower,
        lambda column: f'"{column}"',
        lambda column: f" {column}\u200b",
    ],
)
def test_headers_in_any_case_with_spaces(tmp_path: Path, spelled: object) -> None:
    assert callable(spelled)
    written = {}
    for name, text in FILES.items():
        header, rows = text.split("\n", 1)
        columns = ",".join(map(spelled, header.split(",")))
        written[name] = f"\ufeff{columns}\n{rows}"
    roster, plain = load(tmp_path / "spelled", written), load(tmp_path)
    assert roster.faults == ()
    assert replace(roster, source=plain.source) == plain


@pytest.mark.parametrize("end", [b"\r", b"\r\n"])
def test_line_ends_of_any_kind(tmp_path: Path, end: bytes) -> None:
    written = {name: text.encode().replace(b"\n", end) for name, text in FILES.items()}
    mixed = {**written, "enrollments.csv": FILES["enrollments.csv"].encode()}
    plain = load(tmp_path)
    for number, files in enumerate((written, mixed)):
        roster = load(tmp_path / str(number), files)
        assert replace(roster, source=plain.source) == plain


def test_columns_in_any_order(tmp_path: Path) -> None:
    plain, files = load(tmp_path), {}
    for name, text in FILES.items():
        rows = [row[::-1] for row in csv.reader(text.splitlines())]
        quoted = (",".join(f'"{cell}"' for cell in row) for row in rows)
        files[name] = "\n".join(quoted) + "\n"
    roster = load(tmp_path / "turned", files)
    assert replace(roster, source=plain.source) == plain


def test_a_zip_with_a_top_folder(tmp_path: Path) -> None:
    files = {f"clever/{name}": text for name, text in FILES.items()}
    roster = load_roster(zipped(tmp_path / "drop.zip", {**files, "__MACOSX/clever/x": "?"}))
    assert seats(roster, "0200") == [
        ("teacher:t2", True),
        ("student:b", False),
        ("student:c", False),
    ]


def test_a_term_is_the_same_however_its_days_are_written(tmp_path: Path) -> None:
    iso = changed("sections.csv", "8/17/2026,12/18/2026", "2026-08-17,12/18/26")
    assert list(load(tmp_path, iso).terms) == list(load(tmp_path / "plain").terms)


@pytest.mark.parametrize(
    ("first", "last", "year"),
    [
        ("7/28/2026", "12/18/2026", "2027"),
        ("1/5/2027", "6/4/2027", "2027"),
        ("8/17/2026", "6/4/2027", "2027"),
        ("7/1/2026", "7/31/2026", "2026"),
        ("1/5/2026", "12/18/2026", "2026"),
        ("8/17/2026", "8/17/2026", "2026"),
    ],
)
def test_the_school_year_is_the_one_in_which_it_ends(
    tmp_path: Path, first: str, last: str, year: str
) -> None:
    days = changed("sections.csv", "8/17/2026,12/18/2026", f"{first},{last}")
    assert load(tmp_path, days).sections["0100"].terms[0].school_year == year


@pytest.mark.parametrize(
    ("clever", "code"),
    [
        ("Kindergarten", "KG"),
        ("TransitionalKindergarten", "TK"),
        ("Pre-Kindergarten", "PK"),
        ("InfantToddler", "IT"),
        ("Preschool", "PR"),
        ("PostGraduate", "PS"),
        ("ungraded", "UG"),
        ("other", "Other"),
        ("1", "01"),
        ("09", "09"),
        ("13", "13"),
        ("0", "KG"),
        ("kg", "KG"),
        ("14", "14"),
        ("-1", "-1"),
        ("9-12", "9-12"),
        ("1 2", "1 2"),
        ("", ""),
    ],
)
def test_grades_are_onerosters(clever: str, code: str) -> None:
    assert grade_code(clever) == code


def test_titles_and_courses_of_what_has_little(tmp_path: Path) -> None:
    rows = {
        "a": ",,,Biology,B1",
        "b": "t9,,,Biology,",
        "c": ",,,,B2",
        "d": "t2,,7,,",
        "e": ",,,,",
        "f": 't2,"A/B, %",,,',
    }
    header = "School_id,Section_id,Teacher_id,Name,Period,Course_name,Course_number"
    text = "".join(f"01,{key},{row},1/1/27,2/1/27\n" for key, row in rows.items())
    roster = load(
        tmp_path,
        {
            "sections.csv": f"{header},Term_start,Term_end\n{text}",
            "enrollments.csv": "School_id,Section_id,Student_id\n01,a,b\n",
        },
    )
    assert [(s.title, s.course.key, s.course.title) for s in roster.sections.values()] == [
        ("Biology", "01 / B1 / Biology", "Biology"),
        ("Biology", "01 /  / Biology", "Biology"),
        ("B2", "01 / B2 / ", "B2"),
        ("Chen - 7", "01 /  / Chen - 7", "Chen - 7"),
        ("e", "01 /  / e", "e"),
        ("A/B, %", "01 /  / A%2FB%2C %25", "A/B, %"),
    ]
    (term,) = roster.terms.values()
    assert (term.key, term.name) == ("2027-01-01..2027-02-01", "2027-01-01..2027-02-01")


def test_sections_without_students_or_teachers_are_read(tmp_path: Path) -> None:
    alone = changed("sections.csv", "01,0200,t2,", "01,0200,,")
    alone["enrollments.csv"] = "School_id,Section_id,Student_id\n01,0100,b\n"
    roster = load(tmp_path, alone)
    assert (roster.faults, roster.doubtful_sections) == ((), {})
    assert list(roster.sections) == ["0100", "0200", "k1"]
    assert roster.memberships.get("0200", ()) == ()


# --- which drop it is


@pytest.mark.parametrize("name", [table.file for table in TABLES])
def test_a_file_that_is_missing(tmp_path: Path, name: str) -> None:
    assert problems(tmp_path, {name: None}) == [
        f"{name}  is missing; a roster in Clever's format needs it. Have the SIS export it too"
        "  [R103]"
    ]


def test_two_of_five_files_are_clevers(tmp_path: Path) -> None:
    gone = dict.fromkeys(("schools.csv", "teachers.csv", "sections.csv"))
    assert [words.partition("  ")[0] for words in problems(tmp_path, gone)] == list(gone)


def test_a_whole_oneroster_set_beside_it_counts(tmp_path: Path) -> None:
    write_drop(tmp_path)
    roster = load_roster(small_drop.write_drop(tmp_path))
    assert list(roster.schools) == ["dist", "high", "mid"]


def test_other_files_are_not_opened(tmp_path: Path) -> None:
    plain = load(tmp_path / "plain")
    more = {"staff.csv": b"\xff\xfe\0", "attendance.csv": b"", "users.csv": b"\0"}
    roster = load(tmp_path / "more", {**FILES, **more})
    assert roster == replace(plain, source=roster.source)
    assert roster.source.digest == plain.source.digest


# --- the defects of the field, in the order of their list


def test_other_encodings(tmp_path: Path) -> None:
    utf16 = {"students.csv": FILES["students.csv"].encode("utf-16")}
    assert problems(tmp_path / "16", utf16) == [
        "students.csv  is UTF-16 or not text; expected UTF-8. Export it as UTF-8 (CSV UTF-8 in "
        "Excel)  [R107]"
    ]
    odd = FILES["students.csv"].replace("O'Neil", "O\u2019Neil").replace("Árni", "Arni")
    roster = load(tmp_path / "1252", {"students.csv": odd.encode("cp1252")})
    words = (
        "students.csv:4  Last_name: bytes that are not UTF-8, or a NUL, stand in this cell; export "
        "the file as UTF-8"
    )
    assert faults(roster) == [
        f"{words}; their 2 enrollments can't be followed until it is right  [R204] left out"
    ]
    assert list(roster.doubtful_people) == ["student:b"]


def test_cut_off(tmp_path: Path) -> None:
    cut = FILES["enrollments.csv"][:-6]
    assert problems(tmp_path, {"enrollments.csv": cut}) == [
        "enrollments.csv  ends in the middle of line 6, as if cut off: the line has no end, and "
        "the row has 1 field; expected 3, as the header has. Export or fetch it again  [R106]"
    ]


@pytest.mark.parametrize("name", FILES)
def test_a_header_and_no_rows(tmp_path: Path, name: str) -> None:
    assert problems(tmp_path, {name: FILES[name].splitlines()[0] + "\n"}) == [
        f"{name}  has a header and no rows, as if its export had failed; export it again  [R104]"
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("ann@maple.example,Gran", "other@maple.example,Gran"),
        (
            "Ann,9,F,1/2/2011,A,Free,1 Elm,ann@maple.example,Gran",
            "Anna,9,F,1/2/2011,A,Free,1 Elm,ann@maple.example,Gran",
        ),
    ],
    ids=["e-mail", "name"],
)
def test_rows_of_one_student_that_differ(tmp_path: Path, old: str, new: str) -> None:
    roster = load(tmp_path, changed("students.csv", old, new))
    assert faults(roster) == [
        "students.csv:3  the id 'student:007' stands in line 2 too, with other content; expected "
        "the same in each of its rows. This row is left out; their 1 enrollment can't be followed "
        "until it is right  [R206] left out"
    ]
    assert list(roster.doubtful_people) == ["student:007"]
    assert roster.source.counts["people"] == 7


def test_two_sections_of_one_id(tmp_path: Path) -> None:
    """The teachers of the row that is left out are not seated."""
    twin = FILES["sections.csv"] + "01,0100,t3,,,Art,,9,,,,,,Year,8/17/2026,6/4/2027\n"
    roster = load(tmp_path, {"sections.csv": twin})
    assert faults(roster) == [
        "sections.csv:5  the id '0100' stands in line 2 too, with other content; expected each id "
        "once. This row is left out  [R206] left out"
    ]
    assert roster.sections["0100"].title == "Algebra I, P1"
    teachers = [who for who, _ in seats(roster, "0100") if who.startswith("teacher:")]
    assert teachers == ["teacher:007", "teacher:t2"]
    assert list(roster.doubtful_sections) == ["0100"]


def test_keys_that_a_spreadsheet_has_changed(tmp_path: Path) -> None:
    """The one of the section by a zero, the one of the student too."""
    rows = "School_id,Section_id,Student_id\n1,100,7\n1,100,b\n1,0200,b\n1,0200,7\n2,k1,c\n"
    roster = load(tmp_path, {"enrollments.csv": rows})
    assert faults(roster) == [
        "enrollments.csv:2  Section_id names '100', which has no row in sections.csv  [R215] left "
        "out",
        "enrollments.csv:3  Section_id names '100', which has no row in sections.csv  [R215] left "
        "out",
        "enrollments.csv:5  Student_id names 'student:7', which has no row in teachers.csv or "
        "students.csv  [R216] left out",
    ]
    assert sorted(roster.doubtful_sections) == ["0100", "0200"]


def test_keys_in_scientific_notation_leave_a_doubt(tmp_path: Path) -> None:
    """A section that has its teachers still, but no student any more."""
    rows = FILES["enrollments.csv"].replace("0200", "2.00E+02")
    roster = load(tmp_path, {"enrollments.csv": rows})
    assert [fault.code for fault in roster.faults] == ["R215", "R215"]
    assert list(roster.doubtful_sections) == ["0200"]


def test_enrollments_of_unknown_sections_students_and_teachers(tmp_path: Path) -> None:
    more = changed("sections.csv", "01,0100,007,t2,", "01,0100,007,t9,")
    more["enrollments.csv"] = FILES["enrollments.csv"] + "01,0900,b\n01,0200,s9\n01,0200,\n"
    roster = load(tmp_path, more)
    assert faults(roster) == [
        "sections.csv:2  Teacher_2_id names 't9', which has no row in teachers.csv  [R216] left "
        "out",
        "enrollments.csv:7  Section_id names '0900', which has no row in sections.csv  [R215] left "
        "out",
        "enrollments.csv:8  Student_id names 'student:s9', which has no row in teachers.csv or "
        "students.csv  [R216] left out",
        "enrollments.csv:9  Student_id names nothing  [R216] left out",
    ]
    assert seats(roster, "0100")[0] == ("teacher:007", True)
    assert sorted(roster.doubtful_sections) == ["0100", "0200"]


def test_a_teacher_whose_own_row_is_faulty_keeps_the_seat(tmp_path: Path) -> None:
    roster = load(tmp_path, changed("teachers.csv", "01,t2,,,", "01,t2,,,,"))
    assert faults(roster) == [
        "teachers.csv:4  the row has 12 fields; expected 11, as the header has. A cell with a "
        "comma in it needs quotes around it; their 2 enrollments can't be followed until it is "
        "right  [R202] left out"
    ]
    assert ("teacher:t2", False) in seats(roster, "0100")
    assert list(roster.doubtful_people) == ["teacher:t2"]
    assert roster.sections["0200"].title == "Algebra I - 2"


def test_a_name_with_a_comma_and_without_quotes_is_not_read(tmp_path: Path) -> None:
    """Though the e-mail stands in its column, and what is too many is empty."""
    row = "chen@maple.example,Li,,Chen,,chen,"
    roster = load(tmp_path, changed("teachers.csv", row, "chen@maple.example,Li, Jr.,,Chen,,,"))
    assert [f"{fault.place} {fault.code}" for fault in roster.faults] == ["teachers.csv:4 R202"]
    assert list(roster.doubtful_people) == ["teacher:t2"]


def test_an_enrollment_twice(tmp_path: Path) -> None:
    roster = load(tmp_path, {"enrollments.csv": FILES["enrollments.csv"] + "01,0100,b\n"})
    assert faults(roster) == [
        "enrollments.csv:7  1 enrollment with a pair of section and student that stands further up "
        "already; expected each pair once. All are used  [R228] noted"
    ]


def test_a_section_of_an_unknown_school(tmp_path: Path) -> None:
    roster = load(tmp_path, changed("sections.csv", "2,k1,", "9,k1,"))
    assert faults(roster) == [
        "sections.csv:4  School_id names '9', which has no row in schools.csv; and 1 enrollment "
        "with it  [R213] left out"
    ]


DAYS = "have the SIS export both, such as 8/24/2026"
EXPECTED = "expected month/day/year such as 8/24/2026, or 2026-08-24"


@pytest.mark.parametrize(
    ("days", "words"),
    [
        ("17/8/2026,12/18/2026", f"Term_start is '17/8/2026'; {EXPECTED}"),
        ("8/17/2026,18/12/26", f"Term_end is '18/12/26'; {EXPECTED}"),
        ("8/17/2026,00/00/0000", f"Term_end is '00/00/0000'; {EXPECTED}"),
        ("0/0/26,12/18/2026", f"Term_start is '0/0/26'; {EXPECTED}"),
        ("8/17/2026,2/30/2027", f"Term_end is '2/30/2027'; {EXPECTED}"),
        ("2026-17-08,12/18/2026", f"Term_start is '2026-17-08'; {EXPECTED}"),
        ("17.8.2026,12/18/2026", f"Term_start is '17.8.2026'; {EXPECTED}"),
        ("12/18/2026,8/17/2026", "Term_end 2026-08-17 is before Term_start 2026-12-18"),
        (",12/18/2026", f"Term_start is empty, so that its year can't be told; {DAYS}"),
        (",", f"Term_start and Term_end are empty, so that its year can't be told; {DAYS}"),
    ],
)
def test_a_section_whose_days_can_not_be_told(tmp_path: Path, days: str, words: str) -> None:
    roster = load(tmp_path, changed("sections.csv", "8/17/2026,12/18/2026", days))
    (fault,) = roster.faults
    assert str(fault).startswith(f"sections.csv:2  {words}; and 2 enrollments with it  [R")
    assert "0100" not in roster.sections
    assert list(roster.terms) == [YEAR.key]


def test_a_set_without_terms_is_refused(tmp_path: Path) -> None:
    without = FILES["sections.csv"].replace(",Term_start,Term_end", ",x,y")
    why = "it tells a section's year. Have the SIS export Term_start and Term_end"
    assert problems(tmp_path, {"sections.csv": without}) == [
        f"sections.csv  has no column {name}; the export must have it: {why}  [R105]"
        for name in ("Term_start", "Term_end")
    ]


def test_a_set_with_empty_terms_is_refused(tmp_path: Path) -> None:
    empty = FILES["sections.csv"]
    for days in ("8/17/2026,12/18/2026", "08/17/26,2027-06-04", "8/17/2026,6/4/2027"):
        empty = empty.replace(days, ",")
    assert problems(tmp_path, {"sections.csv": empty}) == [
        "sections.csv  not one of its rows can be used; the first: sections.csv:2, Term_start and "
        f"Term_end are empty, so that its year can't be told; {DAYS}  [R110]"
    ]


def test_columns_that_nobody_knows(tmp_path: Path) -> None:
    more = FILES["students.csv"].replace("ext.bus", "Homeroom_no")
    (fault,) = load(tmp_path, {"students.csv": more}).faults
    assert str(fault) == (
        "students.csv:1  the column 'Homeroom_no' is none of Clever's and is not read  [R221]"
    )


def test_formulas_in_names_stay_text(tmp_path: Path) -> None:
    roster = load(tmp_path, changed("sections.csv", "Room 5", "=1+1"))
    assert roster.sections["k1"].title == "=1+1"


# --- real sets, read a second time by a reader that shares no code


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def slots(folder: Path) -> Counter[tuple[str, str, bool]]:
    """(section, teacher, primary)"""
    found: Counter[tuple[str, str, bool]] = Counter()
    for row in rows(folder, "sections"):
        for column in ("Teacher_id", "Teacher_2_id"):
            if row[column]:
                found[row["Section_id"], row[column], column == "Teacher_id"] += 1
    return found


def counted(roster: Roster) -> Counter[tuple[str, str, bool]]:
    return Counter(
        (key, member.person.removeprefix("teacher:"), member.primary)
        for key, members in roster.memberships.items()
        for member in members
        if member.role is Role.TEACHER
    )


def compare(roster: Roster, folder: Path, email: str) -> None:
    """All that both readers see."""
    people = {
        **{f"teacher:{r['Teacher_id']}": r["Teacher_email"] for r in rows(folder, "teachers")},
        **{f"student:{r['Student_id']}": r[email] for r in rows(folder, "students")},
    }
    sections, enrollments = rows(folder, "sections"), rows(folder, "enrollments")
    counts = roster.source.counts
    assert counts["schools"] == len(rows(folder, "schools"))
    assert counts["people"] == len(people)
    assert counts["sections"] == len(sections)
    assert counts["memberships"] == len(enrollments) + slots(folder).total()
    assert {s.key: s.title for s in roster.sections.values()} == {
        row["Section_id"]: row["Name"] for row in sections
    }
    assert {s.key: s.school.key for s in roster.sections.values()} == {
        row["Section_id"]: row["School_id"] for row in sections
    }
    for person in roster.people.values():
        assert person.email == people[person.key]
    seated = Counter(
        (key, member.person)
        for key, members in roster.memberships.items()
        for member in members
        if member.role is Role.STUDENT
    )
    assert seated == Counter((r["Section_id"], f"student:{r['Student_id']}") for r in enrollments)


@pytest.mark.rosters
def test_golden_plains(rosters: Path) -> None:
    folder = rosters / "clever-csv-goldenplains-blkwhte"
    roster = load_roster(folder)
    assert roster.faults == ()
    compare(roster, folder, "Email_address")
    assert counted(roster) == slots(folder)
    terms = {(row["Term_start"], row["Term_end"]) for row in rows(folder, "sections")}
    assert roster.source.counts["terms"] == len(terms) == 1
    (term,) = roster.terms.values()
    assert (term.start, term.end) == (date(2024, 8, 15), date(2025, 6, 16))


@pytest.mark.rosters
@pytest.mark.parametrize("district", ["CedarRidge", "SummitHeights"])
def test_districts_by_a_language_model(tmp_path: Path, rosters: Path, district: str) -> None:
    """They have no terms, and are refused. With terms they are read, save what dangles."""
    folder = rosters / "clever-csv-genai-blkwhte" / district
    with pytest.raises(RosterAtFault) as caught:
        load_roster(folder)
    assert [words.partition(";")[0] for words in caught.value.problems] == [
        "sections.csv  has no column Term_start",
        "sections.csv  has no column Term_end",
    ]
    for table in TABLES:
        text = (folder / table.file).read_text("utf-8")
        if table.file == "sections.csv":
            header, *lines = text.splitlines()
            more = [f"{line},8/15/2025,6/1/2026" for line in lines if line]
            text = "\n".join([f"{header},Term_start,Term_end", *more]) + "\n"
        (tmp_path / table.file).write_text(text, "utf-8")
    roster = load_roster(tmp_path)
    compare(roster, tmp_path, "Student_email")
    known = {row["Teacher_id"] for row in rows(folder, "teachers")}
    dangling = Counter({slot: n for slot, n in slots(tmp_path).items() if slot[1] not in known})
    assert counted(roster) == slots(tmp_path) - dangling
    assert [fault.code for fault in roster.faults] == ["R216"] * dangling.total()
    assert dangling.total() == (2 if district == "SummitHeights" else 0)
