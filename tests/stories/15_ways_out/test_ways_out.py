"""What is held or kept has three ways out: overwrite it, release it, accept it into the policy."""

from telling import Story, address

RENAMED = "We sing"


def test_a_name_is_overwritten(story: Story) -> None:
    story.sync()
    story.by_hand("chorus", "accept")
    story.by_hand("chorus", "rename", name=RENAMED)
    assert "Kept as it was made by hand: 1" in story.sync().err
    said = story.run("overwrite", "--course", "chorus", "--field", "name")
    assert (said.status, story.classes()["chorus"]["name"]) == (0, RENAMED)
    assert said.out.startswith(f"The name of “Chorus” ('{RENAMED}' in Classroom) is the roster's")
    story.sync("--allow", "course.update=1")
    assert story.classes()["chorus"]["name"] == "Chorus"
    assert "0 writes" in story.sync().out


def test_a_seat_is_overwritten_both_ways(story: Story) -> None:
    story.sync()
    story.by_hand("chorus", "accept")
    story.by_hand("chorus", "remove", email=address("s4"))
    story.by_hand("chorus", "add", email=address("guest"), role="STUDENT")
    story.sync()
    for person in (address("s4"), address("guest")):
        said = story.run("overwrite", "--course", "chorus", "--person", person)
        assert said.status == 0, said.err
    story.sync()
    assert story.agrees()
    assert "0 writes" in story.sync().out


def test_a_state_is_overwritten(story: Story) -> None:
    story.sync()
    story.by_hand("chorus", "decline")
    assert "“Chorus” is declined" in story.sync().err
    assert story.run("overwrite", "--course", "chorus", "--field", "state").status == 0
    assert "1  course.restore" in story.sync().out
    assert story.classes()["chorus"]["state"] == "PROVISIONED"


def test_a_class_that_was_deleted_is_made_again(story: Story) -> None:
    story.sync()
    story.by_hand("chorus", "accept")
    story.by_hand("chorus", "archive")
    story.delete("chorus")
    assert story.sync().status == 3
    said = story.run("overwrite", "--course", "chorus")
    assert "the next sync makes it again" in said.out
    assert story.sync().status == 0
    assert story.agrees()


def test_a_class_is_released_and_taken_back(story: Story) -> None:
    story.sync()
    assert story.run("release", "chorus").status == 0
    story.roster.students["chorus"].append("newcomer")
    said = story.sync()
    assert (said.status, "newcomer" in story.classes()["chorus"]["students"]) == (0, False)
    assert story.run("release", "--undo", "d:rollbook.maple.2027.chorus").status == 0
    said = story.sync()
    assert (said.status, story.writes() > 0) == (3, True)
    assert "rollbook sync policies --allow course.update=1" in said.err
    assert story.sync("--allow", "course.update=1").status == 0
    assert story.agrees()
    assert len(story.ask("GET", "/simulator/state")["courses"]) == 3


def test_a_seat_is_released(story: Story) -> None:
    """It would go, and stays."""
    story.sync()
    story.roster.students["chorus"].remove("s4")
    assert story.run("release", "chorus", "--person", "s4").status == 0
    said = story.sync()
    assert "student added by hand in “Chorus”" in said.words
    assert "s4" in story.classes()["chorus"]["students"]


def test_what_a_hand_did_is_accepted_into_the_policy(story: Story) -> None:
    story.sync()
    story.by_hand("chorus", "accept")
    story.by_hand("chorus", "remove", email=address("s4"))
    story.by_hand("chorus", "add", email=address("guest"), role="STUDENT")
    story.sync()
    said = story.run("accept", "policies", "--course", "chorus", "--person", address("s4"))
    assert said.out == (
        "# policies/district.yaml: add this entry (--write does it)\n"
        "students:\n"
        "  exceptions:\n"
        f'    - {{person: {address("s4")}, where: {{section: "chorus"}}, keep: out}}\n'
    )
    story.write_inputs()
    for person in ("s4", "guest"):
        said = story.run_as_it_is(
            "accept", "policies", "--course", "chorus", "--person", address(person), "--write"
        )
        assert said.status == 0, said.err
    said = story.run_as_it_is("sync", "policies")
    assert (said.status, "Kept as it was made by hand" in said.err) == (0, False)
    assert "0 writes" in said.out


def test_a_section_is_accepted_as_one_without_a_class(story: Story) -> None:
    story.sync()
    story.by_hand("chorus", "accept")
    story.by_hand("chorus", "archive")
    story.delete("chorus")
    assert story.sync().status == 3
    story.write_inputs()
    said = story.run_as_it_is("accept", "policies", "--course", "chorus", "--write")
    assert said.status == 0, said.err
    assert story.run_as_it_is("sync", "policies").status == 0


def test_what_is_not_there_is_said(story: Story) -> None:
    story.sync()
    for words, expected in (
        (("overwrite", "--course", "nothing"), "is no class of ours"),
        (("overwrite", "--course", "chorus"), "is in Classroom"),
        (("overwrite", "--course", "chorus", "--person", "s4"), "nothing that a hand did"),
        (("overwrite", "--course", "chorus", "--person", "x@maple.example"), "no Google account"),
        (("release", "chorus", "--person", "s1"), "has no seat of ours"),
        (("release", "--undo", "d:rollbook.maple.2027.chorus"), "was not released"),
        (("accept", "policies", "--course", "chorus", "--person", "s4"), "nothing that a hand did"),
    ):
        said = story.run(*words)
        assert (said.status, expected in said.words) == (2, True), said.err
