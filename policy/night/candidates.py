"""Looks in Classroom for courses that may be those of sections which seem to have none."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from policy.google.base import Classroom, Course, Members
from policy.merge.absent import is_early
from policy.merge.claims import Claim, Looks, adoptable, forgotten, rekeyed, renumbered
from policy.merge.judge import Comparing, keys_made_from
from policy.merge.plan import HeldFor
from policy.merge.records import Base, Desired, Head
from policy.rules.model import Adopt
from policy.rules.naming import is_rollbooks
from policy.rules.scope import is_like


@dataclass(frozen=True, slots=True)
class Ours:
    """Courses of ours by alias; `absent` are those that are in Classroom and whose section is not
    wanted. `load` gives their bases whole."""

    heads: Mapping[str, Head]
    absent: Mapping[str, Course]
    load: Callable[[Sequence[str]], Mapping[str, Base]]


def look_for_claims(
    classroom: Classroom,
    new: Sequence[Desired],
    ours: Ours,
    found: Mapping[str, Course],
    others: Sequence[Course],
    comparing: Comparing,
    *,
    keyed_by: str,
) -> Mapping[str, Claim]:
    """Claims by the wanted course's alias. `new` have no course of ours; `found` are those that
    have their very alias; `others` are nobody's."""
    if not new:
        return {}
    claims = _by_alias(new, found, ours)
    left = [want for want in new if want.alias not in claims]
    if not ours.heads:
        claims |= _forgotten(classroom, left, others)
    early = _early(ours, comparing)
    has_new_keys = keyed_by not in ("", keys_made_from(comparing.policy))
    same = ours.load(list(ours.absent)).values() if has_new_keys else early
    claims |= rekeyed(_free(same, claims), [want for want in new if want.alias not in claims])
    left = [want for want in new if want.alias not in claims]
    claims |= renumbered(_free(early, claims), left)
    left = [want for want in new if want.alias not in claims]
    claims |= _adoptions(classroom, left, others, comparing)
    return claims


def _early(ours: Ours, comparing: Comparing) -> list[Base]:
    """Those whose section has gone before its term was over, whatever state they are in."""
    heads = (ours.heads[alias] for alias in ours.absent)
    aliases = [h.alias for h in heads if is_early(h, comparing.setting(h.school_key))]
    return list(ours.load(aliases).values())


def _free(bases: Iterable[Base], claims: Mapping[str, Claim]) -> list[Base]:
    """Those that are not claimed yet."""
    taken = {claim.course_id for claim in claims.values()}
    return [base for base in bases if base.course_id not in taken]


def _by_alias(new: Sequence[Desired], found: Mapping[str, Course], ours: Ours) -> dict[str, Claim]:
    """Courses that have the very alias of a section. One of ours has it beside its own when we put
    it there and did not hear so, or when a section's id came again."""
    ids = {found[want.alias].id for want in new if want.alias in found}
    aliases = [head.alias for head in ours.heads.values() if head.course_id in ids]
    old = {base.course_id: base for base in ours.load(aliases).values()}
    claims: dict[str, Claim] = {}
    for want in new:
        if want.alias not in found:
            continue
        course_id = found[want.alias].id
        base = old.get(course_id)
        reason = HeldFor.ALREADY_THERE
        if base is not None and base.alias in ours.absent:
            is_same = base.section_key == want.section_key
            reason = HeldFor.REKEYED if is_same else HeldFor.RENUMBERED
        claims[want.alias] = Claim(reason, course_id, base)
    return claims


def _adoptions(
    classroom: Classroom, new: Sequence[Desired], others: Sequence[Course], comparing: Comparing
) -> Mapping[str, Claim]:
    """Only courses that some section might own are looked into: with one of its teachers as the
    owner, or of its name. One that can't be read is judged by what the list tells: it may be the
    section's, and to make another one would double it. One that Rollbook has made, for another
    district or before it was released, is no other tool's."""
    rules = {want.alias: comparing.setting(want.school_key).rules.classes.adopt for want in new}
    new = [want for want in new if rules[want.alias]]
    if not new or not others:
        return {}
    like = _somewhat_like(new, others)
    candidates = {course.id: course for courses in like.values() for course in courses}
    named = {
        course.id
        for alias, courses in like.items()
        for course in courses
        if any(_is_named_for(rule, course) for rule in rules[alias])
    }
    aliases = _aliases(classroom, named)
    allowed = {
        alias: frozenset(
            course.id
            for course in courses
            if any(_adopts(rule, course, aliases) for rule in rules[alias])
        )
        for alias, courses in like.items()
    }
    looks = _looks(classroom, candidates, allowed.values())
    return adoptable(new, looks, {alias: ids & looks.keys() for alias, ids in allowed.items()})


def _forgotten(
    classroom: Classroom, new: Sequence[Desired], others: Sequence[Course]
) -> Mapping[str, Claim]:
    """For a store without any class: what another one has made under other keys. Aliases are only
    read of courses with the name and a teacher of a section, and of more if one of those has been
    made by Rollbook."""
    like = _somewhat_like(new, others)
    teachers = {want.alias: want.teachers.keys() for want in new}
    names = {want.alias: _folded(want.fields.name) for want in new}
    closest = {
        course.id
        for alias, courses in like.items()
        for course in courses
        if course.owner in teachers[alias] and _folded(course.name) == names[alias]
    }
    if not _made_as(_aliases(classroom, closest)):
        return {}
    candidates = {course.id: course for courses in like.values() for course in courses}
    made_as = _made_as(_aliases(classroom, candidates.keys()))
    near = {
        alias: frozenset(course.id for course in courses if course.id in made_as)
        for alias, courses in like.items()
    }
    looks = _looks(classroom, candidates, near.values())
    readable = {alias: ids & looks.keys() for alias, ids in near.items()}
    return forgotten(new, looks, readable, made_as)


def _made_as(aliases: Mapping[str, frozenset[str]]) -> Mapping[str, str]:
    """The first alias of Rollbook's of courses that have any, by course id."""
    ours = {key: sorted(filter(is_rollbooks, names)) for key, names in aliases.items()}
    return {key: names[0] for key, names in ours.items() if names}


def _looks(
    classroom: Classroom, candidates: Mapping[str, Course], some: Iterable[frozenset[str]]
) -> Mapping[str, Looks]:
    """What courses look like, by id. Those that Google doesn't find any more are left out."""
    wanted = sorted(frozenset().union(*some))
    members = classroom.members(wanted) if wanted else {}
    return {
        course_id: Looks(
            candidates[course_id].name,
            candidates[course_id].owner,
            inside.students if isinstance(inside, Members) else frozenset(),
        )
        for course_id, inside in members.items()
    }


def _somewhat_like(
    new: Sequence[Desired], others: Sequence[Course]
) -> Mapping[str, Sequence[Course]]:
    by_owner: dict[str, list[Course]] = defaultdict(list)
    by_name: dict[str, list[Course]] = defaultdict(list)
    for course in others:
        by_owner[course.owner].append(course)
        by_name[_folded(course.name)].append(course)
    return {
        want.alias: list(
            {
                course.id: course
                for some in (
                    by_name[_folded(want.fields.name)],
                    *(by_owner[teacher] for teacher in want.teachers),
                )
                for course in some
            }.values()
        )
        for want in new
    }


def _aliases(classroom: Classroom, course_ids: Collection[str]) -> Mapping[str, frozenset[str]]:
    """The aliases of courses. Those that can't be told are left out."""
    found = classroom.aliases(sorted(course_ids)) if course_ids else {}
    return {key: names for key, names in found.items() if isinstance(names, frozenset)}


def _is_named_for(rule: Adopt, course: Course) -> bool:
    return rule.name is None or is_like(course.name, rule.name)


def _adopts(rule: Adopt, course: Course, aliases: Mapping[str, frozenset[str]]) -> bool:
    names = aliases.get(course.id)
    if not _is_named_for(rule, course) or any(map(is_rollbooks, names or ())):
        return False
    if rule.alias is None or names is None:  # can't be told: it may be the one
        return True
    return any(is_like(name, rule.alias) for name in names)


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())
