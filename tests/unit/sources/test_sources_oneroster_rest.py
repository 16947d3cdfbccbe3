"""OneRoster REST against a real server on this machine, as the standard has it and as it is not."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from werkzeug.wrappers import Request, Response

from policy.errors import RosterAtFault
from policy.roster.dialect import SHAPES
from policy.roster.load import load_roster
from policy.roster.model import Roster
from policy.rules.sources import OneRosterSource, Secret, TokenParameters
from policy.sources.base import Arrival
from policy.sources.oneroster_rest import OneRosterRest
from policy.sources.written import newest_drop
from unit.roster.small_drop import write_drop
from unit.sources.oneroster_server import (
    BASE,
    ID,
    SCOPE,
    SECRET,
    Server,
    Ways,
    answer,
    of_csv,
    served,
    stamp,
)

CONVERTED = "oneroster11-converted-clever-sandbox"


class Hands:
    """The source, and the clock that its pauses move."""

    def __init__(self, server: Server, folder: Path, **changes: Any) -> None:
        self.server = server
        self.now = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
        self.pauses: list[float] = []
        (folder / "secret").write_text(f"{SECRET}\n")
        oauth1 = bool(server.ways.hashed)
        source = OneRosterSource(
            url=f"{server.url}{BASE}",
            version="1.1",
            client_id=ID,
            client_secret=Secret(None, str(folder / "secret"), "policy.yaml:3"),
            token_url=None if oauth1 else f"{server.url}/token",
            scope="" if oauth1 else SCOPE,
        )
        self.source = replace(source, **changes)
        self.folder = folder / "sis"
        self.rest = OneRosterRest(self.source, self.folder, lambda: self.now, self.wait, 5.0)

    def wait(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += timedelta(seconds=seconds)

    def fetch(self, **times: float) -> Arrival:
        """After some time has gone by, here and at the server."""
        self.now += timedelta(**times)
        self.server.now = self.now
        return self.rest.fetch()

    def refused(self) -> str:
        with pytest.raises(RosterAtFault) as refused:
            self.rest.fetch()
        assert not list(self.folder.glob("unfinished*"))
        return str(refused.value).replace(self.server.url, "http://sis")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """The small drop, its rows of yesterday."""
    rows = of_csv(write_drop(tmp_path / "csv"))
    server = Server(rows)
    for things in rows.values():
        for thing in things:
            thing["dateLastModified"] = stamp(server.now - timedelta(days=1))
    with served(server):
        yield server


@pytest.fixture
def hands(server: Server, tmp_path: Path) -> Hands:
    return Hands(server, tmp_path)


def content(roster: Roster) -> tuple[object, ...]:
    """All that a Roster says, without where it stands."""
    things = (roster.schools, roster.terms, roster.courses, roster.people, roster.sections)
    seats = {
        key: sorted(repr(seat._replace(file="", line=0)) for seat in seats)
        for key, seats in roster.memberships.items()
    }
    return (*map(_without_places, things), seats)


def _without_places(things: Any) -> dict[str, str]:

    return {
        key: re.sub(r"Place\(file='[^']*', line=\d+\)", "", repr(thing))
        for key, thing in things.items()
    }


def read(arrival: Arrival) -> tuple[object, ...]:
    return content(load_roster(arrival.path))


# --- what comes


@pytest.mark.parametrize("booleans", [True, False, None], ids=["json", "text", "1-0"])
@pytest.mark.parametrize("snapshot", ["snapshot-1", "snapshot-2"])
def test_a_district_is_that_of_its_csv(
    tmp_path: Path, rosters: Path, snapshot: str, booleans: bool | None
) -> None:
    folder = rosters / CONVERTED / snapshot
    with served(Server(of_csv(folder, booleans=booleans))) as server:
        server.ways.counts = booleans is True
        hands = Hands(server, tmp_path, page_size=500)
        assert read(hands.fetch()) == content(load_roster(folder))


@pytest.mark.parametrize(
    ("name", "singular", "people"),
    [("oneroster11-json-fint", True, 2), ("oneroster11-json-libre-oneroster", False, 0)],
)
def test_other_peoples_json(
    tmp_path: Path, rosters: Path, name: str, singular: bool, people: int
) -> None:
    names = ("orgs", "academicSessions", "courses", "classes", "users", "enrollments")
    rows = {}
    for key in names:
        file = {"classes": "class"}.get(key, key[:-1]) if singular else key
        rows[key] = json.loads((rosters / name / f"{file}.json").read_text())[key]
    with served(Server(rows)) as server:
        roster = load_roster(Hands(server, tmp_path).fetch().path)
    assert roster.source.counts["people"] == len(rows["users"])
    assert roster.source.counts["memberships"] == len(rows["enrollments"])
    assert len(roster.people) >= people


def test_version_12_has_roles(hands: Hands) -> None:
    for user in hands.server.rows["users"]:
        role, orgs = user.pop("role"), user.pop("orgs", [])
        user["roles"] = [
            {"roleType": "primary", "role": role, "org": org}
            for org in orgs or [{"sourcedId": "x"}]
        ]
    hands.server.rows["users"][0]["roles"].append({"roleType": "secondary", "role": "principal"})
    hands.server.rows["users"][-1]["roles"] = [{"roleType": "primary", "role": "siteAdministrator"}]
    path = hands.fetch().path
    users = dict(line.split(",")[::3][:2] for line in (path / "users.csv").read_text().split())
    assert users["ann"] == "student"
    assert users["par"] == "administrator", "1.1's word for it"
    assert users["tea"] == "", "two roles: their enrollments say it"
    assert not [f for f in load_roster(path).faults if f.code == "R210"]


def test_references_in_other_forms_and_dates_with_a_time(hands: Hands) -> None:
    before = read(hands.fetch())
    for thing in hands.server.rows["enrollments"]:
        thing["user"] = thing["user"]["sourcedId"]
        thing["class"] = [thing["class"]]
        for date in ("beginDate", "endDate"):
            if date in thing:
                thing[date] += "T00:00:00.000Z"
    for thing in hands.server.rows["classes"]:
        thing["terms"] = [term["sourcedId"] for term in thing["terms"]]
    assert read(hands.fetch(days=8)) == before


def test_when_it_was_said(hands: Hands) -> None:
    hands.server.now = datetime(2026, 11, 24, 7, 58, 30, tzinfo=UTC)
    assert hands.rest.fetch().written == hands.server.now, "by the server's clock"
    hands.server.ways.dates = False
    hands.now += timedelta(hours=1)
    assert hands.rest.fetch().written == hands.now, "by ours, where it says nothing"


def test_what_is_gone_is_handed_on_without_its_content(hands: Hands) -> None:
    users, seats = hands.server.rows["users"], hands.server.rows["enrollments"]
    next(u for u in users if u["sourcedId"] == "bob")["status"] = "tobedeleted"
    next(e for e in seats if e["sourcedId"] == "e2")["status"] = "inactive"
    path = hands.fetch().path
    assert "bob,tobedeleted,,,,,\n" in (path / "users.csv").read_text()
    assert "e2,inactive,,,,,,,\n" in (path / "enrollments.csv").read_text()
    roster = load_roster(path)
    assert sorted(roster.people) == ["ann", "cyd", "tea"]
    assert not [fault for fault in roster.faults if fault.level.value == "left out"]


def test_nothing_that_is_not_needed_is_in_any_file(hands: Hands) -> None:

    needed = {name for shape in SHAPES.values() for name in shape}
    needed |= {"course", "school", "terms", "class", "user", "roles", "dateLastModified"}
    for things in hands.server.rows.values():
        for thing in things:
            for name in ("birthDate", "password", "phone", "sms", "userIds", "metadata", "agents"):
                thing[name] = None
            for name in set(thing) - needed:
                thing[name] = {"MARKER": ["MARKER"]}
            for value in thing.values():
                for reference in value if isinstance(value, list) else [value]:
                    if isinstance(reference, dict) and "sourcedId" in reference:
                        reference |= {"href": "MARKER", "type": "MARKER", "birthDate": "MARKER"}
    hands.fetch()
    hands.fetch(days=1)
    files = [path for path in hands.folder.rglob("*") if path.is_file()]
    assert len(files) == 16
    assert not [path for path in files if b"MARKER" in path.read_bytes()]
    assert not [path for path in files if SECRET.encode() in path.read_bytes()]


# --- pages


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 1000])
@pytest.mark.parametrize(
    "ways",
    [
        Ways(),
        Ways(counts=False),
        Ways(counts=False, cap=2),
        Ways(counts=False, cap=1),
        Ways(cap=3),
        Ways(counts=False, links=True, cap=4),
        Ways(counts=False, beyond=404),
        Ways(beyond=400),
        Ways(counts=False, sorts=False, cap=2),
        Ways(pages=False, counts=False),
        Ways(dates=False),
    ],
    ids=[
        *("as-asked", "uncounted", "uncounted-by-2", "uncounted-by-1", "by-3", "linked"),
        *("uncounted-404-beyond", "400-beyond", "unsorted", "unpaged", "undated"),
    ],
)
def test_all_pages_are_read(hands: Hands, ways: Ways, size: int) -> None:
    whole = read(hands.fetch())
    hands.server.ways = ways
    rest = replace(hands.rest, source=replace(hands.source, page_size=size))
    hands.now += timedelta(days=8)
    assert read(rest.fetch()) == whole


def test_a_server_that_gives_the_first_page_for_ever_is_refused(hands: Hands) -> None:
    def first(request: Request) -> Response | None:
        return None if "token" in request.path else first_page(hands.server, request)

    hands.server.ways.before = first
    assert hands.refused() == (
        f"http://sis{BASE}/orgs  answers the same page at another offset; that would never end  "
        "[R304]"
    )


def test_pages_in_a_longer_circle_are_refused(hands: Hands) -> None:
    orgs = hands.server.rows["orgs"]

    def circle(request: Request) -> Response | None:
        if not request.path.endswith("/orgs"):
            return None
        return answer(200, orgs=[orgs[int(request.args["offset"]) % 2]])

    hands.server.ways.before = circle
    hands.rest = replace(hands.rest, source=replace(hands.source, page_size=1))
    assert "that would never end" in hands.refused()


def first_page(server: Server, request: Request) -> Response:
    return answer(200, orgs=server.rows["orgs"][: min(2, int(request.args["limit"]))])


def test_rows_that_move_between_pages_are_read_again(hands: Hands) -> None:
    gone = hands.server.rows["users"].pop(0)
    whole = None

    def moved(request: Request) -> None:
        """After the first page of users, one before it goes: another slips through."""
        if request.path.endswith("/users") and request.args["offset"] == "2" and moves:
            hands.server.rows["users"].pop(moves.pop())

    hands.server.rows["users"].insert(0, gone | {"sourcedId": "aaa", "role": "parent"})
    hands.server.rows["users"].append(gone)
    moves: list[int] = []
    whole = read(Hands(hands.server, hands.folder.parent, page_size=2).fetch())
    moves.append(0)
    hands.server.ways.before = moved
    hands.rest = replace(hands.rest, source=replace(hands.source, page_size=2))
    assert read(hands.fetch(days=8)) == whole
    assert not moves


@pytest.mark.parametrize("told_by", ["X-Total-Count", "Link"])
def test_a_short_page_in_the_middle_is_no_end(hands: Hands, told_by: str) -> None:
    """A service that leaves rows out of a page which the client may not see."""
    whole = read(hands.fetch())
    users = hands.server.rows["users"]

    def trimmed(request: Request) -> Response | None:
        if not request.path.endswith("/users"):
            return None
        offset = int(request.args["offset"])
        page = answer(200, users=users[offset : offset + (1 if offset == 2 else 2)])
        if told_by == "Link":
            rel = "next" if offset + len(page.get_json()["users"]) < len(users) else "prev"
            page.headers["Link"] = f"<https://elsewhere.example/>; rel={rel}"
        else:
            page.headers["X-Total-Count"] = str(len(users))
        return page

    hands.server.ways.before = trimmed
    hands.rest = replace(hands.rest, source=replace(hands.source, page_size=2))
    assert read(hands.fetch(days=8)) == whole


def test_rows_that_come_twice_are_a_sign_that_others_were_missed(hands: Hands) -> None:
    whole = read(hands.fetch())
    hands.server.ways = Ways(counts=False, sorts=False)
    moves = [2]

    def moved(request: Request) -> None:
        if request.path.endswith("/users") and request.args["offset"] == "2" and moves:
            users = hands.server.rows["users"]
            users.insert(0, users.pop(moves.pop()))

    hands.server.ways.before = moved
    hands.rest = replace(hands.rest, source=replace(hands.source, page_size=2))
    assert read(hands.fetch(days=8)) == whole
    assert not moves


def test_a_collection_that_never_holds_still_is_not_whole(hands: Hands) -> None:
    def grows(request: Request) -> None:
        if request.path.endswith("/users"):
            hands.server.rows["users"].append({"sourcedId": f"z{len(hands.server.asked)}"})

    hands.server.ways.before = grows
    hands.rest = replace(hands.rest, source=replace(hands.source, page_size=4))
    assert re.search(
        r"/users  does not hold still: X-Total-Count is (\d+) and (\d+), also when read 3 times; "
        r"try again later  \[R303\]$",
        hands.refused(),
    )


def test_an_id_with_two_contents_is_left_to_the_loader(hands: Hands) -> None:
    users = hands.server.rows["users"]
    users.append(users[1] | {"givenName": "Another"})
    roster = load_roster(hands.fetch().path)
    assert [fault.code for fault in roster.faults if fault.level.value == "left out"] == ["R206"]


def test_fewer_rows_than_counted_are_refused(hands: Hands) -> None:
    def half(request: Request) -> Response | None:
        if not request.path.endswith("/enrollments"):
            return None
        offset = int(request.args["offset"])
        page = answer(200, enrollments=hands.server.rows["enrollments"][offset:4])
        page.headers["X-Total-Count"] = "8"
        return page

    hands.server.ways.before = half
    assert hands.refused() == (
        f"http://sis{BASE}/enrollments  does not hold still: 4 rows come where X-Total-Count is "
        "8, also when read 3 times; try again later  [R303]"
    )


# --- being let in


@pytest.mark.parametrize("where", list(TokenParameters))
def test_client_in_header_form_or_query(
    server: Server, tmp_path: Path, where: TokenParameters, caplog: pytest.LogCaptureFixture
) -> None:
    server.ways.token_in = where.value
    with caplog.at_level("DEBUG"):
        Hands(server, tmp_path, token_parameters=where).fetch()
    assert len(server.tokens) == 1
    assert "s3cret" not in caplog.text
    assert "client_secret" not in caplog.text


@pytest.mark.parametrize("hashed", ["HMAC-SHA256", "HMAC-SHA1"])
def test_oauth1(server: Server, tmp_path: Path, hashed: str) -> None:
    server.ways.hashed = hashed
    hands = Hands(server, tmp_path)
    hands.fetch()
    hands.fetch(days=1)
    assert not [path for path in server.asked if "token" in path]
    (tmp_path / "secret").write_text("wrong")
    assert hands.refused().endswith(
        "/orgs  client_id and client_secret are refused (401 Unauthorized), failure  [R302]"
    )


def test_a_wrong_secret(hands: Hands, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("wrong")
    assert hands.refused() == (
        "http://sis/token  gives no token: 401 Unauthorized, invalid_client. See whether "
        "client_id, client_secret, scope and token_parameters are right  [R302]"
    )
    assert "wrong" not in hands.refused()


@pytest.mark.parametrize("lives", [60, "60"])
def test_a_token_is_renewed_before_it_expires(hands: Hands, lives: int | str) -> None:
    hands.server.ways.token_lives = lives

    def slowly(_request: Request) -> None:
        hands.now += timedelta(seconds=10)

    hands.server.ways.before = slowly
    hands.fetch()
    assert len(hands.server.tokens) > 2
    assert "401" not in hands.server.asked


def test_one_new_token_after_a_refusal(hands: Hands) -> None:
    hands.server.ways.token_lives = None

    def revoked(request: Request) -> None:
        if request.path.endswith("/users") and len(hands.server.tokens) == 1:
            hands.server.tokens[-1] = "revoked"

    hands.server.ways.before = revoked
    hands.fetch()
    assert len(hands.server.tokens) == 2

    def never(request: Request) -> Response | None:
        return None if request.path == "/token" else answer(401)

    hands.server.ways.before = never
    assert hands.refused() == (
        f"http://sis{BASE}/orgs  a new token is refused (401 Unauthorized)  [R302]"
    )
    assert len(hands.server.tokens) == 4, "the first of this reading, and one more"


def test_no_right_to_read(hands: Hands) -> None:
    def no(request: Request) -> Response | None:
        return answer(403) if request.path.endswith("/users") else None

    hands.server.ways.before = no
    assert f"http://sis{BASE}/users  we are known and not allowed" in hands.refused()
    assert "[R302]" in hands.refused()


# --- what goes wrong on the way


def once(server: Server, wrong: Response, times: int = 1) -> None:
    """The first questions after classes are answered so."""
    left = [wrong] * times

    def before(request: Request) -> Response | None:
        return left.pop() if request.path.endswith("/classes") and left else None

    server.ways.before = before


def short_of_its_length() -> Response:
    response = Response('{"classes": []}', 200)
    response.headers |= {"Content-Length": "999", "Connection": "close"}
    return response


def test_busy_servers_are_asked_again(hands: Hands) -> None:
    whole = read(hands.fetch())
    for wrong, pauses in [
        (Response("", 429, headers={"Retry-After": "20"}), [20.0, 20.0]),
        (Response("", 503, headers={"Retry-After": "Tue, 24 Nov 2026 08:00:00 GMT"}), [1.0, 2.0]),
        (Response("oops", 500), [1.0, 2.0]),
        (Response('{"classes": [{"sourcedId": "al', 200), [1.0, 2.0]),
        (short_of_its_length(), [1.0, 2.0]),
    ]:
        hands.pauses.clear()
        once(hands.server, wrong, times=2)
        assert read(hands.fetch(days=8)) == whole
        assert hands.pauses == pauses


def test_retry_after_as_a_date(hands: Hands) -> None:
    once(hands.server, Response("", 429, headers={"Retry-After": "Tue, 24 Nov 2026 08:00:40 GMT"}))
    hands.fetch()
    assert hands.pauses == [40.0]


def test_a_very_long_wait_is_not_waited(hands: Hands) -> None:
    once(hands.server, Response("", 429, headers={"Retry-After": "7200"}))
    assert hands.refused().endswith(
        "/classes  asks us to come again in 120 minutes (429 Too Many Requests)  [R301]"
    )
    assert hands.pauses == []


def test_slow_answers(hands: Hands) -> None:
    whole = read(hands.fetch())
    slow = [True]

    def hangs(request: Request) -> None:
        if request.path.endswith("/users") and slow:
            slow.pop()
            hands.server.over.wait(10)

    hands.server.ways.before = hangs
    hands.rest = replace(hands.rest, timeout=0.3)
    assert read(hands.fetch(days=8)) == whole
    assert hands.pauses == [1.0]


def test_out_of_reach(hands: Hands) -> None:
    good = hands.fetch()
    once(hands.server, Response("", 503), times=99)
    assert hands.refused() == (
        f"http://sis{BASE}/classes  can't be reached, also after 6 tries: it answers 503 Service "
        "Unavailable  [R301]"
    )
    assert hands.pauses == [1.0, 2.0, 4.0, 8.0, 16.0]
    assert newest_drop(hands.folder) == good.path, "the last good one is kept"
    nowhere = replace(hands.source, token_url="http://127.0.0.1:9/token")
    hands.rest = replace(hands.rest, source=nowhere)
    assert "[R301]" in hands.refused()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (answer(200, class_=[]), "answers JSON without a list 'classes'; found: class_"),
        (answer(200, classes={}), "without a list 'classes'; found: classes and no list in it"),
        (Response("[]", 200), "answers JSON without a list 'classes'; found: a list"),
        (
            Response("<html>", 200, content_type="text/html"),
            "is not JSON (content type: text/html)",
        ),
        (Response("", 200, content_type="text/html"), "answers nothing (content type: text/html)"),
        (answer(200, classes=["a"]), "lists text where an object should be"),
        (answer(200, classes=[{"title": {"a": 1}}]), "has an object as title; expected text"),
        (
            answer(404),
            "it answers 404 Not Found; expected a page of classes. Are url",
        ),
        (
            Response("", 302, headers={"Location": "https://evil.example/steal?x=1"}),
            "sends us on to https://evil.example (302 Found), where we don't go with credentials",
        ),
    ],
)
def test_answers_that_no_such_service_gives(hands: Hands, wrong: Response, words: str) -> None:
    once(hands.server, wrong, times=99)
    refused = hands.refused()
    assert words in refused
    assert refused.endswith("[R304]")
    assert newest_drop(hands.folder) is None


def test_a_token_address_that_is_none(hands: Hands) -> None:
    hands.rest = replace(
        hands.rest, source=replace(hands.source, token_url=f"{hands.server.url}/login")
    )
    hands.server.ways.before = lambda request: (
        Response("<html>") if request.path == "/login" else None
    )
    assert "http://sis/login  answers without an access_token; is it" in hands.refused()


# --- what has changed


def test_only_changes_are_asked_for_and_laid_over(hands: Hands) -> None:
    hands.fetch()
    users = hands.server.rows["users"]
    moment = stamp(hands.now + timedelta(hours=1))
    users[1] |= {"familyName": "New", "dateLastModified": moment}
    users[2] |= {"status": "tobedeleted", "dateLastModified": moment}
    users.append(users[3] | {"sourcedId": "dan", "dateLastModified": moment})
    hands.server.rows["enrollments"] = []  # dropped without a word
    hands.server.asked.clear()
    arrival = hands.fetch(days=1)
    roster = load_roster(arrival.path)
    assert arrival.notes == ()
    assert roster.people["ann"].family_name == "New"
    assert "bob" not in roster.people
    assert "dan," in (arrival.path / "users.csv").read_text()
    assert roster.source.counts["memberships"] == 8, "nobody goes who was not named"
    asked = [path for path in hands.server.asked if "/users" in path]
    assert "filter=dateLastModified%3E%272026-11-24T07%3A55%3A00.000Z%27" in asked[0]


@pytest.mark.parametrize("days", [6, 8])
def test_everything_is_read_after_full_read(hands: Hands, days: int) -> None:
    hands.fetch()
    hands.fetch(days=3)
    hands.server.asked.clear()
    hands.fetch(days=days - 3)
    assert any("filter=" in path for path in hands.server.asked) == (days < 7)


def test_a_server_without_the_filter_is_read_in_full(hands: Hands) -> None:
    hands.fetch()
    hands.server.ways.filters = False
    hands.server.rows["enrollments"].pop()
    arrival = hands.fetch(days=1)
    told = [note.replace(hands.server.url, "http://sis") for note in arrival.notes]
    assert told == [
        f"http://sis{BASE} does not tell what has changed (it answers 400 Bad Request, failure), "
        "so everything was read"
    ]
    assert load_roster(arrival.path).source.counts["memberships"] == 7


def test_a_server_that_counts_all_where_it_filters_is_read_in_full(hands: Hands) -> None:
    hands.fetch()

    def everything_counted(request: Request) -> Response | None:
        if "filter" not in request.args:
            return None
        page = answer(200, **{request.path.rpartition("/")[2]: []})
        page.headers["X-Total-Count"] = "8"
        return page

    hands.server.ways.before = everything_counted
    hands.server.rows["enrollments"].pop()
    arrival = hands.fetch(days=1)
    assert "of orgs, 0 rows come where X-Total-Count is 8" in arrival.notes[0]
    assert load_roster(arrival.path).source.counts["memberships"] == 7


def test_a_server_that_passes_the_filter_over_is_merged(hands: Hands) -> None:
    whole = read(hands.fetch())
    hands.server.ways.ignores_filter = True
    assert read(hands.fetch(days=1)) == whole


def test_another_service_is_never_merged(hands: Hands) -> None:
    hands.fetch()
    hands.server.rows["enrollments"].pop()
    hands.rest = replace(hands.rest, source=replace(hands.source, version="1.2"))
    assert load_roster(hands.fetch(hours=1).path).source.counts["memberships"] == 7
