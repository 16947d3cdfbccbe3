"""Reads batch after batch, several at once where several administrators are at work."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TypeVar

from policy.google.base import BATCH_MOST

Item = TypeVar("Item")
Result = TypeVar("Result")


class Crew:
    """So many hands. One works in the caller's own thread; more are threads, which end with
    `close`."""

    def __init__(self, hands: int) -> None:
        self.hands = hands
        self._pool = ThreadPoolExecutor(hands, "google") if hands > 1 else None

    def work(self, queue: deque[Item], do: Callable[[list[Item]], Result]) -> Iterator[Result]:
        """The results of what is done with every batch of the queue, in the order in which they
        are there. Whoever gets a result may put more on the queue."""
        if self._pool is None:
            while queue:
                yield do(_batch(queue))
            return
        going: set[Future[Result]] = set()
        try:
            while queue or going:
                while queue and len(going) < self.hands:
                    going.add(self._pool.submit(do, _batch(queue)))
                done, going = wait(going, return_when=FIRST_COMPLETED)
                for future in done:
                    yield future.result()
        finally:
            wait(going)

    def close(self) -> None:
        """Wait for the threads to end."""
        if self._pool is not None:
            self._pool.shutdown()


def _batch(queue: deque[Item]) -> list[Item]:
    return [queue.popleft() for _ in range(min(BATCH_MOST, len(queue)))]
