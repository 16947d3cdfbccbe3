"""Each drop in roster/ has one of the defects that rosters are seen with in the wild (the number is
that of roster-formats.md, section 9), beside what `rollbook roster check` says of it.

Planning from it removes nobody and archives nothing, where the drop before it was whole: 00-whole.
"""

import csv
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from policy import engine
from policy.cli import cli
from policy.engine import World
from policy.errors import RosterAtFault
from policy.merge.plan import Kind
from policy.sources.folder import open_folder
from snapshots import district_of, sync_drop
from telling import Story

HERE = Path(__file__).parent / "roster"
WHOLE = HERE / "00-whole"
DROPS = sorted(path for path in HERE.iterdir() if path.suffix != ".txt")
REMOVALS = {Kind.STUDENT_REMOVE, Kind.TEACHER_REMOVE, Kind.COURSE_ARCHIVE}
# The district's rules are the usual ones; only the files are older than any night.
POLICY = """\
version: 1
district: {id: maple, name: Maple, domains: [maple.example], timezone: America/New_York}
students: {removal_grace: 0h}
freshness: {max_age: 3650d}
"""
REFUSED = {
    *("01-utf-16", "01-windows-1252", "03-a-file-missing", "03-cut-off", "04-header-only"),
    *("12-delta", "15-a-zip-in-a-folder"),
}


def name_of(path: Path) -> str:
    return path.name.removesuffix(".zip")


def check(path: Path) -> tuple[int, str]:
    """What the command says, in the folder above, and its status."""
    said = CliRunner().invoke(cli, ["roster", "check", path.name], standalone_mode=False)
    assert said.exception is None
    return said.return_value, said.stdout


@pytest.mark.parametrize("drop", DROPS, ids=name_of)
def test_a_mistake_gives_its_message(drop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(HERE)
    status, words = check(drop)
    assert words == (HERE / f"{name_of(drop)}.txt").read_text(encoding="utf-8")
    assert max(map(len, words.splitlines())) <= 80
    assert (status == 2) == (name_of(drop) in REFUSED)
    assert (status == 3) == ("Rows that are left out" in words)


def test_every_message_has_its_mistake() -> None:
    assert {f"{name_of(drop)}.txt" for drop in DROPS} == {path.name for path in HERE.glob("*.txt")}


def test_no_message_names_anybody() -> None:
    """Names and addresses, as they stand in the whole drop and in the one with other e-mails."""
    private: set[str] = set()
    for drop in (WHOLE, HERE / "07-e-mails", HERE / "05-person-twice"):
        with (drop / "users.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                private |= {row["givenName"], row["familyName"], row["email"].strip()}
    for message in HERE.glob("*.txt"):
        words = message.read_text(encoding="utf-8")
        assert [text for text in private if text and text in words] == [], message.name


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Story, World]]:
    """The whole drop is in Classroom."""
    folder = tmp_path_factory.mktemp("maple")
    with district_of(folder, WHOLE, seed=0) as (story, world):
        story.policy = POLICY
        finished = sync_drop(WHOLE, story, world)
        assert finished.undone == ()
        assert finished.record.counts
        yield story, world


@pytest.mark.parametrize("drop", DROPS, ids=name_of)
def test_nothing_is_removed_because_of_it(
    drop: Path, night: tuple[Story, World], tmp_path: Path
) -> None:
    story, world = night
    copy = tmp_path / drop.name
    shutil.copytree(drop, copy) if drop.is_dir() else shutil.copy(drop, copy)
    try:
        made = engine.make_plan(
            engine.read_inputs(story.folder / "policies", copy, open_folder), world
        )
    except RosterAtFault:
        assert name_of(drop) in REFUSED
        return
    assert name_of(drop) not in REFUSED
    removed = [change for change in made.changes if change.kind in REMOVALS]
    assert [(change.kind, change.section, change.person) for change in removed] == []


def test_somebody_who_has_left_is_removed(night: tuple[Story, World], tmp_path: Path) -> None:
    """So the drops above would take people out, if the rows were not doubted."""
    story, world = night
    copy = tmp_path / "roster"
    shutil.copytree(WHOLE, copy)
    text = (copy / "enrollments.csv").read_text(encoding="utf-8")
    rows = [row for row in text.splitlines(keepends=True) if not row.startswith("0101-0000,")]
    (copy / "enrollments.csv").write_text("".join(rows), encoding="utf-8")
    made = engine.make_plan(engine.read_inputs(story.folder / "policies", copy, open_folder), world)
    assert [(c.kind, c.section) for c in made.changes] == [(Kind.STUDENT_REMOVE, "0101")]
