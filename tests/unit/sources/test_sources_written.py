"""A drop of what came over HTTP: whole or not at all, the last good one kept."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from policy.errors import RosterAtFault
from policy.roster.dialect import KINDS, MEMBERSHIPS, PEOPLE, SHAPES
from policy.roster.load import load_roster
from policy.sources.written import FILES, KEPT, newest_drop, rows_of, state_of, writing

ROWS: dict[str, list[tuple[str, ...]]] = {
    "schools": [("high", "", "Maple High", "school")],
    "terms": [("fall", "", "Fall", "term", "2026-08-17", "2026-12-19", "2027")],
    "courses": [("alg", "", "Algebra", "M1", "Math")],
    "sections": [
        ("alg1", "", 'Algebra, "P1"', "09", "alg", "", "scheduled", "", "high", "fall", "", "1")
    ],
    "people": [
        ("ann", "", "true", "student", "Ann", "Árni", "ann@maple.example"),
        ("bob", "", "true", "student", "Bob\r\nB.", "O'Neil\ud800", ""),
    ],
    "memberships": [
        ("e1", "", "alg1", "high", "ann", "student", "", "", ""),
        ("e2", "", "alg1", "high", "bob", "student", "", "", ""),
    ],
}


def write(folder: Path, state: dict[str, str]) -> Path:
    with writing(folder) as draft:
        for kind in KINDS:
            draft.write(kind, ROWS[kind])
        return draft.finish(state)


def test_a_drop_is_read_by_the_loader_without_a_fault(tmp_path: Path) -> None:
    drop = write(tmp_path / "sis", {})
    roster = load_roster(drop)
    assert not roster.faults
    assert sorted(roster.people) == ["ann", "bob"]
    assert roster.sections["alg1"].title == 'Algebra, "P1"'
    assert roster.people["bob"].name == "Bob B. O'Neil?"


def test_rows_and_state_come_back(tmp_path: Path) -> None:
    drop = write(tmp_path, {"since": "2026-11-24T08:00:00+00:00"})
    assert list(rows_of(drop, MEMBERSHIPS)) == ROWS["memberships"]
    assert next(rows_of(drop, PEOPLE)) == ROWS["people"][0]
    assert state_of(drop) == {"since": "2026-11-24T08:00:00+00:00"}


def test_the_newest_and_the_one_before_are_kept(tmp_path: Path) -> None:
    drops = [write(tmp_path, {"n": str(n)}) for n in range(12)]
    assert newest_drop(tmp_path) == drops[-1]
    assert sorted(tmp_path.iterdir()) == drops[-KEPT:]


def test_numbers_beyond_a_million_are_in_order(tmp_path: Path) -> None:
    write(tmp_path, {}).rename(tmp_path / "drop-999999")
    assert write(tmp_path, {}).name == "drop-1000000"
    newest = newest_drop(tmp_path)
    assert newest is not None
    assert newest.name == "drop-1000000"


def test_nothing_is_left_of_a_drop_that_failed(tmp_path: Path) -> None:
    good = write(tmp_path, {})
    with pytest.raises(ZeroDivisionError), writing(tmp_path) as draft:
        draft.write(PEOPLE, (ROWS["people"][n // (1 - n)] for n in range(2)))
    assert list(tmp_path.iterdir()) == [good]


def test_an_unfinished_drop_does_not_count(tmp_path: Path) -> None:
    good = write(tmp_path, {})
    with writing(tmp_path) as draft:
        draft.write(PEOPLE, ROWS["people"])
        assert newest_drop(tmp_path) == good
    assert list(tmp_path.iterdir()) == [good]


def test_a_row_of_another_shape_is_refused(tmp_path: Path) -> None:
    words = r"users.csv: 2 cells for 7 columns"
    with pytest.raises(ValueError, match=words), writing(tmp_path) as draft:
        draft.write(PEOPLE, [("ann", "")])


def test_columns_are_those_of_the_shapes(tmp_path: Path) -> None:
    drop = write(tmp_path, {})
    for kind, file in FILES.items():
        assert (drop / file).read_text().splitlines()[0] == ",".join(SHAPES[kind])


KILLED = """
import os, signal, sys
from pathlib import Path
from policy.sources.written import writing

def dies(*_):
    os.kill(os.getpid(), signal.SIGKILL)

Path.rename = dies
with writing(Path(sys.argv[1])) as draft:
    draft.finish({})
"""


def test_killed_between_writing_and_renaming_the_last_good_one_is_there(tmp_path: Path) -> None:
    good = write(tmp_path, {"n": "1"})
    ended = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False)
    assert ended.returncode == -signal.SIGKILL
    assert len(list(tmp_path.iterdir())) == 2, "the unfinished one is there"
    assert newest_drop(tmp_path) == good
    assert sorted(load_roster(good).people) == ["ann", "bob"]
    after = write(tmp_path, {"n": "2"})
    assert sorted(tmp_path.iterdir()) == [good, after]


def test_a_full_disk(tmp_path: Path) -> None:
    good = write(tmp_path / "sis", {})

    def write_on_it() -> None:
        with writing(tmp_path / "sis") as draft:
            (draft.path / "users.csv").symlink_to("/dev/full")
            draft.write(PEOPLE, ROWS["people"])

    with pytest.raises(RosterAtFault) as refused:
        write_on_it()
    assert str(refused.value) == (
        f"{tmp_path / 'sis'}  can't be written to (No space left on device); the last good drop is "
        "as it was  [R101]"
    )
    assert list((tmp_path / "sis").iterdir()) == [good]


def test_only_the_owner_can_read_it(tmp_path: Path) -> None:
    assert os.stat(write(tmp_path, {})).st_mode & 0o077 == 0
