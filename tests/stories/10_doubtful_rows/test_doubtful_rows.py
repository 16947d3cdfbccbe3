"""A faulty row may be the one that names a seat: nothing is taken away for it."""

from pathlib import Path

from telling import Said, Story


def damaged(story: Story, file: str, old: str, new: str) -> Said:
    """A night with one row of the drop damaged."""
    drop = story.folder / "drop"
    story.roster.write(drop)
    path: Path = drop / file
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")
    return story.sync("--roster", str(drop))


def test_a_short_enrollment_holds_the_removals_of_its_section(story: Story) -> None:
    story.sync()
    story.writes()
    said = damaged(
        story, "enrollments.csv", "algebra-s3,,,algebra,sch,s3,student,", "algebra-s3,,,algebra,sch"
    )
    assert said.status == 3
    assert "whether it should can't be told for certain" in said.words
    assert "enrollments.csv:" in said.words
    assert story.writes() == 0


def test_a_faulty_user_keeps_every_seat(story: Story) -> None:
    story.sync()
    story.writes()
    said = damaged(story, "users.csv", "s3,,,true,sch,student", "s3,,,maybe,sch,student")
    assert said.status == 0, said.err
    assert story.writes() == 0
    assert "their row is faulty: users.csv:" in said.words


def test_a_new_address_without_an_account_keeps_every_seat(story: Story) -> None:
    story.sync()
    story.writes()
    said = damaged(story, "users.csv", "s3@maple.example", "s3.new@maple.example")
    assert said.status == 0, said.err
    assert story.writes() == 0


def test_a_faulty_class_leaves_its_class_as_it_is(story: Story) -> None:
    story.sync()
    story.writes()
    said = damaged(story, "classes.csv", "chorus,,,Chorus", "chorus,,,Chorus,too,many")
    assert said.status == 0, said.err
    assert story.writes() == 0
    assert len(story.classes()["chorus"]["students"]) == 6
