"""`python -m bench.policies`: a large policy is loaded, and many sections are judged by many rules.

Seconds are of the processor's time: what others do on the machine does not count.
"""

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from policy.rules.load import load_policy
from policy.rules.model import Matcher, Scope
from policy.rules.scope import SectionFacts, TermFacts, judge_scope
from policy.rules.tidy_folder import tidy_folder

LINES, SECTIONS, RULES = 9_000, 200_000, 50
TARGET = 2.0
TODAY = date(2026, 10, 1)
HEAD = """\
version: 1
district: {id: bench, name: Bench, domains: [bench.example], timezone: UTC}
"""
SCHOOL = """\
schools: ["{number:04}"]
classes:
  name: "{{course.name}} – {{section.period}}"
  scope:
    exclude:
      - {{name: "*lunch {number}*", grade: ["09", "10"]}}
      - teacher: "substitute{number}@*"
        course: "Study*"
students:
  exceptions:
    - person: pat{number}@bench.example
      where: {{name: "Chorus {number}*"}}
      keep: out
limits:
  student.remove: {{class: 5}}
"""
SUBJECTS = ("Math", "English", "Science", "Social Studies", "World Languages", "Arts", "PE")


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        for title, write in (("one file", _one_file), ("a file a school", _files_of_schools)):
            folder = Path(name) / title.replace(" ", "-")
            folder.mkdir()
            lines = write(folder)
            with _timed(f"load and validate {lines:,} lines of policy, {title}"):
                load_policy(folder)
            with _timed(f"tidy {lines:,} lines of policy, {title}", target=False):
                tidy_folder(folder, write=False)
    sections = list(_sections())
    for title, scope in (("as districts write them", _scope()), ("globs of names", _by_names())):
        with _timed(f"judge {SECTIONS:,} sections by {RULES} rules, {title}"):
            inside = sum(judge_scope(section, scope, TODAY).inside for section in sections)
        sys.stdout.write(f"  {inside:,} are in scope\n")


@contextmanager
def _timed(title: str, *, target: bool = True) -> Iterator[None]:
    begun = time.process_time()
    yield
    took = time.process_time() - begun
    verdict = f" (target {TARGET:.0f} s: {'met' if took <= TARGET else 'MISSED'})" if target else ""
    sys.stdout.write(f"{title:70}{took:7.2f} s{verdict}\n")
    sys.stdout.flush()


def _one_file(folder: Path) -> int:
    rules = "".join(f'      - {{name: "*lunch {n}*"}}\n' for n in range(LINES // 2))
    exceptions = "".join(
        f"    - person: pat{n}@bench.example\n"
        f'      where:\n        name: "Chorus {n}*"\n      keep: out\n'
        for n in range(LINES // 8)
    )
    text = f"{HEAD}classes:\n  scope:\n    exclude:\n{rules}students:\n  exceptions:\n{exceptions}"
    (folder / "district.yaml").write_text(text, encoding="utf-8")
    return text.count("\n")


def _files_of_schools(folder: Path) -> int:
    (folder / "schools").mkdir()
    (folder / "district.yaml").write_text(HEAD, encoding="utf-8")
    size = SCHOOL.count("\n")
    for number in range(LINES // size):
        text = SCHOOL.format(number=number)
        (folder / "schools" / f"{number:04}.yaml").write_text(text, encoding="utf-8")
    return LINES // size * size + HEAD.count("\n")


def _scope() -> Scope:
    """Rules over every key, some of which match."""
    forms = (
        lambda n: {"name": (f"*lunch {n}*",)},
        lambda n: {"subject": (f"Advisory {n}*",), "grade": ("09", "10")},
        lambda n: {"teacher": (f"substitute{n}@*",)},
        lambda n: {"course": (f"Course {n * 7}",), "period": (str(n % 8),)},
        lambda n: {"school": (f"{n:04}",), "name": ("* 7", "*study hall*")},
    )
    return _excluding([Matcher(forms[n % len(forms)](n)) for n in range(RULES)])


def _by_names() -> Scope:
    """The dearest: every rule a glob of the title, of which no two are the same."""
    return _excluding([Matcher({"name": (f"*rare {n}?x*",)}) for n in range(RULES)])


def _excluding(matchers: list[Matcher]) -> Scope:
    return Scope(schools=None, terms=(), grades=None, subjects=None, exclude=tuple(matchers))


def _sections() -> Iterator[SectionFacts]:
    term = TermFacts("fall", "Fall 2026", date(2026, 8, 20), date(2027, 1, 20))
    for n in range(SECTIONS):
        course, teacher = f"Course {n % 900}", n % 12_000
        yield SectionFacts(
            school_key=f"{n % 160:04}",
            school_name=f"School {n % 160}",
            grades=(f"{n % 4 + 9:02}",),
            subjects=(SUBJECTS[n % len(SUBJECTS)],),
            course_title=course,
            course_code=f"C{n % 900}",
            section_key=f"s{n}",
            section_title=f"{course} - Section {n}",
            section_code=f"{n}",
            terms=(term,),
            periods=(str(n % 8),),
            room=f"R{n % 80}",
            school_year="2027",
            teacher_names=(f"T{teacher} Maple",),
            teacher_family_names=("Maple",),
            teacher_emails=(f"t{teacher}@bench.example",),
        )


if __name__ == "__main__":
    main()
