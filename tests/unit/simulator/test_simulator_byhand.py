"""What a person does by hand under /simulator/, and the page."""

import json
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote

import pytest

from policy.simulator.switches import Switches
from unit.simulator.asking import DOMAIN, PEOPLE, Box


def test_a_teacher_makes_a_course(box: Box) -> None:
    made = box.hand("POST", "courses", {"owner": PEOPLE["ada"], "name": "Mine", "room": "7"})
    assert made.status == 200
    shown = {key: made.body[key] for key in ("name", "room", "owner", "state", "aliases")}
    assert shown == {
        "name": "Mine",
        "room": "7",
        "owner": PEOPLE["ada"],
        "state": "ACTIVE",
        "aliases": [],
    }
    assert [seat["person"] for seat in made.body["teachers"]] == [PEOPLE["ada"]]
    assert box.ask("GET", f"/v1/courses/{made.body['id']}", who="ada").status == 200


@pytest.mark.parametrize(
    ("before", "verb", "after"),
    [
        ("PROVISIONED", "accept", "ACTIVE"),
        ("PROVISIONED", "decline", "DECLINED"),
        ("ACTIVE", "archive", "ARCHIVED"),
        ("ARCHIVED", "restore", "ACTIVE"),
        ("ACTIVE", "accept", None),
        ("DECLINED", "accept", None),
        ("ACTIVE", "decline", None),
        ("PROVISIONED", "archive", None),
        ("ARCHIVED", "archive", None),
        ("ACTIVE", "restore", None),
    ],
)
def test_states_by_hand(box: Box, before: str, verb: str, after: str | None) -> None:
    course = box.course(state=before, id="d:a/b c")
    answer = box.hand("POST", f"courses/{quote('d:a/b c', safe='')}/{verb}")
    assert answer.status == (200 if after else 400)
    assert box.sim.state.courses[course].state == (after or before)
    if not after:
        assert answer.body["error"].startswith(f"Biology is {before}; expected ")


def test_renaming(box: Box) -> None:
    course = box.course(section="1", room="7")
    box.clock.move(2)
    answer = box.hand("POST", f"courses/{course}/rename", {"name": "New", "section": ""})
    assert (answer.body["name"], "section" in answer.body, answer.body["room"]) == (
        "New",
        False,
        "7",
    )
    shown = box.ask("GET", f"/v1/courses/{course}").body
    assert shown["updateTime"] == "2027-01-15T08:00:02.000Z"


def test_adding_and_removing(box: Box) -> None:
    course = box.course()
    for person, role in (("tom", "TEACHER"), ("sue", "student"), ("eve", "STUDENT")):
        body = {"email": PEOPLE[person].upper(), "role": role}
        assert box.hand("POST", f"courses/{course}/add", body).status == 200
    assert (box.members(course, "teachers"), box.members(course)) == (
        ["ada", "tom"],
        ["sue", "eve"],
    )
    for person in ("tom", "sue"):
        box.hand("POST", f"courses/{course}/remove", {"email": PEOPLE[person]})
    assert (box.members(course, "teachers"), box.members(course)) == (["ada"], ["eve"])


@pytest.mark.parametrize(
    ("verb", "body", "status", "words"),
    [
        ("add", {"email": PEOPLE["sue"], "role": "STUDENT"}, 400, "is in Biology already"),
        ("add", {"email": PEOPLE["tom"], "role": "STUDENT"}, 400, "is in Biology already"),
        ("add", {"email": "x@y.example", "role": "STUDENT"}, 404, "no account has the address"),
        (
            "add",
            {"email": PEOPLE["sam"], "role": "pupil"},
            400,
            "role should be TEACHER or STUDENT",
        ),
        ("add", {"email": PEOPLE["sam"]}, 400, "role should be text"),
        ("add", {"role": "STUDENT"}, 400, "email should be text"),
        ("add", [], 400, "the body should be an object"),
        ("remove", {"email": PEOPLE["sam"]}, 400, "is not in Biology"),
        ("remove", {"email": PEOPLE["ada"]}, 400, "owns Biology and can't be removed"),
        ("remove", {"email": PEOPLE["sue"], "role": "STUDENT"}, 400, "no such field as 'role'"),
        ("rename", {}, 400, "expected at least one of name, section, room"),
        ("rename", {"name": ""}, 400, "name should be 1 to 750 characters"),
        ("rename", {"room": "x" * 651}, 400, "room should be at most 650 characters"),
        ("rename", {"title": "x"}, 400, "no such field as 'title'"),
        ("accept", {"now": True}, 400, "expected an empty body"),
        ("explode", {}, 404, "'explode' can't be done by hand; expected one of accept, decline"),
    ],
)
def test_wrong_acts(box: Box, verb: str, body: Any, status: int, words: str) -> None:
    course = box.everybody()
    before = box.hand("GET", "state").body
    answer = box.hand("POST", f"courses/{course}/{verb}", body)
    assert answer.status == status
    assert words in answer.body["error"]
    assert box.hand("GET", "state").body == before


@pytest.mark.parametrize(
    ("verb", "body"),
    [
        ("add", {"email": PEOPLE["sam"], "role": "STUDENT"}),
        ("remove", {"email": PEOPLE["sue"]}),
        ("rename", {"name": "New"}),
    ],
)
def test_an_archived_course_is_closed_by_hand_too(box: Box, verb: str, body: Any) -> None:
    course = box.everybody()
    box.hand("POST", f"courses/{course}/archive")
    answer = box.hand("POST", f"courses/{course}/{verb}", body)
    assert (answer.status, answer.body) == (
        400,
        {"error": "Biology is ARCHIVED and can't be changed"},
    )


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"owner": PEOPLE["ada"]}, 400),
        ({"owner": "x@y.example", "name": "B"}, 404),
        ({"owner": PEOPLE["ada"], "name": "B", "state": "DECLINED"}, 400),
        ({"owner": PEOPLE["ada"], "name": "B", "state": "PROVISIONED"}, 200),
        ({"owner": PEOPLE["ada"], "name": "B", "title": "C"}, 400),
    ],
)
def test_courses_by_hand(box: Box, body: Any, status: int) -> None:
    assert box.hand("POST", "courses", body).status == status


def test_a_course_that_is_not_there(box: Box) -> None:
    answer = box.hand("POST", "courses/d%3Ano/accept")
    assert (answer.status, answer.body) == (404, {"error": "no course has the id or alias 'd:no'"})


def test_accounts_are_made_and_changed(box: Box) -> None:
    body = {"email": f"new@{DOMAIN}", "givenName": "New", "aliases": [f"n@{DOMAIN}"]}
    made = box.hand("POST", "users", body).body
    assert made["id"].isdecimal()
    assert {key: made[key] for key in body} == body
    both = [{"email": f"NEW@{DOMAIN}", "suspended": True}, {"email": f"other@{DOMAIN}"}]
    changed, other = box.hand("POST", "users", both).body
    assert (changed["id"], changed["suspended"]) == (made["id"], True)
    assert changed["aliases"] == [f"n@{DOMAIN}"]
    listed = {person["id"] for person in box.hand("GET", "users").body}
    assert listed == {*box.ids.values(), made["id"], other["id"]}


def test_a_renamed_account_keeps_its_former_address(box: Box) -> None:
    body = {"id": box.ids["sue"], "email": f"susan@{DOMAIN}"}
    assert box.hand("POST", "users", body).body["aliases"] == [PEOPLE["sue"]]
    found = box.ask("GET", f"/admin/directory/v1/users/{PEOPLE['sue']}").body
    assert (found["id"], found["primaryEmail"]) == (box.ids["sue"], f"susan@{DOMAIN}")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "users[0].email should be an e-mail address"),
        ({"email": "ada"}, "users[0].email should be an e-mail address, not 'ada'"),
        ({"email": PEOPLE["ada"], "age": 7}, "no such field as 'age'"),
        ({"email": PEOPLE["ada"], "admin": "yes"}, "users[0].admin should be true or false"),
        ({"email": PEOPLE["ada"], "aliases": "a@b"}, "users[0].aliases should be a list of texts"),
        ({"email": PEOPLE["ada"], "aliases": [PEOPLE["tom"]]}, f"belongs to {PEOPLE['tom']}"),
        ({"email": PEOPLE["ada"], "givenName": 5}, "users[0].givenName should be text"),
        ({"id": "5", "email": "a@b.example"}, "no account has the id '5'"),
        ({"email": PEOPLE["ada"], "since": "today"}, "users[0].since should be a number"),
        (7, "users[0] should be an object"),
    ],
)
def test_accounts_that_cannot_be_made(box: Box, body: Any, words: str) -> None:
    before = box.hand("GET", "users").body
    answer = box.hand("POST", "users", body)
    assert answer.status == 400
    assert words in answer.body["error"]
    assert box.hand("GET", "users").body == before


def test_an_alias_is_no_new_account(box: Box) -> None:
    box.hand("POST", "users", {"email": PEOPLE["sue"], "aliases": [f"su@{DOMAIN}"]})
    answer = box.hand("POST", "users", {"email": f"SU@{DOMAIN}"})
    assert (answer.status, answer.body) == (
        400,
        {"error": f"SU@{DOMAIN} is an alias of {PEOPLE['sue']}"},
    )


def test_the_address_of_a_deleted_account_is_free(box: Box) -> None:
    assert box.hand("DELETE", f"users/{PEOPLE['sue']}").status == 200
    assert box.hand("DELETE", f"users/{PEOPLE['sue']}").status == 404
    assert box.hand("POST", "users", {"email": PEOPLE["sue"]}).body["id"] != box.ids["sue"]


def test_the_state_goes_out_and_in(box: Box) -> None:
    course = box.everybody()
    before = box.hand("GET", "state").body
    box.remove(course, "sue")
    box.patch(course, name="New")
    assert box.hand("GET", "state").body != before
    assert box.hand("PUT", "state", before).body == before
    assert box.members(course) == ["sue"]


def test_a_state_written_by_a_person(box: Box) -> None:
    state = {
        "people": [{"email": PEOPLE["admin"], "admin": True}, {"email": PEOPLE["sue"]}],
        "courses": [
            {
                "name": "Physics",
                "owner": PEOPLE["admin"],
                "aliases": ["d:ph"],
                "students": [PEOPLE["sue"]],
            }
        ],
    }
    assert box.hand("PUT", "state", state).status == 200
    token = box.sim.access_token(
        PEOPLE["admin"], ["https://www.googleapis.com/auth/classroom.courses"]
    )
    assert box.ask("GET", "/v1/courses/d%3Aph", token=token).body["courseState"] == "PROVISIONED"


PERSON = {"email": "a@b.example", "id": "1"}
COURSE = {"name": "B", "owner": "a@b.example"}


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ([], 'the state should be an object with "people" and "courses"'),
        ({"users": []}, 'the state should be an object with "people" and "courses"'),
        ({"people": {}}, "people should be a list"),
        ({"people": [{"email": "x"}]}, "people[0].email should be an e-mail address"),
        ({"people": [{"id": "1"}]}, "people[0].email should be an e-mail address"),
        ({"people": [PERSON, PERSON]}, "people[1].id: 1 is there twice"),
        ({"people": [PERSON, {**PERSON, "id": "2"}]}, "already belongs to a@b.example"),
        ({"courses": [COURSE]}, "courses[0].owner should be the address or id of one"),
        ({"courses": [7]}, "courses[0] should be an object"),
        ({"people": [PERSON], "courses": [{**COURSE, "title": 1}]}, "no such field as 'title'"),
        ({"people": [PERSON], "courses": [{**COURSE, "name": ""}]}, "courses[0].name should be"),
        ({"people": [PERSON], "courses": [{**COURSE, "room": 5}]}, "courses[0].room should be"),
        ({"people": [PERSON], "courses": [{**COURSE, "state": "OPEN"}]}, "one of ACTIVE, ARCHIVED"),
        (
            {"people": [PERSON], "courses": [{**COURSE, "created": "x"}]},
            "created should be a number",
        ),
        ({"people": [PERSON], "courses": [{**COURSE, "id": 5}]}, "courses[0].id should be text"),
        ({"people": [PERSON], "courses": [{**COURSE, "number": "x"}]}, "number should be a whole"),
        ({"people": [PERSON], "courses": [{**COURSE, "aliases": ["x"]}]}, "begin with d: or p:"),
        (
            {"people": [PERSON], "courses": [{**COURSE, "aliases": ["d:x", "d:x"]}]},
            "courses[0].aliases: d:x is there twice",
        ),
        (
            {"people": [PERSON], "courses": [{**COURSE, "students": ["a@b.example"] * 2}]},
            "is in the course twice",
        ),
        (
            {"people": [PERSON], "courses": [{**COURSE, "students": [{"person": "z"}]}]},
            "courses[0].students[0] should be the address or id of one of the people",
        ),
        (
            {
                "people": [PERSON],
                "courses": [{**COURSE, "teachers": [{"person": "1", "since": "x"}]}],
            },
            "courses[0].teachers[0].since should be a number",
        ),
        (
            {"people": [PERSON], "courses": [{**COURSE, "id": "6"}, {**COURSE, "id": "6"}]},
            "courses[1].id: 6 is there twice",
        ),
    ],
)
def test_states_that_cannot_be_read(box: Box, state: Any, words: str) -> None:
    before = box.hand("GET", "state").body
    answer = box.hand("PUT", "state", state)
    assert answer.status == 400
    assert words in answer.body["error"]
    assert box.hand("GET", "state").body == before


def test_a_body_that_is_no_json(box: Box) -> None:
    response = box.client.put("/simulator/state", data="{people")
    assert response.status_code == 400
    assert response.get_json()["error"].startswith("the body should be JSON")


def test_switches_by_hand(box: Box) -> None:
    answer = box.hand("PATCH", "switches", {"state_late": 4, "errors_array": False})
    assert answer.body == {**Switches().values(), "state_late": 4, "errors_array": False}
    assert box.hand("GET", "switches").body == answer.body
    assert box.sim.switches == replace(Switches(), state_late=4, errors_array=False)


def test_calls_are_counted(box: Box) -> None:
    box.ask("GET", "/v1/courses")
    box.ask("GET", "/v1/courses/5")
    box.client.get("/oauth2/v1/certs")
    assert box.hand("GET", "calls").body == {
        "http": 3,
        "requests": {"200": 2, "404": 1},
        "api": {"classroom.courses.get": 1, "classroom.courses.list": 1},
        "answers": {"200": 1, "404": 1},
        "refused": {"404": 1},
    }
    cleared = {"http": 0, "requests": {}, "api": {}, "answers": {}, "refused": {}}
    assert box.hand("DELETE", "calls").body == box.hand("GET", "calls").body == cleared


@pytest.mark.parametrize(
    ("verb", "path", "status"),
    [
        ("GET", "nothing", 404),
        ("GET", "courses/5/accept", 405),
        ("GET", "courses/5", 404),
        ("GET", "courses", 405),
        ("DELETE", "state", 405),
        ("POST", "courses/5/accept/now", 404),
        ("DELETE", "users/no@one.example", 404),
    ],
)
def test_addresses_and_verbs(box: Box, verb: str, path: str, status: int) -> None:
    answer = box.hand(verb, path)
    assert answer.status == status
    assert answer.body["error"]


class Tags(HTMLParser):
    """The tags and the text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text = ""
        self.links: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links |= {value or "" for name, value in attrs if name in ("href", "src", "action")}

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page(box: Box) -> None:
    evil = "<script>alert('x')</script>"
    box.sim.add_user(PEOPLE["sue"], given='"><img src=x>', family="&amp;")
    course = box.course(name=evil, section="</dl>", id='d:"><b>')
    box.add(course, "sue")
    response = box.client.get("/simulator/")
    page = Tags(response.text)
    assert not page.tags & {"script", "img", "b", "style"}
    assert all(link.startswith("/simulator/") for link in page.links)
    for words in (evil, "PROVISIONED", "Ada Example", '"><img src=x> &amp;', 'd:"><b>', "</dl>"):
        assert words in page.text or words == "PROVISIONED"
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    style = box.client.get("/simulator/style.css")
    assert (style.status_code, style.mimetype) == (200, "text/css")


def test_the_page_finds(box: Box) -> None:
    box.course(name="Biology", section="P1", id="d:bio")
    chemistry = box.course("tom", name="Chemistry")
    box.add(chemistry, "sue")

    def found(words: str) -> set[str]:
        page = Tags(box.client.get("/simulator/", query_string={"find": words}).text)
        return {name for name in ("Biology", "Chemistry") if name in page.text}

    assert found("") == {"Biology", "Chemistry"}
    assert found("bIo") == found("p1") == found("d:bio") == {"Biology"}
    assert found("sue@") == found(chemistry) == found("Tom Ex") == {"Chemistry"}
    assert found("<nothing>") == set()


def test_the_page_of_an_empty_and_of_a_full_school(box: Box) -> None:
    assert "No course." in box.client.get("/simulator").text
    for number in range(302):
        box.course(name=f"C{number}")
    text = box.client.get("/simulator/").text
    assert "302 courses and 6 accounts" in text
    assert "2 more: search for them." in text


def test_the_page_tells_what_is_late(box: Box) -> None:
    box.sim.switches = Switches(state_late=60)
    course = box.course(state="PROVISIONED")
    box.state(course, "ACTIVE")
    box.hand("DELETE", f"users/{PEOPLE['ada']}")
    text = box.client.get("/simulator/").text
    assert "ACTIVE (reads still tell the old state)" in text
    assert "Ada Example</span> (deleted)" in text


def test_a_head_request_has_no_body(box: Box) -> None:
    response = box.client.head("/simulator/state")
    assert (response.status_code, response.data) == (200, b"")
    assert int(response.headers["Content-Length"]) == len(
        json.dumps(box.hand("GET", "state").body, separators=(",", ":"))
    )
