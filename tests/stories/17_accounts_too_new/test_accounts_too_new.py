"""New accounts can't be added for hours: they wait, each night tries again and says since when, and
that alone is no failure. What Google refuses for good is one."""

from dataclasses import replace

from policy.simulator.faults import No, Where
from telling import NO_QUOTAS, Story

ADD = Where("classroom.courses.students.create")


def test_accounts_too_new_wait(story: Story) -> None:
    story.sync()
    story.sim.switches = replace(NO_QUOTAS, fresh_account=3600.0)
    story.roster.students["chorus"].append("newcomer")
    first = story.sync()
    assert first.status == 0, first.err
    assert "Not done: 1 write" in first.out
    assert "student.add     put off, a later run tries again: @CannotDirectAddUser" in first.out
    assert "waited before" not in first.out

    again = story.sync()
    assert again.status == 0
    assert "1 of these seats has waited before, at the longest since 20" in again.out
    assert "1 put off" in story.run("status").out

    story.sim.switches = NO_QUOTAS
    assert "1 write\n" in story.sync().out
    assert story.agrees()


def test_a_refusal_is_a_failure(story: Story) -> None:
    story.sync()
    story.sim.next("refuse", no=No(400, code="CourseMemberLimitReached"), where=ADD)
    story.roster.students["chorus"].append("newcomer")
    said = story.sync()
    assert said.status == 4
    assert "student.add     refused: @CourseMemberLimitReached" in said.out
    assert "1 refused" in story.run("status").out


def test_a_day_without_calls_left_ends_early(story: Story) -> None:
    story.sim.switches = replace(NO_QUOTAS, enforce_quotas=True, classroom_per_day=15)
    said = story.sync()
    assert said.status == 4
    assert "the run ended early. Google's quota of calls for today is used up" in said.words
    assert "put off, a later run tries again: Google's quota" in said.out
    story.sim.switches = NO_QUOTAS
    assert story.sync().status == 0
    assert story.agrees()
