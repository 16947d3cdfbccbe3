"""Whatever happens to a drop of School Data Sync on its way: no row is lost without a word, no seat
without a doubt, and nobody becomes a section's primary teacher by it.
"""

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.errors import RosterAtFault
from policy.roster.dialect import Dialect
from policy.roster.load import load_roster, read_roster
from policy.roster.model import FaultLevel, Roster
from policy.roster.rows import Tally
from policy.roster.sds_v1 import SDS_V1
from policy.roster.sds_v2 import SDS_V21_COURSES
from properties.test_roster_damage import JUNK, QUIET, SIZES, WAYS, Way, outcome, seats
from unit.roster.small_sds import V1, V21, write

SETS = [pytest.param(SDS_V1, V1, id="v1"), pytest.param(SDS_V21_COURSES, V21, id="v2.1")]


def damaged(draw: st.DrawFn, files: Mapping[str, str]) -> tuple[str, bytes]:
    """A file, and what has become of it after one to three mishaps."""
    name = draw(st.sampled_from(sorted(set(files) - {"roles.csv"})))
    data = files[name].encode()
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(data)))
        until = draw(st.integers(at, min(len(data), at + 40)))
        ways = (
            data[:at] + draw(JUNK) + data[at:],
            data[:at] + data[until:],
            data[:at] + draw(JUNK) + data[at + 1 :],
            data[:at],
            data[:until] + data[at:until] + data[until:],
        )
        data = draw(st.sampled_from(ways))
    return name, data


MISHAPS = {name: st.composite(damaged)(files) for name, files in (("v1", V1), ("v2.1", V21))}


def read(drop: Path) -> tuple[Roster, dict[str, Tally]] | None:
    try:
        roster, tallies = read_roster(drop)
    except RosterAtFault as fault:
        wordless = [p for p in fault.problems if not re.search(r"  \[R1\d\d\]$", p)]
        if wordless or not fault.problems:
            raise AssertionError(f"without a code: {wordless}") from fault
        return None
    return roster, dict(tallies)


def no_row_is_lost(dialect: Dialect, roster: Roster, tallies: Mapping[str, Tally]) -> None:
    left_out = Counter(
        (f.place.file, f.place.line) for f in roster.faults if f.level is FaultLevel.LEFT_OUT
    )
    assert max(left_out.values(), default=1) == 1
    assert {file for file, _ in left_out} <= {table.file for table in dialect.tables}
    for feed in dialect.feeds:
        name = feed.table.file
        if not feed.is_main:
            helper = tallies[f"{name}, {feed.kind}"]
            assert helper.rows == helper.kept
            continue
        tally = tallies[name]
        assert tally.left_out == sum(file == name for file, _ in left_out)
        others = tally.gone + tally.with_others + tally.repeated + tally.unneeded
        assert tally.rows == tally.kept + tally.left_out + others


@QUIET
@given(mishap=MISHAPS["v1"])
def test_no_row_of_v1_is_lost_without_a_word(tmp_path: Path, mishap: tuple[str, bytes]) -> None:
    found = read(write(tmp_path / "drop", V1, dict([mishap])))
    if found is not None:
        no_row_is_lost(SDS_V1, *found)


@QUIET
@given(mishap=MISHAPS["v2.1"])
def test_no_row_of_v21_is_lost_without_a_word(tmp_path: Path, mishap: tuple[str, bytes]) -> None:
    found = read(write(tmp_path / "drop", V21, dict([mishap])))
    if found is not None:
        no_row_is_lost(SDS_V21_COURSES, *found)


def primaries(roster: Roster) -> set[tuple[str, str]]:
    return {
        (key, member.person)
        for key, members in roster.memberships.items()
        for member in members
        if member.primary
    }


PEOPLE_AND_SEATS = [
    pytest.param(V1, "Student.csv", id="students"),
    pytest.param(V1, "Teacher.csv", id="teachers"),
    pytest.param(V1, "StudentEnrollment.csv", id="enrollments"),
    pytest.param(V1, "TeacherRoster.csv", id="roster"),
    pytest.param(V21, "users.csv", id="users"),
    pytest.param(V21, "enrollments.csv", id="enrollments-v2.1"),
]


@pytest.mark.parametrize(("files", "name"), PEOPLE_AND_SEATS)
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@QUIET
@given(data=st.data())
def test_no_seat_is_lost_without_a_doubt(
    tmp_path: Path, files: Mapping[str, str], name: str, way: Way, data: st.DataObject
) -> None:
    before = load_roster(write(tmp_path / "whole", files))
    lines = files[name].encode().splitlines()
    for row in data.draw(st.sets(st.integers(1, len(lines) - 1), min_size=1, max_size=2)):
        cells = lines[row].split(b",")
        at, count = data.draw(st.integers(0, len(cells) - 1)), data.draw(st.integers(1, 3))
        damage = b",".join(way(cells, at, count))
        lines[row] = damage or lines[row]  # of an empty line nobody can tell what it was
    found = read(write(tmp_path / "drop", files, {name: b"\n".join(lines) + b"\n"}))
    if found is None:
        return
    roster, _ = found
    for section, person, _ in seats(before) - seats(roster):
        assert section in roster.doubtful_sections or roster.doubtful_anywhere, person
    for section, person, _ in seats(roster):
        known = person in roster.people or person in roster.doubtful_people
        assert known or section in roster.doubtful_sections
    for key, person in roster.people.items():
        was = before.people.get(key)
        same = was is not None and (was.email, was.name) == (person.email, person.name)
        assert same or key in roster.doubtful_people
    assert primaries(roster) <= primaries(before)


@QUIET
@given(mishap=MISHAPS["v1"], mishap_21=MISHAPS["v2.1"])
def test_many_rows_at_once_are_read_as_one_by_one(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    mishap: tuple[str, bytes],
    mishap_21: tuple[str, bytes],
) -> None:
    for files, changes in ((V1, dict([mishap])), (V21, dict([mishap_21]))):
        drop = write(tmp_path / f"drop{len(files)}{'orgs.csv' in files}", files, changes)
        one_by_one = outcome(drop, monkeypatch, SIZES["rows one by one"])
        for sizes in list(SIZES.values())[1:]:
            assert outcome(drop, monkeypatch, sizes) == one_by_one
