"""The first night: every section becomes one class with just its people."""

import shutil

from telling import Story, seen_in


def test_first_run(story: Story) -> None:
    planned = story.plan()
    assert planned["summary"] == {"course.create": 3, "teacher.add": 1, "student.add": 24}
    assert story.classes() == {}  # a plan writes nothing

    said = story.sync()
    assert said.status == 0, said.err
    assert "28 writes" in said.out
    assert story.agrees()
    algebra = story.classes()["algebra"]
    assert (algebra["name"], algebra["state"], algebra["owner"]) == (
        "Algebra",
        "PROVISIONED",
        "rivera",
    )
    assert story.run("status").out.startswith("3 classes of ours, 28 seats.\n")


def test_who_has_no_account_is_told_and_never_guessed(story: Story) -> None:
    story.roster.students["algebra"] += ["nobody"]
    said = story.sync()
    assert said.status == 0, said.err
    assert "Nobody Maple (users.csv:" in said.words
    assert "no Google account has their e-mail" in said.words
    assert "nobody" not in story.classes()["algebra"]["students"]


def test_a_section_without_students_waits(story: Story) -> None:
    story.roster.section("drama", teachers=["okafor"], students=[])
    said = story.sync()
    assert "“Drama” at Maple High (classes.csv:5): it has no student" in said.words
    assert "drama" not in story.classes()


def test_a_class_that_is_there_already_is_never_doubled(story: Story) -> None:
    story.sync()
    shutil.rmtree(story.folder / ".rollbook")
    said = story.sync()
    assert said.status == 3
    assert "3 classes are already in Classroom under our aliases" in said.words
    assert story.agrees()


def test_nor_with_other_keys(story: Story) -> None:
    """The store is lost, and the policy makes keys from something else."""
    story.sync()
    shutil.rmtree(story.folder / ".rollbook")
    story.policy += 'classes:\n  key: "{section.key}"\n'
    said = story.sync()
    assert said.status == 3
    assert "which was made by Rollbook as maple.2027.algebra; name, teacher and" in said.words
    told = story.sync("--allow", "course.update=3")
    assert told.status == 0, told.words
    state = story.ask("GET", "/simulator/state")
    assert len(state["courses"]) == 3
    found = seen_in(state, "d:rollbook.maple.")
    assert {key: (c["teachers"], c["students"]) for key, c in found.items()} == story.expected()
    assert "0 writes" in story.sync().out
