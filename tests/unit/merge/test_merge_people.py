"""Who of the SIS is which Google account."""

import pytest

from building import person, roster, section, user
from policy.merge.people import AccountFacts, match_people
from policy.merge.records import User
from policy.roster.model import Fault, Person, Place

SECTION = section()


def account(key: str, *aliases: str, suspended: bool = False) -> AccountFacts:
    found = user(key)
    return AccountFacts(found, (found.email, *aliases), suspended)


def reason_of(*people: Person, accounts: tuple[AccountFacts, ...] = (), **more: object) -> str:
    rolls = roster({SECTION: ()}, people, **more)
    matches = match_people(rolls, accounts, domains=("demo.example",), remembered={})
    assert people[0].key not in matches.users
    return matches.reasons[people[0].key]


@pytest.mark.parametrize(
    "email",
    [
        pytest.param("ann@demo.example", id="address"),
        pytest.param("ANN@Demo.Example", id="other-case"),
        pytest.param(" ann@demo.example ", id="spaces"),
        pytest.param("ann.old@demo.example", id="alias"),
    ],
)
def test_every_spelling_is_one_account(email: str) -> None:
    rolls = roster({SECTION: ()}, (person("ann", email=email),))
    matches = match_people(
        rolls,
        [account("ann", "ann.old@demo.example")],
        domains=("demo.example",),
        remembered={},
    )
    assert matches.users == {"ann": user("ann")}
    assert matches.reasons == {}


def test_no_email() -> None:
    assert reason_of(person("ann", email="")) == "the SIS has no e-mail for them"


def test_no_at_sign() -> None:
    assert "no @ in it" in reason_of(person("ann", email="ann"))


def test_no_account() -> None:
    assert reason_of(person("ann")).startswith("no Google account has their e-mail")


def test_outside_the_domains() -> None:
    words = reason_of(person("ann", email="ann@elsewhere.example"))
    assert words == "their e-mail is outside the district's domains (demo.example)"


def test_an_account_outside_the_domains_is_not_used() -> None:
    other = AccountFacts(User("ann", "ann@other.example", "Ann"), ("ann@demo.example",), False)
    assert "their account is outside" in reason_of(person("ann"), accounts=(other,))


def test_suspended() -> None:
    words = reason_of(person("ann"), accounts=(account("ann", suspended=True),))
    assert words == "their Google account is suspended or archived"


def test_two_people_with_one_email_are_never_guessed() -> None:
    two = (person("ann"), person("bob", email="ANN@demo.example"))
    words = reason_of(*two, accounts=(account("ann"),))
    assert words == "the same e-mail stands at users.csv:2 for somebody with another name"


def test_one_person_listed_twice_is_one_person() -> None:
    twice = (person("ann1", email="ann@demo.example", name="Ann"), person("ann"))
    rolls = roster({SECTION: ()}, twice)
    matches = match_people(rolls, [account("ann")], domains=("demo.example",), remembered={})
    assert matches.users == {"ann1": user("ann"), "ann": user("ann")}


def test_who_was_known_and_is_not_found_now_is_unsure() -> None:
    rolls = roster({SECTION: ()}, (person("ann"),))
    matches = match_people(rolls, [], domains=("demo.example",), remembered={"ann": "117"})
    assert matches.unsure == {"ann": frozenset({"117"})}


def test_a_person_with_a_faulty_row_is_unsure() -> None:
    fault = Fault("R204", Place("users.csv", 9), "8 cells instead of 9")
    rolls = roster({SECTION: ()}, (), doubtful_people={"ann": fault})
    matches = match_people(rolls, [], domains=("demo.example",), remembered={"ann": "117"})
    assert matches.unsure == {"ann": frozenset({"117"})}
    assert "their row is faulty: users.csv:9" in matches.reasons["ann"]


@pytest.mark.parametrize(
    ("people", "accounts"),
    [
        pytest.param((person("ann"),), (account("ann", suspended=True),), id="suspended"),
        pytest.param(
            (person("ann"), person("bob", email="ann@demo.example")), (account("ann"),), id="shared"
        ),
    ],
)
def test_an_account_that_may_be_theirs_is_unsure(
    people: tuple[Person, ...], accounts: tuple[AccountFacts, ...]
) -> None:
    rolls = roster({SECTION: ()}, people)
    matches = match_people(rolls, accounts, domains=("demo.example",), remembered={})
    assert set(matches.unsure.values()) == {frozenset({"ann"})}
    assert matches.users == {}
