"""A student changes section: in one, out of the other, nothing else."""

from telling import Story


def test_student_moves(story: Story) -> None:
    story.sync()
    story.writes()
    story.roster.students["chorus"].remove("s9")
    story.roster.students["biology"].append("s9")
    planned = story.plan()
    assert planned["summary"] == {"student.add": 1, "student.remove": 1}
    added, removed = planned["changes"]
    assert added["why"] == ["enrollments.csv:23 lists them in section biology"]
    assert removed["why"] == ["the roster no longer lists them in section chorus (classes.csv:4)"]

    said = story.sync()
    assert said.status == 0, said.err
    assert story.agrees()
    assert story.writes() == 2


def test_a_newcomer_joins_a_class_that_is_not_accepted_yet(story: Story) -> None:
    story.sync()
    story.roster.students["chorus"].append("newcomer")
    assert story.sync().status == 0
    assert "newcomer" in story.classes()["chorus"]["students"]


def test_students_after_accept(story: Story) -> None:
    story.policy += "students:\n  add: after_accept\n"
    story.sync()
    assert story.classes()["chorus"]["students"] == set()
    story.by_hand("chorus", "accept")
    story.sync()
    assert len(story.classes()["chorus"]["students"]) == 6
    assert story.classes()["algebra"]["students"] == set()
