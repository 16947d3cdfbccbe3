"""What became of a policy's tests, on a terminal."""

from policy.render.trials_text import print_trials
from policy.rules.trials import Fate, Trial
from policy.trying import Difference, Outcome

TRIAL = Trial("lunch is no class", "policies/a.test.yaml", 2, None, (), "", "", "", Fate.NONE)
PASSED = Outcome(TRIAL)
FAILED = Outcome(
    TRIAL,
    (
        Difference("name", (("expected", "A"), ("found", "B"))),
        Difference("students", (("missing", ", ".join(f"s{n}@x.example" for n in range(12))),)),
    ),
    ("section section-1 is out of scope by classes.scope.exclude[0] (policies/district.yaml:14)",),
)


def test_none_and_one_and_some() -> None:
    assert print_trials("p", "Maple", []) == "p: the policy of Maple is fine."
    assert print_trials("p", "Maple", [PASSED]) == "p: the policy of Maple is fine; 1 test passed."
    many = print_trials("p", "Maple", [PASSED] * 1200)
    assert many == "p: the policy of Maple is fine; 1,200 tests passed."


def test_each_difference_in_80_columns() -> None:
    text = print_trials("policies", "Maple", [PASSED, FAILED, FAILED])
    assert max(map(len, text.splitlines())) <= 80
    first, second, end = text.split("\n\n")
    assert first == second
    assert end == "policies: the policy of Maple fails 2 of its 3 tests; 1 passed."
    assert (
        first
        == """\
policies/a.test.yaml:2  lunch is no class
  name            expected  A
                  found     B
  students        missing   s0@x.example, s1@x.example, s2@x.example,
                            s3@x.example, s4@x.example, s5@x.example,
                            s6@x.example, s7@x.example, s8@x.example,
                            s9@x.example, s10@x.example, s11@x.example
  why             section section-1 is out of scope by classes.scope.exclude[0]
                    (policies/district.yaml:14)"""
    )
