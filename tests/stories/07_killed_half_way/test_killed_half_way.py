"""A run is killed (kill -9) while it writes; the next one goes on and ends right."""

import os
import signal
from dataclasses import replace

import pytest

from telling import NO_QUOTAS, Story


def killed_after(story: Story, writes: int) -> None:
    """Start a sync; kill it once Classroom has done so many writes. Google answers nobody while
    it is looked at, so that the run can't end in between."""
    process = story.start("sync", "policies")
    while process.poll() is None:
        with story.sim.world.lock:
            if sum(story.sim.calls.api.values()) - reads(story) >= writes:
                os.kill(process.pid, signal.SIGKILL)
                break
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL, "the run was over before it could be killed"


def reads(story: Story) -> int:
    calls = story.sim.calls.api
    return sum(
        n for name, n in calls.items() if name.rsplit(".", 1)[-1].startswith(("get", "list"))
    )


@pytest.fixture
def slow(story: Story) -> Story:
    """A district with a hundred classes, so that there is a half-way."""
    for number in range(100):
        pupils = [f"s{n}" for n in range(10)]
        story.roster.section(f"extra{number}", teachers=["rivera"], students=pupils)
    story.sim.switches = replace(NO_QUOTAS, check_answers=False)
    return story


@pytest.mark.parametrize("writes", [1, 40, 110, 300, 700])
def test_killed_half_way(slow: Story, writes: int) -> None:
    killed_after(slow, writes)
    cut_off = slow.run("status").out
    assert " cut off: " in cut_off
    assert "running" not in cut_off

    said = slow.sync()
    assert said.status == 0, said.err
    assert slow.agrees()
    assert len(slow.ask("GET", "/simulator/state")["courses"]) == 103  # none twice
    assert "interrupted" in slow.run("status").out
    slow.writes()
    assert slow.sync().status == 0
    assert slow.writes() == 0
