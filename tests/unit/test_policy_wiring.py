"""Wiring: what is said when a setting is missing, and that the root reaches every gateway."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from policy import wiring
from policy.errors import SettingAtFault
from policy.settings import read_settings


@pytest.mark.parametrize("make", [wiring.classroom, wiring.directory])
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
        make(settings, wiring.pace(settings))


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
