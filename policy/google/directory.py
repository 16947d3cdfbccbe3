"""The domain's accounts, read from the Admin SDK's Directory. Rollbook never changes one."""

import random
import time
from collections.abc import Callable, Iterator

from policy.google.base import Account, Pace
from policy.google.http import JsonObject, Request
from policy.google.reader import Reader
from policy.google.transport import Way

USERS_PAGE = 500  # the Directory's most
USER_FIELDS = "id,primaryEmail,aliases,nonEditableAliases,name(fullName),suspended,archived"


class DirectoryGateway:
    """The `Directory` of `base`: by one administrator at a pace, or by several (`Lanes`)."""

    def __init__(
        self,
        way: Way,
        pace: Pace | None = None,
        *,
        sleep: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._way = way
        self._reader = Reader(way, pace, sleep=sleep, chance=chance)

    def accounts(self) -> Iterator[Account]:
        """Every account, suspended ones too, to the last page."""
        bodies = self._reader.pages(self._page, "users", doing="list the domain's accounts")
        return (_account(body) for body in bodies)

    def close(self) -> None:
        """Close the connections."""
        self._way.close()

    def _page(self, token: str | None) -> Request:
        return self._way.users.list(
            customer="my_customer",
            maxResults=USERS_PAGE,
            projection="basic",
            pageToken=token,
            fields=f"nextPageToken,users({USER_FIELDS})",
        )


def _account(body: JsonObject) -> Account:
    name = body.get("name")
    spellings = [body["primaryEmail"], *_list(body, "aliases"), *_list(body, "nonEditableAliases")]
    return Account(
        id=str(body["id"]),
        emails=tuple(dict.fromkeys(str(spelling).casefold() for spelling in spellings)),
        name=str(name.get("fullName", "")) if isinstance(name, dict) else "",
        suspended=body.get("suspended") is True or body.get("archived") is True,
    )


def _list(body: JsonObject, key: str) -> list[object]:
    found = body.get(key)
    return found if isinstance(found, list) else []
