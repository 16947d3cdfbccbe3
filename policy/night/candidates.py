"""Looks in Classroom for courses that may be those of sections which seem to have none."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from policy.google.base import Classroom, Course, Members
from policy.merge.absent import is_early
from policy.merge.claims import Claim, Looks, adoptable, rekeyed, renumbered
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
    wanted = sorted({course_id for ids in allowed.values() for course_id in ids})
    members = classroom.members(wanted) if wanted else {}
    looks = {
        course_id: Looks(
            candidates[course_id].name,
            candidates[course_id].owner,
            inside.students if isinstance(inside, Members) else frozenset(),
        )
        for course_id, inside in members.items()
    }
    readable = {alias: ids & looks.keys() for alias, ids in allowed.items()}
    return adoptable(new, looks, readable)


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
