"""The nights of a district whose SIS writes Clever's files. What came about is compared with the
files by code that shares nothing with the loader."""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from policy.simulator.server import serve
from telling import SmallRoster, Story, address, google_for, three_sections

TEACHERS = {"rivera": "1", "chen": "2", "okafor": "3"}
DAYS = ("8/15/2026", "5/31/2027")
SLOTS = ("Teacher_id", *(f"Teacher_{number}_id" for number in range(2, 11)))


def student_id(key: str) -> str:
    """So that student 1 is not teacher 1."""
    return key.removeprefix("s")


@dataclass
class CleverRoster(SmallRoster):
    """The same district as Clever's five files. Each student has two contacts, and so two rows."""

    days: dict[str, tuple[str, str]] = field(default_factory=dict)  # of terms, by section
    end: str = "\n"

    def write(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for name, rows in self.clever_files().items():
            with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, list(rows[0]), lineterminator=self.end)
                writer.writeheader()
                writer.writerows(rows)

    def clever_files(self) -> dict[str, list[dict[str, str]]]:
        students = sorted({who for people in self.students.values() for who in people})
        return {
            "schools": [{"School_id": "sch", "School_name": "Maple High", "School_number": "1"}],
            "teachers": [
                {
                    "School_id": "sch",
                    "Teacher_id": number,
                    "Teacher_email": address(key),
                    "First_name": key.title(),
                    "Last_name": "Maple",
                }
                for key, number in TEACHERS.items()
            ],
            "students": [
                {
                    "School_id": "sch",
                    "Student_id": student_id(key),
                    "First_name": key.title(),
                    "Last_name": "Maple",
                    "DOB": "1/2/2011",
                    "Student_email": address(key),
                    "Contact_name": contact,
                }
                for key in students
                for contact in ("Par", "Gran")
            ],
            "sections": [self._section(key) for key in self.teachers],
            "enrollments": [
                {"School_id": "sch", "Section_id": key, "Student_id": student_id(who)}
                for key, people in self.students.items()
                for who in people
            ],
        }

    def _section(self, key: str) -> dict[str, str]:
        slots = dict.fromkeys(SLOTS, "")
        slots.update(
            zip(SLOTS, (TEACHERS.get(who, who) for who in self.teachers[key]), strict=False)
        )
        start, end = self.days.get(key, DAYS)
        section = {"School_id": "sch", "Section_id": key, **slots, "Name": key.title()}
        return {**section, "Term_name": "Year", "Term_start": start, "Term_end": end}


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    small = three_sections()
    roster = CleverRoster(small.teachers, small.students)
    sim = google_for(roster)
    with serve(sim, port=0) as url:
        (tmp_path / "key.json").write_text(json.dumps(sim.key_file()), encoding="utf-8")
        yield Story(tmp_path, roster, sim, url)


def roster_of(story: Story) -> CleverRoster:
    assert isinstance(story.roster, CleverRoster)
    return story.roster


def listed(story: Story) -> dict[str, tuple[set[str], set[str]]]:
    """Teachers and students by section, by the first part of their e-mail."""
    folder = story.folder / "policies" / "roster"

    def rows(name: str) -> list[dict[str, str]]:
        text = (folder / f"{name}.csv").read_text("utf-8").replace("\r", "\n")
        return list(csv.DictReader(text.splitlines()))

    teachers = {r["Teacher_id"]: r["Teacher_email"].partition("@")[0] for r in rows("teachers")}
    students = {r["Student_id"]: r["Student_email"].partition("@")[0] for r in rows("students")}
    return {
        row["Section_id"]: (
            {teachers[row[slot]] for slot in SLOTS if row[slot]},
            {
                students[seat["Student_id"]]
                for seat in rows("enrollments")
                if seat["Section_id"] == row["Section_id"]
            },
        )
        for row in rows("sections")
    }


def seen(story: Story) -> dict[str, tuple[set[str], set[str]]]:
    return {key: (c["teachers"], c["students"]) for key, c in story.classes().items()}


def test_three_nights(story: Story) -> None:
    first = story.sync()
    assert first.status == 0, first.err
    assert seen(story) == listed(story)
    assert {c["name"] for c in story.classes().values()} == {"Algebra", "Biology", "Chorus"}
    assert story.classes()["biology"]["owner"] == "chen"
    assert story.writes() > 0

    second = story.sync()
    assert second.status == 0, second.err
    assert story.writes() == 0

    for section in story.roster.teachers:
        story.by_hand(section, "accept")
    story.roster.students["chorus"].remove("s9")
    story.roster.students["biology"].append("s9")
    story.roster.teachers["chorus"].append("chen")
    planned = story.plan()
    assert planned["summary"] == {"student.add": 1, "student.remove": 1, "teacher.add": 1}
    assert {tuple(change["why"]) for change in planned["changes"]} == {
        ("enrollments.csv:20 lists them in section biology",),
        ("sections.csv:4 lists them in section chorus",),
        ("the roster no longer lists them in section chorus (sections.csv:4)",),
    }
    third = story.sync()
    assert third.status == 0, third.err
    assert seen(story) == listed(story)
    assert story.writes() == 3

    roster_of(story).end = "\r"
    fourth = story.sync()
    assert fourth.status == 0, fourth.err
    assert story.writes() == 0


def test_a_section_whose_year_can_not_be_told_is_left_as_it_is(story: Story) -> None:
    story.sync()
    before = seen(story)
    story.writes()
    roster_of(story).days["chorus"] = ("", "")
    story.roster.students["chorus"].clear()
    story.roster.students["biology"].append("s9")
    said = story.sync()
    assert "Term_start and Term_end are empty" in said.words
    assert seen(story)["chorus"] == before["chorus"]
    assert story.writes() == 1


def test_nobody_leaves_a_class_that_names_an_unknown_teacher(story: Story) -> None:
    story.sync()
    before = seen(story)
    story.roster.teachers["chorus"] = ["okafor", "17"]
    story.roster.students["chorus"].remove("s9")
    said = story.sync()
    assert "Teacher_2_id names '17', which has no row in teachers.csv" in said.words
    assert seen(story)["chorus"] == before["chorus"]


def test_a_set_without_terms_is_refused(story: Story) -> None:
    story.write_inputs()
    path = story.folder / "policies" / "roster" / "sections.csv"
    text = path.read_text("utf-8").replace("Term_start,Term_end", "x,y")
    path.write_text(text, "utf-8")
    said = story.run_as_it_is("sync", "policies")
    assert said.status == 2
    assert "has no column Term_start; the export must have it: it tells a section's year" in (
        said.words
    )
    assert story.writes() == 0
