"""Who of the SIS is which Google account: by e-mail, all spellings, never guessed."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from policy.merge.records import Remembered, User
from policy.roster.model import Person, Roster


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """A Google account as the Directory tells it; `emails` case-folded, the primary one first."""

    user: User
    emails: tuple[str, ...]
    suspended: bool


@dataclass(frozen=True, slots=True)
class Matches:
    """`users` by Person.key; `reasons` by Person.key for those who have no usable account now.
    `unsure` are the accounts that such a person may be: the one that they were last known by, and
    the one that has their e-mail but can't be used. Their seats are left as they are. `vanished`
    are accounts of people whose keys the roster has no more: they left, or have a new key."""

    users: Mapping[str, User]
    reasons: Mapping[str, str]
    unsure: Mapping[str, frozenset[str]]
    vanished: frozenset[str]
    accounts: Mapping[str, User]  # by user id, for naming those who are in Classroom
    by_email: Mapping[str, AccountFacts]
    learned: Mapping[str, Remembered]  # what is to be remembered that was not, or not so


def match_people(
    roster: Roster,
    accounts: Iterable[AccountFacts],
    *,
    domains: tuple[str, ...],
    remembered: Mapping[str, Remembered],
) -> Matches:
    """Match every person of the roster. `remembered`, by Person.key, is from earlier runs."""
    book = _Book(accounts, domains, remembered)
    reasons = {key: f"their row is faulty: {f}" for key, f in roster.doubtful_people.items()}
    users: dict[str, User] = {}
    for person in roster.people.values():
        found = book.match(person)
        if isinstance(found, str):
            reasons.setdefault(person.key, found)
        elif person.key not in reasons:
            users[person.key] = found
    for key, words in _shared_accounts(users, roster.people).items():
        del users[key]
        reasons[key] = words
    now = {key: Remembered(u.id, _email(roster.people[key])) for key, u in users.items()}
    return Matches(
        users=users,
        reasons=reasons,
        unsure={key: book.may_be(key, roster.people.get(key)) for key in reasons},
        vanished=book.vanished(roster),
        accounts={account.user.id: account.user for account in book.by_id.values()},
        by_email=book.by_email,
        learned={key: new for key, new in now.items() if remembered.get(key) != new},
    )


class _Book:
    """The Directory's accounts, to look people up in."""

    def __init__(
        self,
        accounts: Iterable[AccountFacts],
        domains: tuple[str, ...],
        remembered: Mapping[str, Remembered],
    ) -> None:
        self.by_id = {account.user.id: account for account in accounts}
        self.by_email = {
            email: account for account in self.by_id.values() for email in account.emails
        }
        self._domains = domains
        self._remembered = remembered

    def match(self, person: Person) -> User | str:
        """The account, or why there is none that is certain."""
        email = _email(person)
        if not email:
            return "the SIS has no e-mail for them"
        if "@" not in email:
            return "what the SIS has as their e-mail has no @ in it"
        account = self.by_email.get(email)
        if account is None:
            if not self._is_inside(email):
                return f"their e-mail is outside the district's domains ({self._inside})"
            return "no Google account has their e-mail, as its address or as an alias"
        if not self._is_inside(account.user.email.casefold()):
            return f"their account is outside the district's domains ({self._inside})"
        if account.suspended:
            return "their Google account is suspended or archived"
        return self._address_moved(person, account) or account.user

    def _address_moved(self, person: Person, account: AccountFacts) -> str | None:
        """An address that was given to somebody else's account, while the SIS changed nothing."""
        before = self._remembered.get(person.key)
        if before is None or before.user_id == account.user.id or before.email != _email(person):
            return None
        former = self.by_id.get(before.user_id)
        if former is None or former.suspended:
            return None
        return (
            "their e-mail now leads to another Google account than before, and the SIS has not "
            "changed it. If that is right, suspend or delete the former account"
        )

    def may_be(self, key: str, person: Person | None) -> frozenset[str]:
        """The accounts that an unmatched person may be."""
        account = self.by_email.get(_email(person)) if person else None
        before = self._remembered.get(key)
        ids = [account.user.id if account else None, before.user_id if before else None]
        return frozenset(user_id for user_id in ids if user_id is not None)

    def vanished(self, roster: Roster) -> frozenset[str]:
        known = {*roster.people, *roster.doubtful_people}
        here = {old.user_id for key, old in self._remembered.items() if key in known}
        return frozenset({old.user_id for old in self._remembered.values()} - here)

    def _is_inside(self, email: str) -> bool:
        return email.rpartition("@")[2] in self._domains

    @property
    def _inside(self) -> str:
        return ", ".join(self._domains)


def _email(person: Person) -> str:
    return person.email.strip().casefold()


def _shared_accounts(users: Mapping[str, User], people: Mapping[str, Person]) -> Mapping[str, str]:
    """Who shares an account with somebody of another name, and the words for it. One person who
    is listed twice (a teacher of two schools) has one name, and that is fine."""
    groups: dict[str, list[Person]] = defaultdict(list)
    for key, user in users.items():
        groups[user.id].append(people[key])
    shared: dict[str, str] = {}
    for group in groups.values():
        if len({" ".join(person.name.casefold().split()) for person in group}) > 1:
            for person in group:
                others = ", ".join(str(p.place) for p in group if p.key != person.key)
                shared[person.key] = (
                    f"their e-mail leads to the same account as that of somebody with another "
                    f"name ({others})"
                )
    return shared
