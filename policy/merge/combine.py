"""Sections that are one class by `classes.combine`: which they are, and which course is theirs.

A class stays the same one every night though sections come and go: its course of ours remembers,
under their own aliases, the sections that it stands for (records of `Base.kept`). A course whose
alias is that of a section in scope is that section's in any case; else it goes on for the section,
or the group, that it stood for last.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from policy.merge.plan import Notice
from policy.merge.records import MISSED, PARTED, TOGETHER, Head
from policy.merge.wish import Sources, Wish, wish_for
from policy.roster.model import Role, Section
from policy.rules.model import Combine
from policy.rules.scope import matches

GroupKey = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class OneClass:
    """Sections that are one class, by their keys' order, and its alias. `own` are the aliases that
    they would have one by one; `line` is the rule's, "" for a section by itself."""

    sections: tuple[Section, ...]
    own: tuple[str, ...]
    alias: str
    line: str = ""

    def wish(self, sources: Sources) -> Wish:
        """The class, looked at."""
        first, *others = self.sections
        is_plain = self.own == (self.alias,)
        return wish_for(first, sources, *others, together=() if is_plain else self.own)


@dataclass(frozen=True, slots=True)
class Combined:
    """What is combined tonight, by section key: also a section by itself whose class goes by
    another alias. `homes` are all sections in scope by their own aliases, and the aliases of their
    classes; without rules and memories it is empty, and nobody needs it."""

    classes: Mapping[str, OneClass] = field(default_factory=dict)
    homes: Mapping[str, tuple[Section, str]] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()

    def of(self, section: Section) -> OneClass | None:
        """The class of a section, if that is no plain one."""
        return self.classes.get(section.key)

    def alias_of(self, section: Section, wish: Wish) -> str | None:
        """The alias of a section's class; None if it lacks what its key is made from."""
        found = self.of(section)
        return found.alias if found else wish.alias()

    def left_without(self) -> Mapping[str, OneClass]:
        """By the own aliases of combined sections: the class that they are in instead. A class
        that such a section had for itself is without a section."""
        return {
            own: one
            for one in self.classes.values()
            if len(one.sections) > 1
            for own in one.own
            if own != one.alias
        }


@dataclass(frozen=True, slots=True)
class _Seen:
    """A section in scope. `group` is what it has in common with those of its class; None if no rule
    is for it. Where `gap` says what it lacks for that, it stays where it is."""

    section: Section
    own: str
    group: GroupKey | None = None
    gap: str = ""
    line: str = ""
    is_doubtful: bool = False

    @property
    def key(self) -> str:
        return self.section.key


_Group = list[_Seen]


def combine(
    sources: Sources, heads: Mapping[str, Head], released: frozenset[str] = frozenset()
) -> Combined:
    """Which sections are one class. `heads` are the courses of ours by alias."""
    remembering = [head for head in heads.values() if any(map(_is_memory, head.kept))]
    rules = (sources.policy.defaults, *sources.policy.schools.values())
    if not remembering and not any(one.classes.combine for one in rules):
        return Combined()
    memories = _memories(remembering)
    seen = [s for s in _in_scope(sources) if s.own not in released]
    groups = _groups(seen, memories)
    aliases = _aliases(groups, memories, heads)
    classes: dict[str, OneClass] = {}
    for group, alias in zip(groups, aliases, strict=True):
        own = tuple(one.own for one in group)
        line = group[0].line if len(group) > 1 else ""
        together = OneClass(tuple(one.section for one in group), own, alias, line)
        if own != (alias,):
            classes |= {one.key: together for one in group}
    homes = {
        one.own: (one.section, alias)
        for group, alias in zip(groups, aliases, strict=True)
        for one in group
    }
    return Combined(classes, homes, tuple(_gaps(seen, classes)))


def _is_memory(record: str) -> bool:
    return record.startswith((TOGETHER, PARTED, MISSED))


def _memories(heads: Iterable[Head]) -> Mapping[str, Sequence[str]]:
    """By a section's own alias: the courses that stood for it together with others, or under
    another section's alias, the newest first."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for head in heads:
        for record, since in head.kept.items():
            if record.startswith(TOGETHER):
                found[record.removeprefix(TOGETHER)].append((since, head.alias))
    return {own: [alias for _, alias in sorted(some, reverse=True)] for own, some in found.items()}


def _in_scope(sources: Sources) -> Iterator[_Seen]:
    """Every section in scope that has a key of its own; of two with one key, neither."""
    found: dict[str, list[_Seen]] = defaultdict(list)
    for section in sources.roster.sections.values():
        wish = wish_for(section, sources)
        own = wish.alias()
        if own is not None and wish.verdict().inside:
            found[own].append(_look(wish, own))
    for same in found.values():
        if len(same) == 1:
            yield same[0]


def _look(wish: Wish, own: str) -> _Seen:
    section = wish.section
    for number, rule in enumerate(wish.rules.classes.combine):
        if matches(rule.where, wish.facts):
            values, gap = _values(wish, rule)
            group = (section.school.key, number, section.terms[-1].school_year, *values)
            doubtful = section.key in wish.sources.roster.doubtful_sections
            return _Seen(section, own, group, gap, rule.line, doubtful)
    return _Seen(section, own)


def _values(wish: Wish, rule: Combine) -> tuple[list[object], str]:
    """What a section is grouped by, and what it lacks for that."""
    section, gap = wish.section, ""
    values: list[object] = []
    for name in rule.by:
        if name == "primary_teacher":
            teachers = {m.person for m in wish.members if m.primary and m.role is Role.TEACHER}
            values.append(min(teachers, default=""))
            if len(teachers) != 1:
                gap = f"{len(teachers)} primary teachers" if teachers else "no primary teacher"
        elif name == "period":
            values.append(tuple(sorted(section.periods)))
            gap = gap or ("" if section.periods else "no period")
        elif name == "course":
            values.append(section.course.key)
        else:
            values.append(tuple(sorted(term.key for term in section.terms)))
    return values, gap


def _groups(seen: Sequence[_Seen], memories: Mapping[str, Sequence[str]]) -> list[_Group]:
    """All sections, each with those that are one class with it, by their keys' order. Where its
    rows don't tell with whom a section is combined, it stays with those of its class."""
    groups: dict[GroupKey, _Group] = defaultdict(list)
    open_ones: list[_Seen] = []
    for one in sorted(seen, key=lambda one: one.key):
        has_memory = one.own in memories
        if one.group is not None and (one.gap or one.is_doubtful) and has_memory:
            open_ones.append(one)
        elif one.group is None or one.gap:
            groups[one.own,].append(one)
        else:
            groups[one.group].append(one)
    there: dict[str, GroupKey] = {}  # course -> the group that has most to do with it
    for key, group in sorted(groups.items(), key=lambda item: -len(item[1])):
        for one in group:
            there.setdefault(next(iter(memories.get(one.own, ())), one.own), key)
    for one in open_ones:
        course = memories[one.own][0]
        groups[there.setdefault(course, ("stays", course))].append(one)
    return [sorted(group, key=lambda one: one.key) for group in groups.values()]


def _aliases(
    groups: Sequence[_Group], memories: Mapping[str, Sequence[str]], heads: Mapping[str, Head]
) -> Sequence[str]:
    """The alias of each group's class: of the courses that it may have, the one that most of its
    sections were in last; without any, that of its first section."""
    founders = {one.own: number for number, group in enumerate(groups) for one in group}
    voters: dict[str, Counter[int]] = defaultdict(Counter)
    for number, group in enumerate(groups):
        for one in group:
            for course in memories.get(one.own, ()):
                voters[course][number] += 1
    owners = {course: votes.most_common(1)[0][0] for course, votes in voters.items()} | founders
    owned: dict[int, set[str]] = defaultdict(set)
    for course, owner in owners.items():
        owned[owner].add(course)
    aliases = [_alias(group, memories, heads, owned[number]) for number, group in enumerate(groups)]
    return _with_those_left(aliases, groups, memories, heads)


def _alias(
    group: _Group,
    memories: Mapping[str, Sequence[str]],
    heads: Mapping[str, Head],
    owned: set[str],
) -> str:
    votes: Counter[str] = Counter()
    for one in group:
        courses = [*memories.get(one.own, ()), one.own]
        votes.update([c for c in courses if c in owned and c in heads][:1])
    return votes.most_common(1)[0][0] if votes else group[0].own


def _with_those_left(
    aliases: Sequence[str],
    groups: Sequence[_Group],
    memories: Mapping[str, Sequence[str]],
    heads: Mapping[str, Head],
) -> Sequence[str]:
    """Before a class is made for sections, they have the course that most of them were in last,
    though it is others': those have another one now, and nobody would go by it."""
    found = list(aliases)
    for number, group in enumerate(groups):
        if found[number] in heads:
            continue
        lasts = [[c for c in memories.get(one.own, ()) if c not in found][:1] for one in group]
        votes = Counter(course for last in lasts for course in last)
        found[number] = votes.most_common(1)[0][0] if votes else found[number]
    return found


def _gaps(seen: Iterable[_Seen], classes: Mapping[str, OneClass]) -> Iterator[Notice]:
    """Sections that a rule is for, and that lack what they are combined by."""
    for one in seen:
        if one.gap:
            what = "it stays in its class" if one.key in classes else "it is not combined"
            words = f"section {one.key} has {one.gap}: {what} (classes.combine, {one.line})"
            yield Notice(str(one.section.place), words, "M333")
