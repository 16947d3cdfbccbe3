"""Two drops side by side: what is counted, and each reason to distrust one of them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from policy.roster.difference import Difference, Share, Sign, difference_of
from policy.roster.load import load_roster

SECTIONS = 12  # in each of two schools
Files = dict[str, str]


def files() -> Files:
    """Two schools of 12 sections, each with a teacher of its own and 5 of the school's 20
    students."""
    found = {
        "orgs.csv": "sourcedId,name,type\n01,Maple High,school\n02,Maple Middle,school\n",
        "academicSessions.csv": (
            "sourcedId,title,type,startDate,endDate,schoolYear\n"
            "y,Year,term,2026-08-17,2027-06-05,2027\n"
        ),
        "courses.csv": "sourcedId,title\n",
        "classes.csv": "sourcedId,title,courseSourcedId,schoolSourcedId,termSourcedIds\n",
        "users.csv": "sourcedId,enabledUser,role,givenName,familyName,email\n",
        "enrollments.csv": "sourcedId,classSourcedId,userSourcedId,role\n",
    }
    for school in ("01", "02"):
        for n in range(20):
            key = f"0{school}{n:02}"
            found["users.csv"] += f"{key},true,student,Zoé,Ré,s{key}@maple.example\n"
        for n in range(SECTIONS):
            key, teacher = f"0{school}5{n:02}", f"t{school}{n:02}"
            found["users.csv"] += f"{teacher},true,teacher,Tea,Cher,{teacher}@maple.example\n"
            found["courses.csv"] += f"c{key},Course {n}\n"
            found["classes.csv"] += f"{key},Class {n},c{key},{school},y\n"
            seats = [(teacher, "teacher")]
            seats += [(f"0{school}{(n + i) % 20:02}", "student") for i in range(5)]
            for who, role in seats:
                found["enrollments.csv"] += f"{key}-{who},{key},{who},{role}\n"
    return found


def compared(folder: Path, change: Callable[[Files], None], *, turned: bool) -> Difference:
    """The whole drop as A and the changed one as B; or turned around."""
    whole, other = files(), files()
    change(other)
    rosters = []
    for name, texts in (("whole", whole), ("other", other)):
        (folder / name).mkdir()
        for file, text in texts.items():
            (folder / name / file).write_text(text, encoding="utf-8")
        rosters.append(load_roster(folder / name))
    return difference_of(*(rosters[::-1] if turned else rosters))


def without(file: str, unwanted: Callable[[list[str]], bool]) -> Callable[[Files], None]:
    def change(texts: Files) -> None:
        head, *rows = texts[file].splitlines(keepends=True)
        texts[file] = "".join([head, *(r for r in rows if not unwanted(r.strip().split(",")))])

    return change


def replaced(file: str, old: str, new: str) -> Callable[[Files], None]:
    def change(texts: Files) -> None:
        assert old in texts[file]
        texts[file] = texts[file].replace(old, new)

    return change


def other_sections(texts: Files) -> None:
    for file in ("classes.csv", "enrollments.csv"):
        rows = [row.split(",") for row in texts[file].splitlines()]
        column = 0 if file == "classes.csv" else 1
        for row in rows[1:]:
            row[column] = f"X{row[column]}"
        texts[file] = "".join(f"{','.join(row)}\n" for row in rows)


def zeros_lost(texts: Files) -> None:
    other_sections(texts)
    for file in ("classes.csv", "enrollments.csv"):
        texts[file] = texts[file].replace("X00", "")


def as_spreadsheet(texts: Files) -> None:
    for file, mark in (("classes.csv", "\n"), ("enrollments.csv", ",")):
        texts[file] = texts[file].replace(f"{mark}001500,", f"{mark}1.50E+03,")


def garbled(texts: Files) -> None:
    texts["users.csv"] = texts["users.csv"].encode().decode("cp1252")


def ids_of_others(texts: Files) -> None:
    """Each class has the id of the next one, at least of its school."""
    rows = [row.split(",") for row in texts["classes.csv"].splitlines()]
    keys = {row[0]: f"{row[0][:4]}{(int(row[0][4:]) + 6) % 12:02}" for row in rows[1:]}
    for row in rows[1:]:
        row[0] = keys[row[0]]
    texts["classes.csv"] = "".join(f"{','.join(row)}\n" for row in rows)
    seats = [row.split(",") for row in texts["enrollments.csv"].splitlines()]
    for row in seats[1:]:
        row[1] = keys[row[1]]
    texts["enrollments.csv"] = "".join(f"{','.join(row)}\n" for row in seats)


CHANGES: dict[Sign, tuple[Callable[[Files], None], str, int, int]] = {
    Sign.RENUMBERED: (other_sections, "sections", 24, 24),
    Sign.REUSED: (ids_of_others, "sections", 24, 24),
    Sign.SCHOOL_EMPTY: (
        without("enrollments.csv", lambda row: row[1].startswith("002")),
        *("Maple Middle", 0, 72),
    ),
    Sign.SCHOOL_SHRUNK: (
        without("enrollments.csv", lambda row: row[1] > "002503"),
        *("Maple Middle", 24, 72),
    ),
    Sign.TEACHERS_GONE: (
        without("enrollments.csv", lambda row: row[3] == "teacher"),
        *("sections", 24, 24),
    ),
    Sign.TERM_SHIFTED: (
        replaced("academicSessions.csv", "2026-08-17", "2026-09-17"),
        *("y", 31, 31),
    ),
    Sign.GARBLED: (garbled, "people", 32, 56),
    Sign.ZEROS_LOST: (zeros_lost, "sections", 24, 24),
    Sign.SPREADSHEET: (as_spreadsheet, "sections", 1, 24),
}
SYMMETRICAL = set(CHANGES) - {Sign.RENUMBERED, Sign.REUSED, Sign.TERM_SHIFTED}


@pytest.mark.parametrize("sign", CHANGES)
@pytest.mark.parametrize("turned", [False, True])
def test_each_sign_is_seen_on_its_side(tmp_path: Path, sign: Sign, turned: bool) -> None:
    change, what, count, of = CHANGES[sign]
    found = compared(tmp_path, change, turned=turned)
    seen = {s.sign: (s.side.value, s.what, s.count, s.of) for s in found.suspicions}
    side = "A" if turned and sign in SYMMETRICAL else "B"
    assert seen[sign] == (side, what, count, of)
    assert Sign.MUCH not in seen


def test_nothing_differs(tmp_path: Path) -> None:
    found = compared(tmp_path, lambda _texts: None, turned=False)
    assert found.is_same
    assert found.suspicions == ()
    assert found.seats == Share(0, 144)


def test_one_moved_student_is_a_night(tmp_path: Path) -> None:
    change = replaced("enrollments.csv", "001500,00100,", "001509,00100,")
    found = compared(tmp_path, change, turned=False)
    assert not found.is_same
    assert found.suspicions == ()
    high, middle = found.schools
    assert (high.seats, high.seats_added, high.seats_gone) == ([72, 72], 1, 1)
    assert not middle.is_changed


def test_much_that_explains_itself_by_nothing(tmp_path: Path) -> None:
    change = without("enrollments.csv", lambda row: row[2].endswith("0") and row[3] == "student")
    found = compared(tmp_path, change, turned=False)
    signs = [(s.sign, s.side.value, s.what) for s in found.suspicions]
    assert signs == [(Sign.MUCH, "A or B", "seats")]


def test_a_section_gone_and_its_people(tmp_path: Path) -> None:
    def change(texts: Files) -> None:
        for file, column in (("classes.csv", 0), ("enrollments.csv", 1)):
            without(file, lambda row, c=column: row[c] == "001511")(texts)

    found = compared(tmp_path, change, turned=False)
    high = found.schools[0]
    # Its teacher has no other section; the students have, save one of them.
    assert (high.sections, high.gone, high.new, high.seats_gone) == ([12, 11], 1, 0, 6)
    assert (high.people_gone, high.people_new) == (2, 0)


def test_a_section_in_another_school(tmp_path: Path) -> None:
    change = replaced("classes.csv", "c001500,01,", "c001500,02,")
    found = compared(tmp_path, change, turned=False)
    high, middle = found.schools
    assert (high.sections, middle.sections, middle.moved) == ([12, 11], [12, 13], 1)
    assert found.suspicions == ()


def test_a_section_under_another_number(tmp_path: Path) -> None:
    def change(texts: Files) -> None:
        texts["classes.csv"] = texts["classes.csv"].replace("\n001500,", "\n777,")
        texts["enrollments.csv"] = texts["enrollments.csv"].replace(",001500,", ",777,")

    found = compared(tmp_path, change, turned=False)
    high = found.schools[0]
    assert (high.renumbered, high.new, high.gone) == (1, 0, 0)
    assert found.suspicions == ()


def test_a_school_that_only_one_knows_is_new(tmp_path: Path) -> None:
    def change(texts: Files) -> None:
        for file, column in (("orgs.csv", 0), ("classes.csv", 3)):
            without(file, lambda row, c=column: row[c] == "02")(texts)
        without("enrollments.csv", lambda row: row[1].startswith("002"))(texts)

    found = compared(tmp_path, change, turned=True)
    assert {s.sign for s in found.suspicions} == {Sign.MUCH}
    assert found.schools[1].new == SECTIONS


def test_people_of_other_keys_are_known_by_their_e_mail(tmp_path: Path) -> None:
    def change(texts: Files) -> None:
        for file in ("users.csv", "enrollments.csv"):
            texts[file] = texts[file].replace("t01", "q01").replace("q0100@", "T0100@")
        texts["users.csv"] = texts["users.csv"].replace(",q01", ",t01")

    found = compared(tmp_path, change, turned=False)
    assert [(s.sign, s.what, s.count) for s in found.suspicions] == [
        (Sign.RENUMBERED, "people", 12)
    ]
    assert found.seats.count == 0
