"""The methods of classroom.courses.aliases."""

from policy.simulator.courses import check_alias, page_size
from policy.simulator.pages import answer_page, cursor
from policy.simulator.refusals import JsonObject, denied, invalid, not_found
from policy.simulator.rules import STAFF, find_course, is_admin, require
from policy.simulator.world import Call


def create(call: Call) -> JsonObject:
    """POST /v1/courses/{courseId}/aliases"""
    course = find_course(call, call.path["courseId"])
    require(call, course, STAFF)
    alias = call.text("alias")
    if not alias:
        raise invalid()
    check_alias(call, alias)
    call.state.add_alias(alias, course)
    return {"alias": alias}


def list_aliases(call: Call) -> JsonObject:
    """GET /v1/courses/{courseId}/aliases"""
    course = find_course(call, call.path["courseId"])
    after = cursor(call, str)
    visible = sorted(
        alias
        for alias in call.state.course_aliases[course.id]
        if alias.startswith("p:") or call.world.at_home(call.caller)
    )
    return answer_page(
        call,
        "aliases",
        (alias for alias in visible if after is None or alias > after),
        size=page_size(call, usual=100),
        place=lambda alias: alias,
        shown=lambda alias: {"alias": alias},
    )


def delete(call: Call) -> JsonObject:
    """DELETE /v1/courses/{courseId}/aliases/{alias}"""
    course = find_course(call, call.path["courseId"])
    require(call, course, STAFF)
    alias = call.path["alias"]
    if alias not in call.state.course_aliases[course.id]:
        raise not_found()
    if alias.startswith("d:") and not is_admin(call.world, call.caller):
        raise denied()
    call.state.remove_alias(alias)
    return {}
