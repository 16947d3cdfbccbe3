"""What is told of one drop as a whole."""

from pathlib import Path

import pytest

from policy.errors import RosterAtFault
from policy.roster.codes import Code
from policy.roster.load import read_drop
from policy.roster.survey import (
    Contents,
    Severity,
    Spread,
    Survey,
    is_garbled,
    is_of_a_spreadsheet,
    spread,
    survey_of,
    survey_of_problems,
)
from policy.roster.veiled import form_of, veiled
from unit.roster.small_drop import FILES, changed, write_drop


def survey(folder: Path, changes: dict[str, str] | None = None) -> Survey:
    return survey_of("drop", read_drop(write_drop(folder / "drop", changes)))


def contents(found: Survey) -> Contents:
    assert found.contents is not None
    return found.contents


def told(found: Survey) -> dict[str, tuple[int, tuple[str, ...]]]:
    return {d.code.value: (d.count, d.places) for d in found.defects}


def test_what_is_in_it(tmp_path: Path) -> None:
    found = contents(survey(tmp_path))
    assert found.dialect == "OneRoster 1.1"
    assert dict(found.taken) == {
        **{"schools": 3, "terms": 3, "courses": 2, "sections": 3},
        **{"people": 4, "memberships": 8},
    }
    assert list(found.files) == [name for name in FILES if name != "manifest.csv"]
    assert found.class_sizes == Spread(3, 1, 1, 1, 2, 2)
    assert found.sections_a_teacher == Spread(1, 3, 3, 3, 3, 3)
    assert (found.teachers, found.students) == (1, 3)
    sizes = [(s.key, s.sections, s.teachers, s.students, s.seats) for s in found.schools]
    # Somebody who is in one class twice, with other dates, has one seat.
    assert sizes == [("high", 2, 1, 3, 5), ("mid", 1, 1, 1, 2)]
    assert [(size.term.key, size.sections) for size in found.terms] == [
        *(("year", 2), ("fall", 1), ("spring", 1)),
    ]
    assert found.domains == (("maple.example", 3),)


def test_somebody_without_an_e_mail(tmp_path: Path) -> None:
    assert told(survey(tmp_path))["R245"] == (1, ("users.csv:5",))


@pytest.mark.parametrize(
    ("file", "old", "new", "code", "place"),
    [
        ("enrollments.csv", "e7,,,art1,mid,tea,teacher,1,,\n", "", "R241", "classes.csv:4"),
        ("enrollments.csv", "e8,,,art1,mid,bob,student,0,,\n", "", "R242", "classes.csv:4"),
        ("enrollments.csv", "bob,student,0", "ann,teacher,1", "R243", "classes.csv:4"),
        ("enrollments.csv", "cyd,student", "tea,student", "R244", "classes.csv:3"),
        ("users.csv", "ann@maple.example", "ann", "R246", "users.csv:3"),
        ("users.csv", "ann@maple.example", "Tea@Maple.example", "R247", "users.csv:3"),
        ("courses.csv", "art,,,year", "1.2E+10,,,year", "R248", "courses.csv:3"),
        ("users.csv", "Árni", "Ã©rni", "R249", "users.csv:3"),
        ("users.csv", "Xu", "=Xu", "R250", "users.csv:5"),
        ("enrollments.csv", "2026-12-19", "2026-08-17", "R251", "enrollments.csv:3"),
    ],
)
def test_each_oddity(tmp_path: Path, file: str, old: str, new: str, code: str, place: str) -> None:
    assert code not in told(survey(tmp_path))
    changes = changed(file, old, new)
    if code == "R248":
        changes |= changed("classes.csv", "07,art,", "07,1.2E+10,")
    other = tmp_path / "other"
    assert told(survey(other, changes))[code] == (1, (place,))


def test_rows_that_are_left_out_come_first(tmp_path: Path) -> None:
    changes = changed("enrollments.csv", "e4,,,alg1", "e4,,,nowhere")
    found = survey(tmp_path, changes)
    first = found.defects[0]
    assert (first.code, first.severity) == (Code.ENROLLMENT_CLASS, Severity.LEFT_OUT)
    assert (first.kind, first.places) == ("memberships", ("enrollments.csv:5",))
    assert "'nowhere'" in first.example


def test_a_drop_that_cant_be_used(tmp_path: Path) -> None:
    drop = write_drop(tmp_path / "drop", {"users.csv": None, "orgs.csv": ""})
    with pytest.raises(RosterAtFault) as raised:
        read_drop(drop)
    found = survey_of_problems("drop", raised.value.problems)
    assert found.contents is None
    assert [(d.code.value, d.file, d.severity) for d in found.defects] == [
        ("R103", "users.csv", Severity.REFUSED),
        ("R104", "orgs.csv", Severity.REFUSED),
    ]


def test_the_spread_of_numbers() -> None:
    assert spread(()) is None
    assert spread([7]) == Spread(1, 7, 7, 7, 7, 7)
    assert spread(range(100, -1, -1)) == Spread(101, 0, 10, 50, 90, 100)


def test_garbled_letters() -> None:
    whole = ["Zoé", "Ângela", "Ãngela", "CAFÉ”", "Łukasz", "João", "Ünal"]
    assert [name for name in whole if is_garbled(name)] == []
    broken = [name.encode().decode("cp1252") for name in ("Zoé", "João", "Ünal", "O’Neil")]
    assert all(map(is_garbled, [*broken, "Zo\ufffd", "Zoé".encode().decode("latin-1")]))


def test_keys_of_a_spreadsheet() -> None:
    assert is_of_a_spreadsheet("1.2E+10")
    assert not any(map(is_of_a_spreadsheet, ("12E10", "E+12", "2E7", "A1E+10")))


def test_a_cell_that_is_no_key_shows_only_its_form() -> None:
    assert form_of("8/24/2026") == "9/99/9999"
    assert veiled("beginDate is 'Ann Árni'; expected a date", "R207") == (
        "beginDate is 'Aaa Aaaa'; expected a date"
    )
    words = "classSourcedId names 'alg9', which has no row; it can't be"
    assert veiled(words, "R215") == words
    assert veiled("userSourcedId names 'ann@maple.example', which", "R216") == (
        "userSourcedId names 'aaa@aaaaa.aaaaaaa', which"
    )
    assert (
        veiled("""the id "O'Neil Bob" stands in""", "R206") == """the id "A'Aaaa Aaa" stands in"""
    )
    assert veiled("the column 'Birth Date' is none", "R221") == "the column 'Birth Date' is none"
    assert veiled("role is 'Ann'; expected", "R110") == "role is 'Aaa'; expected"
