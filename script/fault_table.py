"""Prints what each fault of Google's costs a night, as a table: python script/fault_table.py"""

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from everything import eve  # noqa: E402
from faulty import FAULTS, NIGHTS, Took, take  # noqa: E402

HEAD = (
    "| fault | night | end state | writes | put off or refused | calls | HTTP requests "
    "| seconds waited |\n| --- | --- | --- | ---: | ---: | ---: | ---: | ---: |\n"
)


def main() -> None:
    """Every fault in every night, each beside the undisturbed one."""
    with tempfile.TemporaryDirectory() as folder:
        before, number = eve(_new(Path(folder), 0)), 0
        calm: dict[str, object] = {}
        sys.stdout.write(HEAD)
        for fault in FAULTS:
            for night in NIGHTS:
                number += 1
                took = take(fault, night, before, _new(Path(folder), number))
                is_equal = took.end == calm.setdefault(night, took.end)
                sys.stdout.write(_row(fault, night, took, is_equal=is_equal))
                sys.stdout.flush()


def _new(folder: Path, number: int) -> Path:
    made = folder / str(number)
    made.mkdir()
    return made


def _row(fault: str, night: str, took: Took, *, is_equal: bool) -> str:
    end = "equal" if is_equal else "**different**"
    return (
        f"| {fault} | {night} | {end} | {took.writes} | {took.undone} | {took.calls} "
        f"| {took.requests} | {took.seconds:.0f} |\n"
    )


if __name__ == "__main__":
    main()
