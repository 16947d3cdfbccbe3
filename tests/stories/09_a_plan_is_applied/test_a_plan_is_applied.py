"""A plan is written to a file, looked at, and applied just as it was shown; or it is stale."""

from telling import Story


def test_a_plan_is_applied(story: Story) -> None:
    made = story.run("plan", "policies", "--out", "plan.json")  # .json says the format
    assert (made.status, made.out) == (0, "")
    said = story.run("apply", "plan.json")
    assert said.status == 0, said.err
    assert "28 writes" in said.out
    assert story.agrees()


def test_a_plan_is_applied_once(story: Story) -> None:
    story.run("plan", "policies", "--format", "json", "--out", "plan.json")
    story.run("apply", "plan.json")
    story.writes()
    again = story.run("apply", "plan.json")
    assert again.status == 3
    assert "Make a new plan" in again.words
    assert story.writes() == 0


def test_what_is_no_plan_is_refused(story: Story) -> None:
    (story.folder / "plan.json").write_text('{"id": 7}', encoding="utf-8")
    said = story.run("apply", "plan.json")
    assert said.status == 2
    assert "this is not a plan that Rollbook wrote" in said.words
    assert story.run("apply", "nowhere.json").status == 2


def test_markdown_for_a_page(story: Story) -> None:
    said = story.run("plan", "policies", "--format", "markdown")
    assert said.out.startswith("# Plan ")
    assert "| 3 | `course.create` | classes to make |" in said.out


def planned(story: Story) -> None:
    story.run("plan", "policies", "--out", "plan.json")
    story.writes()


def test_a_plan_whose_policy_has_changed_is_refused(story: Story) -> None:
    planned(story)
    before = story.policy
    story.policy += "students: {add: after_accept, removal_grace: 0h}\n"
    said = story.run("apply", "plan.json")
    assert (said.status, said.out) == (3, "")
    assert "made by another policy than is now in policies district.yaml is changed" in said.words
    assert "Nothing was written. Make a new plan." in said.words
    assert story.writes() == 0
    story.policy = before  # taken back: the plan is as good as it was
    assert story.run("apply", "plan.json").status == 0
    assert story.agrees()


def test_a_plan_is_applied_elsewhere(story: Story) -> None:
    planned(story)
    (story.folder / "policies").rename(story.folder / "copy")
    said = story.run_as_it_is("apply", "plan.json")
    assert (said.status, said.out) == (2, "")
    assert "policies has no district.yaml" in said.words
    assert story.writes() == 0
    said = story.run_as_it_is("apply", "plan.json", "--policies", "copy")
    assert said.status == 0, said.err
    assert "28 writes" in said.out


def test_what_is_held_is_let_go_by_the_same_command(story: Story) -> None:
    story.sync()
    story.roster.students["algebra"] = []
    planned(story)
    said = story.run("apply", "plan.json", "--policies", "policies")
    assert "rollbook apply plan.json --policies policies --allow student.remove=" in said.out


def test_an_undo_is_of_its_policy_too(story: Story) -> None:
    story.sync()
    run = story.run("history", "--runs", "1").out.split()[0]
    assert story.run("undo", run, "--out", "undo.json").status in (0, 3)
    story.policy += "# a word\n"
    said = story.run("apply", "undo.json")
    assert (said.status, said.out) == (3, "")
    assert "district.yaml is changed" in said.words
