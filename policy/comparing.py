"""The verb plan --against: what a policy change does, on one roster, without a call to Google."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

from policy.arriving import OpenSource, arrive
from policy.errors import InputAtFault
from policy.merge.comparison import Compared, Tally, rule_changes, schools_of
from policy.merge.desire import Known
from policy.merge.people import AccountFacts, Matches, match_people
from policy.merge.records import Head, Staff, User, staff_of
from policy.merge.veil import Veil
from policy.merge.versus import Difference, differences
from policy.merge.wish import Sources
from policy.night.reading import remembered, remembered_accounts
from policy.roster.model import Roster
from policy.rules.at_ref import load_policy_at
from policy.rules.load import load_policy
from policy.rules.model import Policy
from policy.run.rows import base_record, head_record
from policy.store.base import Match, Store


@dataclass(frozen=True, slots=True)
class Question:
    """What does the policy in a folder do otherwise than the one at a git ref? `roster` is read
    instead of the policy's source."""

    policies: Path
    ref: str
    roster: Path | None
    with_names: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """The answer, as far as it is made: `differences` are found while they are asked for, and the
    store must be open until then."""

    compared: Compared
    differences: Iterator[Difference]
    veil: Veil

    def tally(self) -> Tally:
        """All differences, counted."""
        tally = Tally()
        for difference in self.differences:
            tally.add(difference, self.veil)
        return tally


@dataclass(frozen=True, slots=True)
class _Memory:
    """What the store knows; nothing where there is no store."""

    matches: Mapping[str, Match]
    heads: Mapping[str, Head]
    released: frozenset[str]
    teachers_of: Callable[[str], Staff]


def compare(
    question: Question,
    store: Store | None,
    now: Callable[[tzinfo], datetime],
    open_source: OpenSource,
) -> Comparison:
    """Read both policies, the roster, and what the store remembers if there is one. Raises
    InputAtFault where one of these is at fault."""
    new = load_policy(question.policies)
    old = load_policy_at(question.policies, question.ref)
    _refuse_another_district(old, new)
    roster = arrive(new, question.roster, open_source).roster
    memory = _memory(store)
    accounts = _Accounts(roster, memory.matches, (old, new))
    today = now(ZoneInfo(new.district.timezone)).date()
    matches = _matches(roster, accounts, (old, new), memory)
    known_old, known_new = (
        Known(
            Sources(roster, policy, found, today),
            memory.heads,
            memory.teachers_of,
            memory.released,
        )
        for policy, found in zip((old, new), matches, strict=True)
    )
    veil = Veil(roster, is_lifted=question.with_names)
    compared = Compared(
        district=new.district.id,
        district_name=new.district.name,
        folder=str(question.policies),
        digest=new.digest,
        ref=question.ref,
        commit=old.commit or "",
        digest_at_ref=old.digest,
        drop=roster.source.name,
        rows=roster.source.counts,
        schools=len(schools_of(roster)),
        sections=len(roster.sections),
        remembered=accounts.remembered,
        assumed=accounts.assumed,
        with_names=question.with_names,
        rules=rule_changes(old, new, roster, veil),
    )
    return Comparison(compared, differences(known_old, known_new), veil)


def _refuse_another_district(old: Policy, new: Policy) -> None:
    if old.district.id == new.district.id:
        return
    raise InputAtFault(
        f"{new.line_of('district.id')} makes district.id {new.district.id!r}, and it was "
        f"{old.district.id!r} ({old.folder}): that is another district, with other classes, and "
        "can't be compared. district.id stays the same for good"
    )


def _memory(store: Store | None) -> _Memory:
    if store is None:
        return _Memory({}, {}, frozenset(), lambda _alias: Staff())

    def teachers_of(alias: str) -> Staff:
        row = store.base_under([alias]).get(alias)
        return staff_of(base_record(row)) if row else Staff()

    heads = {row.alias: head_record(row) for row in store.heads()}
    return _Memory(store.matches(), heads, store.mark().released, teachers_of)


class _Accounts:
    """Accounts without the Directory: those that people had by the last run. Where no run has
    matched anybody of the roster, everybody's e-mail is taken for an account. In any case so is
    that of somebody whom only the policy names. Outside the domains nobody has one."""

    def __init__(
        self, roster: Roster, matches: Mapping[str, Match], policies: tuple[Policy, Policy]
    ) -> None:
        self._known = remembered_accounts(matches)
        has_run = any(key in roster.people for key in matches)
        emails = {email for facts in self._known for email in facts.emails}
        wanted = [e for policy in policies for e in sorted(policy.named() | policy.owners())]
        wanted += [one.email for policy in policies for one in policy.identities.values()]
        if not has_run:
            wanted += [person.email.strip().casefold() for person in roster.people.values()]
        domains = {domain for policy in policies for domain in policy.district.domains}
        self._emails = dict.fromkeys(
            e for e in wanted if e.rpartition("@")[2] in domains and e not in emails
        )
        self.remembered, self.assumed = len(self._known), len(self._emails)

    def __iter__(self) -> Iterator[AccountFacts]:
        yield from self._known
        for email in self._emails:
            yield AccountFacts(User(f"email:{email}", email, ""), (email,), suspended=False)


def _matches(
    roster: Roster,
    accounts: Iterable[AccountFacts],
    policies: tuple[Policy, Policy],
    memory: _Memory,
) -> Iterator[Matches]:
    """Who is who under each policy: only the domains and the identities can make a difference."""
    old, new = policies
    named = old.named() | new.named()
    known = remembered(memory.matches)

    def matched(policy: Policy) -> Matches:
        return match_people(
            roster,
            accounts,
            domains=policy.district.domains,
            remembered=known,
            named=named,
            identities=policy.identities,
        )

    found, both = matched(old), (old, new)
    yield found
    ways = [(policy.district.domains, policy.identities) for policy in both]
    yield found if ways[0] == ways[1] else matched(new)
