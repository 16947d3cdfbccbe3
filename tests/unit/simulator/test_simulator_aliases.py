"""Aliases: they work wherever an id does, each is there once, and domain ones are for admins."""

from urllib.parse import quote

import pytest

from policy.simulator.switches import Switches
from unit.simulator.asking import PEOPLE, Box

ODD = "d:a b/c?d=é%2F:e"


def test_a_course_is_made_with_its_alias_and_only_once(box: Box) -> None:
    body = {"id": "d:bio", "name": "Biology", "ownerId": PEOPLE["ada"]}
    first, second = (box.ask("POST", "/v1/courses", body) for _ in range(2))
    assert first.body["id"].isdecimal()
    assert second.word == "409 ALREADY_EXISTS"
    assert second.body["error"]["message"] == "Requested entity already exists"
    assert len(box.sim.state.courses) == 1


@pytest.mark.parametrize("alias", ["d:bio", "p:bio", ODD])
def test_an_alias_stands_for_the_id_everywhere(box: Box, alias: str) -> None:
    course = box.course(id=alias)
    path = f"/v1/courses/{quote(alias, safe='')}"
    assert box.ask("GET", path).body["id"] == course
    assert box.ask("PATCH", path, {"name": "N"}, updateMask="name").body["name"] == "N"
    assert box.ask("PUT", path, {"name": "M"}).body["name"] == "M"
    added = box.ask("POST", f"{path}/students", {"userId": PEOPLE["sue"]})
    assert added.body["courseId"] == course
    assert box.ask("GET", f"{path}/students/{box.ids['sue']}").status == 200
    assert len(box.ask("GET", f"{path}/teachers").body["teachers"]) == 1
    assert box.ask("DELETE", f"{path}/students/{box.ids['sue']}").status == 200
    assert box.ask("GET", f"{path}/aliases").body == {"aliases": [{"alias": alias}]}
    assert box.state(alias, "ARCHIVED").status == 200
    assert box.ask("DELETE", path).status == 200
    assert box.ask("GET", path).word == "404 NOT_FOUND"


@pytest.mark.parametrize(
    ("who", "alias", "word"),
    [
        pytest.param("admin", "d:x", "200", id="administrator, domain"),
        pytest.param("admin", "p:x", "200", id="administrator, project"),
        pytest.param("ada", "p:x", "200", id="teacher, project"),
        pytest.param("ada", "d:x", "403 PERMISSION_DENIED", id="teacher, domain"),
        pytest.param("sue", "p:x", "403 PERMISSION_DENIED", id="student"),
        pytest.param("sam", "p:x", "403 PERMISSION_DENIED", id="outsider"),
        pytest.param("admin", "x", "400 INVALID_ARGUMENT", id="no scope"),
        pytest.param("admin", "d:", "400 INVALID_ARGUMENT", id="nothing after the scope"),
        pytest.param("admin", "123", "400 INVALID_ARGUMENT", id="digits"),
        pytest.param("admin", "", "400 INVALID_ARGUMENT", id="empty"),
        pytest.param("admin", "d:" + "x" * 254, "200", id="longest"),
        pytest.param("admin", "d:" + "x" * 255, "400 INVALID_ARGUMENT", id="too long"),
        pytest.param("admin", "d:taken", "409 ALREADY_EXISTS", id="taken"),
    ],
)
def test_who_may_give_which_alias(box: Box, who: str, alias: str, word: str) -> None:
    box.course(id="d:taken")
    path = f"/v1/courses/{box.everybody()}/aliases"
    answer = box.ask("POST", path, {"alias": alias}, who=who)
    assert answer.word == word
    given = [{"alias": alias}] if word == "200" else []
    assert box.ask("GET", path).body == ({"aliases": given} if given else {})


def test_a_teacher_makes_a_course_with_a_project_alias_only(box: Box) -> None:
    body = {"id": "d:bio", "name": "Biology", "ownerId": "me"}
    assert box.ask("POST", "/v1/courses", body, who="ada").word == "403 PERMISSION_DENIED"
    assert box.ask("POST", "/v1/courses", {**body, "id": "p:bio"}, who="ada").status == 200


def test_domain_aliases_are_nothing_to_those_from_elsewhere(box: Box) -> None:
    course = box.course(id="d:bio")
    box.hand("POST", f"courses/{course}/add", {"email": PEOPLE["eve"], "role": "STUDENT"})
    assert box.ask("GET", "/v1/courses/d%3Abio", who="eve").word == "404 NOT_FOUND"
    assert box.ask("GET", f"/v1/courses/{course}/aliases", who="eve").body == {}
    own = {"id": "d:mine", "name": "B", "ownerId": "me"}
    assert box.ask("POST", "/v1/courses", own, who="eve").word == "400 FAILED_PRECONDITION"


def test_aliases_come_in_pages(box: Box) -> None:
    course = box.course()
    for name in "abc":
        box.ask("POST", f"/v1/courses/{course}/aliases", {"alias": f"d:{name}"})
    path = f"/v1/courses/{course}/aliases"
    first = box.ask("GET", path, pageSize=2).body
    rest = box.ask("GET", path, pageSize=2, pageToken=first["nextPageToken"]).body
    assert first["aliases"] == [{"alias": "d:a"}, {"alias": "d:b"}]
    assert rest == {"aliases": [{"alias": "d:c"}]}


@pytest.mark.parametrize(
    ("who", "alias", "word"),
    [
        ("admin", "d:bio", "200"),
        ("ada", "p:bio", "200"),
        ("ada", "d:bio", "403 PERMISSION_DENIED"),
        ("sue", "p:bio", "403 PERMISSION_DENIED"),
        ("admin", "d:other", "404 NOT_FOUND"),
    ],
)
def test_taking_an_alias_away(box: Box, who: str, alias: str, word: str) -> None:
    course = box.everybody()
    for each in ("d:bio", "p:bio"):
        box.ask("POST", f"/v1/courses/{course}/aliases", {"alias": each})
    path = f"/v1/courses/{course}/aliases/{quote(alias)}"
    assert box.ask("DELETE", path, who=who).word == word
    left = {"d:bio", "p:bio"} - ({alias} if word == "200" else set())
    assert set(box.sim.state.course_aliases[course]) == left


@pytest.mark.parametrize(("freed", "status"), [(True, 200), (False, 409)])
def test_the_alias_of_a_deleted_course(freed: bool, status: int) -> None:
    box = Box(switches=Switches(alias_freed_by_delete=freed))
    course = box.course(id="d:bio", state="ARCHIVED")
    box.ask("DELETE", f"/v1/courses/{course}")
    body = {"id": "d:bio", "name": "Biology", "ownerId": "me"}
    assert box.ask("POST", "/v1/courses", body).status == status


@pytest.mark.parametrize("to", ["the same", "another"])
def test_a_taken_alias_is_refused_whoever_has_it(box: Box, to: str) -> None:
    course = box.course(id="d:bio")
    where = course if to == "the same" else box.course()
    answer = box.ask("POST", f"/v1/courses/{where}/aliases", {"alias": "d:bio"})
    assert answer.word == "409 ALREADY_EXISTS"
    assert answer.body["error"]["message"] == "Requested entity already exists"
    assert box.ask("GET", "/v1/courses/d%3Abio").body["id"] == course


def test_a_course_has_several_aliases_at_once(box: Box) -> None:
    course = box.course(id="d:new")
    for alias in ("d:old", "p:old", "d:older"):
        answer = box.ask("POST", f"/v1/courses/{course}/aliases", {"alias": alias})
        assert (answer.status, answer.body) == (200, {"alias": alias})
    listed = box.ask("GET", f"/v1/courses/{course}/aliases").body["aliases"]
    assert [each["alias"] for each in listed] == ["d:new", "d:old", "d:older", "p:old"]
    for alias in ("d:new", "d:old", "d:older", "p:old"):
        assert box.ask("GET", f"/v1/courses/{quote(alias)}").body["id"] == course
    assert box.ask("DELETE", f"/v1/courses/{course}/aliases/d%3Anew").status == 200
    assert box.ask("GET", "/v1/courses/d%3Anew").word == "404 NOT_FOUND"
    assert box.ask("GET", "/v1/courses/d%3Aold").body["id"] == course
