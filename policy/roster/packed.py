"""People and memberships in columns instead of objects: millions of them fit, and each is made when
it is asked for. To their readers they are the Mappings of `model.Roster`.
"""

import sys
from array import array
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, MutableMapping, Sequence
from datetime import date
from itertools import accumulate, count

from policy.roster.model import Membership, Person, Place, Role

# What many memberships have in common: all but the person and the line.
Kind = tuple[Role, bool, date | None, date | None, str]


class PackedPeople(MutableMapping[str, Person]):
    """People by key. They are numbered in the order in which they came; nobody is taken out."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}
        self._given: list[str] = []
        self._family: list[str] = []
        self._emails: list[str] = []
        self._lines = array("I")
        self._files: dict[str, int] = {}
        self._file = array("B")  # of each, by number

    def __getitem__(self, key: str) -> Person:
        number = self.numbers[key]
        return Person(
            key,
            self._given[number],
            self._family[number],
            self._emails[number],
            Place(list(self._files)[self._file[number]], self._lines[number]),
        )

    def __setitem__(self, key: str, person: Person) -> None:
        if key in self.numbers:
            raise KeyError(f"{key} is there already")
        self.numbers[key] = len(self._given)
        self._given.append(sys.intern(person.given_name))
        self._family.append(sys.intern(person.family_name))
        self._emails.append(person.email)
        self._lines.append(person.place.line)
        self._file.append(self._files.setdefault(person.place.file, len(self._files)))

    def __delitem__(self, key: str) -> None:
        raise TypeError("people are not taken out")

    def __contains__(self, key: object) -> bool:
        return key in self.numbers

    def __iter__(self) -> Iterator[str]:
        return iter(self.numbers)

    def __len__(self) -> int:
        return len(self.numbers)

    def give_email(self, key: str, email: str) -> None:
        """To somebody who has none."""
        self._emails[self.numbers[key]] = email

    def only(self, numbers: set[int]) -> "PackedPeople":
        """Those with these numbers, who keep them."""
        if len(numbers.intersection(self.numbers.values())) == len(self):
            return self
        some = PackedPeople()
        some.numbers = {key: n for key, n in self.numbers.items() if n in numbers}
        some._given, some._family = self._given, self._family
        some._emails, some._lines = self._emails, self._lines
        some._files, some._file = self._files, self._file
        return some


def _numbers() -> "array[int]":
    return array("I")


class Seating:
    """Memberships as they come, in the file's order; `packed` groups them by section, once."""

    def __init__(self, people: PackedPeople) -> None:
        self._people = people
        self._others: dict[str, int] = {}  # numbers of persons without a usable row
        self._rows: defaultdict[str, array[int]] = defaultdict(_numbers)  # by section
        self._kinds: dict[Kind, int] = {}
        self._persons, self._kind, self._lines = _numbers(), _numbers(), _numbers()

    def __len__(self) -> int:
        return len(self._lines)

    def has_any(self, section: str, *, since: int) -> bool:
        """Whether one of the rows from this number on is the section's."""
        rows = self._rows.get(section)
        return rows is not None and rows[-1] >= since

    def kind(self, kind: Kind) -> int:
        """The number of a kind of membership."""
        return self._kinds.setdefault(kind, len(self._kinds))

    def add(self, section: str, person: str, kind: int, line: int) -> None:
        number = self._people.numbers.get(person)
        if number is None:
            number = self._others.setdefault(person, len(self._people) + len(self._others))
        self.add_many([section], [number], [kind], [line])

    def add_many(
        self,
        sections: Iterable[str],
        persons: Iterable[int],
        kinds: Iterable[int],
        lines: Iterable[int],
    ) -> None:
        """Side by side; all persons are in the people."""
        rows = map(self._rows.__getitem__, sections)
        deque(map(array.append, rows, count(len(self._lines))), maxlen=0)
        self._persons.extend(persons)
        self._kind.extend(kinds)
        self._lines.extend(lines)

    def place_of(self, row: int) -> Place:
        file = list(self._kinds)[self._kind[row]][-1]
        return Place(file, self._lines[row])

    def named(self) -> set[int]:
        """The numbers of all who are in a section."""
        return set(self._persons)

    def number(self, person: str) -> int | None:
        """Whichever somebody has, or None if nobody has heard of them."""
        return self._people.numbers.get(person, self._others.get(person))

    def packed(self) -> "PackedMemberships":
        """All of them by section; it takes them over."""
        order = _numbers()
        for rows in self._rows.values():
            order.extend(rows)
        ends = list(accumulate(map(len, self._rows.values())))
        sections = dict(zip(self._rows, zip([0, *ends], ends, strict=False), strict=True))
        self._rows.clear()
        for column in (self._persons, self._kind, self._lines):
            column[:] = array("I", map(column.__getitem__, order))
        return PackedMemberships(
            sections,
            persons=self._persons,
            names=[*self._people.numbers, *self._others],
            kinds=self._kind,
            kind_list=list(self._kinds),
            lines=self._lines,
        )


class PackedMemberships(Mapping[str, tuple[Membership, ...]]):
    """Memberships by section. Columns run side by side; a section is a span of them."""

    def __init__(
        self,
        spans: Mapping[str, tuple[int, int]],
        *,
        persons: "array[int]",
        names: Sequence[str],
        kinds: "array[int]",
        kind_list: Sequence[Kind],
        lines: "array[int]",
    ) -> None:
        self._spans = spans
        self._persons = persons
        self._names = names
        self._kinds = kinds
        self._kind_list = kind_list
        self._lines = lines

    def __getitem__(self, section: str) -> tuple[Membership, ...]:
        start, end = self._spans[section]
        persons = map(self._names.__getitem__, self._persons[start:end])
        kinds = map(self._kind_list.__getitem__, self._kinds[start:end])
        rows = zip(persons, kinds, self._lines[start:end], strict=True)
        make = tuple.__new__  # as Membership does, without its checks
        return tuple([make(Membership, (person, *kind, line)) for person, kind, line in rows])

    def __contains__(self, section: object) -> bool:
        return section in self._spans

    def __iter__(self) -> Iterator[str]:
        return iter(self._spans)

    def __len__(self) -> int:
        return len(self._spans)
