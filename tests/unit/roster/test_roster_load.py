"""What a drop is read as when it is whole, and every reason why it can't be used at all."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest

from policy.errors import RosterAtFault
from policy.roster.load import load_roster
from policy.roster.model import Course, Membership, Person, Place, Role, School, Section, Term
from unit.roster.small_drop import FILES, changed, faults, load, write_drop, zipped

HIGH = School("high", "Maple High", Place("orgs.csv", 3))
YEAR = Term(
    "year",
    "Year 26-27",
    "schoolYear",
    date(2026, 8, 17),
    date(2027, 6, 5),
    "2027",
    Place("academicSessions.csv", 2),
)
FALL = Term(
    "fall",
    "Fall",
    "semester",
    date(2026, 8, 17),
    date(2026, 12, 19),
    "2027",
    Place("academicSessions.csv", 3),
)
SPRING = Term(
    "spring",
    "Spring",
    "semester",
    date(2027, 1, 4),
    date(2027, 6, 5),
    "2027",  # of its end date: the row says none
    Place("academicSessions.csv", 4),
)
ALGEBRA = Course("alg", "Algebra I", "M1", ("Mathematics", "Algebra"), Place("courses.csv", 2))

DELTA = "propertyName,value\noneroster.version,1.1\nfile.users,bulk\nfile.enrollments,delta\n"
ASK = "Ask the SIS for a full (bulk) OneRoster 1.1 export"
USERS_1_2 = FILES["users.csv"].replace(",role,", ",primaryOrgSourcedId,")


def test_a_whole_drop(tmp_path: Path) -> None:
    roster = load(tmp_path)
    assert roster.faults == ()
    assert (roster.doubtful_people, roster.doubtful_sections) == ({}, {})
    assert roster.doubtful_anywhere == ()
    assert roster.source.name == "drop"
    assert roster.source.counts == {
        "schools": 3,
        "terms": 3,
        "courses": 2,
        "sections": 3,
        "people": 5,
        "memberships": 8,
    }
    assert list(roster.schools) == ["dist", "high", "mid"]
    assert list(roster.terms.values()) == [YEAR, FALL, SPRING]
    assert roster.courses["alg"] == ALGEBRA
    assert roster.sections["alg1"] == Section(
        key="alg1",
        title="Algebra I, P1",
        code="M1-1",
        school=HIGH,
        course=ALGEBRA,
        terms=(FALL, SPRING),
        grades=("09",),
        subjects=("Math", "Algebra"),
        periods=("1", "2"),
        room="R 12",
        kind="scheduled",
        place=Place("classes.csv", 2),
    )


def test_people_are_those_whom_an_enrollment_names(tmp_path: Path) -> None:
    people = load(tmp_path).people
    assert list(people) == ["tea", "ann", "bob", "cyd"]
    assert people["bob"] == Person(
        "bob", "Bob", "O'Neil", "Bob@Maple.Example", Place("users.csv", 4)
    )
    assert people["cyd"].email == ""


def test_memberships_are_in_the_order_of_the_file(tmp_path: Path) -> None:
    roster = load(tmp_path)
    fall, spring = (FALL.start, FALL.end), (SPRING.start, SPRING.end)
    assert roster.memberships["alg1"] == (
        Membership("tea", Role.TEACHER, True, None, None, "enrollments.csv", 2),
        Membership("ann", Role.STUDENT, False, *fall, "enrollments.csv", 3),
        Membership("ann", Role.STUDENT, False, *spring, "enrollments.csv", 4),
        Membership("bob", Role.STUDENT, False, None, None, "enrollments.csv", 5),
    )
    assert roster.memberships["art1"][0].primary


def test_one_point_two_is_read_as_one_point_one_is(tmp_path: Path) -> None:
    old = load(tmp_path / "old")
    new = load(
        tmp_path / "new",
        {"users.csv": USERS_1_2, "roles.csv": "sourcedId\n", "manifest.csv": None},
    )
    assert (new.people, new.memberships) == (old.people, old.memberships)
    assert new.faults == ()


def test_a_zip_is_read_as_its_folder_is(tmp_path: Path) -> None:
    folder = load_roster(write_drop(tmp_path / "drop"))
    packed = load_roster(zipped(tmp_path / "drop.zip", FILES, top="export/"))
    assert packed.source.digest == folder.source.digest
    assert (packed.people, packed.memberships) == (folder.people, folder.memberships)


def test_other_files_are_never_opened(tmp_path: Path) -> None:
    plain = load(tmp_path)
    demographics = {"demographics.csv": b"\xff\xfe\0not even text", "results.csv": b"\0"}
    assert load(tmp_path, demographics) == plain


def test_columns_may_stand_in_any_order(tmp_path: Path) -> None:
    lines = [line.split(",") for line in FILES["enrollments.csv"].splitlines()]
    turned = "\n".join(",".join(reversed(cells)) for cells in lines)
    assert load(tmp_path, {"enrollments.csv": turned}).memberships == load(tmp_path).memberships


@pytest.mark.parametrize(
    "manifest",
    [
        pytest.param(None, id="absent"),
        pytest.param("propertyName,value\nmanifest.version,1\noneroster.version,1.1\n", id="odd"),
        pytest.param("propertyName,value\noneroster.version,1.0\n", id="calls-itself-1.0"),
        pytest.param("propertyName,value\nfile.users,absent\nfile.results,delta\n", id="wrong"),
        pytest.param('"propertyName","value"\n"source.systemName","SIS, Inc."', id="quoted"),
    ],
)
def test_the_data_count_more_than_the_manifest(tmp_path: Path, manifest: str | None) -> None:
    roster = load(tmp_path, {"manifest.csv": manifest})
    assert roster.memberships == load(tmp_path).memberships


AT_FAULT: Mapping[str, tuple[Mapping[str, str | bytes | None], list[str]]] = {
    "a-file-is-missing": (
        {"users.csv": None},
        ["users.csv  is missing; a roster needs it. Have the SIS export it too  [R103]"],
    ),
    "the-manifest-knows-that-it-is-missing": (
        {"users.csv": None, "manifest.csv": "propertyName,value\nfile.users,absent\n"},
        [
            "users.csv  is missing, and manifest.csv:2 says that it was left out; a roster needs "
            "it. Have the SIS export it too  [R103]"
        ],
    ),
    "a-file-is-empty": (
        {"orgs.csv": ""},
        ["orgs.csv  is empty; expected a header and rows. Export it again  [R104]"],
    ),
    "a-header-only": (
        {"enrollments.csv": FILES["enrollments.csv"].splitlines()[0] + "\n"},
        [
            "enrollments.csv  has a header and no rows, as if its export had failed; export it "
            "again  [R104]"
        ],
    ),
    "a-column-is-missing": (
        changed("enrollments.csv", ",userSourcedId,", ",userSourceId,"),
        [
            "enrollments.csv  has no column userSourcedId; did you mean its column userSourceId? "
            "Export it with OneRoster 1.1's header  [R105]"
        ],
    ),
    "cut-in-a-quoted-cell": (
        {"classes.csv": FILES["classes.csv"] + 'x,,,"Alg'},
        [
            "classes.csv  ends in line 5 inside a quoted cell, as if cut off; export or fetch it "
            "again  [R106]"
        ],
    ),
    "cut-in-a-row": (
        {"enrollments.csv": FILES["enrollments.csv"] + "e9,,,art1,mi"},
        [
            "enrollments.csv  ends in the middle of line 10, as if cut off: the line has no end, "
            "and the row has 5 fields; expected 10, as the header has. Export or fetch it again"
            "  [R106]"
        ],
    ),
    "cut-in-a-date": (
        {"enrollments.csv": FILES["enrollments.csv"] + "e9,,,art1,mid,ann,student,,,2027-0"},
        [
            "enrollments.csv  ends in the middle of line 10, as if cut off: the line has no end, "
            "and endDate is '2027-0'; expected a date such as 2026-08-24 (year, month, day). "
            "Export or fetch it again  [R106]"
        ],
    ),
    "not-one-row-can-be-used": (
        {"enrollments.csv": FILES["enrollments.csv"].replace(",,,a", ",,,x")},
        [
            "enrollments.csv  not one of its rows can be used; the first: enrollments.csv:2, "
            "classSourcedId names 'xlg1', which has no row in classes.csv  [R110]"
        ],
    ),
    "utf-16": (
        {"users.csv": FILES["users.csv"].encode("utf-16")},
        [
            "users.csv  is UTF-16 or not text; expected UTF-8. Export it as UTF-8 (CSV UTF-8 in "
            "Excel)  [R107]"
        ],
    ),
    "a-delta": (
        {"manifest.csv": DELTA},
        [
            "manifest.csv:4  enrollments.csv: 'delta', that is, only what has changed, which is "
            f"not supported yet. {ASK}  [R109]"
        ],
    ),
    "another-version-by-its-manifest": (
        {"manifest.csv": "propertyName,value\noneroster.version,2.0\n"},
        [f"manifest.csv:2  oneroster.version is '2.0', which is not supported yet. {ASK}  [R108]"],
    ),
    "a-manifest-that-is-none": (
        {"manifest.csv": "property,content\n"},
        [
            "manifest.csv  has no column propertyName; did you mean its column property? Export "
            "it with OneRoster 1.1's header  [R105]",
            "manifest.csv  has no column value; the export must have it  [R105]",
        ],
    ),
    "a-row-of-the-manifest-is-faulty": (
        {"manifest.csv": "propertyName,value\nfile.users\n"},
        ["manifest.csv:2  the row has 1 field; expected 2, as the header has  [R201]"],
    ),
    "several-at-once": (
        {
            "orgs.csv": None,
            "courses.csv": "",
            "users.csv": FILES["users.csv"].splitlines()[0],
            "enrollments.csv": FILES["enrollments.csv"] + '"e9',
        },
        [
            "courses.csv  is empty; expected a header and rows. Export it again  [R104]",
            "orgs.csv  is missing; a roster needs it. Have the SIS export it too  [R103]",
            "users.csv  has a header and no rows, as if its export had failed; export it again"
            "  [R104]",
            "enrollments.csv  ends in line 10 inside a quoted cell, as if cut off; export or "
            "fetch it again  [R106]",
        ],
    ),
}


@pytest.mark.parametrize(("changes", "problems"), AT_FAULT.values(), ids=AT_FAULT)
def test_a_drop_at_fault(
    tmp_path: Path, changes: Mapping[str, str | bytes | None], problems: list[str]
) -> None:
    with pytest.raises(RosterAtFault) as caught:
        load(tmp_path, changes)
    assert list(caught.value.problems) == problems
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    lines = [f"roster {tmp_path}/drop: {count}", *problems, "Nothing was planned."]
    assert str(caught.value) == "\n".join(lines)


def test_a_folder_of_something_else(tmp_path: Path) -> None:
    (tmp_path / "drop").mkdir()
    (tmp_path / "drop" / "report.pdf").write_bytes(b"%PDF")
    with pytest.raises(RosterAtFault) as caught:
        load_roster(tmp_path / "drop")
    assert list(caught.value.problems) == [
        f"{tmp_path}/drop  has none of a roster's files (orgs.csv, academicSessions.csv, "
        "courses.csv, classes.csv, users.csv, enrollments.csv); found: report.pdf  [R103]"
    ]


def test_files_in_a_folder_inside_are_told(tmp_path: Path) -> None:
    write_drop(tmp_path / "roster")
    (tmp_path / "README.md").write_text("read me")
    packed = zipped(tmp_path / "drop.zip", FILES, top="a/b/")
    told = []
    for path in (tmp_path, packed):
        with pytest.raises(RosterAtFault) as caught:
            load_roster(path)
        (words,) = caught.value.problems
        told.append(words.partition("; ")[2])
    assert told == [
        "its folder roster/ has them; give that folder  [R103]",
        "its folder a/b/ has them; put them at the top of the zip  [R103]",
    ]


@pytest.mark.parametrize(
    ("mark", "name"), [pytest.param(";", "semicolons"), pytest.param("\t", "tabs")]
)
@pytest.mark.parametrize("quote", ["", '"'])
def test_another_separator_is_told_once(tmp_path: Path, mark: str, name: str, quote: str) -> None:
    between = f"{quote}{mark}{quote}"
    turned: dict[str, str | bytes | None] = {
        file: "".join(f"{quote}{line}{quote}\n".replace(",", between) for line in text.splitlines())
        for file, text in FILES.items()
    }
    with pytest.raises(RosterAtFault) as caught:
        load(tmp_path, turned)
    assert list(caught.value.problems) == [
        "manifest.csv, orgs.csv, academicSessions.csv, courses.csv, classes.csv, users.csv, "
        f"enrollments.csv  are separated by {name}; a roster's CSV has commas. Export them with "
        "commas  [R105]"
    ]
    with pytest.raises(RosterAtFault) as caught:
        load(tmp_path / "one", {"users.csv": turned["users.csv"]})
    assert list(caught.value.problems) == [
        f"users.csv  is separated by {name}; a roster's CSV has commas. Export it with commas"
        "  [R105]"
    ]


def users_with(odd: int, *, whole: int, byte: bytes = b"\xe9") -> dict[str, str | bytes | None]:
    rows = [f"w{n},,,true,high,student,,,A,B{',' * 8}\n".encode() for n in range(whole)]
    rows += [
        f"o{n},,,true,high,student,,,Ren,B{',' * 8}\n".encode().replace(b"Ren", b"Ren" + byte)
        for n in range(odd)
    ]
    return {"users.csv": FILES["users.csv"].encode() + b"".join(rows)}


@pytest.mark.parametrize(
    ("odd", "whole", "byte", "guess"),
    [
        pytest.param(21, 2000, b"\xe9", " (it looks like Windows-1252)", id="many"),
        pytest.param(5, 200, b"\xe9", " (it looks like Windows-1252)", id="a-large-share"),
        pytest.param(21, 2000, b"\x8d", "", id="of-no-encoding-that-is-known"),
    ],
)
def test_a_file_of_another_encoding(
    tmp_path: Path, odd: int, whole: int, byte: bytes, guess: str
) -> None:
    with pytest.raises(RosterAtFault) as caught:
        load(tmp_path, users_with(odd, whole=whole, byte=byte))
    assert list(caught.value.problems) == [
        f'users.csv  is not UTF-8{guess}; export it as "CSV UTF-8"  [R107]'
    ]


@pytest.mark.parametrize(("odd", "whole"), [(20, 2000), (4, 0), (5, 300)])
def test_a_few_rows_of_another_encoding_are_faulty_rows(
    tmp_path: Path, odd: int, whole: int
) -> None:
    roster = load(tmp_path, users_with(odd, whole=whole))
    assert [fault.code for fault in roster.faults] == ["R204"] * odd


def many_classes(good: int, lost: int) -> dict[str, str | bytes | None]:
    """`lost` of them hang on a session whose own row is faulty."""
    terms = ["year"] * good + ["fall"] * lost
    rows = [f"c{n},,,C,,alg,,scheduled,,high,{term},,,\n" for n, term in enumerate(terms)]
    classes = "".join(FILES["classes.csv"].splitlines(keepends=True)[:1] + rows)
    enrollments = FILES["enrollments.csv"].splitlines(keepends=True)[0] + "e,,,c0,,ann,student,,,\n"
    broken = changed("academicSessions.csv", "fall,,,Fall,semester,2026", "fall,,,Fall,semester,x")
    return {**broken, "classes.csv": classes, "enrollments.csv": enrollments}


def test_more_than_half_of_the_classes_lost_by_reference(tmp_path: Path) -> None:
    with pytest.raises(RosterAtFault) as caught:
        load(tmp_path, many_classes(good=5, lost=6))
    assert list(caught.value.problems) == [
        "classes.csv  6 of its 11 rows can't be used; the first: classes.csv:7, termSourcedIds "
        "names 'fall', whose own row in academicSessions.csv can't be used; expected the "
        "sourcedId of at least one session  [R110]"
    ]


@pytest.mark.parametrize(
    ("good", "lost"),
    [pytest.param(5, 5, id="just-half"), pytest.param(1, 8, id="a-tiny-file")],
)
def test_fewer_classes_lost_by_reference(tmp_path: Path, good: int, lost: int) -> None:
    assert len(load(tmp_path, many_classes(good, lost)).sections) == good


def test_one_column_of_the_former_version_is_a_slip(tmp_path: Path) -> None:
    roster = load(tmp_path, changed("users.csv", ",userIds,", ",userId,"))
    assert faults(roster) == [
        "users.csv:1  the column 'userId' is none of OneRoster's and is not read (did you mean "
        "userIds?)  [R221] noted"
    ]


def test_a_long_last_row_without_an_end_was_not_cut(tmp_path: Path) -> None:
    roster = load(tmp_path, {"users.csv": FILES["users.csv"] + "dan,,,true" + "," * 20})
    assert [fault.code for fault in roster.faults] == ["R202"]


def test_names_of_files_may_differ_in_case(tmp_path: Path) -> None:
    drop = write_drop(tmp_path / "drop")
    (drop / "academicSessions.csv").rename(drop / "AcademicSessions.csv")
    assert faults(load_roster(drop)) == [
        "academicSessions.csv:1  is called 'AcademicSessions.csv' in the drop; expected just "
        "academicSessions.csv  [R223] noted"
    ]


def test_a_file_of_faulty_rows_is_at_fault_before_its_end(tmp_path: Path) -> None:
    rows = "".join(f"x{n},,,true,high,student,x\n" for n in range(5000))
    with pytest.raises(RosterAtFault) as caught:
        load(tmp_path, {"users.csv": FILES["users.csv"] + rows})
    (problem,) = caught.value.problems
    assert problem.startswith("users.csv  1,000 of its first 1,005 rows can't be used, the last")
    assert problem.endswith("[R110]")
