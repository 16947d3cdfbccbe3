"""Generated districts: whole, the same for one seed, and one hundredth different the next night."""

import os
from pathlib import Path

import pytest

from bench.districts import FIRST, MOVED, NEXT, PERIODS, Size, write_district
from bench.stats import FOLDER, read_statistics
from policy.roster.load import load_roster
from policy.roster.model import Role, Roster

pytestmark = pytest.mark.rosters

STUDENTS = 3_000


@pytest.fixture(scope="module")
def district(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Size]:
    if not FOLDER.is_dir() and not os.environ.get("CI"):
        pytest.skip(f"the public statistics are not there: {FOLDER}")
    folder = tmp_path_factory.mktemp("district")
    return folder, write_district(folder, students=STUDENTS, seed=7, statistics=read_statistics())


def seats(roster: Roster) -> dict[tuple[str, str], Role]:
    return {(key, m.person): m.role for key, some in roster.memberships.items() for m in some}


def test_a_district_is_what_it_says_and_has_no_fault(district: tuple[Path, Size]) -> None:
    folder, size = district
    roster = load_roster(folder / FIRST)
    counts = roster.source.counts
    assert roster.faults == ()
    assert size.students == STUDENTS
    assert (counts["sections"], counts["memberships"]) == (size.sections, size.seats)
    assert counts["people"] == size.students + size.teachers
    assert counts["schools"] == size.schools + 1  # and the district itself
    roles = list(seats(roster).values())
    assert roles.count(Role.STUDENT) == PERIODS * STUDENTS
    assert 30 <= PERIODS * STUDENTS / size.sections <= 40


def test_each_section_has_one_primary_teacher_and_students(district: tuple[Path, Size]) -> None:
    roster = load_roster(district[0] / FIRST)
    for key in roster.sections:
        members = roster.memberships[key]
        assert [m.role for m in members if m.primary] == [Role.TEACHER]
        assert any(m.role is Role.STUDENT for m in members)


def test_the_next_night_has_moved_one_seat_in_a_hundred(district: tuple[Path, Size]) -> None:
    first, after = (seats(load_roster(district[0] / night)) for night in (FIRST, NEXT))
    gone, new = first.keys() - after.keys(), after.keys() - first.keys()
    assert 0.8 * MOVED <= len(gone) / (PERIODS * STUDENTS) <= 1.2 * MOVED
    assert {person for _, person in gone} == {person for _, person in new}


def test_one_seed_makes_one_district(district: tuple[Path, Size], tmp_path: Path) -> None:
    again = write_district(tmp_path, students=STUDENTS, seed=7, statistics=read_statistics())
    assert again == district[1]
    for path in tmp_path.rglob("*.csv"):
        assert path.read_bytes() == (district[0] / path.relative_to(tmp_path)).read_bytes()
