"""Who may see the administrator's card, by the policy alone."""

from collections.abc import Callable
from pathlib import Path

import pytest

from addon.roles import may_look
from policy.rules.load import load_policy
from policy.rules.model import Policy
from unit.addon.school import POLICY

ROLES = """\
roles:
  admin: [IT@school.example, "group:Admins@school.example"]
  approver: [principal@school.example, "group:heads@school.example"]
  viewer: [clerk@school.example, "group:admins@school.example", office@other.example]
"""


@pytest.fixture
def policy(tmp_path: Path) -> Policy:
    text = POLICY.replace("[school.example]", "[School.example, other.example]") + ROLES
    (tmp_path / "district.yaml").write_text(text, encoding="utf-8")
    return load_policy(tmp_path)


def asked(groups: list[str], *, member_of: str = "") -> Callable[[str], bool]:
    """Google's answer for somebody who is in one group; notes each group that is asked about."""

    def is_in(group: str) -> bool:
        groups.append(group)
        return group == member_of

    return is_in


@pytest.mark.parametrize("who", ["it", "principal", "clerk"])
def test_who_is_named_may_look_and_google_is_not_asked(policy: Policy, who: str) -> None:
    groups = list[str]()
    assert may_look(f"{who}@school.example", policy, asked(groups))
    assert groups == []


def test_who_is_in_a_group_may_look(policy: Policy) -> None:
    groups = list[str]()
    assert may_look("pat@school.example", policy, asked(groups, member_of="heads@school.example"))
    assert groups == ["admins@school.example", "heads@school.example"]


def test_nobody_else_may_and_each_group_is_asked_once(policy: Policy) -> None:
    groups = list[str]()
    assert not may_look("pat@school.example", policy, asked(groups))
    assert groups == ["admins@school.example", "heads@school.example"]


@pytest.mark.parametrize(
    "email",
    [
        "",
        "it",
        "it@elsewhere.example",
        "it@sub.school.example",
        "it@evilschool.example",
        "it@school.example@elsewhere.example",
        "heads@elsewhere.example",
    ],
)
def test_who_is_not_of_the_district_may_not_whatever_google_says(
    policy: Policy, email: str
) -> None:
    groups = list[str]()
    assert not may_look(email, policy, asked(groups, member_of="admins@school.example"))
    assert groups == []


def test_an_account_with_a_groups_address_is_not_the_group(policy: Policy) -> None:
    assert not may_look("heads@school.example", policy, asked([]))


def test_without_a_policy_nobody_may() -> None:
    assert not may_look("it@school.example", None, lambda _: True)
