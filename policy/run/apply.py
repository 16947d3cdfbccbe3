"""Apply a plan: in order, in batches, journalled before and after each call. Decides nothing."""

import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from policy.errors import GoogleOutOfReach, GoogleRefused
from policy.google.base import BATCH_MOST, Classroom
from policy.merge.plan import ORDER, Change, Kind, Plan
from policy.run.asking import Answers, ask, is_rate
from policy.run.ownership import rows_of
from policy.run.running import Run, Undone
from policy.run.turns import Batch, Elapsed, Turns, side_by_side
from policy.run.waiting import with_since
from policy.run.writing import is_claim
from policy.store.base import RunRecord, RunState, Store

STRIKES = 15  # some five minutes or more in which Google refuses whatever is sent, for the rate


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
class Finished:
    """How a run ended. `stopped` says why it ended early, if it did: then everything that was left
    is put off."""

    record: RunRecord
    undone: tuple[Undone, ...]
    stopped: str = ""

    @property
    def is_refused(self) -> bool:
        """Is there anything that a later run alone won't mend?"""
        return bool(self.stopped) or any(undone.final for undone in self.undone)


def apply_plan(plan: Plan, around: Surroundings, *, run_id: str) -> Finished:
    """Do all changes of the plan, kind by kind.

    0. Refuse a plan that changes a course which is not ours.
    1. Write down that the run has started.
    2. Take as ours the courses that the plan says are.
    3. For each kind in run order: courses are made one by one (concurrent creates abort each other
       at Google), everything else goes in batches, several side by side.
    4. Write down how it ended, with what is held, refused and put off.
    """
    rows = rows_of(plan, around.store)
    run = Run(plan, _record(plan, run_id, around.clock()), around.store, rows=rows)
    run.begin()
    elapsed = Elapsed(around.clock, around.sleep)
    for changes in _phases(plan):
        _do(changes, run, around, elapsed)
    return _end(run, around)


def _phases(plan: Plan) -> Iterator[list[Change]]:
    """Changes that may go together, in the order in which they must go."""
    yield [change for change in plan.changes if is_claim(change)]
    for kind in ORDER:
        yield [c for c in plan.changes if c.kind is kind and not is_claim(c)]


def _do(changes: list[Change], run: Run, around: Surroundings, elapsed: Elapsed) -> None:
    """All changes of one kind."""
    if not changes:
        return
    is_alone = changes[0].kind is Kind.COURSE_CREATE
    turns = Turns(changes, elapsed, most=1 if is_alone else BATCH_MOST, chance=around.chance)
    batches = -(-len(changes) // BATCH_MOST)
    lanes = 1 if is_alone or batches < 2 else min(around.classroom.side_by_side, batches)
    side_by_side(lambda: _work(turns, run, around), lanes=lanes, stop=turns.stop)


def _work(turns: Turns, run: Run, around: Surroundings) -> None:
    """Send batches until there are no more."""
    while (batch := turns.take()) is not None:
        _send(batch, turns, run, around)


def _send(batch: Batch, turns: Turns, run: Run, around: Surroundings) -> None:
    """One batch: journal, call, journal; what Google wants to hear again goes back."""
    going = run.ready(batch.asked, around.clock())
    answers = ask(going, run, around.classroom) if going else []
    _check_reach(answers, turns, run, around)
    again = run.settle(answers, around.clock()) if answers else []
    moved = len(again) < len(batch.asked)
    refused = any(is_rate(reply) for _, reply in answers)
    is_strike = bool(again) and (refused or not moved)
    turns.give_back(batch, again, is_strike=is_strike, moved=moved, is_rate=refused)
    run.tell_progress(around.progress)


def _check_reach(answers: Answers, turns: Turns, run: Run, around: Surroundings) -> None:
    """Stop the run where Google refuses everything, or nobody is there."""
    if run.is_unheard(answers):
        try:
            next(iter(around.classroom.courses()), None)
        except (GoogleOutOfReach, GoogleRefused) as error:
            run.stop(str(error))
    is_refusing = bool(answers) and all(is_rate(reply) for _, reply in answers)
    if is_refusing and turns.strikes >= STRIKES:
        run.stop(f"Google refuses every call for the rate ({answers[0][1].reason})")


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
        policy_commit=plan.policy.commit or "",
        policy_clean=plan.policy.clean,
    )


def _end(run: Run, around: Surroundings) -> Finished:
    finished = Finished(run.record, tuple(run.undone), run.stopped)
    state = RunState.HELD if run.record.held else RunState.DONE
    record = replace(
        run.record,
        state=RunState.REFUSED if finished.is_refused else state,
        ended=around.clock(),
        counts=dict(run.done),
        refused=_by_kind(finished, is_final=True),
        later=_by_kind(finished, is_final=False),
    )
    run.end(record)
    if run.stopped:
        return replace(finished, record=record)
    undone = with_since(run.undone, around.store, run_id=record.id)
    return Finished(record, undone)


def _by_kind(finished: Finished, *, is_final: bool) -> Mapping[str, int]:
    return Counter(u.change.kind.value for u in finished.undone if u.final is is_final)
