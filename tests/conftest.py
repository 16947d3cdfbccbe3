"""Fixtures that every kind of test may ask for."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from policy.simulator.server import serve
from telling import Story, google_for, three_sections

# The same examples every time; `make soak` looks for others.
settings.register_profile("same", derandomize=True)
settings.load_profile("same")

ROSTERS = Path(__file__).resolve().parents[1].parent / "shared" / "rosters"


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    """Three sections, everybody with an account, an empty Classroom."""
    roster = three_sections()
    sim = google_for(roster)
    with serve(sim, port=0) as url:
        (tmp_path / "key.json").write_text(json.dumps(sim.key_file()), encoding="utf-8")
        yield Story(tmp_path, roster, sim, url)


@pytest.fixture(scope="session")
def rosters() -> Path:
    """The sample rosters beside the project. In CI they are there; elsewhere they may not be."""
    if not ROSTERS.is_dir():
        words = f"the sample rosters are not at {ROSTERS}: their tests do not run"
        if os.environ.get("CI"):
            pytest.fail(words)
        pytest.skip(words)
    return ROSTERS
