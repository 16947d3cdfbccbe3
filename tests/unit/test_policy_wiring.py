"""Wiring: what is said when a setting is missing, and that the root reaches every gateway."""

import json
import threading
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from policy import wiring
from policy.errors import GoogleOutOfReach, GoogleRefused, SettingAtFault
from policy.google.credentials import AUDIT_SCOPE, GROUPS_SCOPE, LICENSING_SCOPE, SCOPES
from policy.settings import read_settings
from policy.simulator.app import Simulator
from policy.simulator.exchange import Request, Response
from policy.simulator.server import serve


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "key.json"
    path.write_text(json.dumps(Simulator("school.example").key_file()))
    return path


@pytest.mark.parametrize(
    "make",
    [wiring.classroom, wiring.directory, wiring.reports, wiring.licensing, wiring.groups],
)
@pytest.mark.parametrize(
    ("environment", "words"),
    [
        pytest.param(
            {"ROLLBOOK_GOOGLE_CREDENTIALS": "key.json"},
            "^ROLLBOOK_GOOGLE_ADMIN is not set",
            id="no administrator",
        ),
        pytest.param(
            {"ROLLBOOK_GOOGLE_ADMIN": "admin@school.example"},
            "^ROLLBOOK_GOOGLE_CREDENTIALS is not set",
            id="no key file",
        ),
    ],
)
def test_what_is_not_set_is_named(
    make: Callable[..., object], environment: dict[str, str], words: str
) -> None:
    settings = read_settings(environment)
    with pytest.raises(SettingAtFault, match=words):
        make(settings)


ONE, TWO = "admin@school.example", "admin@school.example, second@school.example"


@pytest.mark.parametrize(("admins", "hands"), [(ONE, 1), (TWO, 2)])
def test_administrators_work_side_by_side(key_file: Path, admins: str, hands: int) -> None:
    environment = {
        "ROLLBOOK_GOOGLE_ADMIN": admins,
        "ROLLBOOK_GOOGLE_CREDENTIALS": str(key_file),
    }
    rooms = wiring.classroom(read_settings(environment))
    rooms.close()
    assert (rooms.side_by_side, rooms.warnings()) == (hands, ())


def test_a_pace_that_holds_no_batch_names_its_setting(key_file: Path) -> None:
    settings = read_settings(
        {
            "ROLLBOOK_GOOGLE_ADMIN": ONE,
            "ROLLBOOK_GOOGLE_CREDENTIALS": str(key_file),
            "ROLLBOOK_GOOGLE_PROJECT_CALLS_PER_MINUTE": "20",
        }
    )
    with pytest.raises(SettingAtFault, match=r"PROJECT_CALLS_PER_MINUTE should be at .* not 20"):
        wiring.classroom(settings)


def test_the_world_has_every_door_and_each_api_a_pace_and_a_scope_of_its_own(
    tmp_path: Path,
) -> None:
    """A domain that has not granted the optional scopes gives tokens for the rest."""
    sim = Simulator("school.example")
    sim.allowed_scopes = frozenset(SCOPES)
    sim.add_user(ONE, admin=True)
    with serve(sim, port=0) as url:
        (tmp_path / "key.json").write_text(json.dumps(sim.key_file()))
        settings = read_settings(
            {
                "ROLLBOOK_STATE": str(tmp_path),
                "ROLLBOOK_GOOGLE_ROOT": url,
                "ROLLBOOK_GOOGLE_ADMIN": ONE,
                "ROLLBOOK_GOOGLE_CREDENTIALS": str(tmp_path / "key.json"),
                "ROLLBOOK_GOOGLE_CALLS_PER_MINUTE": "50",
                "ROLLBOOK_GOOGLE_PROJECT_CALLS_PER_MINUTE": "50",
            }
        )
        with wiring.open_world(settings) as world:
            assert world.classroom.find([f"d:{n}" for n in range(49)]) == {}
            for _ in range(60):  # with Classroom's pace this would take a minute
                assert [account.emails for account in world.directory.accounts()] == [(ONE,)]
            assert world.reports is not None
            with pytest.raises(GoogleRefused, match=AUDIT_SCOPE):
                list(world.reports.activities(datetime.now(UTC) - timedelta(hours=1)))
            assert world.licensing is not None
            with pytest.raises(GoogleRefused, match=LICENSING_SCOPE):
                list(world.licensing.licenses())
            assert list(world.classroom.courses()) == []


def test_a_first_administrator_who_is_suspended_stops_no_door(tmp_path: Path) -> None:
    first, second = TWO.split(", ")
    sim = Simulator("school.example")
    sim.add_user(first, admin=True, suspended=True)
    sim.add_user(second, admin=True)
    with serve(sim, port=0) as url:
        (tmp_path / "key.json").write_text(json.dumps(sim.key_file()))
        settings = read_settings(
            {
                "ROLLBOOK_STATE": str(tmp_path),
                "ROLLBOOK_GOOGLE_ROOT": url,
                "ROLLBOOK_GOOGLE_ADMIN": TWO,
                "ROLLBOOK_GOOGLE_CREDENTIALS": str(tmp_path / "key.json"),
            }
        )
        with wiring.open_world(settings) as world:
            assert [one.emails for one in world.directory.accounts()] == [(first,), (second,)]
            assert list(world.classroom.courses()) == []


def ask_of_a_group(folder: Path, sim: Simulator, root: str) -> bool:
    """Is the administrator in the office's group?"""
    (folder / "key.json").write_text(json.dumps(sim.key_file()))
    environment = {
        "ROLLBOOK_GOOGLE_ROOT": root,
        "ROLLBOOK_GOOGLE_ADMIN": ONE,
        "ROLLBOOK_GOOGLE_CREDENTIALS": str(folder / "key.json"),
    }
    with closing(wiring.groups(read_settings(environment))) as groups:
        return groups.has_member("office@school.example", ONE)


def test_groups_have_a_scope_of_their_own(tmp_path: Path) -> None:
    sim = Simulator("school.example")
    sim.add_user(ONE, admin=True)
    sim.add_group("office@school.example", [ONE])
    with serve(sim, port=0) as url:
        sim.allowed_scopes = frozenset((*SCOPES, AUDIT_SCOPE, LICENSING_SCOPE))
        with pytest.raises(GoogleRefused, match=GROUPS_SCOPE):
            ask_of_a_group(tmp_path, sim, url)
        sim.allowed_scopes = frozenset({GROUPS_SCOPE})
        assert ask_of_a_group(tmp_path, sim, url)


@pytest.mark.parametrize("silent", ["token", "call"])
def test_who_clicks_does_not_wait_long_for_a_group(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, silent: str
) -> None:
    """Google takes what is sent and never answers: at the token endpoint, or at the call."""
    monkeypatch.setattr(wiring, "CLICK_SECONDS", 0.2)
    sim, end = Simulator("school.example"), threading.Event()
    sim.add_user(ONE, admin=True)
    answer = sim._google if silent == "token" else sim.api.answer

    def hold(request: Request) -> Response:
        end.wait(timeout=30)
        return answer(request)

    monkeypatch.setattr(*((sim, "_google") if silent == "token" else (sim.api, "answer")), hold)
    with serve(sim, port=0) as url:
        try:
            began = time.monotonic()
            with pytest.raises(GoogleOutOfReach):
                ask_of_a_group(tmp_path, sim, url)
            assert time.monotonic() - began < 10
        finally:
            end.set()


def test_the_store_is_made_in_the_state_folder(tmp_path: Path) -> None:
    store = wiring.open_store(read_settings({"ROLLBOOK_STATE": str(tmp_path / "state")}))
    assert store.mark().revision == 0
    store.close()
    assert (tmp_path / "state/rollbook.sqlite").is_file()


def test_a_teacher_needs_a_token_and_nothing_else() -> None:
    settings = read_settings({"ROLLBOOK_GOOGLE_ROOT": "http://127.0.0.1:9000/"})
    gateway = wiring.teacher_classroom(settings, "a-token")
    gateway.close()


def test_the_clock_is_the_clock() -> None:
    before = datetime.now(UTC)
    told = wiring.clock(read_settings({}))(timezone(timedelta(hours=9)))
    assert before <= told <= datetime.now(UTC)
    assert told.utcoffset() == timedelta(hours=9)


def test_today_stands_for_the_clock() -> None:
    now = wiring.clock(read_settings({"ROLLBOOK_TODAY": "2026-09-01"}))
    assert now(UTC) == datetime(2026, 9, 1, tzinfo=UTC)
