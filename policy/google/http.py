"""What came back over HTTP, as a value: from Google, from something on the way, or from nobody.

Not what it means for us: `replies` tells that.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from googleapiclient.errors import HttpError

from policy.errors import RollbookError

JsonObject = Mapping[str, object]

LONGEST_WORDS = 300
EMAIL = re.compile(r"\S+@\S*")  # any word with an @ inside; a leading one marks a `@Code `


class Request(Protocol):
    """One call, ready to be sent: googleapiclient's HttpRequest."""

    uri: str
    method: str

    def execute(self, *, http: object, num_retries: int = 0) -> object: ...


@dataclass(frozen=True, slots=True)
class Fault:
    """Why an answer is not what was asked for."""

    state: str = ""  # Google's error.status, such as ALREADY_EXISTS; empty if it isn't Google's
    words: str = ""  # Google's message, `@Code ` in front if it has one; no e-mail in it
    reasons: frozenset[str] = frozenset()  # errors[].reason and details[].reason

    @property
    def code(self) -> str:
        """Classroom's own code, such as IneligibleOwner; empty if there is none."""
        first, space, _ = self.words.partition(" ")
        return first[1:] if space and first.startswith("@") else ""


@dataclass(frozen=True, slots=True)
class Answer:
    """One call's answer. Status 0: nobody answered, so it isn't known whether it was done."""

    status: int
    body: JsonObject = field(default_factory=dict)
    fault: Fault | None = None


def answered(body: object) -> Answer:
    """The answer in a 2xx body; a deletion's may be empty."""
    if isinstance(body, dict):
        return Answer(200, body)
    if body in ("", b"", None):
        return Answer(200)
    return unanswered("it is not JSON")


def refused(error: HttpError) -> Answer:
    """The answer in an HTTP error, whoever sent it."""
    status = int(error.resp.status)
    return Answer(status, fault=_fault(error.content) or Fault(words=_http_words(error)))


def unanswered(why: BaseException | str) -> Answer:
    """The answer that never came."""
    own = isinstance(why, str | RollbookError)  # words of ours already
    words = str(why) if own else f"{type(why).__name__}: {why}"
    return Answer(0, fault=Fault(words=without_emails(f"no answer ({words})")))


def next_page(body: JsonObject) -> str | None:
    """The token of the page that follows; a page may be empty and have one all the same."""
    token = body.get("nextPageToken")
    return token if isinstance(token, str) and token else None


def without_emails(words: str) -> str:
    """Google's words fit to keep: on one line, short, and with no e-mail address in them."""
    return EMAIL.sub("(e-mail)", " ".join(words.split()))[:LONGEST_WORDS]


def _fault(content: bytes) -> Fault | None:
    try:
        error = json.loads(content)["error"]
        message, state = error["message"], error.get("status", "")
    except (ValueError, LookupError, TypeError, AttributeError):
        return None
    return Fault(state=str(state), words=without_emails(str(message)), reasons=_reasons(error))


def _reasons(error: Mapping[str, object]) -> frozenset[str]:
    found = set()
    for key in ("errors", "details"):
        rows = error.get(key)
        for row in rows if isinstance(rows, list) else ():
            if isinstance(row, dict) and isinstance(row.get("reason"), str):
                found.add(row["reason"])
    return frozenset(found)


def _http_words(error: HttpError) -> str:
    return without_emails(f"HTTP {error.resp.status} {error.resp.reason or ''}".strip())
