"""What the district wants: every section in scope as a course, and what there is to say of it."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from policy.merge.combine import Combined, OneClass, combine
from policy.merge.parting import with_parted
from policy.merge.plan import Notice, Unmatched, Waiting
from policy.merge.records import Desired, Head, Staff, State
from policy.merge.wish import Sources, Wish, wish_for
from policy.roster.model import Place, Section
from policy.rules.model import AddStudents

NAMED = 5  # sections, or keys, that a notice names


@dataclass(frozen=True, slots=True)
class Quiet:
    """A section in scope that is wanted just as it was when its course had nothing to be done, and
    how many seats are wanted. What it looks like is not held. `seated` are its students who are
    there: none as long as they wait for its teacher to accept it."""

    section: Section
    teachers: int
    students: int
    seated: int
    one: OneClass | None = None  # with other sections, or under another section's alias


@dataclass(frozen=True, slots=True)
class Wishes:
    """All that is wanted tonight, and what could not be wanted. `quiet`, by alias, is wanted too:
    see `look_at`."""

    desired: Sequence[Desired]
    waiting: Sequence[Waiting]
    unmatched: Sequence[Unmatched]
    notices: Sequence[Notice]
    schools: Mapping[str, str]  # key -> name, of sections in scope
    quiet: Mapping[str, Quiet] = field(default_factory=dict)
    combined: Combined = field(default_factory=Combined)

    def look_at(self, aliases: Iterable[str], known: "Known") -> "Wishes":
        """These wishes with some of the quiet ones among the desired: somebody may have changed
        their courses."""
        quiet = dict(self.quiet)
        desired = list(self.desired)
        for name in aliases:
            if name in quiet:
                was = quiet.pop(name)
                sources, head = known.sources, known.heads.get(name)
                wish = was.one.wish(sources) if was.one else wish_for(was.section, sources)
                found = wish.desired(name, head, known.teachers_of)
                if isinstance(found, Desired):
                    desired.append(with_parted(found, head, self.combined, sources))
        return replace(self, desired=desired, quiet=quiet)


@dataclass(frozen=True, slots=True)
class Known:
    """What wishes are made from: the night's sources, and what is known of courses of ours, by
    alias. `released` are aliases that were let go of for good."""

    sources: Sources
    heads: Mapping[str, Head]
    teachers_of: Callable[[str], Staff] = lambda _alias: Staff()
    released: frozenset[str] = frozenset()


@dataclass(slots=True)
class _Night:
    """What one pass over the sections gathers. Local to `desire`."""

    known: Known
    sources: Sources
    combined: Combined
    desired: list[Desired] = field(default_factory=list)
    waiting: list[Waiting] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    missing: dict[str, list[tuple[str, Place]]] = field(default_factory=dict)
    schools: dict[str, str] = field(default_factory=dict)
    outside: Counter[str] = field(default_factory=Counter)  # by the policy's field that decided
    quiet: dict[str, Quiet] = field(default_factory=dict)
    sections: dict[str, list[str]] = field(default_factory=dict)  # alias -> keys of its sections
    named: dict[int, str] = field(default_factory=dict)  # teacher's name for a class -> section
    namesakes: dict[int, list[str]] = field(default_factory=dict)  # -> sections, where several


def desire(known: Known) -> Wishes:
    """Walk the sections in the file's order. What a section's rows leave open stays as it is in
    its course."""
    sources = known.sources
    combined = combine(sources, known.heads, known.released)
    night = _Night(known, sources, combined)
    night.notices += combined.notices
    faults = sources.roster.faults
    night.notices += [
        Notice(str(f.place), f"{f.message} ({f.level.value})", f.code) for f in faults
    ]
    for section in sources.roster.sections.values():
        one = combined.of(section)
        if one is None:
            _want(wish_for(section, sources), night)
        elif section.key == one.sections[0].key:
            _want(one.wish(sources), night, one)
    _refuse_twins(night)
    _note_namesakes(night)
    _note_unknown_schools(night)
    _note_unknown_identities(night)
    _note_empty_scope(night)
    return Wishes(
        desired=night.desired,
        waiting=night.waiting,
        unmatched=list(_unmatched(night)),
        notices=list(dict.fromkeys(night.notices)),
        schools=night.schools,
        quiet=night.quiet,
        combined=combined,
    )


def _want(wish: Wish, night: _Night, one: OneClass | None = None) -> None:
    """One section: in scope? with a key? then its course is wanted, or it says why it waits.
    Several that are one class (`one`) are known to be in scope, each with a key."""
    section, verdict = wish.section, wish.verdict()
    if not verdict.inside:
        night.outside[verdict.field] += 1
        return
    night.schools.setdefault(section.school.key, section.school.name)
    name = one.alias if one else wish.alias()
    if name is None:
        _wait(section, wish.why_no_key(), night)
        return
    for member in wish.unmatched:
        key = wish.section_of.get(member.place, section.key)
        night.missing.setdefault(member.person, []).append((key, member.place))
    if name in night.known.released:
        return
    head = night.known.heads.get(name)
    found = wish.desired(name, head, night.known.teachers_of)
    night.notices += wish.notices
    if isinstance(found, str):
        for each in wish.sections:
            _wait(each, found, night)
        return
    if name not in night.sections:
        _look_for_namesakes(wish, found, night)
    night.sections.setdefault(name, []).append(section.key)
    if head is not None and head.settled == found.digest:
        night.quiet[name] = _quiet(wish, head, found, one)
    else:
        night.desired.append(with_parted(found, head, night.combined, night.sources))


def _quiet(wish: Wish, head: Head, found: Desired, one: OneClass | None) -> Quiet:
    students = len(found.students)
    is_full = wish.rules.students.add is AddStudents.AT_ONCE or head.state is State.ACTIVE
    seated = students if is_full else 0
    return Quiet(wish.section, len(found.teachers), students, seated, one)


def _wait(section: Section, reason: str, night: _Night) -> None:
    night.waiting.append(
        Waiting(section.key, section.title, section.school.name, str(section.place), reason)
    )


def _refuse_twins(night: _Night) -> None:
    """Two sections with one key would fight over one class: neither is wanted, both are told."""
    sources = night.sources
    twins = {name: keys for name, keys in night.sections.items() if len(keys) > 1}
    for name, keys in twins.items():
        line = sources.policy.line_of("classes.key")
        for key in keys:
            others = ", ".join(other for other in keys if other != key)
            words = f"classes.key ({line}) gives it the same key as section {others}: {name}"
            _wait(sources.roster.sections[key], words, night)
        night.quiet.pop(name, None)
    if twins:
        night.desired = [wanted for wanted in night.desired if wanted.alias not in twins]


def _look_for_namesakes(wish: Wish, found: Desired, night: _Night) -> None:
    """Has a teacher another class of this name? There are very many: a hash of each is held. Of
    classes that an account owns, the teacher is the one who names them."""
    teacher = found.owner.id
    if wish.rules.classes.owner is not None:
        teacher = next(iter(wish.facts.teacher_emails), "")
    if not teacher:
        return
    both = hash((teacher, found.fields.name.casefold()))
    first = night.named.setdefault(both, wish.section.key)
    if first != wish.section.key:
        night.namesakes.setdefault(both, [first]).append(wish.section.key)


def _note_namesakes(night: _Night) -> None:
    """Nobody can tell classes of one name apart. The text under the name is not looked at: most of
    Classroom, Calendar and Gmail shows the name alone."""
    sources = night.sources
    for keys in night.namesakes.values():
        section = sources.roster.sections[keys[0]]
        line = sources.policy.line_of("classes.name", section.school.key, section.school.name)
        more = f" and {len(keys) - NAMED:,} more" if len(keys) > NAMED else ""
        words = (
            f"sections {', '.join(keys[:NAMED])}{more} have one teacher and get one name by "
            f"classes.name ({line})"
        )
        night.notices.append(Notice(str(section.place), words, "M312"))


def _note_unknown_identities(night: _Night) -> None:
    """Somebody whom the roster doesn't have has most likely left, or is misspelled."""
    roster, identities = night.sources.roster, night.sources.policy.identities
    unknown = [k for k in identities if k not in roster.people and k not in roster.doubtful_people]
    for key in unknown[:NAMED]:
        words = f"people.identities has the key {key}, which the roster doesn't have"
        night.notices.append(Notice(identities[key].line, words, "M313"))
    if len(unknown) > NAMED:
        first = identities[unknown[NAMED]].line
        words = f"people.identities has {len(unknown) - NAMED:,} more such keys, from here on"
        night.notices.append(Notice(first, words, "M313"))


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
        first = places[0][1]
        yield Unmatched(
            person_key=key,
            name=person.name if person else "",
            row=str(person.place if person else doubt.place if doubt else first),
            reason=reasons.get(key, "the roster has no row for them"),
            sections=tuple(dict.fromkeys(section for section, _ in places)),
        )
