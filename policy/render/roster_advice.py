"""What each code of a roster means for classes, and what to ask the SIS's vendor for, in a line:
the words of docs/errors.md made short."""

from collections.abc import Mapping
from dataclasses import dataclass

from policy.roster.codes import Code
from policy.roster.dialect import COURSES, MEMBERSHIPS, PEOPLE, SCHOOLS, SECTIONS, TERMS
from policy.roster.survey import Defect, Severity


@dataclass(frozen=True, slots=True)
class Advice:
    """`title` says what is so. `means`: for classes, if the rows are used (of rows that are left
    out `LEFT_OUT` says it). `ask`: the vendor, to follow "please"; empty if there is nothing to
    ask for."""

    title: str
    ask: str = ""
    means: str = "The rows are used. Nothing is removed because of it."


REFUSED = "Nothing is planned from this drop: every class stays as it is."
NOBODY_FROM = "Left out. Nobody is removed from the class that the row names"
_WITH_CLASSES = "Left out, and the classes that hang on it with it: these stay as they are."
LEFT_OUT: Mapping[str, str] = {  # by the kind of the row that is left out
    SCHOOLS: _WITH_CLASSES,
    TERMS: _WITH_CLASSES,
    COURSES: _WITH_CLASSES,
    SECTIONS: "Left out. The class stays as it is, and so does everybody in it.",
    PEOPLE: "Left out. The seats of these people stay as they are.",
    MEMBERSHIPS: f"{NOBODY_FROM}; if that can't be read, from any class.",
}
_WHOLE = "export both files at the same time and with the same filter"
_QUOTES = "put quotes around each cell that has a comma or a quote in it, and double the quotes"
_UTF8 = "export all files as UTF-8 from the start, and don't save them with a spreadsheet"
_NO_SHEET = "hand ids over as text, without a spreadsheet on the way"

ADVICE: Mapping[Code, Advice] = {
    Code.NOT_OPENED: Advice("It can't be opened", "send the whole drop again"),
    Code.ZIP_REFUSED: Advice(
        "The zip has what no roster has", "make the zip of the exported files alone, unencrypted"
    ),
    Code.FILE_MISSING: Advice("A file is missing", "export all the files that are needed"),
    Code.FILE_EMPTY: Advice(
        "A file has no rows", "find out why this file is empty and export it again"
    ),
    Code.HEADER_WRONG: Advice(
        "A header is not as it should be", "export this file with the format's own header"
    ),
    Code.CUT_OFF: Advice(
        "A file was cut off", "send the file again, and rename it only when it is whole"
    ),
    Code.NOT_TEXT: Advice("A file is not UTF-8", _UTF8),
    Code.NOT_SUPPORTED_YET: Advice(
        "The format is not supported yet", "give us a full (bulk) OneRoster 1.1 CSV export"
    ),
    Code.DELTA: Advice("The drop has changes only", "give us a full (bulk) export"),
    Code.MOSTLY_FAULTY: Advice(
        "Most rows of a file can't be used",
        "look at the rows named here: one setting of the export may explain them all",
    ),
    Code.TOO_FEW: Advice("Too few fields in a row", _QUOTES),
    Code.TOO_MANY: Advice("Too many fields in a row", _QUOTES),
    Code.QUOTES: Advice("A quote that is wrong or never closed", _QUOTES),
    Code.BYTES: Advice("Letters that are not UTF-8", _UTF8),
    Code.KEY_EMPTY: Advice("A row without its id", "give each row its id"),
    Code.KEY_TWICE: Advice("One id with two contents", "give each id one row"),
    Code.DATE: Advice("A date of another form", "write dates as year-month-day (2026-08-24)"),
    Code.DATES_ORDER: Advice("It ends before it begins", "correct these dates"),
    Code.STATUS: Advice("A status nobody knows", "write active, tobedeleted or nothing"),
    Code.ROLE: Advice(
        "A role nobody knows",
        "use the format's own roles",
        "The rows are used: what somebody is in a class is said by their enrollments.",
    ),
    Code.BOOLEAN: Advice("Neither true nor false", "write true or false"),
    Code.SCHOOL_YEAR: Advice("A school year without a year", "write the year in which it ends"),
    Code.CLASS_REFERENCE: Advice("A class names a course or school that is not there", _WHOLE),
    Code.CLASS_TERM: Advice(
        "A class names a term that is not there",
        _WHOLE,
        "The class is used with its other terms. Nothing is removed because of it.",
    ),
    Code.ENROLLMENT_CLASS: Advice("An enrollment names a class that is not there", _WHOLE),
    Code.ENROLLMENT_PERSON: Advice("An enrollment names somebody who is not there", _WHOLE),
    Code.COLUMN_UNKNOWN: Advice("A column nobody knows", means="It is not read."),
    Code.COLUMN_SPELLING: Advice("A column's name is spelled otherwise", means="It is read."),
    Code.FILE_SPELLING: Advice("A file's name is spelled otherwise", means="It is read."),
    Code.NOT_A_SCHOOL: Advice("Classes hang on what is not a school"),
    Code.ROLES_DIFFER: Advice(
        "A role differs from the enrollment", "check these people's roles", "The enrollment counts."
    ),
    Code.DISABLED: Advice(
        "People are disabled",
        means="They count as gone, and leave their classes within your limits.",
    ),
    Code.NOT_A_SEAT: Advice("Enrollments that are no seats", means="They are passed over."),
    Code.SAID_TWICE: Advice("The same is said twice", "write each row once"),
    Code.ENABLED_BLANK: Advice(
        "Enabled or not is left blank", "fill it", "Read as enabled. Nothing is removed for it."
    ),
    Code.PADDED: Advice("Empty fields at the end of a row", "write rows as wide as the header"),
    Code.SOURCES_DIFFER: Advice(
        "Sources that differ", "say which of the two is right", "The first one's word counts."
    ),
    Code.USER_NAME: Advice(
        "User names in place of e-mails",
        "export e-mails",
        "Who has none is in no class until an e-mail is known. Nobody is removed for it.",
    ),
    Code.NO_TEACHER: Advice(
        "Classes without a teacher",
        "export the teacher of each class, or say why it has none",
        "A new one waits. Of a class that is there, no primary teacher is taken away for it.",
    ),
    Code.NO_STUDENT: Advice(
        "Classes without students",
        "say whether these classes are meant to be empty",
        "Who was in them before leaves, within your limits, unless a row left out may be theirs.",
    ),
    Code.SEVERAL_PRIMARY: Advice(
        "Classes with several primary teachers",
        "mark one teacher of each class as primary",
        "One of them is taken, the same one every night; the others are co-teachers.",
    ),
    Code.BOTH_ROLES: Advice(
        "Teacher and student of one class", "check these enrollments", "They are its teacher."
    ),
    Code.NO_EMAIL: Advice(
        "People without an e-mail",
        "export everybody's school e-mail",
        "They get no seat until they have one, or an identity file names their account.",
    ),
    Code.NOT_AN_EMAIL: Advice(
        "What should be an e-mail is none",
        "export whole e-mail addresses",
        "They get no seat until it is right, or an identity file names their account.",
    ),
    Code.EMAIL_SHARED: Advice(
        "An e-mail that somebody else has too",
        "give each person an e-mail of their own",
        "Whose account it is can't be told. Nothing is removed because of it.",
    ),
    Code.SPREADSHEET_KEY: Advice(
        "Ids as a spreadsheet writes them",
        _NO_SHEET,
        "To us these are other ids; where they hang in the air their rows are left out.",
    ),
    Code.GARBLED: Advice(
        "Garbled letters", _UTF8, "Names of classes would show them. Nothing is removed for it."
    ),
    Code.FORMULA: Advice(
        "A name that begins like a formula",
        "check these names",
        "Used as it is; be careful with it in a spreadsheet.",
    ),
    Code.OUTSIDE_TERM: Advice(
        "Enrollments outside their class's terms",
        "check the dates of these enrollments",
        "The dates count: whoever has not begun, or has ended, has no seat that day.",
    ),
}


def means(defect: Defect) -> str:
    """What a defect means for classes."""
    if defect.severity is Severity.REFUSED:
        return REFUSED
    if defect.severity is Severity.NOTED:
        return ADVICE[defect.code].means
    if defect.code is Code.ENROLLMENT_CLASS:
        return "Left out. Where a class may be meant by it, nobody is removed from that class."
    return LEFT_OUT.get(defect.kind, "Left out.")
