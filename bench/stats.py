"""The public statistics that districts are drawn from, read from their folder when a bench runs.

Only counts and shares are read; nothing of them is kept in this repository.
"""

import csv
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Generic, TypeVar

VARIABLE = "BENCH_STATISTICS"
FOLDER = Path(__file__).resolve().parents[1] / "../shared/rosters"
GRADES = ("KG", *(f"{n:02}" for n in range(1, 13)))

_SIZES = "stats-nyc-class-size/class_size_2010_11.csv"
_SCHOOLS = "stats-nyc-class-size/school_enrolment_by_grade_2010_11.csv"
_GIVEN = "stats-us-names/new-top-firstNames.csv"
_FAMILY = "stats-us-names/new-top-surnames.csv"
_GRADE_COLUMNS = ("k", *(f"grade{n}" for n in range(1, 13)))

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Shares(Generic[T]):
    """Values and how often each is met."""

    values: Sequence[T]
    weights: Sequence[float]  # running totals

    def draw(self, dice: Random, count: int) -> list[T]:
        return dice.choices(self.values, cum_weights=self.weights, k=count)


@dataclass(frozen=True, slots=True)
class Statistics:
    """What a district is like. `schools` are students by grade; `taught_by_two` is the share of
    sections with a second teacher."""

    schools: Sequence[tuple[int, ...]]
    class_sizes: Shares[float]
    courses: Shares[str]
    students_per_teacher: Sequence[float]
    taught_by_two: float
    given_names: Shares[str]
    family_names: Shares[str]


def read_statistics() -> Statistics:
    """Read them all. Exits with words where they are not."""
    folder = Path(os.environ.get(VARIABLE) or FOLDER)
    if not (folder / _SIZES).is_file():
        raise SystemExit(
            f"{folder} has no {_SIZES}: the districts are drawn from public statistics. "
            f"Let {VARIABLE} name the folder that has them."
        )
    sizes = list(_rows(folder / _SIZES))
    classes = [row for row in sizes if row["NUMBER OF SECTIONS"].isdigit()]
    sections = [int(row["NUMBER OF SECTIONS"]) for row in classes]
    by_two = sum(
        n for n, row in zip(sections, classes, strict=True) if row["PROGRAM TYPE"] == "CTT"
    )
    named = [
        (row["CORE COURSE (MS CORE and 9-12 ONLY)"], n)
        for n, row in zip(sections, classes, strict=True)
        if row["CORE COURSE (MS CORE and 9-12 ONLY)"] != "-"
    ]
    return Statistics(
        schools=[s for row in _rows(folder / _SCHOOLS) if sum(s := _by_grade(row)) >= 35],
        class_sizes=_shares([float(row["AVERAGE CLASS SIZE"]) for row in classes], sections),
        courses=_shares([name for name, _ in named], [n for _, n in named]),
        students_per_teacher=[
            float(row["SCHOOLWIDE PUPIL-TEACHER RATIO"])
            for row in sizes
            if row["SCHOOLWIDE PUPIL-TEACHER RATIO"]
        ],
        taught_by_two=by_two / sum(sections),
        given_names=_names(folder / _GIVEN, "newPerct2013"),
        family_names=_names(folder / _FAMILY, "perct2013"),
    )


def _rows(path: Path) -> Iterator[dict[str, str]]:
    """Rows by column; one of the files is not UTF-8 in a few names that nobody reads."""
    with path.open(encoding="latin-1", newline="") as file:
        yield from csv.DictReader(file)


def _by_grade(row: dict[str, str]) -> tuple[int, ...]:
    return tuple(int(row[column].strip() or 0) for column in _GRADE_COLUMNS)


def _names(path: Path, share: str) -> Shares[str]:
    rows = list(_rows(path))
    return _shares([row["name"].title() for row in rows], [float(row[share]) for row in rows])


def _shares(values: Sequence[T], weights: Sequence[float]) -> Shares[T]:
    return Shares(values, list(accumulate(weights)))
