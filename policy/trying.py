"""Tries the tests of a policy: each section, or roster, goes the way of a night as far as the
wish for its courses, and what is wanted is held against what is expected.

No limit, no store and no Google has a part in it: nothing was there before, and everybody with an
e-mail of the district's domains has an account.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path

from policy.errors import RosterAtFault
from policy.merge.causes import rows_of, rules_for_seat, scope
from policy.merge.chain import Memory, Who
from policy.merge.desire import Known, Wishes, desire
from policy.merge.judge import Comparing
from policy.merge.outlook import Outlook, Spot
from policy.merge.people import AccountFacts, email_of, match_by
from policy.merge.records import Desired, User
from policy.merge.wish import Sources
from policy.roster.load import load_roster
from policy.roster.model import Roster, Section
from policy.rules.model import Policy
from policy.rules.problems import did_you_mean, in_quotes
from policy.rules.trials import ExpectedClass, ExpectedSeats, Fate, Trial
from policy.trying_given import given_roster

SHOWN = 5  # reasons, of one kind
NOBODY = Memory({}, lambda _alias: (), {}, frozenset(), {})
FATES = {Fate.NONE: "no class", Fate.WAITS: "no class yet, it waits for one"}


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that is not as expected: rows of a word (expected, found, missing, too many) and
    what it is about."""

    field: str
    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one test. `reasons` say, as explain does, why what was found is so."""

    trial: Trial
    differences: tuple[Difference, ...] = ()
    reasons: tuple[str, ...] = ()

    @property
    def has_passed(self) -> bool:
        return not self.differences


def try_policy(policy: Policy, today: date) -> tuple[Outcome, ...]:
    """Try all tests of a policy, in file order. `today` is for those that name no date."""
    bench = _Bench(policy)
    return tuple(_try(trial, bench, trial.on or today) for trial in policy.trials)


@dataclass(frozen=True, slots=True)
class _Evening:
    """What the policy makes of one roster on one day."""

    sources: Sources
    wishes: Wishes
    outlook: Outlook

    def class_of(self, key: str) -> Desired | None:
        """The class that is wanted for a section."""
        return next(
            (one for one in self.wishes.desired if key in (one.section_key, *one.section_keys)),
            None,
        )

    def why_waits(self, key: str) -> str | None:
        return next((one.reason for one in self.wishes.waiting if one.section == key), None)

    def teachers_of(self, made: Desired) -> Iterable[str]:
        """Who is to get a teacher's seat in a class."""
        section = self.sources.roster.sections[made.section_key]
        rules = self.sources.policy.rules_of(section.school.key, section.school.name)
        return made.teachers if rules.co_teachers.add else made.leading

    def seats_of(self, made: Desired) -> Mapping[str, str]:
        """The row, or the policy's line, that puts each of its people into a class."""
        teachers = {who: made.teachers[who].row for who in self.teachers_of(made)}
        students = {who: seat.row for who, seat in made.students.items()}
        return {made.owner.id: made.row, **students, **teachers}

    def who(self, email: str) -> Who:
        """Somebody by their e-mail, which is their account's id too."""
        roster, policy = self.sources.roster, self.sources.policy
        keys = tuple(key for key, known in _emails(roster, policy) if known == email)
        return Who(email, email, keys)

    def no_account(self, who: Who) -> list[str]:
        """Why somebody of the roster is nobody in Classroom."""
        reasons = self.sources.matches.reasons
        return [reasons[key] for key in who.keys if key in reasons]


@dataclass(slots=True)
class _Bench:
    """Where a policy is tried. Drops that several tests name are read once."""

    policy: Policy
    drops: dict[str, Roster | str] = field(default_factory=dict)  # or what is wrong with it
    evenings: dict[tuple[str, date], _Evening] = field(default_factory=dict)

    def drop(self, path: str) -> Roster | str:
        if path not in self.drops:
            try:
                self.drops[path] = load_roster(Path(path))
            except RosterAtFault as error:
                self.drops[path] = error.problems[0]
        return self.drops[path]

    def evening(self, roster: Roster, trial: Trial, day: date) -> _Evening:
        if not trial.roster:
            return _evening(self.policy, roster, day)
        place = (trial.roster, day)
        if place not in self.evenings:
            self.evenings[place] = _evening(self.policy, roster, day)
        return self.evenings[place]


def _evening(policy: Policy, roster: Roster, day: date) -> _Evening:
    matches = match_by(policy, roster, _accounts(roster, policy), {})
    sources = Sources(roster, policy, matches, day)
    wishes = desire(Known(sources, heads={}))
    now = datetime.combine(day, time(), tzinfo=UTC)
    outlook = Outlook(
        sources,
        {},
        heads={},
        released=frozenset(),
        comparing=Comparing(sources, wishes.schools, now),
        is_first_load=True,
    )
    return _Evening(sources, wishes, outlook)


def _emails(roster: Roster, policy: Policy) -> Iterator[tuple[str, str]]:
    """Everybody's key and e-mail, that of `people.identities` first."""
    for key in roster.people:
        yield key, email_of(key, roster, policy.identities)


def _accounts(roster: Roster, policy: Policy) -> Iterator[AccountFacts]:
    """An account, whose id is its e-mail, for everybody with an e-mail of the district's domains:
    the roster's people, and those whom the policy names."""
    names = {email: roster.people[key].name for key, email in _emails(roster, policy)}
    for email in dict.fromkeys([*names, *sorted(policy.named() | policy.owners())]):
        if email.rpartition("@")[2] in policy.district.domains:
            yield AccountFacts(User(email, email, names.get(email, "")), (email,), suspended=False)


def _try(trial: Trial, bench: _Bench, day: date) -> Outcome:
    roster = bench.drop(trial.roster) if trial.roster else given_roster(trial, day)
    if isinstance(roster, str):
        return _not_there(trial, "given.roster", "a roster that can be read", roster)
    absent = _absent_section(trial, roster) or _absent_person(trial, roster, bench.policy)
    if absent:
        return absent
    evening = bench.evening(roster, trial, day)
    if isinstance(trial.expect, ExpectedSeats):
        return _try_person(trial, trial.expect, evening)
    return _try_section(trial, trial.expect, evening)


def _not_there(trial: Trial, name: str, expected: str, found: str) -> Outcome:
    return Outcome(trial, (Difference(name, (("expected", expected), ("found", found))),))


def _absent_section(trial: Trial, roster: Roster) -> Outcome | None:
    if trial.person or trial.section in roster.sections:
        return None
    close = did_you_mean(trial.section, roster.sections)
    hint = f"; did you mean {close}?" if close else ""
    found = f"no section with the key {trial.section}{hint}"
    return _not_there(trial, "given.section", "a section of the roster", found)


def _absent_person(trial: Trial, roster: Roster, policy: Policy) -> Outcome | None:
    """Of somebody whose e-mail is misspelled there would be no class, whatever the policy says."""
    known = {email for _, email in _emails(roster, policy)} | policy.named()
    if not trial.person or trial.person.casefold() in known:
        return None
    close = did_you_mean(trial.person, known, alike=0.8)
    hint = f"; did you mean {close}?" if close else ""
    found = f"nobody with the e-mail {trial.person}{hint}"
    return _not_there(trial, "given.person", "somebody of the roster", found)


def _try_section(trial: Trial, expect: Fate | ExpectedClass, evening: _Evening) -> Outcome:
    made, waits = evening.class_of(trial.section), evening.why_waits(trial.section)
    section = evening.sources.roster.sections[trial.section]
    if isinstance(expect, ExpectedClass) and made is not None:
        differences = tuple(_differences(expect, made, evening))
        reasons = _why_like_this(differences, section, evening) if differences else ()
        return Outcome(trial, differences, tuple(dict.fromkeys(reasons)))
    fate = Fate.WAITS if waits else Fate.NONE
    if made is None and fate is expect:
        return Outcome(trial)
    wanted = "a class" if isinstance(expect, ExpectedClass) else FATES[expect]
    found = f"a class, “{made.fields.name}”" if made is not None else FATES[fate]
    rows = (("expected", wanted), ("found", found))
    return Outcome(trial, (Difference("class", rows),), tuple(_why_none(section, evening)))


def _differences(expect: ExpectedClass, made: Desired, evening: _Evening) -> Iterator[Difference]:
    owner = made.owner.email
    texts = (
        ("name", expect.name, made.fields.name),
        ("section", expect.section, made.fields.section),
        ("room", expect.room, made.fields.room),
        ("owner", expect.owner, owner),
    )
    for name, wanted, found in texts:
        if wanted is not None and wanted != found:
            rows = (("expected", wanted or "nothing"), ("found", found or "nothing"))
            yield Difference(name, rows)
    if expect.co_teachers is not None:
        co_teachers = [email for email in evening.teachers_of(made) if email != owner]
        yield from _difference("co_teachers", expect.co_teachers, co_teachers)
    if expect.students is not None:
        yield from _difference("students", expect.students, made.students)


def _difference(name: str, expected: Iterable[str], found: Iterable[str]) -> Iterator[Difference]:
    """What is missing and what is too many, each as often as it is."""
    wanted, there = Counter(list(expected)), Counter(list(found))
    rows = (
        ("missing", ", ".join(sorted((wanted - there).elements()))),
        ("too many", ", ".join(sorted((there - wanted).elements()))),
    )
    if wanted != there:
        yield Difference(name, tuple(row for row in rows if row[1]))


def _why_none(section: Section, evening: _Evening) -> Iterator[str]:
    """Why a section has a class, or none."""
    outlook, waits = evening.outlook, evening.why_waits(section.key)
    words = [step.words for step in scope(outlook.at_section(section), NOBODY, outlook)]
    yield from words
    if waits and not any(waits in told for told in words):
        yield waits


def _why_like_this(
    differences: Sequence[Difference], section: Section, evening: _Evening
) -> Iterator[str]:
    """The policy's word on each field that differs, and on each person."""
    spot = evening.outlook.at_section(section)
    school, policy = section.school, evening.sources.policy
    classes = policy.rules_of(school.key, school.name).classes
    templates = {"name": classes.name, "section": classes.section, "room": classes.room}
    fields = {name: in_quotes(text) for name, text in templates.items()}
    fields["owner"] = classes.owner or "primary_teacher"
    for each in differences:
        if each.field in fields:
            line = policy.line_of(f"classes.{each.field}", school.key, school.name)
            yield f"classes.{each.field}: {fields[each.field]} ({line})"
        else:
            yield from _why_seats(each, spot, evening)
    if spot.wish is not None:
        yield from (f"{notice.message} ({notice.row})" for notice in spot.wish.notices)


def _why_seats(difference: Difference, spot: Spot, evening: _Evening) -> Iterator[str]:
    outlook = evening.outlook
    emails = [email for _, listed in difference.rows for email in listed.split(", ")]
    for email in emails[:SHOWN]:
        who = evening.who(email)
        words = evening.no_account(who) or [s.words for s in rules_for_seat(who, spot, outlook)]
        words = words or [step.words for step in rows_of(who, spot, outlook)]
        yield from (f"{email}: {each}" for each in words)
    if len(emails) > SHOWN:
        yield f"and {len(emails) - SHOWN} more"


def _try_person(trial: Trial, expect: ExpectedSeats, evening: _Evening) -> Outcome:
    email = trial.person.casefold()
    wanted = evening.wishes.desired
    classes = [one for one in wanted if email in one.students]
    teaches = [one for one in wanted if email == one.owner.id or email in evening.teachers_of(one)]
    differences = [
        difference
        for name, names, found in (
            ("classes", expect.classes, classes),
            ("teaches", expect.teaches, teaches),
        )
        if names is not None
        for difference in _difference(name, names, [one.fields.name for one in found])
    ]
    reasons = _why_these(email, evening) if differences else ()
    return Outcome(trial, tuple(differences), tuple(reasons))


def _why_these(email: str, evening: _Evening) -> Iterator[str]:
    """What became of each section that lists somebody, or into which the policy puts them."""
    who, roster = evening.who(email), evening.sources.roster
    yield from (f"{email}: {words}" for words in evening.no_account(who))
    for section in roster.sections.values():
        rows = [m for m in roster.memberships.get(section.key, ()) if m.person in who.keys]
        made = evening.class_of(section.key)
        seats = evening.seats_of(made) if made is not None else {}
        if made is not None and email in seats:
            yield f"“{made.fields.name}”, section {section.key}: {seats[email]}"
        elif made is not None and rows:
            spot = evening.outlook.at_section(section)
            steps = rules_for_seat(who, spot, evening.outlook)
            yield from (f"“{made.fields.name}”, section {section.key}: {s.words}" for s in steps)
        elif rows:
            yield from _why_none(section, evening)
