"""What the simulator starts with and says, what it refuses in words, and the files it writes."""

import json
import re
import shlex
import socket
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from policy.errors import InputAtFault
from policy.rehearsal import COLUMNS, Stage, check_port, open_stage, set_stage, write_key
from policy.simulator.app import Simulator

ROOT = Path(__file__).resolve().parents[2]
HOST = "127.0.0.1"
STAGE = Stage("school.example")


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that another program serves."""
    with socket.create_server((HOST, 0)) as door:
        yield door.getsockname()[1]


def start(stage: Stage = STAGE, *, host: str = HOST, port: int = 0, key: Path | None = None) -> str:
    """What a start says; it ends, like by Ctrl-C, when all is said."""
    said: list[str] = []

    def say(words: str) -> None:
        said.append(words)
        if words.lstrip().startswith("export"):
            raise KeyboardInterrupt

    open_stage(stage, host=host, port=port, key=key, say=say)
    return "\n".join(said)


@pytest.mark.parametrize(
    ("host", "reached"),
    [(HOST, HOST), ("0.0.0.0", HOST), ("localhost", "localhost"), ("::", "[::1]")],
)
@pytest.mark.parametrize("named", [True, False], ids=["key", "no key"])
def test_the_settings_to_export(tmp_path: Path, host: str, reached: str, named: bool) -> None:
    key = tmp_path / "my key.json"
    lines = start(host=host, key=key if named else None).splitlines()
    word, *pairs = shlex.split(lines[-1])
    found = dict(pair.split("=", 1) for pair in pairs)
    root = found.pop("ROLLBOOK_GOOGLE_ROOT")
    assert re.fullmatch(rf"http://{re.escape(reached)}:[1-9]\d+", root)  # the real one, not 0
    expected = {"ROLLBOOK_GOOGLE_ADMIN": "admin@school.example"}
    if named:
        expected["ROLLBOOK_GOOGLE_CREDENTIALS"] = str(key)
        assert json.loads(key.read_text())["token_uri"] == f"{root}/token"
    assert (word, found) == ("export", expected)
    assert f"answers at {root} (by hand: {root}/simulator/)" in lines[-2]


def test_a_port_that_is_taken(taken: int) -> None:
    words = f"port {taken} of {HOST} is in use by another program; stop that, or choose another"
    with pytest.raises(InputAtFault, match=f"^{words} with --port$"):
        check_port(HOST, taken)
    with pytest.raises(InputAtFault, match=words):
        start(port=taken)


@pytest.mark.parametrize("host", ["nowhere.invalid", "203.0.113.7"], ids=["no name", "not ours"])
def test_an_address_that_is_not_ours(host: str) -> None:
    with pytest.raises(InputAtFault, match=f"^port 9000 of {host} can't be served: [A-Z]"):
        check_port(host, 9000)


def test_a_free_port_stays_free() -> None:
    check_port(HOST, 0)
    with socket.create_server((HOST, 0)) as door:
        free = door.getsockname()[1]
    check_port(HOST, free)
    assert f":{free} " in start(port=free)


def through_a_file(folder: Path) -> Path:
    (folder / "file").write_text("")
    return folder / "file" / "x"


def unwritable(_folder: Path) -> Path:
    return Path("/proc/x")  # where nobody can make a file, root neither


Place = Callable[[Path], Path]


@pytest.mark.parametrize(
    ("place", "words"),
    [
        (unwritable, "--state /proc/x can't be written: "),
        (through_a_file, "x can't be read: Not a directory"),
        (lambda folder: folder, "can't be read: Is a directory"),
    ],
    ids=["unwritable", "below a file", "a folder"],
)
def test_a_state_that_cannot_be_kept(tmp_path: Path, place: Place, words: str) -> None:
    with pytest.raises(InputAtFault, match=words):
        start(Stage("school.example", state=place(tmp_path)))


def test_a_state_of_before_that_can_no_longer_be_written(tmp_path: Path) -> None:
    stage = Stage("school.example", state=tmp_path / "google.json")
    start(stage)
    (tmp_path / "google.json.part").mkdir()  # in the way of what is written first
    with pytest.raises(InputAtFault, match=r"^--state .*google\.json can't be written: Is a dir"):
        start(stage)


def test_the_state_is_in_its_file_afterwards(tmp_path: Path) -> None:
    start(Stage("school.example", state=tmp_path / "new" / "google.json"))
    kept = json.loads((tmp_path / "new" / "google.json").read_text())
    assert [person["email"] for person in kept["state"]["people"]] == ["admin@school.example"]


@pytest.mark.parametrize("place", [unwritable, through_a_file, lambda folder: folder])
def test_a_key_that_cannot_be_written(tmp_path: Path, place: Place) -> None:
    with pytest.raises(InputAtFault, match=r"^--key /.* can't be written: "):
        start(key=place(tmp_path))


@pytest.mark.parametrize("before", [None, 0o644], ids=["new", "there already"])
def test_nobody_else_can_read_the_key(tmp_path: Path, before: int | None) -> None:
    path = tmp_path / "key.json"
    if before is not None:
        path.write_text("an older and much longer one" * 200)
        path.chmod(before)
    sim = Simulator()
    write_key(sim, path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert json.loads(path.read_text()) == sim.key_file()


def test_accounts_come_from_the_csv(tmp_path: Path) -> None:
    path = tmp_path / "accounts.csv"
    rows = [
        ",".join(COLUMNS),
        "zoë@school.example,Zoë,Ray,z@school.example zr@school.example,true,false",
        "head@other.example,Hal,Head,,,true",
    ]
    path.write_text("\n".join(rows), encoding="utf-8")
    state = set_stage(Stage("school.example", accounts=path)).state
    found = [
        (p.email, p.given, p.family, p.aliases, p.suspended, p.admin) for p in state.people.values()
    ]
    assert found == [
        ("admin@school.example", "Robin", "Castellano", (), False, True),
        (
            "zoë@school.example",
            "Zoë",
            "Ray",
            ("z@school.example", "zr@school.example"),
            True,
            False,
        ),
        ("head@other.example", "Hal", "Head", (), False, True),
    ]


@pytest.mark.parametrize("said", ["true", "false"])
def test_the_administrator_of_the_csv_is_the_administrator(tmp_path: Path, said: str) -> None:
    path = tmp_path / "accounts.csv"
    rows = [
        "tom@school.example,Tom,Tee,,false,false",
        f"Admin@school.example,Ro,Marsh,,false,{said}",
    ]
    path.write_text("\n".join([",".join(COLUMNS), *rows]))
    people = set_stage(Stage("school.example", accounts=path)).state.people.values()
    assert [(person.given, person.admin) for person in people] == [("Ro", True), ("Tom", False)]


def test_a_csv_with_another_header(tmp_path: Path) -> None:
    path = tmp_path / "accounts.csv"
    path.write_text("email,name\n")
    with pytest.raises(InputAtFault, match=f"accounts.csv:1  expected the header {COLUMNS[0]},"):
        set_stage(Stage("school.example", accounts=path))


def test_the_header_is_documented() -> None:
    header = ",".join(COLUMNS)
    words = (ROOT / "docs/simulator.md").read_text(encoding="utf-8")
    assert f"```csv\n{header}\n```" in words
    assert words.count("email,given") == words.count(header) == 2
