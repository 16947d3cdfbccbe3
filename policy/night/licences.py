"""Who gets a seat and lacks the licence that the district says is needed. They get their seats all
the same: the district is told while there is time to hand licences out.

That takes a call for a hundred licences, one a second, so it is done before the first load is done
only: on a quiet night it would be most of all calls.
"""

from collections.abc import Iterator, Mapping, Sequence

from policy.errors import GoogleOutOfReach, GoogleRefused
from policy.google.base import Edition, LicenseHeld, Licensing
from policy.merge.plan import Notice
from policy.merge.records import Desired
from policy.merge.wish import Sources
from policy.rules.model import License

SHOWN = 5
_ENOUGH: Mapping[License, tuple[Edition, ...]] = {  # what is asked for, and what includes it
    License.EDUCATION_PLUS: (Edition.PLUS,),
    License.EDUCATION_STANDARD: (Edition.STANDARD, Edition.PLUS),
}


def check_licences(
    licensing: Licensing, sources: Sources, desired: Sequence[Desired]
) -> tuple[Notice, ...]:
    """Who of the wanted courses lacks the licence: a notice for teachers, one for students, one for
    licences of a kind that is not known here; or one that nobody can be checked. Nothing is asked
    where the policy needs no licence, or nobody gets a seat."""
    if sources.policy.license is License.NONE or not desired:
        return ()
    try:
        check = _Check(sources, list(licensing.licenses()))
    except (GoogleRefused, GoogleOutOfReach) as error:
        words = f"nobody can be asked who has a licence of {_needed(sources)}: {error}"
        return (Notice("", words, "M332"),)
    teachers, students = _seated(desired)
    return (
        *check.lacking(teachers, "teacher"),
        *check.lacking(students, "student"),
        *check.unknown({**students, **teachers}),
    )


_Seats = Mapping[str, Desired]  # user id -> the first course in which they get a seat


def _seated(desired: Sequence[Desired]) -> tuple[_Seats, _Seats]:
    """Who gets a teacher's seat somewhere, and who only students' seats."""
    teachers: dict[str, Desired] = {}
    students: dict[str, Desired] = {}
    for want in desired:
        for user_id in (want.owner.id, *want.teachers):
            teachers.setdefault(user_id, want)
        for user_id in want.students:
            students.setdefault(user_id, want)
    return teachers, {
        user_id: want for user_id, want in students.items() if user_id not in teachers
    }


class _Check:
    """Holds people against the licences that Google tells of."""

    def __init__(self, sources: Sources, held: Sequence[LicenseHeld]) -> None:
        enough = _ENOUGH[sources.policy.license]
        self._sources = sources
        self._good = {one.email for one in held if one.edition in enough}
        self._unknown = {one.email: one.name for one in held if one.edition is Edition.UNKNOWN}

    def lacking(self, seats: _Seats, role: str) -> Iterator[Notice]:
        """Who of these lacks it for certain."""
        found = [u for u in self._without(seats) if self._email(u) not in self._unknown]
        if found:
            has, roles = (
                "has" if len(found) == 1 else "have",
                role if len(seats) == 1 else role + "s",
            )
            words = (
                f"{len(found):,} of {len(seats):,} {roles} {has} no licence of "
                f"{_needed(self._sources)}; they get their seats all the same: "
                f"{self._places(found, seats)}"
            )
            yield Notice("", words, "M330")

    def unknown(self, seats: _Seats) -> Iterator[Notice]:
        """Who of these has a licence of which it can't be told whether it is enough."""
        found = [u for u in self._without(seats) if self._email(u) in self._unknown]
        if found:
            kinds = ", ".join(sorted({self._unknown[self._email(user_id)] for user_id in found}))
            people = "1 person has" if len(found) == 1 else f"{len(found):,} people have"
            words = (
                f"{people} a licence that this version of Rollbook doesn't know: {kinds}. It may "
                f"stand for {_needed(self._sources)}, or not: {self._places(found, seats)}"
            )
            yield Notice("", words, "M331")

    def _without(self, seats: _Seats) -> list[str]:
        """Accounts of the Directory only: of another nobody knows the address."""
        known = self._sources.matches.accounts
        return [u for u in seats if u in known and self._email(u) not in self._good]

    def _email(self, user_id: str) -> str:
        return self._sources.matches.accounts[user_id].email.casefold()

    def _places(self, found: Sequence[str], seats: _Seats) -> str:
        places = [_place(user_id, seats[user_id], self._sources) for user_id in found[:SHOWN]]
        more = f" and {len(found) - SHOWN:,} more" if len(found) > SHOWN else ""
        return ", ".join(places) + more


def _place(user_id: str, want: Desired, sources: Sources) -> str:
    """The row of somebody, or the policy's line that names them."""
    wanted = want.teachers.get(user_id) or want.students.get(user_id)
    if wanted is None:  # the account that owns the classes
        school = sources.roster.schools.get(want.school_key)
        name = school.name if school else ""
        return sources.policy.line_of("classes.owner", want.school_key, name)
    person = sources.roster.people.get(wanted.person_key)
    return str(person.place) if person else wanted.row


def _needed(sources: Sources) -> str:
    """What is needed, and which line says so."""
    edition = _ENOUGH[sources.policy.license][0].value
    return f"{edition} (people.license, {sources.policy.line_of('people.license')})"
