"""The verbs of Rollbook as short recipes: validate, plan, apply, sync, status."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from policy.errors import StalePlan
from policy.google.base import Classroom, Directory
from policy.merge.desire import desire
from policy.merge.judge import Judged, judge
from policy.merge.people import match_people
from policy.merge.plan import Kind, Plan
from policy.reading import account_facts, base_record, base_row, read_evening
from policy.roster.load import load_roster
from policy.roster.model import Roster
from policy.rules.load import load_policy
from policy.rules.model import Policy
from policy.run.apply import Finished, Surroundings, apply_plan
from policy.run.journal import made_by, new_row
from policy.settings import Settings
from policy.store.base import BaseCourse, RunState, Standing, Store

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


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, and what the store learns when it is carried out."""

    judged: Judged
    matches: Mapping[str, str]

    @property
    def plan(self) -> Plan:
        return self.judged.plan


def validate(policy_folder: Path) -> Policy:
    """The policy, checked. Raises PolicyAtFault with every problem."""
    return load_policy(policy_folder)


def read_inputs(policy_folder: Path, roster: Path | None) -> Inputs:
    """The policy and the roster, checked. `roster` overrides the policy's source."""
    policy = validate(policy_folder)
    return Inputs(policy, load_roster(roster or Path(policy.roster_path)))


def make_plan(inputs: Inputs, world: World) -> Planned:
    """Plan a night; nothing is written, neither to Google nor to the store."""
    rows = {row.alias: row for row in world.store.base()}
    rows |= {row.alias: row for row in _made_unawares(world)}
    return _plan(inputs, rows, world)


def _plan(inputs: Inputs, rows: Mapping[str, BaseCourse], world: World) -> Planned:
    policy, roster = inputs.policy, inputs.roster
    now = world.settings.now(ZoneInfo(policy.district.timezone), world.clock())
    bases = {alias: base_record(row) for alias, row in rows.items()}
    revision = world.store.revision()
    remembered = world.store.matches()
    matches = match_people(
        roster,
        map(account_facts, world.directory.accounts()),
        domains=policy.district.domains,
        remembered=remembered,
    )
    wishes = desire(roster, policy, matches, bases=bases, today=now.date())
    judged = judge(
        roster,
        policy,
        matches,
        wishes=wishes,
        evening=read_evening(world.classroom, bases, wishes.desired, revision=revision),
        now=now,
        plan_id=_new_id(world),
    )
    found = {key: user.id for key, user in matches.users.items()}
    return Planned(judged, {k: v for k, v in found.items() if remembered.get(k) != v})


def apply(plan: Plan, world: World) -> Finished:
    """Apply a plan that was made earlier. Raises StalePlan when the store has moved on."""
    with world.store.run_lock():
        _recover(world)
        revision = world.store.revision()
        if revision != plan.revision:
            raise StalePlan(
                f"plan {plan.id} was made at revision {plan.revision} of the store, which is now "
                f"at {revision}: something was applied since. Make a new plan."
            )
        return _apply(plan, world)


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
        _recover(world)
        rows = {row.alias: row for row in world.store.base()}
        planned = _plan(inputs, rows, world)
        plan = planned.plan.with_consent(allowed)
        show(plan)
        judged = planned.judged
        world.store.keep(
            [base_row(base) for base in judged.keep],
            forget=judged.forget,
            matches=planned.matches,
        )
        return plan, _apply(plan, world)


def _apply(plan: Plan, world: World) -> Finished:
    around = Surroundings(
        classroom=world.classroom,
        store=world.store,
        clock=world.clock,
        sleep=world.sleep,
        progress=world.progress,
    )
    return apply_plan(plan, around, run_id=_new_id(world))


def _recover(world: World) -> None:
    """After a run that was cut off: courses that it may have made are looked for by alias and
    taken as ours; seats settle by themselves, since the merge reads Classroom anew."""
    world.store.keep(_made_unawares(world))
    for run in world.store.runs(newest=20):
        if run.state is RunState.RUNNING:
            ended = replace(run, state=RunState.INTERRUPTED, ended=world.clock())
            world.store.end_run(ended)


def _made_unawares(world: World) -> list[BaseCourse]:
    """Base rows of the courses that a killed run made without hearing so."""
    facts = made_by(world.store.unfinished())
    if not facts:
        return []
    known = {row.alias for row in world.store.base()}
    found = world.classroom.find([alias for alias in facts if alias not in known])
    return [
        new_row(alias, course.id, owner=course.owner, facts=facts[alias])
        for alias, course in found.items()
    ]


def status(store: Store) -> Standing:
    """What the store knows."""
    classes = seats = 0
    for row in store.base():
        classes += 1
        seats += len(row.teachers) + len(row.students)
    return Standing(classes, seats, tuple(store.runs(newest=5)), len(store.unfinished()))


def _new_id(world: World) -> str:
    """A time that sorts, and a few letters that tell two apart."""
    return f"{world.clock():%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
