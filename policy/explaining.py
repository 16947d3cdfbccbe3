"""The verb explain: reads the policy, the roster and the store (and the Directory, where it can),
finds whom and what is meant, and has `merge.explain` tell the story. Classroom is not asked.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from policy.arriving import OpenSource, arrive
from policy.errors import GoogleOutOfReach, GoogleRefused, InputAtFault, RosterAtFault
from policy.google.base import Directory
from policy.looking_back import EVERY, written
from policy.merge.chain import Explanation, Memory, Who
from policy.merge.explain import about_person, course_story, seat_story
from policy.merge.judge import Comparing
from policy.merge.outlook import Outlook, Spot
from policy.merge.people import AccountFacts, is_person, match_by
from policy.merge.plan import ALIAS
from policy.merge.records import Base, User
from policy.merge.wish import Sources
from policy.night.reading import account_facts, is_first_load, remembered, remembered_accounts
from policy.roster.model import Person, Section
from policy.rules.load import load_policy
from policy.rules.model import Policy
from policy.run.rows import base_record, head_record
from policy.settings import Settings
from policy.store.base import CourseHead, Match, RunRecord, Store

SHOWN = 5


@dataclass(frozen=True, slots=True)
class Question:
    """Why is PERSON (not) in COURSE? One of the two may be left out. `policies` is the policy
    folder, if there is one; `roster` is read instead of the policy's source."""

    person: str | None
    course: str | None
    policies: Path | None
    roster: Path | None


@dataclass(frozen=True, slots=True)
class Sight:
    """What can be seen: the store, the Directory if it may be asked, the settings, the time, the
    policy's sources."""

    store: Store
    directory: Directory | None
    settings: Settings
    clock: datetime
    open_source: OpenSource


def explain(question: Question, sight: Sight) -> Explanation:
    """The answer. Raises InputAtFault when nothing is known of the person or the course."""
    store, unasked = sight.store, list[str]()
    matches = store.matches()
    accounts = _accounts(sight, matches, unasked)
    bases = _Stored(store)
    runs = store.runs(newest=EVERY)
    outlook = _outlook(question, sight, accounts, bases, runs, unasked)
    memory = Memory(
        bases=bases,
        written=lambda alias: [written(entry) for entry in store.entries_of(alias)],
        plans={run.id: run.plan_id for run in runs},
        released=store.mark().released,
        names={facts.user.id: facts.user for facts in accounts},
    )
    look = _Look(memory, outlook, store, _people(matches))
    spots = [look.spot_named(question.course)] if question.course is not None else None
    who = look.person_named(question.person, accounts) if question.person is not None else None
    if who is None:
        stories = [course_story(spot, memory, outlook) for spot in spots or ()]
    else:
        places = look.spots_of(who) if spots is None else spots
        stories = [seat_story(who, spot, memory, outlook) for spot in places]
    return Explanation(
        about=who.label if who else f"class {question.course}",
        as_of=_as_of(runs),
        steps=tuple(about_person(who, outlook)) if who else (),
        stories=tuple(stories),
        unasked=tuple(unasked),
    )


def _as_of(runs: Iterable[RunRecord]) -> str:
    newest = next(iter(runs), None)
    return f"run {newest.id}, {newest.started:%Y-%m-%d %H:%M} UTC" if newest else "no run so far"


def _accounts(sight: Sight, matches: Mapping[str, Match], unasked: list[str]) -> list[AccountFacts]:
    """The Directory's accounts; without it, those that people were matched to in earlier runs."""
    try:
        if sight.directory is not None:
            return [account_facts(account) for account in sight.directory.accounts()]
        unasked.append("the Directory was not asked (ROLLBOOK_GOOGLE_ADMIN is not set)")
    except (GoogleOutOfReach, GoogleRefused) as error:
        unasked.append(f"the Directory could not be asked: {error}")
    unasked[-1] += ": people are matched as in earlier runs"
    return remembered_accounts(matches)


def _outlook(
    question: Question,
    sight: Sight,
    accounts: Iterable[AccountFacts],
    bases: Mapping[str, Base],
    runs: Iterable[RunRecord],
    unasked: list[str],
) -> Outlook | None:
    if question.policies is None:
        unasked.append("no policy was read (--policies DIR): only the store was asked")
        return None
    policy = load_policy(question.policies)
    try:
        roster = arrive(policy, question.roster, sight.open_source).roster
    except RosterAtFault as error:
        unasked.append(f"the roster can't be read: {error.problems[0]}: only the store was asked")
        return None
    known = remembered(sight.store.matches())
    found = match_by(policy, roster, accounts, known)
    now = _now(policy, sight)
    sources = Sources(roster, policy, found, now.date())
    schools = {school.key: school.name for school in roster.schools.values()}
    return Outlook(
        sources,
        bases,
        heads={row.alias: head_record(row) for row in sight.store.heads()},
        released=sight.store.mark().released,
        comparing=Comparing(sources, schools, now),
        is_first_load=is_first_load(runs, has_classes=any(True for _ in bases)),
    )


def _now(policy: Policy, sight: Sight) -> datetime:
    return sight.settings.now(ZoneInfo(policy.district.timezone), sight.clock)


def _people(matches: Mapping[str, Match]) -> Mapping[str, str]:
    """The SIS's keys, and the accounts that they led to."""
    return {key: match.user_id for key, match in matches.items() if is_person(key)}


class _Stored(Mapping[str, Base]):
    """Our courses by alias, each read when it is asked for: a large district has too many."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[str, Base] = {}

    def __getitem__(self, alias: str) -> Base:
        if alias not in self._known:
            self._known[alias] = base_record(self._store.base_under([alias])[alias])
        return self._known[alias]

    def __iter__(self) -> Iterator[str]:
        return (head.alias for head in self._store.heads())

    def __len__(self) -> int:
        return sum(1 for _ in self._store.heads())


@dataclass(frozen=True, slots=True)
class _Look:
    """Finds whom and what is meant."""

    memory: Memory
    outlook: Outlook | None
    store: Store
    matched: Mapping[str, str]  # the SIS's key -> Google's user id, as of earlier runs

    def person_named(self, text: str, accounts: Iterable[AccountFacts]) -> Who:
        """An e-mail (aliases too), the SIS's key, or Google's user id. Raises InputAtFault."""
        wanted = text.strip()
        user = self._account(wanted, accounts)
        keys = self._keys(wanted, user)
        user_id = (
            user.id if user else next((self.matched[k] for k in keys if k in self.matched), "")
        )
        if not user_id and not keys and wanted.isdecimal() and self._is_in_the_store(wanted):
            user_id = wanted
        if not user_id and not keys:
            raise InputAtFault(
                f"nothing is known of {text!r}: no e-mail, key of the SIS, or Google user id that "
                "the roster, the Directory or the store has"
            )
        people = self.outlook.sources.roster.people if self.outlook else {}
        person = next((people[key] for key in keys if key in people), None)
        return Who(_label(person, user, user_id, wanted), user_id, keys)

    def _account(self, wanted: str, accounts: Iterable[AccountFacts]) -> User | None:
        wanted_id = self.matched.get(wanted)
        if self.outlook is not None and wanted in self.outlook.sources.matches.users:
            wanted_id = self.outlook.sources.matches.users[wanted].id
        for facts in accounts:
            if wanted.casefold() in facts.emails or facts.user.id in (wanted, wanted_id):
                return facts.user
        return None

    def _keys(self, wanted: str, user: User | None) -> tuple[str, ...]:
        keys = dict.fromkeys(
            key
            for key, user_id in self.matched.items()
            if key == wanted or (user and user.id == user_id)
        )
        if self.outlook is not None:
            roster, users = self.outlook.sources.roster, self.outlook.sources.matches.users
            keys |= dict.fromkeys(key for key in (wanted,) if key in roster.doubtful_people)
            keys |= dict.fromkeys(
                key
                for key, person in roster.people.items()
                if key == wanted
                or person.email.casefold() == wanted.casefold() != ""
                or (user and key in users and users[key].id == user.id)
            )
        return tuple(keys)

    def _is_in_the_store(self, user_id: str) -> bool:
        return bool(self._seats_of(user_id)) or any(self.store.entries_naming(f'"{user_id}"'))

    def spots_of(self, who: Who) -> list[Spot]:
        """Every class that has, had or is to have them."""
        spots = list(self._listed(who))
        aliases = {spot.alias for spot in spots}
        if who.user_id:
            had = {entry.alias for entry in self.store.entries_naming(f'"{who.user_id}"')}
            more = [*self._seats_of(who.user_id), *sorted(had)]
            spots += [self._at(a) for a in dict.fromkeys(more) if a not in aliases]
        return spots

    def _listed(self, who: Who) -> Iterator[Spot]:
        if self.outlook is None:
            return
        roster = self.outlook.sources.roster
        keys = frozenset(who.keys)
        told: set[str] = set()  # the first section of each class
        for key, rows in roster.memberships.items():
            if not any(row.person in keys for row in rows) or key not in roster.sections:
                continue
            one = self.outlook.combined.of(roster.sections[key])
            first = one.sections[0].key if one else key
            if first not in told:
                yield self.outlook.at_section(roster.sections[key])
            told.add(first)

    def _seats_of(self, user_id: str) -> list[str]:
        ending = f":{user_id}"
        return [
            row.alias
            for row in self.store.base()
            if user_id == row.owner
            or any(user_id in seats for seats in (row.students, row.teachers, row.former))
            or any(record.endswith(ending) for record in (*row.kept, *row.leaving))
        ]

    def spot_named(self, text: str) -> Spot:
        """The one class, or section, with this alias, course id, section key or name. Raises
        InputAtFault when there is none, or several."""
        wanted = text.strip()
        found = list(dict.fromkeys(self._candidates(wanted)))
        if len(found) == 1:
            return self._spot(found[0])
        if not found:
            raise InputAtFault(
                f"nothing is known of the class {text!r}: no alias, course id, section key or "
                "name of a class that the store or the roster has"
            )
        some = ", ".join(found[:SHOWN])
        more = f" and {len(found) - SHOWN:,} more" if len(found) > SHOWN else ""
        raise InputAtFault(f"{text!r} names {len(found)} classes: {some}{more}; name one of these")

    def _candidates(self, wanted: str) -> Iterator[str]:
        """Aliases, or keys of sections that have none; the surest way to name it wins."""
        heads, sections = list(self.store.heads()), self._sections()
        by_id = [head.alias for head in heads if wanted in (head.alias, head.course_id)]
        known = self._is_known(wanted)
        by_key = [head.alias for head in heads if head.section_key == wanted]
        if by_id or known:
            yield from by_id or [wanted]
        elif wanted in sections:
            yield self._alias_of(sections[wanted]) or wanted
        elif by_key:
            yield from by_key
        else:
            yield from self._called(wanted.casefold(), heads) or self._written_for(wanted)

    def _called(self, name: str, heads: Sequence[CourseHead]) -> list[str]:
        sections = self._sections()
        ours = [head.alias for head in heads if head.name.casefold() == name]
        titled = [key for key, section in sections.items() if section.title.casefold() == name]
        return [*ours, *(self._alias_of(sections[key]) or key for key in titled)]

    def _written_for(self, section: str) -> list[str]:
        """Classes that were a section's which has gone since."""
        named = f'"section": {json.dumps(section, ensure_ascii=False)}'
        return [entry.alias for entry in self.store.entries_naming(named)]

    def _is_known(self, alias: str) -> bool:
        """Is it an alias of a class that is not ours (any more, or yet)?"""
        if alias in self.memory.released or any(self.store.entries_of(alias)):
            return True
        if self.outlook is None or not alias.startswith("d:"):
            return False
        return any(self.outlook.sections_under(alias))

    def _sections(self) -> Mapping[str, Section]:
        return self.outlook.sources.roster.sections if self.outlook else {}

    def _alias_of(self, section: Section) -> str | None:
        return self.outlook.alias_of(section) if self.outlook else None

    def _spot(self, name: str) -> Spot:
        section = self._sections().get(name)
        if section is not None and self.outlook is not None:
            return self.outlook.at_section(section)
        return self._at(name)

    def _at(self, alias: str) -> Spot:
        """A class by its alias; one that is ours no longer is known by its writes only."""
        base = self.memory.bases.get(alias)
        if self.outlook is not None:
            for section in self.outlook.sections_under(alias):
                return self.outlook.at_section(section)
        if base is None:
            moves = map(written, self.store.entries_naming(json.dumps(alias, ensure_ascii=False)))
            moved = next((w.alias for w in moves if w.record == ALIAS and w.before == alias), "")
            return self._at(moved) if moved else Spot(alias, alias)
        return Spot(base.fields.name, alias, base=base)


def _label(person: Person | None, user: User | None, user_id: str, wanted: str) -> str:
    name = person.name if person else user.name if user else ""
    email = user.email if user else person.email if person else ""
    who = f"{name} ({email})" if name and email else name or email or wanted
    return f"{who}, Google's user {user_id}" if user_id else f"{who}, no Google account known"
