"""A scripted server a test, and a transport to it."""

from collections.abc import Iterator

import pytest

from policy.google.credentials import TokenCredentials
from policy.google.transport import Transport
from unit.google.scripted_server import Script, serving


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
def root(script: Script) -> Iterator[str]:
    with serving(script) as address:
        yield address


@pytest.fixture
def transport(root: str) -> Iterator[Transport]:
    transport = Transport(root, TokenCredentials("a-token"), timeout=5)
    yield transport
    transport.close()
