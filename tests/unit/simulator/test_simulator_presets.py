"""The presets: whole sets of switches by name, over HTTP and on the command line."""

from dataclasses import fields
from pathlib import Path

import click
import pytest

from policy.cli import cli
from policy.errors import InputAtFault
from policy.rehearsal import Stage, set_stage
from policy.simulator.clock import FastClock
from policy.simulator.presets import CALM, HOSTILE, PRESETS, REALISTIC, preset
from policy.simulator.switches import Switches
from unit.simulator.asking import Box
from unit.simulator.test_simulator_switches import GUIDE

NAMES = [field.name for field in fields(Switches)]
FAULTS = set(NAMES[NAMES.index("new_course_hidden") : NAMES.index("errors_array")])


def changed(name: str) -> set[str]:
    calm, there = CALM.values(), PRESETS[name].values()
    return {each for each in NAMES if calm[each] != there[each]}


def test_calm_is_the_default() -> None:
    assert Switches() == CALM


def test_presets_differ_in_faults_only() -> None:
    assert changed("realistic") < changed("hostile") < FAULTS


def test_hostile_is_worse_in_everything() -> None:
    for name in changed("realistic"):
        assert getattr(HOSTILE, name) >= getattr(REALISTIC, name), name


def test_no_preset_has_what_lasts() -> None:
    lasting = {"fresh_account", "not_today_rate", "token_refused_rate", "time_out_rate"}
    lasting |= {"broken_course_rate", "ownerless_broken_rate", "foreign_members_hidden_rate"}
    assert not lasting & changed("hostile")
    assert lasting < FAULTS


def test_by_hand_with_more_beside_it(box: Box) -> None:
    told = box.hand("PATCH", "switches", {"preset": "hostile", "hang_up_rate": 0.5})
    assert told.body == {**HOSTILE.values(), "hang_up_rate": 0.5}
    assert box.hand("PATCH", "switches", {"state_late": 1}).body["hang_up_rate"] == 0.5
    assert box.hand("PATCH", "switches", {"preset": "calm"}).body == CALM.values()
    wrong = box.hand("PATCH", "switches", {"preset": "wild"})
    assert wrong.body == {"error": "preset should be calm or realistic or hostile, not 'wild'"}


def test_a_preset_that_is_not_there() -> None:
    with pytest.raises(InputAtFault):
        preset("wild")


def test_the_command_has_each_preset() -> None:
    [option] = [each for each in cli.commands["simulator"].params if each.name == "preset"]
    assert isinstance(option.type, click.Choice)
    assert list(option.type.choices) == list(PRESETS)


def test_a_stage_with_a_preset_a_seed_and_a_speed() -> None:
    stage = Stage(domain="school.example", preset="hostile", seed=7, speed=60, quotas=False)
    sim, same = set_stage(stage), set_stage(stage)
    assert sim.switches == HOSTILE.changed({"enforce_quotas": False})
    assert sim.world.time.speed == 60
    assert sim.world.random.getstate() == same.world.random.getstate()
    assert set_stage(Stage(domain="school.example")).world.time.speed == 1


def test_the_guide_has_each_preset() -> None:
    text = Path(GUIDE).read_text(encoding="utf-8").partition("### Presets")[2]
    for name in PRESETS:
        assert f"\n| `{name}` | " in text
    assert FastClock.__name__ in GUIDE.read_text(encoding="utf-8")
