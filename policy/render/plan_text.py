"""A Plan as text for a terminal, 80 columns: counts first, then by school, then samples."""

from collections.abc import Iterable, Iterator, Sequence

from policy.merge.plan import ORDER, Change, Hold, Kept, Kind, Plan
from policy.render.words import (
    SYNC,
    allow_words,
    by_school,
    change_words,
    commit_words,
    counted,
    kept_words,
    kind_words,
    nothing_words,
    notices_title,
    rows_words,
    wrapped,
)

SAMPLES = 3
LISTED = 10
_CHANGED = (Kind.COURSE_UPDATE, Kind.COURSE_OWNER, Kind.COURSE_RESTORE, Kind.COURSE_ARCHIVE)
_COLUMNS = (
    ("classes", (Kind.COURSE_CREATE,)),
    ("changed", _CHANGED),
    ("teachers", (Kind.TEACHER_ADD, Kind.TEACHER_REMOVE)),
    ("students", (Kind.STUDENT_ADD,)),
    ("removed", (Kind.STUDENT_REMOVE,)),
)


def print_text(plan: Plan, command: str = SYNC) -> str:
    """The plan as text, ending in a line end. `command` is what was called, so that the words can
    say exactly what to call next."""
    blocks = [
        _head(plan),
        _counts(plan),
        _held(plan.held, command),
        _schools(plan),
        _samples(plan.changes),
        _kept("Kept as it was made by hand", [k for k in plan.kept if not k.is_for_now]),
        _kept("Stays for now", [k for k in plan.kept if k.is_for_now]),
        _unmatched(plan),
        _waiting(plan),
        _notices(plan),
    ]
    return "\n\n".join("\n".join(block) for block in map(list, blocks) if block) + "\n"


def _head(plan: Plan) -> Iterator[str]:
    yield f"Plan {plan.id} for {plan.district_name}"
    counts = plan.roster.counts
    rows = f": {rows_words(counts)}" if counts else ""
    yield from wrapped(f"  drop    {plan.roster.source}{rows}", 10)
    policy = plan.policy
    words = commit_words(policy.commit, is_clean=policy.clean) if policy.commit else ""
    yield f"  policy  {policy.digest[:12]}{f', commit {words}' if words else ''}"


def _counts(plan: Plan) -> Iterator[str]:
    summary = plan.summary()
    if not summary:
        yield nothing_words(plan)
        return
    yield "Changes"
    for kind in ORDER:
        if count := summary.get(kind.value):
            yield f"  {count:>9,}  {kind.value:<15} {kind_words(kind, count)}"


def _held(holds: Sequence[Hold], command: str) -> Iterator[str]:
    """What is held, why, and the command that lets it go."""
    if not holds:
        return
    total = sum(hold.count for hold in holds)
    yield f"Held back: {counted(total, 'change', 'changes')}"
    for hold in holds[:LISTED]:
        yield from wrapped(f"  {hold.count:>9,}  {hold.kind.value:<15} {hold.why[0]}", 13)
        for reason in hold.why[1:]:
            yield from wrapped(f"{'':13}{reason}", 15)
    if len(holds) > LISTED:
        yield f"  and {counted(len(holds) - LISTED, 'more hold', 'more holds')}"
    if options := allow_words(holds):
        yield "  If it is right, this lets it go, this once:"
        yield from (f"    {command} {option}" for option in options)


def _schools(plan: Plan) -> Iterator[str]:
    """One line a school; the columns that are empty everywhere stay away."""
    counts = by_school(plan)
    if not counts:
        return
    columns = [
        (title, kinds)
        for title, kinds in _COLUMNS
        if any(found.get(kind) for found in counts.values() for kind in kinds)
    ]
    yield f"{'By school':<24}" + "".join(f"{title:>11}" for title, _ in columns)
    for name, found in list(counts.items())[:LISTED]:
        row = "".join(f"{sum(found.get(k, 0) for k in kinds):>11,}" for _, kinds in columns)
        yield f"  {_short(name, 22):<22}{row}"
    if len(counts) > LISTED:
        yield f"  and {counted(len(counts) - LISTED, 'more school', 'more schools')}"


def _samples(changes: Sequence[Change]) -> Iterator[str]:
    if not changes:
        return
    yield "Samples"
    for kind in ORDER:
        some = [change for change in changes if change.kind is kind][:SAMPLES]
        for change in some:
            yield from wrapped(f"  {kind.value:<15} {change_words(change)}", 18)
            yield from wrapped(f"{'':18}{change.why[-1]}", 18)


def _kept(title: str, kept: Sequence[Kept]) -> Iterator[str]:
    if not kept:
        return
    yield f"{title}: {len(kept):,}"
    for thing in kept[:LISTED]:
        yield from wrapped(f"  {kept_words(thing)}", 4)
        yield from wrapped(f"    {'; '.join(thing.why)}", 6)
    yield from _more(kept)


def _unmatched(plan: Plan) -> Iterator[str]:
    if not plan.unmatched:
        return
    yield f"Without a Google account that is certain: {len(plan.unmatched):,}"
    for person in plan.unmatched[:LISTED]:
        sections = counted(len(person.sections), "section", "sections")
        who = person.name or person.person_key
        yield from wrapped(f"  {who} ({person.row}, {sections}): {person.reason}", 4)
    yield from _more(plan.unmatched)


def _waiting(plan: Plan) -> Iterator[str]:
    if not plan.waiting:
        return
    yield f"Sections that wait for their class: {len(plan.waiting):,}"
    for section in plan.waiting[:LISTED]:
        title = f"“{section.title}” at {section.school}"
        yield from wrapped(f"  {title} ({section.row}): {section.reason}", 4)
    yield from _more(plan.waiting)


def _notices(plan: Plan) -> Iterator[str]:
    if not plan.notices:
        return
    yield f"{notices_title(plan)}: {len(plan.notices):,}"
    for notice in plan.notices[:LISTED]:
        row = f"{notice.row}  " if notice.row else ""
        yield from wrapped(f"  {row}{notice.message}  [{notice.code}]", 4)
    yield from _more(plan.notices)


def _more(things: Sequence[object]) -> Iterable[str]:
    if len(things) > LISTED:
        yield f"  and {len(things) - LISTED:,} more (all of them: --format json)"


def _short(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"
