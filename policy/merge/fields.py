"""The texts of a course, merged one by one: name, section, room."""

from collections.abc import Iterator
from dataclasses import replace

from policy.merge.merge import FieldDecision, decide_field
from policy.merge.plan import Change, CourseRef, Kept, Kind
from policy.merge.records import Base, Desired, Fields, Live
from policy.merge.setting import Setting
from policy.merge.why import Reasons

NAMES = ("name", "section", "room")


def merge_fields(
    base: Base,
    desired: Desired,
    live: Live,
    *,
    setting: Setting,
) -> tuple[list[Change], list[Kept], Fields]:
    """What changes, what is kept, and the base's texts as they now stand."""
    changes: list[Change] = []
    kept: list[Kept] = []
    settled = base.fields
    rules, reasons = setting.rules, setting.reasons
    course = reasons.course(desired, base)
    for name, b, d, v in _triples(base.fields, desired.fields, live.fields):
        decision = decide_field(base=b, desired=d, live=v, protected=name in rules.classes.protect)
        if decision is FieldDecision.NOTHING:
            settled = replace(settled, **{name: v})
        elif decision is FieldDecision.KEEP:
            since = base.kept.get(name, setting.stamp)
            kept.append(_kept(course, name, ours=d, theirs=v, since=since, changed=d != b))
        else:
            changes.append(_change(course, desired, name, reasons, b=b, d=d, v=v))
    return changes, kept, settled


def _triples(base: Fields, desired: Fields, live: Fields) -> Iterator[tuple[str, str, str, str]]:
    for name in NAMES:
        yield name, getattr(base, name), getattr(desired, name), getattr(live, name)


def _change(
    course: CourseRef, desired: Desired, name: str, reasons: Reasons, *, b: str, d: str, v: str
) -> Change:
    why = [f"was {b!r}, the roster and the policy now make it {d!r} ({desired.row})"]
    if v != b:
        field = "classes.protect"
        line = reasons.policy.line_of(field, reasons.school_key, reasons.school)
        why.append(f"over {v!r}, which was set by hand: {name} is not in {field} ({line})")
    return Change(
        Kind.COURSE_UPDATE, course, desired.section_key, tuple(why), field=name, before=v, after=d
    )


def _kept(
    course: CourseRef, name: str, *, ours: str, theirs: str, since: str, changed: bool
) -> Kept:
    why = "changed by hand in Classroom"
    if changed:
        why += "; the roster has changed too, and the field is protected"
    return Kept(course, name, name, since, (why,), ours=ours, theirs=theirs)
