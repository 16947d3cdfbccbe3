"""One course: base, desired and live become changes, stops, kept things, and a settled base."""

from collections.abc import Mapping
from dataclasses import replace

from policy.merge.fields import merge_fields
from policy.merge.merge import CourseDecision, decide_course
from policy.merge.outcome import Compared, Stop
from policy.merge.owner import merge_owner
from policy.merge.plan import (
    FORMER_ALIAS,
    PAUSED,
    Change,
    CourseRef,
    HeldFor,
    Kept,
    Kind,
    NewCourse,
)
from policy.merge.records import MISSED, PARTED, TOGETHER, Base, Desired, Live, State
from policy.merge.seats import first_seats, merge_seats, without_put_back
from policy.merge.setting import Setting
from policy.roster.model import Role

OLD_ALIAS = f"{FORMER_ALIAS}:"  # before an alias in `kept`: still on the course, and to come off
OPEN = (State.ACTIVE, State.PROVISIONED)
_PAUSED = f"{PAUSED}state"
_OPENED_AS = {State.ARCHIVED: State.ACTIVE, State.DECLINED: State.PROVISIONED}


def compare_course(
    base: Base | None, desired: Desired, live: Live | None, setting: Setting
) -> Compared:
    """Judge one course that is wanted. One that is there and not ours is `claims`' to judge."""
    decision = decide_course(base=base is not None, desired=True, live=live is not None)
    if decision is CourseDecision.CREATE:
        course = setting.reasons.course(desired, None)
        return Compared(changes=create(desired, course, setting))
    if base is not None and live is not None:
        return merge_course(base, desired, live, setting)
    if base is not None:
        return Compared(stops=(_gone(base, desired, setting),), base=base)
    raise ValueError(f"{desired.alias} is in Classroom, and no course of ours")


def create(desired: Desired, course: CourseRef, setting: Setting) -> tuple[Change, ...]:
    """The course, then everybody in it."""
    reasons, start = setting.reasons, setting.rules.classes.start_as.value
    state, course = State[start.upper()], replace(course, id=None)
    new = NewCourse(
        desired.fields, desired.owner, state.value, desired.ends, together=desired.together
    )
    why = (reasons.section(desired), reasons.rule("classes.start_as", start))
    made = Change(Kind.COURSE_CREATE, course, desired.section_key, why, new=new)
    return (made, *first_seats(desired, course, state, setting))


def _gone(base: Base, desired: Desired, setting: Setting) -> Stop:
    course = setting.reasons.course(desired, base)
    detail = f"it was made as course {course.id} and is no longer in Classroom"
    again = create(desired, course, setting)
    return Stop(HeldFor.GONE, Kind.COURSE_CREATE, course, detail, again)


def merge_course(base: Base, desired: Desired, live: Live, setting: Setting) -> Compared:
    """A course that is ours and there: its state, then its texts, owner and seats; what it is to
    remember of its sections; and off it comes the alias of one that it was made for before."""
    found = _with_sections(_merge(base, desired, live, setting), base, desired, setting)
    old = {record: since for record, since in base.kept.items() if record.startswith(OLD_ALIAS)}
    if not old or found.base is None:
        return found
    course = setting.reasons.course(desired, base)
    off = tuple(_off(course, record.removeprefix(OLD_ALIAS), desired) for record in old)
    kept = {**found.base.kept, **old}
    return replace(found, changes=(*found.changes, *off), base=replace(found.base, kept=kept))


def _with_sections(found: Compared, base: Base, desired: Desired, setting: Setting) -> Compared:
    """One that has another class by now is remembered until nobody is here whom the roster does not
    list: who of it is, a drop may leave out for a night."""
    if found.base is None:
        return found
    inside = (found.base.teachers | found.base.students).difference(
        desired.teachers, desired.students
    )
    records = [f"{TOGETHER}{own}" for own in desired.together]
    records += [f"{MISSED}{own}" for own in desired.missing]
    records += [f"{PARTED}{one.own}" for one in desired.parted if inside]
    memories = (TOGETHER, PARTED, MISSED)
    kept = {k: v for k, v in found.base.kept.items() if not k.startswith(memories)}
    kept |= {record: base.kept.get(record, setting.stamp) for record in records}
    return found if kept == found.base.kept else replace(found, base=replace(found.base, kept=kept))


def _off(course: CourseRef, alias: str, desired: Desired) -> Change:
    """With two aliases the course would be in the old section's way, should it come back."""
    why = (f"its class goes on as section {desired.section_key} ({desired.row})",)
    return Change(
        Kind.COURSE_UPDATE, course, desired.section_key, why, field=FORMER_ALIAS, before=alias
    )


def _merge(base: Base, desired: Desired, live: Live, setting: Setting) -> Compared:
    course = setting.reasons.course(desired, base)
    base = replace(
        base,
        section_key=desired.section_key,
        school_key=desired.school_key,
        ends=desired.ends or base.ends,
    )
    if live.state not in OPEN:
        return _resting(course, base, desired, live, setting)
    if desired.archive:
        return _over(course, base, live.state, setting)
    return _open(replace(base, state=live.state), desired, live, setting)


def _open(base: Base, desired: Desired, live: Live, setting: Setting) -> Compared:
    base = without_put_back(base, desired, live)
    changes, kept_fields, fields = merge_fields(base, desired, live, setting=setting)
    owned = merge_owner(base, desired, live, setting)
    base = replace(owned.base, former=owned.base.former & live.teachers)
    teachers = merge_seats(Role.TEACHER, base, desired, live, setting)
    students = merge_seats(Role.STUDENT, base, desired, live, setting)
    kept = (*kept_fields, *owned.kept, *teachers.kept, *students.kept)
    settled = replace(
        base,
        fields=fields,
        teachers=teachers.ours,
        students=students.ours,
        former=base.former - teachers.ours,
        leaving={**owned.leaving, **teachers.leaving, **students.leaving},
    )
    return Compared(
        changes=(*changes, *owned.changes, *teachers.changes, *students.changes),
        stops=(*owned.stops, *teachers.stops, *students.stops),
        kept=kept,
        base=replace(
            settled,
            kept={**teachers.unlike, **students.unlike, **{k.record: k.since for k in kept}},
        ),
    )


def _resting(
    course: CourseRef, base: Base, desired: Desired, live: Live, setting: Setting
) -> Compared:
    """Declined, archived or suspended: the teacher's (or Google's) word, and nothing is written;
    save that what we archived comes back with its section, and a declined class is offered again
    where the policy says so."""
    state = live.state.value.lower()
    since = base.kept.get("state", setting.stamp)
    base = replace(base, leaving=still_leaving(base, desired))
    why = f"the class is {state} in Classroom: nothing in it is changed"
    kept = Kept(course, "state", state, since, (why,))
    base, silent = _with_state(base, since), _with_state(base)
    if live.state is base.state and live.state in _OPENED_AS:
        if desired.archive:
            return Compared(base=silent)
        words = f"section {desired.section_key} is wanted, and that its class is {state} does not "
        words += f"count as a teacher's doing ({desired.row})"
        change = _to_state(course, desired, live.state, _OPENED_AS[live.state], (words,))
        return Compared(changes=(change,), base=silent)
    reasons = _offered_again(base, desired, live, since, setting)
    if reasons:
        change = _to_state(course, desired, live.state, State.PROVISIONED, reasons)
        return Compared(changes=(change,), kept=(kept,), base=base)
    return Compared(kept=(kept,), base=base)


def still_leaving(base: Base, desired: Desired) -> Mapping[str, str]:
    """Whose grace runs on while nothing can be done: not of those whom the roster lists again."""
    wanted = {f"teacher:{user}" for user in desired.teachers}
    wanted |= {f"student:{user}" for user in desired.students} | {"owner"}
    return {record: since for record, since in base.leaving.items() if record not in wanted}


def _offered_again(
    base: Base, desired: Desired, live: Live, since: str, setting: Setting
) -> tuple[str, ...]:
    """Why a declined class is offered again, if it is."""
    again = setting.rules.classes.offer_again
    if live.state is not State.DECLINED or again is None or desired.archive:
        return ()
    if base.owner == live.owner != desired.owner.id and not desired.owner_by_default:
        return (f"who declined it is no longer the section's primary teacher ({desired.row})",)
    if setting.is_over(since, again):
        rule = setting.reasons.place("classes.offer_again")
        return (f"it was declined, as first seen on {since[:10]}; that is long enough ({rule})",)
    return ()


def _over(course: CourseRef, base: Base, state: State, setting: Setting) -> Compared:
    """Its terms have been over for as long as the policy says. Archived once: a teacher who opens
    it again is left alone."""
    if base.state is State.ARCHIVED:
        since = base.kept.get("state", setting.stamp)
        why = "archived after its term, and opened again by hand: it stays open"
        kept = Kept(course, "state", "active", since, (why,))
        return Compared(kept=(kept,), base=_with_state(base, since))
    return archive(course, base, state, setting)


def archive(course: CourseRef, base: Base, state: State, setting: Setting) -> Compared:
    """Archive a class of ours that is open, unless there is a pause."""
    change = archiving(course, base.section_key, base.ends, state, setting)
    if setting.pause is not None:
        words = f"{change.why[0]}; {setting.pause_words()}"
        since = base.kept.get(_PAUSED, setting.stamp)
        kept = Kept(course, _PAUSED, "open until the pause is over", since, (words,))
        remembered = {**_with_state(base).kept, _PAUSED: since}
        return Compared(kept=(kept,), base=replace(base, kept=remembered))
    return Compared(changes=(change,), base=_with_state(base))


def archiving(course: CourseRef, section: str, ends: str, state: State, setting: Setting) -> Change:
    """The change that archives a class which is open."""
    rule = setting.reasons.place("classes.after_term")
    why = (f"the terms of section {section} were over on {ends} ({rule})",)
    return Change(
        Kind.COURSE_ARCHIVE,
        course,
        section,
        why,
        field="courseState",
        before=state.value,
        after=State.ARCHIVED.value,
    )


def _to_state(
    course: CourseRef, desired: Desired, before: State, after: State, why: tuple[str, ...]
) -> Change:
    return Change(
        Kind.COURSE_RESTORE,
        course,
        desired.section_key,
        why,
        field="courseState",
        before=before.value,
        after=after.value,
    )


def _with_state(base: Base, since: str = "") -> Base:
    """What is remembered of the state; of its seats and texts, which nobody looks at now, all
    stays as it was."""
    kept = {key: when for key, when in base.kept.items() if key not in ("state", _PAUSED)}
    return replace(base, kept={**kept, "state": since} if since else kept)
