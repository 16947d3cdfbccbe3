"""The gateway to the Enterprise License Manager: what it asks, and what it makes of the answers."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

import pytest

from policy.errors import GoogleOutOfReach, GoogleRefused
from policy.google.base import Edition, LicenseHeld
from policy.google.licensing import EDITIONS, FIELDS, LicensingGateway
from policy.google.transport import Transport
from unit.google.scripted_server import Say, Script, error

CUSTOMER = Say(body=json.dumps({"users": [{"customerId": "C0abc"}]}))
LIST = "/apps/licensing/v1/product/101031/users"


@dataclass
class Counted:
    """A pace that holds nobody up, and counts."""

    took: list[int] = field(default_factory=list)

    def take(self, calls: int) -> None:
        self.took.append(calls)

    def back_off(self, seconds: float) -> None:
        del seconds


@pytest.fixture
def pace() -> Counted:
    return Counted()


@pytest.fixture
def licensing(transport: Transport, pace: Counted) -> Iterator[LicensingGateway]:
    gateway = LicensingGateway(transport, pace, sleep=lambda _: None)
    yield gateway
    gateway.close()


def held(email: str, sku: str, name: str = "") -> dict[str, str]:
    return {"userId": email, "skuId": sku, **({"skuName": name} if name else {})}


def page(*entries: Mapping[str, object], token: str | None = None) -> Say:
    body: dict[str, object] = {"items": list(entries)} if entries else {}
    return Say(body=json.dumps({**body, **({"nextPageToken": token} if token else {})}))


def test_the_customer_is_asked_for_once_and_every_page_is_read(
    licensing: LicensingGateway, script: Script, pace: Counted
) -> None:
    first, last = held("Ada@X.example", "1010310009", "Plus (Staff)"), held("b@x.example", "77")
    script.says = [CUSTOMER, page(first, token="more"), page(last)]
    assert list(licensing.licenses()) == [
        LicenseHeld("ada@x.example", Edition.PLUS, "Plus (Staff) (1010310009)"),
        LicenseHeld("b@x.example", Edition.UNKNOWN, "a licence (77)"),
    ]
    asked = [urlsplit(call.path) for call in script.seen]
    assert [address.path for address in asked] == ["/admin/directory/v1/users", LIST, LIST]
    query = {"customerId": ["C0abc"], "maxResults": ["100"], "fields": [FIELDS], "alt": ["json"]}
    assert parse_qs(asked[1].query) == query
    assert parse_qs(asked[2].query) == {**query, "pageToken": ["more"]}
    assert pace.took == [1, 1]  # the Directory has another quota


def test_nobody_has_a_licence(licensing: LicensingGateway, script: Script) -> None:
    script.says = [CUSTOMER, page()]
    assert list(licensing.licenses()) == []


@pytest.mark.parametrize("sku", EDITIONS)
def test_each_kind_of_licence_is_of_the_product_that_is_listed(sku: str) -> None:
    assert sku.startswith("101031")


def test_a_customer_that_is_not_told(licensing: LicensingGateway, script: Script) -> None:
    script.says = [Say(body=json.dumps({"users": [{}]}))]
    with pytest.raises(GoogleOutOfReach, match="doesn't tell the id of the Workspace account"):
        licensing.licenses()


@pytest.mark.parametrize("status", [400, 403, 404])
def test_who_may_not_ask_is_told(licensing: LicensingGateway, script: Script, status: int) -> None:
    script.says = [CUSTOMER, error(status, "PERMISSION_DENIED", "Not Authorized")]
    with pytest.raises(GoogleRefused, match="refused to list who has a licence"):
        list(licensing.licenses())
