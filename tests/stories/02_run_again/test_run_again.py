"""The second night: nothing has changed, nothing is written."""

from telling import Story


def test_run_again(story: Story) -> None:
    story.sync()
    story.writes()
    again = story.sync()
    assert again.status == 0
    assert "nothing to do, 0 writes; 3 classes checked" in again.out
    assert story.writes() == 0
    assert story.plan()["summary"] == {}


def test_another_spelling_of_an_address_changes_nothing(story: Story) -> None:
    story.sync()
    story.sim.add_user("s1@maple.example", aliases=("s1.old@maple.example",))
    story.writes()
    rows = story.folder / "policies" / "roster" / "users.csv"
    said = story.run("validate", "policies")
    assert said.status == 0
    other = story.folder / "drop"
    story.roster.write(other)
    text = rows.read_text(encoding="utf-8")
    (other / "users.csv").write_text(
        text.replace("s1@maple.example", "S1.Old@Maple.Example"), encoding="utf-8"
    )
    again = story.sync("--roster", str(other))
    assert again.status == 0, again.err
    assert story.writes() == 0
