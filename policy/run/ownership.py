"""Refuses a plan that would change a course which is not ours. Before the first write."""

from collections.abc import Mapping

from policy.errors import PlanAtFault
from policy.merge.plan import Change, Plan
from policy.run.rows import base_row
from policy.run.writing import is_claim
from policy.store.base import BaseCourse, Store


def rows_of(plan: Plan, store: Store) -> dict[str, BaseCourse]:
    """Our rows of the courses that the plan changes, by alias. Raises PlanAtFault where it changes
    another one, unless the plan itself takes that one as ours."""
    rows = store.base_of(_ids(plan))
    _refuse(plan, rows, store)
    return {row.alias: row for row in rows.values()}


def refuse_foreign(plan: Plan, store: Store) -> None:
    """The same check before the store has learned what the plan has found out."""
    ids = set(_ids(plan))
    learned = {b.course_id: base_row(b) for b in plan.settle.keep if b.course_id in ids}
    _refuse(plan, {**store.base_of(sorted(ids)), **learned}, store)


def _ids(plan: Plan) -> list[str]:
    return sorted({c.course.id for c in plan.changes if c.course.id is not None})


def _refuse(plan: Plan, rows: Mapping[str, BaseCourse], store: Store) -> None:
    claims = _claims(plan, rows, store)
    for change in plan.changes:
        course_id = change.course.id
        if course_id is None:
            continue
        row = rows.get(course_id)
        alias = claims.get(course_id, row.alias if row else None)
        if alias != change.course.alias:
            raise _foreign(plan, change)


def _claims(plan: Plan, rows: Mapping[str, BaseCourse], store: Store) -> Mapping[str, str]:
    """The courses that the plan takes as ours: course id -> alias."""
    claims = [change for change in plan.changes if is_claim(change)]
    taken = {head.alias for head in store.heads()} if claims else set()
    found: dict[str, str] = {}
    for change in claims:
        course_id, alias = change.course.id or "", change.course.alias
        if not _is_sound(change, rows.get(course_id)) or alias in taken or course_id in found:
            raise _foreign(plan, change)
        taken.add(alias)
        found[course_id] = alias
    return found


def _is_sound(change: Change, row: BaseCourse | None) -> bool:
    """Does a claim say the same of its course everywhere, and is its course whose it says?"""
    base, course = change.claim, change.course
    if base is None or (base.alias, base.course_id) != (course.alias, course.id):
        return False
    return change.after == course.alias and change.before == (row.alias if row else None)


def _foreign(plan: Plan, change: Change) -> PlanAtFault:
    return PlanAtFault(
        f"plan {plan.id} changes course {change.course.id} as {change.course.alias}, which is no "
        "class of this store; nothing was written. Make a new plan."
    )
