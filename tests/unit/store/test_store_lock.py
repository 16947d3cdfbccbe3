"""The lock of a run: who holds it is told, and it is never left behind."""

import fcntl
from pathlib import Path

import pytest

from policy.errors import AnotherRun, SettingAtFault
from policy.store.lock import run_lock


def test_what_a_dead_process_has_left_is_taken_over(tmp_path: Path) -> None:
    file = tmp_path / "store.lock"
    file.write_text('{"pid": 1, "since": "2020-01-01"}, and more than is needed')
    with run_lock(file), pytest.raises(AnotherRun) as another, run_lock(file):
        pytest.fail("two runs at once")
    assert "process 1," not in str(another.value)


@pytest.mark.parametrize("signed", ["", "{", "[]", '{"pid": 7}'])
def test_a_holder_who_has_not_signed_yet(tmp_path: Path, signed: str) -> None:
    file = tmp_path / "store.lock"
    file.write_text(signed)
    with file.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(AnotherRun) as another, run_lock(file):
            pytest.fail("two runs at once")
    assert str(another.value) == (
        f"Another run is going on this store ({file} is locked); this one has ended without doing "
        "anything. Wait until it ends, then start again."
    )


def test_a_lock_that_can_not_be_written(tmp_path: Path) -> None:
    with (
        pytest.raises(SettingAtFault, match=r"can't be written \(Is a directory\)"),
        run_lock(tmp_path),
    ):
        pytest.fail("no lock at all")
