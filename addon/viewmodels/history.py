"""What the last run did, for the administrator."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from policy.store.base import RunRecord, RunState, Store


@dataclass(frozen=True, slots=True)
class History:
    """The last run, None before the first. Counts are by kind of change, those above zero."""

    classes: int  # of ours, as last applied
    state: RunState | None = None
    started: datetime | None = None
    done: Mapping[str, int] | None = None
    held: Mapping[str, int] | None = None
    refused: Mapping[str, int] | None = None
    later: Mapping[str, int] | None = None  # put off until a later run


def see_history(store: Store) -> History:
    """The last run and how many classes are ours."""
    classes = sum(1 for _ in store.heads())
    runs: Sequence[RunRecord] = store.runs(newest=1)
    if not runs:
        return History(classes)
    run = runs[0]
    return History(
        classes=classes,
        state=run.state,
        started=run.started,
        done=_above_zero(run.counts),
        held=_above_zero(run.held),
        refused=_above_zero(run.refused),
        later=_above_zero(run.later),
    )


def _above_zero(counts: Mapping[str, int]) -> Mapping[str, int]:
    return {kind: number for kind, number in sorted(counts.items()) if number}
