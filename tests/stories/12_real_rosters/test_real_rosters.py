"""Real sample rosters into an empty Classroom: each section once, members as the files say, and a
second night that writes nothing. What came about is judged by script/compare_rolls.py, which shares
no code with the engine.
"""

import csv
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from policy.rehearsal import Stage, set_stage
from policy.simulator.server import serve
from script.compare_rolls import differences
from telling import SmallRoster, Story

pytestmark = pytest.mark.rosters

CLEVER = "oneroster11-converted-clever-sandbox"
SETS = [  # folder, today
    pytest.param("oneroster11-classlink-mockroster", "2018-10-01", id="classlink"),
    pytest.param("oneroster11-edfi-lms-toolkit", "2020-10-01", id="edfi-lms-toolkit"),
    pytest.param("oneroster11-lepo-roster-hub-ja", "2020-05-01", id="lepo-roster-hub-ja"),
    pytest.param(
        "oneroster11-generated-district-large",
        "2025-10-01",
        id="generated-district-large",
        marks=pytest.mark.slow,
    ),
]
POLICY = """\
version: 1
district: {{id: sample, name: Sample District, domains: {domains}, timezone: America/New_York}}
"""


@contextmanager
def district(folder: Path, drop: Path) -> Iterator[Story]:
    """A Classroom in which everybody of the drop who has an e-mail has an account."""
    with (drop / "users.csv").open(encoding="utf-8-sig", newline="") as file:
        emails = [row["email"] for row in csv.DictReader(file) if "@" in row["email"]]
    domains = sorted({email.rpartition("@")[2].lower() for email in emails})
    sim = set_stage(Stage(domain="maple.example", roster=drop, quotas=False))
    with serve(sim, port=0) as url:
        (folder / "key.json").write_text(json.dumps(sim.key_file()), encoding="utf-8")
        policy = POLICY.format(domains=json.dumps(domains))
        yield Story(folder, SmallRoster(), sim, url, policy)


@pytest.mark.parametrize(("name", "today"), SETS)
def test_into_an_empty_classroom(tmp_path: Path, rosters: Path, name: str, today: str) -> None:
    drop = rosters / name
    with district(tmp_path, drop) as story:
        first = story.sync("--roster", str(drop), today=today)
        assert first.status == 0, first.err
        assert differences(drop, story.url, "sample", today) == []
        assert len(story.ask("GET", "/simulator/state")["courses"]) > 0
        story.writes()
        second = story.sync("--roster", str(drop), today=today)
        assert second.status == 0, second.err
        assert "nothing to do, 0 writes" in second.out
        assert story.writes() == 0


def test_two_snapshots_of_one_district(tmp_path: Path, rosters: Path) -> None:
    one, two = rosters / CLEVER / "snapshot-1", rosters / CLEVER / "snapshot-2"
    today = "2015-10-01"
    with district(tmp_path, one) as story:
        first = story.sync("--roster", str(one), today=today)
        assert first.status == 0, first.err
        assert "9,431 writes" in first.out
        assert differences(one, story.url, "sample", today) == []
        story.writes()
        again = story.sync("--roster", str(one), today=today)
        assert (again.status, story.writes()) == (0, 0)

        later = story.sync("--roster", str(two), today=today)
        assert later.status == 3, later.err
        assert "2 sections are new by their ids, and just like ones that have gone" in later.words
        assert story.writes() == expected_writes(later.out)
        allowed = story.sync("--roster", str(two), "--allow", "course.update=2", today=today)
        assert allowed.status == 0, allowed.err
        assert story.writes() == expected_writes(allowed.out)
        assert remaining(two, story, today) == []
        assert story.sync("--roster", str(two), today=today).status == 0
        assert story.writes() == 0


def expected_writes(out: str) -> int:
    """What the run says that it wrote: each write is one call, and no call is anything else."""
    return int(out.splitlines()[0].rpartition(": ")[2].split()[0].replace(",", ""))


def remaining(drop: Path, story: Story, today: str) -> list[str]:
    """What differs beside what the rules leave as it is: classes of sections that left the
    roster, and teachers who are no longer listed but owned the class (kept as co-teachers) or
    whose account can't be told now."""
    allowed = {"has a class and should not", "teacher too many"}
    gone = set()
    found = []
    for line in differences(drop, story.url, "sample", today):
        section, _, what = line.partition(": ")
        if what == "has a class and should not":
            gone.add(section)
        elif what not in allowed and section not in gone:
            found.append(line)
    return found


@pytest.mark.parametrize(
    ("name", "words"),
    [
        pytest.param("oneroster11-oat-sa-ims-sample", ("users.csv", "1.0"), id="oat-sa-ims-sample"),
        pytest.param("oneroster11-catalyst-minimal", ("courses.csv",), id="catalyst-minimal"),
    ],
)
def test_what_is_no_roster_ends_in_words(
    tmp_path: Path, rosters: Path, name: str, words: tuple[str, ...]
) -> None:
    with district(tmp_path, rosters / CLEVER / "snapshot-1") as story:
        said = story.sync("--roster", str(rosters / name), today="2022-11-01")
        assert said.status == 2
        assert said.out == ""
        assert all(word in said.err for word in words), said.err
        assert "Traceback" not in said.err
        assert story.writes() == 0
