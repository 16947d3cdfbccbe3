"""A teacher renames a class: the name stays, and the plan says so and since when."""

from telling import Story


def test_teacher_renames(story: Story) -> None:
    story.sync()
    story.by_hand("algebra", "accept")
    story.by_hand("algebra", "rename", name="Algebra, the fun part", room="Attic")
    story.writes()

    said = story.sync()
    assert said.status == 0, said.err
    assert story.writes() == 0
    assert "name of “Algebra” is 'Algebra, the fun part', since 2026-09-01" in said.words
    later = story.sync(today="2026-09-20")
    assert "name of “Algebra” is 'Algebra, the fun part', since 2026-09-01" in later.words
    assert story.classes()["algebra"]["name"] == "Algebra, the fun part"


def test_the_sis_renames_only_what_the_teacher_has_not(story: Story) -> None:
    story.sync()
    story.by_hand("algebra", "rename", name="Mine")
    story.policy += "classes:\n  name: '{section.name} ({school_year})'\n"
    said = story.sync()
    assert said.status == 0, said.err
    names = {key: found["name"] for key, found in story.classes().items()}
    assert names == {"algebra": "Mine", "biology": "Biology (2027)", "chorus": "Chorus (2027)"}


def test_a_name_that_is_not_protected_follows_the_sis_and_says_over_what(story: Story) -> None:
    story.sync()
    story.by_hand("algebra", "rename", name="Mine")
    story.policy += "classes:\n  name: '{section.name}!'\n  protect: [room]\n"
    planned = story.plan("--allow", "course.update=3")
    change = next(c for c in planned["changes"] if c["section"] == "algebra")
    assert (change["from"], change["to"]) == ("Mine", "Algebra!")
    assert "over 'Mine', which was set by hand" in change["why"][1]


def test_a_declined_class_is_left_alone(story: Story) -> None:
    story.sync()
    story.by_hand("chorus", "decline")
    story.roster.students["chorus"].append("newcomer")
    said = story.sync()
    assert "“Chorus” is declined, since 2026-09-01" in said.words
    assert "newcomer" not in story.classes()["chorus"]["students"]
