"""Which sections are one class tonight, and by which alias it goes: what decision 013 says, by code
that shares nothing with the engine's.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from histories.district import District
from histories.sis import TERMS, Row, Sis

# By the alias of each course of ours: the sections that it stands for together with others, or
# instead of its own, by the aliases that they would have one by one; and since when.
Memory = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class OneClass:
    """Sections that are one class, by their keys' order, and its alias."""

    rows: tuple[Row, ...]
    alias: str


def one_classes(sis: Sis, district: District, memory: Memory, today: date) -> list[OneClass]:
    """All classes that are wanted, most of them of one section."""
    rows = [row for row in sis.rows.values() if row.listed and in_scope(row, district, today)]
    rows.sort(key=lambda row: row.key)
    lasts = _lasts(memory)
    groups: dict[object, list[Row]] = defaultdict(list)
    stays: dict[str, list[Row]] = defaultdict(list)  # by the class that they are in
    for row in rows:
        common = in_common(row, sis, district)
        is_doubtful = common is None or row in [sis.rows[slot] for slot in sis.faulty_sections]
        if district.combine and is_doubtful and row.own in lasts:
            stays[lasts[row.own][0]].append(row)
        else:
            groups[common or row.own].append(row)
    found = list(groups.values())
    for course, some in sorted(stays.items()):
        found = _with(some, course, found, lasts, memory)
    found = [sorted(group, key=lambda row: row.key) for group in found]
    aliases = _aliases(found, lasts, memory)
    return [OneClass(tuple(group), name) for group, name in zip(found, aliases, strict=True)]


def in_scope(row: Row, district: District, today: date) -> bool:
    term = TERMS[row.term]
    return district.terms == "all" or term.start <= today < term.end


def in_common(row: Row, sis: Sis, district: District) -> tuple[str, ...] | None:
    """What a section has in common with those of its class; None if it lacks some of that."""
    if not district.combine:
        return ("by itself", row.own)
    primaries = [key for key, seat in sis.members(row) if seat == "p"]
    values = {
        "primary_teacher": primaries[0] if len(primaries) == 1 else "",
        "course": row.course,
        "period": row.period,
    }
    common = [values[name] for name in district.combine]
    return (row.school, *common) if all(common) else None


def _lasts(memory: Memory) -> Mapping[str, Sequence[str]]:
    """By a section's own alias: the courses that stood for it, the newest first."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for course, sections in memory.items():
        for own, since in sections.items():
            found[own].append((since, course))
    return {
        own: [course for _, course in sorted(some, reverse=True)] for own, some in found.items()
    }


def _with(
    some: list[Row],
    course: str,
    groups: list[list[Row]],
    lasts: Mapping[str, Sequence[str]],
    memory: Memory,
) -> list[list[Row]]:
    """Sections stay in their class: they are with those who go by it, if anybody does."""
    of_it = [sum(lasts.get(row.own, [row.own])[0] == course for row in group) for group in groups]
    for number in sorted(range(len(groups)), key=lambda number: (-of_it[number], number)):
        if not of_it[number]:
            break
        tried = [g + some if n == number else g for n, g in enumerate(groups)]
        tried = [sorted(group, key=lambda row: row.key) for group in tried]
        if _aliases(tried, lasts, memory)[number] == course:
            return tried
    return [*groups, some]


def _aliases(
    groups: Sequence[Sequence[Row]], lasts: Mapping[str, Sequence[str]], memory: Memory
) -> list[str]:
    """A course is that of the section whose alias it has, else of those that it stood for last.
    Of the courses that a class may have, it goes by the one that most of its sections were in.
    What is left so is for the others that it stood for, if they have none."""
    owners = {
        course: max(
            range(len(groups)),
            key=lambda n: (
                any(row.own == course for row in groups[n]),
                sum(row.own in memory[course] for row in groups[n]),
                -n,
            ),
        )
        for course in memory
        if groups
    }
    found = [
        _alias(group, {course for course, owner in owners.items() if owner == n}, lasts)
        for n, group in enumerate(groups)
    ]
    for n, group in enumerate(groups):
        if found[n] not in memory:  # it would be made: then rather one that nobody goes by
            found[n] = _alias(group, memory.keys() - set(found), lasts)
    return found


def _alias(group: Iterable[Row], owned: Collection[str], lasts: Mapping[str, Sequence[str]]) -> str:
    owns = [row.own for row in group]
    votes = [[c for c in (*lasts.get(own, ()), own) if c in owned][:1] for own in owns]
    count = Counter(course for vote in votes for course in vote)
    return max(count, key=lambda course: count[course], default=owns[0])
