"""A server for each test; nothing may ever be done to what is on it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from unit.sources.sftp_server import PASSWORD, Clock, Site, serving


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setenv("SFTP_PASSWORD", PASSWORD)
    (tmp_path / "server").mkdir()
    with serving(Site(tmp_path / "server")) as running:
        yield running
    assert running.done_to_it == []
