"""Whatever happens to a Clever drop on its way: no row is lost without a word, no seat without a
doubt, and nobody is seated who is not listed."""

import csv
import re
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policy.errors import RosterAtFault
from policy.roster.clever_csv import CLEVER_CSV, TABLES
from policy.roster.load import read_roster
from policy.roster.model import FaultLevel, Role, Roster
from policy.roster.rows import Tally
from properties.test_roster_damage import JUNK, QUIET, SIZES, WAYS, outcome, seats
from unit.roster.small_clever import FILES, load, write_drop

NAMES = [table.file for table in TABLES]
PLAIN = {name: re.sub(r'"([^",]*)[^"]*"', r"\1", FILES[name]).encode() for name in NAMES}
SEATS_OF_TEACHERS = "sections.csv, memberships"


@st.composite
def damaged(draw: st.DrawFn) -> tuple[str, bytes]:
    """A file, and what has become of it after one to three mishaps."""
    name = draw(st.sampled_from(NAMES))
    data = PLAIN[name]
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


def read(tmp_path: Path, files: Mapping[str, bytes]) -> tuple[Roster, Mapping[str, Tally]] | None:
    try:
        return read_roster(write_drop(tmp_path / "drop", {**PLAIN, **files}))
    except RosterAtFault as fault:
        wordless = [p for p in fault.problems if not re.search(r"  \[R1\d\d\]$", p)]
        if wordless or not fault.problems:
            raise AssertionError(f"without a code: {wordless}") from fault
        return None


@settings(parent=QUIET, max_examples=300)
@given(mishap=damaged())
def test_no_row_is_lost_without_a_word(tmp_path: Path, mishap: tuple[str, bytes]) -> None:
    name, data = mishap
    found = read(tmp_path, {name: data})
    if found is None:
        return
    roster, tallies = found
    left_out = Counter(
        (f.place.file, f.place.line) for f in roster.faults if f.level is FaultLevel.LEFT_OUT
    )
    by_file = Counter[str]()
    for (file, _), times in left_out.items():
        by_file[file] += times
    for tally in tallies.values():
        others = tally.gone + tally.with_others + tally.repeated + tally.unneeded
        assert tally.rows == tally.kept + tally.left_out + others
    for file in NAMES:
        told = tallies[file].left_out
        told += tallies[SEATS_OF_TEACHERS].left_out if file == "sections.csv" else 0
        assert told == by_file[file]
    members = [m for members in roster.memberships.values() for m in members]
    lines = Counter(m.line for m in members if m.file == "enrollments.csv")
    assert max(lines.values(), default=1) == 1
    assert not [line for line in lines if ("enrollments.csv", line) in left_out]
    assert tallies["enrollments.csv"].kept == lines.total()
    assert tallies[SEATS_OF_TEACHERS].kept == len(members) - lines.total()
    assert tallies["sections.csv"].kept == len(roster.sections)
    assert tallies["schools.csv"].kept == len(roster.schools)
    if b'"' not in data:
        some = [row for row in re.split(rb"\r\n|\n|\r", data)[1:] if row.strip(b", \t")]
        assert tallies[name].rows == len(some)


@QUIET
@given(mishap=damaged())
def test_nobody_is_seated_who_is_not_listed(tmp_path: Path, mishap: tuple[str, bytes]) -> None:
    """As another reader finds them in the damaged files."""
    name, data = mishap
    found = read(tmp_path, {name: data})
    if found is None or b"\r" in data:
        return
    drop = tmp_path / "drop"
    listed = {
        *(
            (row["Section_id"], f"student:{row['Student_id']}", Role.STUDENT)
            for row in rows(drop / "enrollments.csv")
        ),
        *(
            (row["Section_id"], f"teacher:{row[column]}", Role.TEACHER)
            for row in rows(drop / "sections.csv")
            for column in ("Teacher_id", "Teacher_2_id", "Teacher_3_id")
        ),
    }
    assert seats(found[0]) <= listed


def rows(path: Path) -> list[dict[str, str]]:
    """With the header as it was: a damaged one is read by what is left of its names."""
    text = path.read_text("utf-8-sig", errors="replace")
    header = next(csv.reader(FILES[path.name].splitlines()))
    lines = text.split("\n")[1:]
    cut = [[cell.strip() for cell in row] for row in csv.reader(lines) if len(row) == len(header)]
    return [
        {"Teacher_2_id": "", "Teacher_3_id": "", **dict(zip(header, row, strict=True))}
        for row in cut
    ]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@QUIET
@given(data=st.data())
def test_no_seat_is_lost_without_a_doubt(
    tmp_path: Path,
    name: str,
    way: Callable[[list[bytes], int, int], list[bytes]],
    data: st.DataObject,
) -> None:
    before = load(tmp_path / "whole", PLAIN)
    lines = PLAIN[name].splitlines()
    for row in data.draw(st.sets(st.integers(1, len(lines) - 1), min_size=1, max_size=2)):
        cells = lines[row].split(b",")
        at = data.draw(st.integers(0, len(cells) - 1))
        count = data.draw(st.integers(1, min(3, len(cells) - 1)))  # a row of nothing is none
        lines[row] = b",".join(way(cells, at, count))
    found = read(tmp_path, {name: b"\n".join(lines) + b"\n"})
    if found is None:
        return
    roster, _ = found
    faulty = {f.place.file for f in roster.faults if f.level is FaultLevel.LEFT_OUT}
    assert seats(roster) <= seats(before)
    for section, person, _ in seats(before) - seats(roster):
        if section in roster.sections:
            assert section in roster.doubtful_sections or roster.doubtful_anywhere, person
        else:  # a class without its section is left as it is
            assert faulty & {"sections.csv", "schools.csv"}
    for section, person, _ in seats(roster):
        known = person in roster.people or person in roster.doubtful_people
        assert known or section in roster.doubtful_sections
    for key, person in roster.people.items():
        was = before.people.get(key)
        same = was is not None and (was.email, was.name) == (person.email, person.name)
        assert same or key in roster.doubtful_people


def long(name: str) -> bytes:
    """Many times over: the people's with ids of their own, the seats' as they are."""
    if name in ("schools.csv", "sections.csv"):
        return PLAIN[name]
    header, *lines = PLAIN[name].splitlines(keepends=True)
    key = 0 if name == "enrollments.csv" else 1
    more = [line.split(b",") for line in lines for _ in range(12)]
    for number, cells in enumerate(more):
        if key and number % 12:
            cells[key] = b"%d%b" % (number, cells[key])
    return header + b"".join(map(b",".join, more))


@settings(parent=QUIET, max_examples=200)
@given(mishap=damaged(), end=st.sampled_from([b"\n", b"\r\n", b"\r"]), odd=st.data())
def test_many_rows_at_once_are_read_as_one_by_one(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    mishap: tuple[str, bytes],
    end: bytes,
    odd: st.DataObject,
) -> None:
    name, data = mishap
    if odd.draw(st.booleans()):
        data += b"".join(long(name).splitlines(keepends=True)[1:])
    cells = st.sampled_from([b" 0100 ", b" b", b"x", b"", b"\xff", b"007"])
    lines = long("enrollments.csv").splitlines()
    for _ in range(odd.draw(st.integers(0, 4))):
        row = odd.draw(st.integers(1, len(lines) - 1))
        cut = lines[row].split(b",")
        cut[odd.draw(st.integers(0, 2))] = odd.draw(cells)
        lines[row] = b",".join(cut)
    files = {
        **{n: long(n) for n in NAMES},
        "enrollments.csv": b"\n".join(lines) + b"\n",
        name: data,
    }
    drop = write_drop(tmp_path / "drop", {n: text.replace(b"\n", end) for n, text in files.items()})
    one_by_one = outcome(drop, monkeypatch, SIZES["rows one by one"])
    for sizes in list(SIZES.values())[1:]:
        assert outcome(drop, monkeypatch, sizes) == one_by_one


def test_every_feed_has_a_tally(tmp_path: Path) -> None:
    found = read(tmp_path, {})
    assert found is not None
    assert len(found[1]) == len(CLEVER_CSV.feeds)
