"""A teacher takes a student out and puts another in: both stay so, night after night."""

from telling import Story


def test_teacher_removes_and_adds(story: Story) -> None:
    story.sync()
    story.by_hand("algebra", "accept")
    story.by_hand("algebra", "remove", email="s3@maple.example")
    story.by_hand("algebra", "add", email="guest@maple.example", role="STUDENT")
    story.writes()

    for today in ("2026-09-02", "2026-09-03"):
        said = story.sync(today=today)
        assert said.status == 0, said.err
        assert "S3 Maple, student removed by hand in “Algebra”, since 2026-09-02" in said.words
        assert "Guest Maple, student added by hand in “Algebra”, since 2026-09-02" in said.words
    assert story.writes() == 0
    students = story.classes()["algebra"]["students"]
    assert "s3" not in students
    assert "guest" in students


def test_the_policy_may_undo_both(story: Story) -> None:
    story.sync()
    story.by_hand("algebra", "remove", email="s3@maple.example")
    story.by_hand("algebra", "add", email="guest@maple.example", role="STUDENT")
    story.policy += "students:\n  removed_by_hand: restore\n  added_by_hand: remove\n"
    said = story.sync()
    assert said.status == 0, said.err
    assert story.agrees()


def test_a_class_deleted_by_hand_is_held_and_made_again_with_consent(story: Story) -> None:
    story.sync()
    story.by_hand("chorus", "accept")
    story.by_hand("chorus", "archive")
    story.delete("chorus")
    held = story.sync()
    assert held.status == 3
    assert "1 class that we made was removed from Classroom by hand" in held.words
    assert "chorus" not in story.classes()

    again = story.sync("--allow", "course.create=1")
    assert again.status == 0, again.err
    assert story.sync().status == 0
    assert story.agrees()
