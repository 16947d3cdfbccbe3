"""What rostering does not need of Clever's columns is in no Roster and in no message, in whatever
way a row is broken."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from policy.errors import RosterAtFault
from policy.roster.clever_csv import TABLES
from policy.roster.header import Table
from policy.roster.load import read_roster
from unit.roster.small_clever import FILES, write_drop
from unit.roster.test_roster_privacy import DAMAGES, SECRET

EXTRA = ("ext.lunch", "Preferred_name", "SSN")


def planted(table: Table, damage: Callable[[list[str]], str]) -> str:
    """A file with all of Clever's columns, a secret in each that is not wanted, and each row a
    second time and damaged, below the whole ones."""
    text = re.sub(r'"([^",]*)[^"]*"', r"\1", FILES[table.file])
    header, *rows = (line.split(",") for line in text.splitlines())
    columns = list(dict.fromkeys((*header, *sorted(table.unwanted), *EXTRA)))
    whole = []
    for row in rows:
        cells = dict(zip(header, row, strict=True))
        whole.append(
            [
                cells[column] if column in table.wanted else f"{SECRET}-{column}"
                for column in columns
            ]
        )
    lines = [",".join(columns), *map(",".join, whole), *map(damage, whole)]
    return "\n".join(lines) + "\n"


def told_of(drop: Path) -> str:
    """All that is kept or said of a drop."""
    try:
        roster, tallies = read_roster(drop)
    except RosterAtFault as fault:
        return str(fault)
    people, seats = dict(roster.people), dict(roster.memberships)
    return repr((roster, tallies, people, seats, vars(roster.people), vars(roster.memberships)))


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_secrets_stay_in_the_file(tmp_path: Path, damage: Callable[[list[str]], str]) -> None:
    files = {table.file: planted(table, damage) for table in TABLES}
    staff = f"School_id,Staff_id,Staff_email\n01,{SECRET},{SECRET}@maple.example\n"
    drop = write_drop(tmp_path / "drop", {**files, "staff.csv": staff})
    for table in TABLES:  # each alone, since a file that is at fault hides what is in the next
        assert table.file == "enrollments.csv" or SECRET in (drop / table.file).read_text()
        alone = write_drop(tmp_path / table.file, {table.file: files[table.file]})
        assert SECRET not in told_of(alone)
    assert SECRET not in told_of(drop)


def test_what_is_wanted_is_kept(tmp_path: Path) -> None:
    """Else the test above would see nothing at all."""
    files = {table.file: planted(table, DAMAGES["none"]) for table in TABLES[1:3]}
    told = told_of(write_drop(tmp_path / "drop", files))
    assert "ann@maple.example" in told
    assert "Rivera" in told


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.file)
def test_secrets_stay_in_the_file_when_it_is_cut(tmp_path: Path, table: Table) -> None:
    text = planted(table, ",".join)
    for length in range(len(text) - 300, len(text)):
        drop = write_drop(tmp_path / "drop", {table.file: text[: max(length, 0)]})
        assert SECRET not in told_of(drop)
