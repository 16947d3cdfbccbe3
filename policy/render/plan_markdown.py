"""A Plan as Markdown, for a page or a pull request: counts, holds, schools, samples."""

from collections.abc import Iterator, Sequence

from policy.merge.plan import ORDER, Change, Hold, Plan
from policy.render.words import (
    SYNC,
    allow_words,
    by_school,
    change_words,
    commit_words,
    kept_words,
    kind_words,
    nothing_words,
    notices_title,
    rows_words,
)

LISTED = 20
_ESCAPED = str.maketrans({c: f"\\{c}" for c in "\\`*_{}[]<>#|~"})


def print_markdown(plan: Plan, command: str = SYNC) -> str:
    """The plan as Markdown, ending in a line end. `command` is what consent is given with."""
    blocks = [
        [f"# Plan {_text(plan.id)} for {_text(plan.district_name)}"],
        _head(plan),
        _counts(plan),
        _held(plan.held, command),
        _schools(plan),
        _samples(plan.changes),
        _list("Kept as it was made by hand", [kept_words(kept) for kept in plan.kept]),
        _list("Without a Google account that is certain", _unmatched(plan)),
        _list("Sections that wait for their class", _waiting(plan)),
        _list(notices_title(plan), [f"{n.row} {n.message} {n.code}" for n in plan.notices]),
    ]
    return "\n\n".join("\n".join(block) for block in map(list, blocks) if block) + "\n"


def _text(words: str) -> str:
    """Words from a roster, with nothing in them that Markdown would take as its own."""
    return " ".join(words.split()).translate(_ESCAPED)


def _head(plan: Plan) -> Iterator[str]:
    rows = f": {rows_words(plan.roster.counts)}" if plan.roster.counts else ""
    policy = plan.policy
    words = commit_words(policy.commit, is_clean=policy.clean) if policy.commit else ""
    commit = f", commit {words}" if words else ""
    yield f"Roster {_text(plan.roster.source)}{rows}. Policy `{policy.digest[:12]}`{commit}."


def _counts(plan: Plan) -> Iterator[str]:
    summary = plan.summary()
    if not summary:
        yield nothing_words(plan)
        return
    yield "| count | kind | |"
    yield "| ---: | --- | --- |"
    for kind in ORDER:
        if count := summary.get(kind.value):
            yield f"| {count:,} | `{kind.value}` | {kind_words(kind, count)} |"


def _held(holds: Sequence[Hold], command: str) -> Iterator[str]:
    if not holds:
        return
    yield "## Held back"
    yield ""
    for hold in holds[:LISTED]:
        yield f"- **{hold.count:,} `{hold.kind.value}`**: {_text('; '.join(hold.why))}"
    if len(holds) > LISTED:
        yield f"- and {len(holds) - LISTED:,} more"
    for option in allow_words(holds):
        yield f"- If it is right: `{command} {option}`"


def _schools(plan: Plan) -> Iterator[str]:
    counts = by_school(plan)
    if not counts:
        return
    kinds = [kind for kind in ORDER if any(found.get(kind) for found in counts.values())]
    yield "## By school"
    yield ""
    yield "| school | " + " | ".join(kind.value for kind in kinds) + " |"
    yield "| --- |" + " ---: |" * len(kinds)
    for name, found in counts.items():
        yield f"| {_text(name)} | " + " | ".join(f"{found.get(k, 0):,}" for k in kinds) + " |"


def _samples(changes: Sequence[Change]) -> Iterator[str]:
    if not changes:
        return
    yield "## Samples"
    yield ""
    for kind in ORDER:
        for change in [change for change in changes if change.kind is kind][:3]:
            yield f"- `{kind.value}` {_text(change_words(change))} ({_text(change.why[-1])})"


def _unmatched(plan: Plan) -> list[str]:
    return [f"{p.name or p.person_key} ({p.row}): {p.reason}" for p in plan.unmatched]


def _waiting(plan: Plan) -> list[str]:
    return [f"“{w.title}” at {w.school} ({w.row}): {w.reason}" for w in plan.waiting]


def _list(title: str, lines: Sequence[str]) -> Iterator[str]:
    if not lines:
        return
    yield f"## {title}: {len(lines):,}"
    yield ""
    for line in lines[:LISTED]:
        yield f"- {_text(line)}"
    if len(lines) > LISTED:
        yield f"- and {len(lines) - LISTED:,} more"
