"""The texts of a course: how long each may be, and what may not be in it."""

import re

from policy.simulator.refusals import JsonObject, invalid, precondition

# The texts of a course and how long each may be.
TEXTS = {
    "name": 750,
    "section": 2_800,
    "descriptionHeading": 3_600,
    "description": 30_000,
    "room": 650,
    "subject": 30_000,
    "levels": 999,
}
URL = re.compile(r"https?://|\bwww\.", re.IGNORECASE)


def read_texts(body: JsonObject, names: tuple[str, ...]) -> dict[str, str]:
    """The texts among these fields that the body sets, checked. Raises Refusal (400)."""
    found = {}
    for name in names:
        text = body.get(name)
        if isinstance(text, str) and text and name in TEXTS:
            if len(text) > TEXTS[name]:
                raise invalid()
            found[name] = text
    if URL.search(found.get("name", "")):
        raise precondition("CourseTitleCannotContainUrl")
    return found


def text_fault(name: str, text: str) -> str | None:
    """What Classroom would refuse in this text of a course, in words."""
    if len(text) > TEXTS[name]:
        return f"{name} should be at most {TEXTS[name]} characters, not {len(text)}"
    if name == "name" and URL.search(text):
        return "name should not have a URL in it"
    return None
