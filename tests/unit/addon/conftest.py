"""A school a test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from unit.addon.school import School, open_school


@pytest.fixture
def school(tmp_path: Path) -> Iterator[School]:
    with open_school(tmp_path) as school:
        yield school
