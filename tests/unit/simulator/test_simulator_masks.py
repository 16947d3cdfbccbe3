"""Field masks on answers, and parameters and bodies checked against the discovery documents."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.simulator.masks import read_mask, select
from policy.simulator.refusals import Refusal
from unit.simulator.asking import PEOPLE, Box

VALUE = {
    "id": "1",
    "owner": {"id": "2", "name": {"given": "A", "family": "B"}},
    "members": [{"id": "3", "role": {"word": "T"}}, {"id": "4"}],
}


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("id", {"id": "1"}),
        ("id,owner/id", {"id": "1", "owner": {"id": "2"}}),
        ("owner(id,name/given)", {"owner": {"id": "2", "name": {"given": "A"}}}),
        ("owner/name", {"owner": {"name": {"given": "A", "family": "B"}}}),
        ("owner/id,owner/name(family)", {"owner": {"id": "2", "name": {"family": "B"}}}),
        ("owner,owner/id", {"owner": VALUE["owner"]}),
        ("members/id", {"members": [{"id": "3"}, {"id": "4"}]}),
        ("members(id,role/word)", {"members": [{"id": "3", "role": {"word": "T"}}, {"id": "4"}]}),
        ("members(role(word))", {"members": [{"role": {"word": "T"}}, {}]}),
        ("*", VALUE),
        ("owner/*", {"owner": VALUE["owner"]}),
        ("*/id", {"owner": {"id": "2"}, "members": [{"id": "3"}, {"id": "4"}]}),
        (" id , owner ( id ) ", {"id": "1", "owner": {"id": "2"}}),
        ("", {}),
        ("absent", {}),
    ],
)
def test_what_a_mask_leaves(text: str, left: object) -> None:
    assert select(read_mask(text), VALUE) == left


@pytest.mark.parametrize(
    "text", ["a,", ",a", "a(b", "a)b", "a(b))", "a//b", "/a", "a()", "a b", "1"]
)
def test_masks_that_cannot_be_read(text: str) -> None:
    with pytest.raises(Refusal, match="Invalid field selection"):
        read_mask(text)


names = st.sampled_from("abc")
trees = st.recursive(
    st.none(), lambda inner: st.dictionaries(names, inner, min_size=1), max_leaves=8
)


def written(tree: dict[str, object]) -> str:
    return ",".join(
        f"{name}({written(inner)})" if isinstance(inner, dict) else name
        for name, inner in tree.items()
    )


@given(st.dictionaries(names, trees, min_size=1))
def test_a_mask_that_is_written_is_read_again(tree: dict[str, object]) -> None:
    assert read_mask(written(tree)) == tree


def test_masks_on_answers(box: Box) -> None:
    course = box.everybody()
    page = box.ask(
        "GET",
        f"/v1/courses/{course}/teachers",
        pageSize=1,
        fields="nextPageToken,teachers(userId,profile/emailAddress)",
    ).body
    assert page.pop("nextPageToken")
    member = {"userId": box.ids["ada"], "profile": {"emailAddress": PEOPLE["ada"]}}
    assert page == {"teachers": [member]}
    assert box.ask("GET", f"/v1/courses/{course}", fields="name,courseState").body == {
        "name": "Biology",
        "courseState": "ACTIVE",
    }
    body = {"name": "B", "ownerId": "me"}
    assert box.ask("POST", "/v1/courses", body, fields="").body == {}


@pytest.mark.parametrize("fields", ["title", "id,profile", "teacherFolder/size", "name("])
def test_masks_of_unknown_fields(box: Box, fields: str) -> None:
    answer = box.ask("GET", f"/v1/courses/{box.course()}", fields=fields)
    assert answer.word == "400 INVALID_ARGUMENT"
    assert answer.body["error"]["message"].startswith("Invalid field selection")


@pytest.mark.parametrize(
    ("verb", "path", "status"),
    [
        ("GET", "/v1/course", 404),
        ("GET", "/", 404),
        ("GET", "/v2/courses", 404),
        ("PATCH", "/v1/courses", 404),
        ("GET", "/v1/courses/1/pupils", 404),
        ("GET", "/v1/courses//teachers", 404),
        ("GET", "/v1/courses/1/topics", 403),  # a method of Classroom, for other scopes
        ("POST", "/v1/invitations", 501),
    ],
)
def test_paths(box: Box, verb: str, path: str, status: int) -> None:
    body = {} if verb in ("POST", "PATCH") else None
    assert box.ask(verb, path, body).status == status


def test_a_method_that_the_simulator_does_not_have(box: Box) -> None:
    answer = box.ask("POST", "/v1/invitations", {})
    assert answer.word == "501 NOT_IMPLEMENTED"
    assert "classroom.invitations.create" in answer.body["error"]["message"]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"size": 1}, "Unknown name \"size\": Cannot bind query parameter. Field 'size'"),
        ({"pageSize": "many"}, "Invalid value at 'pageSize' (TYPE_INT32), \"many\""),
        ({"pageSize": 2**31}, "Invalid value at 'pageSize' (TYPE_INT32)"),
        ({"courseStates": ["ACTIVE", "OPEN"]}, "Invalid value at 'courseStates' (TYPE_ENUM)"),
        ({"teacherId": ["a", "b"]}, "Invalid value at 'teacherId'"),
        ({"prettyPrint": "yes"}, "Invalid value at 'prettyPrint' (TYPE_BOOL)"),
        ({"alt": "media"}, "JSON only"),
        ({"alt": "xml"}, "Invalid value at 'alt'"),
    ],
)
def test_parameters_that_do_not_fit(box: Box, query: dict[str, object], words: str) -> None:
    answer = box.ask("GET", "/v1/courses", **query)
    assert answer.word == "400 INVALID_ARGUMENT"
    assert words in answer.body["error"]["message"]


def test_parameters_that_every_method_has(box: Box) -> None:
    query = {"alt": "json", "prettyPrint": "false", "quotaUser": "x", "key": "y"}
    assert box.ask("GET", "/v1/courses", **query).status == 200


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"title": "B"}, "Unknown name \"title\" at 'course': Cannot find field."),
        ({"name": 5}, "Invalid value at 'course.name' (TYPE_STRING), 5"),
        ({"name": ["B"]}, "Invalid value at 'course.name' (TYPE_STRING)"),
        ({"guardiansEnabled": "no"}, "Invalid value at 'course.guardiansEnabled' (TYPE_BOOL)"),
        ({"teacherFolder": "x"}, "Invalid value at 'course.teacherFolder' (TYPE_MESSAGE)"),
        ({"teacherFolder": {"size": 1}}, "Unknown name \"size\" at 'course.teacherFolder'"),
        ({"courseMaterialSets": [{"title": 1}]}, "at 'course.courseMaterialSets[0].title'"),
        ({"courseMaterialSets": {}}, "Invalid value at 'course.courseMaterialSets'"),
        ([], "Invalid value at 'course' (TYPE_MESSAGE)"),
        ("B", "Invalid value at 'course' (TYPE_MESSAGE)"),
    ],
)
def test_bodies_that_do_not_fit(box: Box, body: object, words: str) -> None:
    answer = box.ask("POST", "/v1/courses", body)
    assert answer.word == "400 INVALID_ARGUMENT"
    assert words in answer.body["error"]["message"]


def test_null_stands_for_an_absent_field(box: Box) -> None:
    body = {"name": "B", "ownerId": "me", "section": None, "courseState": None}
    answer = box.ask("POST", "/v1/courses", body)
    assert (answer.body["courseState"], "section" in answer.body) == ("PROVISIONED", False)


def test_a_body_that_is_no_json(box: Box) -> None:
    headers = {"Authorization": f"Bearer {box.token('admin')}"}
    response = box.client.post("/v1/courses", data="{name:", headers=headers)
    assert response.status_code == 400


def test_a_body_where_none_belongs(box: Box) -> None:
    course = box.course(state="ARCHIVED")
    assert box.ask("DELETE", f"/v1/courses/{course}", {"id": course}).status == 400


def test_a_get_that_is_too_long_comes_as_a_post(box: Box) -> None:
    box.course()
    headers = {"Authorization": f"Bearer {box.token('admin')}", "X-HTTP-Method-Override": "GET"}
    form = "application/x-www-form-urlencoded"
    response = box.client.post(
        "/v1/courses", data="pageSize=1&fields=courses(name)", headers=headers, content_type=form
    )
    assert response.get_json() == {"courses": [{"name": "Biology"}]}
    headers["X-HTTP-Method-Override"] = "DELETE"
    assert box.client.post("/v1/courses/1", headers=headers).status_code == 404
