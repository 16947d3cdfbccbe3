"""Why somebody is in a class, or is not: the chain from the SIS's row, through the policy, to the
write at Google, and what a hand has changed since. Nothing is asked of Classroom: it is told as
of the last run.
"""

from collections.abc import Iterator, Sequence

from policy.merge.causes import drop_of, row_of_section, rows_of, rules_for_seat, scope
from policy.merge.chain import Memory, Step, Story, Who
from policy.merge.effects import (
    all_by_hand,
    by_hand,
    history,
    name_of,
    next_for,
    next_in,
    seats_told,
    told,
    unwritten,
    writes_about,
)
from policy.merge.outlook import Outlook, Spot
from policy.merge.written import SEATS


def about_person(who: Who, outlook: Outlook | None) -> Iterator[Step]:
    """Their row and their account."""
    if outlook is None:
        return
    roster, matches = outlook.sources.roster, outlook.sources.matches
    drop = drop_of(outlook)
    for key in who.keys:
        person, fault = roster.people.get(key), roster.doubtful_people.get(key)
        if person is not None:
            email = person.email or "no e-mail"
            yield Step("roster", f"{person.place} is {person.name}, {email}, key {key} ({drop})")
        if fault is not None:
            yield Step("roster", f"their row is faulty: {fault}")
        if identity := outlook.sources.policy.identities.get(key):
            words = f"people.identities has another e-mail for them ({identity.line})"
            yield Step("policy", f"{identity.email} holds: {words}")
        if person is None and fault is None:
            yield Step("roster", f"nobody has the key {key} any more ({drop})")
        if key in matches.users:
            user = matches.users[key]
            yield Step("account", f"{user.email} is Google's user {user.id}")
        elif key in matches.reasons and fault is None:
            yield Step("account", matches.reasons[key])
    if not who.keys:
        yield Step("roster", f"nobody in it leads to this account ({drop})")


def seat_story(who: Who, spot: Spot, memory: Memory, outlook: Outlook | None) -> Story:
    """One person and one class."""
    steps = [
        *rows_of(who, spot, outlook),
        *scope(spot, memory, outlook),
        *rules_for_seat(who, spot, outlook),
        *told(writes_about(who, spot, memory), memory),
        *unwritten(who, spot, memory),
        *by_hand(who, spot, outlook),
        *next_for(who, spot, outlook),
    ]
    return _story(spot, _standing(who, spot, memory), steps)


def course_story(spot: Spot, memory: Memory, outlook: Outlook | None) -> Story:
    """One class."""
    steps = [
        *row_of_section(spot, outlook),
        *scope(spot, memory, outlook),
        *told([w for w in history(spot, memory) if w.kind not in SEATS], memory),
        *seats_told(spot, memory),
        *all_by_hand(spot, memory),
        *next_in(spot, outlook),
    ]
    return _story(spot, _how_it_is(spot, memory), steps)


def _story(spot: Spot, verdict: str, steps: Sequence[Step]) -> Story:
    key = spot.section.key if spot.section else spot.base.section_key if spot.base else None
    return Story(
        title=f"“{spot.name}”",
        verdict=verdict,
        steps=tuple(dict.fromkeys(steps)),
        alias=spot.alias,
        course_id=spot.base.course_id if spot.base else None,
        section=key,
    )


def _standing(who: Who, spot: Spot, memory: Memory) -> str:
    """Are they in the class, as of the last run?"""
    base, user = spot.base, who.user_id
    if base is None:
        released = spot.alias in memory.released
        return "the class is released" if released else "there is no class of ours"
    if user and user == base.owner:
        return "it was handed on by hand" if "owner" in base.kept else "they own it"
    for role, ours in (("student", base.students), ("teacher", base.teachers)):
        is_by_hand = f"{role}:{user}" in base.kept
        if user in ours:
            return "they were taken out by hand" if is_by_hand else f"they are its {role}"
        if is_by_hand:
            return f"they are in it as a {role}, put in by hand"
    if user in base.former:
        return "they are its teacher, and owned it before"
    if any(record.startswith("other:") and record.endswith(f":{user}") for record in base.kept):
        return "they are in it in another role, by hand"
    return "they are not in it"


def _how_it_is(spot: Spot, memory: Memory) -> str:
    base = spot.base
    if base is None:
        released = spot.alias in memory.released
        return "the class is released" if released else "there is no class of ours"
    students, teachers = len(base.students), len(base.teachers | {base.owner})
    seats = f"{_count(teachers, 'teacher')} and {_count(students, 'student')} of ours"
    return f"course {base.course_id}, owner {name_of(base.owner, memory)}, {seats}"


def _count(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
