"""A first night, a quiet night and a plan over HTTP, beside the machine's own speed.

Each figure is the best of several runs, as a multiple of the time that this machine takes to read
and sort the same rows with the standard library: so figures of two machines can be compared.
"""

import csv
import io
import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from policy import engine, wiring
from policy.engine import Inputs, World
from policy.rehearsal import Stage, admin_of, set_stage
from policy.settings import read_settings
from policy.simulator.server import serve
from policy.sources.folder import open_folder

SECTIONS, PUPILS, TAKES = 400, 2_000, 25
RUNS = 3


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        policy, drop = write_district(Path(folder))
        unit = best(lambda: yardstick(drop / "enrollments.csv"), runs=10)
        show("yardstick: read and sort the enrollments", unit, unit)
        show("read and judge policy and roster", best(lambda: read(policy, drop)), unit)
        nights(policy, read(policy, drop), unit)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(f"{'peak memory, the simulator included':44}{peak:9.0f} MiB\n")


def nights(policy: Path, inputs: Inputs, unit: float) -> None:
    """First nights on empty Classrooms, and quiet nights after the last of them."""
    firsts: list[float] = []
    for last in (False,) * (RUNS - 1) + (True,):
        with world(policy) as (there, calls):
            firsts.append(timed(lambda: engine.sync(inputs, there, allowed={})))
            if not last:
                continue
            show("first night", min(firsts), unit, calls())
            quiet = best(lambda: engine.sync(inputs, there, allowed={}))
            show("quiet night", quiet, unit)


@contextmanager
def world(policy: Path) -> Iterator[tuple[World, Callable[[], str]]]:
    """An empty Classroom with everybody's account, and what was asked of it."""
    stage = Stage(domain="bench.example", roster=policy / "roster", quotas=False)
    sim = set_stage(stage)
    with tempfile.TemporaryDirectory() as folder, serve(sim, port=0) as url:
        key = Path(folder) / "key.json"
        key.write_text(json.dumps(sim.key_file()), encoding="utf-8")
        settings = read_settings(
            {
                "ROLLBOOK_STATE": folder,
                "ROLLBOOK_GOOGLE_ROOT": url,
                "ROLLBOOK_GOOGLE_CREDENTIALS": str(key),
                "ROLLBOOK_GOOGLE_ADMIN": admin_of(stage),
                "ROLLBOOK_GOOGLE_CALLS_PER_MINUTE": "1000000",
                "ROLLBOOK_GOOGLE_LICENSE_CALLS_PER_MINUTE": "1000000",
                "ROLLBOOK_TODAY": "2026-09-01",
            }
        )
        with wiring.open_world(settings) as there:
            yield (
                there,
                lambda: f"{sum(sim.calls.api.values()):,} calls, {sim.calls.http:,} requests",
            )


def read(policy: Path, drop: Path) -> Inputs:
    return engine.read_inputs(policy, drop, open_folder)


def yardstick(path: Path) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        sorted(csv.reader(file))


def best(do: Callable[[], object], *, runs: int = RUNS) -> float:
    return min(timed(do) for _ in range(runs))


def timed(do: Callable[[], object]) -> float:
    start = time.perf_counter()
    do()
    return time.perf_counter() - start


def show(what: str, seconds: float, unit: float, more: str = "") -> None:
    sys.stdout.write(f"{what:44}{seconds / unit:9.1f} x  ({seconds:.3f} s)  {more}\n")


def write_district(folder: Path, *, sections: int = SECTIONS) -> tuple[Path, Path]:
    """A policy and a roster of one school: sections with 25 each of its 2,000 students."""
    drop = folder / "roster"
    drop.mkdir()
    (folder / "district.yaml").write_text(
        "version: 1\ndistrict: {id: bench, name: Bench, domains: [bench.example], timezone: UTC}\n"
    )
    users = [["t" + str(n), "teacher"] for n in range(sections // 5)]
    users += [["s" + str(n), "student"] for n in range(PUPILS)]
    seats = [[n, f"t{n % (sections // 5)}", "teacher", "true"] for n in range(sections)]
    seats += [
        [n, f"s{(n * 7 + k * 53) % PUPILS}", "student", ""]
        for n in range(sections)
        for k in range(TAKES)
    ]
    tables = {
        "orgs": ("sourcedId,name,type", [["sch", "School", "school"]]),
        "academicSessions": (
            "sourcedId,title,type,startDate,endDate,schoolYear",
            [["y", "Year", "term", "2026-08-15", "2027-06-01", "2027"]],
        ),
        "courses": ("sourcedId,title,orgSourcedId", [["c", "Course", "sch"]]),
        "classes": (
            "sourcedId,title,courseSourcedId,classType,schoolSourcedId,termSourcedIds",
            [[n, f"Class {n}", "c", "scheduled", "sch", "y"] for n in range(sections)],
        ),
        "users": (
            "sourcedId,enabledUser,orgSourcedIds,role,username,givenName,familyName,email",
            [[k, "true", "sch", role, k, k, "B", f"{k}@bench.example"] for k, role in users],
        ),
        "enrollments": (
            "sourcedId,classSourcedId,schoolSourcedId,userSourcedId,role,primary",
            [[f"{n}-{who}", n, "sch", who, role, first] for n, who, role, first in seats],
        ),
    }
    for name, (header, rows) in tables.items():
        text = io.StringIO()
        csv.writer(text).writerows([header.split(","), *rows])
        (drop / f"{name}.csv").write_text(text.getvalue(), encoding="utf-8")
    return folder, drop
