"""`rollbook demo`: four nights in order, then a page that answers until it is stopped."""

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from telling import COMMAND


@pytest.fixture
def own(tmp_path: Path) -> Iterator[dict[str, str]]:
    """An environment without settings, and a folder that the demo leaves as empty as it was."""
    yield {k: v for k, v in os.environ.items() if not k.startswith("ROLLBOOK_")}
    assert list(tmp_path.iterdir()) == []


def test_four_nights(tmp_path: Path, own: dict[str, str]) -> None:
    said = subprocess.run(
        [COMMAND, "demo", "--once"],
        cwd=tmp_path,
        env=own,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    ).stderr
    first, second, day, third, later = re.split(r"\n=== .+ ===\n", said)[1:]
    assert re.search(r"130 +course\.create", first)
    assert "3,115 writes" in first
    assert "nothing to do, 0 writes; 130 classes checked" in second
    assert "Amara Okafor accepts" in day
    assert "2 writes" in third
    assert "Stays for now: 2" in third
    assert "2  student.remove" in later
    assert "Kept as it was made by hand: 3" in third
    assert "removed by hand in Classroom: stays removed" in third


def start(folder: Path, own: Mapping[str, str]) -> subprocess.Popen[str]:
    """The demo, whose folder of its own is to be made in this one."""
    return subprocess.Popen(
        [COMMAND, "demo"],
        cwd=folder,
        env={**own, "TMPDIR": str(folder)},
        stderr=subprocess.PIPE,
        text=True,
    )


def said_until(demo: subprocess.Popen[str], words: str) -> re.Match[str]:
    assert demo.stderr is not None
    return next(found for line in demo.stderr if (found := re.search(words, line)))


def children(process: int) -> list[int]:
    """The processes below this one, at any depth, from the kernel's own list."""
    below = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return [each for child in map(int, below) for each in (child, *children(child))]


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_page_is_served_until_it_is_stopped(
    tmp_path: Path, own: dict[str, str], how: signal.Signals
) -> None:
    demo = start(tmp_path, own)
    address = said_until(demo, r"(http://\S+)/app/")[1]
    with urllib.request.urlopen(address, timeout=30) as page:  # without a path: leads to /app/
        assert page.url == f"{address}/app/"
        shown = page.read().decode()
    teachers, admins = ("Amara Okafor", "Ayo Kessler", "Noelle Baptiste"), ("Rosalind Marsh",)
    for person in (*teachers, *admins):  # co-teachers too
        assert f">{person}</option>" in shown
    [folder] = tmp_path.iterdir()
    assert folder.name.startswith("rollbook-demo-")
    serving = children(demo.pid)
    assert len(serving) == 2  # gunicorn and its worker
    demo.send_signal(how)
    _, rest = demo.communicate(timeout=30)
    assert demo.returncode == 0
    assert rest.endswith("\nThe demo has ended; it leaves nothing behind.\n")
    assert [each for each in serving if Path(f"/proc/{each}").exists()] == []


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_stopped_in_the_first_night(
    tmp_path: Path, own: dict[str, str], how: signal.Signals
) -> None:
    demo = start(tmp_path, own)
    said_until(demo, "First night")
    demo.send_signal(how)
    _, rest = demo.communicate(timeout=30)
    assert demo.returncode == 130
    assert "Second night" not in rest
    assert rest.endswith("\nThe demo has ended; it leaves nothing behind.\n")


def test_a_port_that_is_taken_is_told_before_the_nights(
    tmp_path: Path, own: dict[str, str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = subprocess.run(
            [COMMAND, "demo", "--port", port],
            cwd=tmp_path,
            env=own,
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert (said.returncode, said.stderr) == (
        2,
        f"rollbook: port {port} of 127.0.0.1 is in use by another program; stop that, or choose "
        "another with --port\n",
    )


def test_nohup_is_heeded_and_handlers_come_back(tmp_path: Path, own: dict[str, str]) -> None:
    program = (
        "import signal\n"
        "from contextlib import nullcontext\n"
        "from policy.demo import Screen, run_demo\n"
        "signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
        "def say(words):\n"
        "    if 'First night' in words:\n"
        "        signal.raise_signal(signal.SIGHUP)\n"
        "    if 'Second night' in words:\n"
        "        signal.raise_signal(signal.SIGTERM)\n"
        "screen = Screen(say, lambda: nullcontext(lambda _done, _total: None))\n"
        "assert run_demo(screen, once=True, port=0) == 130\n"
        "assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL\n"
        "assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN\n"
    )
    subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={**own, "TMPDIR": str(tmp_path)},
        timeout=60,
        check=True,
    )
