"""Microsoft School Data Sync V2 and V2.1 as CSV files. They have OneRoster's file names and other
columns.

V2 has no sessions: such a set can be read when academicSessions.csv, which is V2.1's, is given
with it. roles.csv, userFlags.csv and the others say nothing that is needed and are never opened:
who has which seat is said by the enrollments alone. Nothing says who is the primary teacher.

Microsoft Learn: sds-v2.1-csv-file-format, default-list-of-values. `username` is the account's
name with its domain, `activeDirectoryMatchId` an account that is there already, `email` is
optional: the first of email, username and match id that has an @ is read as the e-mail.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from policy.roster import dialect
from policy.roster.blocks import Block, Cells
from policy.roster.csv_rows import Row
from policy.roster.dialect import Dialect, Feed, Part, as_rows
from policy.roster.header import Table
from policy.roster.rows import RowUnfit
from policy.roster.sds import (
    NO_YEAR,
    Firsts,
    Slashes,
    days,
    e_mail,
    reshaped,
    reshaped_broken,
    unfit_row,
)

_TEACHES = ("teacher", "professor", "lecturer", "instructor", "faculty", "adjunct")
_NO_SEAT = (  # the rest of Microsoft's default values; "aide" is in its samples
    *("principal", "chair", "researcher", "affiliate", "occupationalTherapist"),
    *("physicalTherapist", "speechTherapist", "visionTherapist", "paraprofessional"),
    *("specialServices", "advisor", "proctor", "nurse", "officeStaff", "itAdmin"),
    *("administrator", "staff", "teacherAssistant", "assistant", "substitute", "coach"),
    *("alumni", "other", "aide", "aid"),
)
# Whoever teaches has a teacher's seat. Who helps, watches or stands in gets none by itself.
ROLES = {
    "student": "student",
    **dict.fromkeys(_TEACHES, "teacher"),
    **dict.fromkeys(map(str.casefold, _NO_SEAT), "aide"),
}

ORGS = Table(
    "orgs.csv",
    ("sourcedId", "name", "type"),
    frozenset(("sourcedId", "name", "type")),
    frozenset(("parentSourcedId",)),
)
SESSIONS = Table(
    "academicSessions.csv",
    ("sourcedId", "title", "type", "schoolYear", "startDate", "endDate"),
    frozenset(("sourcedId", "title", "startDate", "endDate")),
    frozenset(),
    why={
        **dict.fromkeys(("startDate", "endDate"), NO_YEAR),
        "academicSessions.csv": f"{NO_YEAR} (it is one of the files of School Data Sync V2.1)",
    },
)
COURSES = Table(
    "courses.csv",
    ("sourcedId", "title", "code", "subject"),
    frozenset(("sourcedId", "title")),
    frozenset(("orgSourcedId", "schoolYearSourcedId", "grade")),
)
CLASSES = Table(
    "classes.csv",
    ("sourcedId", "title", "orgSourcedId", "sessionSourcedIds", "courseSourcedId", "code"),
    frozenset(("sourcedId", "title", "orgSourcedId", "sessionSourcedIds")),
    frozenset(),
    why={"sessionSourcedIds": NO_YEAR},
)
USERS = Table(
    "users.csv",
    ("sourcedId", "givenName", "familyName", "email", "username", "activeDirectoryMatchId"),
    frozenset(("sourcedId",)),
    frozenset(("orgSourcedIds", "password", "role", "grade", "phone", "sms")),
)
ENROLLMENTS = Table(
    "enrollments.csv",
    ("classSourcedId", "userSourcedId", "role"),
    frozenset(("classSourcedId", "userSourcedId", "role")),
    frozenset(),
)


def _org(cells: Cells) -> Cells:
    key, name, kind = cells
    return key, "", name, kind


def _course(cells: Cells) -> Cells:
    key, title, code, subject = cells
    return key, "", title, code, subject


def _person(cells: Cells) -> Cells:
    key, given, family, email, username, match = cells
    return key, "", "true", "", given, family, e_mail(email, username, match)


def _as_terms(parts: Iterable[Part]) -> Iterator[Row]:
    for line, cells, broken in as_rows(parts):
        key, title, kind, year, first, last = cells
        shaped = key, "", title, kind, "", "", year
        if broken is not None:
            yield reshaped_broken(line, broken, lambda c: (c[0], *[""] * 6))
            continue
        try:
            start, end, last_year = days(("startDate", "endDate"), first, last, Slashes.NONE).cells
            yield line, (key, "", title, kind, start, end, year or last_year), None
        except RowUnfit as unfit:
            yield unfit_row(SESSIONS.file, line, shaped, unfit)


def _course_of(cells: Cells) -> Cells:
    """The course that a class is by itself."""
    key, title, _, _, course, code = cells
    return course or f"class:{key}", "", title, code, ""


def _courses_of_classes(parts: Iterable[Part]) -> Iterator[Row]:
    """Where there is no courses.csv: each class's own title."""
    courses = Firsts()
    for line, cells, broken in as_rows(parts):
        if broken is None:
            course = _course_of(cells)
            key, is_new = courses.add(course)
            if is_new:
                yield line, (key, *course[1:]), None


def _courses_of_the_others(parts: Iterable[Part]) -> Iterator[Row]:
    """Where there is a courses.csv: of the classes that name none of it."""
    for line, cells, broken in as_rows(parts):
        if broken is None and not cells[4]:
            yield line, _course_of(cells), None


def _classes_without_courses(parts: Iterable[Part]) -> Iterator[Row]:
    courses = Firsts()
    for line, cells, broken in as_rows(parts):
        if broken is not None:
            yield reshaped_broken(line, broken, _class)
        else:
            yield line, _class(cells, courses.add(_course_of(cells))[0]), None


def _class(cells: Cells, course_key: str = "") -> Cells:
    key, title, org, sessions, _, code = cells
    course = course_key or _course_of(cells)[0]
    return key, "", title, "", course, code, "", "", org, sessions, "", ""


def _seat(cells: Cells) -> Cells:
    section, user, role = cells
    return " ".join(cells), "", section, "", user, role, "", "", ""


_seat_rows = reshaped(_seat)


def _as_seats(parts: Iterable[Part]) -> Iterator[Part]:
    for part in parts:
        if isinstance(part, Block):
            sections, users, roles = part.columns
            blank = [""] * len(part)
            keys = list(map(" ".join, zip(*part.columns, strict=True)))
            yield Block(
                part.first, (keys, blank, sections, blank, users, roles, blank, blank, blank)
            )
        else:
            yield from _seat_rows([part])


_COURSES_FILE = (
    Feed(COURSES, dialect.COURSES, reshaped(_course)),
    Feed(CLASSES, dialect.COURSES, _courses_of_the_others, is_main=False),
    Feed(CLASSES, dialect.SECTIONS, reshaped(_class)),
)
_NO_COURSES_FILE = (
    Feed(CLASSES, dialect.COURSES, _courses_of_classes, is_main=False),
    Feed(CLASSES, dialect.SECTIONS, _classes_without_courses),
)


def _dialect(name: str, classes: Sequence[Feed]) -> Dialect:
    return Dialect(
        name,
        (
            Feed(ORGS, dialect.SCHOOLS, reshaped(_org)),
            Feed(SESSIONS, dialect.TERMS, _as_terms),
            *classes,
            Feed(USERS, dialect.PEOPLE, reshaped(_person), login="username"),
            Feed(ENROLLMENTS, dialect.MEMBERSHIPS, _as_seats),
        ),
        optional=frozenset((COURSES.file,)),
        called={"schoolSourcedId": "orgSourcedId", "termSourcedIds": "sessionSourcedIds"},
        roles=ROLES,
    )


SDS_V2 = _dialect("School Data Sync V2", _NO_COURSES_FILE)
SDS_V2_COURSES = _dialect("School Data Sync V2", _COURSES_FILE)
SDS_V21 = _dialect("School Data Sync V2.1", _NO_COURSES_FILE)
SDS_V21_COURSES = _dialect("School Data Sync V2.1", _COURSES_FILE)


def _is_it(headers: Mapping[str, Sequence[str]]) -> bool:
    """Whether two files have its columns and not OneRoster's: one alone may be a slip."""
    users = headers.get("users.csv", ("enableduser",))
    classes = headers.get("classes.csv", ())
    enrollments = headers.get("enrollments.csv", ("sourcedid",))
    signs = (
        "username" in users and "enableduser" not in users,
        "orgsourcedid" in classes and "schoolsourcedid" not in classes,
        "classsourcedid" in enrollments and "sourcedid" not in enrollments,
    )
    return sum(signs) > 1


def _is_v2(_names: Collection[str], headers: Mapping[str, Sequence[str]]) -> bool:
    """Whether its users have their role and their schools themselves, as V2.1's have not."""
    users = headers.get("users.csv", ())
    return _is_it(headers) and ("role" in users or "orgsourcedids" in users)


def _is_v2_with_courses(names: Collection[str], headers: Mapping[str, Sequence[str]]) -> bool:
    return COURSES.file in names and _is_v2(names, headers)


def _is_v21(_names: Collection[str], headers: Mapping[str, Sequence[str]]) -> bool:
    return _is_it(headers)


def _is_v21_with_courses(names: Collection[str], headers: Mapping[str, Sequence[str]]) -> bool:
    return COURSES.file in names and _is_it(headers)


VARIANTS = (
    (_is_v2_with_courses, SDS_V2_COURSES),
    (_is_v2, SDS_V2),
    (_is_v21_with_courses, SDS_V21_COURSES),
    (_is_v21, SDS_V21),
)
