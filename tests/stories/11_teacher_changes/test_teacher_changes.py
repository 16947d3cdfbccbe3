"""The primary teacher changes: the new one owns the class, the former one stays as co-teacher."""

from dataclasses import replace

from telling import NO_QUOTAS, Story


def test_teacher_changes(story: Story) -> None:
    story.sync()
    story.by_hand("chorus", "accept")
    story.roster.teachers["chorus"] = ["chen"]
    said = story.sync()
    assert said.status == 0, said.err
    chorus = story.classes()["chorus"]
    assert (chorus["owner"], chorus["teachers"]) == ("chen", {"chen", "okafor"})
    story.writes()
    assert story.sync().status == 0
    assert story.writes() == 0


def test_google_needs_time_and_the_next_night_ends_it(story: Story) -> None:
    story.sync()
    story.by_hand("chorus", "accept")
    story.sim.switches = replace(NO_QUOTAS, owner_eligible_after=3600)
    story.roster.teachers["chorus"] = ["chen"]
    said = story.sync()
    assert said.status == 4
    assert "put off, a later run tries again" in said.out
    assert story.classes()["chorus"]["owner"] == "okafor"
    story.sim.switches = NO_QUOTAS
    assert story.sync().status == 0
    chorus = story.classes()["chorus"]
    assert (chorus["owner"], chorus["teachers"]) == ("chen", {"chen", "okafor"})
