"""Which ids stand twice in a file too long for a set of its ids: by their hashes, in buckets."""

from array import array
from collections.abc import Iterable, Iterator

BUCKETS = 256


class Repeats:
    """8 bytes an id. Two ids with one hash would be taken for a repeat: that is worth a note to
    an admin, never a decision."""

    def __init__(self) -> None:
        self._hashes = array("q")

    def add_many(self, keys: Iterable[str]) -> None:
        """Ids in the order in which they stand in the file."""
        self._hashes.extend(map(hash, keys))

    def numbers(self) -> Iterator[int]:
        """Which of all the ids (the first is 0) stood further up already, in order."""
        twice = self._twice()
        seen: set[int] = set()
        for number, hashed in enumerate(self._hashes) if twice else ():
            if hashed in seen:
                yield number
            elif hashed in twice:
                seen.add(hashed)

    def _twice(self) -> set[int]:
        buckets = [array("q") for _ in range(BUCKETS)]
        add = [bucket.append for bucket in buckets]
        for hashed in self._hashes:
            add[hashed % BUCKETS](hashed)
        return {twin for bucket in buckets for twin in _repeated(bucket)}


def _repeated(numbers: "array[int]") -> Iterator[int]:
    if len(set(numbers)) != len(numbers):
        seen: set[int] = set()
        for number in numbers:
            if number in seen:
                yield number
            seen.add(number)
