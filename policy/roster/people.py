"""People out of OneRoster's users: name and e-mail, and nothing else of what stands there."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from policy.roster.asked import EVERYTHING, Asked
from policy.roster.blocks import Cells
from policy.roster.codes import Code, counted
from policy.roster.csv_rows import Row
from policy.roster.model import Person, Place, Role
from policy.roster.packed import PackedPeople
from policy.roster.rows import At, Ledger, Met, RowGone, RowUnfit, Shelf, one_line, yes_or_no

STAFF = frozenset(("administrator", "aide", "proctor", "teacher"))
FAMILY = frozenset(("guardian", "parent", "relative"))
ROLES = ("", "student", *sorted(STAFF | FAMILY))
UNKNOWN = 0  # a role that says nothing
NOBODY = len(ROLES)  # who has no row, or a faulty one
_NUMBERS = {role: number for number, role in enumerate(ROLES) if role}


@dataclass(slots=True)
class People:
    """Everybody in the file, until it is known whom a membership names. `roles` is what the file
    calls them; what somebody is in a section is said by their memberships alone."""

    ledger: Ledger
    there: PackedPeople = field(default_factory=PackedPeople)
    shelf: Shelf[Person] = field(init=False)
    roles: bytearray = field(default_factory=bytearray)  # by number: places in ROLES
    disabled: set[str] = field(default_factory=set)
    _disabled: Met = field(default_factory=Met)
    _blank: Met = field(default_factory=Met)
    _unknown_roles: Met = field(default_factory=Met)
    _bare: Met = field(default_factory=Met)  # user names, by their column
    _login: str = ""
    _given: dict[str, Place] = field(default_factory=dict)  # rows of later drops; an e-mail each

    def __post_init__(self) -> None:
        self.shelf = Shelf(self.there)

    def fill(
        self, rows: Iterable[Row], at: At, asked: Asked = EVERYTHING, *, login: str = ""
    ) -> None:
        """All rows of a file. Of a later drop, it may be asked for people, for e-mails of those
        who have none, or for both. `login` is the column of user names that stand in for e-mails,
        if there is one."""
        self._login = login
        if not asked.people:
            rows = self._of_known(rows, at)
        # An e-mail in the column of e-mails shows that no name in front of it was cut in two; and
        # nothing is read from behind it.
        self.shelf.fill(
            rows,
            self._person,
            self.ledger,
            at,
            in_place=lambda cells: bool(cells[0]) and "@" in cells[-1],
            meet=lambda first, one: self._meet(first, one, gives=asked.emails),
        )

    def _of_known(self, rows: Iterable[Row], at: At) -> Iterator[Row]:
        """Rows of people who are there, and those at fault."""
        tally, known = self.ledger.tally(at.tally), False
        for line, cells, broken in rows:
            if broken is not None or cells[0] in self.there:
                known = True
                yield line, cells, broken
            else:
                tally.rows += 1
                tally.unneeded += 1
        if not known:
            words = f"none of its {counted(tally.rows, 'row')} is of anybody whom a source before"
            self.ledger.note(Code.SOURCES_DIFFER, Place(at.file, 1), f"{words} it gives")

    def _meet(self, first: Person, one: Person, *, gives: bool) -> None:
        """Somebody of whom an earlier drop has spoken: only an e-mail can be new, if the drop is
        asked for them. Of two that it gives, none is known to be right."""
        before = self._given.get(one.key)
        differs = one.email and first.email and one.email.casefold() != first.email.casefold()
        if differs and before and before.file == one.place.file:
            words = f"has another e-mail for {one.key!r} than line {before.line}"
            raise RowUnfit(Code.KEY_TWICE, words)
        if gives and one.email and not first.email:
            self.there.give_email(one.key, one.email)
            self._given[one.key] = one.place
        elif differs:
            words = f"has another e-mail for {one.key!r} than {first.place}, whose word counts"
            self.ledger.note(Code.SOURCES_DIFFER, one.place, words)

    def knows(self, key: str) -> bool:
        """Whether some row of the file is theirs."""
        return key in self.shelf.there or key in self.shelf.gone or key in self.shelf.faulty

    def note_oddities(self, disabled_seats: int) -> None:
        """Tell once each what many rows may have in common."""
        enabled = self.ledger.called("enabledUser")
        for _, place, times in self._disabled:
            words = (
                f"{enabled} is false for {counted(times, 'user')}: they count as gone, and so "
                f"{counted(disabled_seats, 'enrollment')} of theirs"
            )
            self.ledger.note(Code.DISABLED, place, words)
        for _, place, times in self._blank:
            words = f"{enabled} is empty for {counted(times, 'user')}; read as true"
            self.ledger.note(Code.ENABLED_BLANK, place, words)
        for what, place, times in self._bare:
            words = (
                f"{what.partition(' ')[2]} is without an @ for {counted(times, 'user')}: that is "
                "no e-mail, and they are read without one. Name theirs in people.identities, or "
                "have e-mails exported"
            )
            self.ledger.note(Code.USER_NAME, place, words)
        for role, place, times in self._unknown_roles:
            words = (
                f"{counted(times, 'user')} of role {role!r}, which is not one of OneRoster's; "
                "their enrollments say what they are"
            )
            self.ledger.note(Code.ROLE, place, words)

    def role_of(self, key: str) -> str:
        """What the file calls somebody who is there; empty for a role that is not OneRoster's."""
        return ROLES[self.roles[self.there.numbers[key]]]

    def sure_roles(self) -> bytes:
        """The roles by number, and NOBODY for those whose row is faulty and for the number after
        the last."""
        roles = self.roles + bytes((NOBODY,))
        for key in self.shelf.faulty:
            roles[self.there.numbers.get(key, -1)] = NOBODY
        return bytes(roles)

    def _person(self, place: Place, cells: Cells) -> Person:
        key, _, enabled, role, given, family, email = cells
        if not enabled:
            self._blank.add("", place)
        elif not yes_or_no(self.ledger.called("enabledUser"), enabled):
            if key not in self.there:
                self.disabled.add(key)
                self._disabled.add("", place)
            raise RowGone
        plain = role.casefold()
        number = _NUMBERS.get(plain, UNKNOWN)
        if number == UNKNOWN and role:
            self._unknown_roles.add(role, place)
        if key not in self.there:
            self.roles.append(number)  # side by side with the people
        if self._login and email and "@" not in email:
            if key not in self.there:
                self._bare.add(f"{place.file} {self._login}", place)
            email = ""
        return Person(key, one_line(given), one_line(family), email, place)


def is_surprise(seat: Role, role: str) -> bool:
    """Whether a seat is one, after what the file of people calls them."""
    if seat is Role.TEACHER:
        return role == "student" or role in FAMILY
    return role in STAFF or role in FAMILY
