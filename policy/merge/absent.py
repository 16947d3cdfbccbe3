"""Courses of ours whose section is not wanted tonight: it left the roster, or its scope.

They are left as they are, members and all: a section that an export leaves out comes back most of
the time. What the policy may say is that a class is archived once its terms have been over.
"""

from dataclasses import dataclass
from datetime import date

from policy.merge.compare import OPEN, archiving
from policy.merge.outcome import Compared
from policy.merge.plan import CourseRef
from policy.merge.records import Base, Head, State
from policy.merge.setting import Setting


@dataclass(frozen=True, slots=True)
class Absent:
    """A course of ours that is not wanted, as Classroom's list has it."""

    base: Head
    name: str
    state: State


def compare_absent(absent: Absent, setting: Setting) -> Compared:
    """Archive it if it is time, there is no pause, and nobody has opened it again since."""
    base = absent.base
    if absent.state not in OPEN or not is_over(base, setting) or base.state is State.ARCHIVED:
        return Compared()
    if setting.pause is not None:
        return Compared()
    school = setting.reasons.school
    course = CourseRef(base.alias, base.course_id, absent.name, base.school_key, school)
    change = archiving(course, base.section_key, base.ends, absent.state, setting)
    return Compared(changes=(change,))


def is_over(base: Head, setting: Setting) -> bool:
    """Have the section's terms been over for as long as `classes.after_term` says?"""
    after = setting.rules.classes.archive_after
    if after is None or not base.ends:
        return False
    return date.fromisoformat(base.ends) + after <= setting.now.date()


def is_early(base: Head | Base, setting: Setting) -> bool:
    """Has its section gone before its terms were over?"""
    return not base.ends or setting.now.date() < date.fromisoformat(base.ends)
