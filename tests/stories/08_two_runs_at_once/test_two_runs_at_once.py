"""Two runs at once on one store: one goes, the other says so and ends."""

import os
import signal

from telling import Story


def many_sections(story: Story) -> None:
    for number in range(60):
        pupils = [f"s{n}" for n in range(10)]
        story.roster.section(f"extra{number}", teachers=["rivera"], students=pupils)


def test_two_runs_at_once(story: Story) -> None:
    many_sections(story)
    first = story.start("sync", "policies")
    while not story.sim.calls.api["classroom.courses.create"]:
        assert first.poll() is None, first.communicate()
    with story.sim.world.lock:  # Google answers nobody: the first run is in the middle
        assert story.sim.calls.api["classroom.students.create"] < 600
        second = story.sync()
    out, err = first.communicate(timeout=60)
    assert first.returncode == 0, err
    assert second.status == 3
    assert "another run" in second.words.lower()
    assert str(first.pid) in second.words
    assert second.out == ""
    assert "writes" in out
    assert story.agrees()


def test_a_dead_run_holds_nothing(story: Story) -> None:
    many_sections(story)
    first = story.start("sync", "policies")
    while not story.sim.calls.api["classroom.courses.create"]:
        assert first.poll() is None, first.communicate()
    with story.sim.world.lock:
        os.kill(first.pid, signal.SIGKILL)
        first.communicate(timeout=60)
    assert story.sync().status == 0
    assert story.agrees()
