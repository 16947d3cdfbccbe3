"""The two lists of the Enterprise License Manager API: licences of a product, or of one SKU.

The names are those of https://developers.google.com/workspace/admin/licensing/v1/how-tos/products.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping

from policy.simulator.directory import CUSTOMER
from policy.simulator.pages import answer_page, cursor
from policy.simulator.refusals import JsonObject, denied, invalid
from policy.simulator.rules import is_admin
from policy.simulator.state import EDUCATION_PLUS, Person
from policy.simulator.world import Call

USUAL_PAGE = 100
NAMES: Mapping[str, str] = {
    "1010310002": "Google Workspace for Education Plus - Legacy",
    "1010310003": "Google Workspace for Education Plus - Legacy (Student)",
    "1010310005": "Google Workspace for Education Standard",
    "1010310006": "Google Workspace for Education Standard (Staff)",
    "1010310007": "Google Workspace for Education Standard (Extra Student)",
    EDUCATION_PLUS: "Google Workspace for Education Plus",
    "1010310009": "Google Workspace for Education Plus (Staff)",
    "1010310010": "Google Workspace for Education Plus (Extra Student)",
    "1010370001": "Google Workspace for Education: Teaching and Learning Upgrade",
}
PRODUCT_DIGITS = 6  # of a SKU id, which begins with its product's
Assignment = tuple[Person, str]  # who, and the SKU


def list_assignments(call: Call) -> JsonObject:
    """GET /apps/licensing/v1/product/{productId}/users, and the same of one SKU"""
    if not is_admin(call.world, call.caller):
        raise denied()
    if call.word("customerId") != CUSTOMER:
        raise invalid("Invalid customer id")  # `my_customer` isn't taken either
    size = call.size("maxResults") or USUAL_PAGE
    answer = answer_page(
        call,
        "items",
        _assigned(call, size),
        size=size,
        place=_place,
        shown=lambda found: assignment_json(*found),
    )
    return {"kind": "licensing#licenseAssignmentList", **answer}


def assignment_json(person: Person, sku: str) -> JsonObject:
    """A licence of somebody as Google answers it."""
    product = sku[:PRODUCT_DIGITS]
    return {
        "kind": "licensing#licenseAssignment",
        "userId": person.email,
        "productId": product,
        "productName": "Google Workspace for Education",
        "skuId": sku,
        "skuName": NAMES.get(sku, sku),
        "selfLink": (
            f"https://licensing.googleapis.com/apps/licensing/v1/product/{product}"
            f"/sku/{sku}/user/{person.email}"
        ),
    }


def _assigned(call: Call, size: int) -> Iterator[Assignment]:
    """What comes after the last page. Larger pages than are right leave people out."""
    found, most = _all(call), call.switches.licensing_most_right
    start = bisect_right(found, cursor(call, str) or "", key=_place)
    for number, place in enumerate(range(start, len(found))):
        if not (most < size and number % size >= most):
            yield found[place]


def _all(call: Call) -> list[Assignment]:
    """Everybody's licences of what is asked for, in the order of their places. They are kept,
    since the next page needs them."""
    product, sku = call.path["productId"], call.path.get("skuId")
    world, state, rate = call.world, call.state, call.switches.license_missing_rate
    asked = (product, sku, rate, state.people_version)
    if state.last_licenses is None or state.last_licenses[0] != asked:
        found = [
            (person, held)
            for person in state.people.values()
            if not person.deleted and world.at_home(person)
            for held in person.licenses
            if held[:PRODUCT_DIGITS] == product and sku in (None, held)
            if not world.befalls(rate, "no licence", person.id)
        ]
        state.last_licenses = asked, sorted(found, key=_place)
    return state.last_licenses[1]


def _place(found: Assignment) -> str:
    person, sku = found
    return f"{person.email.casefold()}\0{sku}"
