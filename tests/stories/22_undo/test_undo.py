"""A bad night is taken back: by a plan that is looked at, and applied like any other."""

import json
import re
from pathlib import Path
from typing import Any

from telling import Story, address


def newest(story: Story) -> str:
    found = re.match(r"\S+", story.run("history", "--runs", "1").out)
    assert found is not None
    return found.group()


def accept_all(story: Story) -> None:
    for section in story.classes():
        story.by_hand(section, "accept")


def a_bad_night(story: Story) -> str:
    """Three students leave algebra, one comes to chorus, biology goes to somebody else."""
    story.sync()
    accept_all(story)
    for key in ("s1", "s2", "s3"):
        story.roster.students["algebra"].remove(key)
    story.roster.students["chorus"].append("s1")
    story.roster.teachers["biology"] = ["okafor", "rivera"]
    story.policy += "co_teachers:\n  when_primary_changes: remove\n"
    said = story.sync()
    assert said.status == 0, said.err
    return newest(story)


def undone(folder: Path) -> Any:
    return json.loads((folder / "undo.json").read_text(encoding="utf-8"))


def test_a_night_is_taken_back(story: Story) -> None:
    story.sync()
    before = story.classes()
    bad = a_bad_night(story)
    assert story.classes() != before
    made = story.run("undo", bad, "--out", "undo.json")
    assert (made.status, made.err) == (0, "The plan is in undo.json: 7 changes.\n")
    said = story.run("apply", "undo.json")
    assert said.status == 0, said.err
    now = story.classes()
    assert {key: (c["owner"], c["students"]) for key, c in now.items()} == {
        key: (c["owner"], c["students"]) for key, c in before.items()
    }
    assert "0 changes" in story.run("undo", bad, "--out", "undo.json").err


def test_a_class_that_goes_by_another_alias_since_is_taken_back_too(story: Story) -> None:
    """The run knew it under the key that its section had then."""
    first = story.sync()
    assert first.status == 0, first.err
    made = newest(story)
    story.roster.teachers["singing"] = story.roster.teachers.pop("chorus")
    story.roster.students["singing"] = story.roster.students.pop("chorus")
    assert story.sync("--allow", "course.update=1").status == 0
    said = story.run("undo", made, "--course", "singing", "--out", "undo.json")
    assert said.status == 3, said.err
    [hold] = undone(story.folder)["held"]
    assert (hold["kind"], hold["count"]) == ("course.archive", 1)
    assert hold["changes"][0]["course"]["alias"] == "d:rollbook.maple.2027.singing"
    whole = story.run("undo", made)
    assert "3 of 3 classes in the district would be archived" in " ".join(whole.out.split())


def test_it_is_shown_with_a_word_of_what_comes_next(story: Story) -> None:
    bad = a_bad_night(story)
    said = story.run("undo", bad)
    assert said.status == 0, said.err
    assert f"  drop    undo of run {bad}\n" in said.out
    words = " ".join(said.out.split())
    assert "S1 Maple into “Algebra”" in words
    assert (
        "the next sync would do it again: before it, change the roster or the policy that made the "
        "run do what it did [M320]"
    ) in words
    assert max(map(len, said.out.splitlines())) <= 80
    assert story.run("undo", bad, "--format", "markdown").out.startswith("# Plan ")


def test_the_next_sync_would_do_it_again(story: Story) -> None:
    bad = a_bad_night(story)
    story.run("undo", bad, "--course", "chorus", "--out", "undo.json")
    assert story.run("apply", "undo.json").status == 0
    assert "s1" not in story.classes()["chorus"]["students"]
    story.sync()
    assert "s1" in story.classes()["chorus"]["students"]


def test_what_happened_since_is_respected(story: Story) -> None:
    bad = a_bad_night(story)
    story.by_hand("algebra", "add", email=address("s1"), role="STUDENT")
    story.by_hand("chorus", "remove", email=address("s1"))
    story.roster.students["algebra"].append("s2")
    story.sync()
    story.writes()
    story.run("undo", bad, "--out", "undo.json")
    changes = {
        (c["kind"], c["course"]["name"], c["person"]["email"])
        for c in undone(story.folder)["changes"]
    }
    assert {c for c in changes if c[1] != "Biology"} == {
        ("student.add", "Algebra", address("s3")),
    }
    messages = [notice["message"] for notice in undone(story.folder)["notices"]]
    assert "3 writes are not so any more, with nothing left to take back" in messages


def test_one_school_or_one_course(story: Story) -> None:
    bad = a_bad_night(story)
    for words, count in (
        (["--course", "algebra"], 3),
        (["--course", "d:rollbook.maple.2027.chorus"], 1),
        (["--school", "Maple High"], 7),
        (["--school", "sch", "--course", "chorus"], 1),
    ):
        said = story.run("undo", bad, *words, "--out", "undo.json")
        assert said.err == f"The plan is in undo.json: {count} change{'s' * (count != 1)}.\n"
    nothing = story.run("undo", bad, "--school", "Oak")
    assert nothing.status == 2
    assert f"run {bad} has written nothing to Oak: nothing to take back" in nothing.words


def test_classes_that_a_run_made_are_archived_when_the_limit_lets_them(story: Story) -> None:
    story.sync()
    accept_all(story)
    first = newest(story)
    held = story.run("undo", first, "--out", "undo.json")
    assert held.status == 3
    assert [hold["kind"] for hold in undone(story.folder)["held"]] == ["course.archive"]
    assert "rollbook apply FILE --allow course.archive=3" in story.run("undo", first).out
    said = story.run("apply", "undo.json", "--allow", "course.archive=3")
    assert said.status == 0, said.err
    assert {course["state"] for course in story.classes().values()} == {"ARCHIVED"}
    back = story.run("undo", newest(story), "--out", "undo.json")
    assert back.err == "The plan is in undo.json: 3 changes.\n"
    assert story.run("apply", "undo.json").status == 0
    assert {course["state"] for course in story.classes().values()} == {"ACTIVE"}
    assert story.agrees()


def test_removals_are_held_by_the_limits(story: Story) -> None:
    story.sync()
    accept_all(story)
    for section in ("algebra", "biology"):
        story.roster.students[section] += ["guest", "newcomer"]
    story.sync()
    run = newest(story)
    story.policy += (
        "limits:\n  student.remove: {district: 90%, school: 90%, class: 5%, at_least: 0}\n"
    )
    said = story.run("undo", run)
    assert said.status == 3
    words = " ".join(said.out.split())
    assert "2 of 12 student seats in “Algebra” at Maple High would go" in words
    assert "most likely" not in words
    assert story.run("undo", run, "--allow", "student.remove=4").status == 0


def test_a_plan_that_is_older_than_classroom_is_stale(story: Story) -> None:
    bad = a_bad_night(story)
    story.run("undo", bad, "--out", "undo.json")
    story.sync()
    said = story.run("apply", "undo.json")
    assert said.status == 3
    assert "Make a new plan" in said.words


def test_undo_needs_a_run_and_a_policy(story: Story) -> None:
    story.sync()
    assert "'1999' is no run of this store" in story.run("undo", "1999").words
    run = newest(story)
    (story.folder / "policies").rename(story.folder / "elsewhere")
    said = story.run_as_it_is("undo", run)
    assert said.status == 2
    assert "undo needs the policy, for its limits: name its folder with --policies" in said.words
    assert story.run_as_it_is("undo", run, "--policies", "elsewhere").status == 3
