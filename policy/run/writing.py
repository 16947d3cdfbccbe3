"""The write that a change asks for, in Classroom's words."""

from collections.abc import Mapping

from policy.google.base import CourseState, Verb, Write
from policy.merge.plan import ALIAS, FORMER_ALIAS, Change, Kind

VERBS = {
    Kind.COURSE_CREATE: Verb.CREATE_COURSE,
    Kind.COURSE_UPDATE: Verb.UPDATE_COURSE,
    Kind.COURSE_OWNER: Verb.CHANGE_OWNER,
    Kind.COURSE_ARCHIVE: Verb.SET_STATE,
    Kind.COURSE_RESTORE: Verb.SET_STATE,
    Kind.TEACHER_ADD: Verb.ADD_TEACHER,
    Kind.TEACHER_REMOVE: Verb.REMOVE_TEACHER,
    Kind.STUDENT_ADD: Verb.ADD_STUDENT,
    Kind.STUDENT_REMOVE: Verb.REMOVE_STUDENT,
}
STATES = {Kind.COURSE_ARCHIVE: CourseState.ARCHIVED, Kind.COURSE_RESTORE: CourseState.ACTIVE}


def is_claim(change: Change) -> bool:
    """Does it take a course that is there as ours?"""
    return change.kind is Kind.COURSE_UPDATE and change.field == ALIAS


def is_unclaiming(change: Change) -> bool:
    """Does it take off the alias by which a course was another section's?"""
    return change.kind is Kind.COURSE_UPDATE and change.field == FORMER_ALIAS


def user_of(change: Change) -> str:
    """Whom a change is about, as a user id; empty for texts and states."""
    return change.person.id if change.person else ""


def write_for(change: Change, course: str) -> Write:
    """The write that a change asks for. `course` is its id, or the alias of a new one."""
    if is_claim(change):
        return Write(Verb.ADD_ALIAS, course, None, {ALIAS: change.after or ""})
    if is_unclaiming(change):
        return Write(Verb.REMOVE_ALIAS, course, None, {ALIAS: change.before or ""})
    user = None if change.kind is Kind.COURSE_OWNER else user_of(change) or None
    return Write(VERBS[change.kind], course, user, _fields(change))


def _fields(change: Change) -> Mapping[str, str] | None:
    if change.new is not None:
        texts = change.new.fields
        body = {"name": texts.name, "section": texts.section, "room": texts.room}
        fields = {key: text for key, text in body.items() if text}
        return fields | {"ownerId": change.new.owner.id, "courseState": change.new.state}
    if change.kind is Kind.COURSE_UPDATE:
        return {change.field or "": change.after or ""}
    if change.kind is Kind.COURSE_OWNER:
        return {"ownerId": user_of(change)}
    if change.kind in STATES:
        return {"courseState": change.after or STATES[change.kind].value}
    return None
