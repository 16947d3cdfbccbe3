"""`rollbook demo`: three nights in order, then a page that answers until Ctrl-C."""

import os
import re
import signal
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from telling import COMMAND


@pytest.fixture
def own(tmp_path: Path) -> Iterator[dict[str, str]]:
    """An environment without settings, and a folder that the demo leaves as empty as it was."""
    yield {k: v for k, v in os.environ.items() if not k.startswith("ROLLBOOK_")}
    assert list(tmp_path.iterdir()) == []


def test_three_nights(tmp_path: Path, own: dict[str, str]) -> None:
    said = subprocess.run(
        [COMMAND, "demo", "--once"],
        cwd=tmp_path,
        env=own,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    ).stderr
    first, second, day, third = re.split(r"\n=== .+ ===\n", said)[1:]
    assert re.search(r"130 +course\.create", first)
    assert "3,115 writes" in first
    assert "nothing to do, 0 writes; 130 classes checked" in second
    assert "Amara Okafor accepts" in day
    assert "4 writes" in third
    assert "Kept as it was made by hand: 3" in third
    assert "removed by hand in Classroom: stays removed" in third


def test_the_page_is_served_until_it_is_stopped(tmp_path: Path, own: dict[str, str]) -> None:
    demo = subprocess.Popen(
        [COMMAND, "demo"], cwd=tmp_path, env=own, stderr=subprocess.PIPE, text=True
    )
    assert demo.stderr is not None
    address = next(
        found[1] for line in demo.stderr if (found := re.search(r"(http://\S+/app/)", line))
    )
    with urllib.request.urlopen(address, timeout=30) as page:
        assert "Amara Okafor" in page.read().decode()
    demo.send_signal(signal.SIGINT)
    _, rest = demo.communicate(timeout=30)
    assert demo.returncode == 0
    assert "it leaves nothing behind" in rest
