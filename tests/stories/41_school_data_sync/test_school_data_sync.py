"""A drop of School Data Sync V1 into an empty Classroom: who has only a user name waits, until the
policy names an e-mail; and a second night that writes nothing."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from policy.simulator.app import Simulator
from policy.simulator.server import serve
from telling import ADMIN, ANY_AGE, DOMAIN, NO_QUOTAS, POLICY, Said, SmallRoster, Story, seen_in
from unit.roster.small_sds import V1, write

PEOPLE = ("tea", "co", "ann", "bob", "cyd")


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    """A district that has School Data Sync's six files beside its policy."""
    sim = Simulator(DOMAIN, switches=NO_QUOTAS)
    sim.add_user(ADMIN, given="Admin", family="Maple", admin=True)
    for who in PEOPLE:
        sim.add_user(f"{who}@{DOMAIN}", given=who.title(), family="Maple")
    with serve(sim, port=0) as url:
        (tmp_path / "key.json").write_text(json.dumps(sim.key_file()), encoding="utf-8")
        write(tmp_path / "policies" / "roster", V1)
        policy(tmp_path)
        yield Story(tmp_path, SmallRoster(), sim, url)


def policy(folder: Path, more: str = "") -> None:
    (folder / "policies" / "district.yaml").write_text(POLICY + ANY_AGE + more, encoding="utf-8")


def plan(story: Story) -> Said:
    said = story.run_as_it_is("plan", "policies")
    assert said.status == 0, said.err
    return said


def classes(story: Story, year: str) -> dict[str, tuple[str, set[str], set[str]]]:
    seen = seen_in(story.ask("GET", "/simulator/state"), f"d:rollbook.maple.{year}.")
    return {key: (c["owner"], c["teachers"], c["students"]) for key, c in seen.items()}


def test_a_plan_says_what_would_come_about(story: Story) -> None:
    said = plan(story)
    told = " ".join(said.out.split())
    assert "2 course.create classes to make" in told
    assert "TeacherRoster.csv:3 lists them in section alg1" in told
    assert "Cyd Xu (Student.csv:4, 1 section): the SIS has no e-mail for them" in told
    assert "Algebra I - 2” at Maple High (Section.csv:3): it has no student with a Google" in told
    assert "Student.csv:4 Username is without an @ for 1 user" in told
    assert story.writes() == 0


def test_a_night_and_the_next(story: Story) -> None:
    first = story.run_as_it_is("sync", "policies")
    assert first.status == 0, first.err
    assert classes(story, "2027") == {"alg1": ("co", {"co", "tea"}, {"ann", "bob"})}
    assert classes(story, "2026") == {"art1": ("tea", {"tea"}, {"bob"})}
    story.writes()
    assert story.run_as_it_is("sync", "policies").status == 0
    assert story.writes() == 0

    identities = "sis_key,email\nstudent:3,cyd@maple.example\n"
    (story.folder / "policies" / "identities.csv").write_text(identities, encoding="utf-8")
    policy(story.folder, "people: {identities: ./identities.csv}\n")
    named = story.run_as_it_is("sync", "policies")
    assert named.status == 0, named.err
    assert classes(story, "2027")["alg2"] == ("tea", {"tea"}, {"cyd"})


def test_a_set_without_a_file_ends_in_words(story: Story) -> None:
    (story.folder / "policies" / "roster" / "TeacherRoster.csv").unlink()
    said = story.run_as_it_is("plan", "policies")
    assert said.status != 0
    assert "TeacherRoster.csv is missing" in said.words
    assert story.writes() == 0
