"""Words about a roster that may be shown to anybody: what is quoted from cells is only shown where
it is a key; of anything else only its form is, since a shifted row may have a name anywhere."""

import re

from policy.roster.codes import Code

_OF_THE_FILE = {  # what these quote are columns, files and schools, never a person's cell
    code.value
    for code in (
        *(Code.NOT_OPENED, Code.ZIP_REFUSED, Code.FILE_MISSING, Code.HEADER_WRONG, Code.DELTA),
        *(Code.NOT_SUPPORTED_YET, Code.COLUMN_UNKNOWN, Code.COLUMN_SPELLING, Code.FILE_SPELLING),
        *(Code.NOT_A_SCHOOL, Code.NOT_TEXT, Code.QUOTES),
    )
}
_OF_VALUES = {
    code.value
    for code in (
        *(Code.DATE, Code.STATUS, Code.ROLE, Code.BOOLEAN, Code.SCHOOL_YEAR),
        *(Code.MOSTLY_FAULTY, Code.CUT_OFF),  # they quote another fault, of whatever kind
    )
}
_QUOTED = re.compile(r"""(?<!\w)(?:'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")(?!\w)""")
_KEY = re.compile(r"[^\s@]+")


def veiled(message: str, code: str) -> str:
    """A fault's message without anything that might be a person's name or address."""
    if code in _OF_THE_FILE:
        return message
    return _QUOTED.sub(lambda quoted: _veil(quoted[0], code), message)


def _veil(quoted: str, code: str) -> str:
    mark, text = quoted[0], quoted[1:-1]
    if code not in _OF_VALUES and _KEY.fullmatch(text):
        return quoted
    return f"{mark}{form_of(text)}{mark}"


def form_of(text: str) -> str:
    """Letters become a or A and digits 9: '8/24/2026' is '9/99/9999'."""
    return "".join(
        "9"
        if letter.isdecimal()
        else ("A" if letter.isupper() else "a")
        if letter.isalpha()
        else letter
        for letter in text
    )
