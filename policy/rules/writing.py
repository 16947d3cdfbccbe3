"""Values -> YAML text that every reader takes for the same values: quotes only where needed."""

import re

from policy.rules.lines import Yaml, quirk_of

# Text that means itself in YAML wherever it stands. What is not sure to is put in quotes.
_PLAIN = re.compile(r"(?:[A-Za-z]|\.{0,2}/)[\w./@-]*(?: [\w./@-]+)*|[0-9]+[%mhd]")
_WORDS = frozenset({"true", "false", "null", "y", "n"})  # to one reader of YAML or another
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}


def written(value: Yaml) -> str:
    """A value on one line; lists and maps in [ ] and { }."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{text(key)}: {written(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + "]"
    if isinstance(value, str):
        return text(value)
    return "null" if value is None else str(value).lower()


def text(value: str) -> str:
    """A text, in double quotes where it needs them."""
    return value if is_plain(value) else in_double_quotes(value)


def is_plain(value: str) -> bool:
    """Is it the same text without quotes, to every reader of YAML?"""
    is_word = value.casefold() in _WORDS or quirk_of(value) is not None
    return _PLAIN.fullmatch(value) is not None and not is_word


def in_double_quotes(value: str) -> str:
    """A text in double quotes, with nothing in it that can't be seen."""
    return '"' + "".join(map(_escaped, value)) + '"'


def _escaped(mark: str) -> str:
    if mark in _ESCAPES:
        return _ESCAPES[mark]
    if mark.isprintable():
        return mark
    code = ord(mark)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
