"""What the administrator's card tells of the policy, from a real folder."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from addon.viewmodels.in_force import see_policy
from policy.in_force import EVERY, InForce, Watched
from policy.rules.load import load_policy
from unit.addon.school import School

START = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)
DISTRICT = """\
version: 1
district:
  id: maple
  name: Maple
  domains: [maple.example]
  timezone: America/Chicago
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "policies"
    (folder / "schools").mkdir(parents=True)
    (folder / "district.yaml").write_text(DISTRICT, encoding="utf-8")
    (folder / "schools" / "north.yaml").write_text("schools: [north]\n", encoding="utf-8")
    return folder


def look(folder: Path) -> InForce:
    return Watched(folder, clock=lambda: START).now()


def test_a_server_that_is_told_of_no_policy() -> None:
    assert see_policy(None) is None


def test_a_policy_without_git(folder: Path) -> None:
    seen = see_policy(look(folder))
    assert seen is not None
    assert seen.known_as == f"digest {load_policy(folder).digest[:10]}"
    assert (seen.files, seen.since, seen.faults) == (2, START, ())


@pytest.mark.parametrize(
    ("is_clean", "words"),
    [(True, "commit 0a1b2c3d4e"), (False, "commit 0a1b2c3d4e and changes")],
)
def test_a_policy_in_git(folder: Path, is_clean: bool, words: str) -> None:
    policy = replace(load_policy(folder), commit="0a1b2c3d4e5f", clean=is_clean)
    seen = see_policy(InForce(folder, policy, START))
    assert seen is not None
    assert seen.known_as == words


@pytest.mark.parametrize(("faults", "has_more"), [(1, False), (3, False), (4, True), (30, True)])
def test_the_first_faults(folder: Path, faults: int, has_more: bool) -> None:
    wrong = "".join(f"key{number:02}: 1\n" for number in range(faults))
    (folder / "district.yaml").write_text(DISTRICT + wrong, encoding="utf-8")
    seen = see_policy(look(folder))
    assert seen is not None
    assert (seen.known_as, seen.since, seen.at_fault_since) == ("", None, START)
    assert (len(seen.faults), seen.has_more) == (min(faults, 3), has_more)
    assert seen.faults[0].place == "policies/district.yaml:7:1"
    assert "key00" in seen.faults[0].words


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    seen = see_policy(look(tmp_path / "policies"))
    assert seen is not None
    [fault] = seen.faults
    assert fault.place == "policies"
    assert fault.words.startswith("there is no such folder")


def test_who_asks_whether_it_is_ready_has_the_folder_looked_at(
    school: School, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    school.settings = replace(school.settings, policy=folder)
    client = school.client()
    (folder / "district.yaml").write_text(DISTRICT + "key: 1\n", encoding="utf-8")
    for _ in range(2):
        school.now += EVERY
        answer = client.get("/readyz")
        assert (answer.status_code, answer.text) == (200, "ready\n")
    assert f"at fault at {folder}/district.yaml:7:1; the one from before stays" in caplog.text
