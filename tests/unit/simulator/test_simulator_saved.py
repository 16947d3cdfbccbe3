"""The state file: what is in it survives, keys and tokens too."""

import json
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from policy.errors import InputAtFault
from policy.simulator.app import Simulator
from policy.simulator.keys import shared_key
from policy.simulator.saved import Keeper
from unit.simulator.asking import PEOPLE, SCOPES, Box


def test_everything_survives_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "state.json"
    first = Box(state_file=path)
    course = first.everybody()
    first.ask("POST", f"/v1/courses/{course}/aliases", {"alias": "d:bio"})
    token = first.token("admin")
    before = first.hand("GET", "state").body
    first.sim.close()
    again = Simulator("school.example", clock=first.clock, wall=lambda: 1.8e9, state_file=path)
    assert again.key_file()["private_key"] == first.sim.key_file()["private_key"]
    assert again.emails() == tuple(PEOPLE.values())
    first.sim = again
    first.client.application = again
    assert first.hand("GET", "state").body == before
    assert first.ask("GET", "/v1/courses/d%3Abio", token=token).body["id"] == course
    assert first.members(course) == ["sue"]


def test_keys_come_from_the_file(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    sim = Simulator(state_file=path)
    sim.add_user("a@school.example")
    sim.close()
    data = json.loads(path.read_text())
    data["keys"]["service account"] = shared_key("somebody else").pem()
    path.write_text(json.dumps(data))
    key = Simulator(state_file=path).key_file()["private_key"]
    assert key == shared_key("somebody else").pem() != shared_key("service account").pem()


def test_a_key_file_that_was_given_out_is_good_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    sim = Simulator(state_file=path)
    key = sim.key_file()["private_key"]
    sim.close()
    assert json.loads(path.read_text())["keys"]["service account"] == key


def test_the_file_is_for_its_owner_only_and_whole(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    sim = Simulator(state_file=path)
    sim.add_user("a@school.example")
    sim.close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["state.json"]


def test_changes_are_saved_soon_without_closing(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    sim = Simulator(state_file=path)
    before = set(threading.enumerate())
    sim.add_user("a@school.example")
    [thread] = [each for each in threading.enumerate() if each not in before]
    for _ in range(200):
        thread.join(0.05)
        if path.exists():
            break
    assert '"a@school.example"' in path.read_text()
    sim.close()
    assert not thread.is_alive()
    sim.add_user("b@school.example")
    sim.close()
    assert '"b@school.example"' in path.read_text()


def at_once(count: int, act: Callable[[int], object]) -> list[object]:
    """What comes back from so many threads that start together."""
    start = threading.Barrier(count)

    def run(number: int) -> object:
        start.wait()
        return act(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def test_one_thread_writes_for_all(tmp_path: Path) -> None:
    """Threads that switch all the time would start a second one without the lock."""
    before, interval = set(threading.enumerate()), sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for number in range(20):
            keeper = Keeper(tmp_path / f"{number}.json", dict)
            at_once(12, lambda _, keeper=keeper: keeper.changed())
            started = [each.name for each in threading.enumerate() if each not in before]
            keeper.close()
            assert started == ["simulator-state"]
    finally:
        sys.setswitchinterval(interval)


def test_one_file_is_written_at_a_time(tmp_path: Path) -> None:
    inside, most = 0, 0
    both = threading.Event()

    def slow() -> dict[str, object]:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        keeper.changed()
        both.wait(0.1)
        inside -= 1
        return {}

    keeper = Keeper(tmp_path / "state.json", slow)
    keeper.changed()
    at_once(3, lambda _: keeper.close())
    keeper.close()
    assert most == 1


def test_what_cannot_be_written_is_written_later(tmp_path: Path) -> None:
    keeper = Keeper(tmp_path / "folder" / "state.json", dict)
    (tmp_path / "folder").write_text("in the way")
    keeper.changed()
    with pytest.raises(OSError, match="folder"):
        keeper.close()
    (tmp_path / "folder").unlink()
    keeper.close()
    assert (tmp_path / "folder" / "state.json").read_text() == "{}"


def test_the_file_is_in_utf_8_whatever_the_machine_speaks(tmp_path: Path) -> None:
    program = (
        "import sys, pathlib\n"
        "from policy.simulator.app import Simulator\n"
        "sim = Simulator(state_file=pathlib.Path(sys.argv[1]))\n"
        "sim.add_user('a@school.example', given='Zo\\xeb \\u8a79')\n"
        "sim.close()\n"
    )
    path = tmp_path / "state.json"
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    subprocess.run(
        [sys.executable, "-c", program, str(path)], check=True, env={**os.environ, **plain}
    )
    assert "Zo\xeb \u8a79" in path.read_text("utf-8")


def test_who_asks_first_gets_the_same_key_as_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("policy.simulator.keys._shared", {})
    sim = Simulator()
    assert len(set(at_once(8, lambda _: sim.key_file()["private_key_id"]))) == 1
    assert len(set(at_once(8, lambda _: shared_key("of this test").id))) == 1


def test_reading_saves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    box = Box(state_file=path)
    token = box.token("admin", SCOPES)
    box.sim.close()
    path.unlink()
    box.ask("GET", "/v1/courses", token=token)
    box.sim.close()
    assert not path.exists()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "is not a state file"),
        ("[]", "is not a state file: expected an object"),
        ("{}", "the state file can't be used: KeyError"),
        ('{"state": {"people": 5}, "tokens": {}, "keys": {}}', "people should be a list"),
        ('{"state": {}, "tokens": {}, "keys": {}}', "the state file can't be used"),
        ('{"state": {}, "tokens": {"a": {}}, "keys": {}}', "the state file can't be used"),
    ],
)
def test_files_that_cannot_be_used(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "state.json"
    path.write_text(text)
    with pytest.raises(InputAtFault, match=words):
        Simulator(state_file=path)


def test_without_a_file_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    box = Box()
    box.everybody()
    box.sim.close()
    assert list(tmp_path.iterdir()) == []
