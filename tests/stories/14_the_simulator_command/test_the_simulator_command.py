"""`rollbook simulator`: what it says is true at once; and the rehearsal of docs/simulator.md."""

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from telling import COMMAND, POLICY, TODAY, seen_in, three_sections

ROOT = Path(__file__).resolve().parents[3]
Environment = dict[str, str]


@pytest.fixture
def own() -> Environment:
    """An environment without settings."""
    return {k: v for k, v in os.environ.items() if not k.startswith("ROLLBOOK_")}


@contextmanager
def simulator(*words: str, folder: Path, own: Mapping[str, str]) -> Iterator[Environment]:
    """The command while it runs; the settings that it says are to be exported."""
    process = subprocess.Popen(
        [COMMAND, "simulator", *words], cwd=folder, env=own, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    try:
        line = next(each for each in process.stderr if each.startswith("  export "))
        yield exported(line)
    finally:
        process.send_signal(signal.SIGTERM)
        _, rest = process.communicate(timeout=30)
    assert (process.returncode, rest) == (0, "")


def exported(line: str) -> Environment:
    """What a shell's `export` sets."""
    return dict(pair.split("=", 1) for pair in shlex.split(line)[1:])


def state_at(root: str) -> Mapping[str, object]:
    with urllib.request.urlopen(f"{root}/simulator/state", timeout=30) as answer:
        found: Mapping[str, object] = json.load(answer)
    return found


def rehearsal() -> list[list[str]]:
    """The commands of "Rehearse with your own roster", as words."""
    text = (ROOT / "docs/simulator.md").read_text(encoding="utf-8")
    section = re.split("^## ", text, flags=re.MULTILINE)
    [own] = [each for each in section if each.startswith("Rehearse with your own roster")]
    return [shlex.split(line) for line in re.findall(r"^\$ (.+)$", own, re.MULTILINE)]


def run(*words: str, folder: Path, own: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, *words], cwd=folder, env=own, capture_output=True, text=True, timeout=60
    )


def test_it_answers_where_it_says(tmp_path: Path, own: Environment) -> None:
    with simulator("--port", "0", folder=tmp_path, own=own) as settings:
        [admin] = state_at(settings["ROLLBOOK_GOOGLE_ROOT"])["people"]  # type: ignore[misc]
    assert admin["email"] == settings["ROLLBOOK_GOOGLE_ADMIN"] == "admin@school.example"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--state", "/proc/x"), "rollbook: --state /proc/x can't be written: "),
        (("--key", "/nope/k.json"), "rollbook: --key /nope/k.json can't be written: No such file"),
        ((), "is in use by another program; stop that, or choose another with --port"),
    ],
    ids=["state", "key", "port"],
)
def test_what_can_not_be_is_said_in_one_line(
    tmp_path: Path, own: Environment, words: tuple[str, ...], expected: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = "0" if words else str(taken.getsockname()[1])
        said = run("simulator", "--port", port, *words, folder=tmp_path, own=own)
    assert said.returncode == 2
    assert expected in said.stderr
    assert "answers" not in said.stderr
    assert said.stderr.count("\n") == 1


def test_the_rehearsal_of_the_documents(tmp_path: Path, own: Environment) -> None:
    three_sections().write(tmp_path / "drop")
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "district.yaml").write_text(POLICY, encoding="utf-8")
    first, *exports, plan, sync = rehearsal()
    assert [words[:2] for words in (first, plan, sync)] == [
        ["rollbook", "simulator"],
        ["rollbook", "plan"],
        ["rollbook", "sync"],
    ]
    with simulator(*first[2:], "--port", "0", folder=tmp_path, own=own) as printed:
        chosen = [exported(shlex.join(export)) for export in exports]
        settings = {**own, "ROLLBOOK_TODAY": TODAY, **printed, **chosen[0], **chosen[1]}
        planned = run(*plan[1:], folder=tmp_path, own=settings)
        assert (planned.returncode, state_at(printed["ROLLBOOK_GOOGLE_ROOT"])["courses"]) == (0, [])
        synced = run(*sync[1:], folder=tmp_path, own=settings)
        assert synced.returncode == 0, synced.stderr
        assert "28 writes" in synced.stdout
        seen = seen_in(state_at(printed["ROLLBOOK_GOOGLE_ROOT"]), "d:rollbook.maple.2027.")
    assert set(seen) == {"algebra", "biology", "chorus"}
    assert sorted(each.name for each in tmp_path.iterdir()) == [".rehearsal", "drop", "policies"]
    kept = json.loads((tmp_path / ".rehearsal" / "google.json").read_text(encoding="utf-8"))
    assert len(kept["state"]["courses"]) == 3


def test_what_a_rehearsal_leaves_is_never_committed() -> None:
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").split()
    assert {".rehearsal/", ".rollbook/", "key*.json", "settings.env"} <= set(ignored)
