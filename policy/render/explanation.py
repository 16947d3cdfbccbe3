"""An Explanation as text for a terminal, 80 columns, and as JSON."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict

from policy.merge.chain import Explanation, Step, Story
from policy.render.words import wrapped

INDENT = 12  # of a step's words


def print_explanation(found: Explanation) -> str:
    """The answer as text, ending in a line end."""
    blocks = [
        [*wrapped(found.about, 2), f"As of {found.as_of}.", *_steps(found.steps)],
        *(list(_story(story)) for story in found.stories),
    ]
    if not found.stories:
        blocks.append(["No class of ours has them, had them, or is to have them."])
    if found.unasked:
        blocks.append([line for words in found.unasked for line in wrapped(f"Note: {words}", 2)])
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def explanation_json(found: Explanation) -> str:
    """The answer as JSON, ending in a line end."""
    return json.dumps(asdict(found), indent=1, ensure_ascii=False) + "\n"


def _story(story: Story) -> Iterator[str]:
    section = f", section {story.section}" if story.section else ""
    yield from wrapped(f"{story.title}{section}: {story.verdict}.", 2)
    yield from _steps(story.steps)


def _steps(steps: Sequence[Step]) -> Iterator[str]:
    for step in steps:
        yield from wrapped(f"  {step.topic:<8}  {step.words}", INDENT)
