"""Who has which licence of Google Workspace for Education, read from the Enterprise License Manager
API. It has a scope of its own, which a domain need not grant. Rollbook never changes a licence.

The kinds of licences (SKUs) are those of Google's list, as GAM has them too:
https://developers.google.com/workspace/admin/licensing/v1/how-tos/products. Any variant counts:
some subscriptions have one for staff and one for students beyond those that were paid for. All are
of one product, so that one list tells of them. The Teaching and Learning Upgrade is of another
(101037): an add-on for some teachers, which makes no account one of Standard or Plus.

Google says that a page has at most 100 licences, and that a second has one call, 503 for more:
https://developers.google.com/workspace/admin/licensing/v1/limits. The API takes 1,000 a page, but
GAM has seen licences left out then (its version 6.58.00).
"""

import random
import time
from collections.abc import Callable, Iterator, Mapping

from policy.errors import GoogleOutOfReach
from policy.google.base import Edition, LicenseHeld, Pace
from policy.google.http import JsonObject, Request
from policy.google.reader import Reader, items
from policy.google.transport import Transport

EDUCATION = "101031"  # the product
EDITIONS: Mapping[str, Edition] = {
    "1010310002": Edition.PLUS,  # Legacy
    "1010310003": Edition.PLUS,  # Legacy (Student)
    "1010310008": Edition.PLUS,
    "1010310009": Edition.PLUS,  # (Staff)
    "1010310010": Edition.PLUS,  # (Extra Student)
    "1010310005": Edition.STANDARD,
    "1010310006": Edition.STANDARD,  # (Staff)
    "1010310007": Edition.STANDARD,  # (Extra Student)
}
LICENSES_PAGE = 100
FIELDS = "nextPageToken,items(userId,skuId,skuName)"
DOING = "list who has a licence"


class LicensingGateway:
    """The `Licensing` of `base`, by the administrator's credentials."""

    def __init__(
        self,
        transport: Transport,
        pace: Pace,
        *,
        sleep: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._transport = transport
        self._directory = Reader(transport, sleep=sleep, chance=chance)  # has a quota of its own
        self._reader = Reader(transport, pace, sleep=sleep, chance=chance)

    def licenses(self) -> Iterator[LicenseHeld]:
        """Every assigned licence of Education Standard and Plus, to the last page. Raises
        GoogleRefused without the scope or the right to ask, GoogleOutOfReach."""
        customer = self._customer()
        bodies = self._reader.pages(lambda token: self._page(customer, token), "items", doing=DOING)
        return map(_held, bodies)

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def _customer(self) -> str:
        """The id of the domain's Workspace account, such as C00000000. Google documents nothing
        else for this API; the Directory's `my_customer` is reported not to be taken."""
        request = self._transport.users.list(
            customer="my_customer", maxResults=1, fields="users(customerId)"
        )
        for somebody in items(self._directory.one(request, doing=DOING), "users"):
            if customer := somebody.get("customerId"):
                return str(customer)
        raise GoogleOutOfReach("The Directory doesn't tell the id of the Workspace account")

    def _page(self, customer: str, token: str | None) -> Request:
        return self._transport.licenses.listForProduct(
            productId=EDUCATION,
            customerId=customer,
            maxResults=LICENSES_PAGE,
            pageToken=token,
            fields=FIELDS,
        )


def _held(item: JsonObject) -> LicenseHeld:
    sku = str(item.get("skuId", ""))
    return LicenseHeld(
        email=str(item.get("userId", "")).casefold(),
        edition=EDITIONS.get(sku, Edition.UNKNOWN),
        name=f"{item.get('skuName', 'a licence')} ({sku})",
    )
