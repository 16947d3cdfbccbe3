"""The words that every rendering of a plan shares: kinds, changes, kept things, in plain text."""

import textwrap
from collections import Counter
from collections.abc import Mapping, Sequence

from policy.merge.plan import ALIAS, FORMER_ALIAS, ORDER, Change, Hold, Kept, Kind, Plan

KINDS = {  # one, several; to do
    Kind.COURSE_CREATE: ("class to make", "classes to make"),
    Kind.COURSE_UPDATE: ("class text or key to change", "class texts or keys to change"),
    Kind.COURSE_OWNER: ("class gets a new owner", "classes get a new owner"),
    Kind.TEACHER_ADD: ("co-teacher to add", "co-teachers to add"),
    Kind.TEACHER_REMOVE: ("teacher to take out", "teachers to take out"),
    Kind.STUDENT_ADD: ("student seat to fill", "student seats to fill"),
    Kind.STUDENT_REMOVE: ("student seat to take away", "student seats to take away"),
    Kind.COURSE_ARCHIVE: ("class to archive", "classes to archive"),
    Kind.COURSE_RESTORE: ("class to open again", "classes to open again"),
}


DONE = {  # the same, done
    Kind.COURSE_CREATE: ("class made", "classes made"),
    Kind.COURSE_UPDATE: ("class text or key changed", "class texts or keys changed"),
    Kind.COURSE_OWNER: ("class handed over", "classes handed over"),
    Kind.TEACHER_ADD: ("co-teacher added", "co-teachers added"),
    Kind.TEACHER_REMOVE: ("teacher taken out", "teachers taken out"),
    Kind.STUDENT_ADD: ("student seat filled", "student seats filled"),
    Kind.STUDENT_REMOVE: ("student seat taken away", "student seats taken away"),
    Kind.COURSE_ARCHIVE: ("class archived", "classes archived"),
    Kind.COURSE_RESTORE: ("class opened again", "classes opened again"),
}


WIDTH = 80  # of a terminal
COMMIT = 10  # letters of a commit's name
SYNC = "rollbook sync POLICY"  # where it is not known what was called


def counted(count: int, one: str, several: str) -> str:
    """ "1 class", "2,310 classes"."""
    return f"{count:,} {one if count == 1 else several}"


def wrapped(line: str, indent: int) -> list[str]:
    """A line for a terminal, broken where it is too long; what follows is indented."""
    return textwrap.wrap(
        line,
        WIDTH,
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
        replace_whitespace=False,
    )


def commit_words(commit: str, *, is_clean: bool) -> str:
    """A policy's commit, short: "0a1b2c3d4e", or "0a1b2c3d4e and changes"."""
    return f"{commit[:COMMIT]}{'' if is_clean else ' and changes'}"


def rows_words(counts: Mapping[str, int]) -> str:
    """Data rows by kind: "3 schools, 1 person". Of several drops, those of all together."""
    ones = {"people": "person", "memberships": "membership"}
    return ", ".join(
        counted(count, ones.get(kind, kind.removesuffix("s")), kind)
        for kind, count in counts.items()
        if " " not in kind  # "co-teachers memberships"
    )


def kind_words(kind: Kind, count: int) -> str:
    one, several = KINDS[kind]
    return one if count == 1 else several


def notices_title(plan: Plan) -> str:
    """What notices are about: a drop, or the run that is taken back."""
    return "To look at in the roster" if plan.roster.counts else "To know"


def nothing_words(plan: Plan) -> str:
    """What there is to say when nothing is to be changed."""
    checked = counted(plan.courses, "class", "classes")
    if plan.held:
        return f"Nothing else to change: {checked} checked."
    if plan.courses:
        return f"Nothing to do: {checked} checked."
    if plan.waiting:
        sections = counted(len(plan.waiting), "section", "sections")
        return f"Nothing can be made: all {sections} in scope wait; why is told below."
    return "No section is in scope; why is told below."


def done_words(kind: Kind, count: int) -> str:
    one, several = DONE[kind]
    return one if count == 1 else several


def change_words(change: Change) -> str:
    """One change in one line."""
    name = f"“{change.course.name}”"
    who = (change.person.name or change.person.id) if change.person else ""
    match change.kind:
        case Kind.COURSE_CREATE:
            owner = change.new.owner if change.new else None
            return f"make {name}, owner {owner.name if owner else '?'}"
        case Kind.COURSE_UPDATE if change.field == FORMER_ALIAS:
            return f"{name} no longer goes by {change.before}"
        case Kind.COURSE_UPDATE if change.field == ALIAS:
            return f"course {change.course.id} becomes {name}, as section {change.section}"
        case Kind.COURSE_UPDATE:
            return f"{change.field} of {name}: {change.before!r} becomes {change.after!r}"
        case Kind.COURSE_OWNER:
            return f"{name} goes to {who}"
        case Kind.COURSE_ARCHIVE:
            return f"archive {name}"
        case Kind.COURSE_RESTORE:
            verb = "offer" if change.after == "PROVISIONED" else "open"
            return f"{verb} {name} again"
        case Kind.TEACHER_ADD | Kind.STUDENT_ADD:
            return f"{who} into {name}"
        case Kind.TEACHER_REMOVE | Kind.STUDENT_REMOVE:
            return f"{who} out of {name}"


def kept_words(kept: Kept) -> str:
    """One thing that stays as a teacher made it, in one line."""
    course = f"“{kept.course.name}”"
    since = kept.since[:10]
    if kept.person is not None and kept.record != "owner":
        return f"{kept.person.name or kept.person.id}, {kept.what} in {course}, since {since}"
    if kept.theirs is not None:
        return f"{kept.what} of {course} is {kept.theirs!r}, since {since}"
    return f"{course} is {kept.what}, since {since}"


def allow_words(holds: Sequence[Hold]) -> list[str]:
    """The option for each kind that consent could let go: "--allow student.remove=412"."""
    counts = Counter[Kind]()
    for hold in holds:
        counts[hold.kind] += hold.count if hold.changes else 0
    return [f"--allow {kind.value}={counts[kind]}" for kind in ORDER if counts[kind]]


def by_school(plan: Plan) -> Mapping[str, Mapping[Kind, int]]:
    """Changes of each kind by school name, in the order of the plan's schools."""
    counts: dict[str, Counter[Kind]] = {name: Counter() for name in plan.schools.values()}
    for change in plan.changes:
        counts.setdefault(change.course.school, Counter())[change.kind] += 1
    return {name: found for name, found in counts.items() if found}
