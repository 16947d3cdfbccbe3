"""What nobody asked for is in no Roster and in no message, in whatever way a row is broken."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from policy.errors import RosterAtFault
from policy.roster.header import Table
from policy.roster.load import load_roster
from policy.roster.oneroster_csv import TABLES
from unit.roster.small_drop import FILES, write_drop

SECRET = "S3cret"
EXTRA = ("metadata.birthDate", "ext_lunch", "race")


def planted(table: Table, damage: Callable[[list[str]], str]) -> str:
    """A file with a secret in each cell that is not wanted, and each row damaged in one way,
    below the whole ones."""
    header, *rows = FILES[table.file].splitlines()
    columns = [*header.split(","), *EXTRA]
    whole = [planted_row(columns, row.split(","), table) for row in rows if '"' not in row]
    lines = [",".join(columns), *map(",".join, whole), *map(damage, whole)]
    return "\n".join(lines) + "\n"


def planted_row(columns: list[str], cells: list[str], table: Table) -> list[str]:
    values = dict(zip(columns, cells, strict=False))
    return [
        values[column] if column in table.wanted else f"{SECRET}-{column}-{values.get(column, '')}"
        for column in columns
    ]


DAMAGES: dict[str, Callable[[list[str]], str]] = {
    "none": lambda cells: ",".join(cells),
    "first-cell-lost": lambda cells: ",".join(cells[1:]),
    "a-cell-lost": lambda cells: ",".join(cells[:2] + cells[3:]),
    "last-cell-lost": lambda cells: ",".join(cells[:-1]),
    "half-lost": lambda cells: ",".join(cells[: len(cells) // 2]),
    "a-cell-too-many": lambda cells: ",".join(["", *cells]),
    "cells-too-many": lambda cells: ",".join([*cells[-4:], *cells]),
    "quote-opened": lambda cells: ",".join(['"' + cells[0], *cells[1:]]),
    "quote-in-the-middle": lambda cells: ",".join([*cells[:4], '"' + cells[4], *cells[5:]]),
    "nul": lambda cells: ",".join(cell + "\0" for cell in cells),
    "key-lost": lambda cells: ",".join(["", *cells[1:]]),
    "another-key": lambda cells: ",".join([cells[0] + "x", *cells[1:]]),
    "bad-status": lambda cells: ",".join([cells[0] + "y", "gone?", *cells[2:]]),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_secrets_stay_in_the_file(tmp_path: Path, damage: Callable[[list[str]], str]) -> None:
    drop = write_drop(
        tmp_path / "drop",
        {table.file: planted(table, damage) for table in TABLES}
        | {"demographics.csv": f"sourcedId,birthDate\nann,{SECRET}\n"},
    )
    assert SECRET in (drop / "users.csv").read_text()
    try:
        told = repr(load_roster(drop))
    except RosterAtFault as fault:
        told = str(fault)
    assert not re.search(SECRET, told)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.file)
def test_secrets_stay_in_the_file_when_it_is_cut(tmp_path: Path, table: Table) -> None:
    text = planted(table, ",".join)
    for length in range(len(text) - 300, len(text)):
        drop = write_drop(tmp_path / "drop", {table.file: text[:length]})
        try:
            told = repr(load_roster(drop))
        except RosterAtFault as fault:
            told = str(fault)
        assert SECRET not in told


def test_parents_are_not_kept(tmp_path: Path) -> None:
    roster = load_roster(write_drop(tmp_path / "drop"))
    assert "par@mail.example" in FILES["users.csv"]
    assert "par@mail.example" not in repr(roster)
    assert "'par'" not in repr(roster)
