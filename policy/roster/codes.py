"""The stable codes of what can be wrong with a roster, and the form of the words about it.

docs/errors.md has a paragraph on each code.
"""

from enum import Enum


class Code(Enum):
    """R1xx: a file or the whole drop, and nothing is planned. R2xx: one row, or a note. From
    R241 on: what `roster check` sees in a drop as a whole. R3xx: the way to the drop, and nothing
    is planned."""

    NOT_OPENED = "R101"
    ZIP_REFUSED = "R102"
    FILE_MISSING = "R103"
    FILE_EMPTY = "R104"
    HEADER_WRONG = "R105"
    CUT_OFF = "R106"
    NOT_TEXT = "R107"
    NOT_SUPPORTED_YET = "R108"
    DELTA = "R109"
    MOSTLY_FAULTY = "R110"
    OLD = "R111"
    SHRUNK = "R112"

    TOO_FEW = "R201"
    TOO_MANY = "R202"
    QUOTES = "R203"
    BYTES = "R204"
    KEY_EMPTY = "R205"
    KEY_TWICE = "R206"
    DATE = "R207"
    DATES_ORDER = "R208"
    STATUS = "R209"
    ROLE = "R210"
    BOOLEAN = "R211"
    SCHOOL_YEAR = "R212"
    CLASS_REFERENCE = "R213"
    CLASS_TERM = "R214"
    ENROLLMENT_CLASS = "R215"
    ENROLLMENT_PERSON = "R216"

    COLUMN_UNKNOWN = "R221"
    COLUMN_SPELLING = "R222"
    FILE_SPELLING = "R223"
    NOT_A_SCHOOL = "R224"
    ROLES_DIFFER = "R225"
    DISABLED = "R226"
    NOT_A_SEAT = "R227"
    SAID_TWICE = "R228"
    ENABLED_BLANK = "R229"
    PADDED = "R230"
    SOURCES_DIFFER = "R231"
    USER_NAME = "R232"

    NO_TEACHER = "R241"
    NO_STUDENT = "R242"
    SEVERAL_PRIMARY = "R243"
    BOTH_ROLES = "R244"
    NO_EMAIL = "R245"
    NOT_AN_EMAIL = "R246"
    EMAIL_SHARED = "R247"
    SPREADSHEET_KEY = "R248"
    GARBLED = "R249"
    FORMULA = "R250"
    OUTSIDE_TERM = "R251"

    OUT_OF_REACH = "R301"
    REFUSED = "R302"
    NOT_WHOLE = "R303"
    ANSWER = "R304"
    SECRET = "R305"
    HOST_KEY = "R306"
    PAUSED = "R307"


def problem(file: str, message: str, code: Code) -> str:
    """The words for a fault of a whole file, in the form that a row's Fault has."""
    return f"{file}  {message}  [{code.value}]"


def counted(number: int, noun: str) -> str:
    """`1 user`, `12 users`."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
