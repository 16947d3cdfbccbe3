"""The crew: every item is worked on once, what is put on the queue later too, side by side."""

import threading
from collections import deque

import pytest

from policy.errors import GoogleOutOfReach
from policy.google.crew import Crew


@pytest.mark.parametrize("hands", [1, 3])
def test_everything_is_done_once_and_what_comes_of_it_too(hands: int) -> None:
    crew, queue = Crew(hands), deque(range(170))
    done: list[int] = []
    sizes: list[int] = []
    for batch in crew.work(queue, list):
        sizes.append(len(batch))
        done += batch
        queue.extend(number + 1_000 for number in batch if number < 60)
    crew.close()
    assert sorted(done) == [*range(170), *range(1_000, 1_060)]
    assert max(sizes) == 50


def test_one_hand_works_in_the_callers_thread_batch_after_batch() -> None:
    crew = Crew(1)
    threads = list(crew.work(deque(range(120)), lambda batch: (threading.get_ident(), len(batch))))
    crew.close()
    me = threading.get_ident()
    assert threads == [(me, 50), (me, 50), (me, 20)]


def test_several_hands_work_at_the_same_time() -> None:
    together = threading.Barrier(3, timeout=10)

    def meet(batch: list[int]) -> int:
        together.wait()  # raises unless three are here
        return len(batch)

    crew = Crew(3)
    assert sorted(crew.work(deque(range(150)), meet)) == [50, 50, 50]
    crew.close()


@pytest.mark.parametrize("hands", [1, 3])
def test_what_goes_wrong_in_a_batch_is_raised_and_the_others_come_to_their_end(hands: int) -> None:
    ended: list[int] = []

    def work(batch: list[int]) -> None:
        if batch[0] == 0:
            raise GoogleOutOfReach("nobody there")
        ended.append(batch[0])

    crew = Crew(hands)
    with pytest.raises(GoogleOutOfReach, match="nobody there"):
        list(crew.work(deque(range(150)), work))
    crew.close()
    assert sorted(ended) == ([] if hands == 1 else [50, 100])


@pytest.mark.parametrize("hands", [1, 3])
def test_nothing_to_do(hands: int) -> None:
    crew = Crew(hands)
    assert list(crew.work(deque[int](), list)) == []
    crew.close()
