"""`rollbook demo`: four nights of a sample district against the simulator, then a page.

Everything goes the way it goes in production: settings, policy, roster, plan, Google's own client
library over HTTP. Only Google is in a box, and the box has no quota, so that nobody waits.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.request
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from threading import Thread, current_thread, main_thread
from types import FrameType
from typing import IO, cast
from urllib.parse import quote

from policy import engine, wiring
from policy.engine import Progress
from policy.errors import RollbookError
from policy.merge.plan import Kind, Plan
from policy.rehearsal import Stage, admin_of, check_port, set_stage, write_key
from policy.render.outcome_text import print_outcome
from policy.render.plan_text import print_text
from policy.settings import Settings, read_settings
from policy.simulator.server import serve

TODAY = "2026-09-01T04:00:00-05:00"
GRACE_OVER = "2026-09-03T04:00:00-05:00"  # 48 hours on, which is how long seats stay
HOST = "127.0.0.1"
CALLS_PER_MINUTE = "1000000"
TEACHER = "amara.okafor@springfield.example"  # owns five classes of the sample district
STARTED = "Listening at"  # gunicorn's word, once it answers


@dataclass(frozen=True, slots=True)
class Screen:
    """Where the demo talks to: words for people, and a progress bar."""

    say: Callable[[str], None]
    bar: Callable[[], AbstractContextManager[Progress]]


def run_demo(screen: Screen, *, once: bool, port: int) -> int:
    """Run the nights; then serve the page until interrupted, unless `once`."""
    check_port(HOST, port)  # not only after the nights
    status = 0
    with _signals_interrupt():
        try:
            _play(screen, once=once, port=port)
        except KeyboardInterrupt:
            status = 130
    if status or not once:
        screen.say("\nThe demo has ended; it leaves nothing behind.")
    return status


def _play(screen: Screen, *, once: bool, port: int) -> None:
    """All of it, in a folder that goes away with it."""
    sample = Path(str(files("policy") / "examples" / "springfield"))
    stage = Stage(domain="springfield.example", accounts=sample / "accounts.csv", quotas=False)
    with tempfile.TemporaryDirectory(prefix="rollbook-demo-") as folder:
        sim = set_stage(stage)
        with serve(sim, port=0) as url:
            key = Path(folder) / "key.json"
            write_key(sim, key)
            environment = _environment(Path(folder), url, key, admin=admin_of(stage))
            environment["ROLLBOOK_POLICY"] = str(sample)
            _nights(sample, read_settings(environment), screen, url)
            if not once:
                _serve_page(environment, screen, port, url)


def _environment(folder: Path, url: str, key: Path, *, admin: str) -> dict[str, str]:
    """The settings of the demo, as an admin would set them."""
    return {
        "ROLLBOOK_STATE": str(folder),
        "ROLLBOOK_GOOGLE_ROOT": url,
        "ROLLBOOK_GOOGLE_CREDENTIALS": str(key),
        "ROLLBOOK_GOOGLE_ADMIN": admin,
        "ROLLBOOK_GOOGLE_CALLS_PER_MINUTE": CALLS_PER_MINUTE,
        "ROLLBOOK_GOOGLE_LICENSE_CALLS_PER_MINUTE": CALLS_PER_MINUTE,
        "ROLLBOOK_TODAY": TODAY,
    }


def _nights(sample: Path, settings: Settings, screen: Screen, url: str) -> None:
    """The four nights."""
    policy = engine.validate(sample)
    screen.say(f"The policy of {policy.district.name} is fine: {sample / 'district.yaml'}")
    screen.say("\n=== First night: everything is new ===\n")
    plan = _night(sample, None, settings, screen)
    screen.say("\n=== Second night: nothing has changed ===\n")
    _night(sample, None, settings, screen)
    screen.say("\n=== By day ===\n")
    for words in _by_hand(plan, url):
        screen.say(words)
    screen.say("\n=== Third night: the SIS has moved two students ===\n")
    moved = sample / "nights" / "3" / "roster"
    _night(sample, moved, settings, screen)
    screen.say("\n=== Two nights later: the removal grace is over ===\n")
    later = replace(settings, today=datetime.fromisoformat(GRACE_OVER))
    _night(sample, moved, later, screen)


def _night(sample: Path, roster: Path | None, settings: Settings, screen: Screen) -> Plan:
    """One `rollbook sync`, with its plan on the screen."""
    inputs = engine.read_inputs(sample, roster, wiring.sources(settings))
    with screen.bar() as progress, wiring.open_world(settings, progress) as world:
        plan, finished = engine.sync(
            inputs, world, allowed={}, show=lambda shown: screen.say(print_text(shown))
        )
    screen.say(print_outcome(plan, finished).rstrip())
    return plan


def _by_hand(plan: Plan, url: str) -> list[str]:
    """A teacher accepts a class, renames it, takes one student out and puts another in."""
    courses = [c for c in plan.changes if c.new is not None and c.new.owner.email == TEACHER]
    made = courses[-1]
    alias, name = made.course.alias, made.course.name
    seats = [(c.course.alias, c.person) for c in plan.changes if c.kind is Kind.STUDENT_ADD]
    inside = [person for at, person in seats if at == alias and person]
    guest = next(person for _, person in reversed(seats) if person and person not in inside)
    _post(url, alias, "accept", {})
    _post(url, alias, "rename", {"name": f"{name} ★"})
    _post(url, alias, "remove", {"email": inside[0].email})
    _post(url, alias, "add", {"email": guest.email, "role": "STUDENT"})
    return [
        f"{made.new.owner.name if made.new else TEACHER} accepts “{name}”, renames it",
        f"“{name} ★”, takes {inside[0].name} out and puts {guest.name} in.",
    ]


def _post(url: str, alias: str, verb: str, body: Mapping[str, str]) -> None:
    """A verb of the simulator's by-hand side."""
    request = urllib.request.Request(
        f"{url}/simulator/courses/{quote(alias, safe='')}/{verb}",
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10):
        pass


def _serve_page(environment: Mapping[str, str], screen: Screen, port: int, url: str) -> None:
    """The add-on and its page, in a process of its own, until Ctrl-C."""
    free = port or _free_port()
    address = f"http://{HOST}:{free}"
    command = [sys.executable, *wiring.ADDON_COMMAND, "addon.served:create_demo()"]
    command += ["--bind", f"{HOST}:{free}", "--threads", "4", "--log-level", "info"]
    own = {name: value for name, value in os.environ.items() if not name.startswith("ROLLBOOK_")}
    process = subprocess.Popen(
        command,
        env={**own, **environment, "ROLLBOOK_ADDON_URL": address},
        stderr=subprocess.PIPE,
        text=True,
    )
    log = cast(IO[str], process.stderr)
    reader = Thread(target=deque, args=(log, 0), name="demo-log")  # read on, so that it never fills
    try:
        _wait_until_served(log)
        reader.start()
        screen.say(f"\nThe page: {address}/app/   (be any of the teachers, or the admin)")
        screen.say(f"Google in a box: {url}/simulator/   Ctrl-C ends the demo.")
        process.wait()
    except KeyboardInterrupt:
        return  # as it should end
    finally:
        process.terminate()
        process.wait()
        if reader.ident is not None:
            reader.join()
        log.close()


def _wait_until_served(log: IO[str]) -> None:
    """Read gunicorn's log until it says that it listens."""
    said: list[str] = []
    for line in log:
        said.append(line)
        if STARTED in line:
            return
    raise RollbookError("the page could not be served:\n" + "".join(said[-20:]))


@contextmanager
def _signals_interrupt() -> Iterator[None]:
    """SIGTERM and SIGHUP end it like Ctrl-C does, so that all is put away; the next ones don't
    disturb that. What is ignored (nohup) stays so. Only the main thread gets signals."""
    if current_thread() is not main_thread():
        yield
        return
    found = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    heard = [number for number, handler in found.items() if handler is not signal.SIG_IGN]

    def stop(_number: int, _frame: FrameType | None) -> None:
        for number in heard:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    try:
        for number in heard:
            signal.signal(number, stop)
        yield
    finally:
        for number in heard:
            signal.signal(number, found[number])


def _free_port() -> int:
    with socket.socket() as door:
        door.bind((HOST, 0))
        return int(door.getsockname()[1])
