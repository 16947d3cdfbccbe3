"""A drop that is too old, or much smaller than the last one, is not planned from."""

import os

from telling import POLICY, Story

FRESH = POLICY + "freshness: {max_age: 36h, min_size: 80%}\n"
NOW = "2026-09-02T04:00:00-05:00"
WRITTEN = 1_788_253_200.0  # 2026-09-01 04:00 in Chicago


def aged(story: Story, hours: float) -> None:
    """The drop as it is, written so long before NOW."""
    story.write_inputs()
    for file in (story.folder / "policies" / "roster").iterdir():
        os.utime(file, (WRITTEN + 86_400 - hours * 3_600,) * 2)


def test_an_old_drop_is_refused_unless_it_is_named(story: Story) -> None:
    story.policy = FRESH
    aged(story, hours=37)
    said = story.run_as_it_is("sync", "policies", today=NOW)
    assert said.status == 2
    assert (
        "the drop is too old: its newest file was written 2026-08-31 15:00-05:00, 37 hours ago, "
        "and freshness.max_age is 36 hours (policies/district.yaml:" in said.words
    )
    assert story.writes() == 0
    said = story.run_as_it_is("sync", "policies", "--roster", "policies/roster", today=NOW)
    assert said.status == 0, said.err


def test_a_drop_of_yesterday_is_taken(story: Story) -> None:
    story.policy = FRESH
    aged(story, hours=35)
    assert story.run_as_it_is("sync", "policies", today=NOW).status == 0


def test_a_shrunken_drop_is_refused_until_it_is_named_once(story: Story) -> None:
    story.policy = FRESH
    aged(story, hours=1)
    assert story.run_as_it_is("sync", "policies", today=NOW).status == 0
    del story.roster.teachers["algebra"], story.roster.students["algebra"]
    aged(story, hours=1)
    said = story.run_as_it_is("sync", "policies", today=NOW)
    assert said.status == 2
    assert "the drop has shrunk: 2 sections, and the last that was applied had 3" in said.words
    named = story.run_as_it_is("sync", "policies", "--roster", "policies/roster", today=NOW)
    assert named.status == 0, named.err
    assert story.run_as_it_is("sync", "policies", today=NOW).status == 0
