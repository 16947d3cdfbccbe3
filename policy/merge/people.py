"""Who of the SIS is which Google account: by e-mail, all spellings, never guessed."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from policy.merge.records import Remembered, User
from policy.roster.model import Person, Roster
from policy.rules.model import Identity, Policy

NAMED = " @"  # begins the key of somebody whom the policy names; an SIS key begins with no blank


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
    are accounts of people whose keys the roster has no more: they left, or have a new key. `lost`
    are accounts of people whom the policy names, by e-mail, that were found before and are not
    now."""

    users: Mapping[str, User]
    reasons: Mapping[str, str]
    unsure: Mapping[str, frozenset[str]]
    vanished: frozenset[str]
    accounts: Mapping[str, User]  # by user id, for naming those who are in Classroom
    by_email: Mapping[str, AccountFacts]
    learned: Mapping[str, Remembered]  # what is to be remembered that was not, or not so
    lost: Mapping[str, str] = field(default_factory=dict)  # e-mail -> user id


def match_by(
    policy: Policy,
    roster: Roster,
    accounts: Iterable[AccountFacts],
    remembered: Mapping[str, Remembered],
) -> Matches:
    """Match every person of the roster, with all that a policy says of people."""
    return match_people(
        roster,
        accounts,
        domains=policy.district.domains,
        remembered=remembered,
        named=policy.named(),
        identities=policy.identities,
    )


def match_people(
    roster: Roster,
    accounts: Iterable[AccountFacts],
    *,
    domains: tuple[str, ...],
    remembered: Mapping[str, Remembered],
    named: Iterable[str] = (),
    identities: Mapping[str, Identity] | None = None,
) -> Matches:
    """Match every person of the roster. `remembered`, by Person.key, is from earlier runs; `named`
    are e-mails (case-folded) of people whom the policy names, who are remembered beside;
    `identities`, by Person.key, are e-mails that hold in place of the SIS's."""
    identities = identities or {}
    book = _Book(accounts, domains, remembered)
    reasons = {key: f"their row is faulty: {f}" for key, f in roster.doubtful_people.items()}
    users: dict[str, User] = {}
    learned: dict[str, Remembered] = {}
    for person in roster.people.values():
        email = email_of(person.key, roster, identities)
        found = book.match(person, email)
        if isinstance(found, str):
            identity = identities.get(person.key)
            by_whom = f" (people.identities, {identity.line})" if identity else ""
            reasons.setdefault(person.key, f"{found}{by_whom}")
        elif person.key not in reasons:
            users[person.key] = found
            before = remembered.get(person.key)
            if before is None or before.user_id != found.id or before.email != email:
                learned[person.key] = Remembered(found.id, email)
    for key, words in _shared_accounts(users, roster.people).items():
        del users[key]
        learned.pop(key, None)
        reasons[key] = words
    lost: dict[str, str] = {}
    for email in named:
        account = book.by_email.user(email)
        before = remembered.get(named_key(email))
        if account is not None and (before is None or before.user_id != account.id):
            learned[named_key(email)] = Remembered(account.id, email)
        elif account is None and before is not None:
            lost[email] = before.user_id
    return Matches(
        users=users,
        reasons=reasons,
        unsure={key: book.may_be(key, email_of(key, roster, identities)) for key in reasons},
        vanished=book.vanished(roster),
        accounts=book.by_id,
        by_email=book.by_email,
        learned=learned,
        lost=lost,
    )


def email_of(key: str, roster: Roster, identities: Mapping[str, Identity]) -> str:
    """The e-mail (case-folded) by which somebody is looked for: the policy's, else the SIS's; "" if
    neither has one."""
    if key in identities:
        return identities[key].email
    person = roster.people.get(key)
    return person.email.strip().casefold() if person else ""


def named_key(email: str) -> str:
    """Under which somebody whom the policy names by e-mail is remembered: no person's key."""
    return NAMED + email


def is_person(key: str) -> bool:
    """Is what is remembered under a key somebody of the SIS?"""
    return not key.startswith(NAMED)


class Accounts(Mapping[str, AccountFacts]):
    """Accounts by e-mail, each spelling. One of a million is a User and little else; its facts are
    put together when they are asked for."""

    def __init__(self) -> None:
        self._users: dict[str, User] = {}
        self._spellings: dict[str, tuple[str, ...]] = {}  # by id, where there are several
        self._suspended: set[str] = set()  # ids

    def __getitem__(self, email: str) -> AccountFacts:
        return self._facts(self._users[email])

    def __iter__(self) -> Iterator[str]:
        return iter(self._users)

    def __len__(self) -> int:
        return len(self._users)

    def user(self, email: str) -> User | None:
        """Whose e-mail this is."""
        return self._users.get(email)

    def is_suspended(self, user: User) -> bool:
        return user.id in self._suspended

    def put(self, account: AccountFacts) -> None:
        """One more. Where two have an e-mail, the later one has it."""
        user = account.user
        for email in account.emails:
            self._users[email] = user
        if account.emails != (user.email,):
            self._spellings[user.id] = account.emails
        if account.suspended:
            self._suspended.add(user.id)

    def drop(self, user: User) -> None:
        """An account of which something else is told now."""
        for email in self._facts(user).emails:
            if self._users.get(email) is user:
                del self._users[email]
        self._spellings.pop(user.id, None)
        self._suspended.discard(user.id)

    def _facts(self, user: User) -> AccountFacts:
        emails = self._spellings.get(user.id, (user.email,))
        return AccountFacts(user, emails, user.id in self._suspended)


class _Book:
    """The Directory's accounts, to look people up in."""

    def __init__(
        self,
        accounts: Iterable[AccountFacts],
        domains: tuple[str, ...],
        remembered: Mapping[str, Remembered],
    ) -> None:
        self.by_id: dict[str, User] = {}
        self.by_email = Accounts()
        for account in accounts:
            former = self.by_id.get(account.user.id)
            if former is not None:
                self.by_email.drop(former)
            self.by_id[account.user.id] = account.user
            self.by_email.put(account)
        self._domains = domains
        self._remembered = remembered

    def match(self, person: Person, email: str) -> User | str:
        """The account, or why there is none that is certain."""
        if not email:
            return "the SIS has no e-mail for them"
        if "@" not in email:
            return "what the SIS has as their e-mail has no @ in it"
        user = self.by_email.user(email)
        if user is None:
            if not self._is_inside(email):
                return f"their e-mail is outside the district's domains ({self._inside})"
            return "no Google account has their e-mail, as its address or as an alias"
        if not self._is_inside(user.email.casefold()):
            return f"their account is outside the district's domains ({self._inside})"
        if self.by_email.is_suspended(user):
            return "their Google account is suspended or archived"
        return self._address_moved(person, email, user) or user

    def _address_moved(self, person: Person, email: str, user: User) -> str | None:
        """An address that was given to somebody else's account, while the SIS changed nothing."""
        before = self._remembered.get(person.key)
        if before is None or before.user_id == user.id or before.email != email:
            return None
        former = self.by_id.get(before.user_id)
        if former is None or self.by_email.is_suspended(former):
            return None
        return (
            "their e-mail now leads to another Google account than before, and the SIS has not "
            "changed it. If that is right, suspend or delete the former account"
        )

    def may_be(self, key: str, email: str) -> frozenset[str]:
        """The accounts that an unmatched person may be."""
        user = self.by_email.user(email)
        before = self._remembered.get(key)
        ids = [user.id if user else None, before.user_id if before else None]
        return frozenset(user_id for user_id in ids if user_id is not None)

    def vanished(self, roster: Roster) -> frozenset[str]:
        """Nearly always few: the others are not gathered."""
        known, doubtful = roster.people, roster.doubtful_people
        strangers = [
            key
            for key in self._remembered
            if key not in known and key not in doubtful and is_person(key)
        ]
        ids = {self._remembered[key].user_id for key in strangers}
        if not ids:
            return frozenset()
        left = set(strangers)
        others = {
            old.user_id
            for key, old in self._remembered.items()
            if key not in left and is_person(key)
        }
        return frozenset(ids - others)

    def _is_inside(self, email: str) -> bool:
        return email.rpartition("@")[2] in self._domains

    @property
    def _inside(self) -> str:
        return ", ".join(self._domains)


def _shared_accounts(users: Mapping[str, User], people: Mapping[str, Person]) -> Mapping[str, str]:
    """Who shares an account with somebody of another name, and the words for it. One person who
    is listed twice (a teacher of two schools) has one name, and that is fine."""
    shared: dict[str, str] = {}
    for group in _groups(users, people):
        if len({" ".join(person.name.casefold().split()) for person in group}) > 1:
            for person in group:
                others = ", ".join(str(p.place) for p in group if p.key != person.key)
                shared[person.key] = (
                    f"their e-mail leads to the same account as that of somebody with another "
                    f"name ({others})"
                )
    return shared


def _groups(users: Mapping[str, User], people: Mapping[str, Person]) -> Iterable[list[Person]]:
    """Those who have one account together."""
    if len({user.id for user in users.values()}) == len(users):
        return ()
    times = Counter(user.id for user in users.values())
    groups: dict[str, list[Person]] = {}
    for key, user in users.items():
        if times[user.id] > 1:
            groups.setdefault(user.id, []).append(people[key])
    return groups.values()
