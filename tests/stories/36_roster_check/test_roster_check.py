"""Somebody looks at drops before anything is done with them: two nights of a real district, and
damaged copies of the second. What is said is compared word by word, at 80 columns; the counts in
it with those of a small reader of its own."""

import csv
import json
import os
import re
import shutil
import subprocess
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from telling import COMMAND, Said

pytestmark = pytest.mark.rosters

GOLDEN = Path(__file__).parent / "golden"
SET = "oneroster11-converted-clever-sandbox"
SCHOOL = "org-13K123"
Rows = list[dict[str, str]]


@pytest.fixture
def drops(rosters: Path, tmp_path: Path) -> Path:
    """A folder with a copy of both nights."""
    for name in ("snapshot-1", "snapshot-2"):
        shutil.copytree(rosters / SET / name, tmp_path / name)
    return tmp_path


def rollbook(folder: Path, *words: str) -> Said:
    """As a user does: no settings, no store, no policy."""
    own = {key: text for key, text in os.environ.items() if not key.startswith("ROLLBOOK_")}
    process = subprocess.run(
        [str(COMMAND), *words], cwd=folder, env=own, capture_output=True, text=True, timeout=120
    )
    assert sorted(path.name for path in folder.iterdir() if not path.is_dir()) == []
    return Said(process.returncode, process.stdout, process.stderr)


def rows_of(drop: Path, name: str) -> Rows:
    with (drop / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def rewrite(drop: Path, name: str, change: Callable[[Rows], Rows], encoding: str = "utf-8") -> None:
    rows = rows_of(drop, name)
    with (drop / f"{name}.csv").open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(change(rows))


def is_golden(said: Said, name: str) -> None:
    assert said.out == (GOLDEN / name).read_text(encoding="utf-8")
    if name.endswith(".txt"):
        assert max(map(len, said.out.splitlines())) <= 80


def names_in(drop: Path) -> Iterator[str]:
    """Everybody's addresses, and names that are long enough to be told from words."""
    for row in rows_of(drop, "users"):
        yield row["email"]
        yield from (row[key] for key in ("givenName", "familyName") if len(row[key]) > 8)


@pytest.mark.parametrize("ending", ["txt", "md", "json"])
def test_a_whole_drop(drops: Path, ending: str) -> None:
    form = {"txt": "text", "md": "markdown", "json": "json"}[ending]
    said = rollbook(drops, "roster", "check", "snapshot-2", "--format", form)
    assert (said.status, said.err) == (0, "")
    is_golden(said, f"check.{ending}")
    words = said.out.casefold()
    assert [n for n in names_in(drops / "snapshot-2") if n and n.casefold() in words] == []


@pytest.mark.parametrize("name", ["snapshot-1", "snapshot-2"])
def test_its_counts_are_those_of_the_files(drops: Path, name: str) -> None:
    told = json.loads(rollbook(drops, "roster", "check", name, "--format", "json").out)["contents"]
    drop = drops / name
    classes = {row["sourcedId"]: row for row in rows_of(drop, "classes")}
    members: dict[str, dict[str, set[str]]] = {
        role: defaultdict(set) for role in ("teacher", "student")
    }
    for row in rows_of(drop, "enrollments"):
        members[row["role"]][row["classSourcedId"]].add(row["userSourcedId"])
    for file, tally in told["files"].items():
        assert tally["rows"] == len(rows_of(drop, file.removesuffix(".csv")))
    sizes = sorted(len(members["student"][key]) for key in classes)
    spread = told["students_a_section"]
    assert spread["of"] == len(sizes)
    assert (spread["smallest"], spread["largest"]) == (sizes[0], sizes[-1])
    assert spread["median"] == sizes[len(sizes) // 2]
    taught = Counter(who for people in members["teacher"].values() for who in people)
    assert told["teachers"] == len(taught)
    assert told["sections_a_teacher"]["largest"] == max(taught.values())
    by_school = Counter(row["schoolSourcedId"] for row in classes.values())
    assert {s["key"]: s["sections"] for s in told["schools"]} == by_school
    emails = {row["sourcedId"]: row["email"] for row in rows_of(drop, "users")}
    seated = {who for role in members.values() for people in role.values() for who in people}
    domains = Counter(emails[who].partition("@")[2] for who in seated if "@" in emails[who])
    assert told["domains"] == domains


@pytest.mark.parametrize("ending", ["txt", "md", "json"])
def test_two_nights(drops: Path, ending: str) -> None:
    form = {"txt": "text", "md": "markdown", "json": "json"}[ending]
    said = rollbook(drops, "roster", "diff", "snapshot-1", "snapshot-2", "--format", form)
    assert (said.status, said.err) == (0, "")
    is_golden(said, f"diff.{ending}")


def test_the_counts_of_two_nights_are_those_of_the_files(drops: Path) -> None:
    said = rollbook(drops, "roster", "diff", "snapshot-1", "snapshot-2", "--format", "json")
    told = json.loads(said.out)
    old, new = (_seats(drops / name) for name in ("snapshot-1", "snapshot-2"))
    same = _same_people(drops / "snapshot-1", drops / "snapshot-2")
    new = {key: {(same.get(who, who), role) for who, role in new[key]} for key in new}
    both = old.keys() & new.keys()
    changed = sum(len(old[key] ^ new[key]) for key in both)
    gone, fresh = old.keys() - both, new.keys() - both
    schools: list[dict[str, Any]] = told["schools"]
    assert sum(s["gone"] + s["renumbered"] for s in schools) == len(gone)
    assert sum(s["new"] + s["renumbered"] for s in schools) == len(fresh)
    assert [sum(s["seats"][side] for s in schools) for side in (0, 1)] == [
        sum(map(len, seats.values())) for seats in (old, new)
    ]
    # One class is gone with its seats; two have another number, and nearly the same people.
    left = [key for key in gone if not any(len(old[key] & new[n]) > 5 for n in fresh)]
    pairs = [max(fresh, key=lambda n, k=key: len(old[k] & new[n])) for key in gone - set(left)]
    moved = sum(
        len(old[key] ^ new[pair]) for key, pair in zip(gone - set(left), pairs, strict=True)
    )
    assert told["seats"]["differ"] == changed + moved + sum(len(old[key]) for key in left)


def _same_people(old: Path, new: Path) -> dict[str, str]:
    """Those with another key and the e-mail that they had."""
    before, after = ({r["sourcedId"]: r["email"] for r in rows_of(d, "users")} for d in (old, new))
    keys = {email: key for key, email in before.items() if email and key not in after}
    return {key: keys[email] for key, email in after.items() if key not in before and email in keys}


def _seats(drop: Path) -> dict[str, set[tuple[str, str]]]:
    classes = rows_of(drop, "classes")
    seats: dict[str, set[tuple[str, str]]] = {row["sourcedId"]: set() for row in classes}
    for row in rows_of(drop, "enrollments"):
        seats[row["classSourcedId"]].add((row["userSourcedId"], row["role"]))
    return seats


def test_a_drop_and_itself(drops: Path) -> None:
    said = rollbook(drops, "roster", "diff", "snapshot-1", "snapshot-1")
    assert said.status == 0
    assert "B says just what A says." in said.out


def test_a_school_without_its_enrollments(drops: Path) -> None:
    rewrite(
        drops / "snapshot-2",
        "enrollments",
        lambda rows: [row for row in rows if row["schoolSourcedId"] != SCHOOL],
    )
    said = rollbook(drops, "roster", "diff", "snapshot-1", "snapshot-2")
    assert said.status == 3
    is_golden(said, "school_empty.txt")
    turned = rollbook(drops, "roster", "diff", "snapshot-2", "snapshot-1")
    assert (turned.status, "A looks wrong." in turned.out) == (3, True)
    checked = rollbook(drops, "roster", "check", "snapshot-2")
    assert checked.status == 0
    is_golden(checked, "school_empty_check.txt")


def test_other_ids(drops: Path) -> None:
    for name, columns in {
        "classes": ("sourcedId",),
        "enrollments": ("classSourcedId", "userSourcedId"),
        "users": ("sourcedId",),
    }.items():
        rewrite(drops / "snapshot-2", name, lambda rows, c=columns: _renumbered(rows, c))
    said = rollbook(drops, "roster", "diff", "snapshot-1", "snapshot-2")
    assert said.status == 3
    is_golden(said, "renumbered.txt")


def _renumbered(rows: Rows, columns: tuple[str, ...]) -> Rows:
    return [{**row, **{c: re.sub(r"(\d+)$", r"9\1", row[c]) for c in columns}} for row in rows]


def test_windows_1252(drops: Path) -> None:
    def accented(rows: Rows) -> Rows:
        return [{**row, "givenName": row["givenName"].replace("e", "é")} for row in rows]

    rewrite(drops / "snapshot-2", "users", accented, encoding="cp1252")
    said = rollbook(drops, "roster", "check", "snapshot-2")
    assert (said.status, said.err) == (2, "")
    is_golden(said, "windows_1252.txt")
    compared = rollbook(drops, "roster", "diff", "snapshot-1", "snapshot-2")
    assert (compared.status, compared.out) == (2, "")
    assert "R107" in compared.err


def test_letters_read_as_windows_1252(drops: Path) -> None:
    def garbled(rows: Rows) -> Rows:
        return [{**row, "familyName": row["familyName"].replace("a", "Ã¡")} for row in rows]

    rewrite(drops / "snapshot-2", "users", garbled)
    said = rollbook(drops, "roster", "diff", "snapshot-1", "snapshot-2")
    assert said.status == 3
    is_golden(said, "garbled.txt")


def test_no_drop_at_all(drops: Path) -> None:
    said = rollbook(drops, "roster", "check", "nowhere")
    assert (said.status, said.err) == (2, "")
    assert "R101  It can't be opened" in said.out
    compared = rollbook(drops, "roster", "diff", "snapshot-1", "nowhere")
    assert compared.status == 2
    assert "nowhere" in compared.err
