"""What became of a policy's tests, as text for a terminal, 80 columns."""

from collections.abc import Iterator, Sequence

from policy.render.words import counted, wrapped
from policy.trying import Outcome

FIELD, WORD = 14, 9  # widths of the columns: which field, expected or found


def print_trials(folder: str, district: str, outcomes: Sequence[Outcome]) -> str:
    """Each test that failed with its differences, then how many passed."""
    failed = [outcome for outcome in outcomes if not outcome.has_passed]
    passed = len(outcomes) - len(failed)
    policy = f"{folder}: the policy of {district}"
    if not outcomes:
        return f"{policy} is fine."
    if not failed:
        return f"{policy} is fine; {counted(passed, 'test', 'tests')} passed."
    end = f"{policy} fails {len(failed):,} of its {counted(len(outcomes), 'test', 'tests')}"
    blocks = ["\n".join(_block(outcome)) for outcome in failed]
    return "\n\n".join([*blocks, "\n".join(wrapped(f"{end}; {passed:,} passed.", 2))])


def _block(outcome: Outcome) -> Iterator[str]:
    yield from wrapped(f"{outcome.trial.place}  {outcome.trial.name}", 2)
    for difference in outcome.differences:
        name = difference.field
        for word, text in difference.rows:
            yield from _row(name, f"{word:<{WORD}} {text}", WORD + 1)
            name = ""
    name = "why"
    for reason in outcome.reasons:
        yield from _row(name, reason, 2)
        name = ""


def _row(name: str, text: str, indent: int) -> list[str]:
    """A row of the table; what goes on in the next line is indented."""
    return wrapped(f"  {name:<{FIELD}}  {text}", FIELD + 4 + indent)
