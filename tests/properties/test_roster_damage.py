"""Whatever happens to a drop on its way: a Roster with faults or RosterAtFault, never less.

No row is lost without a word, and no seat is lost without a doubt.
"""

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policy.errors import RosterAtFault
from policy.roster.load import load_roster, read_roster
from policy.roster.model import FaultLevel, Role, Roster
from policy.roster.oneroster_csv import TABLES
from policy.roster.rows import Tally
from unit.roster.small_drop import FILES, write_drop

NAMES = [table.file for table in TABLES]
QUIET = settings(
    deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
JUNK = st.sampled_from(
    [b",", b'"', b"\n", b"\r", b"\0", b"\xff", b"x", b"0", b" ", b"\xef\xbb\xbf"]
)

Seat = tuple[str, str, Role]


def plain(name: str) -> bytes:
    """A file without a quote in it, so that its lines are its rows."""
    return re.sub(r'"([^",]*)[^"]*"', r"\1", FILES[name]).encode()


@st.composite
def damaged(draw: st.DrawFn) -> tuple[str, bytes]:
    """A file, and what has become of it after one to three mishaps."""
    name = draw(st.sampled_from(NAMES))
    data = plain(name)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(data)))
        until = draw(st.integers(at, min(len(data), at + 40)))
        mishap = draw(st.sampled_from(["insert", "cut out", "overwrite", "cut off", "repeat"]))
        if mishap == "insert":
            data = data[:at] + draw(JUNK) + data[at:]
        elif mishap == "cut out":
            data = data[:at] + data[until:]
        elif mishap == "overwrite":
            data = data[:at] + draw(JUNK) + data[at + 1 :]
        elif mishap == "cut off":
            data = data[:at]
        else:
            data = data[:until] + data[at:until] + data[until:]
    return name, data


def read(tmp_path: Path, name: str, data: bytes) -> tuple[Roster, dict[str, Tally]] | None:
    drop = write_drop(tmp_path / "drop", {**{n: plain(n) for n in NAMES}, name: data})
    try:
        roster, tallies = read_roster(drop)
    except RosterAtFault as fault:
        wordless = [p for p in fault.problems if not re.search(r"  \[R1\d\d\]$", p)]
        if wordless or not fault.problems:
            raise AssertionError(f"without a code: {wordless}") from fault
        return None
    return roster, dict(tallies)


def kept(roster: Roster) -> dict[str, Counter[int]]:
    """The lines of each file that have become something."""
    shelves = {
        "orgs.csv": roster.schools,
        "academicSessions.csv": roster.terms,
        "courses.csv": roster.courses,
        "classes.csv": roster.sections,
    }
    found = {
        name: Counter(thing.place.line for thing in shelf.values())
        for name, shelf in shelves.items()
    }
    members = [m for members in roster.memberships.values() for m in members]
    return {**found, "enrollments.csv": Counter(m.line for m in members)}


@QUIET
@given(mishap=damaged())
def test_no_row_is_lost_without_a_word(tmp_path: Path, mishap: tuple[str, bytes]) -> None:
    found = read(tmp_path, *mishap)
    if found is None:
        return
    roster, tallies = found
    left_out = Counter(
        (f.place.file, f.place.line) for f in roster.faults if f.level is FaultLevel.LEFT_OUT
    )
    assert max(left_out.values(), default=1) == 1
    for name, lines in kept(roster).items():
        assert max(lines.values(), default=1) == 1
        assert not [line for line in lines if (name, line) in left_out]
        assert tallies[name].kept == lines.total()
    for table in TABLES:
        tally = tallies[table.file]
        assert roster.source.counts[table.kind] == tally.rows
        assert tally.left_out == sum(file == table.file for file, _ in left_out)
        others = tally.gone + tally.with_others + tally.repeated + tally.unneeded
        assert tally.rows == tally.kept + tally.left_out + others
    name, data = mishap
    if b'"' not in data:
        lines_with_something = [
            line for line in re.split(rb"\r\n|\n|\r", data)[1:] if line.strip(b", \t")
        ]
        assert tallies[name].rows == len(lines_with_something)


def seats(roster: Roster) -> set[Seat]:
    return {
        (key, member.person, member.role)
        for key, members in roster.memberships.items()
        for member in members
    }


def lose_cells(cells: list[bytes], at: int, count: int) -> list[bytes]:
    return cells[:at] + cells[at + count :]


def gain_cells(cells: list[bytes], at: int, count: int) -> list[bytes]:
    return cells[:at] + [b""] * count + cells[at:]


def lose_bytes(cells: list[bytes], at: int, count: int) -> list[bytes]:
    return [*cells[:at], b"\xff" * count, *cells[at + 1 :]]


def open_quote(cells: list[bytes], at: int, count: int) -> list[bytes]:
    return [*cells[:at], b'"' * count + cells[at] + b"x", *cells[at + 1 :]]


def split_row(cells: list[bytes], at: int, count: int) -> list[bytes]:
    return [*cells[:at], cells[at] + b"\n" * count, *cells[at + 1 :]]


Way = Callable[[list[bytes], int, int], list[bytes]]
WAYS = {w.__name__: w for w in (lose_cells, gain_cells, lose_bytes, open_quote, split_row)}


@pytest.mark.parametrize("name", ["users.csv", "enrollments.csv"])
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@QUIET
@given(data=st.data())
def test_no_seat_is_lost_without_a_doubt(
    tmp_path: Path,
    name: str,
    way: Callable[[list[bytes], int, int], list[bytes]],
    data: st.DataObject,
) -> None:
    before = load_roster(write_drop(tmp_path / "whole", {n: plain(n) for n in NAMES}))
    lines = plain(name).splitlines()
    for row in data.draw(st.sets(st.integers(1, len(lines) - 1), min_size=1, max_size=2)):
        cells = lines[row].split(b",")
        at, count = data.draw(st.integers(0, len(cells) - 1)), data.draw(st.integers(1, 3))
        lines[row] = b",".join(way(cells, at, count))
    found = read(tmp_path, name, b"\n".join(lines) + b"\n")
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
