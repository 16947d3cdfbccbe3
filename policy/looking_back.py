"""The verbs that look back: history and undo. They read; what undo makes is an ordinary plan."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from policy.arriving import OpenSource, arrive
from policy.engine import World, done_so_far, new_id
from policy.errors import InputAtFault, RosterAtFault
from policy.finding import course_named
from policy.google.base import Course, Members, Unreadable
from policy.merge.judge import summary_of
from policy.merge.plan import ALIAS, Kind, Notice, Plan, RosterSummary
from policy.merge.records import Base, Fields, Live, User
from policy.merge.undo import Present, undo
from policy.merge.written import Written
from policy.night.reading import account_facts, live_record, store_mark
from policy.rules.model import Policy
from policy.run.rows import base_record
from policy.store.base import Entry, RunRecord, RunState, Store

EVERY = 1_000_000_000
FEW = 50  # courses that are asked for one by one


def run_named(text: str, store: Store) -> RunRecord:
    """The run with this id, or the one whose id begins so. Raises InputAtFault."""
    wanted = text.strip()
    found = [run for run in store.runs(newest=EVERY) if wanted and run.id.startswith(wanted)]
    exact = [run for run in found if run.id == wanted] or found
    if not exact:
        raise InputAtFault(f"{text!r} is no run of this store; rollbook history lists the runs")
    if len(exact) > 1:
        some = ", ".join(run.id for run in exact[:5])
        raise InputAtFault(f"{text!r} is the beginning of {len(exact)} runs: {some}")
    return exact[0]


def runs_of(store: Store, newest: int) -> Sequence[RunRecord]:
    """The newest runs, the newest one first; one that has not ended with what it has done."""
    return [
        replace(run, counts=done_so_far(run.id, store)) if run.state is RunState.RUNNING else run
        for run in store.runs(newest=newest)
    ]


def writes_of(run: RunRecord, store: Store) -> Iterator[Written]:
    """What a run wrote, or tried to, in order."""
    return map(written, store.entries(run.id))


def names_of_classes(store: Store) -> Mapping[str, str]:
    """The names of our classes, as we last wrote them, by alias."""
    return {head.alias: head.name for head in store.heads()}


def written(entry: Entry) -> Written:
    """A journal's entry, as the merge looks at it."""
    facts = json.loads(entry.change)
    made = facts.get("new")
    return Written(
        run_id=entry.run_id,
        number=entry.number,
        alias=entry.alias,
        kind=Kind(entry.kind),
        state=entry.state.value,
        at=entry.at,
        section=facts["section"],
        school_key=facts["school"],
        course_id=facts.get("course"),
        user=facts.get("user", ""),
        field=facts.get("field", ""),
        before=facts.get("before", ""),
        after=facts.get("after", ""),
        made=Fields(*made) if made else None,
        why=tuple(facts["why"]),
        reason=entry.reason,
    )


@dataclass(frozen=True, slots=True)
class Part:
    """Which part of a run is taken back: one school's (key or name), one course's, or all."""

    school: str | None = None
    course: str | None = None


def plan_undo(
    run: RunRecord, part: Part, policy: Policy, world: World, open_source: OpenSource
) -> Plan:
    """The plan that takes a run back, made from what is in Classroom now. Writes nothing."""
    now = world.settings.now(ZoneInfo(policy.district.timezone), world.clock())
    mark = world.store.mark()  # first: what changes while we read makes the plan stale, not wrong
    schools, notices = _schools(policy, open_source)
    moved = _moves(run, world.store)
    writes = [_as_now(write, moved) for write in _part_of(run, part, world.store, schools)]
    rows = world.store.base_under(sorted({write.alias for write in writes}))
    bases = {alias: base_record(row) for alias, row in rows.items()}
    lives, unreadable = _lives(bases, world)
    back = undo(
        run.id,
        writes,
        Present(
            bases=bases,
            others=(base_record(row) for row in world.store.base() if row.alias not in rows),
            lives=lives,
            unreadable=unreadable,
            later=_later(run, world.store, moved),
            accounts=_accounts(world),
            schools=schools,
            stamp=now.isoformat(timespec="seconds"),
        ),
        policy,
    )
    return Plan(
        id=new_id(world),
        created=now,
        district=policy.district.id,
        district_name=policy.district.name,
        roster=RosterSummary(f"undo of run {run.id}", run.roster_digest, {}),
        policy=summary_of(policy),
        store=store_mark(mark),
        changes=back.changes,
        held=back.held,
        kept=back.kept,
        notices=(*back.notices, *notices),
        courses=back.courses,
        schools={key: schools.get(key, key) for key in sorted({w.school_key for w in writes})},
    )


def _schools(
    policy: Policy, open_source: OpenSource
) -> tuple[Mapping[str, str], tuple[Notice, ...]]:
    """The schools' names, by which a policy may claim them, as far as the roster can be read."""
    try:
        roster = arrive(policy, None, open_source).roster
    except RosterAtFault as error:
        words = f"the roster can't be read, so schools have no names here: {error.problems[0]}"
        return {}, (Notice(policy.sources[0].line, words, "M325"),)
    return {school.key: school.name for school in roster.schools.values()}, ()


def _part_of(
    run: RunRecord, part: Part, store: Store, schools: Mapping[str, str]
) -> Iterator[Written]:
    """The run's writes, or those of a school or course. Raises InputAtFault if there are none."""
    aliases = aliases_of(part.course, store)
    found = 0
    for entry in store.entries(run.id):
        write = written(entry)
        if part.school and part.school not in (write.school_key, schools.get(write.school_key)):
            continue
        if aliases is None or write.alias in aliases:
            found += 1
            yield write
    if not found and (part.school or part.course):
        asked = part.course or part.school
        raise InputAtFault(f"run {run.id} has written nothing to {asked}: nothing to take back")


def aliases_of(course: str | None, store: Store) -> frozenset[str] | None:
    """The aliases under which a course was written to: its own, and those that it had before."""
    if course is None:
        return None
    alias = course_named(course, store.heads()).alias
    found = {alias}
    while alias:
        moves = [w for w in map(written, store.entries_of(alias)) if w.record == ALIAS]
        alias = next((w.before for w in moves if w.before and w.before not in found), "")
        found |= {alias} if alias else set()
    return frozenset(found)


def _moves(run: RunRecord, store: Store) -> Mapping[str, str]:
    """Classes that go by another alias since: the one before, and the one that came then."""
    done = map(written, store.done_since(run.started))
    return {w.before: w.alias for w in done if w.record == ALIAS and w.before}


def _as_now(write: Written, moved: Mapping[str, str]) -> Written:
    """A write, by the alias that its class has now."""
    alias, seen = write.alias, set[str]()
    while alias in moved and alias not in seen:
        seen.add(alias)
        alias = moved[alias]
    return replace(write, alias=alias)


def _later(run: RunRecord, store: Store, moved: Mapping[str, str]) -> Mapping[tuple[str, str], str]:
    """What later runs have written: alias and record, and the newest of those runs."""
    newest_first = [other.id for other in store.runs(newest=EVERY)]
    newer = frozenset(newest_first[: newest_first.index(run.id)])
    others = (entry for entry in store.done_since(run.started) if entry.run_id in newer)
    writes = (_as_now(written(entry), moved) for entry in others)
    return {(w.alias, w.record): w.run_id for w in writes}


def _lives(bases: Mapping[str, Base], world: World) -> tuple[Mapping[str, Live], Mapping[str, str]]:
    """Classroom's side of the courses that a run has written to, by the alias that they have now:
    as it is, or Google's words where it can't be read."""
    ours = {alias: base.course_id for alias, base in bases.items()}
    courses = _courses(sorted(ours.values()), world)
    members = world.classroom.members([i for i, c in courses.items() if isinstance(c, Course)])
    lives: dict[str, Live] = {}
    unreadable: dict[str, str] = {}
    for alias, course_id in ours.items():
        for found in (courses.get(course_id), members.get(course_id)):
            if isinstance(found, Unreadable):
                unreadable.setdefault(alias, found.reason)
        course, inside = courses.get(course_id), members.get(course_id)
        if isinstance(course, Course) and isinstance(inside, Members):
            lives[alias] = live_record(course, inside)
    return lives, unreadable


def _courses(ids: Sequence[str], world: World) -> Mapping[str, Course | Unreadable]:
    """Many are asked for by the list, page by page; a list may lag behind, so the rest by id."""
    found: dict[str, Course | Unreadable] = {}
    if len(ids) > FEW:
        wanted = frozenset(ids)
        found.update((c.id, c) for c in world.classroom.courses() if c.id in wanted)
    missing = [course_id for course_id in ids if course_id not in found]
    return {**found, **(world.classroom.find(missing) if missing else {})}


def _accounts(world: World) -> Mapping[str, User]:
    """The accounts that can be put into a class, by user id."""
    facts = map(account_facts, world.directory.accounts())
    return {fact.user.id: fact.user for fact in facts if not fact.suspended}
