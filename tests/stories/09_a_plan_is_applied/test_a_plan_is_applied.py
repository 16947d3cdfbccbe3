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
