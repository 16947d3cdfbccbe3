"""Tests of a policy, as they are read: from which files, in which order, filled in with what."""

from datetime import date
from pathlib import Path

from policy.rules.load import load_policy
from policy.rules.trials import (
    ExpectedClass,
    ExpectedSeats,
    Fate,
    GivenPerson,
    GivenSection,
    Trial,
)

DISTRICT = """\
version: 1
district: {id: maple, name: Maple, domains: [Maple.example], timezone: UTC}
"""
TESTS = """\
tests:
  - name: lunch
    given: {section: {name: "Lunch A"}}
    expect: {class: none}
"""


def laid_out(folder: Path, **files: str) -> Path:
    for name, text in {"district": DISTRICT, **files}.items():
        path = folder / f"{name.replace('__', '/').replace('_test', '.test')}.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def plain(line: int = 5) -> GivenSection:
    return GivenSection(
        key="section-1",
        name="Section",
        code="section-1",
        course="Course",
        course_code="",
        school="school",
        school_name="school",
        grades=(),
        subjects=(),
        periods=(),
        room="",
        term="Term",
        starts=None,
        ends=None,
        school_year="",
        teachers=(GivenPerson("teacher@maple.example", "Terry Teacher"),),
        students=(GivenPerson("student@maple.example", "Stacy Student"),),
        line=line,
    )


def test_what_is_left_out_has_a_plain_value(tmp_path: Path) -> None:
    test = "tests:\n  - name: one\n    given: {section: {}}\n    expect: {class: waits}\n"
    policy = load_policy(laid_out(tmp_path, district=DISTRICT + test))
    assert policy.trials == (
        Trial(
            name="one",
            file=str(tmp_path / "district.yaml"),
            line=4,
            on=None,
            sections=(plain(),),
            roster="",
            section="section-1",
            person="",
            expect=Fate.WAITS,
        ),
    )
    assert policy.trials[0].place == f"{tmp_path}/district.yaml:4"


def test_what_is_written_is_taken(tmp_path: Path) -> None:
    tests = """\
tests:
  - name: one
    given:
      date: 2026-09-01
      sections:
        - {grade: "09", subject: [Math, Art], starts: 2026-08-01, ends: "2026-09-30"}
        - {key: b, code: B, teacher: [], students: ["Ada  Byron <Ada@x.example>", y@x.example]}
      section: b
    expect:
      class: {owner: Ada@x.example, students: [B@x.example, b@x.example], co_teachers: []}
  - name: two
    given: {roster: ./small, person: Pat@x.example}
    expect: {classes: [B, A, B]}
"""
    one, two = load_policy(laid_out(tmp_path, a_test=tests)).trials
    first, second = one.sections
    assert (one.on, one.section) == (date(2026, 9, 1), "b")
    assert (first.key, first.grades, first.subjects) == ("section-1", ("09",), ("Math", "Art"))
    assert (first.starts, first.ends) == (date(2026, 8, 1), date(2026, 9, 30))
    assert (second.key, second.code, second.teachers) == ("b", "B", ())
    assert second.students == (
        GivenPerson("Ada@x.example", "Ada Byron"),
        GivenPerson("y@x.example"),
    )
    assert one.expect == ExpectedClass(
        owner="ada@x.example", students=frozenset({"b@x.example"}), co_teachers=frozenset()
    )
    assert (two.roster, two.person) == (str(tmp_path / "small"), "Pat@x.example")
    assert two.expect == ExpectedSeats(classes=("A", "B", "B"))


def test_all_files_have_tests_in_file_order(tmp_path: Path) -> None:
    def named(name: str) -> str:
        return TESTS.replace("lunch", name)

    folder = laid_out(
        tmp_path,
        a_test=named("fourth"),
        b_test=named("fifth"),
        district=DISTRICT + named("first"),
        schools__x='schools: ["0042", "0043"]\n' + named("second"),
        schools__y='schools: ["0044"]\n' + named("third"),
    )
    trials = load_policy(folder).trials
    assert [trial.name for trial in trials] == ["first", "second", "third", "fourth", "fifth"]
    schools = [trial.sections[0].school for trial in trials]
    assert schools == ["school", "0042", "0044", "school", "school"]


def test_a_school_s_name_is_what_it_is_called_by(tmp_path: Path) -> None:
    tests = TESTS.replace('name: "Lunch A"', "school: Lincoln")
    [trial] = load_policy(laid_out(tmp_path, a_test=tests)).trials
    assert (trial.sections[0].school, trial.sections[0].school_name) == ("Lincoln", "Lincoln")


def test_a_file_of_tests_is_no_part_of_the_digest(tmp_path: Path) -> None:
    before = load_policy(laid_out(tmp_path))
    after = load_policy(laid_out(tmp_path, a_test=TESTS))
    assert before.digest == after.digest
    inside = load_policy(laid_out(tmp_path, district=DISTRICT + TESTS))
    assert inside.digest != before.digest
    assert (after.defaults, after.lines) == (before.defaults, before.lines)
