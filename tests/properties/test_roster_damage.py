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
from policy.roster import blocks
from policy.roster.load import load_roster, read_roster
from policy.roster.model import FaultLevel, Role, Roster
from policy.roster.oneroster_csv import ENROLLMENTS, ONEROSTER_11, TABLES, USERS
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
    for feed in ONEROSTER_11.feeds:
        name, tally = feed.table.file, tallies[feed.table.file]
        assert roster.source.counts[feed.kind] == tally.rows
        assert tally.left_out == sum(file == name for file, _ in left_out)
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


SIZES = {"rows one by one": (0, 0), "small blocks": (120, 30), "blocks": (4000, 600)}


def outcome(drop: Path, monkeypatch: pytest.MonkeyPatch, sizes: tuple[int, int]) -> object:
    """All that is told of a drop, when it is read in blocks of this size."""
    with monkeypatch.context() as patched:
        patched.setattr(blocks, "LARGE", sizes[0])
        patched.setattr(blocks, "SMALL", sizes[1])
        try:
            roster, tallies = read_roster(drop)
        except RosterAtFault as fault:
            return fault.problems
    return roster, tallies, list(roster.people), list(roster.memberships)


def long(name: str) -> bytes:
    """A file of the people's or the seats', many times over, with ids of their own."""
    header, *rows = plain(name).splitlines(keepends=True)
    if name not in (USERS.file, ENROLLMENTS.file):
        return plain(name)
    return header + b"".join(b"%d%b" % (n, row) if n else row for n in range(12) for row in rows)


ODD = {  # what a cell may say besides what it should
    b"sourcedId": [b"e1", b" e1 ", b"1e1", b"tea", b" tea", b"", b'"e1"'],
    b"status": [b"active", b" active", b"tobedeleted", b"inactive", b"x"],
    b"enabledUser": [b"false", b"", b"x"],
    b"role": [b"teacher", b"student", b"STUDENT", b" student", b"parent", b"proctor", b"x"],
    b"email": [b"", b" a@b ", b'"a,b@c"', b"\xc3\xa9@b", b"\xff@b"],
    b"classSourcedId": [b"alg2", b" alg2", b"alg9", b""],
    b"userSourcedId": [b"ann", b" bob ", b"1tea", b"nobody", b""],
    b"primary": [b"true", b"TRUE", b"x"],
    b"beginDate": [b"2026-09-01", b" 2026-09-01", b"2026-13-01", b"2027-09-01"],
    b"endDate": [b"2026-10-01", b"2026-02-30"],
}


@st.composite
def odd_cells(draw: st.DrawFn) -> tuple[str, bytes]:
    """A long file in which some cells say something else than they should."""
    name = draw(st.sampled_from([USERS.file, ENROLLMENTS.file]))
    lines = long(name).splitlines()
    header = lines[0].split(b",")
    columns = st.sampled_from([n for n, column in enumerate(header) if column in ODD])
    for _ in range(draw(st.integers(1, 8))):
        row, column = draw(st.integers(1, len(lines) - 1)), draw(columns)
        if draw(st.integers(0, 9)) == 0:  # a line broken in two
            cut = draw(st.integers(0, len(lines[row])))
            lines[row : row + 1] = [lines[row][:cut], lines[row][cut:]]
        cells = lines[row].split(b",")
        if column < len(cells):  # an odd cell before it may have had a comma
            cells[column] = draw(st.sampled_from(ODD[header[column]]))
        lines[row] = b",".join(cells)
    return name, b"\n".join(lines) + b"\n"


@st.composite
def damaged_long(draw: st.DrawFn) -> tuple[str, bytes]:
    name, data = draw(damaged())
    return (name, data + b"".join(long(name).splitlines(keepends=True)[1:]))


@settings(parent=QUIET, max_examples=300)
@given(
    mishap=st.one_of(damaged(), damaged_long(), odd_cells()),
    end=st.sampled_from([b"\n", b"\r\n", b"\r"]),
)
def test_many_rows_at_once_are_read_as_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mishap: tuple[str, bytes], end: bytes
) -> None:
    name, data = mishap
    files = {**{n: long(n) for n in NAMES}, name: data.replace(b"\n", end)}
    drop = write_drop(tmp_path / "drop", files)
    one_by_one = outcome(drop, monkeypatch, SIZES["rows one by one"])
    for sizes in list(SIZES.values())[1:]:
        assert outcome(drop, monkeypatch, sizes) == one_by_one
