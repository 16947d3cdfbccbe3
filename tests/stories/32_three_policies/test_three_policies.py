"""One real roster under three policies (tests/policies) that scope, name and combine differently:
what each plans, and what a pull request from one to the next is told."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from policy.rehearsal import Stage, set_stage
from policy.simulator.server import serve
from telling import COMMAND

pytestmark = [
    pytest.mark.rosters,
    pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed"),
]

POLICIES = Path(__file__).resolve().parents[2] / "policies"
DOMAIN = "example.com"

Run = Callable[..., str]


@pytest.fixture(scope="module")
def drop(rosters: Path) -> Path:
    return rosters / "oneroster11-converted-clever-sandbox" / "snapshot-1"


@pytest.fixture(scope="module")
def run(drop: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """The command on this roster, with an empty Classroom in which nothing is ever written."""
    folder = tmp_path_factory.mktemp("google")
    sim = set_stage(Stage(domain=DOMAIN, roster=drop, quotas=False))
    own = {k: v for k, v in os.environ.items() if not k.startswith("ROLLBOOK_")}
    with serve(sim, port=0) as url:
        (folder / "key.json").write_text(json.dumps(sim.key_file()), encoding="utf-8")
        settings = {
            "ROLLBOOK_GOOGLE_ROOT": url,
            "ROLLBOOK_GOOGLE_CREDENTIALS": str(folder / "key.json"),
            "ROLLBOOK_GOOGLE_ADMIN": f"admin@{DOMAIN}",
            "ROLLBOOK_STATE": str(folder / "state"),
            "ROLLBOOK_TODAY": "2015-10-01",
        }

        def run_command(*words: str, cwd: Path) -> str:
            said = subprocess.run(
                [COMMAND, *words, "--roster", str(drop)],
                cwd=cwd,
                env=own | settings,
                capture_output=True,
                text=True,
                timeout=120,
            )
            assert said.returncode == 0, said.stdout + said.stderr
            return said.stdout

        yield run_command


@pytest.mark.parametrize(
    ("name", "classes", "co_teachers", "students"),
    [
        # Counted from the CSV files without Rollbook: nobody twice in a class.
        pytest.param("snapshot-a", 379, 81, 8971, id="each section is a class"),
        pytest.param("snapshot-b", 292, 56, 7533, id="42 of 319 sections are 15 classes"),
        pytest.param("snapshot-c", 52, 33, 2242, id="152 of 165 sections are 39 classes"),
    ],
)
def test_each_is_planned(
    run: Run, name: str, classes: int, co_teachers: int, students: int
) -> None:
    plan = json.loads(run("plan", name, "--format", "json", cwd=POLICIES))
    assert plan["summary"] == {
        "course.create": classes,
        "teacher.add": co_teachers,
        "student.add": students,
    }


def git(folder: Path, *arguments: str) -> None:
    me = ("-c", "user.name=Test", "-c", "user.email=test@maple.example")
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    subprocess.run(
        ["git", "-C", str(folder), *me, *arguments],
        env=environment | {"GIT_CONFIG_GLOBAL": os.devnull},
        capture_output=True,
        check=True,
    )


@pytest.fixture
def review(tmp_path: Path) -> Callable[[str], Path]:
    """A function that makes the policy of a name the newest of a repository, under a tag of that
    name, and gives the repository's folder."""
    git(tmp_path, "init", "--quiet", "--initial-branch", "main")

    def commit(name: str) -> Path:
        shutil.rmtree(tmp_path / "policies", ignore_errors=True)
        shutil.copytree(POLICIES / name, tmp_path / "policies")
        git(tmp_path, "add", "--all")
        git(tmp_path, "commit", "--quiet", "--message", name)
        git(tmp_path, "tag", name)
        return tmp_path

    return commit


def test_homerooms_go_and_groups_are_combined(run: Run, review: Callable[[str], Path]) -> None:
    review("snapshot-a")
    words = run(
        *("plan", "policies", "--against", "snapshot-a", "--format", "markdown"),
        cwd=review("snapshot-b"),
    )
    for line in (
        "| 42 | sections are combined with others than before "
        "| `classes.combine, policies/schools/high.yaml:5` |",
        "| 60 | sections go out of scope | `classes.scope.exclude[0], policies/district.yaml:13` |",
        "| 112 | classes get another name | `classes.name, policies/schools/high.yaml:4` |",
        "| `City High School` | 42 | 24 | 112 |",
        "| `Pineapple Elementary School` | 0 | 18 | 0 |",
        "| `Rockaway Beach Middle School` | 0 | 18 | 0 |",
    ):
        assert line in words.splitlines()


def test_a_school_goes_and_others_are_combined(run: Run, review: Callable[[str], Path]) -> None:
    review("snapshot-b")
    folder = review("snapshot-c")
    against = ("plan", "policies", "--against", "snapshot-b", "--format")
    words = run(*against, "markdown", cwd=folder)
    for line in (
        "| 152 | sections are combined with others than before "
        "| 90 by `classes.combine, policies/schools/elementary.yaml:5`<br>"
        "62 by `classes.combine, policies/schools/middle.yaml:5` |",
        "| 154 | sections go out of scope | `classes.scope.grades, policies/district.yaml:12` |",
        "| 13 | classes get another name | `classes.name, policies/schools/middle.yaml:4` |",
    ):
        assert line in words.splitlines()
    found: dict[str, Any] = json.loads(run(*against, "json", cwd=folder))
    assert found["summary"] == {"class.together": 152, "section.goes": 154, "class.name": 13}
