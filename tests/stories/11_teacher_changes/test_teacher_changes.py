"""The primary teacher changes: the new one owns the class, the former one stays as co-teacher."""

from dataclasses import replace
from pathlib import Path

from nights import district, night, sync
from policy.render.outcome_text import print_outcome
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


def test_google_needs_hours_and_the_next_night_ends_it(tmp_path: Path) -> None:
    with district(tmp_path, NO_QUOTAS) as (story, world):
        night(story, world)
        story.by_hand("chorus", "accept")
        story.sim.switches = replace(NO_QUOTAS, owner_eligible_after=3600)
        story.roster.teachers["chorus"] = ["chen"]
        plan, finished = sync(story, world)
        assert "put off, a later run tries again: @IneligibleOwner" in print_outcome(plan, finished)
        assert not finished.is_refused
        assert story.classes()["chorus"]["owner"] == "okafor"
        world.sleep(86_400)
        assert night(story, world).undone == ()
        chorus = story.classes()["chorus"]
        assert (chorus["owner"], chorus["teachers"]) == ("chen", {"chen", "okafor"})


def test_google_needs_seconds_and_the_same_night_ends_it(story: Story) -> None:
    story.sync()
    story.by_hand("chorus", "accept")
    story.sim.switches = replace(NO_QUOTAS, owner_eligible_after=2.0)
    story.roster.teachers["chorus"] = ["chen"]
    said = story.sync()
    assert said.status == 0, said.err
    assert story.classes()["chorus"]["owner"] == "chen"
