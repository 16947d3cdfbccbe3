"""What a dialect of rosters is: its files, and how their rows become those of the six kinds.

Every dialect's rows are brought into one shape, OneRoster 1.1's, and judged in it; what is wrong
with one is told in the dialect's own words, by the file and line in which it stands.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from policy.roster.blocks import Block
from policy.roster.csv_rows import Row
from policy.roster.header import Table
from policy.roster.model import Person, Section

SCHOOLS = "schools"
TERMS = "terms"
COURSES = "courses"
SECTIONS = "sections"
PEOPLE = "people"
MEMBERSHIPS = "memberships"

# The cells of a row of each kind, in this order. The first is its key, the second its status.
SHAPES: Mapping[str, tuple[str, ...]] = {
    SCHOOLS: ("sourcedId", "status", "name", "type"),
    TERMS: ("sourcedId", "status", "title", "type", "startDate", "endDate", "schoolYear"),
    COURSES: ("sourcedId", "status", "title", "courseCode", "subjects"),
    SECTIONS: (
        *("sourcedId", "status", "title", "grades", "courseSourcedId", "classCode", "classType"),
        *("location", "schoolSourcedId", "termSourcedIds", "subjects", "periods"),
    ),
    PEOPLE: ("sourcedId", "status", "enabledUser", "role", "givenName", "familyName", "email"),
    MEMBERSHIPS: (
        *("sourcedId", "status", "classSourcedId", "schoolSourcedId", "userSourcedId", "role"),
        *("primary", "beginDate", "endDate"),
    ),
}
KINDS = tuple(SHAPES)

Part = Block | Row


@dataclass(frozen=True, slots=True)
class Known:
    """What the feeds before have brought, and what is being read."""

    people: Mapping[str, Person]
    faulty_people: Collection[str]  # keys of those who have a faulty row
    sections: Mapping[str, Section]
    file: str  # as it is named to people
    is_main: bool  # whether nobody else tells of the rows that are at fault


@dataclass(frozen=True, slots=True)
class Feed:
    """What one file says of one kind of thing. `translate` brings its rows into the kind's shape,
    lines kept; None: they have it. A file may feed several kinds: only its main feed hands on
    the rows that are at fault, so that each is told once."""

    table: Table
    kind: str  # of KINDS
    translate: Callable[[Iterable[Part]], Iterable[Part]] | None = None
    is_main: bool = True
    # As `translate`, where a row can't be told without what is known already.
    translate_by: Callable[[Iterable[Part], Known], Iterable[Part]] | None = None
    may_repeat: bool = False  # a thing may have several rows, if they say the same of it
    # The column of user names that stand in for e-mails, of people: without an @ one is none.
    login: str = ""

    def parts(self, parts: Iterable[Part], known: Known) -> Iterable[Part]:
        """The file's rows in the shape of the kind."""
        if self.translate_by is not None:
            return self.translate_by(parts, known)
        return parts if self.translate is None else self.translate(parts)


@dataclass(frozen=True, slots=True)
class Dialect:
    """A set of files that is a roster. Feeds are read in their order: of each kind before those
    that hang on it."""

    name: str
    feeds: tuple[Feed, ...]
    optional: frozenset[str] = frozenset()  # files that may be absent, or without rows
    # What else a set with these headers may be, which can't be read: a file, and words about it.
    other: Callable[[Mapping[str, Sequence[str]]], tuple[str, str] | None] = lambda _headers: None
    # What a column of SHAPES, or a file of OneRoster's, is called here; itself where not named.
    called: Mapping[str, str] = field(default_factory=dict)
    # OneRoster's word for each role of a membership that isn't OneRoster's, in lower case.
    roles: Mapping[str, str] = field(default_factory=dict)

    @property
    def tables(self) -> tuple[Table, ...]:
        """Its files, each once, in the order in which they are first read."""
        return tuple({feed.table.file: feed.table for feed in self.feeds}.values())


def as_rows(parts: Iterable[Part]) -> Iterator[Row]:
    """Row by row."""
    for part in parts:
        if isinstance(part, Block):
            yield from part.rows()
        else:
            yield part
