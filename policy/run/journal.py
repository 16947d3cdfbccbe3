"""What is written down around each write: the entry before the call, the outcome and the base row
that follows from it after the call, so that a run killed anywhere can be told from one that ended.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from policy.errors import PlanAtFault
from policy.google.base import Reply
from policy.merge.plan import ALIAS, FORMER_ALIAS, Change, Kind
from policy.merge.records import TOGETHER, State, after_handover
from policy.run.rows import base_record, base_row
from policy.store.base import BaseCourse, Entry, EntryState

_MEMBERS = {
    Kind.TEACHER_ADD: ("teachers", True),
    Kind.TEACHER_REMOVE: ("teachers", False),
    Kind.STUDENT_ADD: ("students", True),
    Kind.STUDENT_REMOVE: ("students", False),
}
_OF_STATE = (Kind.COURSE_ARCHIVE, Kind.COURSE_RESTORE)
_ALIASES = (ALIAS, FORMER_ALIAS)  # of which the row tells nothing but its own


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
    """What recovery, undo and history need: ids and course texts; no name or e-mail of a person."""
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
        "state": new.state if new else None,
        "ends": new.ends if new else None,
        "together": (list(new.together) or None) if new else None,
        "keeps_former": change.keeps_former if change.kind is Kind.COURSE_OWNER else None,
        "why": list(change.why),
    }
    return json.dumps({k: v for k, v in facts.items() if v is not None}, ensure_ascii=False)


def follow(
    change: Change, row: BaseCourse | None, reply: Reply, *, at: datetime | None = None
) -> BaseCourse:
    """The base row after a write has happened, `at` some time. Texts are what was sent, not what
    came back: a text that Google has tidied must not be written anew every night. The row of a
    change of alias stands under the new one; the caller forgets the one before."""
    if change.new is not None and reply.course is not None:
        return new_row(
            change.course.alias,
            reply.course.id,
            owner=reply.course.owner,
            facts=json.loads(_text(change)),
            read=at.isoformat(timespec="seconds") if at else "",
        )
    if change.claim is not None:
        return base_row(change.claim)
    if row is None:
        raise PlanAtFault(f"the plan changes {change.course.alias}, which is no class of ours")
    return replace(_follow_ours(change, row), settled="")


def _follow_ours(change: Change, row: BaseCourse) -> BaseCourse:
    user = change.person.id if change.person else ""
    if change.kind in _OF_STATE:
        kept = {record: since for record, since in row.kept.items() if record != "state"}
        return replace(row, state=change.after or row.state, kept=kept)
    if change.kind is Kind.COURSE_UPDATE and change.field in _ALIASES:
        off = f"{FORMER_ALIAS}:{change.before}"
        return replace(row, kept={key: since for key, since in row.kept.items() if key != off})
    if change.kind is Kind.COURSE_UPDATE:
        return _with_text(row, change.field or "", change.after or "")
    if change.kind is Kind.COURSE_OWNER:
        return _handed_over(row, user, keeps_former=change.keeps_former)
    family, added = _MEMBERS[change.kind]
    members = row.teachers if family == "teachers" else row.students
    members = members | {user} if added else members - {user}
    # What was remembered of the seat's being there, or not, beside what is ours no longer holds.
    kept = {key: since for key, since in row.kept.items() if key != f"{family[:-1]}:{user}"}
    if family == "teachers":
        return replace(row, teachers=members, kept=kept)
    return replace(row, students=members, kept=kept)


def _with_text(row: BaseCourse, field: str, text: str) -> BaseCourse:
    texts = {"name": row.name, "section": row.section, "room": row.room}
    texts[field] = text
    return replace(row, name=texts["name"], section=texts["section"], room=texts["room"])


def _handed_over(row: BaseCourse, owner: str, *, keeps_former: bool) -> BaseCourse:
    return base_row(after_handover(base_record(row), owner, keeps_former=keeps_former))


def new_row(
    alias: str, course_id: str, *, owner: str, facts: Mapping[str, object], read: str = ""
) -> BaseCourse:
    """The base row of a course that has just been made, from the facts in its entry. `read` is
    when that was (RFC 3339); without it, its members count as never read."""
    texts = facts["new"]
    if not isinstance(texts, list):
        raise PlanAtFault(f"the journal's entry for {alias} does not say what was made")
    name, section, room = texts
    together = facts.get("together")
    own = together if isinstance(together, list) else ()
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
        state=str(facts.get("state", State.PROVISIONED.value)),
        ends=str(facts.get("ends", "")),
        kept={f"{TOGETHER}{alias}": read for alias in own},
        read=read,
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
    """The base row where writes were never answered: what Classroom has (`live`, as a row) tells.
    Else what we did, and the SIS then took back, would look like a teacher's hand for ever. What
    is neither as before nor as asked for is a hand's, after our write: so that it is kept."""
    for entry in entries:
        row = _settle_one(row, Kind(entry.kind), json.loads(entry.change), live)
    return row


def _settle_one(
    row: BaseCourse, kind: Kind, facts: Mapping[str, object], live: BaseCourse
) -> BaseCourse:
    if kind in _OF_STATE:
        is_as_before = live.state == facts["before"]
        return row if is_as_before else replace(row, state=str(facts["after"]))
    if kind is Kind.COURSE_UPDATE:
        field = str(facts["field"])
        # An alias that was put on the course is no text of it; the next night finds it by that.
        if field in _ALIASES or getattr(live, field) == facts["before"]:
            return row
        return _with_text(row, field, str(facts["after"]))
    if kind is Kind.COURSE_OWNER:
        if live.owner in (row.owner, facts["before"]):
            return row
        keeps = facts.get("keeps_former", True) is True
        return _handed_over(row, str(facts["user"]), keeps_former=keeps)
    if kind not in _MEMBERS:
        return row
    family, user = _MEMBERS[kind][0], frozenset({str(facts["user"])})
    if family == "teachers":
        return replace(row, teachers=(row.teachers - user) | (live.teachers & user))
    return replace(row, students=(row.students - user) | (live.students & user))
