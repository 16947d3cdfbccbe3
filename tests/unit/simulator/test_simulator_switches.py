"""The switches: checked when they are set, and each told in the guide."""

import re
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from policy.errors import InputAtFault
from policy.simulator.switches import Switches

GUIDE = Path(__file__).resolve().parents[3] / "docs" / "simulator.md"


def test_the_guide_tells_each_switch_with_its_default() -> None:
    rows = re.findall(r"^\| `(\w+)` \| `([^`]*)` \|", GUIDE.read_text(encoding="utf-8"), re.M)
    told = [(name, default) for name, default in rows if name in Switches().values()]
    assert told == [(name, written(value)) for name, value in Switches().values().items()]


def written(value: object) -> str:
    """A default as JSON has it."""
    return str(value).lower() if isinstance(value, bool) else f"{value}".removesuffix(".0")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"nap": 1}, "nap: no such switch; expected one of enforce_quotas, quota_window"),
        ({"state_late": -1}, "state_late should be a number of seconds from 0 up, not -1"),
        ({"state_late": "4"}, "state_late should be a number of seconds from 0 up, not '4'"),
        ({"state_late": True}, "state_late should be a number of seconds from 0 up, not True"),
        ({"hang_up_rate": 1.1}, "hang_up_rate should be a number from 0 to 1, not 1.1"),
        ({"batch_limit": 1.5}, "batch_limit should be a whole number from 0 up, not 1.5"),
        ({"batch_limit": -5}, "batch_limit should be a whole number from 0 up, not -5"),
        ({"errors_array": 1}, "errors_array should be true or false, not 1"),
        ({"unseen_course_status": 500}, "unseen_course_status should be 403 or 404, not 500"),
        ({"provisioned_to_archived": "x"}, "should be nobody or admin or owner, not 'x'"),
        ({"nap": 1, "errors_array": None}, "errors_array should be true or false"),
    ],
)
def test_values_that_do_not_fit(values: dict[str, object], words: str) -> None:
    with pytest.raises(InputAtFault) as refused:
        Switches().changed(values)
    assert words in str(refused.value)


def test_values_that_fit() -> None:
    values = {"state_late": 4, "hang_up_rate": 1, "batch_limit": 0, "unseen_course_status": 404}
    changed = Switches().changed(values)
    assert {name: changed.values()[name] for name in values} == values
    assert Switches().changed({}) == Switches()


def test_switches_do_not_change_by_themselves() -> None:
    with pytest.raises(FrozenInstanceError):
        Switches().batch_limit = 5  # type: ignore[misc]
