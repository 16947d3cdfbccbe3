"""What is written down around each write: the entry before the call, the outcome and the base row
that follows from it after the call, so that a run killed anywhere can be told from one that ended.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from policy.errors import PlanAtFault
from policy.google.base import Reply
from policy.merge.plan import Change, Kind
from policy.merge.records import after_handover
from policy.store.base import BaseCourse, Entry, EntryState

_MEMBERS = {
    Kind.TEACHER_ADD: ("teachers", True),
    Kind.TEACHER_REMOVE: ("teachers", False),
    Kind.STUDENT_ADD: ("students", True),
    Kind.STUDENT_REMOVE: ("students", False),
}


def entry_of(change: Change, *, run_id: str, number: int, at: datetime) -> Entry:
    """The entry that is written before the call."""
    return Entry(
        run_id=run_id,
        number=number,
        alias=change.course.alias,
        kind=change.kind.value,
        change=_text(change),
        state=EntryState.SENT,
        at=at,
    )


def _text(change: Change) -> str:
    """What recovery and history need: ids and course texts; no name or e-mail of a person."""
    new = change.new
    facts = {
        "section": change.section,
        "school": change.course.school_key,
        "course": change.course.id,
        "user": change.person.id if change.person else new.owner.id if new else None,
        "field": change.field,
        "before": change.before,
        "after": change.after,
        "new": [new.fields.name, new.fields.section, new.fields.room] if new else None,
        "why": list(change.why),
    }
    return json.dumps({k: v for k, v in facts.items() if v is not None}, ensure_ascii=False)


def follow(change: Change, row: BaseCourse | None, reply: Reply) -> BaseCourse:
    """The base row after a write has happened. Texts are what was sent, not what came back: a
    text that Google has tidied must not be written anew every night."""
    if change.new is not None and reply.course is not None:
        return new_row(
            change.course.alias,
            reply.course.id,
            owner=reply.course.owner,
            facts=json.loads(_text(change)),
        )
    if row is None:
        raise PlanAtFault(f"the plan changes {change.course.alias}, which is no class of ours")
    return _follow_ours(change, row)


def _follow_ours(change: Change, row: BaseCourse) -> BaseCourse:
    after, user = change.after or "", change.person.id if change.person else ""
    if change.kind is Kind.COURSE_UPDATE:
        texts = {"name": row.name, "section": row.section, "room": row.room}
        texts[change.field or ""] = after
        return replace(row, name=texts["name"], section=texts["section"], room=texts["room"])
    if change.kind is Kind.COURSE_OWNER:
        teachers = after_handover(row.teachers, former=row.owner, owner=user)
        return replace(row, owner=user, teachers=teachers)
    family, added = _MEMBERS[change.kind]
    members = row.teachers if family == "teachers" else row.students
    members = members | {user} if added else members - {user}
    if family == "teachers":
        return replace(row, teachers=members)
    return replace(row, students=members)


def new_row(alias: str, course_id: str, *, owner: str, facts: dict[str, object]) -> BaseCourse:
    """The base row of a course that has just been made, from the facts in its entry."""
    texts = facts["new"]
    if not isinstance(texts, list):
        raise PlanAtFault(f"the journal's entry for {alias} does not say what was made")
    name, section, room = texts
    return BaseCourse(
        alias=alias,
        course_id=course_id,
        section_key=str(facts["section"]),
        school_key=str(facts["school"]),
        name=name,
        section=section,
        room=room,
        owner=owner,
        teachers=frozenset({owner}),
        students=frozenset(),
    )


def made_by(entries: Sequence[Entry]) -> dict[str, dict[str, object]]:
    """Of entries whose outcome is not known: the courses that may have been made, as alias ->
    the facts of the entry."""
    return {
        entry.alias: json.loads(entry.change)
        for entry in entries
        if entry.kind == Kind.COURSE_CREATE.value
    }


def settle_unheard(row: BaseCourse, entries: Sequence[Entry], live: BaseCourse) -> BaseCourse:
    """The base row where writes were never answered: what Classroom has (`live`, as a row) is
    what was last applied. Else what we did, and the SIS then took back, would look like a
    teacher's hand for ever."""
    for entry in entries:
        row = _settle_one(row, Kind(entry.kind), json.loads(entry.change), live)
    return row


def _settle_one(row: BaseCourse, kind: Kind, facts: dict[str, str], live: BaseCourse) -> BaseCourse:
    if kind is Kind.COURSE_UPDATE:
        texts = {"name": row.name, "section": row.section, "room": row.room}
        texts[facts["field"]] = getattr(live, facts["field"])
        return replace(row, name=texts["name"], section=texts["section"], room=texts["room"])
    if kind is Kind.COURSE_OWNER:
        if live.owner == row.owner:
            return row
        teachers = after_handover(row.teachers, former=row.owner, owner=live.owner)
        return replace(row, owner=live.owner, teachers=teachers)
    if kind not in _MEMBERS:
        return row
    family, user = _MEMBERS[kind][0], frozenset({facts["user"]})
    if family == "teachers":
        return replace(row, teachers=(row.teachers - user) | (live.teachers & user))
    return replace(row, students=(row.students - user) | (live.students & user))
