"""The table of faults: each of them in each kind of night ends as an undisturbed one does."""

from pathlib import Path

import pytest

from everything import Eve, eve
from faulty import FAULTS, NIGHTS, Took, take

CASES = [(fault, night) for fault in FAULTS for night in NIGHTS]


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Eve:
    return eve(tmp_path_factory.mktemp("eve"))


@pytest.fixture(scope="module")
def calm(before: Eve, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Took]:
    return {night: take("none", night, before, tmp_path_factory.mktemp(night)) for night in NIGHTS}


@pytest.mark.parametrize(("fault", "night"), CASES, ids=["-".join(case) for case in CASES])
def test_the_end_is_as_if_nothing_had_been(
    before: Eve, calm: dict[str, Took], tmp_path: Path, fault: str, night: str
) -> None:
    took = take(fault, night, before, tmp_path)
    assert took.end == calm[night].end
    assert (took.writes, took.undone) == (calm[night].writes, 0)
    assert took.seconds < 900


def test_quiet_means_no_writes(calm: dict[str, Took]) -> None:
    assert calm["quiet"].writes == 0
    assert calm["first"].writes == 30
    assert calm["changed"].writes == 18


def test_each_fault_strikes_somewhere(before: Eve, calm: dict[str, Took], tmp_path: Path) -> None:
    """A fault that no night has noticed would show nothing."""
    silent = {"none", "states are shown 8 s late", "addresses are missing"}
    silent |= {"the answers of a batch are shuffled"}
    for number, fault in enumerate(set(FAULTS) - silent):
        assert any(
            noticed(take(fault, night, before, new(tmp_path / f"{number}-{night}")), calm[night])
            for night in ("changed", "first")
        ), fault


def new(folder: Path) -> Path:
    folder.mkdir()
    return folder


def noticed(took: Took, calm: Took) -> bool:
    return took.requests > calm.requests or took.seconds > 0
