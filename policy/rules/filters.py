"""Filters of name templates ("{course.name|short}"): each makes another text of a value. Pure."""

import re
from collections.abc import Callable, Mapping, Sequence

JOIN = ", "  # between the several values of a name
SHORT = 30  # characters of a text that is cut short, its … among them
_MORE = "…"
_WORD = re.compile(r"[^\s\-–—/()\[\]{}.,:;&+|\"“”_]+")
_BETWEEN_COMMAS = re.compile(r"[^,\s](?:[^,]*[^,\s])?")
_AT_AN_END = " -–—:|/,;·•&+("
_NUMBERS = (("X", 10), ("IX", 9), ("V", 5), ("IV", 4), ("I", 1))

Values = Sequence[str]


def short(values: Values) -> Values:
    """The text as it is listed, at most 30 characters: cut after a whole word, with … (within the
    first word, where that alone is longer)."""
    text = " ".join(JOIN.join(values).split())
    if len(text) <= SHORT:
        return (text,)
    head = text[: SHORT - len(_MORE)]
    whole = head if text[len(head)].isspace() else head.rpartition(" ")[0]
    return ((whole.rstrip(_AT_AN_END) or head.rstrip()) + _MORE,)


def title(values: Values) -> Values:
    """Words that begin with a capital and go on in lower case; Roman numerals stay."""
    return tuple(_WORD.sub(lambda found: _capital(found[0]), value) for value in values)


def upper(values: Values) -> Values:
    return tuple(value.upper() for value in values)


def lower(values: Values) -> Values:
    return tuple(value.lower() for value in values)


def roman(values: Values) -> Values:
    """Whole numbers from 1 to 39 as Roman ones, also between commas; all else stays."""
    return tuple(_BETWEEN_COMMAS.sub(_roman_of, value) for value in values)


def first(values: Values) -> Values:
    return tuple(values[:1])


FILTERS: Mapping[str, Callable[[Values], Values]] = {
    "short": short,
    "title": title,
    "upper": upper,
    "lower": lower,
    "roman": roman,
    "first": first,
}


def filtered(values: Values, filters: Sequence[str]) -> str:
    """The text of a name's values, after one filter and then the next."""
    for name in filters:
        values = FILTERS[name](values)
    return JOIN.join(values)


def _capital(word: str) -> str:
    return word if word in _ROMANS else word[:1].title() + word[1:].lower()


def _roman_of(found: re.Match[str]) -> str:
    text = found[0]
    number = int(text) if text.isascii() and text.isdecimal() else 0
    return _roman(number) if 1 <= number <= 39 else text


def _roman(number: int) -> str:
    text = ""
    for letters, size in _NUMBERS:
        text += letters * (number // size)
        number %= size
    return text


_ROMANS = frozenset(_roman(number) for number in range(1, 40))
