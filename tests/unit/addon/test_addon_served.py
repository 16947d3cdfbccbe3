"""What gunicorn starts, started as the command line does: its options, and how its log looks."""

import os
import re
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

import pytest
from gunicorn.config import Config

from policy import wiring

ROOT = Path(__file__).resolve().parents[3]
LINE = re.compile(
    r"\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{4}\] \[\d+\] \[ERROR\] addon\.routes\.guard: "
    r"can't answer /addon/home: the add-on answers nobody until ROLLBOOK_ADDON_URL, .* is set"
)


@contextmanager
def served(folder: Path) -> Iterator[tuple[str, IO[str]]]:
    """The app as `rollbook serve` starts it, without settings: its address and its log."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        at = f"127.0.0.1:{free.getsockname()[1]}"
    own = {name: value for name, value in os.environ.items() if not name.startswith("ROLLBOOK_")}
    process = subprocess.Popen(
        [sys.executable, *wiring.ADDON_COMMAND, wiring.ADDON_APP, "--bind", at, "--threads", "2"],
        env={**own, "ROLLBOOK_STATE": str(folder), "HOME": str(folder), "PYTHONPATH": str(ROOT)},
        cwd=folder,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        log = cast(IO[str], process.stderr)
        try:
            line_with(log, "Booting worker")
            yield f"http://{at}", log
        finally:
            process.terminate()


def line_with(log: IO[str], words: str) -> str:
    """The next line of the log with these words in it."""
    said = []
    for line in log:
        said.append(line)
        if words in line:
            return line
    raise AssertionError(f"the log never said {words!r}:\n{''.join(said)}")


def test_log_lines_have_time_and_level_and_nothing_lies_in_the_home_folder(tmp_path: Path) -> None:
    with served(tmp_path) as (address, log):
        request = urllib.request.Request(f"{address}/addon/home", b"{}")
        with pytest.raises(urllib.error.HTTPError, match="503") as refusal:
            urllib.request.urlopen(request, timeout=20)
        refusal.value.close()
        assert LINE.match(line_with(log, "can't answer"))
        assert list(tmp_path.iterdir()) == []


def test_one_process_and_no_control_socket() -> None:
    given = vars(Config().parser().parse_args(wiring.ADDON_COMMAND[2:]))
    assert (given["workers"], given["worker_class"]) == (1, "gthread")
    assert given["control_socket_disable"] is True
