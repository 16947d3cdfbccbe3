"""Which ids stand twice in a file too long for a set of its ids: hashes, in buckets."""

from array import array
from collections.abc import Iterator

BUCKETS = 256


class Repeats:
    """16 bytes an id. Two ids with one hash would be taken for a repeat: that is worth a note to
    an admin, never a decision."""

    def __init__(self) -> None:
        self._hashes = [array("q") for _ in range(BUCKETS)]
        self._lines = [array("Q") for _ in range(BUCKETS)]

    def add(self, key: str, line: int) -> None:
        number = hash(key)
        bucket = number % BUCKETS
        self._hashes[bucket].append(number)
        self._lines[bucket].append(line)

    def lines(self) -> Iterator[int]:
        """The lines whose id stood in an earlier line, in no order."""
        for hashes, lines in zip(self._hashes, self._lines, strict=True):
            if len(set(hashes)) != len(hashes):
                seen: set[int] = set()
                for number, line in zip(hashes, lines, strict=True):
                    if number in seen:
                        yield line
                    seen.add(number)
