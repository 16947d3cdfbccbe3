"""Districts of any size as OneRoster 1.1 CSV, drawn from a seed and public statistics, and each a
second time as the next night has it. Written school by school; nothing of a district is held.

A student sits in 7 sections, a section has 35 students on average: 1,000,000 students are 200,000
sections and 7,000,000 seats. The shape of sizes is that of the statistics, stretched to that mean.
"""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import TextIO

from bench.stats import GRADES, Statistics, read_statistics

PERIODS = 7
PER_SECTION = 35
MOVED = 0.01  # of the seats, from one night to the next
LATE = 0.03  # of the seats begin after the term does
OVER = 0.01  # of the seats have ended already
NO_EMAIL = 0.0005  # of the students
DOMAIN = "bench.example"
TODAY = "2026-10-01"
START, END = "2026-08-24", "2027-06-12"

HEADERS = {
    "orgs": "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId",
    "academicSessions": (
        "sourcedId,status,dateLastModified,title,type,startDate,endDate,parentSourcedId,schoolYear"
    ),
    "courses": (
        "sourcedId,status,dateLastModified,schoolYearSourcedId,title,courseCode,grades,"
        "orgSourcedId,subjects,subjectCodes"
    ),
    "classes": (
        "sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,"
        "location,schoolSourcedId,termSourcedIds,subjects,subjectCodes,periods"
    ),
    "users": (
        "sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,userIds,"
        "givenName,familyName,middleName,identifier,email,sms,phone,agentSourcedIds,grades,password"
    ),
    "enrollments": (
        "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,"
        "primary,beginDate,endDate"
    ),
}
FIRST, NEXT = "first", "next"


@dataclass(frozen=True, slots=True)
class Size:
    """What a district came to have."""

    schools: int
    sections: int
    students: int
    teachers: int
    seats: int  # rows of the first night, teachers' too


def write_district(folder: Path, *, students: int, seed: int, statistics: Statistics) -> Size:
    """Two drops, `first` and `next`; all but the enrollments are the same in both."""
    dice = Random(seed)
    with ExitStack() as stack:
        files = _open(folder, stack)
        _write_frame(files)
        size = Size(0, 0, 0, 0, 0)
        while size.students < students:
            grades = dice.choice(statistics.schools)
            school = _School(size, _cut(grades, students - size.students), dice, statistics)
            size = school.write(files)
    for name in HEADERS:
        if name != "enrollments":
            os.link(folder / FIRST / f"{name}.csv", folder / NEXT / f"{name}.csv")
    return size


def _open(folder: Path, stack: ExitStack) -> dict[str, TextIO]:
    files: dict[str, TextIO] = {}
    for night in (FIRST, NEXT):
        (folder / night).mkdir(parents=True)
        for name, header in HEADERS.items():
            if night == FIRST or name == "enrollments":
                path = folder / night / f"{name}.csv"
                file = stack.enter_context(path.open("w", encoding="utf-8", newline=""))
                file.write(header + "\n")
                files[name if night == FIRST else NEXT] = file
    return files


def _write_frame(files: dict[str, TextIO]) -> None:
    files["orgs"].write("1,,,Bench District,district,,\n")
    files["academicSessions"].write(f"y,,,2026-27,schoolYear,{START},{END},,2027\n")


def _cut(grades: Sequence[int], left: int) -> list[int]:
    """A school that is no larger than what is left to be filled."""
    kept: list[int] = []
    for count in grades:
        kept.append(min(count, left))
        left -= kept[-1]
    return kept


class _School:
    """One school: who is in it, which sections it has, who sits where."""

    def __init__(
        self, before: Size, grades: Sequence[int], dice: Random, statistics: Statistics
    ) -> None:
        self._before = before
        self._dice = dice
        self._statistics = statistics
        self._key = f"{10_000 + before.schools}"
        self._grades = [g for g, n in zip(GRADES, grades, strict=True) for _ in range(n)]
        self._students = [f"{300_000_000 + before.students + n}" for n in range(sum(grades))]
        count = round(len(self._students) / dice.choice(statistics.students_per_teacher)) or 1
        self._teachers = [f"{7_000_000 + before.teachers + n}" for n in range(count)]
        per_period = max(1, round(len(self._students) / PER_SECTION))
        first = 20_000_000 + before.sections
        self._sections = [
            [f"{first + period * per_period + n}" for n in range(per_period)]
            for period in range(PERIODS)
        ]
        self._rows = 0

    def write(self, files: dict[str, TextIO]) -> Size:
        """All its rows, and the district's size with it."""
        name = f"{self._statistics.family_names.draw(self._dice, 1)[0]} School {self._key}"
        files["orgs"].write(f"{self._key},,,{name},school,,1\n")
        files["users"].writelines(self._users())
        seated = [self._seat(period) for period in range(PERIODS)]
        files["courses"].writelines(self._courses())
        files["classes"].writelines(self._classes(seated))
        self._write_teachers(files)
        self._write_students(files, seated)
        return Size(
            schools=self._before.schools + 1,
            sections=self._before.sections + sum(map(len, self._sections)),
            students=self._before.students + len(self._students),
            teachers=self._before.teachers + len(self._teachers),
            seats=self._before.seats + self._rows,
        )

    def _users(self) -> Iterator[str]:
        count = len(self._students) + len(self._teachers)
        given = self._statistics.given_names.draw(self._dice, count)
        family = self._statistics.family_names.draw(self._dice, count)
        roles = ["student"] * len(self._students) + ["teacher"] * len(self._teachers)
        grades = self._grades + [""] * len(self._teachers)
        keys = self._students + self._teachers
        for key, role, first, last, grade in zip(keys, roles, given, family, grades, strict=True):
            login = f"{first}.{last}{key[-7:]}".lower()
            is_lost = role == "student" and self._dice.random() < NO_EMAIL
            email = "" if is_lost else f"{login}@{DOMAIN}"
            yield (
                f"{key},,,true,{self._key},{role},{login},,{first},{last},,{key},{email},,,,{grade},\n"
            )

    def _seat(self, period: int) -> list[int]:
        """For each student the number of their section in this period: neighbours in grade, cut
        where sizes drawn from the statistics end."""
        count = len(self._sections[period])
        sizes = self._statistics.class_sizes.draw(self._dice, count)
        ends = list(accumulate(sizes))
        stretch = len(self._students) / ends[-1]
        order = list(range(len(self._students)))
        order.sort(key=lambda n: (self._grades[n], self._dice.random()))
        seated = [0] * len(order)
        section = 0
        for rank, student in enumerate(order):
            while section + 1 < count and rank >= ends[section] * stretch:
                section += 1
            seated[student] = section
        return seated

    def _courses(self) -> Iterator[str]:
        titles = self._statistics.courses.draw(self._dice, PERIODS)
        for period, title in enumerate(titles):
            key = f"{self._key}-{period}"
            yield f'{key},,,y,"{title}",C{period},,{self._key},,\n'

    def _classes(self, seated: Sequence[Sequence[int]]) -> Iterator[str]:
        for period, keys in enumerate(self._sections):
            grades = dict(zip(seated[period], self._grades, strict=True))
            for n, key in enumerate(keys):
                course = f"{self._key}-{period}"
                yield (
                    f'{key},,,"Period {period + 1}, group {n + 1}",{grades.get(n, "")},{course},'
                    f"{course}-{n},scheduled,Room {self._dice.randrange(100, 400)},{self._key},y,,,"
                    f"{period + 1}\n"
                )

    def _write_teachers(self, files: dict[str, TextIO]) -> None:
        rows: list[str] = []
        for key in (key for keys in self._sections for key in keys):
            by_two = self._dice.random() < self._statistics.taught_by_two
            most = min(1 + by_two, len(self._teachers))
            for n, teacher in enumerate(self._dice.sample(self._teachers, most)):
                primary = "true" if n == 0 else "false"
                rows.append(
                    f"{key}-{teacher},,,{key},{self._key},{teacher},teacher,{primary},{START},{END}\n"
                )
        self._rows += len(rows)
        files["enrollments"].writelines(rows)
        files[NEXT].writelines(rows)

    def _write_students(self, files: dict[str, TextIO], seated: Sequence[Sequence[int]]) -> None:
        """Student by student, as most exports have them."""
        rows: list[str] = []
        moved: list[str] = []
        dice = self._dice.random
        for n, student in enumerate(self._students):
            for keys, sections in zip(self._sections, seated, strict=True):
                chance = dice()
                begin, end = START, END
                if chance < LATE:
                    begin = f"2026-09-{self._dice.randrange(1, 31):02}"
                elif chance > 1 - OVER:
                    end = f"2026-09-{self._dice.randrange(1, 31):02}"
                tail = f"{self._key},{student},student,false,{begin},{end}\n"
                key = keys[sections[n]]
                row = f"{key}-{student},,,{key},{tail}"
                rows.append(row)
                if dice() < MOVED:
                    key = keys[(sections[n] + 1) % len(keys)]
                    row = f"{key}-{student},,,{key},{tail}"
                moved.append(row)
        self._rows += len(rows)
        files["enrollments"].writelines(rows)
        files[NEXT].writelines(moved)


if __name__ == "__main__":
    folder, students, seed = sys.argv[1:]
    made = write_district(
        Path(folder), students=int(students), seed=int(seed), statistics=read_statistics()
    )
    sys.stdout.write(f"{made}\n")
