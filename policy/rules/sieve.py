"""Which of many matchers can match at all, so that only those are looked at one by one.

A section is held against all globs of a key at once; most sections match none of them.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

from policy.rules.model import Matcher

Thing = TypeVar("Thing")
_MAGIC = re.compile(r"[*?\[]")


class Globs:
    """Many globs as one. `may_match` is true wherever one of them matches; it may be true
    elsewhere, too: of a glob that is more than text with a star at its ends, only its longest
    text is looked for."""

    def __init__(self, globs: Iterable[str]) -> None:
        whole: set[str] = set()
        starts: set[str] = set()
        ends: set[str] = set()
        inside: set[str] = set()
        for glob in {one.casefold() for one in globs}:
            whole.add(glob)  # a text that is spelled like the glob matches
            text, is_open_before, is_open_after = _stripped(glob)
            if _MAGIC.search(text) or (is_open_before and is_open_after):
                inside.add(_longest_text(text))
            elif is_open_after:
                starts.add(text)
            elif is_open_before:
                ends.add(text)
        self._whole = frozenset(whole)
        self._starts, self._ends, self._inside = tuple(starts), tuple(ends), tuple(inside)

    def may_match(self, texts: Iterable[str]) -> bool:
        """May one of the texts match one of the globs?"""
        for text in map(str.casefold, texts):
            if (
                text in self._whole
                or text.startswith(self._starts)
                or text.endswith(self._ends)
                or (self._inside and any(part in text for part in self._inside))
            ):
                return True
        return False


@dataclass(frozen=True, slots=True)
class Sieve:
    """The globs of all matchers by key, and the places of the matchers that look at the same keys.
    A matcher can match only where each of its keys has a glob that can."""

    globs: Mapping[str, Globs]
    places: Mapping[frozenset[str], Sequence[int]]

    def candidates(
        self, texts_of: Mapping[str, Callable[[Thing], tuple[str, ...]]], thing: Thing
    ) -> Iterable[int]:
        """The places of the matchers that may match a thing, in order. `texts_of` says for each
        key which of its texts the globs are held against."""
        alive = {key for key, globs in self.globs.items() if globs.may_match(texts_of[key](thing))}
        found = [number for keys in self.places if keys <= alive for number in self.places[keys]]
        return sorted(found)


def sieve_of(matchers: tuple[Matcher, ...], *, skip: frozenset[str]) -> Sieve:
    """The sieve of a list of matchers. It doesn't look at the keys to `skip`, whose values match
    by other rules than those of globs. The very same list is looked through once."""
    return _sieve(_TheVerySame(matchers), skip)


@dataclass(frozen=True, slots=True, eq=False)
class _TheVerySame:
    """A list of matchers that is equal to itself only, so that it needn't be compared."""

    matchers: tuple[Matcher, ...]

    def __hash__(self) -> int:
        return id(self.matchers)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _TheVerySame) and self.matchers is other.matchers


@lru_cache(maxsize=1024)
def _sieve(same: _TheVerySame, skip: frozenset[str]) -> Sieve:
    globs: dict[str, list[str]] = {}
    places: dict[frozenset[str], list[int]] = {}
    for number, matcher in enumerate(same.matchers):
        keys = frozenset(matcher.keys) - skip
        places.setdefault(keys, []).append(number)
        for key in keys:
            globs.setdefault(key, []).extend(matcher.keys[key])
    return Sieve({key: Globs(of_key) for key, of_key in globs.items()}, places)


def _stripped(glob: str) -> tuple[str, bool, bool]:
    """A glob without the stars at its ends, and whether there were some before and after."""
    text = glob.lstrip("*")
    return text.rstrip("*"), text != glob, text.rstrip("*") != text


def _longest_text(glob: str) -> str:
    """The longest text that whatever matches the glob holds."""
    plain = re.sub(r"\[!?\]?[^\]]*\]", "*", glob) if "]" in glob else glob
    return max(re.split(r"[*?]", plain), key=len) if "[" not in plain else ""
