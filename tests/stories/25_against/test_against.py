"""A pull request changes the policy: what would it do? The command, a repository, and no Google."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from telling import ANY_AGE, POLICY, REMOVED_AT_ONCE, Said, Story, three_sections

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")

NO_CHORUS = "classes:\n  scope:\n    exclude:\n      - {section: chorus}\n"
# Ends the command the moment it reaches for anything but files and git.
NO_NETWORK = """\
import os, sys
def refuse(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto", "socket.bind"):
        os.write(2, f"reached for the network: {event}".encode())
        os._exit(99)
sys.addaudithook(refuse)
from policy.cli import main
main()
"""


def git(folder: Path, *arguments: str) -> None:
    me = ("-c", "user.name=Test", "-c", "user.email=test@maple.example")
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    subprocess.run(
        ["git", "-C", str(folder), *me, *arguments],
        env=environment | {"GIT_CONFIG_GLOBAL": os.devnull},
        capture_output=True,
        check=True,
    )


def write(folder: Path, policy: str) -> None:
    text = policy + REMOVED_AT_ONCE + ANY_AGE
    (folder / "policies" / "district.yaml").write_text(text, encoding="utf-8")


@pytest.fixture
def review(tmp_path: Path) -> Path:
    """A repository with a policy on main and a roster beside it, as a CI has it: no settings of
    Rollbook's, and no store."""
    three_sections().write(tmp_path / "policies" / "roster")
    write(tmp_path, POLICY)
    git(tmp_path, "init", "--quiet", "--initial-branch", "main")
    git(tmp_path, "add", "--all")
    git(tmp_path, "commit", "--quiet", "--message", "A policy")
    return tmp_path


def run(folder: Path, *words: str, **settings: str) -> Said:
    own = {k: v for k, v in os.environ.items() if not k.startswith("ROLLBOOK_")}
    done = subprocess.run(
        [sys.executable, "-c", NO_NETWORK, "plan", "policies", *words],
        cwd=folder,
        env={**own, "ROLLBOOK_TODAY": "2026-09-01", **settings},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return Said(done.returncode, done.stdout, done.stderr)


def test_a_pull_request_leaves_a_section_out(review: Path) -> None:
    write(review, POLICY + NO_CHORUS)
    said = run(review, "--against", "main")
    assert said.status == 0, said.err
    assert "\n          1  section goes out of scope\n" in said.out
    assert "by classes.scope.exclude[0], policies/district.yaml:13\n" in said.out
    assert "“Chorus”\n      section chorus, Maple High; classes.scope" in said.out
    assert "no store remembers any: 13 e-mails of the SIS" in " ".join(said.out.split())
    assert max(map(len, said.out.splitlines())) <= 80
    assert not (review / ".rollbook").exists()
    git(review, "commit", "--quiet", "--all", "--message", "No chorus")
    back = run(review, "--against", "HEAD~1")
    assert back.out.count("section goes out of scope") == 2
    assert "Nothing changes: 3 sections looked at." in run(review, "--against", "HEAD").out


def test_what_comes_back_names_the_line_that_is_gone(review: Path) -> None:
    write(review, POLICY + NO_CHORUS)
    git(review, "commit", "--quiet", "--all", "--message", "No chorus")
    write(review, POLICY)
    said = run(review, "--against", "main")
    assert "section comes into scope" in said.out
    words = " ".join(said.out.split())
    assert "by classes.scope.exclude[0], policies/district.yaml:13 at main" in words


def test_a_schools_file_changes_names_and_seats(review: Path) -> None:
    schools = review / "policies" / "schools"
    schools.mkdir()
    (schools / "maple.yaml").write_text(
        "schools: [Maple High]\n"
        'classes:\n  name: "{section.name} – {teacher.name}"\n'
        "co_teachers: {add: false}\n",
        encoding="utf-8",
    )
    comment = review / "comment.md"
    said = run(review, "--against", "main", "--out", str(comment))
    assert (said.status, said.out) == (0, "")
    words = comment.read_text(encoding="utf-8")
    assert (
        "| 3 | classes get another name | `classes.name, policies/schools/maple.yaml:3` |" in words
    )
    assert (
        "| 1 | co-teacher seat goes | `co_teachers.add, policies/schools/maple.yaml:4` |" in words
    )
    assert re.search("`Algebra` becomes `Algebra – teacher [0-9a-f]{6}`", words)
    assert re.search(r"(?i)rivera|chen|okafor|@maple", words) is None
    named = run(review, "--against", "main", "--format", "markdown", "--names").out
    assert "`Algebra` becomes `Algebra – Rivera Maple`" in named
    assert "`Rivera Maple (rivera@maple.example)` out of `Biology`" in named
    found = json.loads(run(review, "--against", "main", "--format", "json").out)
    assert found["summary"] == {"class.name": 3, "teacher.remove": 1}
    assert found["roster"].keys() == {"source", "counts"}  # pseudonyms are made with its digest
    assert {rule["field"] for rule in found["rules"]} == {"classes.name", "co_teachers.add"}


def test_another_source_is_told(review: Path) -> None:
    more = POLICY + "  - {source: folder, path: ./more, provides: [co_teachers]}\n"
    write(review, more)
    (review / "policies" / "more").mkdir()
    shutil.copy(review / "policies/roster/enrollments.csv", review / "policies/more")
    said = run(review, "--against", "main")
    assert said.status == 0, said.err
    told = " ".join(said.out.split())
    assert "more (co_teachers)" in told
    assert "roster" in told


def test_other_keys_are_the_first_thing_it_says(review: Path) -> None:
    write(review, POLICY + 'classes: {key: "{section.key}"}\n')
    said = run(review, "--against", "main")
    assert "WARNING: 3 classes are re-keyed." in said.out
    assert said.out.index("WARNING") < said.out.index("What changes")


def test_what_is_at_fault_is_named(review: Path) -> None:
    write(review, POLICY + "klasses: {}\n")
    now = run(review, "--against", "main")
    assert now.status == 2
    assert now.err.startswith("policies/district.yaml:10:1")
    git(review, "commit", "--quiet", "--all", "--message", "Broken")
    write(review, POLICY)
    then = run(review, "--against", "main")
    assert then.status == 2
    assert then.err.startswith("main:policies/district.yaml:10:1")
    unknown = run(review, "--against", "nowhere")
    assert unknown.status == 2
    assert "--against nowhere: git knows no such branch, tag or commit" in unknown.words


def test_another_district_is_refused(review: Path) -> None:
    write(review, POLICY.replace("id: maple", "id: oak"))
    said = run(review, "--against", "main")
    assert said.status == 2
    assert "policies/district.yaml:3 makes district.id 'oak', and it was 'maple'" in said.words


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--names",), "--names is for --against"),
        (("--against", "main", "--allow", "student.remove=1"), "can't be used with --against"),
    ],
)
def test_options_that_say_nothing_are_refused(
    review: Path, words: tuple[str, ...], told: str
) -> None:
    said = run(review, *words)
    assert said.status == 2
    assert told in said.words


def test_with_a_store_its_accounts_and_classes_are_what_is_known(story: Story) -> None:
    story.sync()
    git(story.folder, "init", "--quiet", "--initial-branch", "main")
    git(story.folder, "add", "policies")
    git(story.folder, "commit", "--quiet", "--message", "A policy")
    # Chorus has a class, and loses its teacher in the SIS: it does not begin to wait.
    story.roster.teachers["chorus"] = []
    story.roster.students["algebra"].append("unknown")
    story.policy += (
        "classes: {when_incomplete: create}\n"
        "co_teachers:\n  extra:\n"
        "    - {where: {section: algebra}, teachers: [guest@maple.example]}\n"
    )
    story.write_inputs()
    before = (story.folder / ".rollbook" / "rollbook.sqlite").read_bytes()
    said = run(story.folder, "--against", "main", "--format", "json")
    assert said.status == 0, said.err
    found = json.loads(said.out)
    assert found["accounts"] == {"remembered": 13, "assumed": 1}
    assert found["summary"] == {"teacher.add": 1}
    assert found["changes"][0]["cause"] == {
        "field": "co_teachers.extra",
        "line": "policies/district.yaml:13",
        "of": "policy",
    }
    assert (story.folder / ".rollbook" / "rollbook.sqlite").read_bytes() == before
    # The guard that all of these ran under is no sham: a plan does reach for Google.
    google = {k: v for k, v in story.environment().items() if k.startswith("ROLLBOOK_")}
    assert run(story.folder, **google).status == 99
