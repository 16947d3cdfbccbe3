"""Apply a plan: in order, in batches, journalled before and after each call. Decides nothing."""

import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from policy.errors import PlanAtFault
from policy.google.base import Classroom, Course, Members, Outcome, Reply, Verb, Write
from policy.merge.plan import ORDER, Change, Kind, Plan
from policy.run.journal import entry_of, follow
from policy.store.base import BaseCourse, Entry, EntryState, RunRecord, RunState, Store

BATCH = 50
TRIES = 7  # with 1 + 2 + 4 + … s between them: about two minutes before a write is put off
VERBS = {
    Kind.COURSE_CREATE: Verb.CREATE_COURSE,
    Kind.COURSE_UPDATE: Verb.UPDATE_COURSE,
    Kind.COURSE_OWNER: Verb.CHANGE_OWNER,
    Kind.TEACHER_ADD: Verb.ADD_TEACHER,
    Kind.TEACHER_REMOVE: Verb.REMOVE_TEACHER,
    Kind.STUDENT_ADD: Verb.ADD_STUDENT,
    Kind.STUDENT_REMOVE: Verb.REMOVE_STUDENT,
}
_STATES = {Outcome.REFUSED: EntryState.REFUSED}
_WRONG_ROLE = "409 they are in this class in another role"
_NO_CLASS = "its class could not be made in this run"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a run needs of the world: the doors, the clock, and how to wait."""

    classroom: Classroom
    store: Store
    clock: Callable[[], datetime]
    sleep: Callable[[float], None]
    progress: Callable[[int, int], None] = lambda _done, _total: None
    chance: Callable[[], float] = random.random


@dataclass(frozen=True, slots=True)
class Undone:
    """A change that a run did not get done, and Google's words."""

    change: Change
    final: bool  # refused; else a later run tries again
    reason: str


@dataclass(frozen=True, slots=True)
class Finished:
    """How a run ended."""

    record: RunRecord
    undone: tuple[Undone, ...]


@dataclass(slots=True)
class _Run:
    """The state of one run. Local to `apply_plan`."""

    plan: Plan
    around: Surroundings
    record: RunRecord
    rows: dict[str, BaseCourse]
    numbers: Iterator[int]
    done: Counter[str] = field(default_factory=Counter)
    undone: list[Undone] = field(default_factory=list)


def apply_plan(plan: Plan, around: Surroundings, *, run_id: str) -> Finished:
    """Do all changes of the plan, kind by kind.

    0. Refuse a plan that changes a course which is not ours.
    1. Write down that the run has started.
    2. For each kind in run order: courses one by one (concurrent creates abort each other at
       Google), everything else in batches.
    3. Write down how it ended, with what is held and what was refused.
    """
    ids = [c.course.id for c in plan.changes if c.course.id is not None]
    rows = {row.alias: row for row in around.store.base_of(sorted(set(ids))).values()}
    _refuse_foreign(plan, rows)
    run = _Run(plan, around, _record(plan, run_id, around.clock()), rows, iter(range(10**9)))
    around.store.start_run(run.record)
    for kind in ORDER:
        changes = [change for change in plan.changes if change.kind is kind]
        size = 1 if kind is Kind.COURSE_CREATE else BATCH
        for start in range(0, len(changes), size):
            _do_batch(changes[start : start + size], run)
    return _end(run)


def _refuse_foreign(plan: Plan, rows: Mapping[str, BaseCourse]) -> None:
    for change in plan.changes:
        course = change.course
        row = rows.get(course.alias)
        if course.id is not None and (row is None or row.course_id != course.id):
            raise PlanAtFault(
                f"plan {plan.id} changes course {course.id} as {course.alias}, which is no class "
                "of this store; nothing was written. Make a new plan."
            )


def _record(plan: Plan, run_id: str, started: datetime) -> RunRecord:
    held = Counter[str]()
    for hold in plan.held:
        held[hold.kind.value] += hold.count
    return RunRecord(
        id=run_id,
        plan_id=plan.id,
        state=RunState.RUNNING,
        started=started,
        ended=None,
        policy_digest=plan.policy.digest,
        roster_digest=plan.roster.digest,
        counts={},
        held=dict(held),
        refused={},
    )


def _end(run: _Run) -> Finished:
    refused = Counter(undone.change.kind.value for undone in run.undone)
    state = RunState.HELD if run.record.held else RunState.DONE
    record = replace(
        run.record,
        state=RunState.REFUSED if refused else state,
        ended=run.around.clock(),
        counts=dict(run.done),
        refused=dict(refused),
    )
    run.around.store.end_run(record)
    return Finished(record, tuple(run.undone))


def _do_batch(changes: Sequence[Change], run: _Run) -> None:
    """One batch: journal, call, journal; what Google wants to hear again soon is said again."""
    ready = [change for change in changes if _course_of(change, run) is not None]
    run.undone += [Undone(c, False, _NO_CLASS) for c in changes if _course_of(c, run) is None]
    at = run.around.clock()
    pending = [
        (change, entry_of(change, run_id=run.record.id, number=next(run.numbers), at=at))
        for change in ready
    ]
    run.around.store.start_entries([entry for _, entry in pending])
    for attempt in range(TRIES):
        if not pending:
            break
        if attempt:
            run.around.sleep(2 ** (attempt - 1) * (1 + run.around.chance()))
        pending = _ask(pending, run, last=attempt == TRIES - 1)
    run.around.progress(sum(run.done.values()) + len(run.undone), len(run.plan.changes))


def _course_of(change: Change, run: _Run) -> str | None:
    """The course's id (its alias, for one that is to be made); None when making it failed."""
    if change.kind is Kind.COURSE_CREATE:
        return change.course.alias
    if change.course.id is not None:
        return change.course.id
    row = run.rows.get(change.course.alias)
    return row.course_id if row else None


def _ask(
    pending: Sequence[tuple[Change, Entry]], run: _Run, *, last: bool
) -> list[tuple[Change, Entry]]:
    """Ask once. What is settled goes to the journal; what is not comes back."""
    replies = run.around.classroom.write([_write(change, run) for change, _ in pending])
    replies = _look_again([change for change, _ in pending], replies, run)
    again: list[tuple[Change, Entry]] = []
    entries: list[Entry] = []
    touched: dict[str, BaseCourse] = {}
    for (change, entry), reply in zip(pending, replies, strict=True):
        if reply.outcome is Outcome.AGAIN_SOON and not last:
            again.append((change, entry))
        elif reply.outcome in (Outcome.DONE, Outcome.ALREADY):
            row = follow(change, run.rows.get(change.course.alias), reply)
            run.rows[row.alias] = touched[row.alias] = row
            run.done[change.kind.value] += 1
            entries.append(replace(entry, state=EntryState.DONE, at=run.around.clock()))
        elif reply.outcome is Outcome.AGAIN_SOON:
            # One of the tries may have done it all the same: the entry stays open, and the next
            # night takes what Classroom has as the base.
            run.undone.append(Undone(change, False, reply.reason))
        else:
            entries.append(_put_off(change, entry, reply, run))
    run.around.store.finish_entries(entries, touched.values())
    return again


def _put_off(change: Change, entry: Entry, reply: Reply, run: _Run) -> Entry:
    state = _STATES.get(reply.outcome, EntryState.LATER)
    run.undone.append(Undone(change, state is EntryState.REFUSED, reply.reason))
    return replace(entry, state=state, at=run.around.clock(), reason=reply.reason)


def _write(change: Change, run: _Run) -> Write:
    """The write that a change asks for, in Classroom's words."""
    course, user = _course_of(change, run) or "", change.person.id if change.person else None
    fields: Mapping[str, str] | None = None
    if change.new is not None:
        texts = change.new.fields
        body = {"name": texts.name, "section": texts.section, "room": texts.room}
        fields = {key: text for key, text in body.items() if text}
        fields |= {"ownerId": change.new.owner.id, "courseState": change.new.state}
    elif change.kind is Kind.COURSE_UPDATE:
        fields = {change.field or "": change.after or ""}
    elif change.kind is Kind.COURSE_OWNER:
        fields, user = {"ownerId": user or ""}, None
    return Write(VERBS[change.kind], course, user, fields)


def _look_again(changes: Sequence[Change], replies: Sequence[Reply], run: _Run) -> list[Reply]:
    """409 has two meanings. The client library may have sent a POST twice, and then our own first
    one is what is there already; or somebody else's is. So look."""
    result = list(replies)
    for number, (change, reply) in enumerate(zip(changes, replies, strict=True)):
        if reply.outcome is not Outcome.ALREADY:
            continue
        if change.kind is Kind.COURSE_CREATE:
            result[number] = _made_already(change, reply, run)
        elif change.kind in (Kind.TEACHER_ADD, Kind.STUDENT_ADD):
            result[number] = _seated_already(change, reply, run)
    return result


def _made_already(change: Change, reply: Reply, run: _Run) -> Reply:
    """A course with our alias that is just what we asked for is our own."""
    alias, new = change.course.alias, change.new
    found = run.around.classroom.find([alias]).get(alias)
    if not isinstance(found, Course):
        return replace(reply, outcome=Outcome.AGAIN_SOON)
    if new and (found.owner, found.name) == (new.owner.id, new.fields.name):
        return Reply(Outcome.DONE, reply.status, course=found)
    reason = "409 a class with this alias is there already, and it is another one"
    return Reply(Outcome.REFUSED, reply.status, reason)


def _seated_already(change: Change, reply: Reply, run: _Run) -> Reply:
    course = _course_of(change, run) or ""
    members = run.around.classroom.members([course]).get(course)
    user = change.person.id if change.person else ""
    if not isinstance(members, Members):
        return replace(reply, outcome=Outcome.AGAIN_SOON)
    there = members.teachers if change.kind is Kind.TEACHER_ADD else members.students
    if user in there:
        return reply
    return Reply(Outcome.REFUSED, reply.status, _WRONG_ROLE)
