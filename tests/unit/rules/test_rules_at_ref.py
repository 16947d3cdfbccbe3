"""A policy at a git ref: real repositories, and what can be wrong with them."""

import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from policy.errors import InputAtFault, PolicyAtFault
from policy.rules.at_ref import load_policy_at
from policy.rules.load import load_policy

DISTRICT = """\
version: 1
district: {id: maple, name: Maple, domains: [maple.example], timezone: UTC}
"""
NORTH = "schools: [North]\nclasses: {name: '{course.name}'}\n"

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


def git(folder: Path, *arguments: str) -> str:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    me = ("-c", "user.name=Test", "-c", "user.email=test@maple.example")
    done = subprocess.run(
        ["git", "-C", str(folder), *me, *arguments],
        env=environment | {"GIT_CONFIG_GLOBAL": os.devnull},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def commit(folder: Path, message: str = "A policy") -> str:
    git(folder, "add", "--all", ".")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", message)
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A policy folder within a repository, committed on main."""
    place = tmp_path / "repository" / "some place" / "policies"
    (place / "schools").mkdir(parents=True)
    (place / "district.yaml").write_text(DISTRICT, encoding="utf-8")
    (place / "schools" / "north.yaml").write_text(NORTH, encoding="utf-8")
    git(tmp_path / "repository", "init", "--quiet", "--initial-branch", "main")
    commit(place)
    return place


def test_it_is_the_policy_as_it_was(folder: Path) -> None:
    then = load_policy(folder)
    (folder / "schools" / "north.yaml").unlink()
    (folder / "district.yaml").write_text(DISTRICT + "co_teachers: {add: false}\n")
    found = load_policy_at(folder, "main")
    assert found.folder == "main:some place/policies"
    assert found == replace(then, folder=found.folder, sources=found.sources)
    assert found.line_of("classes.name", "North") == "policies/schools/north.yaml:2"


def test_the_file_of_identities_is_that_of_then(folder: Path) -> None:
    with_file = DISTRICT + "people: {identities: ./lists/who.csv}\n"
    (folder / "district.yaml").write_text(with_file, encoding="utf-8")
    (folder / "lists").mkdir()
    table = folder / "lists" / "who.csv"
    table.write_text("sis_key,email\nt1,ada@maple.example\n", encoding="utf-8")
    commit(folder)
    table.write_text("sis_key,email\nt1,nobody\n", encoding="utf-8")
    assert {k: i.email for k, i in load_policy_at(folder, "main").identities.items()} == {
        "t1": "ada@maple.example"
    }
    commit(folder)
    with pytest.raises(PolicyAtFault, match=r"main:some place/policies/lists/who\.csv:2"):
        load_policy_at(folder, "main")
    table.unlink()
    commit(folder)
    with pytest.raises(
        PolicyAtFault, match=r"no such file: main:some place/policies/lists/who\.csv"
    ):
        load_policy_at(folder, "main")


def test_tags_commits_and_what_stands_before_them(folder: Path) -> None:
    first = commit(folder)
    git(folder, "tag", "--annotate", "v1", "--message", "One")
    (folder / "district.yaml").write_text(DISTRICT + "co_teachers: {add: false}\n")
    second = commit(folder)
    for ref, expected in (("v1", first), (first[:10], first), ("HEAD~1", first), ("HEAD", second)):
        assert load_policy_at(folder, ref).commit == expected


def test_the_folder_may_be_the_repository(tmp_path: Path) -> None:
    (tmp_path / "district.yaml").write_text(DISTRICT, encoding="utf-8")
    git(tmp_path, "init", "--quiet", "--initial-branch", "main")
    commit(tmp_path)
    assert load_policy_at(tmp_path, "main").district.id == "maple"


def test_the_working_tree_and_the_index_stay_as_they_are(folder: Path) -> None:
    (folder / "district.yaml").write_text("broken: [", encoding="utf-8")
    (folder / "new.txt").write_text("new", encoding="utf-8")
    before = git(folder, "status", "--porcelain"), git(folder, "stash", "list")
    load_policy_at(folder, "main")
    assert (git(folder, "status", "--porcelain"), git(folder, "stash", "list")) == before
    assert (folder / "district.yaml").read_text(encoding="utf-8") == "broken: ["


def test_no_program_of_the_repository_runs(folder: Path, tmp_path: Path) -> None:
    trap = tmp_path / "trap.sh"
    trap.write_text(f"#!/bin/sh\ntouch '{tmp_path}/sprung'\ncat\n", encoding="utf-8")
    trap.chmod(0o755)
    for setting in (
        "core.fsmonitor",
        "filter.trap.smudge",
        "filter.trap.clean",
        "diff.trap.textconv",
    ):
        git(folder, "config", setting, str(trap))
    (folder / ".gitattributes").write_text("*.yaml filter=trap diff=trap\n", encoding="utf-8")
    git(
        folder, "-c", "core.fsmonitor=false", "-c", "filter.trap.clean=cat", "add", ".gitattributes"
    )
    git(folder, "-c", "core.fsmonitor=false", "commit", "--quiet", "--message", "A trap")
    (tmp_path / "sprung").unlink(missing_ok=True)
    assert load_policy_at(folder, "main").district.id == "maple"
    assert not (tmp_path / "sprung").exists()


def test_problems_name_the_ref(folder: Path) -> None:
    (folder / "district.yaml").write_text(DISTRICT + "klasses: {}\n", encoding="utf-8")
    (folder / "schools" / "south.yml").write_text("x", encoding="utf-8")
    commit(folder)
    (folder / "district.yaml").write_text(DISTRICT, encoding="utf-8")
    with pytest.raises(PolicyAtFault) as caught:
        load_policy_at(folder, "main")
    assert "main:some place/policies/district.yaml:3:1  " in str(caught.value)
    assert "main:some place/policies/schools/south.yml  this file would" in str(caught.value)
    assert "rollbook-" not in str(caught.value)


@pytest.mark.parametrize(
    "ref", ["nowhere", "", " ", "--output=x", "-h", "main:some place", "main..main", "a\0b"]
)
def test_a_ref_that_is_none(folder: Path, ref: str) -> None:
    with pytest.raises(InputAtFault, match="--against") as caught:
        load_policy_at(folder, ref)
    assert "no such branch" in str(caught.value) or "is no name of" in str(caught.value)


def test_a_folder_that_was_not_there_then(folder: Path) -> None:
    other = folder.parent / "other"
    other.mkdir()
    (other / "district.yaml").write_text(DISTRICT, encoding="utf-8")
    with pytest.raises(InputAtFault, match="there is no policy in main:some place/other"):
        load_policy_at(other, "main")


def test_a_folder_that_is_not_in_git(tmp_path: Path) -> None:
    (tmp_path / "district.yaml").write_text(DISTRICT, encoding="utf-8")
    with pytest.raises(InputAtFault, match="not a git repository"):
        load_policy_at(tmp_path, "main")


def test_a_symbolic_link_is_not_followed(folder: Path) -> None:
    (folder / "schools" / "south.yaml").symlink_to("../../../secret.yaml")
    commit(folder)
    with pytest.raises(InputAtFault, match=r"schools/south\.yaml is a symbolic link"):
        load_policy_at(folder, "main")


def test_nothing_is_fetched(folder: Path, tmp_path: Path) -> None:
    """A clone that leaves out what files held would have git ask for it at once."""
    (folder / "district.yaml").write_text(DISTRICT + "co_teachers: {add: false}\n")
    commit(folder)
    git(folder, "config", "uploadpack.allowFilter", "true")
    source, clone = f"file://{tmp_path / 'repository'}", tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", "--filter=blob:none", source, str(clone))
    there = clone / "some place" / "policies"
    assert load_policy_at(there, "HEAD").digest == load_policy(there).digest
    with pytest.raises(InputAtFault, match="--against: git"):
        load_policy_at(there, "HEAD~1")


def test_in_a_hook_of_another_repository(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    assert load_policy_at(folder, "main").district.id == "maple"


def test_without_git(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(InputAtFault, match="needs git"):
        load_policy_at(folder, "main")
