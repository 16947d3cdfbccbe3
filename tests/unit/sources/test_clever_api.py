"""Clever as a source, against a server that answers as Clever does, for better and worse."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from policy.errors import RosterAtFault
from policy.roster.load import load_roster
from policy.roster.model import Role, Roster
from policy.rules.sources import CleverSource, Secret
from policy.sources import clever_asking, clever_drop, written
from policy.sources.base import Arrival
from policy.sources.clever_api import CleverApi
from unit.sources.clever_service import (
    TOKEN,
    Clever,
    Trouble,
    event,
    maple,
    school,
    section,
    serving,
    term,
    user,
)

NOW = datetime(2026, 8, 21, 3, 0, tzinfo=UTC)


class Road:
    """A source whose clock stands still, unless it is moved or slept by."""

    def __init__(self, clever: Clever, folder: Path, **rest: Any) -> None:
        self.clever, self.folder = clever, folder
        self.now, self.slept = NOW, list[float]()
        token = folder.parent / "token"
        token.write_text(f"{TOKEN}\n")
        secret = Secret(None, str(token), "policy.yaml:3")
        source = CleverSource(secret, clever.url, **rest)
        self.api = CleverApi(source, folder, lambda: self.now, self._sleep, timeout=0.5)

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)

    def fetch(self) -> Arrival:
        return self.api.fetch()

    def roster(self) -> Roster:
        return load_roster(self.fetch().path)

    def refusal(self) -> str:
        with pytest.raises(RosterAtFault) as caught:
            self.fetch()
        return "\n".join(caught.value.problems)


@pytest.fixture
def clever() -> Iterator[Clever]:
    with serving(made := maple()):
        yield made


@pytest.fixture
def road(clever: Clever, tmp_path: Path) -> Road:
    return Road(clever, tmp_path / "clever")


def seats(roster: Roster) -> set[tuple[str, str, Role, bool]]:
    there = roster.memberships.items()
    return {(key, m.person, m.role, m.primary) for key, members in there for m in members}


def files(drop: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in drop.glob("*.csv")}


def test_a_district_is_read(road: Road) -> None:
    arrival = road.fetch()
    assert arrival.written == datetime(2026, 8, 20, 22, 25, 23, 709_000, tzinfo=UTC)
    assert arrival.notes == ("everything was read, since nothing that was read before is here",)
    roster = load_roster(arrival.path)
    assert roster.faults == ()
    assert seats(roster) == {
        ("sis-x1", "tea", Role.TEACHER, True),
        ("sis-x1", "cot", Role.TEACHER, False),
        ("sis-x1", "ann", Role.STUDENT, False),
        ("sis-x1", "bob", Role.STUDENT, False),
        ("sis-x2", "tea", Role.TEACHER, True),
        ("sis-x2", "cyd", Role.STUDENT, False),
    }
    one = roster.sections["sis-x1"]
    assert (one.title, one.code, one.periods, one.subjects) == (
        "Algebra x1",
        "7",
        ("3",),
        ("math",),
    )
    assert (one.grades, one.school.key, one.course.code) == (("09",), "sis-s1", "M1")
    assert (one.terms[0].start, one.terms[0].end) == (date(2026, 8, 17), date(2026, 12, 19))
    assert roster.people["ann"].email == "ann@maple.example"
    assert road.slept == []


def test_nothing_that_is_not_needed_is_kept(clever: Clever, road: Road) -> None:
    road.fetch()
    clever.events = [
        event(1, "users", "created", user("dee", "student")),
        event(2, "users", "deleted", user("mum", "contact")),
        event(3, "sections", "updated", section("x1", ["tea"], ["ann", "dee"])),
    ]
    road.fetch()
    kept = [path for path in road.folder.rglob("*") if path.is_file()]
    assert len(kept) == 2 * 9  # two drops: seven CSV files, the records, the state
    for path in kept:
        assert b"SECRET" not in path.read_bytes(), path
        assert TOKEN.encode() not in path.read_bytes(), path


def test_what_is_odd_is_read_all_the_same(clever: Clever, road: Road) -> None:
    """No course, a co-teacher who is not in the list, staff who teach, an id that is a number, no
    ids of the SIS, no e-mail, grades in words, an end with a time, half of a character."""
    clever.put("schools", school("s2", sis_id="", name="Elm"))
    clever.put("terms", term("t2", end_date="2026-12-18T00:00:00.000Z"))
    odd = section("x3", ["sta"], ["ann"], course=None, sis_id="", school="s2", term_id="t2")
    clever.put("sections", {**odd, "teachers": ["cot"], "grade": "Kindergarten", "subject": ""})
    clever.put("sections", section("x4", [], ["ann"], sis_id=777, section_number=None))
    clever.put("users", user("sta", "staff", email=""))
    clever.put("users", user("bob", "student", name={"first": "B\ud800b\n ", "last": None}))
    roster = road.roster()
    assert roster.faults == ()
    three = roster.sections["x3"]
    assert (three.course.title, three.school.key, three.grades) == ("Algebra x3", "s2", ("KG",))
    assert three.terms[0].end == date(2026, 12, 19)
    assert {("x3", "sta", Role.TEACHER, True), ("x3", "cot", Role.TEACHER, False)} <= seats(roster)
    assert roster.people["sta"].email == ""
    assert roster.people["bob"].given_name == "B?b"
    assert roster.sections["777"].code == ""
    assert "/v3.0/users/sta" in clever.asked


def test_a_class_is_what_it_is_in_clevers_files(clever: Clever, road: Road) -> None:
    """A district may go from one road to the other: the school year is in its classes' keys."""
    clever.put("sections", section("adv", ["t1"], [], subject="homeroom/advisory", grade="K"))
    found = load_roster(road.fetch().path).sections["sis-adv"]
    assert (found.kind, found.grades) == ("homeroom", ("KG",))
    assert [term.school_year for term in found.terms] == ["2027"]


def test_a_term_without_dates_is_told_by_the_loader(clever: Clever, road: Road) -> None:
    clever.put("terms", term("t2", start_date=None, end_date=None))
    clever.put("sections", section("x3", ["tea"], ["ann"], term_id="t2"))
    clever.put("sections", section("x4", ["tea"], ["ann"], term_id=None))
    roster = road.roster()
    assert set(roster.sections) == {"sis-x1", "sis-x2"}
    assert sorted(fault.code for fault in roster.faults) == ["R207", "R214", "R214"]


def test_people_whom_clever_does_not_show_are_told_of(clever: Clever, road: Road) -> None:
    del clever.things["users"]["bob"]
    arrival = road.fetch()
    assert arrival.notes[-1].startswith("1 user in sections of whom Clever tells nothing more")
    roster = load_roster(arrival.path)
    assert [fault.code for fault in roster.faults] == ["R216"]
    assert "sis-x1" in roster.doubtful_sections


def test_pages_are_followed_to_the_last(clever: Clever, road: Road) -> None:
    for number in range(25):
        clever.put("users", user(f"z{number:02}", "student"))
    clever.put("sections", section("x3", ["tea"], [f"z{number:02}" for number in range(25)]))
    clever.page = 3
    roster = road.roster()
    assert len(roster.people) == 30
    assert sum("role=student" in path for path in clever.asked) == 10


# The way to Clever.


@pytest.mark.parametrize(
    ("trouble", "slept"),
    [
        (Trouble("/users", 500), [1.0]),
        (Trouble("/sections", 503), [1.0]),
        (Trouble("/terms", body=b'{"data": [], "links": []}', cut=True), [1.0]),
        (Trouble("/terms", body=b'{"data": [], "lin'), [1.0]),
        (Trouble("/courses", slow=True), [1.0]),
        (Trouble("/schools", 429, headers={"Retry-After": "17"}), [17.0]),
        (Trouble("/schools", 429, headers={"X-RateLimit-Reset": "9"}), [9.0]),
        (
            Trouble("/schools", 429, headers={"Retry-After": "Fri, 21 Aug 2026 03:00:30 GMT"}),
            [30.0],
        ),
        (Trouble("/schools", 429), [60.0]),
    ],
    ids=["500", "503", "cut", "half", "slow", "429", "429-reset", "429-date", "429-bare"],
)
def test_what_passes_is_tried_again(
    clever: Clever, road: Road, trouble: Trouble, slept: list[float]
) -> None:
    clever.troubles.append(trouble)
    assert len(road.roster().sections) == 2
    assert road.slept == slept
    assert not clever.troubles


def test_pauses_grow_and_end(clever: Clever, road: Road) -> None:
    clever.troubles.extend(Trouble("/sections", 502) for _ in range(9))
    words = "127.0.0.1  /v3.0/sections answers with HTTP 502, after 5 tries  [R301]"
    assert road.refusal() == words
    assert road.slept == [1.0, 2.0, 4.0, 8.0]
    assert list(road.folder.glob("*")) == []


def test_a_rest_that_is_too_long_is_not_waited_for(clever: Clever, road: Road) -> None:
    clever.troubles.append(Trouble("/sections", 429, headers={"Retry-After": "4000"}))
    assert "wants 4000 seconds of rest  [R301]" in road.refusal()
    assert road.slept == []


def test_the_last_request_of_a_minute_is_followed_by_rest(clever: Clever, road: Road) -> None:
    reset = str(int(NOW.timestamp()) + 20)
    clever.headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset}
    road.fetch()
    assert road.slept[0] == 20.0
    assert set(road.slept[1:]) == {0.0}  # the time has come


def test_nobody_is_there(tmp_path: Path) -> None:
    with serving(gone := maple()):
        road = Road(gone, tmp_path / "clever")
    assert "/v3.0/districts gives no whole answer" in (words := road.refusal())
    assert "after 5 tries  [R301]" in words


def test_a_wrong_token(road: Road) -> None:
    (road.folder.parent / "token").write_text("another")
    words = road.refusal()
    assert "(HTTP 401: bad token). Expected a district's token" in words
    assert "[R302]" in words
    assert "another" not in words


def test_a_token_that_is_none(road: Road) -> None:
    (road.folder.parent / "token").write_text("to ken\nand more")
    assert "policy.yaml:3  should hold Clever's token" in (words := road.refusal())
    assert "[R305]" in words
    assert road.clever.asked == []


STRANGE: dict[str, tuple[Trouble, str]] = {
    "html": (Trouble("/terms", body=b"<html>", kind="text/html"), "not JSON (text/html)"),
    "no-data": (Trouble("/terms", body=b'{"links": []}'), "answers without 'data'"),
    "no-object": (Trouble("/terms", body=b"[1]"), "answers without 'data'"),
    "no-list": (Trouble("/terms", body=b'{"data": {}, "links": []}'), "'data' that is no list"),
    "no-links": (Trouble("/terms", body=b'{"data": []}'), "without the links"),
    "no-id": (
        Trouble("/terms", body=b'{"data": [{"data": {"name": "x"}}], "links": []}'),
        "/terms has a record without an id",
    ),
    "no-roles": (
        Trouble("/users", body=b'{"data": [{"data": {"id": "x", "name": {}}}], "links": []}'),
        "/users has a record without roles",
    ),
    "elsewhere": (
        Trouble("/terms", 302, headers={"Location": "http://evil.example/"}),
        "a way to another place, which is not followed",
    ),
    "gone": (Trouble("/terms", 404, body=b'{"error": "gone"}'), "HTTP 404: gone"),
}


@pytest.mark.parametrize(("trouble", "words"), STRANGE.values(), ids=STRANGE)
def test_answers_that_no_clever_gives(
    clever: Clever, road: Road, trouble: Trouble, words: str
) -> None:
    clever.troubles.append(trouble)
    refusal = road.refusal()
    assert words in refusal
    assert refusal.endswith("[R304]")
    assert road.slept == []


def linked(uri: object) -> bytes:
    data = [{"data": {"id": "t1", "name": "Fall"}}]
    return json.dumps({"data": data, "links": [{"rel": "next", "uri": uri}]}).encode()


@pytest.mark.parametrize(
    ("uri", "words"),
    [
        ("/v3.0/terms?limit=1000", "lead in a circle"),
        ("http://evil.example/v3.0/terms", "goes on at another place, evil.example"),
        ("//evil.example/v3.0/terms", "goes on at another place, evil.example"),
        ("https://127.0.0.1/v3.0/terms", "goes on at another place"),
        (7, "a link to a next page that is none"),
        ("http://x:y/", "a link to a next page that is none"),
    ],
)
def test_links_that_are_not_followed(clever: Clever, road: Road, uri: object, words: str) -> None:
    clever.troubles.append(Trouble("/terms", body=linked(uri)))
    assert words in (refusal := road.refusal())
    assert refusal.endswith("[R304]")


def test_a_circle_of_ever_new_links(clever: Clever, road: Road) -> None:
    """Page 2 says the same as page 1, under another address."""
    for number in range(2):
        clever.troubles.append(Trouble("/terms", body=linked(f"/v3.0/terms?n={number}")))
    assert "lead in a circle" in road.refusal()


def test_a_root_with_a_path(clever: Clever, tmp_path: Path) -> None:
    """A proxy may have Clever below a path: pages are asked for there too."""
    clever.page = 1
    answer = clever.answer
    clever.answer = lambda target: answer(target.removeprefix("/clever"))  # type: ignore[method-assign]
    clever.url += "/clever/"
    Road(clever, tmp_path / "clever").fetch()
    assert all(path.startswith("/clever/v3.0/") for path in clever.asked)


@pytest.mark.parametrize("state", ["paused", "pending", "error", "unheard-of"])
def test_a_district_that_is_not_up_to_date(clever: Clever, road: Road, state: str) -> None:
    clever.district |= {"state": state, "error": "Row 3 of\nschools.csv", "pause_end": "2026-09-01"}
    words = road.refusal()
    assert f"the district is {state!r}" in words
    assert "its words: Row 3 of schools.csv; until: 2026-09-01; last sync: 2026-08-20T22" in words
    assert words.endswith("[R307]")
    assert len(clever.asked) == 1


def test_a_district_without_a_last_sync(clever: Clever, road: Road) -> None:
    del clever.district["last_sync"], clever.district["state"]
    assert road.fetch().written == NOW


def test_a_token_of_two_districts(clever: Clever, road: Road) -> None:
    two = json.dumps({"data": [{"data": clever.district}, {"data": {"id": "d2"}}], "links": []})
    clever.troubles.append(Trouble("/districts", body=two.encode()))
    assert "the token is of 2 districts; expected just one" in road.refusal()


def test_clever_syncs_while_it_is_read(clever: Clever, road: Road) -> None:
    """What was read in between is of two syncs: it is read once more."""

    def syncs(path: str) -> None:
        if "/users" in path and clever.district["last_sync"] != "2026-08-21T02:59:00Z":
            clever.district["last_sync"] = "2026-08-21T02:59:00Z"
            del clever.things["sections"]["x2"]

    clever.before = syncs
    arrival = road.fetch()
    assert arrival.written == datetime(2026, 8, 21, 2, 59, tzinfo=UTC)
    assert set(load_roster(arrival.path).sections) == {"sis-x1"}


def test_clever_syncs_and_syncs(clever: Clever, road: Road) -> None:
    def syncs(path: str) -> None:
        if "/districts" in path:
            clever.district["last_sync"] = f"2026-08-21T02:00:{len(clever.asked) % 60:02}Z"

    clever.before = syncs
    assert road.refusal().endswith("The next run tries again  [R303]")
    assert list(road.folder.glob("*")) == []


# Events.


def listed(clever: Clever) -> int:
    return sum("role=student" in path for path in clever.asked)


@pytest.fixture
def known(clever: Clever, road: Road) -> Road:
    """A district of which everything was read, up to an event."""
    assert clever.events is not None
    clever.events.append(event(1, "users", "created", user("tea", "teacher")))
    road.fetch()
    clever.asked.clear()
    return road


def test_events_are_applied(clever: Clever, known: Road) -> None:
    assert clever.events is not None
    moved = [section("x1", ["tea", "cot"], ["ann"]), section("x2", ["tea"], ["cyd", "bob"])]
    clever.events += [event(n, "sections", "updated", raw) for n, raw in enumerate(moved, 2)]
    clever.events.append(event(4, "users", "created", user("mom", "contact")))
    clever.page = 2
    clever.district["last_sync"] = "2026-08-21T01:00:00Z"
    arrival = known.fetch()
    assert arrival.written == datetime(2026, 8, 21, 1, 0, tzinfo=UTC)
    assert arrival.notes == ("3 events of Clever since the last time",)
    there = seats(load_roster(arrival.path))
    assert ("sis-x2", "bob", Role.STUDENT, False) in there
    assert ("sis-x1", "bob", Role.STUDENT, False) not in there
    assert listed(clever) == 0
    assert "/v3.0/events?limit=1000&starting_after=e000001" in clever.asked


def test_without_events_the_drop_stays(clever: Clever, known: Road) -> None:
    first = known.fetch()
    clever.district["last_sync"] = "2026-08-21T01:00:00Z"
    known.now += timedelta(hours=1)
    again = known.fetch()
    assert (again.path, again.notes) == (first.path, ())
    assert again.written > first.written
    assert listed(clever) == 0


def test_events_that_change_nothing_leave_the_drop(clever: Clever, known: Road) -> None:
    assert clever.events is not None
    first = known.fetch()
    clever.events += [
        event(2, "users", "updated", user("mum", "contact")),
        event(3, "users", "updated", user("ann", "student")),
        event(4, "resources", "created", {"id": "r1"}),
        event(5, "districts", "updated", {"id": "d1"}),
    ]
    assert known.fetch().path == first.path
    clever.asked.clear()
    known.fetch()
    assert clever.asked[-1].endswith("starting_after=e000005")


def test_previous_attributes_may_be_beside_the_data(clever: Clever, known: Road) -> None:
    assert clever.events is not None
    beside = event(2, "users", "updated", user("ann", "student", email="new@maple.example"))
    del beside["data"]["previous_attributes"]
    clever.events.append(beside)
    assert known.roster().people["ann"].email == "new@maple.example"


def test_what_happens_during_the_reading_comes_with_the_events(clever: Clever, known: Road) -> None:
    """The cursor is of before the reading, so nothing falls between."""
    known.now += timedelta(days=8)
    late = event(2, "users", "updated", user("ann", "student", email="new@maple.example"))

    def happens(path: str) -> None:
        if "/sections" in path and clever.events is not None and late not in clever.events:
            clever.events.append(late)

    clever.before = happens
    assert known.roster().people["ann"].email == "ann@maple.example"
    assert known.roster().people["ann"].email == "new@maple.example"


WHY: dict[str, tuple[Callable[[Clever, Road], Any], str]] = {
    "a-week": (lambda _, r: setattr(r, "now", NOW + timedelta(days=7)), "the last time was 7 days"),
    "no-events": (lambda c, _: setattr(c, "events", None), "Clever gives this app no events"),
    "a-cursor-refused": (
        lambda c, _: c.troubles.append(Trouble("starting_after", 400)),
        "Clever gives this app no events (any more)",
    ),
    "another-district": (lambda c, _: c.district.update(id="d2"), "the token is of another"),
    "an-unknown-type": (
        lambda c, _: c.events.append(event(2, "students", "updated", {"id": "ann"})),
        "there are events of type 'students.updated', which are not known",
    ),
    "a-record-in-part": (
        lambda c, _: c.events.append(event(2, "sections", "updated", {"id": "x1", "name": "x"})),
        "an event sections.updated came without school",
    ),
    "no-object": (
        lambda c, _: c.events.append({"id": "e000002", "type": "terms.created", "data": {}}),
        "an event terms.created came without an object",
    ),
    "records-lost": (
        lambda c, r: (
            c.events.append(event(2, "courses", "deleted", {"id": "c9"})),
            next(r.folder.rglob("records.jsonl")).write_text("{}"),
        ),
        "what was kept can't be read",
    ),
    "state-lost": (
        lambda _, r: next(r.folder.rglob("state.json")).write_text("{"),
        "nothing that was read before is here",
    ),
}


@pytest.mark.parametrize(("change", "words"), WHY.values(), ids=WHY)
def test_when_everything_is_read_again(
    clever: Clever, known: Road, change: Callable[[Clever, Road], Any], words: str
) -> None:
    change(clever, known)
    clever.put("users", user("ann", "student", email="new@maple.example"))
    arrival = known.fetch()
    assert words in arrival.notes[0]
    assert load_roster(arrival.path).people["ann"].email == "new@maple.example"
    assert listed(clever) == 1


def test_events_that_may_be_lost_are_not_relied_upon(clever: Clever, tmp_path: Path) -> None:
    assert clever.events is not None
    clever.events.append(event(1, "users", "created", user("tea", "teacher")))
    road = Road(clever, tmp_path / "clever", full_read=timedelta(days=365))
    road.fetch()
    road.now += timedelta(days=28)
    assert road.fetch().notes == ()
    road.now += timedelta(days=28)
    assert road.fetch().notes == ()  # the last event is old, but none can have been missed
    road.now += timedelta(days=29)
    words = "events were last read 29 days ago, and Clever keeps them for 30 days"
    assert road.fetch().notes == (f"everything was read, since {words}",)


def test_an_app_without_events_reads_everything_each_time(clever: Clever, road: Road) -> None:
    clever.events = None
    road.fetch()
    assert road.fetch().notes == (
        "everything was read, since Clever had no events for this app",
        "Clever gives this app no events, so everything is read each time",
    )
    assert listed(clever) == 2


def test_the_newest_event_without_a_word_for_it(clever: Clever, road: Road) -> None:
    """`ending_before=last` is refused: the events are gone through."""
    assert clever.events is not None
    clever.events += [event(n, "districts", "updated", {"id": "d1"}) for n in range(1, 8)]
    clever.page = 3
    clever.troubles.append(Trouble("ending_before=last", 400))
    road.fetch()
    road.fetch()
    assert clever.asked[-1].endswith("starting_after=e000007")


def test_an_older_event_than_the_newest_does_no_harm(clever: Clever, road: Road) -> None:
    """`ending_before=last` is not understood: the first page comes. What is told again since then
    ends where the reading was."""
    assert clever.events is not None
    clever.events += [
        event(1, "users", "created", user("ann", "student", email="old@maple.example")),
        event(2, "users", "deleted", user("ann", "student")),
        event(3, "users", "created", user("ann", "student", email="mid@maple.example")),
        event(4, "users", "updated", user("ann", "student")),
    ]
    first = json.dumps({"data": [{"data": clever.events[0]}], "links": []}).encode()
    clever.troubles.append(Trouble("ending_before=last", body=first))
    whole = road.fetch()
    again = road.fetch()
    assert again.notes == ("3 events of Clever since the last time",)
    assert files(again.path) == files(whole.path)


def test_staff_go_when_no_section_names_them(clever: Clever, known: Road) -> None:
    assert clever.events is not None
    clever.put("users", user("sta", "staff"))
    clever.events.append(event(2, "sections", "updated", section("x1", ["tea", "sta"], ["ann"])))
    assert "sta,,true,administrator" in (known.fetch().path / "users.csv").read_text()
    clever.events.append(event(3, "sections", "updated", section("x1", ["tea"], ["ann"])))
    arrival = known.fetch()
    assert all("sta@maple" not in path.read_text() for path in arrival.path.iterdir())


def test_a_cursor_does_not_move_before_all_is_read(clever: Clever, known: Road) -> None:
    assert clever.events is not None
    moved = section("x1", ["tea"], ["ann"])
    clever.events += [event(n, "sections", "updated", moved) for n in range(2, 6)]
    clever.page = 2
    clever.troubles.extend(Trouble("starting_after=e000003", 500) for _ in range(5))
    assert "[R301]" in known.refusal()
    clever.asked.clear()
    assert len(seats(known.roster())) == 4
    assert clever.asked[1].endswith("starting_after=e000001")


# What is on disk.


def test_killed_between_writing_and_renaming(
    clever: Clever, known: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert clever.events is not None
    before = known.fetch()
    bytes_before = files(before.path)
    clever.events.append(event(2, "sections", "updated", section("x1", ["tea"], ["ann"])))

    class Killed(BaseException):
        pass

    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", die)
        patch.setattr("shutil.rmtree", lambda *_, **__: None)  # who is killed tidies nothing
        with pytest.raises(Killed):
            known.fetch()
    assert len(list(known.folder.iterdir())) == 2  # the drop, and what was left behind
    assert files(before.path) == bytes_before
    after = known.fetch()
    assert len(seats(load_roster(after.path))) == 4
    assert after.notes == ("1 event of Clever since the last time",)
    assert sorted(known.folder.iterdir()) == [before.path, after.path]


def test_no_room(clever: Clever, known: Road, monkeypatch: pytest.MonkeyPatch) -> None:
    assert clever.events is not None
    before = files(known.fetch().path)
    clever.events.append(event(2, "sections", "updated", section("x1", ["tea"], ["ann"])))
    with monkeypatch.context() as patch:
        patch.setattr(clever_drop, "_RECORDS", "no/such/folder")
        assert "can't be written to (No such file or directory)" in known.refusal()
    assert [files(path) for path in known.folder.iterdir()] == [before]
    del clever.events[1:]
    with monkeypatch.context() as patch:
        patch.setattr(written, "_STATE", "no/such/folder")
        assert "can't be written to (No such file or directory)" in known.refusal()
    assert known.fetch().notes == ()


def test_old_drops_go(clever: Clever, known: Road) -> None:
    assert clever.events is not None
    for number in range(2, 8):
        raw = user("ann", "student", email=f"{number}@maple.example")
        clever.events.append(event(number, "users", "updated", raw))
        path = known.fetch().path
    assert len(list(known.folder.iterdir())) == 2
    assert load_roster(path).people["ann"].email == "7@maple.example"


def test_an_answer_without_end(clever: Clever, road: Road, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clever_asking, "MOST_BYTES", 1_000)
    clever.troubles.append(Trouble("/districts", body=b" " * 5_000))
    assert "more than 1,000 bytes  [R304]" in road.refusal()


# A real district's records.


@pytest.mark.rosters
def test_clevers_own_demo_district(rosters: Path, tmp_path: Path) -> None:
    """2,098 users and 378 sections. The set has no schools, terms and courses: they are made
    here, by the ids that the sections name. Counts are taken from the JSON itself."""

    def read(name: str) -> list[dict[str, Any]]:
        path = rosters / "clever-api-v3-clever-go" / f"{name}.json"
        return [one["data"] for one in json.loads(path.read_text(encoding="utf-8"))["data"]]

    clever = Clever(district=read("districts")[0], page=100)
    sections, users = read("sections"), read("users")
    for raw in sections:
        clever.put("sections", raw)
        clever.put("schools", {"id": raw["school"], "name": raw["school"]})
        clever.put("courses", {"id": raw["course"], "name": raw["course"]})
        clever.put("terms", term(raw["term_id"]))
    for raw in users:
        clever.put("users", raw)
    with serving(clever):
        arrival = Road(clever, tmp_path / "clever").fetch()
    roster = load_roster(arrival.path)
    assert roster.faults == ()
    assert arrival.written == datetime(2021, 3, 2, 22, 25, 23, 709_000, tzinfo=UTC)
    rows = {path.name: path.read_text(encoding="utf-8").count("\n") - 1 for path in _csv(arrival)}
    assert rows["users.csv"] == sum(bool({"student", "teacher"} & set(u["roles"])) for u in users)
    assert rows["users.csv"] == 1_004 + 89
    there = [(key, m) for key, members in roster.memberships.items() for m in members]
    assert Counter(m.role for _, m in there) == {
        Role.STUDENT: sum(len(s["students"]) for s in sections),
        Role.TEACHER: sum(len(s["teachers"]) for s in sections),
    }
    assert {(key, m.person) for key, m in there if m.primary} == {
        (s["sis_id"], s["teacher"]) for s in sections
    }
    assert set(roster.sections) == {s["sis_id"] for s in sections}
    words = "\n".join(path.read_text(encoding="utf-8") for path in arrival.path.iterdir())
    for raw in users:
        personal = raw["roles"].get("student", {})
        for name in ("dob", "state_id"):
            assert not personal.get(name) or personal[name] not in words
        login = personal.get("credentials", {}).get("district_username")
        assert not login or login not in words.replace(raw["email"], "")


def _csv(arrival: Arrival) -> list[Path]:
    return sorted(arrival.path.glob("*.csv"))


@pytest.mark.rosters
def test_events_as_clever_has_given_them(rosters: Path, clever: Clever, known: Road) -> None:
    """The recorded ones are of version 1.2, `students.*`, which version 3 has not: everything is
    read. As `users.*`, with the role around, those with a whole record are applied."""
    path = rosters / "clever-api-events-clever-ruby" / "events.json"
    recorded = [one["data"] for one in json.loads(path.read_text(encoding="utf-8"))["data"]]
    assert clever.events is not None
    clever.events += recorded
    for number, one in enumerate(recorded):
        one["id"] = f"f{number:06}"
    assert "events of type 'students.updated'" in known.fetch().notes[0]
    kinds: Counter[str] = Counter()
    for number, one in enumerate(recorded):
        whole = {"created", "deleted"} & {one["type"].partition(".")[2]}
        if whole:
            thing = one["data"]["object"]
            now = {"name": thing["name"], "email": thing["email"], "roles": {"student": thing}}
            data = {"object": {"id": thing["id"], **now}}
            kind = one["type"].replace("students", "users")
            clever.events.append({**one, "id": f"g{number:06}", "type": kind, "data": data})
            kinds[kind] += 1
    assert kinds == {"users.created": 1, "users.deleted": 1}
    arrival = known.fetch()
    assert arrival.notes == ("2 events of Clever since the last time",)
    text = (arrival.path / "users.csv").read_text(encoding="utf-8")
    assert ("Lindgren" in text, "Greenholt" in text) == (True, False)
