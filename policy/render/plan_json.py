"""A Plan as JSON (`policy/schema/plan.schema.json`) and back: `rollbook apply` reads what
`rollbook plan --format json` wrote. Keys are the contract's; absent values are left out.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

import jsonschema

from policy.errors import PlanAtFault
from policy.merge.plan import (
    Change,
    CourseRef,
    HeldFor,
    Hold,
    Kept,
    Kind,
    NewCourse,
    Notice,
    Plan,
    PolicySummary,
    RosterSummary,
    Settle,
    StoreMark,
    Unmatched,
    Waiting,
)
from policy.merge.records import Base, Fields, Remembered, State, User

Json = dict[str, Any]


def print_json(plan: Plan) -> str:
    """The plan as JSON text, ending in a line end."""
    return json.dumps(plan_to_json(plan), ensure_ascii=False, indent=1) + "\n"


def read_json(text: str) -> Plan:
    """The plan that `print_json` wrote. Raises PlanAtFault."""
    try:
        data = json.loads(text)
    except ValueError as error:
        raise PlanAtFault(f"the plan is not JSON: {error}") from error
    problem = jsonschema.exceptions.best_match(_validator().iter_errors(data))
    if problem is not None:
        where = problem.json_path
        raise PlanAtFault(f"this is not a plan that Rollbook wrote: at {where}: {problem.message}")
    return plan_from_json(data)


@cache
def plan_schema() -> Json:
    """The schema of a plan."""
    text = (files("policy") / "schema" / "plan.schema.json").read_text(encoding="utf-8")
    schema: Json = json.loads(text)
    return schema


@cache
def _validator() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(plan_schema())


def plan_to_json(plan: Plan) -> Json:
    """The plan as plain values."""
    return {
        "id": plan.id,
        "created": plan.created.isoformat(),
        "district": plan.district,
        "district_name": plan.district_name,
        "roster": {
            "source": plan.roster.source,
            "digest": plan.roster.digest,
            "counts": dict(plan.roster.counts),
        },
        "policy": {
            "digest": plan.policy.digest,
            "commit": plan.policy.commit,
            "clean": plan.policy.clean,
            "folder": plan.policy.folder,
            "files": dict(plan.policy.files),
        },
        "store": {"id": plan.store.id, "revision": plan.store.revision},
        "courses": plan.courses,
        "schools": dict(plan.schools),
        "summary": dict(plan.summary()),
        "changes": [_change(change) for change in plan.changes],
        "held": [_hold(hold) for hold in plan.held],
        "kept": [_kept(kept) for kept in plan.kept],
        "unmatched": [_unmatched(person) for person in plan.unmatched],
        "waiting": [_waiting(section) for section in plan.waiting],
        "notices": [
            {"row": notice.row, "message": notice.message, "code": notice.code}
            for notice in plan.notices
        ],
        "settle": _settle(plan.settle),
    }


def _present(**values: object) -> Json:
    return {key: value for key, value in values.items() if value is not None}


def _course(course: CourseRef) -> Json:
    school = {"key": course.school_key, "name": course.school}
    return _present(alias=course.alias, id=course.id, name=course.name, school=school)


def _user(user: User | None) -> Json | None:
    return None if user is None else {"id": user.id, "email": user.email, "name": user.name}


def _change(change: Change) -> Json:
    made = change.new and {
        "name": change.new.fields.name,
        "section": change.new.fields.section,
        "room": change.new.fields.room,
        "state": change.new.state,
        "ends": change.new.ends,
        **({"together": list(change.new.together)} if change.new.together else {}),
        "owner": _user(change.new.owner),
    }
    shown: Json = {"from": change.before, "to": made or change.after}
    return _present(
        kind=change.kind.value,
        course=_course(change.course),
        section=change.section,
        person=_user(change.person),
        field=change.field,
        **shown,
        keeps_former=change.keeps_former if change.kind is Kind.COURSE_OWNER else None,
        claim=change.claim and _base(change.claim),
        why=list(change.why),
    )


def _hold(hold: Hold) -> Json:
    return {
        "kind": hold.kind.value,
        "count": hold.count,
        "reason": hold.reason.value,
        "limit": hold.limit,
        "why": list(hold.why),
        "changes": [_change(change) for change in hold.changes],
    }


def _kept(kept: Kept) -> Json:
    return _present(
        course=_course(kept.course),
        record=kept.record,
        what=kept.what,
        since=kept.since,
        person=_user(kept.person),
        ours=kept.ours,
        theirs=kept.theirs,
        why=list(kept.why),
    )


def _unmatched(person: Unmatched) -> Json:
    return {
        "person": person.person_key,
        "name": person.name,
        "row": person.row,
        "reason": person.reason,
        "sections": list(person.sections),
    }


def _waiting(section: Waiting) -> Json:
    return {
        "section": section.section,
        "title": section.title,
        "school": section.school,
        "row": section.row,
        "reason": section.reason,
    }


def _settle(settle: Settle) -> Json:
    return {
        "keep": [_base(base) for base in settle.keep],
        "forget": list(settle.forget),
        "matches": {key: [old.user_id, old.email] for key, old in settle.matches.items()},
        "heard": [list(entry) for entry in settle.heard],
        "keyed_by": settle.keyed_by,
        "reported": settle.reported,
        "roster": dict(settle.roster),
    }


def _base(base: Base) -> Json:
    return {
        "alias": base.alias,
        "id": base.course_id,
        "section": base.section_key,
        "school": base.school_key,
        "fields": [base.fields.name, base.fields.section, base.fields.room],
        "owner": base.owner,
        "teachers": sorted(base.teachers),
        "students": sorted(base.students),
        "kept": dict(base.kept),
        "leaving": dict(base.leaving),
        "former": sorted(base.former),
        "state": base.state.value,
        "ends": base.ends,
        "read": base.read,
        "settled": base.settled,
    }


def plan_from_json(data: Json) -> Plan:
    """A plan from plain values that fit the schema."""
    return Plan(
        id=data["id"],
        created=datetime.fromisoformat(data["created"]),
        district=data["district"],
        district_name=data["district_name"],
        roster=RosterSummary(**data["roster"]),
        policy=PolicySummary(**data["policy"]),
        store=StoreMark(**data["store"]),
        changes=tuple(_read_change(change) for change in data["changes"]),
        held=tuple(_read_hold(hold) for hold in data["held"]),
        kept=tuple(_read_kept(kept) for kept in data["kept"]),
        unmatched=tuple(_read_unmatched(person) for person in data["unmatched"]),
        waiting=tuple(Waiting(**section) for section in data["waiting"]),
        notices=tuple(Notice(**notice) for notice in data["notices"]),
        courses=data["courses"],
        schools=data["schools"],
        settle=_read_settle(data["settle"]),
    )


def _read_course(data: Json) -> CourseRef:
    school = data["school"]
    return CourseRef(data["alias"], data.get("id"), data["name"], school["key"], school["name"])


def _read_user(data: Mapping[str, str] | None) -> User | None:
    return None if data is None else User(data["id"], data["email"], data["name"])


def _read_change(data: Json) -> Change:
    to = data.get("to")
    return Change(
        kind=Kind(data["kind"]),
        course=_read_course(data["course"]),
        section=data["section"],
        why=tuple(data["why"]),
        person=_read_user(data.get("person")),
        field=data.get("field"),
        before=data.get("from"),
        after=to if isinstance(to, str) else None,
        new=_read_new(to) if isinstance(to, dict) else None,
        keeps_former=data.get("keeps_former", True),
        claim=_read_base(data["claim"]) if "claim" in data else None,
    )


def _read_new(data: Json) -> NewCourse:
    fields = Fields(name=data["name"], section=data["section"], room=data["room"])
    return NewCourse(
        fields,
        User(**data["owner"]),
        data["state"],
        data.get("ends", ""),
        tuple(data.get("together", ())),
    )


def _read_hold(data: Json) -> Hold:
    return Hold(
        kind=Kind(data["kind"]),
        count=data["count"],
        reason=HeldFor(data["reason"]),
        limit=data["limit"],
        why=tuple(data["why"]),
        changes=tuple(_read_change(change) for change in data["changes"]),
    )


def _read_kept(data: Json) -> Kept:
    return Kept(
        course=_read_course(data["course"]),
        record=data["record"],
        what=data["what"],
        since=data["since"],
        why=tuple(data["why"]),
        person=_read_user(data.get("person")),
        ours=data.get("ours"),
        theirs=data.get("theirs"),
    )


def _read_unmatched(data: Json) -> Unmatched:
    sections: Sequence[str] = data["sections"]
    return Unmatched(data["person"], data["name"], data["row"], data["reason"], tuple(sections))


def _read_settle(data: Json) -> Settle:
    return Settle(
        keep=tuple(_read_base(base) for base in data["keep"]),
        forget=tuple(data["forget"]),
        matches={key: Remembered(*old) for key, old in data["matches"].items()},
        heard=tuple((run_id, number) for run_id, number in data["heard"]),
        keyed_by=data["keyed_by"],
        reported=data["reported"],
        roster=data["roster"],
    )


def _read_base(data: Json) -> Base:
    return Base(
        alias=data["alias"],
        course_id=data["id"],
        section_key=data["section"],
        school_key=data["school"],
        fields=Fields(*data["fields"]),
        owner=data["owner"],
        teachers=frozenset(data["teachers"]),
        students=frozenset(data["students"]),
        kept=data["kept"],
        leaving=data["leaving"],
        former=frozenset(data["former"]),
        state=State(data["state"]),
        ends=data["ends"],
        read=data["read"],
        settled=data["settled"],
    )
