"""`make bench`: Rollbook at the sizes of large districts, beside the plain way, as a table.

BENCH_STUDENTS names other sizes than the usual ones, comma between them. Each figure is of a
process of its own; a quiet night is also measured against the simulator, with its HTTP, a first
night against Google's quotas, and a large policy by itself.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import pace, policies, simulated
from bench.districts import Size, write_district
from bench.stats import read_statistics

SIZES = (10_000, 100_000)
LARGEST = 1_000_000
VARIABLE = "BENCH_STUDENTS"
SEED = 20_261_001
TARGET_SECONDS, TARGET_MIB, TARGET_GROWTH = 120.0, 2048.0, 1.3
PAIRS = {  # what is measured, and the plain way to the same counts
    "quiet": "plain_quiet",
    "changed": "plain_changed",
    "nothing": "plain_nothing",
}
TITLES = {
    "read": "read the drop",
    "quiet": "read + plan, nothing changed",
    "changed": "read + plan, 1 % moved",
    "nothing": "read + plan, empty Classroom",
    **dict.fromkeys(PAIRS.values(), "  the plain way"),
}


@dataclass(frozen=True, slots=True)
class Figures:
    """What one job took."""

    wall: float
    cpu: float
    peak: float  # MiB
    counts: Mapping[str, int]


def main() -> None:
    sizes = [int(n) for n in os.environ.get(VARIABLE, "").replace("_", "").split(",") if n]
    quiet: dict[int, float] = {}
    for students in sizes or SIZES:
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            size = write_district(
                Path(folder), students=students, seed=SEED, statistics=read_statistics()
            )
            quiet[students] = _measure(Path(folder), size) / size.seats
    _say_growth(quiet)
    if not sizes:
        simulated.main()
        pace.main()
        policies.main()


def _measure(folder: Path, size: Size) -> float:
    """A table for one district; the seconds of its quiet night."""
    _say(
        f"\n{size.students:,} students, {size.schools:,} schools, {size.sections:,} sections, "
        f"{size.teachers:,} teachers, {size.seats:,} seats"
    )
    _say(f"{'':32}{'wall':>9}{'CPU':>9}{'peak':>11}{'a seat':>10}   seats +, -, kept")
    run("prepare", folder)
    _show("read", run("read", folder), size)
    figures = {job: _pair(job, folder, size) for job in PAIRS}
    night = figures["quiet"]
    if size.students >= LARGEST:
        is_met = night.wall <= TARGET_SECONDS and night.peak <= TARGET_MIB
        _say(
            f"target for a quiet night: {TARGET_SECONDS:.0f} s and {TARGET_MIB:,.0f} MiB; "
            f"{'met' if is_met else 'MISSED'}"
        )
    return night.wall


def _pair(job: str, folder: Path, size: Size) -> Figures:
    """A job, the plain way beside it, and whether both come to the same counts."""
    ours, plain = run(job, folder), run(PAIRS[job], folder)
    _show(job, ours, size)
    _show(PAIRS[job], plain, size)
    if ours.counts != plain.counts:
        raise SystemExit(f"{job}: {dict(ours.counts)}, and the plain way {dict(plain.counts)}")
    wall, peak = ours.wall / plain.wall, ours.peak / plain.peak
    _say(f"  {'same counts; of the plain way':30}{wall:8.2f}x{'':9}{peak:10.2f}x")
    return ours


def run(job: str, folder: Path) -> Figures:
    """One job of `bench.measure`."""
    command = [sys.executable, "-m", "bench.measure", job, str(folder)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    if done.returncode:
        raise SystemExit(f"{job} ended with {done.returncode}")
    if job == "nothing":
        shutil.rmtree(folder / "empty")
    return Figures(**json.loads(done.stdout))


def _show(job: str, figures: Figures, size: Size) -> None:
    seat = figures.wall / size.seats * 1e6
    counts = [f"{figures.counts[name]:,}" for name in ("add", "remove", "kept") if job != "read"]
    _say(
        f"{TITLES[job]:32}{figures.wall:8.1f}s{figures.cpu:8.1f}s{figures.peak:7.0f} MiB"
        f"{seat:7.2f} us   {' '.join(counts)}"
    )


def _say_growth(quiet: Mapping[int, float]) -> None:
    """Whether a seat costs the same in the largest district as in the smallest."""
    sizes: Sequence[int] = sorted(quiet)
    if len(sizes) > 1:
        small, large = sizes[0], sizes[-1]
        growth = quiet[large] / quiet[small]
        verdict = "met" if growth <= TARGET_GROWTH else "MISSED"
        _say(
            f"\na quiet night's time a seat, {large:,} students to {small:,}: {growth:.2f} "
            f"(target: at most {TARGET_GROWTH}; {verdict})\n"
        )


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
