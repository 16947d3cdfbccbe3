"""A policy is tested like code: in the policy, beside it, by made-up sections and by a roster."""

from telling import Story, three_sections

CLASSES = """\
classes:
  name: "{course.name}: {section.name}"
  scope:
    exclude:
      - {name: "*lunch*"}
"""
LUNCH = """\
tests:
  - name: lunch is no class
    given: {section: {name: "Lunch A"}}
    expect: {class: none}
"""
OF_A_ROSTER = """\
tests:
  - name: what one student gets
    given: {roster: ./fixtures/small, person: s9@maple.example, date: 2026-09-01}
    expect: {classes: ["Course: Algebra", "Course: Chorus"], teaches: []}
  - name: biology has a co-teacher
    given: {roster: ./fixtures/small, section: biology, date: 2026-09-01}
    expect: {class: {owner: chen@maple.example, co_teachers: [rivera@maple.example]}}
  - name: it begins in August
    given: {roster: ./fixtures/small, section: biology, date: 2026-07-01}
    expect: {class: none}
"""


def with_tests(story: Story) -> Story:
    """With tests in the policy and beside it."""
    story.policy += CLASSES + LUNCH
    three_sections().write(story.folder / "policies/fixtures/small")
    (story.folder / "policies/roster.test.yaml").write_text(OF_A_ROSTER, encoding="utf-8")
    return story


def test_all_pass(story: Story) -> None:
    said = with_tests(story).run("validate", "policies")
    assert (said.status, said.out) == (0, "")
    assert said.err == "policies: the policy of Maple Schools is fine; 4 tests passed.\n"


def test_what_differs_and_why(story: Story) -> None:
    with_tests(story)
    story.policy = story.policy.replace("lunch*", "bio*").replace("{course.name}: ", "")
    said = story.run("validate", "policies")
    assert (said.status, said.out) == (2, "")
    assert (
        said.err
        == """\
policies/district.yaml:16  lunch is no class
  class           expected  no class
                  found     a class, “Lunch A”
  why             section section-1 is in scope: classes.scope.terms: current
                    (built-in default)

policies/roster.test.yaml:2  what one student gets
  classes         missing   Course: Algebra, Course: Chorus
                  too many  Algebra, Chorus
  why             “Algebra”, section algebra: enrollments.csv:12
                  “Chorus”, section chorus: enrollments.csv:29

policies/roster.test.yaml:5  biology has a co-teacher
  class           expected  a class
                  found     no class
  why             section biology is out of scope by classes.scope.exclude[0]
                    (policies/district.yaml:14)

policies: the policy of Maple Schools fails 3 of its 4 tests; 1 passed.
"""
    )


def test_a_day_that_no_test_names_is_today(story: Story) -> None:
    with_tests(story)
    tests = story.folder / "policies/roster.test.yaml"
    tests.write_text(OF_A_ROSTER.replace(", date: 2026-07-01", ""), encoding="utf-8")
    assert story.run("validate", "policies", today="2026-08-01").status == 0
    said = story.run("validate", "policies", today="2026-08-15")
    assert said.status == 2
    assert "found     a class, “Course: Biology”" in said.err


def test_a_test_that_is_written_wrongly_is_a_problem_of_the_policy(story: Story) -> None:
    with_tests(story).policy += "    expct: {class: waits}\n"
    for verb in ("validate", "plan"):
        said = story.run(verb, "policies")
        assert (said.status, said.out) == (2, "")
        assert "tests[0].expct is not a key that is known here; did you mean expect?" in said.err
        assert said.err.endswith("Nothing was planned.\n")


def test_a_night_runs_no_test_and_a_file_of_tests_changes_no_policy(story: Story) -> None:
    with_tests(story).sync()
    before = story.plan()["policy"]
    wrong = story.folder / "policies/more.test.yaml"
    wrong.write_text(LUNCH.replace("none", "waits"), encoding="utf-8")
    assert story.run("validate", "policies").status == 2
    assert story.plan()["policy"] == before
    again = story.sync()
    assert again.status == 0
    assert "nothing to do, 0 writes; 3 classes checked" in again.out
