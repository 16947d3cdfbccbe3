"""One measurement in a process of its own: `python -m bench.measure JOB FOLDER`, a line of JSON.

A folder holds a district (`first`, `next`), a policy, a store for each base, and the plain way's
seats; `prepare` makes all but the district.
"""

import json
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path

from bench.districts import DOMAIN, FIRST, NEXT, TODAY
from bench.doors import as_agreed, open_world
from bench.plain import plan_plainly, write_seats
from policy import engine
from policy.engine import Inputs, World
from policy.merge.desire import Known, desire
from policy.merge.judge import keys_made_from
from policy.merge.people import match_people
from policy.merge.plan import Change, Kind, Plan
from policy.merge.records import Desired
from policy.merge.wish import Sources
from policy.night.reading import account_facts, match_rows
from policy.roster.load import load_roster
from policy.sources.folder import open_folder
from policy.store.base import BaseCourse

EQUAL, EMPTY = "equal", "empty"  # stores
SEATS = "seats.csv"
POLICY = f"""\
version: 1
district: {{id: bench, name: Bench, domains: [{DOMAIN}], timezone: UTC}}
students: {{removal_grace: 0h}}
"""
_ADDS = {Kind.COURSE_CREATE: 1, Kind.TEACHER_ADD: 1, Kind.STUDENT_ADD: 1}  # owners get a seat too
_REMOVES = {Kind.TEACHER_REMOVE, Kind.STUDENT_REMOVE}

Counts = Mapping[str, int]


def prepare(folder: Path) -> Counts:
    """A policy, a store that agrees with `first`, as a night leaves it, and the plain way's."""
    (folder / "policy").mkdir()
    (folder / "policy" / "district.yaml").write_text(POLICY, encoding="utf-8")
    write_seats(folder / FIRST, folder / SEATS)
    inputs = _inputs(folder, FIRST)
    with open_world(folder / EQUAL, folder / FIRST / "users.csv") as world:
        classes = _fill(world, inputs)
        plan, _ = engine.sync(inputs, world, allowed={})
        if plan.changes or plan.held:
            raise SystemExit(f"the store does not agree with {FIRST}: {plan.summary()}")
    return {"classes": classes}


def _fill(world: World, inputs: Inputs) -> int:
    """Put every class into the store as if it had been made and accepted; how many."""
    matches = match_people(
        inputs.roster,
        map(account_facts, world.directory.accounts()),
        domains=inputs.policy.district.domains,
        remembered={},
    )
    sources = Sources(inputs.roster, inputs.policy, matches, date.fromisoformat(TODAY))
    wishes = desire(Known(sources, heads={}))
    world.store.keep(
        (as_agreed(_base(want), n) for n, want in enumerate(wishes.desired)),
        matches=match_rows(matches.learned),
        keyed_by=keys_made_from(inputs.policy),
        reported=f"{TODAY}T04:00:00+00:00",
        roster=inputs.roster.source.counts,
    )
    return len(wishes.desired)


def _base(want: Desired) -> BaseCourse:
    return BaseCourse(
        alias=want.alias,
        course_id="",
        section_key=want.section_key,
        school_key=want.school_key,
        name=want.fields.name,
        section=want.fields.section,
        room=want.fields.room,
        owner=want.owner.id,
        teachers=frozenset(want.teachers) - {want.owner.id},
        students=frozenset(want.students),
        ends=want.ends,
        read=f"{TODAY}T04:00:00+00:00",
        settled=want.digest,
    )


def read(folder: Path) -> Counts:
    return load_roster(folder / FIRST).source.counts


def quiet(folder: Path) -> Counts:
    return _plan(folder, FIRST, EQUAL)


def changed(folder: Path) -> Counts:
    return _plan(folder, NEXT, EQUAL)


def nothing(folder: Path) -> Counts:
    return _plan(folder, FIRST, EMPTY)


def plain_quiet(folder: Path) -> Counts:
    return plan_plainly(folder / FIRST, folder / SEATS, folder / SEATS)


def plain_changed(folder: Path) -> Counts:
    return plan_plainly(folder / NEXT, folder / SEATS, folder / SEATS)


def plain_nothing(folder: Path) -> Counts:
    none = folder / "none.csv"
    return plan_plainly(folder / FIRST, none, none)


JOBS: Mapping[str, Callable[[Path], Counts]] = {
    job.__name__: job
    for job in (prepare, read, quiet, changed, nothing, plain_quiet, plain_changed, plain_nothing)
}


def _inputs(folder: Path, night: str) -> Inputs:
    return engine.read_inputs(folder / "policy", folder / night, open_folder)


def _plan(folder: Path, night: str, store: str) -> Counts:
    inputs = _inputs(folder, night)
    with open_world(folder / store, folder / night / "users.csv") as world:
        return seat_counts(engine.make_plan(inputs, world))


def seat_counts(plan: Plan) -> Counts:
    """What a plan would do to seats, and what it would if every hold were let go."""
    kinds = Counter(change.kind for change in _all_changes(plan))
    kept = Counter(kept.record.partition(":")[0] for kept in plan.kept)
    return {
        "add": sum(kinds[kind] * seats for kind, seats in _ADDS.items()),
        "remove": sum(kinds[kind] for kind in _REMOVES),
        "kept": kept["student"] + kept["teacher"],
    }


def _all_changes(plan: Plan) -> Iterator[Change]:
    yield from plan.changes
    for hold in plan.held:
        yield from hold.changes


def _peak() -> float:
    """The most memory that this process has had, in MiB. Linux's `ru_maxrss` begins with what the
    parent had; /proc does not."""
    status = Path("/proc/self/status")
    if status.exists():
        lines = status.read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024
    unit = 1024**2 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def main() -> None:
    job, folder = sys.argv[1:]
    wall, processor = time.perf_counter(), time.process_time()
    counts = JOBS[job](Path(folder))
    figures = {
        "wall": time.perf_counter() - wall,
        "cpu": time.process_time() - processor,
        "peak": _peak(),
        "counts": counts,
    }
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
