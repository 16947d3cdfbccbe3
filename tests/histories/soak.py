"""`make soak`: many histories in all processors, for as long as SOAK_MINUTES says, with figures.

Every part has a seed of its own, from SOAK_SEED upward; one that fails is told again by it. With
SOAK_COMBINED=1 every history begins with sections that are one class (`classes.combine`).
"""

import os
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed

from hypothesis import HealthCheck, Phase, given, seed, settings

from histories.chances import ALWAYS, NIGHTS, REPORTS, SELDOM, histories
from histories.play import History, Play, play

PART = 250  # histories
WANTED = 100_000
COMBINED = ALWAYS if os.environ.get("SOAK_COMBINED") else SELDOM
KINDS = [(nights, reports) for nights in NIGHTS for reports in REPORTS]


def main() -> int:
    """Play until there are enough, or time is up, or a law is broken."""
    minutes = float(os.environ.get("SOAK_MINUTES", "90"))
    first = int(os.environ.get("SOAK_SEED", str(int(time.time()))))
    wanted = int(os.environ.get("SOAK_HISTORIES", str(WANTED)))
    _say(f"{wanted:,} histories, at most {minutes:g} minutes, SOAK_SEED={first}")
    start, figures, broken = time.monotonic(), Counter[str](), list[str]()
    parts = iter(range(first, first + -(-wanted // PART)))
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        going = {pool.submit(part, number) for number, _ in zip(parts, range(4), strict=False)}
        while going:
            done = next(as_completed(going))
            going.remove(done)
            counted, failure = done.result()
            figures.update(counted)
            if failure:
                broken.append(failure)
                _say(failure)
            is_time = time.monotonic() - start < minutes * 60
            if is_time and not broken and (number := next(parts, None)) is not None:
                going.add(pool.submit(part, number))
            _tell(figures, time.monotonic() - start)
    return 1 if broken else 0


def part(number: int) -> tuple[Counter[str], str]:
    """One part of one kind: its figures, and what was broken, if anything was."""
    kind = KINDS[number % len(KINDS)]
    figures = Counter[str]()

    @seed(number)
    @settings(
        max_examples=PART,
        deadline=None,
        database=None,
        print_blob=True,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(histories(*kind, COMBINED))
    def every(history: History) -> None:
        _count(play(history), figures)

    try:
        every()
    except Exception as error:  # noqa: BLE001
        return figures, f"SOAK_SEED={number} {'-'.join(kind)}\n{_told(error)}"
    return figures, ""


def _told(error: BaseException) -> str:
    """What was broken, and the history that breaks it; there may be several."""
    if isinstance(error, BaseExceptionGroup):
        return "\n".join(map(_told, error.exceptions))
    return "\n".join([f"{type(error).__name__}: {error}", *getattr(error, "__notes__", ())])


def _count(played: Play, figures: Counter[str]) -> None:
    figures["histories"] += 1
    figures["nights"] += len(played.nights)
    for told in played.nights:
        figures["nights that did not end"] += told.finished is None
        figures["nights that held something"] += bool(told.plan and told.plan.held)
        figures["changes at Google"] += len(told.happened)
        figures["calls of Google"] += sum(told.calls.values())
        figures["things kept as a hand made them"] += len(told.plan.kept) if told.plan else 0


def _tell(figures: Counter[str], seconds: float) -> None:
    words = ", ".join(f"{count:,} {name}" for name, count in figures.items())
    _say(f"{seconds / 60:6.1f} min: {words}")


def _say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
