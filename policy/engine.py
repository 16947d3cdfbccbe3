"""The verbs of Rollbook as short recipes: validate, plan, apply, sync, status."""

import secrets
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from policy.arriving import OpenSource, arrive, refuse_one_for_several
from policy.errors import AnotherRun, GoogleOutOfReach, PlanAtFault, StalePlan
from policy.google.base import Classroom, Directory, Licensing, Reports
from policy.merge.desire import Known, Wishes, desire
from policy.merge.judge import Comparing, Evening, judge
from policy.merge.people import AccountFacts, Matches, email_of, match_by
from policy.merge.plan import Kind, Notice, Plan
from policy.merge.records import Remembered
from policy.merge.wish import Sources
from policy.night.evening import read_evening
from policy.night.freshness import check_freshness
from policy.night.licences import check_licences
from policy.night.reading import (
    Books,
    account_facts,
    match_rows,
    read_books,
    remembered,
)
from policy.night.watching import Watch, watch
from policy.roster.model import Roster
from policy.rules.load import load_policy
from policy.rules.model import Policy
from policy.run.apply import Finished, Surroundings, apply_plan
from policy.run.journal import made_by
from policy.run.ownership import refuse_foreign
from policy.run.rows import base_row
from policy.run.stale import refuse_moved
from policy.same_policy import refuse_another_policy
from policy.settings import Settings
from policy.sources.base import Arrival
from policy.store.base import EntryState, RunState, Standing, Store

FEW_ACCOUNTS = 5  # fewer that are gone are always taken for deleted
MISSING_SHARE = 0.2  # more of those who had one that are gone are not

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class World:
    """Everything outside: the doors, the settings, time, and who watches. Without the door to
    Reports every roster is read every night; without that to Licensing nobody's licence is
    checked."""

    store: Store
    classroom: Classroom
    directory: Directory
    settings: Settings
    clock: Callable[[], datetime]
    sleep: Callable[[float], None]
    progress: Progress = lambda _done, _total: None
    reports: Reports | None = None
    licensing: Licensing | None = None


@dataclass(frozen=True, slots=True)
class Inputs:
    """What an admin and the SIS hand in, checked. `came` are the drops of the policy's own sources,
    whose freshness is asked for; a drop that somebody names is taken as it is."""

    policy: Policy
    roster: Roster
    came: Sequence[Arrival] = ()


def validate(policy_folder: Path) -> Policy:
    """The policy, checked. Raises PolicyAtFault with every problem."""
    return load_policy(policy_folder)


def read_inputs(policy_folder: Path, roster: Path | None, open_source: OpenSource) -> Inputs:
    """The policy and the roster, checked. `roster` takes the place of the policy's source; of
    several it can't. Raises InputAtFault."""
    policy = validate(policy_folder)
    refuse_one_for_several(policy, roster)
    arrived = arrive(policy, roster, open_source)
    return Inputs(policy, arrived.roster, arrived.drops)


def make_plan(inputs: Inputs, world: World) -> Plan:
    """Plan a night; nothing is written, neither to Google nor to the store."""
    policy, roster = inputs.policy, inputs.roster
    now = world.settings.now(ZoneInfo(policy.district.timezone), world.clock())
    if inputs.came:
        check_freshness(
            inputs.came,
            policy.freshness,
            sources=[rule.name for rule in policy.sources],
            rows=roster.source.counts,
            before=world.store.mark().roster,
            now=now,
        )
    books = read_books(world.store, world.classroom)
    known = remembered(world.store.matches())
    matches = match_by(policy, roster, _accounts(world), known)
    _refuse_shrunken_directory(inputs, matches, known)
    sources = Sources(roster, policy, matches, now.date())
    made_from = Known(sources, books.known(), books.teachers_of, books.mark.released)
    wishes = desire(made_from)
    wishes, evening = read_evening(
        world.classroom,
        books,
        wishes,
        made_from,
        Comparing(sources, wishes.schools, now),
        lambda found: _watch(world, found, matches),
        clock=world.clock(),
        rolling=world.settings.full_read_nights,
    )
    evening = _with_licences(evening, wishes, sources, world)
    on_the_way = (
        Notice(drop.path.name, note, "M335") for drop in inputs.came for note in drop.notes
    )
    evening = replace(evening, notices=(*evening.notices, *on_the_way))
    return judge(sources, wishes, evening, now=now, plan_id=new_id(world))


def _with_licences(evening: Evening, wishes: Wishes, sources: Sources, world: World) -> Evening:
    """The evening, with who lacks the licence that is needed; asked for before the first load is
    done, and not on later nights."""
    if not evening.is_first_load or world.licensing is None:
        return evening
    told = check_licences(world.licensing, sources, wishes.desired)
    return replace(evening, notices=(*evening.notices, *told))


def _watch(world: World, books: Books, matches: Matches) -> Watch:
    if world.reports is None:
        return Watch(None)
    return watch(
        world.reports,
        world.store,
        books,
        accounts=matches.by_email,
        admins=[admin.casefold() for admin in world.settings.google_admins],
        now=world.clock(),
    )


def _accounts(world: World) -> Iterator[AccountFacts]:
    """The Directory's accounts, in a stream. The administrator is one of them: if not, we see
    another domain, or not all of this one, and everybody else would look unmatched. Raises
    GoogleOutOfReach then, at its end."""
    admin = next(iter(world.settings.google_admins), "").casefold()
    count, is_there = 0, False
    for account in world.directory.accounts():
        count, is_there = count + 1, is_there or admin in account.emails
        yield account_facts(account)
    if not is_there:
        raise GoogleOutOfReach(
            f"The Directory tells of {count:,} accounts, and {admin} is not among them, though it "
            "acts for them. Nothing was planned; check ROLLBOOK_GOOGLE_ADMIN."
        )


def _refuse_shrunken_directory(
    inputs: Inputs, matches: Matches, known: Mapping[str, Remembered]
) -> None:
    """Raise GoogleOutOfReach when many of the roster's people who had an account have none at all
    in what the Directory tells: most likely it did not tell of everybody."""
    roster = inputs.roster
    gone = sum(key in known and _has_none(key, inputs, matches, known) for key in matches.reasons)
    if gone < FEW_ACCOUNTS:
        return
    had = sum(key in known for key in {*roster.people, *roster.doubtful_people})
    if gone > MISSING_SHARE * had:
        raise GoogleOutOfReach(
            f"{gone:,} of the {had:,} people in classes who had a Google account have none in the "
            f"Directory now ({gone / had:.0%}; more than {MISSING_SHARE:.0%} are not taken for "
            "deleted). Nothing was planned; see in the Admin console whether their accounts are "
            "there, and sync again. Where they were really deleted, let the SIS's drop leave these "
            "people out."
        )


def _has_none(key: str, inputs: Inputs, matches: Matches, known: Mapping[str, Remembered]) -> bool:
    """Is neither the account that somebody had in the Directory, nor another of their e-mail?"""
    email = email_of(key, inputs.roster, inputs.policy.identities) or known[key].email
    return known[key].user_id not in matches.accounts and email not in matches.by_email


def apply(plan: Plan, world: World, *, policies: Path | None = None) -> Finished:
    """Apply a plan that was made earlier, just as it was shown. Raises StalePlan when the policy,
    the store or Classroom has moved on, PlanAtFault when it was made from another store. The policy
    is looked for where the plan says, unless another folder is named."""
    refuse_another_policy(plan, policies)
    return apply_shown(plan, world)


def apply_shown(plan: Plan, world: World) -> Finished:
    """The same, of a plan whose policy is known to be as it was."""
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
        refuse_foreign(plan, world.store)
        refuse_moved(plan, world.classroom)
        return _carry_out(plan, world)


def _refuse_strangers(plan: Plan, store: Store) -> None:
    """Raise PlanAtFault where a plan's file would have the store take a class as ours that no run
    of this store has made."""
    known = {row.alias: row.course_id for row in store.heads()}
    made = made_by(store.unfinished())
    for base in plan.settle.keep:
        if known.get(base.alias) != base.course_id and base.alias not in made:
            raise PlanAtFault(
                f"plan {plan.id} takes course {base.course_id} as {base.alias}, which no run of "
                "this store has made; nothing was written. Make a new plan."
            )


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
    world.store.keep(
        map(base_row, settle.keep),
        forget=settle.forget,
        matches=match_rows(settle.matches),
        heard=settle.heard,
        keyed_by=settle.keyed_by,
        reported=settle.reported,
        roster=settle.roster,
    )
    for run in world.store.runs(newest=20):
        if run.state is RunState.RUNNING:
            ended = replace(
                run,
                state=RunState.INTERRUPTED,
                ended=world.clock(),
                counts=done_so_far(run.id, world.store),
            )
            world.store.end_run(ended)
    around = Surroundings(
        classroom=world.classroom,
        store=world.store,
        clock=world.clock,
        sleep=world.sleep,
        progress=world.progress,
    )
    return apply_plan(plan, around, run_id=new_id(world))


def status(store: Store) -> Standing:
    """What the store knows."""
    classes = seats = 0
    for row in store.base():
        classes += 1
        seats += len(row.teachers) + len(row.students)
    runs = tuple(
        replace(run, counts=done_so_far(run.id, store)) if run.state is RunState.RUNNING else run
        for run in store.runs(newest=5)
    )
    return Standing(classes, seats, runs, len(store.unfinished()), is_running(store))


def done_so_far(run_id: str, store: Store) -> dict[str, int]:
    """The writes of a run that has not ended, by kind, from its journal."""
    return Counter(e.kind for e in store.entries(run_id) if e.state is EntryState.DONE)


def is_running(store: Store) -> bool:
    try:
        with store.run_lock():
            return False
    except AnotherRun:
        return True


def new_id(world: World) -> str:
    """A time that sorts, and a few letters that tell two apart."""
    return f"{world.clock():%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
