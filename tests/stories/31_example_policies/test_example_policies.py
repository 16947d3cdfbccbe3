"""Each folder of policy/examples is tidy, passes tests of its own, is planned against the sample
roster, and does what it is for."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from policy.rehearsal import Stage, set_stage
from policy.simulator.server import serve
from telling import COMMAND

EXAMPLES = Path(__file__).resolve().parents[3] / "policy" / "examples"
SPRINGFIELD = EXAMPLES / "springfield"
DOMAIN = "springfield.example"
PLANNED_HERE = [
    "elementary-combined",
    "large-district",
    "mid-size-district",
    "one-school-pilot",
    "secondary",
]


@dataclass(frozen=True)
class Plan:
    """A plan as JSON, and what is asked of it."""

    whole: dict[str, Any]

    @property
    def summary(self) -> dict[str, int]:
        found: dict[str, int] = self.whole["summary"]
        return found

    def names(self) -> set[str]:
        return {change["course"]["name"] for change in self.of_kind("course.create")}

    def of_kind(self, kind: str) -> list[dict[str, Any]]:
        return [change for change in self.whole["changes"] if change["kind"] == kind]


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The sample district's accounts in an empty Classroom; nothing is ever written there."""
    folder = tmp_path_factory.mktemp("google")
    sim = set_stage(Stage(domain=DOMAIN, accounts=SPRINGFIELD / "accounts.csv", quotas=False))
    own = {k: v for k, v in os.environ.items() if not k.startswith("ROLLBOOK_")}
    with serve(sim, port=0) as url:
        (folder / "key.json").write_text(json.dumps(sim.key_file()), encoding="utf-8")
        yield own | {
            "ROLLBOOK_GOOGLE_ROOT": url,
            "ROLLBOOK_GOOGLE_CREDENTIALS": str(folder / "key.json"),
            "ROLLBOOK_GOOGLE_ADMIN": f"admin@{DOMAIN}",
            "ROLLBOOK_STATE": str(folder / "state"),
            "ROLLBOOK_TODAY": "2026-09-01",
        }


def run(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    said = subprocess.run(
        [COMMAND, *words], env=environment, capture_output=True, text=True, timeout=120
    )
    assert said.returncode == 0, said.stdout + said.stderr
    return said


def plan(name: str, environment: dict[str, str]) -> Plan:
    roster = str(SPRINGFIELD / "roster")
    said = run(environment, "plan", str(EXAMPLES / name), "--roster", roster, "--format", "json")
    return Plan(json.loads(said.stdout))


def test_every_example_is_planned() -> None:
    there = sorted(path.parent.name for path in EXAMPLES.glob("*/district.yaml"))
    assert there == sorted([*PLANNED_HERE, "springfield"])
    for name in PLANNED_HERE:
        assert len((EXAMPLES / name / "README.md").read_text("utf-8").splitlines()) <= 16


@pytest.mark.parametrize("name", [*PLANNED_HERE, "springfield"])
def test_each_passes_its_own_tests_and_is_tidy(name: str, environment: dict[str, str]) -> None:
    said = run(environment, "validate", str(EXAMPLES / name))
    passed = re.search(r"is fine; ([0-9]+)\s+tests\s+passed", said.stderr)
    assert passed is not None, said.stderr
    assert int(passed[1]) >= 8
    run(environment, "fmt", str(EXAMPLES / name), "--check")


@pytest.fixture(scope="module")
def plans(environment: dict[str, str]) -> dict[str, Plan]:
    return {name: plan(name, environment) for name in PLANNED_HERE}


def test_none_names_a_school_or_person_that_is_not_there(plans: dict[str, Plan]) -> None:
    """All that is noted is about rows of the roster, and the same in each."""
    for name, found in plans.items():
        rows = [notice["row"] for notice in found.whole["notices"]]
        assert [row for row in rows if ".csv" not in row] == [], name


def test_one_school_pilot(plans: dict[str, Plan]) -> None:
    found = plans["one-school-pilot"]
    assert found.summary == {"course.create": 32, "teacher.add": 4}  # students after accepting
    made = found.of_kind("course.create")
    assert {change["course"]["school"]["key"] for change in made} == {"0043"}
    assert "Algebra I – Period 6" in found.names()


def test_mid_size_district(plans: dict[str, Plan]) -> None:
    found = plans["mid-size-district"]
    assert found.summary == {"course.create": 120, "teacher.add": 11, "student.add": 1567}
    names = found.names()
    assert "Math KGA – Ríos" in names  # elementary
    assert "Math 6, Section 1" in names  # middle
    assert "Algebra I – Period 6" in names  # high
    assert [name for name in names if name.startswith("PE ") or "Homeroom" in name] == []
    added = {change["course"]["school"]["key"] for change in found.of_kind("student.add")}
    assert added == {"0041", "0042"}  # the high school's come after accepting


def test_elementary_combined(plans: dict[str, Plan]) -> None:
    found = plans["elementary-combined"]
    # 12 homeroom teachers with three sections each, and 12 sections of music and art; uncombined
    # they would be 48 classes with 1000 seats.
    assert found.summary == {"course.create": 24, "student.add": 600}
    assert len(found.names()) == 24
    assert {"Grade KG – Ríos", "Grade KG – Diallo"} <= found.names()


def test_secondary(plans: dict[str, Plan]) -> None:
    found = plans["secondary"]
    assert found.summary == {"course.create": 74, "teacher.add": 23, "student.add": 1755}
    seats = {
        (change["section"], change["person"]["email"].partition("@")[0]): change["why"][0]
        for change in found.of_kind("teacher.add")
    }
    by_policy = {seat for seat, why in seats.items() if why.startswith("the policy puts them")}
    malones = {"43211", "43212"}  # English 9
    assert {(section, "ayo.kessler") for section in (*malones, "43112")} <= by_policy
    assert ("42621", "noelle.baptiste") in by_policy
    assert ("42613", "ayo.kessler") not in by_policy  # the SIS lists this one


def test_large_district(plans: dict[str, Plan]) -> None:
    assert plans["large-district"].summary == {
        "course.create": 130,
        "teacher.add": 11,
        "student.add": 2974,
    }
