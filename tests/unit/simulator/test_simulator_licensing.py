"""Licences: the two lists of the Enterprise License Manager API."""

from collections.abc import Iterator

import pytest

from policy.simulator.switches import Switches
from unit.simulator.asking import DOMAIN, PEOPLE, SCOPE, SCOPES, Answer, Box

LICENSING = (f"{SCOPE}apps.licensing",)
PRODUCT = "/apps/licensing/v1/product/101031"
CUSTOMER = "C01simula"
AT_HOME = sorted(email for email in PEOPLE.values() if email.endswith(DOMAIN))


def ask(
    box: Box,
    path: str = f"{PRODUCT}/users",
    *,
    who: str = "admin",
    scopes: tuple[str, ...] = LICENSING,
    customer: str = CUSTOMER,
    **query: object,
) -> Answer:
    return box.ask("GET", path, who=who, scopes=scopes, customerId=customer, **query)


def emails(box: Box, path: str = f"{PRODUCT}/users", **query: object) -> list[str]:
    """Who is on all pages."""
    return [item["userId"] for item in items(box, path, **query)]


def items(box: Box, path: str, **query: object) -> Iterator[dict[str, str]]:
    token = ""
    while True:
        box.clock.move(1.01)  # Google's quota is one call a second
        answer = ask(box, path, **query, **({"pageToken": token} if token else {}))
        assert answer.status == 200, answer.body
        yield from answer.body.get("items", [])
        token = answer.body.get("nextPageToken", "")
        if not token:
            return


def test_a_licence_in_full(box: Box) -> None:
    assert next(items(box, f"{PRODUCT}/users")) == {
        "kind": "licensing#licenseAssignment",
        "userId": PEOPLE["ada"],
        "productId": "101031",
        "productName": "Google Workspace for Education",
        "skuId": "1010310008",
        "skuName": "Google Workspace for Education Plus",
        "selfLink": (
            "https://licensing.googleapis.com/apps/licensing/v1/product/101031/sku/1010310008"
            f"/user/{PEOPLE['ada']}"
        ),
    }


def test_everybody_of_the_domain_has_one_and_nobody_else(box: Box) -> None:
    assert emails(box) == AT_HOME
    assert emails(box, maxResults=2) == AT_HOME


def test_who_has_another_one_or_none(box: Box) -> None:
    told = {"ada": ["1010310005"], "tom": [], "sue": ["1010370001", "1010310010"]}
    for name, licenses in told.items():
        body = {"email": PEOPLE[name], "licenses": licenses}
        assert box.hand("POST", "users", body).status == 200
    one = f"{PRODUCT}/sku/1010310005/users"
    assert emails(box) == sorted(set(AT_HOME) - {PEOPLE["tom"]})
    assert emails(box, one) == [PEOPLE["ada"]]
    assert emails(box, "/apps/licensing/v1/product/101037/users") == [PEOPLE["sue"]]
    assert emails(box, "/apps/licensing/v1/product/101034/users") == []


def test_some_have_lost_theirs(box: Box) -> None:
    box.sim.switches = Switches(license_missing_rate=1.0)
    assert emails(box) == []


def test_larger_pages_than_are_right_leave_people_out(box: Box) -> None:
    box.sim.switches = Switches(licensing_most_right=3)
    assert emails(box, maxResults=3) == AT_HOME
    assert len(emails(box, maxResults=4)) < len(AT_HOME)


def test_a_second_has_one_call(box: Box) -> None:
    assert [ask(box).word for _ in range(2)] == ["200", "503 UNAVAILABLE"]
    box.clock.move(1.01)
    assert ask(box).word == "200"


@pytest.mark.parametrize(
    ("more", "word"),
    [
        pytest.param({"who": "ada"}, "403 PERMISSION_DENIED", id="no administrator"),
        pytest.param({"scopes": SCOPES}, "403 PERMISSION_DENIED", id="without the scope"),
        pytest.param({"customer": "my_customer"}, "400 INVALID_ARGUMENT", id="no real customer"),
        pytest.param({"maxResults": 1_001}, "400 INVALID_ARGUMENT", id="too large a page"),
        pytest.param({"pageToken": "nonsense"}, "400 INVALID_ARGUMENT", id="no page token"),
    ],
)
def test_what_is_refused(box: Box, more: dict[str, object], word: str) -> None:
    assert ask(box, **more).word == word  # type: ignore[arg-type]


def test_nothing_is_assigned_here(box: Box) -> None:
    body = {"userId": PEOPLE["tom"]}
    path = f"{PRODUCT}/sku/1010310008/user"
    assert box.ask("POST", path, body, scopes=LICENSING).word == "501 NOT_IMPLEMENTED"
