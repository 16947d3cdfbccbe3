"""Who is what in which section, out of OneRoster's enrollments; and which seats are in doubt."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import repeat

from policy.roster.asked import EVERYTHING, Asked
from policy.roster.blocks import Block, Cells
from policy.roster.codes import Code, counted
from policy.roster.csv_rows import Broken, Row
from policy.roster.model import Fault, Place, Role, Section
from policy.roster.packed import Seating
from policy.roster.people import FAMILY, NOBODY, ROLES, STAFF, People, is_surprise
from policy.roster.repeats import Repeats
from policy.roster.rows import (
    At,
    Ledger,
    Met,
    RowGone,
    RowUnfit,
    Shelf,
    a_day_or_none,
    refuse_gone,
    yes_or_no,
)

SEATS = {"teacher": Role.TEACHER, "student": Role.STUDENT}
NOT_SEATS = STAFF | FAMILY
COMBINED = 1 << 16  # combinations of cells that are remembered
DAMAGE = ('"', "\ufffd")  # no SIS makes keys with these: a key that has one can't be read

_Combined = tuple[str, str, str, str, str, int]  # status, role, primary, begin, end, role in users


@dataclass(slots=True)
class Seats:
    """What the enrollments say, row by row. A row that can't be used leaves a doubt behind: about
    the section that it names, or about any, when that can't be read."""

    ledger: Ledger
    sections: Shelf[Section]
    people: People
    roles: Mapping[str, str] = field(default_factory=dict)  # Dialect.roles
    seating: Seating = field(init=False)
    at: At = field(init=False)  # what is being read
    asked: Asked = EVERYTHING  # of it
    doubts: dict[str, list[int]] = field(default_factory=dict)  # by section; faults' numbers
    anywhere: list[int] = field(default_factory=list)
    unplaced: list[int] = field(default_factory=list)  # rows of sections that are not there
    _lost_with_section: Counter[str] = field(default_factory=Counter)
    _of_faulty_people: Counter[str] = field(default_factory=Counter)
    _of_disabled: int = 0
    _not_seats: Met = field(default_factory=Met)
    _surprises: Met = field(default_factory=Met)
    _ids: Repeats = field(default_factory=Repeats)
    _sure_roles: bytes = b""
    _known: dict[_Combined, int | None] = field(default_factory=dict)
    _alike: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.seating = Seating(self.people.there)

    def fill(self, parts: Iterable[Block | Row], at: At, asked: Asked = EVERYTHING) -> None:
        """All rows of a file, after the sections and the people are there."""
        self.at, self.asked = at, asked
        self._known.clear()  # a kind of membership has its file
        self._sure_roles = self.people.sure_roles()
        seated, unplaced = len(self.seating), len(self.unplaced)
        for part in parts:
            if isinstance(part, Block):
                self._take_block(part)
            else:
                self._take_row(*part)
        if len(self.unplaced) > unplaced:
            self._doubt_empty_sections(self.unplaced[unplaced], seated)

    def _take_block(self, block: Block) -> None:
        """Rows that are seats of known people in known sections, many at once; the others one by
        one, in their order."""
        _, statuses, section_keys, _, users, roles, primaries, begins, ends = block.columns
        sections = list(map(self.sections.there.get, section_keys))
        numbers = self.people.there.numbers
        persons = list(map(numbers.get, users, repeat(len(numbers))))
        said = map(self._sure_roles.__getitem__, persons)
        kinds = self._kinds(list(zip(statuses, roles, primaries, begins, ends, said, strict=True)))
        odd: list[int] = []
        if None in kinds or not all(sections):
            rows = enumerate(zip(sections, kinds, strict=True))
            odd = [n for n, (section, kind) in rows if section is None or kind is None]
        start = 0
        for stop in (*odd, len(block)):
            keys = [section.key for section in sections[start:stop] if section is not None]
            known = [kind for kind in kinds[start:stop] if kind is not None]
            self.seating.add_many(
                keys, persons[start:stop], known, range(block.first + start, block.first + stop)
            )
            self._count(map(str.strip, block.columns[0][start:stop]), len(keys))
            if stop < len(block):
                self._take_row(*block.row(stop), None)
            start = stop + 1

    def _kinds(self, combined: Sequence[_Combined]) -> list[int | None]:
        """The number of each kind of membership; None for what has to be looked at by itself."""
        known = self._known
        if len(known) > COMBINED:
            known.clear()
        try:
            return list(map(known.__getitem__, combined))
        except KeyError:
            for cells in set(combined).difference(known):
                *texts, said = cells
                known[cells] = self._kind_without_a_word(*map(str.strip, texts), said=said)
            return list(map(known.__getitem__, combined))

    def _kind_without_a_word(
        self, status: str, role: str, primary: str, begins: str, ends: str, *, said: int
    ) -> int | None:
        """The kind of a membership of somebody of whom the file of people says a role, if there
        is nothing to say about it."""
        seat = SEATS.get(role) or SEATS.get(self.roles.get(role.casefold(), ""))
        if seat is None or said == NOBODY or is_surprise(seat, ROLES[said]):
            return None
        if seat not in self.asked.seats:
            return None
        try:
            refuse_gone(status)
            return self._kind(seat, primary, begins, ends)
        except (RowGone, RowUnfit):
            return None

    def _count(self, ids: Iterable[str], rows: int) -> None:
        """Rows that have become memberships."""
        self._add_ids(ids)
        tally = self.ledger.tally(self.at.tally)
        tally.rows += rows
        tally.kept += rows

    def _add_ids(self, ids: Iterable[str]) -> None:
        """An id of one drop may be another's too."""
        drop = self.at.drop
        self._ids.add_many((f"{drop}{key}" for key in ids) if drop else ids)

    def _take_row(self, line: int, cells: Cells, broken: Broken | None) -> None:
        tally = self.ledger.tally(self.at.tally)
        tally.rows += 1
        try:
            if broken is not None and len(broken.readings) == 1 and self._is_unasked(cells[5]):
                tally.unneeded += 1
            elif broken is not None:
                self._take_broken(broken)
            else:
                self._take(line, cells)
        except RowGone:
            tally.gone += 1
        except RowUnfit as unfit:
            fault = Fault(unfit.code.value, Place(self.at.file, line), str(unfit))
            self._doubt(cells[2], self.ledger.leave_out(fault, self.at.tally))

    def _take(self, line: int, cells: Cells) -> None:
        """One whole row: is its section there, is it a seat, is its person there, since when?"""
        key, status, section_key, _, user, role, primary, begins, ends = cells
        refuse_gone(status)
        if self._is_unasked(role):
            self.ledger.tally(self.at.tally).unneeded += 1
            return
        section = self.sections.there.get(section_key)
        if section is None:
            self._take_without_section(section_key)
            return
        seat = SEATS.get(role) or self._other_role(role, line)
        if seat is None:
            return
        person = self._person(user, seat, line)
        kind = self._kind(seat, primary, begins, ends)
        self.seating.add(section.key, person, kind, line)
        self._add_ids([key])
        self.ledger.tally(self.at.tally).kept += 1

    def _is_unasked(self, role: str) -> bool:
        """Whether a role has a seat, in whichever spelling, that the drop is not asked for."""
        plain = role.casefold()
        seat = SEATS.get(self.roles.get(plain, plain))
        return seat is not None and seat not in self.asked.seats

    def _kind(self, seat: Role, primary: str, begins: str, ends: str) -> int:
        called = self.ledger.called
        begin = a_day_or_none(called("beginDate"), begins)
        end = a_day_or_none(called("endDate"), ends)
        if begin and end and end < begin:
            words = f"{called('endDate')} {end} is before {called('beginDate')} {begin}"
            raise RowUnfit(Code.DATES_ORDER, words)
        is_primary = yes_or_no(called("primary"), primary) and self.asked.primaries
        return self.seating.kind((seat, is_primary, begin, end, self.at.file))

    def _take_without_section(self, key: str) -> None:
        """A row of a section that is not there: it goes with its section's row, if there is one."""
        if key in self.sections.faulty:
            self._lost_with_section[key] += 1
            self.ledger.tally(self.at.tally).with_others += 1
        elif key in self.sections.gone:
            raise RowGone
        else:
            words = f"{self.ledger.called('classSourcedId')} names {self.sections.lacks(key)}"
            raise RowUnfit(Code.ENROLLMENT_CLASS, words)

    def _other_role(self, role: str, line: int) -> Role | None:
        """A role in another spelling, or none that has a seat."""
        plain = role.casefold()
        means = self.roles.get(plain, plain)
        if means in NOT_SEATS and means not in SEATS:
            self._not_seats.add(plain, Place(self.at.file, line))
            self.ledger.tally(self.at.tally).unneeded += 1
            return None
        if means not in SEATS:
            words = f"{self.ledger.called('role')} is {role!r}; expected student or teacher"
            raise RowUnfit(Code.ROLE, words)
        return SEATS[means]

    def _person(self, key: str, role: Role, line: int) -> str:
        """The key of the person, if they are there or may be there."""
        if key in self.people.shelf.faulty:
            self._of_faulty_people[key] += 1
            return key
        if key in self.people.there:
            if is_surprise(role, self.people.role_of(key)):
                self._surprises.add(f"{key} {role.value}", Place(self.at.file, line))
            return key
        if key in self.people.shelf.gone:
            self._of_disabled += key in self.people.disabled
            raise RowGone
        words = f"{self.ledger.called('userSourcedId')} names {self.people.shelf.lacks(key)}"
        raise RowUnfit(Code.ENROLLMENT_PERSON, words)

    def _take_broken(self, broken: Broken) -> None:
        index = self.ledger.leave_out(broken.fault, self.at.tally)
        key = self._section_of(broken)
        if key is None:
            self.anywhere.append(index)
        else:
            self._doubt(key, index)

    def _section_of(self, broken: Broken) -> str | None:
        """The section that a broken row names, if it is certain. Of a row with a wrong number of
        fields a reading is believed where its section and its person, or its section and the
        section's school, are known: by chance that can't be."""
        if len(broken.readings) == 1:
            return broken.readings[0][2] or None
        for _, _, key, school, user, *_ in broken.readings:
            section = self.sections.there.get(key)
            if section is not None and (section.school.key == school or self.people.knows(user)):
                return key
            if (key in self.sections.faulty or key in self.sections.gone) and (
                self.people.knows(user)
            ):
                return key
        return None

    def _doubt(self, key: str, index: int) -> None:
        """Doubt the section with this key, or those that a spreadsheet may have made it from."""
        if not key or any(sign in key for sign in DAMAGE):
            self.anywhere.append(index)
        elif key in self.sections.there:
            self.doubts.setdefault(key, []).append(index)
        elif key not in self.sections.faulty and key not in self.sections.gone:
            self.unplaced.append(index)
            for alike in self._sections_alike(key):
                self.doubts.setdefault(alike, []).append(index)

    def _sections_alike(self, key: str) -> Iterable[str]:
        if not self._alike:
            for known in self.sections.there:
                self._alike.setdefault(_without_zeros(known), []).append(known)
        return self._alike.get(_without_zeros(key), ())

    def finish(self) -> None:
        """Tell what could only be counted; call it once, after the last row."""
        for key, index in self.sections.faulty.items():
            if self._lost_with_section[key]:
                rows = counted(self._lost_with_section[key], "enrollment")
                self.ledger.add_words(index, f"and {rows} with it")
            if key in self.sections.there:
                self.doubts.setdefault(key, []).append(index)
        for key, index in self.people.shelf.faulty.items():
            if self._of_faulty_people[key]:
                rows = counted(self._of_faulty_people[key], "enrollment")
                self.ledger.add_words(index, f"their {rows} can't be followed until it is right")
        self.people.note_oddities(self._of_disabled)
        self._note_oddities()

    def _doubt_empty_sections(self, index: int, seated: int) -> None:
        """A section without any enrollment in a file (in rows from `seated` on), while some name
        sections that are not there: a spreadsheet may have changed its key in one file (2E7 to
        2.00E+07) and not in the other."""
        for key in self.sections.there:
            if not self.seating.has_any(key, since=seated):
                self.doubts.setdefault(key, []).append(index)

    def _note_oddities(self) -> None:
        for role, place, times in self._not_seats:
            words = f"{counted(times, 'enrollment')} of role {role}: not a seat in a class"
            self.ledger.note(Code.NOT_A_SEAT, place, words)
        for what, place, times in self._surprises:
            key, role = what.rsplit(" ", 1)
            file = self.people.there[key].place.file
            words = (
                f"{key!r} is {self.people.role_of(key)} in {file} and {role} in "
                f"{counted(times, 'enrollment')}; the enrollment counts"
            )
            self.ledger.note(Code.ROLES_DIFFER, place, words)
        repeats = list(map(self.seating.place_of, self._ids.numbers()))
        if repeats:
            words = (
                f"{counted(len(repeats), 'enrollment')} with {self.ledger.called('an id')} that "
                f"stands further up already; expected {self.ledger.called('each id')} once. All "
                "are used"
            )
            self.ledger.note(Code.SAID_TWICE, repeats[0], words)

    def doubtful_people(self) -> Mapping[str, Fault]:
        """Only those whom a membership names: a broken row's key may be anything."""
        named = self.seating.named() if self.people.shelf.faulty else set()
        return {
            key: self.ledger.faults[index]
            for key, index in self.people.shelf.faulty.items()
            if self.seating.number(key) in named
        }


def _without_zeros(key: str) -> str:
    """What a spreadsheet may leave of a key, and what case may hide."""
    return key.casefold().lstrip("0")
