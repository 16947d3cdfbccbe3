"""Drops beside the last ones that were applied, while sources come and go."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from policy.errors import RosterAtFault
from policy.night.freshness import check_freshness
from policy.rules.model import Freshness
from policy.sources.base import Arrival

NOW = datetime(2026, 9, 2, 4, tzinfo=UTC)
RULES = Freshness(timedelta(hours=36), 0.8, "district.yaml:9")
ONE = {"memberships": 100}
TWO = {"memberships": 130, "sis memberships": 100, "more memberships": 30}


def problems(
    sources: Sequence[str],
    rows: Mapping[str, int],
    before: Mapping[str, int],
    hours: int = 1,
) -> Sequence[str]:
    came = [Arrival(Path(f"/drops/{name}"), NOW - timedelta(hours=hours), ()) for name in sources]
    try:
        check_freshness(came, RULES, sources=sources, rows=rows, before=before, now=NOW)
    except RosterAtFault as fault:
        return fault.problems
    return ()


def shrunken(
    sources: Sequence[str], rows: Mapping[str, int], before: Mapping[str, int]
) -> Sequence[str]:
    found = problems(sources, rows, before)
    return [words.partition("shrunk: ")[2].partition(",")[0] for words in found]


@pytest.mark.parametrize(
    ("sources", "rows", "before", "told"),
    [
        pytest.param(["sis"], ONE, {}, [], id="the-first-night"),
        pytest.param(["sis"], {"memberships": 79}, ONE, ["79 memberships"], id="one"),
        pytest.param(["sis", "more"], TWO, TWO, [], id="two"),
        pytest.param(
            ["sis", "more"],
            {"memberships": 109, "sis memberships": 100, "more memberships": 9},
            TWO,
            ["9 more memberships"],
            id="a-small-one-does-not-hide",
        ),
        pytest.param(
            ["sis", "more"],
            {"memberships": 100, "sis memberships": 100},
            TWO,
            ["100 memberships", "0 more memberships"],
            id="nothing-of-one",
        ),
        pytest.param(["sis", "more"], TWO, ONE, [], id="a-second-comes"),
        pytest.param(
            ["sis", "more"],
            {"memberships": 109, "sis memberships": 79, "more memberships": 30},
            ONE,
            ["79 memberships"],
            id="a-second-does-not-hide-the-first",
        ),
        pytest.param(["sis"], ONE, TWO, [], id="the-second-goes"),
        pytest.param(
            ["sis"], {"memberships": 79}, TWO, ["79 sis memberships"], id="and-the-first-shrinks"
        ),
        pytest.param(
            ["sis", "other"],
            {"memberships": 105, "sis memberships": 79, "other memberships": 26},
            TWO,
            ["79 sis memberships"],
            id="another-in-its-place",
        ),
        pytest.param(["new"], ONE, TWO, ["100 memberships"], id="none-is-left"),
    ],
)
def test_what_is_measured_by_what(
    sources: Sequence[str],
    rows: Mapping[str, int],
    before: Mapping[str, int],
    told: Sequence[str],
) -> None:
    assert shrunken(sources, rows, before) == told


def test_with_several_sources_nobody_is_sent_to_name_one_drop_for_all() -> None:
    """What only the others give would count as gone."""
    found = problems(["sis", "more"], {}, TWO, hours=40)
    assert len(found) == 5
    for words in found:
        assert "(--roster can't stand for several sources)" in words
    for words in problems(["sis"], {}, ONE, hours=40):
        assert "with --roster  [R11" in words
