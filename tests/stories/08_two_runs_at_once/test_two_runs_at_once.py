"""Two runs at once on one store: one goes, the other says so and ends."""

from telling import Story


def test_two_runs_at_once(story: Story) -> None:
    for number in range(60):
        pupils = [f"s{n}" for n in range(10)]
        story.roster.section(f"extra{number}", teachers=["rivera"], students=pupils)
    first = story.start("sync", "policies")
    while not story.sim.calls.api["classroom.courses.create"]:
        assert first.poll() is None, first.communicate()
    second = story.sync()
    out, err = first.communicate(timeout=60)
    assert first.returncode == 0, err
    assert second.status == 3
    assert "another run" in second.err.lower()
    assert f"pid {first.pid}" in second.words or f"process {first.pid}" in second.words
    assert second.out == ""
    assert "writes" in out
    assert story.agrees()
