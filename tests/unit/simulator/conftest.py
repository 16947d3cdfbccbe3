"""The simulated domain of each test."""

import pytest

from unit.simulator.asking import Box


@pytest.fixture
def box() -> Box:
    return Box()
