"""What there is to show of two policies on one roster: counts, causes and a few samples; people as
the veil shows them. Its size does not grow with the district. Pure.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import unquote

from policy.merge.effective import Pair, RuleChange
from policy.merge.veil import Veil
from policy.merge.versus import Cause, Difference, Kind, Somebody
from policy.roster.model import Roster, School
from policy.rules.model import Policy

SAMPLES = 6  # of each kind
SAMPLES_OF_A_CAUSE = 3


@dataclass(frozen=True, slots=True)
class Compared:
    """What was compared. `remembered` and `assumed` are accounts: those that the store knows, and
    e-mails that were taken for accounts since nothing else tells. The drop's digest is not here,
    since pseudonyms are made with it."""

    district: str
    district_name: str
    folder: str
    digest: str
    ref: str
    commit: str
    digest_at_ref: str
    drop: str
    rows: Mapping[str, int]  # of the drop, by kind
    schools: int
    sections: int
    remembered: int
    assumed: int
    with_names: bool
    rules: tuple[RuleChange, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """A difference as texts. `person` and `former` are names, or pseudonyms."""

    kind: Kind
    section: str
    title: str
    school_key: str
    school: str
    cause: Cause
    before: str
    after: str
    person: str
    former: str


@dataclass(slots=True)
class Tally:
    """What has been told so far: counts by school (key), by cause, and some samples."""

    names: dict[str, str] = field(default_factory=dict)  # school key -> name
    schools: dict[str, Counter[Kind]] = field(default_factory=dict)
    causes: Counter[tuple[Kind, Cause]] = field(default_factory=Counter)
    samples: dict[Kind, list[Shown]] = field(default_factory=dict)

    def add(self, difference: Difference, veil: Veil) -> None:
        """Count one more, and keep it if its kind has too few samples yet."""
        kind, school = difference.kind, difference.section.school
        self.names.setdefault(school.key, school.name)
        self.schools.setdefault(school.key, Counter())[kind] += 1
        self.causes[kind, difference.cause] += 1
        kept = self.samples.setdefault(kind, [])
        if len(kept) < SAMPLES:
            alike = sum(sample.cause == difference.cause for sample in kept)
            if alike < SAMPLES_OF_A_CAUSE:
                kept.append(shown(difference, veil))

    def counts(self) -> Mapping[Kind, int]:
        """Of each kind that there is, in the kinds' order."""
        total: Counter[Kind] = Counter()
        for counts in self.schools.values():
            total.update(counts)
        return {kind: total[kind] for kind in Kind if total[kind]}

    def causes_of(self, kind: Kind) -> list[tuple[Cause, int]]:
        """What makes the differences of a kind, the most first."""
        found = [(cause, n) for (of, cause), n in self.causes.items() if of is kind]
        return sorted(found, key=lambda each: -each[1])

    def by_school(self) -> list[tuple[str, Mapping[Kind, int]]]:
        """Schools' names and their counts, the most first."""
        ranked = sorted(self.schools.items(), key=lambda each: (-each[1].total(), each[0]))
        return [(self.names[key], counts) for key, counts in ranked]


def shown(difference: Difference, veil: Veil) -> Shown:
    """A difference as it may be shown."""
    section = difference.section

    def text(words: str) -> str:
        plain = unquote(words) if difference.kind is Kind.KEY else words
        return veil.text(plain, section.key)

    def who(person: Somebody | None) -> str:
        return veil.person(person.role, person.key, person.email) if person else ""

    return Shown(
        kind=difference.kind,
        section=section.key,
        title=veil.text(section.title, section.key),
        school_key=section.school.key,
        school=section.school.name,
        cause=difference.cause,
        before=text(difference.before),
        after=text(difference.after),
        person=who(difference.person),
        former=who(difference.former),
    )


def rule_changes(old: Policy, new: Policy, roster: Roster, veil: Veil) -> tuple[RuleChange, ...]:
    """The fields that say something else, each with the schools where they do."""
    found: dict[RuleChange, list[str]] = {}
    for change in Pair(old, new).district_changes(veil.named):
        found[change] = []
    alike: dict[tuple[int, int], tuple[RuleChange, ...]] = {}
    for school in schools_of(roster):
        pair = Pair(old, new, school.key, school.name)
        rules = id(old.rules_of(school.key, school.name)), id(new.rules_of(school.key, school.name))
        if rules not in alike:
            alike[rules] = tuple(pair.changes(veil.named))
        for change in alike[rules]:
            found.setdefault(change, []).append(school.name)
    return tuple(replace(change, schools=tuple(names)) for change, names in found.items())


def schools_of(roster: Roster) -> tuple[School, ...]:
    """The schools that have sections: the district is often told as one of the schools."""
    return tuple({s.school.key: s.school for s in roster.sections.values()}.values())


def told(differences: Iterable[Difference], veil: Veil, tally: Tally) -> Iterator[Shown]:
    """Each difference as it may be shown, counted on the way."""
    for difference in differences:
        tally.add(difference, veil)
        yield shown(difference, veil)
