"""Ids that stand twice, found without keeping the ids."""

from hypothesis import given
from hypothesis import strategies as st

from policy.roster.repeats import Repeats


@given(st.lists(st.lists(st.text(max_size=2), max_size=20), max_size=4))
def test_each_place_but_the_first_of_an_id_is_a_repeat(parts: list[list[str]]) -> None:
    repeats = Repeats()
    for some in parts:
        repeats.add_many(some)
    ids = [key for some in parts for key in some]
    expected = [number for number, key in enumerate(ids) if key in ids[:number]]
    assert list(repeats.numbers()) == expected


def test_many_ids_of_which_two_repeat() -> None:
    repeats = Repeats()
    repeats.add_many(f"e{number}" for number in range(10_000))
    repeats.add_many(["e77", "e9999", "f1"])
    assert list(repeats.numbers()) == [10_000, 10_001]
