"""What a district wants tonight, read from the SIS and the policy by code that shares nothing with
the engine. Where it is not plain what is wanted it says less: `sure` and `may` differ.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from histories.district import District
from histories.picture import Seat
from histories.sis import TERMS, Row, Sis, email_of
from histories.together import Memory, in_scope, one_classes
from policy.simulator.app import Simulator


@dataclass(frozen=True)
class Want:
    """The course of one section, or of several that are one class. `sure` are seats that are wanted
    beyond doubt, `may` all that might be; `owner` is None where it takes thought."""

    alias: str
    keys: tuple[str, ...]  # of its sections
    owns: frozenset[str]  # the aliases that they would have one by one
    in_scope: bool
    is_over: bool  # by after_term
    texts: dict[str, str]
    owner: str | None
    sure: frozenset[Seat]
    may: frozenset[Seat]
    listed: frozenset[Seat]  # by the e-mails that the SIS has tonight
    is_doubtful: bool  # a faulty row may be about any seat of it, or a section of several is empty
    unsure: frozenset[str]  # accounts of people whose own row is faulty
    sure_of: Mapping[str, frozenset[Seat]]  # `sure`, by the own alias of the section


def wants(
    sis: Sis, district: District, sim: Simulator, memory: Memory, today: date
) -> dict[str, Want]:
    """By alias, of every section that is in tonight's roster."""
    plain = _plain_people(sis, sim)
    looker = _Looker(sis, district, sim, plain, today)
    alone = [
        looker.want((row,), row.own, is_wanted=False)
        for row in sis.rows.values()
        if row.listed and not in_scope(row, district, today)
    ]
    classes = one_classes(sis, district, memory, today)
    wanted = [looker.want(one.rows, one.alias, is_wanted=True) for one in classes]
    return {want.alias: want for want in (*alone, *wanted)}


@dataclass(frozen=True)
class _Looker:
    """Looks at sections on one night. `plain` are accounts of people, see `_plain_people`."""

    sis: Sis
    district: District
    sim: Simulator
    plain: Mapping[str, str]
    today: date

    def want(self, rows: tuple[Row, ...], alias: str, *, is_wanted: bool) -> Want:
        sis, sim, district, first = self.sis, self.sim, self.district, rows[0]
        after = district.archive_after
        end = max(TERMS[row.term].end for row in rows)
        members = [(key, seat) for row in rows for key, seat in sis.members(row)]
        may = {
            (_role(seat), user)
            for key, seat in members
            for user in _accounts(sim, sis.people[key].email, email_of(key))
        }
        listed = {
            (_role(seat), user)
            for key, seat in members
            for user in _accounts(sim, sis.people[key].email)
        }
        named = _accounts(sim, district.extra)
        may |= {("teacher", user) for user in named}
        who, keep = district.exception
        if keep == "in":
            may |= {("student", user) for user in _accounts(sim, who)}
        sure_of = {row.own: self._sure(row, may) if is_wanted else frozenset() for row in rows}
        primaries = {self.plain.get(key) for key, seat in members if seat == "p"}
        is_faulty = any(sis.rows[slot] in rows for slot in sis.faulty_sections)
        lacks_students = len(rows) > 1 and any(
            all(seat != "s" for _, seat in sis.members(row)) for row in rows
        )
        return Want(
            alias=alias,
            keys=tuple(row.key for row in rows),
            owns=frozenset(row.own for row in rows),
            in_scope=is_wanted,
            is_over=after is not None and end + timedelta(days=after) <= self.today,
            texts={
                "name": first.title,
                "section": _listed(row.period for row in rows),
                "room": _listed(row.room for row in rows),
            },
            owner=primaries.pop() if len(primaries) == 1 and not district.owner else None,
            sure=frozenset().union(*sure_of.values()),
            may=frozenset(may),
            listed=frozenset(listed),
            is_doubtful=sis.faulty_anywhere or is_faulty or lacks_students,
            unsure=frozenset(
                user
                for key, _ in members
                if key in sis.faulty_people
                for user in _accounts(sim, email_of(key))
                if sis.people[key].email == email_of(key)
            ),
            sure_of=sure_of,
        )

    def _sure(self, row: Row, may: Collection[Seat]) -> frozenset[Seat]:
        """Of one section. Who may be in its class as a teacher is no student for certain, and who
        is a student by another row of the class is no teacher for certain."""
        out = _accounts(self.sim, self.district.exception[0])
        seats = {
            (_role(seat), self.plain[key])
            for key, seat in self.sis.members(row)
            if key in self.plain
        }
        students = {
            (role, user)
            for role, user in seats
            if role == "student" and ("teacher", user) not in may and user not in out
        }
        if self.district.at_most < 20:
            return frozenset(students)
        return frozenset(students | {s for s in seats if s[0] == "teacher"})


def _listed(some: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(each for each in some if each))


def _role(seat: str) -> str:
    return "student" if seat == "s" else "teacher"


def _accounts(sim: Simulator, *emails: str) -> set[str]:
    people = [sim.state.person(email) for email in emails if email]
    return {person.id for person in people if person}


def _plain_people(sis: Sis, sim: Simulator) -> dict[str, str]:
    """Of people about whom there is nothing to think: their account."""
    shared = Counter(p.email for p in sis.people.values() if p.listed)
    plain = {}
    for key, listed in sis.people.items():
        person = sim.state.person(listed.email) if listed.email else None
        is_own = listed.email == email_of(key) and shared[listed.email] == 1
        if is_own and person and person.active and key not in sis.faulty_people:
            plain[key] = person.id
    return plain
