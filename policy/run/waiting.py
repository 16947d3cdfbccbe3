"""Since when a seat that was put off has been waiting, by the journal."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from policy.run.asking import ADDS
from policy.run.running import Undone
from policy.run.writing import user_of
from policy.store.base import Entry, EntryState, Store

_Seat = tuple[str, str]  # kind of change, user id


def with_since(undone: Sequence[Undone], store: Store, *, run_id: str) -> tuple[Undone, ...]:
    """The same, each seat with the time at which an earlier run first put it off."""
    aliases = {u.change.course.alias for u in undone if _is_waiting(u)}
    since = {alias: _since(store.entries_of(alias), run_id) for alias in sorted(aliases)}
    return tuple(
        replace(u, since=since[u.change.course.alias].get((u.change.kind.value, user_of(u.change))))
        if _is_waiting(u)
        else u
        for u in undone
    )


def _is_waiting(undone: Undone) -> bool:
    return not undone.final and undone.change.kind in ADDS


def _since(entries: Iterable[Entry], run_id: str) -> dict[_Seat, datetime]:
    """When the seats of one class were put off that have been put off ever since."""
    kinds, since = {kind.value for kind in ADDS}, dict[_Seat, datetime]()
    for entry in entries:
        if entry.kind not in kinds or entry.run_id == run_id:
            continue
        seat = entry.kind, str(json.loads(entry.change).get("user"))
        if entry.state is EntryState.LATER:
            since.setdefault(seat, entry.at)
        else:
            since.pop(seat, None)
    return since
