"""Courses that are there, are a section's by all signs, and are not known as such: held, proposed.

Three ways to get there. The store was lost: a course has the section's very alias (or, if what keys
are made from has changed since, another one of Rollbook's, and looks just like it). The SIS has
renumbered a section (or the policy has changed what keys are made from): a course of ours stands
without its section, and a new section looks just like it. The policy adopts what another tool made.
To create in these cases would double a class, so nothing is created; consent takes the course as
the section's, with the seats that the SIS knows as ours, and everything else as made by hand.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from policy.merge.compare import OLD_ALIAS, OPEN, create, merge_course
from policy.merge.outcome import Compared, Stop
from policy.merge.plan import ALIAS, Change, HeldFor, Kind
from policy.merge.records import TOGETHER, Base, Desired, Head, Live, State
from policy.merge.setting import Setting

LIKE = 0.6  # from here on a course is taken for the section's, if no other comes near
APART = 0.1  # two that are less apart are not told apart
HAIR = 1e-9  # so that rounding tells nothing apart
NEAR = 0.4  # from here on it may be: nothing is made until somebody has looked
MOST_STUDENTS = 0.5  # of the larger class, that both must have
CLOSE = timedelta(days=90)  # between the ends of one section's terms, by two exports
_FOLLOW = (Kind.COURSE_UPDATE, Kind.TEACHER_ADD, Kind.STUDENT_ADD, Kind.COURSE_OWNER)


@dataclass(frozen=True, slots=True)
class Looks:
    """What a course is recognised by. Members are Google user ids."""

    name: str
    owner: str
    students: frozenset[str]


@dataclass(frozen=True, slots=True)
class Claim:
    """A course for a section that has none. `old` is its base row under another alias, if it is
    ours (with ALREADY_THERE: that of the section whose class it is); `score` from 0 to 1 is how
    much alike they are, 1 for certain; `is_clear` whether no other course is as like; `alias` the
    other alias of Rollbook's that it has, of a course that this store doesn't know."""

    reason: HeldFor
    course_id: str
    old: Base | None = None
    score: float = 1.0
    is_clear: bool = True
    alias: str = ""


def claim_course(desired: Desired, live: Live, claim: Claim, setting: Setting) -> Compared:
    """The course, held. Consent to the update puts the section's alias on it, and what is to be
    added and changed follows; what is to be taken away is the next night's to say, whose limits
    it has to pass. Where the course can't be told, consent creates a new one."""
    course = setting.reasons.course(desired, claim.old)
    course = replace(course, id=claim.course_id)
    detail = _words(claim, live)
    if claim.reason is HeldFor.ALREADY_THERE and claim.old is not None:
        return Compared(stops=(Stop(claim.reason, Kind.COURSE_CREATE, course, detail),))
    if claim.score < LIKE or not claim.is_clear:
        made = create(desired, course, setting)
        stop = Stop(claim.reason, Kind.COURSE_CREATE, replace(course, id=None), detail, made)
        return Compared(stops=(stop,))
    base = _as_ours(desired, live, claim, setting)
    change = Change(
        Kind.COURSE_UPDATE,
        course,
        desired.section_key,
        (detail, setting.reasons.section(desired)),
        field=ALIAS,
        before=claim.old.alias if claim.old else None,
        after=desired.alias,
        claim=base,
    )
    follows = merge_course(base, desired, live, setting)
    follow = [c for c in follows.changes if c.kind in _FOLLOW]
    changes = (change, *follow)
    stop = Stop(claim.reason, Kind.COURSE_UPDATE, course, detail, changes)
    return Compared(stops=(stop,))


def _as_ours(desired: Desired, live: Live, claim: Claim, setting: Setting) -> Base:
    """The base row that the course would have: of ours the old one; else the seats that are there
    and wanted (and that we would have made), and texts and a state that stay as they are."""
    if claim.old is not None:
        return replace(
            claim.old,
            alias=desired.alias,
            kept=_kept(claim.old, desired, setting),
            section_key=desired.section_key,
            school_key=desired.school_key,
            settled="",
        )
    owner = live.owner if claim.reason is HeldFor.ADOPT else desired.owner.id
    ours = frozenset(desired.teachers) if setting.rules.co_teachers.add else desired.leading
    return Base(
        alias=desired.alias,
        course_id=claim.course_id,
        section_key=desired.section_key,
        school_key=desired.school_key,
        fields=desired.fields,
        owner=owner,
        teachers=live.teachers & (ours | {desired.owner.id}),
        students=live.students & desired.students.keys(),
        state=live.state if live.state in OPEN else State.PROVISIONED,
        ends=desired.ends,
        kept={
            **({f"{OLD_ALIAS}{claim.alias}": setting.stamp} if claim.alias else {}),
            **_together(desired, setting),
        },
    )


def _kept(old: Base, desired: Desired, setting: Setting) -> Mapping[str, str]:
    """What a course of ours remembers under its new alias. As many sections as it stood for are
    the same ones under new aliases; else the former ones stay, and are waited for."""
    kept, together = dict(old.kept), _together(desired, setting)
    before = [record for record in kept if record.startswith(TOGETHER)]
    if len(before) == len(together):
        for record in before:
            del kept[record]
    return {**kept, **together, f"{OLD_ALIAS}{old.alias}": setting.stamp}


def _together(desired: Desired, setting: Setting) -> Mapping[str, str]:
    return {f"{TOGETHER}{own}": setting.stamp for own in desired.together}


def _words(claim: Claim, live: Live) -> str:
    course = f"course {claim.course_id}"
    if claim.reason is HeldFor.ALREADY_THERE and claim.old:
        return f"{course} has this section's alias, and is section {claim.old.section_key}'s class"
    if claim.reason is HeldFor.ALREADY_THERE and not claim.alias:
        return f"{course} has this section's alias, and this store did not make it"
    if claim.reason is HeldFor.REKEYED and claim.old:
        return f"{course} was made for it under the key {_key(claim.old)}"
    if claim.reason is HeldFor.RENUMBERED and claim.old:
        where = f"section {claim.old.section_key}, which the roster no longer has"
        return f"{course} was made for {where}; {_alike(claim)}"
    name = f"{course}, “{live.fields.name}”"
    if claim.alias:
        name = f"{name}, which was made by Rollbook as {claim.alias.removeprefix('d:rollbook.')}"
    if not claim.is_clear:
        return f"{name}, is no more like it than another course or section is; {_alike(claim)}"
    if claim.score < LIKE:
        return f"{name}, is too little like it to be taken for it; {_alike(claim)}"
    return f"{name}; {_alike(claim)}"


def _key(base: Base) -> str:
    return base.alias.removeprefix("d:rollbook.")


def _alike(claim: Claim) -> str:
    return f"name, teacher and students are {claim.score:.0%} alike"


def likeness(one: Looks, other: Looks) -> float:
    """From 0 to 1: name and owner for three tenths each, students for four."""
    name = _folded(one.name) == _folded(other.name)
    score = 0.3 * name + 0.3 * (one.owner == other.owner)
    return score + 0.4 * shared(one.students, other.students)


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())


def shared(some: frozenset[str], others: frozenset[str]) -> float:
    """The share of the larger class that both have; two empty ones have nothing in common."""
    most = max(len(some), len(others))
    return len(some & others) / most if most else 0.0


def looks(desired: Desired) -> Looks:
    """A wanted course, as it would look; with those who are on its roster and have no certain
    account just now."""
    students = frozenset(desired.students) | desired.unsure
    return Looks(desired.fields.name, desired.owner.id, students)


def rekeyed(bases: Iterable[Base], new: Iterable[Desired]) -> Mapping[str, Claim]:
    """By alias of the wanted course: the one of ours that was made for the very same section
    under another key. A section's id that came again has several: the one that ends last. The
    class of another year, whose section had the same id, is not it; nor is, for sections that are
    one class, the one that the first of them had for itself before."""
    by_section: dict[str, list[Base]] = defaultdict(list)
    for base in sorted(bases, key=lambda base: base.ends, reverse=True):
        by_section[base.section_key].append(base)
    return {
        want.alias: Claim(
            HeldFor.REKEYED,
            found[0].course_id,
            found[0],
            is_clear=len(found) == 1 or found[0].ends != found[1].ends,
        )
        for want in new
        if (found := _same_section(by_section[want.section_key], want))
    }


def _same_section(bases: Sequence[Base], want: Desired) -> Sequence[Base]:
    same = [base for base in bases if _end_together(base, want)]
    return [base for base in same if is_for_several(base) is bool(want.together)] or same


def is_for_several(base: Base | Head) -> bool:
    """Does a course of ours stand for sections together, or for one instead of another?"""
    return any(record.startswith(TOGETHER) for record in base.kept)


def _end_together(base: Base, want: Desired) -> bool:
    """Do they end at about the same time, as far as is known?"""
    if not base.ends or not want.ends:
        return True
    apart = date.fromisoformat(base.ends) - date.fromisoformat(want.ends)
    return abs(apart) <= CLOSE


def renumbered(bases: Iterable[Base], new: Iterable[Desired]) -> Mapping[str, Claim]:
    """By alias of the wanted course: the one of ours without a section that is just like it: same
    school, same term's end, and most of the students (or, of one that has none yet, the same
    teacher and name). Where two are, or the likeness is small, it can't be told."""
    early = list(bases)
    by_student, by_owner = _index(early)
    pairs = []
    for want in new:
        there = looks(want)
        nearby = {n for student in there.students for n in by_student.get(student, ())}
        nearby |= set(by_owner.get(want.owner.id, ()))
        pairs += [
            (score, want.alias, early[n])
            for n in sorted(nearby)
            if (score := _renumbered_likeness(early[n], want, there)) >= NEAR
        ]
    return _best(
        (score, alias, Claim(HeldFor.RENUMBERED, base.course_id, base, score))
        for score, alias, base in pairs
    )


def _index(
    bases: Sequence[Base],
) -> tuple[Mapping[str, Sequence[int]], Mapping[str, Sequence[int]]]:
    """Their places by student, and those of bases without students by owner."""
    by_student: dict[str, list[int]] = defaultdict(list)
    by_owner: dict[str, list[int]] = defaultdict(list)
    for number, base in enumerate(bases):
        for student in base.students:
            by_student[student].append(number)
        if not base.students:
            by_owner[base.owner].append(number)
    return by_student, by_owner


def _renumbered_likeness(base: Base, want: Desired, there: Looks) -> float:
    """0 for one that can't be it."""
    if base.school_key != want.school_key or not _end_together(base, want):
        return 0.0
    return _same_people(there, looks_of(base))


def _same_people(there: Looks, here: Looks) -> float:
    """Their likeness; 0 for one that has other students than the section. A class of last year has
    its teacher and its name."""
    if here.students:
        is_likely = shared(here.students, there.students) >= MOST_STUDENTS
    else:
        is_likely = here.owner == there.owner and _folded(here.name) == _folded(there.name)
    return likeness(there, here) if is_likely else 0.0


def looks_of(base: Base) -> Looks:
    return Looks(base.fields.name, base.owner, base.students)


def adoptable(
    wanted: Sequence[Desired], found: Mapping[str, Looks], allowed: Mapping[str, frozenset[str]]
) -> Mapping[str, Claim]:
    """By alias of the wanted course: the course of another tool that is most like it. `found` by
    course id; `allowed` tells which courses each wanted one's policy would adopt."""
    return _best(
        (score, want.alias, Claim(HeldFor.ADOPT, course_id, None, score))
        for want in wanted
        for course_id in sorted(allowed.get(want.alias, ()))
        if (score := likeness(looks(want), found[course_id])) >= NEAR
    )


def forgotten(
    wanted: Sequence[Desired],
    found: Mapping[str, Looks],
    near: Mapping[str, frozenset[str]],
    made_as: Mapping[str, str],
) -> Mapping[str, Claim]:
    """By alias of the wanted course: the one just like it that Rollbook has made, as another store
    knew it. `found` and `made_as` (its alias) by course id; `near` tells which courses each wanted
    one is compared to."""
    return _best(
        (
            score,
            want.alias,
            Claim(HeldFor.ALREADY_THERE, course_id, None, score, alias=made_as[course_id]),
        )
        for want in wanted
        for course_id in sorted(near.get(want.alias, ()))
        if (score := _same_people(looks(want), found[course_id])) >= NEAR
    )


def _best(pairs: Iterable[tuple[float, str, Claim]]) -> dict[str, Claim]:
    """The most alike first; each section gets one course, and each course goes to one section.
    What is nearly as like as the best is not told apart from it, on either side."""
    ranked = sorted(pairs, key=lambda pair: (-pair[0], pair[1], pair[2].course_id))
    scores: dict[str, list[float]] = defaultdict(list)
    for score, alias, claim in ranked:
        scores[alias].append(score)
        scores[claim.course_id].append(score)
    taken: dict[str, float] = {}  # course id -> how like it is the one that has it
    best: dict[str, Claim] = {}
    for score, alias, claim in ranked:
        course = claim.course_id
        rivals = [s for s in (*scores[alias], *scores[course]) if s > score - APART + HAIR]
        if alias in best or taken.get(course, 0.0) >= score + APART - HAIR:
            continue
        best[alias] = replace(claim, is_clear=len(rivals) == 2)  # itself, on either side
        taken.setdefault(course, score)
    return best
