"""Ids that stand twice, found without keeping the ids."""

from hypothesis import given
from hypothesis import strategies as st

from policy.roster.repeats import Repeats


@given(st.lists(st.text(max_size=2), max_size=40))
def test_each_line_but_the_first_of_an_id_is_a_repeat(ids: list[str]) -> None:
    repeats = Repeats()
    for line, key in enumerate(ids, 2):
        repeats.add(key, line)
    expected = [line for line, key in enumerate(ids, 2) if key in ids[: line - 2]]
    assert sorted(repeats.lines()) == expected


def test_many_ids_of_which_two_repeat() -> None:
    repeats = Repeats()
    for line in range(10_000):
        repeats.add(f"e{line}", line)
    repeats.add("e77", 10_000)
    repeats.add("e9999", 10_001)
    assert sorted(repeats.lines()) == [10_000, 10_001]
