"""The verbs of Rollbook as short recipes: validate, plan, apply, sync, status."""

import secrets
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from policy.errors import AnotherRun, GoogleOutOfReach, PlanAtFault, StalePlan
from policy.google.base import Classroom, Course, CourseState, Directory
from policy.merge.desire import desire
from policy.merge.judge import judge
from policy.merge.people import AccountFacts, match_people
from policy.merge.plan import Change, HeldFor, Kind, Plan
from policy.merge.wish import Sources
from policy.reading import (
    account_facts,
    base_row,
    match_rows,
    read_books,
    read_evening,
    remembered,
)
from policy.roster.load import load_roster
from policy.roster.model import Roster
from policy.rules.load import load_policy
from policy.rules.model import Policy
from policy.run.apply import Finished, Surroundings, apply_plan
from policy.run.journal import made_by
from policy.settings import Settings
from policy.store.base import EntryState, RunState, Standing, Store

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class World:
    """Everything outside: the doors, the settings, time, and who watches."""

    store: Store
    classroom: Classroom
    directory: Directory
    settings: Settings
    clock: Callable[[], datetime]
    sleep: Callable[[float], None]
    progress: Progress = lambda _done, _total: None


@dataclass(frozen=True, slots=True)
class Inputs:
    """What an admin and the SIS hand in, checked."""

    policy: Policy
    roster: Roster


def validate(policy_folder: Path) -> Policy:
    """The policy, checked. Raises PolicyAtFault with every problem."""
    return load_policy(policy_folder)


def read_inputs(policy_folder: Path, roster: Path | None) -> Inputs:
    """The policy and the roster, checked. `roster` overrides the policy's source."""
    policy = validate(policy_folder)
    return Inputs(policy, load_roster(roster or Path(policy.roster_path)))


def make_plan(inputs: Inputs, world: World) -> Plan:
    """Plan a night; nothing is written, neither to Google nor to the store."""
    policy, roster = inputs.policy, inputs.roster
    now = world.settings.now(ZoneInfo(policy.district.timezone), world.clock())
    books = read_books(world.store, world.classroom)
    matches = match_people(
        roster,
        _accounts(world),
        domains=policy.district.domains,
        remembered=remembered(world.store.matches()),
    )
    sources = Sources(roster, policy, matches, now.date())
    wishes = desire(sources, bases=books.bases())
    evening = read_evening(world.classroom, books, wishes.desired)
    return judge(sources, wishes, evening, now=now, plan_id=_new_id(world))


def _accounts(world: World) -> list[AccountFacts]:
    """The Directory's accounts. The administrator is one of them: if not, we see another domain,
    or not all of this one, and everybody else would look unmatched."""
    accounts = [account_facts(account) for account in world.directory.accounts()]
    admin = next(iter(world.settings.google_admins), "").casefold()
    if admin not in {email for account in accounts for email in account.emails}:
        raise GoogleOutOfReach(
            f"The Directory tells of {len(accounts):,} accounts, and {admin} is not among them, "
            "though it acts for them. Nothing was planned; check ROLLBOOK_GOOGLE_ADMIN."
        )
    return accounts


def apply(plan: Plan, world: World) -> Finished:
    """Apply a plan that was made earlier, just as it was shown. Raises StalePlan when the store
    or Classroom has moved on, PlanAtFault when it was made from another store."""
    with world.store.run_lock():
        mark = world.store.mark()
        if plan.store.id != mark.id:
            raise PlanAtFault(
                f"plan {plan.id} was made from another store than this one; nothing was written. "
                "Make a plan from this one."
            )
        if plan.store.revision != mark.revision:
            raise StalePlan(
                f"plan {plan.id} is older than the store: a run has started since it was made. "
                "Make a new plan."
            )
        _refuse_strangers(plan, world.store)
        _refuse_moved(plan, world)
        return _carry_out(plan, world)


def _refuse_strangers(plan: Plan, store: Store) -> None:
    """Raise PlanAtFault where a plan's file would have the store take a class as ours that no run
    of this store has made."""
    known = {row.alias: row.course_id for row in store.base()}
    made = made_by(store.unfinished())
    for base in plan.settle.keep:
        if known.get(base.alias) != base.course_id and base.alias not in made:
            raise PlanAtFault(
                f"plan {plan.id} takes course {base.course_id} as {base.alias}, which no run of "
                "this store has made; nothing was written. Make a new plan."
            )


def _refuse_moved(plan: Plan, world: World) -> None:
    """Raise StalePlan where a class that the plan changes is not as it was when it was planned."""
    changed = [c for c in plan.changes if c.course.id is not None]
    if not changed:
        return
    courses = {course.id: course for course in world.classroom.courses()}
    moved = {c.course.name for c in changed if _has_moved(c, courses.get(c.course.id or ""))}
    if moved:
        names = ", ".join(f"“{name}”" for name in sorted(moved)[:5])
        raise StalePlan(
            f"plan {plan.id} is older than Classroom: changed since are {names}"
            f"{f' and {len(moved) - 5} more' if len(moved) > 5 else ''}. Make a new plan."
        )


def _has_moved(change: Change, course: Course | None) -> bool:
    if course is None or course.state not in (CourseState.ACTIVE, CourseState.PROVISIONED):
        return True
    if change.kind is Kind.COURSE_UPDATE:
        return bool(getattr(course, change.field or "name") != change.before)
    return change.kind is Kind.COURSE_OWNER and course.owner != change.before


def sync(
    inputs: Inputs,
    world: World,
    *,
    allowed: Mapping[Kind, int],
    show: Callable[[Plan], None] = lambda _plan: None,
) -> tuple[Plan, Finished]:
    """Plan, judge, apply: what is not held is applied without asking. Writes that a killed run
    left behind are found first."""
    with world.store.run_lock():
        plan = make_plan(inputs, world).with_consent(allowed)
        show(plan)
        return plan, _carry_out(plan, world)


def _carry_out(plan: Plan, world: World) -> Finished:
    """Tell the store what the plan has found out, then write. Runs that never ended are marked."""
    settle = plan.settle
    is_rekeyed = any(hold.reason is HeldFor.REKEYED for hold in plan.held)
    world.store.keep(
        map(base_row, settle.keep),
        forget=settle.forget,
        matches=match_rows(settle.matches),
        heard=settle.heard,
        keyed_by="" if is_rekeyed else settle.keyed_by,
    )
    for run in world.store.runs(newest=20):
        if run.state is RunState.RUNNING:
            ended = replace(
                run,
                state=RunState.INTERRUPTED,
                ended=world.clock(),
                counts=_done_so_far(run.id, world.store),
            )
            world.store.end_run(ended)
    around = Surroundings(
        classroom=world.classroom,
        store=world.store,
        clock=world.clock,
        sleep=world.sleep,
        progress=world.progress,
    )
    return apply_plan(plan, around, run_id=_new_id(world))


def status(store: Store) -> Standing:
    """What the store knows."""
    classes = seats = 0
    for row in store.base():
        classes += 1
        seats += len(row.teachers) + len(row.students)
    runs = tuple(
        replace(run, counts=_done_so_far(run.id, store)) if run.state is RunState.RUNNING else run
        for run in store.runs(newest=5)
    )
    return Standing(classes, seats, runs, len(store.unfinished()), _is_running(store))


def _done_so_far(run_id: str, store: Store) -> dict[str, int]:
    """The writes of a run that has not ended, by kind, from its journal."""
    return Counter(e.kind for e in store.entries(run_id) if e.state is EntryState.DONE)


def _is_running(store: Store) -> bool:
    try:
        with store.run_lock():
            return False
    except AnotherRun:
        return True


def _new_id(world: World) -> str:
    """A time that sorts, and a few letters that tell two apart."""
    return f"{world.clock():%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
