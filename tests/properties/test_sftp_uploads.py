"""Random uploads to a real SFTP server, file by file and piece by piece, with fetches in between:
whatever is taken was whole at some moment, whatever the server's clock says.

What is promised without a marker, and therefore what is drawn: within one upload nothing pauses for
as long as `quiet`, or it does between two files of a set that is refreshed in place, more than an
hour after the upload before.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policy.errors import RosterAtFault
from policy.sources.base import Arrival
from policy.sources.sftp_whole import ONE_UPLOAD
from unit.sources.sftp_server import EVENING, PASSWORD, Clock, Site, serving

NAMES = ("classes.csv", "enrollments.csv", "users.csv")
MARKER = "done"
QUIET = 10  # minutes
LONG = ONE_UPLOAD // 60  # minutes


@dataclass(frozen=True)
class Upload:
    """Minutes: after the upload before, between files, and between the pieces of a file."""

    after: int
    between_files: int
    pieces: int
    between_pieces: int
    order: Sequence[str]


def uploads(most_files: int, most_pieces: int) -> st.SearchStrategy[list[Upload]]:
    one = st.builds(
        Upload,
        after=st.integers(LONG + 1, 3 * LONG),
        between_files=st.integers(0, most_files),
        pieces=st.integers(1, 3),
        between_pieces=st.integers(0, most_pieces),
        order=st.permutations(NAMES),
    )
    return st.lists(one, min_size=1, max_size=3)


def schedule(site: Site, clock: Clock, drawn: Sequence[Upload], skew: timedelta) -> None:
    """The marker comes last, and stays while the next upload begins; without one in the policy it
    is some file. Each file's words tell which upload wrote it, and end with a full stop."""
    minute = 0
    for number, upload in enumerate(drawn):
        minute += upload.after
        for name in upload.order:
            text = ""
            for piece in range(upload.pieces):
                text += f"upload {number}" if piece == 0 else " and more"
                last = piece == upload.pieces - 1

                def write(name: str = name, text: str = text + "." * last) -> None:
                    site.put(name, text, clock.time + skew)

                clock.at(minute, write)
                minute += upload.between_pieces
            minute += upload.between_files
        clock.at(minute, lambda: site.put(MARKER, "", clock.time + skew))


def is_whole(arrival: Arrival, drawn: Sequence[Upload]) -> bool:
    found = {path.name: path.read_text() for path in arrival.path.iterdir()}
    whole = [
        f"upload {number}" + " and more" * (upload.pieces - 1) + "."
        for number, upload in enumerate(drawn)
    ]
    return any(found == dict.fromkeys(NAMES, text) for text in whole)


def fetched(
    drawn: Sequence[Upload], pauses: Sequence[int], skew: int, marker: str | None = None
) -> list[Arrival]:
    """What each fetch brought; all of it whole."""
    taken = []
    with TemporaryDirectory() as name:
        clock, folder = Clock(EVENING), Path(name)
        (folder / "server").mkdir()
        with serving(Site(folder / "server")) as site:
            schedule(site, clock, drawn, timedelta(minutes=skew))
            for pause in pauses:
                clock.go_to(clock.time + timedelta(minutes=pause))
                try:
                    arrival = site.drops(folder / "own", clock, marker=marker).fetch()
                except RosterAtFault:
                    continue
                assert is_whole(arrival, drawn)
                taken.append(arrival)
            assert site.done_to_it == []
    return taken


PAUSES = st.lists(st.integers(1, 90), min_size=4, max_size=8)
SKEWS = st.integers(-26 * 60, 26 * 60)


@pytest.fixture(autouse=True)
def password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SFTP_PASSWORD", PASSWORD)


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(uploads(4, QUIET - 5), PAUSES, SKEWS)
def test_what_is_taken_was_whole(drawn: list[Upload], pauses: list[int], skew: int) -> None:
    fetched(drawn, pauses, skew)


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(uploads(LONG, LONG), PAUSES, SKEWS)
def test_with_a_marker_pauses_may_be_long(
    drawn: list[Upload], pauses: list[int], skew: int
) -> None:
    fetched(drawn, pauses, skew, MARKER)


def test_the_properties_bite() -> None:
    """With pauses longer than `quiet` in the first upload ever, nobody can tell."""
    drawn = [Upload(LONG, QUIET * 3, 1, 0, NAMES)]
    with pytest.raises(AssertionError):
        fetched(drawn, [LONG + 5], 0)


def test_something_is_taken() -> None:
    drawn = [Upload(LONG + 1, 1, 2, 1, NAMES)] * 3
    taken = fetched(drawn, [LONG + 2, *[LONG // 2] * 5], 90)
    assert len({arrival.path for arrival in taken}) == 3


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(st.integers(QUIET, LONG // 2 - 1), st.permutations(NAMES), PAUSES, SKEWS)
def test_a_refresh_with_long_pauses(
    between: int, order: list[str], pauses: list[int], skew: int
) -> None:
    """The first upload is swift; a later one pauses between its files longer than `quiet`."""
    drawn = [
        Upload(1, 0, 1, 0, NAMES),
        Upload(3 * LONG, between, 1, 0, order),
    ]
    fetched(drawn, pauses, skew)
