"""`rollbook init`: from nothing to a first plan, with options and at a terminal."""

import os
import pty
import re
import subprocess
import threading
from pathlib import Path

import pytest

from building import path_of
from policy.rules.load import load_policy
from telling import COMMAND, DOMAIN, TODAY, Said, Story

OPTIONS = (
    *("--name", "Maple Schools"),
    *("--id", "maple"),
    *("--domain", DOMAIN),
    *("--timezone", "America/Chicago"),
)


def with_homeroom(story: Story) -> None:
    story.roster.section("homeroom a", teachers=["okafor"], students=["s1"])
    story.roster.write(story.folder / "drop")


def tree(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def at_a_terminal(story: Story, *words: str, answers: list[str], **settings: str) -> Said:
    """Run the command with a terminal of its own (80 columns, as a terminal has), where somebody
    types these lines; `err` is what the screen showed."""
    ours, theirs = pty.openpty()
    environment = {**story.environment(), "ROLLBOOK_TODAY": TODAY, **settings}
    process = subprocess.Popen(
        [str(COMMAND), *words],
        cwd=story.folder,
        env=environment,
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    os.write(ours, "".join(f"{answer}\n" for answer in answers).encode())
    screen: list[bytes] = []

    def look() -> None:
        while True:
            try:
                part = os.read(ours, 4096)
            except OSError:  # Linux says so where the other end is closed
                return
            if not part:
                return
            screen.append(part)

    looking = threading.Thread(target=look)
    looking.start()
    out, _ = process.communicate(timeout=60)
    looking.join()
    os.close(ours)
    shown = b"".join(screen).decode().replace("\r\n", "\n")
    return Said(process.returncode, out.decode(), shown)


def test_from_nothing_to_a_plan(story: Story) -> None:
    with_homeroom(story)
    said = story.run_as_it_is("init", "maple-policies", *OPTIONS, "--roster", "drop")
    assert (said.status, said.out) == (0, ""), said.err
    assert said.err == (
        "The roster has 4 sections in 1 school.\n"
        '       4 in a term that holds on 2026-09-01: "Full year"\n'
        "       1 of these are left out:\n"
        '           {name: "*homeroom*"} 1\n'
        "       3 would become classes\n"
        "\n"
        "13 files are in maple-policies. Next:\n"
        "  cd maple-policies\n"
        "  rollbook validate policies\n"
        "  rollbook plan policies --roster ../drop\n"
        "README.md tells the rest: rehearsing without Google, checks in git, every night.\n"
    )
    checked = story.run_as_it_is("validate", "maple-policies/policies")
    assert checked.status == 0
    assert checked.err == "maple-policies/policies: the policy of Maple Schools is fine.\n"

    planned = story.run_as_it_is("plan", "maple-policies/policies", "--roster", "drop")
    assert planned.status == 0, planned.err
    assert "Homeroom" not in planned.out
    synced = story.run_as_it_is("sync", "maple-policies/policies", "--roster", "drop")
    assert synced.status == 0, synced.err
    assert set(story.classes()) == {"algebra", "biology", "chorus"}


def test_its_own_source_is_the_roster_that_was_named(story: Story) -> None:
    with_homeroom(story)
    story.run_as_it_is("init", "a/b", *OPTIONS, "--roster", "drop")
    policy = load_policy(story.folder / "a" / "b" / "policies")
    assert path_of(policy) == str(story.folder / "drop")


def test_without_a_roster(story: Story) -> None:
    said = story.run_as_it_is("init", "repo", *OPTIONS)
    assert said.status == 0, said.err
    assert said.err.startswith("No roster was looked at")
    assert "Put the SIS's export into roster/" in said.err
    story.roster.section("lunch a", teachers=["okafor"], students=["s1"])
    story.roster.write(story.folder / "repo" / "roster")
    planned = story.run_as_it_is("plan", "repo/policies", "--roster", "repo/roster")
    assert planned.status == 0, planned.err
    assert "Algebra" in planned.out
    assert "Chorus" in planned.out
    assert "Lunch" not in planned.out


def test_git_leaves_the_roster_and_what_is_secret_alone(story: Story) -> None:
    story.run_as_it_is("init", "repo", *OPTIONS)
    repo = story.folder / "repo"
    for name in ("roster/users.csv", "key.json", ".rollbook/rollbook.sqlite", "plan.json", "d.zip"):
        (repo / name).parent.mkdir(exist_ok=True)
        (repo / name).touch()
    (repo / "sample-roster").mkdir()
    (repo / "sample-roster" / "users.csv").touch()
    subprocess.run(["git", "init", "-q", str(repo)], check=True)
    subprocess.run(["git", "-C", str(repo), "add", "."], check=True)
    listed = subprocess.run(
        ["git", "-C", str(repo), "ls-files"], capture_output=True, text=True, check=True
    ).stdout.split()
    assert sorted(listed) == [
        ".editorconfig",
        ".gitattributes",
        ".github/workflows/rollbook.yml",
        ".gitignore",
        ".gitlab-ci.yml",
        ".pre-commit-config.yaml",
        ".vscode/extensions.json",
        ".vscode/settings.json",
        "README.md",
        "policies/district.yaml",
        "policies/policy.schema.json",
        "policies/school.schema.json",
        "policies/schools/example.yaml.txt",
        "sample-roster/users.csv",
    ]


def test_nobody_at_a_terminal(story: Story) -> None:
    said = story.run_as_it_is("init", "repo", "--name", "Maple Schools", TZ="America/Denver")
    assert said.status == 2
    assert said.err == (
        "rollbook: init asks only at a terminal; here it needs to be told:\n"
        "  --id maple-schools                    part of every class's alias: for good\n"
        "  --domain springfield.example          of the e-mails; may be given again\n"
        "  --timezone America/Denver             terms begin and end by its clock\n"
        "Nothing was written.\n"
    )
    assert not (story.folder / "repo").exists()


def test_all_that_is_wrong_is_said_at_once(story: Story) -> None:
    said = story.run_as_it_is("init", "repo", "--id", "Maple!", "--timezone", "Chicago")
    assert said.status == 2
    for words in ("district.id should be", "did you mean America/Chicago?", "--name", "--domain"):
        assert words in said.err
    assert max(map(len, said.err.splitlines())) <= 80


def test_nothing_is_overwritten(story: Story) -> None:
    repo = story.folder / "repo"
    (repo / "policies").mkdir(parents=True)
    (repo / ".gitignore").write_text("mine\n", encoding="utf-8")
    said = story.run_as_it_is("init", "repo", *OPTIONS)
    assert said.status == 2
    assert "there already:\n  repo/policies\n  repo/.gitignore\nNothing was written." in said.err
    assert tree(repo) == [".gitignore"]
    assert (repo / ".gitignore").read_text(encoding="utf-8") == "mine\n"


def test_a_roster_that_is_none(story: Story) -> None:
    (story.folder / "drop").mkdir()
    said = story.run_as_it_is("init", "repo", *OPTIONS, "--roster", "drop")
    assert said.status == 2
    assert "has none of a roster's files" in said.err
    assert not (story.folder / "repo").exists()


def test_at_a_terminal_it_asks(story: Story) -> None:
    with_homeroom(story)
    said = at_a_terminal(
        story,
        *("init", "maple-policies"),
        # the roster, and a typing error before; the name; the id that is proposed; the domains
        # that are proposed; the time zone, and one that there is not before
        answers=["dropp", "drop", "Maple Schools", "", "", "Chicago", "America/Chicago"],
        TZ="UTC",
    )
    assert said.status == 0, said.err
    assert "roster dropp: 1 problem" in said.err
    assert "[Maple]: " in said.err
    assert "Its id, part of every class's alias: for good [maple-schools]: " in said.err
    assert f"parted by commas [{DOMAIN}]: " in said.err
    assert "did you mean America/Chicago?" in said.err
    assert '{name: "*homeroom*"} 1' in said.err
    district = load_policy(story.folder / "maple-policies" / "policies").district
    assert (district.id, district.name, district.domains, district.timezone) == (
        "maple-schools",
        "Maple Schools",
        (DOMAIN,),
        "America/Chicago",
    )


def test_at_a_terminal_it_asks_only_for_what_is_missing(story: Story) -> None:
    said = at_a_terminal(story, "init", "repo", *OPTIONS, answers=[""])
    assert said.status == 0, said.err
    asked = said.err.partition("No roster was looked at")[0]
    assert "(Enter: none yet)" in asked
    assert "[" not in asked
    assert "No roster was looked at" in said.err


def test_stopped_at_a_question(story: Story) -> None:
    said = at_a_terminal(story, "init", "repo", answers=["", "\x04"])
    assert said.status == 130
    assert "Stopped. Nothing was written." in said.err
    assert not (story.folder / "repo").exists()


@pytest.mark.rosters
def test_a_real_roster(story: Story, rosters: Path) -> None:
    drop = rosters / "oneroster11-converted-clever-sandbox" / "snapshot-1"
    said = story.run_as_it_is(
        *("init", "repo", *OPTIONS, "--domain", "example.org", "--roster", str(drop)),
        today="2015-10-01",
    )
    assert said.status == 0, said.err
    assert '{name: "*homeroom*"} 39\n' in said.err
    assert "     331 would become classes\n" in said.err
    assert "Look: only 370 of 1,081 e-mails are of maple.example, example.org; most" in said.err
    assert story.run_as_it_is("validate", "repo/policies").status == 0
    text = (story.folder / "repo" / "policies" / "district.yaml").read_text(encoding="utf-8")
    assert '# "org-02M800" "City High School": 178 sections' in text
    assert not re.search(r"[\w.]+@[\w.]+", text)
