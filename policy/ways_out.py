"""The three ways out of what is held or kept: overwrite, release, accept into the policy.

None writes to Google. The first two change what the store takes as last applied, so that the next
plan says something else: an overwritten record is wanted again as the roster and the policy have
it, a released one is Rollbook's no longer. The third is an entry for the policy (`rules.accept`).
"""

import json
from dataclasses import replace

from policy.engine import World
from policy.errors import InputAtFault
from policy.google.base import Course
from policy.rules.accept import Acceptance, file_for
from policy.rules.model import Policy
from policy.run.rows import sections_of
from policy.store.base import BaseCourse

FIELDS = ("name", "section", "room", "owner", "state")


def overwrite_field(world: World, row: BaseCourse, field: str) -> str:
    """Let the roster and the policy have a text, the owner or the state of a class again. The next
    plan shows the change. Raises InputAtFault. Says what was done."""
    with world.store.run_lock():
        course = _in_classroom(world, row)
        theirs = course.state.value if field == "state" else str(getattr(course, field))
        kept = {key: since for key, since in row.kept.items() if key != field}
        world.store.keep([replace(_with(row, field, theirs), kept=kept, settled="")])
    return f"The {field} of “{row.name}” ({theirs!r} in Classroom) is the roster's again"


def _with(row: BaseCourse, field: str, text: str) -> BaseCourse:
    match field:
        case "name":
            return replace(row, name=text)
        case "section":
            return replace(row, section=text)
        case "room":
            return replace(row, room=text)
        case "owner":
            return replace(row, owner=text)
        case "state":
            return replace(row, state=text)
    raise InputAtFault(f"{field!r} is nothing of a class; expected one of {', '.join(FIELDS)}")


def overwrite_course(world: World, row: BaseCourse) -> str:
    """Let a class that was deleted by hand be made again."""
    with world.store.run_lock():
        if isinstance(world.classroom.find([row.course_id]).get(row.course_id), Course):
            raise InputAtFault(
                f"“{row.name}” is in Classroom (course {row.course_id}): name a --field or a "
                "--person of it to overwrite"
            )
        world.store.keep([], forget=[row.alias])
    return f"“{row.name}” was deleted by hand, and the next sync makes it again"


def overwrite_seat(world: World, row: BaseCourse, user_id: str) -> str:
    """Let the roster say again whether somebody is in a class, whatever was done by hand."""
    teachers, students = row.teachers, row.students
    told: list[str] = []
    for role in ("teacher", "student"):
        is_former = role == "teacher" and user_id in row.former
        if f"{role}:{user_id}" not in row.kept or is_former:
            continue
        ours = teachers if role == "teacher" else students
        told.append(f"{role} {'removed' if user_id in ours else 'added'} by hand")
        changed = ours ^ {user_id}  # removed: not ours to keep away; added: as if we had done it
        teachers, students = (changed, students) if role == "teacher" else (teachers, changed)
    if user_id in row.former:
        told.append("a former owner who stays")
        teachers = teachers | {user_id}
    if not told:
        raise InputAtFault(
            f"nothing that a hand did to user {user_id} in “{row.name}” is known as of the last run"
        )
    kept = {key: since for key, since in row.kept.items() if not key.endswith(f":{user_id}")}
    former = row.former - {user_id}
    again = replace(
        row, teachers=teachers, students=students, former=former, kept=kept, read="", settled=""
    )
    with world.store.run_lock():
        world.store.keep([again])
    return f"User {user_id} in “{row.name}” ({', '.join(told)}) is the roster's to say again"


def release_course(world: World, alias: str) -> str:
    """Let go of a class, ours or one that is held: it stays as it is, and no class is made for
    its section any more; nor for any of its sections, where they are several. Raises InputAtFault
    for a section that is in the class of another: its people would leave that one."""
    home = next((h for h in world.store.heads() if alias in sections_of(h)), None)
    if home is not None and home.alias != alias:
        raise InputAtFault(
            f"{alias} is a section of {home.alias}, “{home.name}” (classes.combine): release that "
            "one, with all its sections, or leave this section out by the rule's `where`"
        )
    row = world.store.base_under([alias]).get(alias)
    aliases = list(dict.fromkeys([alias, *(sections_of(row) if row else ())]))
    with world.store.run_lock():
        world.store.release(aliases)
    told = (
        f"{alias} is released: Rollbook never touches its class again, and makes no other one. To "
        f"take it back: rollbook release {alias} --undo"
    )
    if len(aliases) == 1:
        return told
    return f"{told}. So are its other sections, to be taken back alike: {', '.join(aliases[1:])}"


def release_seat(world: World, row: BaseCourse, user_id: str) -> str:
    """Let go of a seat of ours: it stays, as if a hand had made it, unless the roster asks for
    it (then it is ours again)."""
    if user_id not in row.teachers | row.students | row.former:
        raise InputAtFault(f"user {user_id} has no seat of ours in “{row.name}”")
    released = replace(
        row,
        teachers=row.teachers - {user_id},
        students=row.students - {user_id},
        former=row.former - {user_id},
        leaving={k: since for k, since in row.leaving.items() if not k.endswith(f":{user_id}")},
        read="",
    )
    with world.store.run_lock():
        world.store.keep([released])
    return f"The seat of user {user_id} in “{row.name}” is released: it stays as made by hand"


def take_back(world: World, alias: str) -> str:
    """Undo the release of a class: the next night finds it by its alias, and holds it."""
    if alias not in world.store.mark().released:
        raise InputAtFault(f"{alias} was not released")
    with world.store.run_lock():
        world.store.take_back([alias])
    return f"{alias} is taken back: the next plan finds its class, and asks whether it is ours"


def without_class(row: BaseCourse, policy: Policy) -> Acceptance:
    """The entry by which a section is out of scope."""
    entry = f"{{section: {_quoted(row.section_key)}}}"
    return _acceptance("classes.scope.exclude", entry, row, policy)


def seat_as_it_is(world: World, row: BaseCourse, user_id: str, policy: Policy) -> Acceptance:
    """The entry by which what a hand did to a seat is what the policy wants. Raises InputAtFault
    when no hand did anything that is known, or the policy has no words for it."""
    account = next((a for a in world.directory.accounts() if a.id == user_id), None)
    if account is None:
        raise InputAtFault(f"user {user_id} has no Google account any more: nothing to accept")
    where, email = f"where: {{section: {_quoted(row.section_key)}}}", account.emails[0]
    if f"student:{user_id}" in row.kept:
        keep = "out" if user_id in row.students else "in"
        entry = f"{{person: {email}, {where}, keep: {keep}}}"
        return _acceptance("students.exceptions", entry, row, policy)
    if f"teacher:{user_id}" in row.kept and user_id not in row.teachers:
        entry = f"{{{where}, teachers: [{email}]}}"
        return _acceptance("co_teachers.extra", entry, row, policy)
    if f"teacher:{user_id}" in row.kept:
        raise InputAtFault(
            "the policy has no words for a co-teacher of the roster who is kept out of one class; "
            "while co_teachers.removed_by_hand is keep, they stay removed"
        )
    raise InputAtFault(
        f"nothing that a hand did to {email} in “{row.name}” is known as of the last run"
    )


def proposal(policy: Policy, acceptance: Acceptance) -> str:
    """What to write, and where."""
    *above, last = acceptance.field.split(".")
    lines = [f"{'  ' * depth}{key}:" for depth, key in enumerate((*above, last))]
    lines.append(f"{'  ' * (len(above) + 1)}- {acceptance.entry}")
    file = file_for(policy, acceptance)
    return f"# {file}: add this entry (--write does it)\n" + "\n".join(lines) + "\n"


def _acceptance(field: str, entry: str, row: BaseCourse, policy: Policy) -> Acceptance:
    """For the school's own file, where that has such a list. The store knows a school's key only:
    where a file may claim it by name, nobody can tell here which list is in force."""
    rivals = [name for name, lines in policy.school_lines.items() if field in lines]
    if rivals and row.school_key not in policy.schools:
        raise InputAtFault(
            f"{field} is set for {', '.join(rivals)} on its own, and whether one of these is the "
            f"school with the key {row.school_key} can't be told: claim schools by key there, or "
            f"write this entry into the right file: - {entry}"
        )
    return Acceptance(field, entry, row.school_key, "")


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _in_classroom(world: World, row: BaseCourse) -> Course:
    found = world.classroom.find([row.course_id]).get(row.course_id)
    if not isinstance(found, Course):
        raise InputAtFault(
            f"“{row.name}” (course {row.course_id}) can't be read in Classroom; without --field, "
            "overwrite lets it be made again"
        )
    return found
