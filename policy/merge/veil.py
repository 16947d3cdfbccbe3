"""How people are shown where a text is for many eyes: under pseudonyms, unless names are asked for.
Pure.

A pseudonym is a digest of the person, keyed by the drop's own digest: the same in every text that
is made from one drop, and of no use to who does not have the drop. (A plain digest of an e-mail
could be found by trying e-mails.)
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import blake2b

from policy.roster.model import Person, Role, Roster

LETTERS = 6  # of a digest: two of a million people seldom meet in one list
_EMAIL = re.compile(r"[^\s@,;:()<>\[\]{}\"'“”]+@[^\s@,;:()<>\[\]{}\"'“”]+")


@dataclass(frozen=True, slots=True)
class Veil:
    """What stands for people of a roster. With `is_lifted` they are shown as they are."""

    roster: Roster
    is_lifted: bool = False

    def person(self, role: Role, key: str, email: str) -> str:
        """Somebody in a class; `key` is the SIS's, empty if the policy names them."""
        person = self.roster.people.get(key)
        if not self.is_lifted:
            return self._pseudonym(role.value, person, email or key)
        name = person.name if person else ""
        return f"{name} ({email})" if name and email else name or email or key

    def named(self, text: str) -> str:
        """Somebody as a rule of the policy names them: an e-mail, or a pattern."""
        return text if self.is_lifted else self._pseudonym("person", None, text)

    def text(self, text: str, section: str) -> str:
        """A text of a section, without the names of its people: its teachers' family names, its
        students' whole names, and every e-mail."""
        if self.is_lifted:
            return text
        folded = text.casefold()
        for person, role in self._members(section):
            for name in _names(person, role):
                if name.casefold() in folded:
                    shown = self._pseudonym(role.value, person, "")
                    text = _word(name).sub(_always(shown), text)
        return _EMAIL.sub(lambda found: self._pseudonym("person", None, found[0]), text)

    def _members(self, section: str) -> Iterator[tuple[Person, Role]]:
        for member in self.roster.memberships.get(section, ()):
            person = self.roster.people.get(member.person)
            if person is not None:
                yield person, member.role

    def _pseudonym(self, word: str, person: Person | None, other: str) -> str:
        who = (person.email or person.key) if person else other
        digest = blake2b(
            who.strip().casefold().encode("utf-8", "surrogatepass"),
            key=self.roster.source.digest.encode()[:64],
            digest_size=LETTERS // 2,
        )
        return f"{word} {digest.hexdigest()}"


def _names(person: Person, role: Role) -> Iterator[str]:
    """How somebody may be named in a class's text, the longest first."""
    given, family = (" ".join(n.split()) for n in (person.given_name, person.family_name))
    if given and family:
        yield f"{given} {family}"
        yield f"{family}, {given}"
    if family and role is Role.TEACHER:
        yield family


def _word(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(name)}(?!\w)", re.IGNORECASE)


def _always(shown: str) -> Callable[[re.Match[str]], str]:
    return lambda _found: shown
