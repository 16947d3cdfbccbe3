"""OneRoster 1.1 as CSV files: its tables of columns, and how its other versions can be told.

Only the columns under `wanted` are ever kept. The files not named here are never opened."""

from collections.abc import Iterator, Mapping, Sequence

from policy.roster import dialect
from policy.roster.codes import Code, problem
from policy.roster.dialect import Dialect, Feed
from policy.roster.header import Table

MANIFEST = Table(
    "manifest.csv", ("propertyName", "value"), frozenset(("propertyName", "value")), frozenset()
)
ORGS = Table(
    "orgs.csv",
    dialect.SHAPES[dialect.SCHOOLS],
    frozenset(("sourcedId", "name", "type")),
    frozenset(("dateLastModified", "identifier", "parentSourcedId")),
)
SESSIONS = Table(
    "academicSessions.csv",
    dialect.SHAPES[dialect.TERMS],
    frozenset(("sourcedId", "title", "type", "startDate", "endDate")),
    frozenset(("dateLastModified", "parentSourcedId")),
)
COURSES = Table(
    "courses.csv",
    dialect.SHAPES[dialect.COURSES],
    frozenset(("sourcedId", "title")),
    frozenset(
        ("dateLastModified", "schoolYearSourcedId", "grades", "orgSourcedId", "subjectCodes")
    ),
)
CLASSES = Table(
    "classes.csv",
    dialect.SHAPES[dialect.SECTIONS],
    frozenset(("sourcedId", "title", "courseSourcedId", "schoolSourcedId", "termSourcedIds")),
    frozenset(("dateLastModified", "subjectCodes")),
)
USERS = Table(
    "users.csv",
    dialect.SHAPES[dialect.PEOPLE],
    frozenset(("sourcedId", "enabledUser", "role", "givenName", "familyName", "email")),
    frozenset(
        (
            *("dateLastModified", "orgSourcedIds", "username", "userIds", "middleName"),
            *("identifier", "sms", "phone", "agentSourcedIds", "grades", "password"),
        )
    ),
)
ENROLLMENTS = Table(
    "enrollments.csv",
    dialect.SHAPES[dialect.MEMBERSHIPS],
    frozenset(("sourcedId", "classSourcedId", "userSourcedId", "role")),
    frozenset(("dateLastModified",)),
)
TABLES = (ORGS, SESSIONS, COURSES, CLASSES, USERS, ENROLLMENTS)

# Columns of 1.0, and what 1.1 made of them.
_FORMER_NAMES = {
    "classes.csv": {"grade": "grades", "subject": "subjects"},
    "courses.csv": {"grade": "grades", "schoolYearId": "schoolYearSourcedId"},
    "users.csv": {"userId": "userIds", "agents": "agentSourcedIds", "grade": "grades"},
}
_SIGNS = 2  # one former name may be a slip
_VERSIONS = ("1.2", "1.1", "1.0")
_ASK = "Ask the SIS for a full (bulk) OneRoster 1.1 export"


def other_version(headers: Mapping[str, Sequence[str]]) -> tuple[str, str] | None:
    """The file that gives OneRoster 1.0 away, and words about it."""
    signs = {
        file: [
            old
            for old, new in former.items()
            if old in headers.get(file, ()) and new not in headers[file]
        ]
        for file, former in _FORMER_NAMES.items()
    }
    if sum(map(len, signs.values())) < _SIGNS:
        return None
    columns = ", ".join(f"{file}: {', '.join(old)}" for file, old in signs.items() if old)
    words = f"this looks like OneRoster 1.0, by its columns ({columns}), which is not supported yet"
    return next(file for file, old in signs.items() if old), f"{words}. {_ASK}"


ONEROSTER_11 = Dialect(
    "OneRoster 1.1",
    tuple(Feed(table, kind) for table, kind in zip(TABLES, dialect.KINDS, strict=True)),
    other=other_version,
)


def manifest_problems(properties: Mapping[str, tuple[int, str]]) -> Iterator[str]:
    """What a manifest (property -> line, value) says that can't be read: other versions, deltas.
    manifest.version is passed over: exporters write all sorts of things there."""
    line, version = properties.get("oneroster.version", (0, ""))
    if version and version not in _VERSIONS:
        words = f"oneroster.version is {version!r}, which is not supported yet. {_ASK}"
        yield problem(f"{MANIFEST.file}:{line}", words, Code.NOT_SUPPORTED_YET)
    deltas = _files_that_are("delta", properties)
    if deltas:
        words = (
            f"{', '.join(deltas)}: 'delta', that is, only what has changed, which is not supported "
            f"yet. {_ASK}"
        )
        place = f"{MANIFEST.file}:{min(deltas.values())}"
        yield problem(place, words, Code.DELTA)


def absent_files(properties: Mapping[str, tuple[int, str]]) -> dict[str, int]:
    """The files that a manifest calls absent, with its line about each. If one is there all the
    same, that counts (so says the standard)."""
    return _files_that_are("absent", properties)


def _files_that_are(mode: str, properties: Mapping[str, tuple[int, str]]) -> dict[str, int]:
    found = {
        table.file: properties.get(f"file.{table.file.removesuffix('.csv')}", (0, ""))
        for table in TABLES
    }
    return {file: line for file, (line, said) in found.items() if said.casefold() == mode}
