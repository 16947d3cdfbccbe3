"""Clever's Data API v3 as a source: everything at first, then what its events tell.

Everything is read again when the last time is older than the policy's `full_read`, when events may
have been missed (Clever keeps them for 30 days), when one is not understood, and at every fetch of
an app that has no events. So an event that never came is made good after `full_read` at the latest.

Clever Data API v3.0: reference `districts`, `events`; guide "Updating Data with Events".
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from policy.errors import RosterAtFault
from policy.roster.codes import Code, counted, problem
from policy.rules.sources import CleverSource
from policy.sources.base import Arrival, revealed
from policy.sources.clever_asking import TIMEOUT, Asker, Declined
from policy.sources.clever_drop import read_records, write_drop
from policy.sources.clever_records import (
    LISTED,
    READERS,
    EventsDoNotSay,
    NotWhole,
    Raw,
    Records,
    User,
    apply_event,
    read_user,
)
from policy.sources.written import newest_drop, renew_state, state_of

EVENTS_KEPT = timedelta(days=29)  # Clever keeps them for 30; a day for clocks and long readings
READINGS = 3  # of everything, if Clever takes in new data meanwhile
MOST_LOOKED_UP = 1_000  # people, one by one
_FORM = "1"  # of what is kept; another one is not read
_UP_TO_DATE = frozenset(("running", "success", ""))  # Clever may leave the state out
_NO_EVENTS = frozenset((400, 403, 404))  # 400: the cursor is none (any more) [U]
_CAN_FIX = {"pending": "the district", "error": "Clever"}  # by Clever's documents


@dataclass(frozen=True, slots=True)
class _District:
    id: str
    last_sync: datetime | None


@dataclass(frozen=True, slots=True)
class _State:
    """What a drop is of: `cursor` is the last event that is in it (empty: none is known), `full`
    when all was read, `asked` when events were last read to their end."""

    district: str
    cursor: str
    full: datetime
    asked: datetime

    def as_texts(self) -> dict[str, str]:
        return {
            "form": _FORM,
            "district": self.district,
            "cursor": self.cursor,
            "full": self.full.isoformat(),
            "asked": self.asked.isoformat(),
        }


@dataclass(slots=True)
class _Heard:
    """What events have told so far, on top of a drop's records."""

    drop: Path
    cursor: str
    records: Records | None = None  # until there is something to put on top of them
    number: int = 0
    changed: bool = False

    def take(self, events: Sequence[Raw]) -> None:
        """Raises EventsDoNotSay."""
        if self.records is None:
            self.records = read_records(self.drop)
        if self.records is None:
            raise EventsDoNotSay("what was kept can't be read")
        for event in events:
            self.changed |= apply_event(self.records, event)
            self.cursor = _event_id(event)
        self.number += len(events)


@dataclass(frozen=True, slots=True)
class CleverApi:
    """`folder` is the source's own: drops, and within each the records it was made of. One fetch
    at a time. `transport` is for those who go by another way than the network."""

    source: CleverSource
    folder: Path
    clock: Callable[[], datetime]
    sleep: Callable[[float], None]
    transport: httpx.BaseTransport | None = None
    timeout: float = TIMEOUT

    def fetch(self) -> Arrival:
        """As policy.sources.base.Source; `written` is Clever's last sync with the SIS."""
        with self._asker() as asker:
            district = self._district(asker)
            kept = self._kept()
            why = self._why_everything(kept, district)
            if kept is not None and not why:
                try:
                    return self._follow_events(asker, district, *kept)
                except EventsDoNotSay as reason:
                    why = str(reason)
            return self._read_everything(asker, district, why)

    @contextmanager
    def _asker(self) -> Iterator[Asker]:
        token = revealed(self.source.token)
        if not (token.isascii() and token.isprintable()) or " " in token:
            words = "should hold Clever's token; what is there can't be one (blanks, odd signs)"
            raise RosterAtFault([problem(self.source.token.line, words, Code.SECRET)])
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        with httpx.Client(
            headers=headers, transport=self.transport, timeout=self.timeout
        ) as client:
            yield Asker(client, self.source.url, self.clock, self.sleep)

    def _district(self, asker: Asker) -> _District:
        """The one that the token is of. Raises R307 where its data is not up to date."""
        found = [raw for page in asker.pages("/districts") for raw in page]
        if len(found) != 1:
            words = (
                f"the token is of {counted(len(found), 'district')}; expected just one, so that "
                "no other's people come with it. Take the district's own token"
            )
            raise asker.fault(words, Code.ANSWER)
        raw = found[0]
        key, state = raw.get("id"), str(raw.get("state") or "")
        if not isinstance(key, str) or not key:
            raise asker.fault("the district comes without an id", Code.ANSWER)
        if state not in _UP_TO_DATE:
            raise asker.fault(_not_up_to_date(raw, state), Code.PAUSED)
        return _District(key, _last_sync(asker, raw))

    def _kept(self) -> tuple[Path, _State] | None:
        """The last good drop, if what is kept with it can be read."""
        drop = newest_drop(self.folder)
        if drop is None:
            return None
        try:
            texts = state_of(drop)
            if texts.pop("form") != _FORM:
                return None
            full, asked = (datetime.fromisoformat(texts.pop(name)) for name in ("full", "asked"))
            return drop, _State(full=full, asked=asked, **texts)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def _why_everything(self, kept: tuple[Path, _State] | None, district: _District) -> str:
        """Why events are not enough; empty if they may be."""
        if kept is None:
            return "nothing that was read before is here"
        _, state = kept
        now = self.clock()
        if state.district != district.id:
            return "the token is of another district than before"
        if not state.cursor:
            return "Clever had no events for this app"
        if now - state.full >= self.source.full_read:
            return f"the last time was {_days(now - state.full)} ago"
        if now - state.asked >= EVENTS_KEPT:
            return (
                f"events were last read {_days(now - state.asked)} ago, and Clever keeps them "
                "for 30 days"
            )
        return ""

    def _follow_events(
        self, asker: Asker, district: _District, drop: Path, state: _State
    ) -> Arrival:
        """What has happened since, on top of what is kept, which is opened only if anything has.
        The cursor moves on only when all of it is written."""
        begun, heard = self.clock(), _Heard(drop, state.cursor)
        try:
            for page in asker.pages("/events", starting_after=state.cursor):
                heard.take(page)
        except Declined as declined:
            if declined.status not in _NO_EVENTS:
                raise
            raise EventsDoNotSay("Clever gives this app no events (any more)") from declined
        notes = [f"{counted(heard.number, 'event')} of Clever since the last time"]
        unknown: list[str] = []
        if heard.records is not None:
            before = set(heard.records.users)
            unknown = _look_up(asker, heard.records)
            heard.changed |= before != set(heard.records.users)
        later = replace(state, cursor=heard.cursor, asked=begun).as_texts()
        if heard.records is not None and heard.changed:
            drop = write_drop(self.folder, heard.records, later)
        else:
            renew_state(drop, later)
        return self._arrival(drop, district, [*notes, *unknown] if heard.number else [])

    def _read_everything(self, asker: Asker, district: _District, why: str) -> Arrival:
        """The newest event is asked for before the reading: what happens meanwhile comes again
        with the events, which is no harm."""
        for _ in range(READINGS):
            begun = self.clock()
            cursor, events = _newest_event(asker)
            records = _read_records(asker)
            unknown = _look_up(asker, records)
            after = self._district(asker)
            if after == district:
                break
            district = after
        else:
            words = (
                f"Clever took in new data during each of {READINGS} readings, so none is of one "
                "piece. The next run tries again"
            )
            raise asker.fault(words, Code.NOT_WHOLE)
        state = _State(district.id, cursor, begun, begun)
        drop = write_drop(self.folder, records, state.as_texts())
        notes = [f"everything was read, since {why}", *events, *unknown]
        return self._arrival(drop, district, notes)

    def _arrival(self, drop: Path, district: _District, notes: list[str]) -> Arrival:
        return Arrival(drop, district.last_sync or self.clock(), tuple(notes))


def _not_up_to_date(raw: Raw, state: str) -> str:
    """In the district's own words, as far as there are any."""
    words = f"Clever says that the district is {state!r}, so what it tells may be old or in part"
    if state in _CAN_FIX:
        words += f"; {_CAN_FIX[state]} can mend that"
    for name, called in (
        ("error", "its words"),
        ("pause_start", "paused from"),
        ("pause_end", "until"),
    ):
        said = raw.get(name)
        if isinstance(said, str) and said.strip():
            words += f"; {called}: {' '.join(said.split())}"
    return f"{words}; last sync: {raw.get('last_sync') or 'not told'}"


def _last_sync(asker: Asker, raw: Raw) -> datetime | None:
    said = raw.get("last_sync")
    if not said:
        return None
    try:
        found = datetime.fromisoformat(said)
    except (TypeError, ValueError) as error:
        words = (
            f"the district's last_sync is {said!r}; expected a time such as 2026-08-24T02:00:00Z"
        )
        raise asker.fault(words, Code.ANSWER) from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _newest_event(asker: Asker) -> tuple[str, list[str]]:
    """Its id, empty where there is none; and a note, if there are no events for this app."""
    try:
        event = asker.newest("/events")
    except Declined as declined:
        if declined.status not in _NO_EVENTS:
            raise
        return "", ["Clever gives this app no events, so everything is read each time"]
    if event is None:
        return "", []
    try:
        return _event_id(event), []
    except EventsDoNotSay as lack:
        raise asker.fault(f"/events: {lack}", Code.ANSWER) from lack


def _event_id(event: Raw) -> str:
    found = event.get("id")
    if not isinstance(found, str) or not found:
        raise EventsDoNotSay("an event came without an id")
    return found


def _read_records(asker: Asker) -> Records:
    """Contacts and administrators are not asked for, nor staff who teach nobody."""
    records = Records()
    lists = [(kind, "") for kind in READERS if kind != "users"]
    for kind, role in (*lists, *(("users", role) for role in sorted(LISTED))):
        asked = {"role": role} if role else {}
        for page in asker.pages(f"/{kind}", **asked):
            for raw in page:
                try:
                    records.put(kind, READERS[kind](raw))
                except NotWhole as lack:
                    words = f"/{kind} has a record {lack}; show this to Clever's support"
                    raise asker.fault(words, Code.ANSWER) from lack
    return records


def _look_up(asker: Asker, records: Records) -> list[str]:
    """Ask one by one for those whom a section names and no list had: staff who teach, somebody
    whose event has yet to come. Whom Clever does not show stays away, and the loader tells of each
    seat of theirs. Others who are neither teacher nor student are dropped."""
    named = records.named()
    for user in [u for u in records.users.values() if u.role not in LISTED and u.id not in named]:
        del records.users[user.id]
    missing = sorted(named - set(records.users))
    found = (_user(asker, key) for key in missing[:MOST_LOOKED_UP])
    records.users.update({user.id: user for user in found if user is not None})
    away = len(named - set(records.users))
    words = "in sections of whom Clever tells nothing more; is each role shared with the app?"
    return [f"{counted(away, 'user')} {words}"] if away else []


def _user(asker: Asker, key: str) -> User | None:
    if not key.isalnum():
        return None  # Clever's ids are; nothing else is put into an address
    try:
        user = read_user(asker.one(f"/users/{key}"))
    except Declined as declined:
        if declined.status not in (403, 404):
            raise
        return None
    except NotWhole as lack:
        words = f"/users/… has a record {lack}; show this to Clever's support"
        raise asker.fault(words, Code.ANSWER) from lack
    return user if user.id == key else None


def _days(age: timedelta) -> str:
    return counted(max(age.days, 0), "day")
