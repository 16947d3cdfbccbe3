"""Directory: users.list and users.get."""

import pytest

from unit.simulator.asking import DOMAIN, PEOPLE, SCOPE, Box

USERS = "/admin/directory/v1/users"


def emails(box: Box, **query: object) -> list[str]:
    """The primary addresses of all pages."""
    found, token = [], None
    while True:
        more = {"pageToken": token} if token else {}
        answer = box.ask("GET", USERS, customer="my_customer", **query, **more)
        assert answer.status == 200, answer.body
        found += [user["primaryEmail"] for user in answer.body.get("users", [])]
        token = answer.body.get("nextPageToken")
        if not token:
            return found


def test_an_account_in_full(box: Box) -> None:
    box.sim.add_user(
        PEOPLE["sue"], given="Sue", family="Example", aliases=(f"su@{DOMAIN}",), suspended=True
    )
    assert box.ask("GET", f"{USERS}/SU@school.example").body == {
        "kind": "admin#directory#user",
        "id": box.ids["sue"],
        "primaryEmail": PEOPLE["sue"],
        "name": {"givenName": "Sue", "familyName": "Example", "fullName": "Sue Example"},
        "emails": [{"address": PEOPLE["sue"], "primary": True}, {"address": f"su@{DOMAIN}"}],
        "aliases": [f"su@{DOMAIN}"],
        "isAdmin": False,
        "isDelegatedAdmin": False,
        "suspended": True,
        "archived": False,
        "creationTime": "2027-01-15T08:00:00.000Z",
        "customerId": "C01simula",
        "orgUnitPath": "/",
        "isMailboxSetup": True,
        "includeInGlobalAddressList": True,
        "agreedToTerms": True,
    }


def test_everybody_of_the_domain_and_nobody_else(box: Box) -> None:
    at_home = sorted(email for email in PEOPLE.values() if email.endswith(DOMAIN))
    assert emails(box) == at_home
    assert emails(box, maxResults=2) == at_home
    assert emails(box, maxResults=2, sortOrder="DESCENDING") == at_home[::-1]
    assert emails(box, domain=DOMAIN) == at_home


def test_accounts_without_aliases_have_no_such_array(box: Box) -> None:
    answer = box.ask("GET", USERS, customer="my_customer")
    assert all("aliases" not in user for user in answer.body["users"])


def test_sorted_by_name(box: Box) -> None:
    box.sim.add_user(f"z@{DOMAIN}", given="aaron", family="Zed")
    box.sim.add_user(f"b@{DOMAIN}", given="zoe", family="Abbott")
    by_given = emails(box, orderBy="givenName", maxResults=1)
    assert (by_given[0], by_given[-1]) == (f"z@{DOMAIN}", f"b@{DOMAIN}")
    assert emails(box, orderBy="familyName", maxResults=3)[0] == f"b@{DOMAIN}"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("isSuspended=True", {"sue"}),
        ("isSuspended=False isAdmin=True", {"admin"}),
        ("isSuspended=False isArchived=False", {"admin", "ada", "tom", "sam"}),
        ("email:s*", {"sue", "sam"}),
        ("email=ADA@school.example", {"ada"}),
        ("givenName='Tom'", {"tom"}),
        ("orgUnitPath=/", {"admin", "ada", "tom", "sue", "sam"}),
    ],
)
def test_searches(box: Box, query: str, found: set[str]) -> None:
    box.sim.add_user(PEOPLE["sue"], given="Sue", suspended=True)
    assert set(emails(box, query=query)) == {PEOPLE[name] for name in found}


@pytest.mark.parametrize("query", ["shoeSize=9", "isSuspended", "isSuspended=True and more"])
def test_a_search_that_is_not_known(box: Box, query: str) -> None:
    assert box.ask("GET", USERS, customer="my_customer", query=query).word.startswith("400 ")


@pytest.mark.parametrize(
    ("query", "status"),
    [
        pytest.param({}, 400, id="neither customer nor domain"),
        pytest.param({"customer": "C9"}, 400, id="another customer"),
        pytest.param({"customer": "C01simula"}, 200, id="the customer's id"),
        pytest.param({"domain": "elsewhere.example"}, 404, id="another domain"),
        pytest.param({"customer": "my_customer", "maxResults": 501}, 400, id="too many"),
        pytest.param({"customer": "my_customer", "maxResults": 0}, 400, id="none"),
        pytest.param({"customer": "my_customer", "orderBy": "age"}, 400, id="no such order"),
        pytest.param({"customer": "my_customer", "pageSize": 5}, 400, id="no such parameter"),
    ],
)
def test_parameters(box: Box, query: dict[str, object], status: int) -> None:
    assert box.ask("GET", USERS, **query).status == status


def test_the_search_follows_changes(box: Box) -> None:
    assert emails(box, query="isSuspended=True") == []
    box.sim.add_user(PEOPLE["sam"], suspended=True)
    assert emails(box, query="isSuspended=True") == [PEOPLE["sam"]]


def test_deleted_accounts_are_listed_apart(box: Box) -> None:
    box.hand("DELETE", f"users/{PEOPLE['sam']}")
    assert PEOPLE["sam"] not in emails(box)
    assert emails(box, showDeleted="true") == [PEOPLE["sam"]]
    assert box.ask("GET", f"{USERS}/{PEOPLE['sam']}").word == "404 NOT_FOUND"


@pytest.mark.parametrize("key", [f"nobody@{DOMAIN}", "1", PEOPLE["eve"]])
def test_an_account_that_is_not_there(box: Box, key: str) -> None:
    assert box.ask("GET", f"{USERS}/{key}").word == "404 NOT_FOUND"


@pytest.mark.parametrize(("who", "public"), [("ada", 200), ("sue", 200), ("eve", 403)])
def test_who_is_no_administrator_gets_the_public_view_at_most(
    box: Box, who: str, public: int
) -> None:
    assert box.ask("GET", USERS, who=who, customer="my_customer").status == 403
    answer = box.ask("GET", USERS, who=who, customer="my_customer", viewType="domain_public")
    assert answer.status == public
    if public == 200:
        assert "suspended" not in answer.body["users"][0]


def test_the_directory_wants_its_own_scope(box: Box) -> None:
    scopes = (f"{SCOPE}classroom.courses",)
    answer = box.ask("GET", USERS, scopes=scopes, customer="my_customer")
    assert answer.word == "403 PERMISSION_DENIED"
    assert "insufficient_scope" in answer.headers["WWW-Authenticate"]


def test_several_domains_of_one_account() -> None:
    box = Box(other_domains=("staff.example",))
    box.sim.add_user("head@Staff.Example")
    assert "head@Staff.Example" in emails(box)
    assert emails(box, domain="staff.example") == ["head@Staff.Example"]
    assert box.add(box.course(), "head@staff.example", role="teachers").status == 200
