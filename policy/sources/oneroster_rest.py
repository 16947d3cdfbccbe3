"""A OneRoster REST service as a source, 1.1 and 1.2: read in full, or what has changed since.

How pages end. A page is asked for by the number of rows that came before it. A full page is
followed by the next; an empty one is the end. A first page shorter than asked is no end yet, since
the service may give fewer at once than it is asked for: its length is then the size of a page, and
the next is asked for. A page shorter than that is the end, unless X-Total-Count or a Link to a next
page says that there is more. These headers never end a collection: some services count wrongly
there. Where they are silent, a refusal of a page (400, 404, 416) after others is the end too.

What is unsteady is read again from its first row: X-Total-Count that changes on the way or is not
what came, a Link to a next page on the last one, an id that comes twice, since rows may have moved
between pages. If it is so at the last try too, counts that don't fit refuse the reading (R303); of
rows that come twice one is kept, and of an id with two contents both, which the loader doubts.

Reading what has changed: `dateLastModified` from some minutes before the last reading on, by the
service's own clock, laid over the rows of the last drop. What is named as gone is gone; what is
not named stays, as many services just drop a row: that is seen at the next full read.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import httpx

from policy.errors import RosterAtFault
from policy.roster.codes import Code, problem
from policy.roster.dialect import KINDS
from policy.rules.sources import OneRosterSource
from policy.sources.base import Arrival
from policy.sources.oneroster_json import COLLECTIONS, cells_of
from policy.sources.oneroster_service import NotTaken, Service
from policy.sources.written import newest_drop, rows_of, state_of, writing

OVERLAP = timedelta(minutes=5)  # between what two readings tell of
READINGS = 3  # of one collection, until its rows hold still
TIMEOUT = 60.0  # seconds without a byte

_SORT = {"sort": "sourcedId", "orderBy": "asc"}
_NO_SUCH_PAGE = (400, 404, 416)

Cells = tuple[str, ...]
Rows = dict[str, list[Cells]]  # by sourcedId; several where they differ, or have none


class _FilterRefused(Exception):
    """The service doesn't take the filter by date of change."""


@dataclass(frozen=True, slots=True)
class _Page:
    things: list[object]
    total: int | None  # X-Total-Count
    has_next: bool  # by Link


@dataclass(frozen=True, slots=True)
class OneRosterRest:
    """The source. `folder` is its own; `clock` says the time (with a zone), `sleep` waits for
    seconds; `timeout` is seconds."""

    source: OneRosterSource
    folder: Path
    clock: Callable[[], datetime]
    sleep: Callable[[float], None]
    timeout: float = TIMEOUT

    def fetch(self) -> Arrival:
        """A new drop of everything, merged or read in full. Raises RosterAtFault (R301 to R305, and
        R101 where the folder can't be written to); the last good drop is then as it was."""
        headers = {"Accept": "application/json", "User-Agent": "Rollbook"}
        with closing(httpx.Client(timeout=self.timeout, headers=headers)) as client:
            service = Service(self.source, self.clock, self.sleep, client)
            last = newest_drop(self.folder)
            if last is None or self._is_full_read_due(last):
                return self._read(service, None)
            try:
                return self._read(service, last)
            except _FilterRefused as refused:
                note = (
                    f"{self.source.url} does not tell what has changed ({refused}), so everything "
                    "was read"
                )
                return self._read(service, None, (note,))

    def _is_full_read_due(self, last: Path) -> bool:
        state = state_of(last)
        if state["service"] != self._service_name():
            return True
        age = self.clock() - datetime.fromisoformat(state["full_read"])
        return not timedelta(0) <= age < self.source.full_read

    def _service_name(self) -> str:
        """Whose rows these are: rows of two services, or clients, are never mixed."""
        said = f"{self.source.url}\n{self.source.client_id}\n{self.source.version}"
        return hashlib.sha256(said.encode()).hexdigest()

    def _read(self, service: Service, last: Path | None, notes: tuple[str, ...] = ()) -> Arrival:
        began = self.clock()
        state = {} if last is None else state_of(last)
        collections = _Collections(service, self.source, since=state.get("told_until"))
        with writing(self.folder) as draft:
            for kind in KINDS:
                rows = {} if last is None else _by_key(rows_of(last, kind))
                rows |= collections.read(kind)
                draft.write(kind, (cells for key in sorted(rows) for cells in rows[key]))
            told = service.date or began
            state = {
                "service": self._service_name(),
                "told_until": told.isoformat(),
                "full_read": state.get("full_read", began.isoformat()),
            }
            path = draft.finish(state)
        return Arrival(path, told, notes)


@dataclass(slots=True)
class _Collections:
    """The collections of one reading. `since`: only what has changed after it (ISO 8601)."""

    service: Service
    source: OneRosterSource
    since: str | None
    _sort: dict[str, str] = field(default_factory=lambda: dict(_SORT))

    def read(self, kind: str) -> Rows:
        """All rows of one kind, held still. Raises RosterAtFault, _FilterRefused."""
        for reading in range(1, READINGS + 1):
            pages = _Pages(f"{self.source.url.rstrip('/')}/{COLLECTIONS[kind]}")
            rows: Rows = {}
            for thing in pages.things(lambda *at: self._page(kind, *at), self.source.page_size):
                _take(rows, cells_of(kind, thing, pages.place))
            unsteady = pages.unsteady(sum(map(len, rows.values())))
            nameless = len(rows.get("", ()))
            have_moved = pages.rows != len(rows) - ("" in rows) + nameless
            if not unsteady and (not have_moved or reading == READINGS):
                return rows
        if self.since is not None:
            raise _FilterRefused(f"of {COLLECTIONS[kind]}, {unsteady}")
        words = f"does not hold still: {unsteady}, also when read {READINGS} times; try again later"
        raise RosterAtFault([problem(pages.place, words, Code.NOT_WHOLE)])

    def _page(self, kind: str, limit: int, offset: int) -> _Page:
        """One page; without sorting, from then on, where the service does not take that."""
        collection = COLLECTIONS[kind]
        place = f"{self.source.url.rstrip('/')}/{collection}"
        query = {"limit": str(limit), "offset": str(offset)}
        if self.since is not None:
            after = datetime.fromisoformat(self.since) - OVERLAP
            query["filter"] = f"dateLastModified>'{after:%Y-%m-%dT%H:%M:%S}.000Z'"
        try:
            try:
                said, headers = self.service.get(collection, query | self._sort)
            except NotTaken:
                if not self._sort or offset:
                    raise
                said, headers = self.service.get(collection, query)
                self._sort = {}
        except NotTaken as refused:
            if offset:
                raise
            if self.since is not None:
                raise _FilterRefused(str(refused)) from refused
            words = f"{refused}; expected a page of {collection}. Are url and page_size right?"
            raise RosterAtFault([problem(place, words, Code.ANSWER)]) from refused
        return _Page(_listed(said, collection, place), _total(headers), _has_next(headers))


@dataclass(slots=True)
class _Pages:
    """The pages of one collection, and what was seen on the way."""

    place: str
    totals: set[int] = field(default_factory=set)
    rows: int = 0
    has_next: bool = False

    def things(self, page_at: Callable[[int, int], _Page], size: int) -> Iterator[object]:
        """Everything on them; `page_at` is asked with a limit and an offset."""
        seen: set[int] = set()
        while True:
            try:
                page = page_at(size, self.rows)
            except NotTaken as refused:
                if self._is_beyond(refused):
                    return
                words = f"{refused} to offset {self.rows:,}, after pages that it gave"
                raise RosterAtFault([problem(self.place, words, Code.ANSWER)]) from refused
            things, self.has_next = page.things, page.has_next
            if page.total is not None:
                self.totals.add(page.total)
            if not things:
                return
            page_itself = hash(repr(things))
            if page_itself in seen:
                if len(seen) == 1 and self._has_no_pages(page_at, len(things)):
                    self.has_next = False
                    return
                words = "answers the same page at another offset; that would never end"
                raise RosterAtFault([problem(self.place, words, Code.ANSWER)])
            yield from things
            is_first = self.rows == 0
            self.rows += len(things)
            if is_first:
                size = min(size, len(things))
            is_short = len(things) < size and not page.has_next
            if is_short and self.rows >= max(self.totals, default=0):
                return
            seen.add(page_itself)

    def _is_beyond(self, refused: NotTaken) -> bool:
        """Whether a refusal says that the rows are at their end."""
        if not self.rows or self.has_next:
            return False
        return self.totals == {self.rows} or (not self.totals and refused.status in _NO_SUCH_PAGE)

    def _has_no_pages(self, page_at: Callable[[int, int], _Page], rows: int) -> bool:
        """Whether the service gives everything, whatever part it is asked for."""
        return len(page_at(1 if rows > 1 else 2, 0).things) == rows

    def unsteady(self, different: int) -> str:
        """Why these pages can't be one whole collection; nothing if they can. `different` counts
        the rows that are not just repeated."""
        if len(self.totals) > 1:
            counts = " and ".join(f"{total:,}" for total in sorted(self.totals)[:2])
            return f"X-Total-Count is {counts}"
        if self.totals and not self.totals <= {different, self.rows}:
            return f"{different:,} rows come where X-Total-Count is {self.totals.pop():,}"
        return "its last page has a link to a next one" if self.has_next else ""


def _take(rows: Rows, cells: Cells) -> None:
    """A row that comes again as it was is one; of rows without a sourcedId each is its own."""
    same = rows.setdefault(cells[0], [])
    if not cells[0] or cells not in same:
        same.append(cells)


def _by_key(written: Iterator[Cells]) -> Rows:
    rows: Rows = {}
    for cells in written:
        _take(rows, cells)
    return rows


def _listed(said: object, collection: str, place: str) -> list[object]:
    """What stands under the collection's name."""
    listed = said.get(collection) if isinstance(said, dict) else None
    if isinstance(listed, list):
        return listed
    if not isinstance(said, dict):
        found = "a list" if isinstance(said, list) else "no object"
    elif collection in said:
        found = f"{collection} and no list in it"
    else:
        found = ", ".join(sorted(map(str, said))[:5]) or "an empty object"
    words = f"answers JSON without a list {collection!r}; found: {found[:100]}"
    raise RosterAtFault([problem(place, words, Code.ANSWER)])


def _total(headers: httpx.Headers) -> int | None:
    said = headers.get("x-total-count", "").strip()
    return int(said) if said.isdecimal() and said.isascii() else None


def _has_next(headers: httpx.Headers) -> bool:
    """RFC 8288: a link of the relation `next`, quoted or not."""
    links = headers.get("link", "").casefold().replace('"', "").replace(" ", "")
    return any("rel=next" in part.split(";") for part in links.split(","))
