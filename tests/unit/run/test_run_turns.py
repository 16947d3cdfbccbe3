"""Whose turn it is: everything is handed out until it is settled, nothing twice at once, and what
waits waits together."""

import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from building import removal
from nights import Killed, Standing
from policy.merge.plan import Change
from policy.run.turns import Asked, Batch, Elapsed, Turns, side_by_side


def changes(count: int) -> list[Change]:
    return [removal(f"s{number}") for number in range(count)]


def turns_of(count: int, clock: Standing, *, most: int = 50) -> Turns:
    elapsed = Elapsed(clock.now, clock.sleep)
    return Turns(changes(count), elapsed, most=most, chance=lambda: 0.0)


def names(batch: Batch | None) -> list[str]:
    assert batch is not None
    return [asked.change.person.id for asked in batch.asked if asked.change.person]


def tried(batch: Batch) -> list[Asked]:
    for asked in batch.asked:
        asked.tries += 1
    return list(batch.asked)


def taken(turns: Turns) -> Batch:
    batch = turns.take()
    assert batch is not None
    return batch


def test_fresh_ones_go_in_order_and_then_it_ends() -> None:
    turns = turns_of(5, Standing(), most=2)
    went = []
    while (batch := turns.take()) is not None:
        went.append(names(batch))
        turns.give_back(batch, [], is_strike=False, moved=True, is_rate=False)
    assert went == [["s0", "s1"], ["s2", "s3"], ["s4"]]


def test_what_is_to_be_asked_again_waits_longer_each_time() -> None:
    clock = Standing()
    turns, waits = turns_of(1, clock), list[float]()
    for _ in range(7):
        before = clock.passed
        batch = taken(turns)
        waits.append(clock.passed - before)
        turns.give_back(batch, tried(batch), is_strike=False, moved=False, is_rate=False)
    assert waits == [0, 1, 2, 4, 8, 16, 32]


def test_many_wait_together() -> None:
    clock = Standing()
    turns = turns_of(50, clock)
    for _ in range(7):
        batch = taken(turns)
        assert len(batch.asked) == 50
        turns.give_back(batch, tried(batch), is_strike=False, moved=False, is_rate=False)
    assert clock.passed == 63


def test_the_others_go_on_while_one_waits() -> None:
    clock = Standing()
    turns = turns_of(6, clock, most=2)
    first = taken(turns)
    turns.give_back(first, [first.asked[0]], is_strike=False, moved=True, is_rate=False)
    assert names(turns.take()) == ["s2", "s3"]
    assert clock.passed == 0


def test_what_never_answers_leaves_half_of_each_batch_to_the_others() -> None:
    clock = Standing()
    turns = turns_of(100, clock, most=10)
    stuck = taken(turns)
    turns.give_back(stuck, tried(stuck), is_strike=False, moved=False, is_rate=False)
    clock.sleep(60)
    went = names(turns.take())
    assert went == ["s0", "s1", "s2", "s3", "s4", "s10", "s11", "s12", "s13", "s14"]


def test_nothing_goes_for_a_while_after_a_strike_longer_each_time() -> None:
    clock = Standing()
    turns, waits = turns_of(9, clock, most=1), list[float]()
    for _ in range(8):
        before = clock.passed
        turns.give_back(taken(turns), [], is_strike=True, moved=False, is_rate=False)
        waits.append(clock.passed - before)
    assert waits == [0, 1, 2, 4, 8, 16, 32, 32]


def test_batches_that_were_under_way_together_are_one_strike() -> None:
    turns = turns_of(9, Standing(), most=1)
    together = [taken(turns) for _ in range(3)]
    for batch in together:
        turns.give_back(batch, [], is_strike=True, moved=False, is_rate=False)
    assert turns.strikes == 1


@pytest.mark.parametrize(
    ("is_strike", "moved", "strikes"), [(True, False, 2), (True, True, 1), (False, True, 0)]
)
def test_strikes_are_forgotten_when_something_moves(
    is_strike: bool, moved: bool, strikes: int
) -> None:
    turns = turns_of(9, Standing(), most=1)
    turns.give_back(taken(turns), [], is_strike=True, moved=False, is_rate=False)
    turns.give_back(taken(turns), [], is_strike=is_strike, moved=moved, is_rate=False)
    assert turns.strikes == strikes


def test_after_a_refusal_for_the_rate_one_goes_alone() -> None:
    turns = turns_of(9, Standing(), most=5)
    refused = taken(turns)
    turns.give_back(refused, refused.asked, is_strike=True, moved=False, is_rate=True)
    first = taken(turns)
    assert names(first) == ["s0"]
    turns.give_back(first, [], is_strike=False, moved=True, is_rate=False)
    assert names(turns.take()) == ["s1", "s2", "s5", "s6", "s7"]


def test_nothing_is_handed_out_once_it_is_stopped() -> None:
    turns = turns_of(9, Standing(), most=1)
    taken(turns)
    turns.stop()
    assert turns.take() is None


@given(
    count=st.integers(0, 120),
    most=st.integers(1, 50),
    fails=st.lists(st.integers(0, 3), min_size=120, max_size=120),
)
def test_each_is_handed_out_until_it_is_settled(count: int, most: int, fails: list[int]) -> None:
    turns, sent = turns_of(count, Standing(), most=most), Counter[str]()
    while (batch := turns.take()) is not None:
        assert 1 <= len(batch.asked) <= most
        assert len(set(names(batch))) == len(batch.asked)
        sent.update(names(batch))
        again = [a for a in tried(batch) if a.tries <= fails[int(names_of(a)[1:])]]
        moved = len(again) < len(batch.asked)
        turns.give_back(batch, again, is_strike=not moved, moved=moved, is_rate=False)
    assert sent == {f"s{n}": fails[n] + 1 for n in range(count)}


def names_of(asked: Asked) -> str:
    assert asked.change.person is not None
    return asked.change.person.id


def test_time_does_not_go_back_and_does_not_stand() -> None:
    hands = [datetime(2026, 9, 1, 9, 0, tzinfo=UTC)]
    elapsed = Elapsed(lambda: hands[-1], lambda _seconds: None)
    hands.append(hands[0] + timedelta(seconds=50))
    assert elapsed.now() == 50
    hands.append(hands[0] - timedelta(hours=1))  # somebody sets the clock
    assert elapsed.now() == 50
    elapsed.sleep(10)
    assert elapsed.now() == 60


def lanes_of(work: Callable[[], None], turns: Turns) -> None:
    side_by_side(work, lanes=4, stop=turns.stop)


def test_lanes_share_the_work() -> None:
    turns, sent = turns_of(200, Standing(), most=5), list[str]()
    threads, all_there = set[int](), threading.Barrier(4)

    def work() -> None:
        all_there.wait(10)
        while (batch := turns.take()) is not None:
            threads.add(threading.get_ident())
            sent.extend(names(batch))
            turns.give_back(batch, [], is_strike=False, moved=True, is_rate=False)

    lanes_of(work, turns)
    assert sorted(sent) == sorted(f"s{n}" for n in range(200))
    assert threading.get_ident() not in threads


def test_one_lane_is_this_thread() -> None:
    threads = []
    side_by_side(lambda: threads.append(threading.get_ident()), lanes=1, stop=lambda: None)
    assert threads == [threading.get_ident()]


def test_when_one_lane_dies_the_others_end_their_batch_and_stop() -> None:
    turns, ended = turns_of(1_000, Standing(), most=1), list[str]()

    def work() -> None:
        while (batch := turns.take()) is not None:
            if names(batch) == ["s7"]:
                raise Killed
            ended.extend(names(batch))
            turns.give_back(batch, [], is_strike=False, moved=True, is_rate=False)

    with pytest.raises(Killed):
        lanes_of(work, turns)
    assert turns.take() is None
    assert len(ended) == len(set(ended))
