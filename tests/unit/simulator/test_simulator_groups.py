"""Directory: members.hasMember, and groups that are made by hand."""

from pathlib import Path

import pytest

from policy.errors import InputAtFault
from policy.simulator.app import Simulator
from unit.simulator.asking import DOMAIN, PEOPLE, SCOPE, Answer, Box

GROUPS = (f"{SCOPE}admin.directory.group.member.readonly",)
OFFICE = f"office@{DOMAIN}"


def ask(box: Box, group: str, person: str, *, who: str = "admin") -> Answer:
    path = f"/admin/directory/v1/groups/{group}/hasMember/{person}"
    return box.ask("GET", path, who=who, scopes=GROUPS)


def test_who_is_in_a_group(box: Box) -> None:
    box.sim.add_group(OFFICE, [PEOPLE["ada"].upper()])
    for key in (box.ids["ada"], PEOPLE["ada"]):
        answer = ask(box, OFFICE.upper(), key)
        assert (answer.status, answer.body) == (200, {"isMember": True})
    assert ask(box, OFFICE, box.ids["tom"]).body == {"isMember": False}


def test_groups_within_groups_count_and_circles_end(box: Box) -> None:
    one, two = f"one@{DOMAIN}", f"two@{DOMAIN}"
    box.sim.add_group(OFFICE, [one])
    box.sim.add_group(one, [two, OFFICE])
    box.sim.add_group(two, [OFFICE, PEOPLE["tom"]])
    assert ask(box, OFFICE, box.ids["tom"]).body == {"isMember": True}
    assert ask(box, OFFICE, box.ids["ada"]).body == {"isMember": False}


def test_an_alias_in_a_group_is_its_account(box: Box) -> None:
    box.sim.add_user(PEOPLE["ada"], aliases=(f"countess@{DOMAIN}",))
    box.sim.add_group(OFFICE, [f"countess@{DOMAIN}"])
    assert ask(box, OFFICE, box.ids["ada"]).body == {"isMember": True}


@pytest.mark.parametrize("key", [PEOPLE["eve"], "nobody@school.example", "42"])
def test_who_is_of_another_domain_or_unknown(box: Box, key: str) -> None:
    box.sim.add_group(OFFICE, [PEOPLE["eve"]])
    answer = ask(box, OFFICE, key)
    assert answer.word == "400 INVALID_ARGUMENT"
    assert answer.body["error"]["message"] == "Invalid Input: memberKey"


def test_groups_within_a_group_of_another_domain() -> None:
    box = Box(other_domains=["second.example"])
    box.sim.add_user("ann@second.example")
    box.sim.add_group("inner@second.example", ["ann@second.example"])
    box.sim.add_group(OFFICE, ["inner@second.example"])
    assert ask(box, OFFICE, "ann@second.example").word == "400 INVALID_ARGUMENT"
    assert ask(box, "inner@second.example", "ann@second.example").body == {"isMember": True}


def test_a_group_that_is_not_there(box: Box) -> None:
    answer = ask(box, OFFICE, PEOPLE["ada"])
    assert answer.word == "404 NOT_FOUND"
    assert answer.body["error"]["message"] == "Resource Not Found: groupKey"


def test_who_is_no_administrator_and_what_has_no_scope(box: Box) -> None:
    box.sim.add_group(OFFICE, [PEOPLE["ada"]])
    assert ask(box, OFFICE, PEOPLE["ada"], who="ada").status == 403
    path = f"/admin/directory/v1/groups/{OFFICE}/hasMember/{PEOPLE['ada']}"
    answer = box.ask("GET", path)  # the scopes of a night
    assert answer.body["error"]["details"][0]["reason"] == "ACCESS_TOKEN_SCOPE_INSUFFICIENT"


def test_by_hand(box: Box) -> None:
    made = box.hand("POST", "groups", {"email": OFFICE, "members": [PEOPLE["ada"]]})
    assert (made.status, made.body) == (200, {"email": OFFICE, "members": [PEOPLE["ada"]]})
    assert box.hand("GET", "groups").body == [made.body]
    assert box.hand("POST", "groups", {"email": OFFICE}).body["members"] == []
    assert box.hand("GET", "state").body["groups"] == [{"email": OFFICE, "members": []}]


@pytest.mark.parametrize(
    "data",
    [
        [],
        {},
        {"email": "office"},
        {"email": OFFICE, "members": PEOPLE["ada"]},
        {"email": OFFICE, "members": ["ada"]},
        {"email": OFFICE, "owner": PEOPLE["ada"]},
        {"email": PEOPLE["ada"]},
    ],
)
def test_what_is_no_group(box: Box, data: object) -> None:
    assert box.hand("POST", "groups", data).status == 400
    with pytest.raises(InputAtFault):
        box.sim.add_group(PEOPLE["ada"])


def test_groups_survive_a_restart(tmp_path: Path) -> None:
    sim = Simulator(DOMAIN, state_file=tmp_path / "state.json")
    sim.add_group(OFFICE, [PEOPLE["ada"]])
    sim.close()
    again = Simulator(DOMAIN, state_file=tmp_path / "state.json")
    assert again.state.groups == sim.state.groups
    assert again.state.groups[OFFICE].members == (PEOPLE["ada"],)
