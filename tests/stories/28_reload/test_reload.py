"""The policy folder of a server that runs on is edited: broken first, then mended."""

import os
import re
import socket
import subprocess
import threading
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from addon import scopes
from addon.app import create_app
from addon.demo import Person, Role
from policy.in_force import EVERY
from policy.settings import read_settings
from telling import ADMIN, COMMAND, Story
from telling import POLICY as MAPLE

POLICY = f"{MAPLE}roles: {{viewer: [{ADMIN}]}}\n"
FAILING = """\
tests:
  - name: lunch is no class
    given: {section: {name: Lunch A}}
    expect: {class: none}
"""
LIMIT = "limits:\n  teacher.remove: {class: -1}\n"


@dataclass(frozen=True)
class Demo:
    """A demonstration in which one is the administrator."""

    story: Story

    def people(self) -> Sequence[Person]:
        return (Person("1", ADMIN, "Admin Maple", Role.ADMIN),)

    def token_for(self, email: str) -> str:
        return self.story.sim.access_token(email, scopes.ALL)


@dataclass
class Served:
    """A server with the administrator in front of it; its clock goes on with each look."""

    address: str
    now: datetime

    def card(self) -> str:
        """What the card says once the server has had time to look twice."""
        for _ in range(2):
            self.now += EVERY
            text = self.ask("/app/")
        return " ".join(re.sub("<[^>]+>", " ", text).split())

    def ask(self, path: str) -> str:
        with urllib.request.urlopen(self.address + path, timeout=30) as answer:
            return str(answer.read().decode())


@contextmanager
def served(story: Story) -> Iterator[Served]:
    own = {k: v for k, v in story.environment().items() if k.startswith("ROLLBOOK_")}
    folders = {"ROLLBOOK_STATE": "state", "ROLLBOOK_POLICY": "policies"}
    settings = read_settings({**own, **{k: str(story.folder / v) for k, v in folders.items()}})
    seen = Served("", datetime(2026, 9, 1, 8, 0, tzinfo=UTC))
    app = create_app(settings, demo=Demo(story), clock=lambda: seen.now)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    seen.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield seen
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def git(folder: Path, *words: str) -> str:
    own = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    none = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    me = ["-c", "user.name=A Clerk", "-c", "user.email=clerk@maple.example"]
    done = subprocess.run(
        ["git", "-C", str(folder), *me, *words],
        env=own | none,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


@pytest.fixture
def kept(story: Story) -> Story:
    """The story with its policy in git, committed."""
    story.policy = POLICY
    story.write_inputs()
    git(story.folder, "init", "--quiet")
    git(story.folder, "add", "policies/district.yaml")
    git(story.folder, "commit", "--quiet", "--message", "The policy")
    return story


def test_broken_and_mended(kept: Story) -> None:
    commit = git(kept.folder, "rev-parse", "HEAD")[:10]
    with served(kept) as server:
        assert f"Policy Commit {commit} in force since 2026-09-01 08:00 UTC · 1 file" in (
            server.card()
        )
        kept.policy = POLICY + LIMIT
        kept.write_inputs()
        broken = server.card()
        line = kept.policy.splitlines().index(LIMIT.splitlines()[1]) + 1
        assert f"Commit {commit} in force since 2026-09-01 08:00 UTC" in broken
        assert "has been at fault since 2026-09-01 08:00 UTC. The policy above stays" in broken
        assert f"policies/district.yaml:{line}:27 limits.teacher.remove.class should be" in broken
        assert kept.run_as_it_is("validate", "policies").status == 2
        assert server.ask("/readyz") == "ready\n"  # teachers go on accepting their classes
        kept.policy = POLICY + FAILING
        kept.write_inputs()
        failing = server.card()
        line = kept.policy.splitlines().index("  - name: lunch is no class") + 1
        assert f"policies/district.yaml:{line} the test “lunch is no class” fails" in failing
        assert kept.run_as_it_is("validate", "policies").status == 2
        server.now += timedelta(hours=1)
        kept.policy = POLICY + LIMIT.replace("-1", "3")
        kept.write_inputs()
        mended = server.card()
        assert f"Commit {commit} and changes in force since 2026-09-01 09:00 UTC" in mended
        assert "fault" not in mended


def test_the_runs_tell_by_which_commit_they_were_made(kept: Story) -> None:
    commit = git(kept.folder, "rev-parse", "HEAD")[:10]
    kept.sync()
    kept.policy = POLICY + LIMIT.replace("-1", "3")
    kept.sync()
    blocks = kept.run("history").out.split("\n\n")
    lines = [block.splitlines()[3] for block in blocks]
    assert lines == [f"  commit {commit} and changes", f"  commit {commit}"]
    run = blocks[0].split()[0]
    assert f"  commit {commit} and changes\n" in kept.run("history", run).out
    assert f", commit {commit} and changes\n" in kept.run("plan", "policies").out


@contextmanager
def command(story: Story, policy: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """`rollbook serve` on that policy folder: its address, and the process."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    process = subprocess.Popen(
        [COMMAND, "serve", "--port", port],
        cwd=story.folder,
        env={**story.environment(), "ROLLBOOK_POLICY": policy, "HOME": str(story.folder)},
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield f"http://127.0.0.1:{port}", process
        finally:
            process.terminate()


def said(process: subprocess.Popen[str], words: str) -> str:
    """The next line on standard error with these words in it."""
    assert process.stderr is not None
    return next(line for line in process.stderr if words in line)


def test_the_command_starts_with_a_broken_policy_and_says_so(story: Story) -> None:
    story.policy = POLICY + "co_teachers:\n  extra: [{teachers: [chen@elsewhere.example]}]\n"
    story.write_inputs()
    with command(story, "policies") as (address, process):
        line = said(process, "policy.in_force: ")
        assert re.search(r"at fault at policies/district\.yaml:\d+:\d+; none is in force\n$", line)
        assert "chen" not in line
        with urllib.request.urlopen(f"{address}/readyz", timeout=30) as answer:
            assert answer.status == 200


def test_the_command_starts_with_a_policy_that_is_fine(story: Story) -> None:
    story.write_inputs()
    with command(story, "policies") as (_, process):
        assert "is in force: its folder is fine" in said(process, "policy.in_force: ")
