"""The sample district: made by its script, the same each time, and as its README tells."""

import csv
import runpy
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from building import path_of
from policy.roster.load import load_roster
from policy.roster.model import Role, Roster, Section
from policy.rules.load import load_policy
from policy.trying import try_policy

ROOT = Path(__file__).resolve().parents[2]
SPRINGFIELD = ROOT / "policy" / "examples" / "springfield"
TODAY = date(2026, 9, 1)


@pytest.fixture(scope="module")
def roster() -> Roster:
    return load_roster(SPRINGFIELD / "roster")


def accounts() -> list[dict[str, str]]:
    with (SPRINGFIELD / "accounts.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def in_scope(roster: Roster) -> list[Section]:
    """By hand, what district.yaml says."""
    return [
        section
        for section in roster.sections.values()
        if any(term.start <= TODAY < term.end for term in section.terms)
        and "Homeroom/advisory" not in section.subjects
        and "lunch" not in section.title.casefold()
    ]


def test_the_script_makes_the_same_bytes_again(tmp_path: Path) -> None:
    script = runpy.run_path(str(ROOT / "script" / "make_sample_district.py"))
    script["main"](tmp_path)
    made = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*.csv"))
    assert made == sorted(p.relative_to(SPRINGFIELD) for p in SPRINGFIELD.rglob("*.csv"))
    for path in made:
        assert (tmp_path / path).read_bytes() == (SPRINGFIELD / path).read_bytes(), path


def test_it_is_small() -> None:
    assert sum(p.stat().st_size for p in SPRINGFIELD.rglob("*") if p.is_file()) < 600_000


def test_its_policy_can_be_used() -> None:
    policy = load_policy(SPRINGFIELD)
    assert policy.district.id == "springfield"
    assert path_of(policy) == str(SPRINGFIELD / "roster")
    assert list(policy.schools) == ["0043"]


def test_its_own_tests_pass() -> None:
    outcomes = try_policy(load_policy(SPRINGFIELD), TODAY)
    assert [outcome.trial.name for outcome in outcomes if not outcome.has_passed] == []
    assert len(outcomes) == 8


def test_its_size(roster: Roster) -> None:
    assert roster.source.counts == {
        "schools": 4,
        "terms": 4,
        "courses": 73,
        "sections": 159,
        "people": 647,
        "memberships": 3978,
    }
    sections = in_scope(roster)
    students = sum(
        m.role is Role.STUDENT for s in sections for m in roster.memberships.get(s.key, ())
    )
    assert (len(sections), students) == (132, 3010)


def test_its_faults(roster: Roster) -> None:
    assert [f"{fault} {fault.level.value}" for fault in roster.faults] == [
        "users.csv:249  enabledUser is false for 1 user: they count as gone, and so 7 enrollments "
        "of theirs  [R226] noted",
        "enrollments.csv:2310  beginDate is '8/24/2026'; expected a date such as 2026-08-24 (year, "
        "month, day)  [R207] left out",
        "enrollments.csv:3694  '61600' is student in users.csv and teacher in 1 enrollment; the "
        "enrollment counts  [R225] noted",
    ]
    assert list(roster.doubtful_sections) == ["42833"]


def test_what_is_odd_is_where_the_readme_says(roster: Roster) -> None:
    readme = (SPRINGFIELD / "README.md").read_text(encoding="utf-8")
    teachers = {
        key: [m for m in members if m.role is Role.TEACHER]
        for key, members in roster.memberships.items()
    }
    assert [m.primary for m in teachers["43211"]] == [True, True]
    assert "43811" in roster.sections
    assert len(roster.memberships["43811"]) == 1
    assert teachers["43821"] == []
    assert roster.sections["43831"].terms[0].school_year == "2026"
    both = Counter(m.person for m in roster.memberships["43681"])
    assert [key for key, times in both.items() if times == 2] == ["61600"]
    for key in ("60831", "60844", "60860", "t4201", "t4101", "t9001", "60827", "61533", "60870"):
        assert f"({key})" in readme
    for key in ("60831", "60844", "60827", "60839", "61533", "60870", "61600", "62145", "61890"):
        assert roster.people[key].name in readme
    assert roster.people["60831"].email == ""
    assert roster.people["60844"].email.isupper()


def test_who_has_an_account(roster: Roster) -> None:
    rows = accounts()
    found = {e for row in rows for e in (row["email"], *row["aliases"].split()) if e}
    assert len({row["email"] for row in rows}) == len(rows)
    without = [p.key for p in roster.people.values() if p.email.casefold() not in found]
    assert sorted(without) == ["60827", "60831", "60839", "t9001"]
    assert [row["email"] for row in rows if row["admin"] == "true"] == ["admin@springfield.example"]
    assert [row["given"] for row in rows if row["suspended"] == "true"] == ["Cormac"]


def test_on_the_third_night_two_students_have_moved(roster: Roster) -> None:
    third = load_roster(SPRINGFIELD / "nights" / "3" / "roster")
    before, after = (
        {(key, m.person, m.role) for key, members in r.memberships.items() for m in members}
        for r in (roster, third)
    )
    assert before - after == {
        ("43111", "62145", Role.STUDENT),
        ("43212", "61890", Role.STUDENT),
    }
    assert after - before == {
        ("43112", "62145", Role.STUDENT),
        ("43211", "61890", Role.STUDENT),
    }
    assert third.people == roster.people
    assert third.sections == roster.sections


def test_the_teacher_of_the_story(roster: Roster) -> None:
    okafor = roster.people["t4301"]
    assert okafor.email == "amara.okafor@springfield.example"
    own = [
        section.key
        for section in in_scope(roster)
        for m in roster.memberships.get(section.key, ())
        if m.person == "t4301" and m.primary
    ]
    assert own == ["43111", "43112", "43121", "43122", "43131"]
