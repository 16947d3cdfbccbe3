"""The runs, and what one run wrote, as text for a terminal and as JSON. People are shown by their
Google user ids: the journal holds no name and no e-mail.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from policy.merge.plan import ALIAS, FORMER_ALIAS, ORDER, Kind
from policy.merge.written import SEATS, Written
from policy.render.words import commit_words, counted, wrapped
from policy.store.base import RunRecord, RunState

DETAILED = 1_000  # a run of more writes than these is told by class, in counts
SHORT = 12  # of a digest
Json = dict[str, object]


def print_runs(runs: Sequence[RunRecord], *, is_running: bool = False) -> str:
    """The runs, as they are given, ending in a line end."""
    if not runs:
        return "No run yet.\n"
    blocks = ["\n".join(_run(run, is_running=is_running)) for run in runs]
    return "\n\n".join(blocks) + "\n"


def runs_json(runs: Iterable[RunRecord]) -> str:
    """The runs as JSON text, ending in a line end."""
    return json.dumps([_run_json(run) for run in runs], indent=1) + "\n"


def print_run(
    run: RunRecord,
    writes: Iterable[Written],
    names: Mapping[str, str],
    *,
    is_running: bool = False,
) -> str:
    """One run's writes by school and class, ending in a line end. `names` of classes by alias."""
    schools = _by_school(writes)
    lines = list(_run(run, is_running=is_running))
    is_long = sum(c.total for classes in schools.values() for c in classes.values()) > DETAILED
    for school, classes in schools.items():
        total = sum(found.total for found in classes.values())
        lines += ["", f"School {school}: {counted(total, 'write', 'writes')}"]
        for alias, found in classes.items():
            lines += _class(alias, found, names, is_long=is_long)
    if is_long:
        lines += ["", "Every single write: --format json"]
    return "\n".join(lines) + "\n"


def run_json(run: RunRecord, writes: Iterable[Written]) -> Iterator[str]:
    """One run and its writes as JSON, piece by piece: there may be millions."""
    yield json.dumps(_run_json(run), indent=1)[:-2] + ',\n "writes": ['
    mark = "\n  "
    for write in writes:
        yield mark + json.dumps(_write_json(write), ensure_ascii=False)
        mark = ",\n  "
    yield "\n ]\n}\n"


def _run(run: RunRecord, *, is_running: bool) -> Iterator[str]:
    state = run.state.value
    if run.state is RunState.RUNNING:
        state = "going on" if is_running else "cut off"
    yield f"{run.id}  {_times(run)}"
    yield from wrapped(f"  {state}: {_counts(run)}", 4)
    digests = f"policy {_short(run.policy_digest)}, roster {_short(run.roster_digest)}"
    yield f"  plan {run.plan_id}, {digests}"
    if run.policy_commit:
        yield f"  commit {commit_words(run.policy_commit, is_clean=run.policy_clean)}"


def _times(run: RunRecord) -> str:
    if run.ended is None:
        return f"{run.started:%Y-%m-%d %H:%M:%S} UTC"
    is_same_day = run.started.date() == run.ended.date()
    ended = f"{run.ended:%H:%M:%S}" if is_same_day else f"{run.ended:%Y-%m-%d %H:%M:%S}"
    return f"{run.started:%Y-%m-%d %H:%M:%S} to {ended} UTC"


def _counts(run: RunRecord) -> str:
    done = ", ".join(f"{run.counts[k.value]:,} {k.value}" for k in ORDER if run.counts.get(k.value))
    writes = counted(sum(run.counts.values()), "write", "writes")
    others = (("held", run.held), ("refused", run.refused), ("put off", run.later))
    more = [f"{sum(by_kind.values()):,} {words}" for words, by_kind in others if by_kind]
    return ", ".join([f"{writes} ({done})" if done else writes, *more])


def _short(digest: str) -> str:
    return digest[:SHORT] or "-"


@dataclass(slots=True)
class _Class:
    """What a run wrote to one class. Single writes are only kept of the first ones."""

    course_id: str = ""
    name: str = ""
    counts: Counter[Kind] = field(default_factory=Counter)
    writes: list[Written] = field(default_factory=list)

    @property
    def total(self) -> int:
        return sum(self.counts.values())


def _by_school(writes: Iterable[Written]) -> dict[str, dict[str, _Class]]:
    schools: dict[str, dict[str, _Class]] = {}
    for number, write in enumerate(writes):
        found = schools.setdefault(write.school_key, {}).setdefault(write.alias, _Class())
        found.counts[write.kind] += 1
        found.course_id = write.course_id or found.course_id
        found.name = write.made.name if write.made else found.name
        if number <= DETAILED:
            found.writes.append(write)
    return schools


def _class(alias: str, found: _Class, names: Mapping[str, str], *, is_long: bool) -> Iterator[str]:
    name = names.get(alias) or found.name
    course = f", course {found.course_id}" if found.course_id else ""
    yield f"  “{name}” {alias}{course}" if name else f"  {alias}{course}"
    if is_long:
        counts = ", ".join(f"{found.counts[k]:,} {k.value}" for k in ORDER if found.counts[k])
        yield f"    {counts}"
    else:
        for write in found.writes:
            yield from wrapped(f"    {write_words(write)}", 30)


def write_words(write: Written) -> str:
    """One write in one line: when, what, to whom or what, and what became of it."""
    ended = "" if write.state == "done" else f"  {_STATES[write.state]}"
    reason = f": {write.reason}" if write.reason else ""
    return f"{write.at:%H:%M:%S}  {write.kind.value:<15} {_object(write)}{ended}{reason}"


_STATES = {
    "sent": "no answer so far",
    "heard": "no answer; found out later",
    "refused": "refused",
    "later": "put off",
}


def _object(write: Written) -> str:
    if write.kind in SEATS:
        return write.user
    if write.kind is Kind.COURSE_OWNER:
        return f"{write.before} to {write.after or write.user}"
    if write.kind is Kind.COURSE_CREATE:
        return f"owner {write.user}"
    if write.field == FORMER_ALIAS:
        return f"alias: no longer {write.before}"
    if write.field == ALIAS:
        return f"alias: taken as this section's{f', from {write.before}' if write.before else ''}"
    return f"{write.field}: {write.before!r} becomes {write.after!r}"


def _run_json(run: RunRecord) -> Json:
    return {
        "id": run.id,
        "plan": run.plan_id,
        "state": run.state.name.lower(),
        "started": run.started.isoformat(),
        "ended": run.ended.isoformat() if run.ended else None,
        "policy": run.policy_digest,
        "commit": run.policy_commit or None,
        "clean": run.policy_clean,
        "roster": run.roster_digest,
        "done": dict(run.counts),
        "held": dict(run.held),
        "refused": dict(run.refused),
        "later": dict(run.later),
    }


def _write_json(write: Written) -> Json:
    facts: Json = {
        "number": write.number,
        "at": write.at.isoformat(),
        "kind": write.kind.value,
        "state": write.state,
        "alias": write.alias,
        "course": write.course_id,
        "section": write.section,
        "school": write.school_key,
        "user": write.user,
        "field": write.field,
        "before": write.before,
        "after": write.after,
        "made": [write.made.name, write.made.section, write.made.room] if write.made else None,
        "why": list(write.why),
        "reason": write.reason,
    }
    return {key: value for key, value in facts.items() if value not in ("", None)}
