"""What became of a run, and how things stand, as text for a terminal."""

from collections import Counter
from collections.abc import Iterator

from policy.merge.plan import ORDER, Kind, Plan
from policy.render.words import SYNC, allow_words, counted, done_words
from policy.run.apply import Finished
from policy.store.base import RunRecord, RunState, Standing

LISTED = 10


def print_outcome(plan: Plan, finished: Finished, command: str = SYNC) -> str:
    """What a run has done, in a few lines ending in a line end. `command` is what was called."""
    return "\n".join(_outcome(plan, finished, command)) + "\n"


def _outcome(plan: Plan, finished: Finished, command: str) -> Iterator[str]:
    done = finished.record.counts
    writes = sum(done.values())
    if not writes and not finished.undone:
        classes = counted(plan.courses, "class", "classes")
        yield f"Run {finished.record.id}: nothing to do, 0 writes; {classes} checked."
    else:
        yield f"Run {finished.record.id}: {counted(writes, 'write', 'writes')}"
    for kind in ORDER:
        if count := done.get(kind.value):
            yield f"  {count:>9,}  {kind.value:<15} {done_words(kind, count)}"
    held = sum(hold.count for hold in plan.held)
    if held:
        yield f"Held back: {counted(held, 'change', 'changes')}; the plan says why."
        for option in allow_words(plan.held):
            yield f"  If it is right:  {command} {option}"
    yield from _undone(finished)


def _undone(finished: Finished) -> Iterator[str]:
    """What was refused or put off, by kind and Google's words, most frequent first."""
    if not finished.undone:
        return
    yield f"Not done: {counted(len(finished.undone), 'write', 'writes')}"
    groups = Counter((u.change.kind, u.final, u.reason) for u in finished.undone)
    for (kind, final, reason), count in groups.most_common(LISTED):
        what = "refused" if final else "put off, a later run tries again"
        yield f"  {count:>9,}  {kind.value:<15} {what}: {reason}"
    if since := [undone.since for undone in finished.undone if undone.since is not None]:
        seats = counted(len(since), "of these seats has", "of these seats have")
        yield f"  {seats} waited before, at the longest since {min(since):%Y-%m-%d %H:%M} UTC."


def print_status(status: Standing) -> str:
    """How things stand, in a few lines ending in a line end."""
    lines = [
        f"{counted(status.classes, 'class', 'classes')} of ours, "
        f"{counted(status.seats, 'seat', 'seats')}."
    ]
    if status.unfinished:
        writes = counted(status.unfinished, "write has", "writes have")
        lines.append(f"{writes} no answer so far: the next sync finds out what became of them.")
    lines += [_run(run, status) for run in status.runs] or ["No run yet."]
    return "\n".join(lines) + "\n"


def _run(run: RunRecord, status: Standing) -> str:
    done = [f"{run.counts[k.value]:,} {k.value}" for k in Kind if run.counts.get(k.value)]
    held = sum(run.held.values())
    refused, later = sum(run.refused.values()), sum(run.later.values())
    more = [f"{held:,} held"] * bool(held) + [f"{refused:,} refused"] * bool(refused)
    more += [f"{later:,} put off"] * bool(later)
    nothing = "nothing to do" if run.state is RunState.DONE else "nothing written"
    what = ", ".join([*done, *more]) or nothing
    state = run.state.value
    if run.state is RunState.RUNNING and not status.is_running:
        state = "cut off"
    return f"{run.started:%Y-%m-%d %H:%M} UTC  {run.id}  {state}: {what}"
