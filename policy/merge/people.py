"""Who of the SIS is which Google account: by e-mail, all spellings, never guessed."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from policy.merge.records import User
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
    the one that has their e-mail but can't be used. Their seats are left as they are."""

    users: Mapping[str, User]
    reasons: Mapping[str, str]
    unsure: Mapping[str, frozenset[str]]
    accounts: Mapping[str, User]  # by user id, for naming those who are in Classroom
    by_email: Mapping[str, AccountFacts]


def match_people(
    roster: Roster,
    accounts: Iterable[AccountFacts],
    *,
    domains: tuple[str, ...],
    remembered: Mapping[str, str],
) -> Matches:
    """Match every person of the roster. `remembered` is Person.key -> user id of earlier runs."""
    by_email: dict[str, AccountFacts] = {}
    names: dict[str, User] = {}
    for account in accounts:
        names[account.user.id] = account.user
        by_email.update(dict.fromkeys(account.emails, account))
    users: dict[str, User] = {}
    reasons = {key: f"their row is faulty: {f}" for key, f in roster.doubtful_people.items()}
    shared = _shared_emails(roster.people.values())
    for person in roster.people.values():
        found = _match(person, by_email, domains, shared)
        if isinstance(found, User):
            users[person.key] = found
        else:
            reasons.setdefault(person.key, found)
    for key in roster.doubtful_people:
        users.pop(key, None)
    unsure = {key: _may_be(key, roster, by_email, remembered) for key in reasons}
    return Matches(users, reasons, unsure, names, by_email)


def _may_be(
    key: str,
    roster: Roster,
    by_email: Mapping[str, AccountFacts],
    remembered: Mapping[str, str],
) -> frozenset[str]:
    """The accounts that an unmatched person may be."""
    person = roster.people.get(key)
    account = by_email.get(person.email.strip().casefold()) if person else None
    found = {account.user.id} if account else set()
    return frozenset(found | ({remembered[key]} if key in remembered else set()))


def _match(
    person: Person,
    by_email: Mapping[str, AccountFacts],
    domains: tuple[str, ...],
    shared: Mapping[str, tuple[Person, ...]],
) -> User | str:
    """The account, or why there is none."""
    email = person.email.strip().casefold()
    if not email:
        return "the SIS has no e-mail for them"
    if "@" not in email:
        return "what the SIS has as their e-mail has no @ in it"
    if email in shared:
        others = ", ".join(str(p.place) for p in shared[email] if p.key != person.key)
        return f"the same e-mail stands at {others} for somebody with another name"
    account = by_email.get(email)
    if account is None:
        if email.rpartition("@")[2] not in domains:
            return f"their e-mail is outside the district's domains ({', '.join(domains)})"
        return "no Google account has their e-mail, as its address or as an alias"
    if account.user.email.casefold().rpartition("@")[2] not in domains:
        return f"their account is outside the district's domains ({', '.join(domains)})"
    if account.suspended:
        return "their Google account is suspended or archived"
    return account.user


def _shared_emails(people: Iterable[Person]) -> Mapping[str, tuple[Person, ...]]:
    """E-mails that stand at persons with different names. One person who is listed twice (a
    teacher of two schools) has one name, and that is fine."""
    by_email: dict[str, list[Person]] = defaultdict(list)
    for person in people:
        if person.email:
            by_email[person.email.strip().casefold()].append(person)
    return {
        email: tuple(group)
        for email, group in by_email.items()
        if len({" ".join(p.name.casefold().split()) for p in group}) > 1
    }
