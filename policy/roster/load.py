"""From a folder or zip to a Roster: which dialect it is, which files are there, then its rows.

Two passes: over the headers, so that what is wrong with a drop is said all at once; over the rows.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from policy.errors import RosterAtFault
from policy.roster.asked import Asked, Given
from policy.roster.blocks import Block
from policy.roster.catalogue import Catalogue
from policy.roster.codes import Code, problem
from policy.roster.csv_rows import CsvFile, Row, separated_together
from policy.roster.dialect import (
    COURSES,
    KINDS,
    MEMBERSHIPS,
    PEOPLE,
    SCHOOLS,
    SECTIONS,
    TERMS,
    Dialect,
    Feed,
    Known,
    Part,
    as_rows,
)
from policy.roster.dialects import FILES, recognised
from policy.roster.folder import Drop, open_drop
from policy.roster.header import Header, Table, judge_header
from policy.roster.memberships import Seats
from policy.roster.model import Fault, FaultLevel, Place, Roster, Source
from policy.roster.oneroster_csv import (
    MANIFEST,
    absent_files,
    manifest_problems,
)
from policy.roster.people import People
from policy.roster.rows import At, Ledger, Tally

_NAMES_SHOWN = 10
_ORDER = (SCHOOLS, TERMS, PEOPLE, COURSES, SECTIONS, MEMBERSHIPS)  # what hangs on others comes last
FEW_ROWS = 10  # below, half a file is not yet a sign that the file as a whole is wrong


class Reading(NamedTuple):
    """A drop that was read: what it says, what became of its rows, by file, and which it is."""

    roster: Roster
    tallies: Mapping[str, Tally]
    dialect: Dialect


def load_roster(path: Path) -> Roster:
    """Read a drop of any dialect (policy.roster.dialects). Faulty rows are in the Roster's faults;
    RosterAtFault says, all at once, why a drop can't be used at all."""
    return read_drop(path).roster


def read_roster(path: Path) -> tuple[Roster, Mapping[str, Tally]]:
    """The same, and what became of the rows, by file."""
    return read_drop(path)[:2]


def read_drop(path: Path) -> Reading:
    """The same, and which dialect it is."""
    return _read([Given(path, "")])


def join_rosters(given: Sequence[Given]) -> Roster:
    """Several drops as one Roster. What one says first stays; a later one adds what is missing, as
    far as it is asked for it. Where they differ is in the faults (R231). Raises RosterAtFault when
    any of them can't be used."""
    alone = len(given) == 1
    return _read([replace(one, name="") for one in given] if alone else given).roster


def _read(given: Sequence[Given]) -> Reading:
    books = _Books()
    drops = " + ".join(str(one.path) for one in given)
    try:
        with ExitStack() as stack:
            loadings = [
                _Loading(stack.enter_context(open_drop(one.path)), one, books, is_later=number > 0)
                for number, one in enumerate(given)
            ]
            for loading in loadings:
                loading.look()
            for kind in _ORDER:
                for loading in loadings:
                    loading.read_rows(kind)
            if books.problems:
                raise RosterAtFault(separated_together(books.problems))
            return Reading(books.roster(loadings), books.ledger.tallies, loadings[0].dialect)
    except RosterAtFault as fault:
        raise RosterAtFault(fault.problems, drop=drops) from fault


@dataclass(slots=True)
class _Books:
    """What all drops of a Roster are read into."""

    ledger: Ledger = field(default_factory=Ledger)
    problems: list[str] = field(default_factory=list)
    catalogue: Catalogue = field(init=False)
    people: People = field(init=False)
    seats: Seats = field(init=False)

    def __post_init__(self) -> None:
        self.catalogue = Catalogue(self.ledger)
        self.people = People(self.ledger)
        self.seats = Seats(self.ledger, self.catalogue.sections, self.people)

    def roster(self, loadings: Sequence["_Loading"]) -> Roster:
        """Everything together; only people whom a membership names are kept."""
        self.seats.finish()
        self.catalogue.note_odd_schools()
        faults, shelves = self.ledger.faults, self.catalogue
        files = [file for loading in loadings for file in loading.told_files()]

        def rank(fault: Fault) -> tuple[int, int]:
            file = fault.place.file
            return files.index(file) if file in files else -1, fault.place.line

        return Roster(
            source=_source(loadings),
            schools=shelves.schools.there,
            terms=shelves.terms.there,
            courses=shelves.courses.there,
            people=self.people.there.only(self.seats.seating.named()),
            sections=shelves.sections.there,
            memberships=self.seats.seating.packed(),
            faults=tuple(sorted(faults, key=rank)),
            doubtful_people=self.seats.doubtful_people(),
            doubtful_sections={
                key: tuple(faults[index] for index in indices)
                for key, indices in self.seats.doubts.items()
            },
            doubtful_anywhere=tuple(faults[index] for index in self.seats.anywhere),
        )


def _source(loadings: Sequence["_Loading"]) -> Source:
    """Of several, the counts are sums, and those of each stand beside them by its name."""
    if len(loadings) == 1:
        drop = loadings[0].drop
        return Source(Path(drop.name).name, drop.digest, loadings[0].counts())
    counts: Counter[str] = Counter()
    for loading in loadings:
        for kind, count in loading.counts().items():
            counts[kind] += count
            if count:
                counts[f"{loading.given.name} {kind}"] = count
    digests = "".join(f"{one.given.name} {one.drop.digest}\n" for one in loadings)
    return Source(
        " + ".join(loading.given.name for loading in loadings),
        sha256(digests.encode()).hexdigest(),
        dict(counts),
    )


@dataclass(slots=True)
class _Loading:
    """One drop on its way into the books. The methods are called in this order."""

    drop: Drop
    given: Given
    books: _Books
    is_later: bool
    dialect: Dialect = field(init=False)
    feeds: tuple[Feed, ...] = ()  # what it is asked for
    files: dict[str, str] = field(default_factory=dict)  # the table's file -> its name in the drop
    absent: dict[str, int] = field(default_factory=dict)  # file -> the manifest's line about it
    headers: dict[str, Header] = field(default_factory=dict)

    @property
    def ledger(self) -> Ledger:
        return self.books.ledger

    @property
    def problems(self) -> list[str]:
        return self.books.problems

    def look(self) -> None:
        """All but the rows."""
        self.recognise()
        self.find_files()
        self.read_manifest()
        self.judge_headers()

    def recognise(self) -> None:
        """Which dialect it is, by the headers that can be read."""
        headers: dict[str, tuple[str, ...]] = {}
        for name in self.drop.names:
            if name.casefold() in FILES:
                with suppress(RosterAtFault), self.drop.open(name) as stream:
                    headers[name] = CsvFile(stream, name).header
        self.dialect = recognised(self.drop.names, headers)
        self.feeds = tuple(_asked_feeds(self.dialect, self.given.asked))
        self.ledger.names = self.dialect.called

    def find_files(self) -> None:
        """By their exact names, else without regard to case."""
        loose = {name.casefold(): name for name in self.drop.names}
        for file in (MANIFEST.file, *self._files()):
            if file in self.drop.names:
                self.files[file] = file
            elif file.casefold() in loose:
                self.files[file] = loose[file.casefold()]
                words = f"is called {self.files[file]!r} in the drop; expected just {file}"
                self.ledger.note(Code.FILE_SPELLING, Place(self._told(file), 1), words)

    def read_manifest(self) -> None:
        """It may be absent; what it says about versions and deltas counts."""
        if MANIFEST.file not in self.files:
            return
        with self._gathered(), self._open(MANIFEST.file) as manifest:
            header = self._judged(manifest.header, MANIFEST)
            self.problems.extend(header.problems)
            if not header.problems:
                rows = list(manifest.rows(header.columns))
                self.problems.extend(str(broken.fault) for _, _, broken in rows if broken)
                said = {cells[0]: (line, cells[1]) for line, cells, broken in rows if not broken}
                self.problems.extend(manifest_problems(said))
                self.absent = absent_files(said)

    def judge_headers(self) -> None:
        """Which files are missing or have another header; which other set this may be."""
        found: dict[str, tuple[str, ...]] = {}
        for table in self._tables():
            if table.file in self.files:
                with self._gathered(), self._open(table.file) as opened:
                    found[table.file] = opened.header
        version = self.dialect.other(found)
        if version is not None:
            self.problems.append(problem(*version, Code.NOT_SUPPORTED_YET))
        for table in self._tables():
            if table.file in found:
                self._take_header(table, self._judged(found[table.file], table), version)
        self._miss_files()

    def _take_header(self, table: Table, header: Header, version: tuple[str, str] | None) -> None:
        """In a set of another version, the columns that it lacks are no news."""
        if header.problems and version is None:
            self.problems.extend(header.problems)
        if not header.problems:
            self.headers[table.file] = header
            self.ledger.faults.extend(header.notes)

    def _miss_files(self) -> None:
        needed = self._needed()
        missing = [file for file in needed if file not in self.files]
        if len(missing) == len(needed):
            words = f"has none of a roster's files ({', '.join(needed)}); {self._found_instead()}"
            self.problems.append(problem(self.drop.name, words, Code.FILE_MISSING))
        else:
            for file in missing:
                line = self.absent.get(file)
                why = f", and manifest.csv:{line} says that it was left out" if line else ""
                because = next(t.because(file) for t in self._tables() if t.file == file)
                whose = self.ledger.called("a roster")
                words = f"is missing{why}; {whose} needs it{because}. Have the SIS export it too"
                self.problems.append(problem(self._told(file), words, Code.FILE_MISSING))

    def _found_instead(self) -> str:
        """The folder inside that has all of them, else the files that are there."""
        for folder, names in self.drop.folders().items():
            if {f.casefold() for f in self._needed()} <= {name.casefold() for name in names}:
                is_zip = Path(self.drop.name).is_file()
                what = "put them at the top of the zip" if is_zip else "give that folder"
                return f"its folder {folder}/ has them; {what}"
        return f"found: {', '.join(self.drop.names[:_NAMES_SHOWN]) or 'nothing'}"

    def read_rows(self, kind: str) -> None:
        """All that it says of a kind of things. From the first problem on, rows are only looked at,
        not judged: what hangs on a missing file would all be faulty."""
        self.ledger.names = self.dialect.called
        for feed in self.feeds:
            if feed.kind == kind and feed.table.file in self.headers:
                with self._gathered():
                    self._read_feed(feed)

    def _read_feed(self, feed: Feed) -> None:
        file = self._told(feed.table.file)
        with self._open(feed.table.file) as opened:
            columns = self.headers[feed.table.file].columns
            if not self.problems:
                self._fill(feed, opened.parts(columns))
            elif feed.is_main:
                self._look_at(opened.rows(columns), file)
        if not feed.is_main:
            return
        if opened.count == 0 and feed.table.file not in self.dialect.optional:
            words = "has a header and no rows, as if its export had failed; export it again"
            raise RosterAtFault([problem(file, words, Code.FILE_EMPTY)])
        self._refuse_cut_off(file, opened.open_end)
        self._refuse_mostly_faulty(file)

    def _fill(self, feed: Feed, read: Iterable[Part]) -> None:
        books = self.books
        sections, people = books.catalogue.sections.there, books.people.shelf
        at = self._at(feed)
        known = Known(people.there, people.faulty, sections, at.file, feed.is_main)
        parts = _told_of(at.file, feed.parts(read, known))
        if feed.kind == MEMBERSHIPS:
            books.seats.roles = self.dialect.roles
            books.seats.fill(parts, at, self.given.asked)
        elif feed.kind == PEOPLE:
            books.people.fill(as_rows(parts), at, self.given.asked, login=feed.login)
        else:
            books.catalogue.fillers()[feed.kind](as_rows(parts), at)

    def _look_at(self, rows: Iterable[Row], file: str) -> None:
        tally = self.ledger.tally(file)
        for _, _, broken in rows:
            tally.rows += 1
            if broken is not None:
                self.ledger.leave_out(broken.fault)

    def _refuse_cut_off(self, file: str, open_end: int | None) -> None:
        """A last line without an end and with a fault was cut, and who knows how much with it. A
        row with too many fields was not."""
        place = Place(file, open_end or 0)
        for fault in self.ledger.faults:
            if fault.place == place and fault.level is FaultLevel.LEFT_OUT and _may_be_cut(fault):
                words = (
                    f"ends in the middle of line {fault.place.line}, as if cut off: the line has "
                    f"no end, and {fault.message}. Export or fetch it again"
                )
                raise RosterAtFault([problem(file, words, Code.CUT_OFF)])

    def _refuse_mostly_faulty(self, file: str) -> None:
        """All rows, or of a file that is not tiny more than half; those too that are whole but
        hang on a faulty row of another file."""
        tally = self.ledger.tally(file)
        whole, half = tally.left_out == tally.rows, tally.left_out * 2 > tally.rows
        if tally.rows and (whole or (half and tally.rows >= FEW_ROWS)):
            faults = self.ledger.faults
            first = next(
                f for f in faults if f.place.file == file and f.level is FaultLevel.LEFT_OUT
            )
            some = f"{tally.left_out:,} of its {tally.rows:,} rows can't be used"
            many = "not one of its rows can be used" if whole else some
            words = f"{many}; the first: {first.place}, {first.message}"
            raise RosterAtFault([problem(file, words, Code.MOSTLY_FAULTY)])

    def counts(self) -> dict[str, int]:
        """Data rows by kind, faulty ones too."""
        counts = dict.fromkeys(KINDS, 0)
        for feed in self.feeds:
            tally = self.ledger.tally(self._at(feed).tally)
            counts[feed.kind] += tally.rows - (tally.repeated if feed.may_repeat else 0)
        return counts

    def told_files(self) -> list[str]:
        """Its files as they are called in faults, in the order in which they are read."""
        return [self._told(file) for file in self._files()]

    def _told(self, file: str) -> str:
        return f"{self._drop}{file}"

    @property
    def _drop(self) -> str:
        return f"{self.given.name}/" if self.given.name else ""

    def _at(self, feed: Feed) -> At:
        file = self._told(feed.table.file)
        tally = file if feed.is_main else f"{file}, {feed.kind}"
        return At(file, tally, self._drop, self.is_later, feed.may_repeat)

    def _files(self) -> list[str]:
        return [table.file for table in self._tables()]

    def _tables(self) -> Sequence[Table]:
        return Dialect(self.dialect.name, self.feeds).tables

    def _needed(self) -> list[str]:
        """Who is in a seat may have been told of by an earlier drop."""
        asked = self.given.asked
        spared = not asked.is_everything and asked.people
        people = {f.table.file for f in self.feeds if f.kind == PEOPLE} if spared else set()
        return [f for f in self._files() if f not in self.dialect.optional | people]

    def _judged(self, header: Sequence[str], table: Table) -> Header:
        told = replace(table, file=self._told(table.file))
        return judge_header(header, told, self.dialect.name)

    @contextmanager
    def _open(self, file: str) -> Iterator[CsvFile]:
        with self.drop.open(self.files[file]) as stream:
            yield CsvFile(stream, self._told(file))

    @contextmanager
    def _gathered(self) -> Iterator[None]:
        """A fault of a whole file is one problem more; the next file is read all the same."""
        try:
            yield
        except RosterAtFault as fault:
            self.problems.extend(fault.problems)


def _told_of(file: str, parts: Iterable[Part]) -> Iterator[Part]:
    """What a translator finds at fault, by the file's name where several drops are read."""
    for part in parts:
        if not isinstance(part, Block):
            line, cells, broken = part
            if broken is not None and broken.fault.place.file != file:
                fault = replace(broken.fault, place=replace(broken.fault.place, file=file))
                part = line, cells, replace(broken, fault=fault)
        yield part


def _may_be_cut(fault: Fault) -> bool:
    """Whether a row's fault is one that a cut through its last line can leave."""
    return fault.code not in (Code.TOO_MANY.value, Code.KEY_TWICE.value)


def _asked_feeds(dialect: Dialect, asked: Asked) -> Iterator[Feed]:
    """Those of the kinds that are asked for; of a file whose main one is not, the first is it."""
    feeds = [feed for feed in dialect.feeds if feed.kind in asked.kinds]
    led = {feed.table.file for feed in feeds if feed.is_main}
    for feed in feeds:
        yield feed if feed.table.file in led else replace(feed, is_main=True)
        led.add(feed.table.file)
