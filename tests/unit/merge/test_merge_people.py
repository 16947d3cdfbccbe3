"""Who of the SIS is which Google account."""

import pytest

from building import person, roster, section, user
from policy.merge.people import AccountFacts, Matches, match_people, named_key
from policy.merge.records import Remembered, User
from policy.roster.model import Fault, Person, Place
from policy.rules.model import Identity

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


ANNA = Identity("anna@demo.example", "identities.csv:2")


def with_identity(
    *accounts: AccountFacts, remembered: dict[str, Remembered] | None = None
) -> Matches:
    rolls = roster({SECTION: ()}, (person("ann"), person("bob")))
    return match_people(
        rolls,
        accounts,
        domains=("demo.example",),
        remembered=remembered or {},
        identities={"ann": ANNA},
    )


def test_an_identity_holds_in_place_of_the_sis_email() -> None:
    matches = with_identity(account("ann"), account("anna"), account("bob"))
    assert matches.users == {"ann": user("anna"), "bob": user("bob")}
    assert matches.learned["ann"] == Remembered("anna", ANNA.email)


def test_an_identity_without_an_account_is_told_with_its_line_and_nobody_guessed() -> None:
    matches = with_identity(account("ann"), account("anna", suspended=True), account("bob"))
    assert "ann" not in matches.users
    assert matches.reasons["ann"].endswith(
        "suspended or archived (people.identities, identities.csv:2)"
    )
    assert matches.unsure["ann"] == {"anna"}
    assert "identities" not in with_identity(account("ann")).reasons["bob"]


def test_an_identity_moves_somebody_who_was_known_by_the_sis_email() -> None:
    known = {"ann": Remembered("ann", "ann@demo.example")}
    matches = with_identity(account("ann"), account("anna"), remembered=known)
    assert matches.users["ann"] == user("anna")


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
    assert words == (
        "their e-mail leads to the same account as that of somebody with another name (users.csv:2)"
    )


def test_one_person_listed_twice_is_one_person() -> None:
    twice = (person("ann1", email="ann@demo.example", name="Ann"), person("ann"))
    rolls = roster({SECTION: ()}, twice)
    matches = match_people(rolls, [account("ann")], domains=("demo.example",), remembered={})
    assert matches.users == {"ann1": user("ann"), "ann": user("ann")}


def test_who_was_known_and_is_not_found_now_is_unsure() -> None:
    rolls = roster({SECTION: ()}, (person("ann"),))
    matches = match_people(
        rolls,
        [],
        domains=("demo.example",),
        remembered={"ann": Remembered("117", "ann@demo.example")},
    )
    assert matches.unsure == {"ann": frozenset({"117"})}


def test_a_person_with_a_faulty_row_is_unsure() -> None:
    fault = Fault("R204", Place("users.csv", 9), "8 cells instead of 9")
    rolls = roster({SECTION: ()}, (), doubtful_people={"ann": fault})
    matches = match_people(
        rolls,
        [],
        domains=("demo.example",),
        remembered={"ann": Remembered("117", "ann@demo.example")},
    )
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


def test_two_people_on_one_account_by_an_alias_are_never_guessed() -> None:
    two = (person("ann"), person("bob", email="ann.old@demo.example"))
    words = reason_of(*two, accounts=(account("ann", "ann.old@demo.example"),))
    assert "same account as that of somebody with another name" in words


def matched(*accounts: AccountFacts, email: str, before: Remembered) -> Matches:
    rolls = roster({SECTION: ()}, (person("ann", email=email),))
    return match_people(rolls, accounts, domains=("demo.example",), remembered={"ann": before})


def test_an_address_that_was_given_to_another_account_moves_nobody() -> None:
    """The SIS has changed nothing; the Directory has."""
    before = Remembered("ann", "ann@demo.example")
    other = AccountFacts(User("bob", "bob@demo.example", "Bob"), ("ann@demo.example",), False)
    former = AccountFacts(User("ann", "ann2@demo.example", "Ann"), ("ann2@demo.example",), False)
    found = matched(former, other, email="ann@demo.example", before=before)
    assert "now leads to another Google account than before" in found.reasons["ann"]
    assert found.unsure == {"ann": frozenset({"ann", "bob"})}


def test_a_new_address_in_the_sis_moves_them() -> None:
    before = Remembered("ann", "ann@demo.example")
    found = matched(account("ann"), account("bob"), email="bob@demo.example", before=before)
    assert found.users == {"ann": user("bob")}
    assert found.learned == {"ann": Remembered("bob", "bob@demo.example")}


def test_a_new_account_for_a_former_one_that_is_gone_or_suspended() -> None:
    before = Remembered("old", "ann@demo.example")
    gone = matched(account("ann"), email="ann@demo.example", before=before)
    suspended = matched(
        account("ann"), account("old", suspended=True), email="ann@demo.example", before=before
    )
    assert gone.users == suspended.users == {"ann": user("ann")}


def test_what_is_known_already_is_not_learned_again() -> None:
    before = Remembered("ann", "ann@demo.example")
    assert matched(account("ann"), email="Ann@demo.example", before=before).learned == {}


def test_accounts_of_people_whose_keys_are_gone_have_vanished() -> None:
    rolls = roster({SECTION: ()}, (person("ann"),))
    old = {key: Remembered(key, f"{key}@demo.example") for key in ("ann", "bob")}
    found = match_people(rolls, [], domains=("demo.example",), remembered=old)
    assert found.vanished == frozenset({"bob"})


GUS = Remembered("gus", "gus@demo.example")


def test_somebody_whom_the_policy_names_is_remembered_beside_the_sis() -> None:
    rolls, named = roster({SECTION: ()}, ()), ("gus@demo.example", "new@demo.example")
    found = match_people(
        rolls, [account("gus")], domains=("demo.example",), remembered={}, named=named
    )
    assert (found.learned, found.lost) == ({named_key("gus@demo.example"): GUS}, {})
    known = found.learned
    again = match_people(
        rolls, [account("gus")], domains=("demo.example",), remembered=known, named=named
    )
    assert (again.learned, again.lost, again.vanished) == ({}, {}, frozenset())
    gone = match_people(rolls, [], domains=("demo.example",), remembered=known, named=named)
    assert (gone.learned, gone.lost) == ({}, {"gus@demo.example": "gus"})
    assert (gone.users, gone.vanished) == ({}, frozenset())


def test_who_has_vanished_from_the_sis_has_so_though_the_policy_names_them() -> None:
    old = {named_key("gus@demo.example"): GUS, "gus": GUS}
    found = match_people(roster({SECTION: ()}, ()), [], domains=("demo.example",), remembered=old)
    assert found.vanished == frozenset({"gus"})


def test_the_facts_of_an_account_are_told_under_each_of_its_spellings() -> None:
    ann, bob = account("ann", "ann.old@demo.example"), account("bob", suspended=True)
    matches = match_people(
        roster({SECTION: ()}, ()), [ann, bob], domains=("demo.example",), remembered={}
    )
    assert matches.by_email == {
        "ann@demo.example": ann,
        "ann.old@demo.example": ann,
        "bob@demo.example": bob,
    }
    assert matches.accounts == {"ann": user("ann"), "bob": user("bob")}


def test_an_account_that_is_told_twice_is_as_it_was_told_last() -> None:
    before = account("ann", "former@demo.example", suspended=True)
    now = account("ann", "new@demo.example")
    matches = match_people(
        roster({SECTION: ()}, (person("ann", email="new@demo.example"),)),
        [before, now],
        domains=("demo.example",),
        remembered={},
    )
    assert matches.by_email == {"ann@demo.example": now, "new@demo.example": now}
    assert matches.users == {"ann": user("ann")}
