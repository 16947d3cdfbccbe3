"""The two methods of the Directory that a roster sync needs: users.list and users.get."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from policy.simulator.clock import rfc3339
from policy.simulator.pages import answer_page, cursor
from policy.simulator.refusals import JsonObject, denied, invalid, not_found
from policy.simulator.rules import is_admin
from policy.simulator.state import Person
from policy.simulator.world import Call

CUSTOMER = "C01simula"
USUAL_PAGE = 100
LONGEST_PAGE = 501  # one more than fits, to tell whether there is more
TERM = re.compile(r"(\w+)\s*([=:])\s*('[^']*'|\"[^\"]*\"|\S+)\s*")
SORTED_BY: dict[str, Callable[[Person], str]] = {
    "email": lambda person: person.email.casefold(),
    "givenName": lambda person: f"{person.given.casefold()}\0{person.email.casefold()}",
    "familyName": lambda person: f"{person.family.casefold()}\0{person.email.casefold()}",
}
FIELDS: dict[str, Callable[[Person], str]] = {
    "isSuspended": lambda person: str(person.suspended),
    "isArchived": lambda person: str(person.archived),
    "isAdmin": lambda person: str(person.admin),
    "email": lambda person: person.email,
    "givenName": lambda person: person.given,
    "familyName": lambda person: person.family,
    "orgUnitPath": lambda _: "/",
}


def list_users(call: Call) -> JsonObject:
    """GET /admin/directory/v1/users"""
    _check_admin(call)
    found = _found(call)
    last, falling = cursor(call, str), call.word("sortOrder") == "DESCENDING"
    answer = answer_page(
        call,
        "users",
        found.falling_from(last) if falling else found.rising_from(last),
        size=call.size("maxResults") or USUAL_PAGE,
        place=found.key,
        shown=lambda person: user_json(call, person),
    )
    return {"kind": "admin#directory#users", **answer}


def get_user(call: Call) -> JsonObject:
    """GET /admin/directory/v1/users/{userKey}"""
    _check_admin(call)
    person = call.state.person(call.path["userKey"])
    if person is None or person.deleted or not call.world.at_home(person):
        raise not_found("Resource Not Found: userKey")
    return user_json(call, person)


def user_json(call: Call, person: Person) -> JsonObject:
    """An account as the Directory answers it."""
    shown: JsonObject = {
        "kind": "admin#directory#user",
        "id": person.id,
        "primaryEmail": person.email,
        "name": {
            "givenName": person.given,
            "familyName": person.family,
            "fullName": person.name,
        },
        "emails": _emails(person),
    }
    if call.word("viewType") == "domain_public":
        return shown
    if person.aliases:
        shown["aliases"] = list(person.aliases)
    shown |= {
        "isAdmin": person.admin,
        "isDelegatedAdmin": False,
        "suspended": person.suspended,
        "archived": person.archived,
        "creationTime": rfc3339(person.since),
        "customerId": CUSTOMER,
        "orgUnitPath": "/",
        "isMailboxSetup": True,
        "includeInGlobalAddressList": True,
        "agreedToTerms": True,
    }
    return shown


def _emails(person: Person) -> list[JsonObject]:
    others: list[JsonObject] = [{"address": alias} for alias in person.aliases]
    return [{"address": person.email, "primary": True}, *others]


@dataclass(frozen=True, slots=True)
class Found:
    """What a search has found, in rising order of its key."""

    key: Callable[[Person], str]
    people: Sequence[Person]

    def rising_from(self, last: str | None) -> Iterator[Person]:
        start = 0 if last is None else bisect_right(self.people, last, key=self.key)
        return iter(self.people[start : start + LONGEST_PAGE])

    def falling_from(self, last: str | None) -> Iterator[Person]:
        end = None if last is None else bisect_left(self.people, last, key=self.key)
        return islice(reversed(self.people[:end]), LONGEST_PAGE)


def _found(call: Call) -> Found:
    """The accounts that are asked for. The last search is kept, since the next page needs it."""
    domain, terms = _domain(call), _terms(call.word("query"))
    deleted, order = call.word("showDeleted") == "true", call.word("orderBy") or "email"
    state = call.state
    asked = (domain, terms, deleted, order, state.people_version)
    if state.last_search is None or state.last_search[0] != asked:
        people = [
            person
            for person in state.people.values()
            if person.deleted == deleted
            and (person.domain == domain if domain else call.world.at_home(person))
            and all(_fits(person, *term) for term in terms)
        ]
        state.last_search = asked, sorted(people, key=SORTED_BY[order])
    return Found(SORTED_BY[order], state.last_search[1])


def _check_admin(call: Call) -> None:
    public = call.word("viewType") == "domain_public" and call.world.at_home(call.caller)
    if not (public or is_admin(call.world, call.caller)):
        refusal = denied()
        refusal.words = "Not Authorized to access this resource/api"
        raise refusal


def _domain(call: Call) -> str:
    """The domain that is asked for; empty for the whole account. Raises Refusal."""
    customer, domain = call.word("customer"), call.word("domain").casefold()
    if not (customer or domain):
        raise invalid("Bad Request")
    if customer not in ("", "my_customer", CUSTOMER):
        raise invalid("Invalid Input: Bad request for customer")
    if domain and domain not in call.world.domains:
        raise not_found("Domain not found.")
    return domain


def _terms(query: str) -> list[tuple[str, str, str]]:
    """The terms of a search, which must all hold. Raises Refusal (400) on one that isn't known."""
    found = [
        (name, sign, value.strip("'\""))
        for name, sign, value in TERM.findall(query)
        if name in FIELDS
    ]
    if len(found) != len(TERM.findall(query)) or TERM.sub("", query).strip():
        raise invalid("Invalid Input: query")
    return found


def _fits(person: Person, name: str, sign: str, value: str) -> bool:
    have, want = FIELDS[name](person).casefold(), value.casefold()
    if sign == ":" and want.endswith("*"):
        return have.startswith(want[:-1])
    return have == want
