"""What the district wants: every section in scope as a course, and what there is to say of it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from policy.merge.plan import Notice, Unmatched, Waiting
from policy.merge.records import Base, Desired
from policy.merge.wish import Sources, Wish, wish_for
from policy.roster.model import Section
from policy.rules.naming import alias, missing_values, render_key
from policy.rules.scope import judge_scope


@dataclass(frozen=True, slots=True)
class Wishes:
    """All that is wanted tonight, and what could not be wanted."""

    desired: Sequence[Desired]
    waiting: Sequence[Waiting]
    unmatched: Sequence[Unmatched]
    notices: Sequence[Notice]
    schools: Mapping[str, str]  # key -> name, of sections in scope


@dataclass(slots=True)
class _Night:
    """What one pass over the sections gathers. Local to `desire`."""

    sources: Sources
    bases: Mapping[str, Base]
    desired: list[Desired] = field(default_factory=list)
    waiting: list[Waiting] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    missing: dict[str, list[tuple[str, int]]] = field(default_factory=dict)
    schools: dict[str, str] = field(default_factory=dict)
    outside: Counter[str] = field(default_factory=Counter)  # by the policy's field that decided


def desire(sources: Sources, *, bases: Mapping[str, Base]) -> Wishes:
    """Walk the sections in the file's order. `bases` is by alias: what a section's rows leave
    open stays as it is in its course."""
    night = _Night(sources, bases)
    faults = sources.roster.faults
    night.notices += [
        Notice(str(f.place), f"{f.message} ({f.level.value})", f.code) for f in faults
    ]
    for section in sources.roster.sections.values():
        _want(wish_for(section, sources), night)
    _refuse_twins(night)
    _note_unknown_schools(night)
    _note_empty_scope(night)
    return Wishes(
        desired=night.desired,
        waiting=night.waiting,
        unmatched=list(_unmatched(night)),
        notices=night.notices,
        schools=night.schools,
    )


def _want(wish: Wish, night: _Night) -> None:
    """One section: in scope? with a key? then its course is wanted, or it says why it waits."""
    section, sources = wish.section, night.sources
    verdict = judge_scope(wish.facts, wish.rules.classes.scope, sources.today)
    if not verdict.inside:
        night.outside[verdict.field] += 1
        return
    night.schools.setdefault(section.school.key, section.school.name)
    key = render_key(wish.rules.classes.key, wish.facts)
    if key is None:
        _wait(section, _no_key(wish), night)
        return
    for member in wish.members:
        if member.person not in sources.matches.users:
            night.missing.setdefault(member.person, []).append((section.key, member.line))
    name = alias(sources.policy.district.id, key)
    found = wish.desired(name, night.bases.get(name))
    night.notices += wish.notices
    if isinstance(found, str):
        _wait(section, found, night)
    else:
        night.desired.append(found)


def _no_key(wish: Wish) -> str:
    missing = ", ".join(missing_values(wish.rules.classes.key, wish.facts))
    return f"classes.key ({wish.sources.policy.line_of('classes.key')}) needs its {missing}"


def _wait(section: Section, reason: str, night: _Night) -> None:
    night.waiting.append(
        Waiting(section.key, section.title, section.school.name, str(section.place), reason)
    )


def _refuse_twins(night: _Night) -> None:
    """Two sections with one key would fight over one class: neither is wanted, both are told."""
    sources = night.sources
    seen: dict[str, list[Desired]] = {}
    for wanted in night.desired:
        seen.setdefault(wanted.alias, []).append(wanted)
    for name, twins in seen.items():
        if len(twins) == 1:
            continue
        line = sources.policy.line_of("classes.key")
        for twin in twins:
            others = ", ".join(t.section_key for t in twins if t is not twin)
            words = f"classes.key ({line}) gives it the same key as section {others}: {name}"
            _wait(sources.roster.sections[twin.section_key], words, night)
        night.desired = [wanted for wanted in night.desired if wanted.alias != name]


def _note_unknown_schools(night: _Night) -> None:
    """A school that the policy names and the roster doesn't have is often a misspelled one."""
    policy, schools = night.sources.policy, night.sources.roster.schools.values()
    known = {school.key for school in schools} | {school.name for school in schools}
    for claimed in policy.schools:
        if claimed not in known:
            words = f"the policy has rules for school {claimed!r}, which the roster doesn't have"
            night.notices.append(Notice(policy.line_of("schools", claimed), words, "M303"))


def _note_empty_scope(night: _Night) -> None:
    """Nothing in scope at all: say which field of the policy left out how many."""
    if night.schools or not night.outside:
        return
    sources = night.sources
    parts = ", ".join(
        f"{count:,} by {name} ({sources.policy.line_of(name)})"
        for name, count in night.outside.most_common()
    )
    words = f"no section is in scope on {sources.today}: left out are {parts}"
    night.notices.append(Notice(sources.roster.source.name, words, "M304"))


def _unmatched(night: _Night) -> Iterator[Unmatched]:
    """People of sections in scope who have no usable account, in the order first met."""
    roster, reasons = night.sources.roster, night.sources.matches.reasons
    for key, places in night.missing.items():
        person = roster.people.get(key)
        doubt = roster.doubtful_people.get(key)
        first = f"{roster.memberships_file}:{places[0][1]}"
        yield Unmatched(
            person_key=key,
            name=person.name if person else "",
            row=str(person.place if person else doubt.place if doubt else first),
            reason=reasons.get(key, "the roster has no row for them"),
            sections=tuple(dict.fromkeys(section for section, _ in places)),
        )
