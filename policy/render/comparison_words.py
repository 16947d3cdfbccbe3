"""The words that every rendering of a comparison shares, in plain text."""

from collections.abc import Mapping, Sequence

from policy.merge.comparison import Compared, Shown, Tally
from policy.merge.effective import Line, RuleChange
from policy.merge.versus import Cause, Kind
from policy.render.words import counted

KINDS: Mapping[Kind, tuple[str, str]] = {  # one, several
    Kind.KEY: ("class gets another key", "classes get another key"),
    Kind.TOGETHER: (
        "section is combined with others than before",
        "sections are combined with others than before",
    ),
    Kind.COMES: ("section comes into scope", "sections come into scope"),
    Kind.GOES: ("section goes out of scope", "sections go out of scope"),
    Kind.WAITS: ("section begins to wait", "sections begin to wait"),
    Kind.READY: ("section waits no more", "sections wait no more"),
    Kind.NAME: ("class gets another name", "classes get another name"),
    Kind.SECTION: ("class gets another section text", "classes get another section text"),
    Kind.ROOM: ("class gets another room", "classes get another room"),
    Kind.OWNER: ("class gets another owner", "classes get another owner"),
    Kind.ARCHIVE: ("class is archived", "classes are archived"),
    Kind.OPEN: ("class is archived no more", "classes are archived no more"),
    Kind.TEACHER_IN: ("co-teacher seat comes", "co-teacher seats come"),
    Kind.TEACHER_OUT: ("co-teacher seat goes", "co-teacher seats go"),
    Kind.TEACHER_LEFT: (
        "co-teacher seat is no longer made, nor taken away",
        "co-teacher seats are no longer made, nor taken away",
    ),
    Kind.STUDENT_IN: ("student seat comes", "student seats come"),
    Kind.STUDENT_OUT: ("student seat goes", "student seats go"),
    Kind.STUDENT_LEFT: (
        "student seat is no longer made, nor taken away",
        "student seats are no longer made, nor taken away",
    ),
}
COLUMNS: Sequence[tuple[str, tuple[Kind, ...]]] = (  # of the table by school
    ("re-keyed", (Kind.KEY,)),
    ("combined", (Kind.TOGETHER,)),
    ("come", (Kind.COMES,)),
    ("go", (Kind.GOES,)),
    ("wait", (Kind.WAITS, Kind.READY)),
    ("texts", (Kind.NAME, Kind.SECTION, Kind.ROOM)),
    ("owners", (Kind.OWNER,)),
    ("archived", (Kind.ARCHIVE, Kind.OPEN)),
    ("teachers", (Kind.TEACHER_IN, Kind.TEACHER_OUT, Kind.TEACHER_LEFT)),
    ("students", (Kind.STUDENT_IN, Kind.STUDENT_OUT, Kind.STUDENT_LEFT)),
)
COMPARED = (
    "What is wanted is compared. What of it a night writes, and what it holds back, `rollbook "
    "plan` tells: it looks at the classes that are there, at what teachers have changed, and at "
    "the limits."
)
SEVERAL = "several fields together"
UNDER_PSEUDONYMS = "People are shown under pseudonyms; --names shows who they are."


def kind_words(kind: Kind, count: int) -> str:
    one, several = KINDS[kind]
    return one if count == 1 else several


def columns(tally: Tally) -> list[tuple[str, tuple[Kind, ...]]]:
    """The columns of the table by school that are not empty everywhere."""
    counts = tally.counts()
    return [(title, kinds) for title, kinds in COLUMNS if any(kind in counts for kind in kinds)]


def accounts_words(compared: Compared) -> str:
    """What stood for the Directory."""
    if compared.remembered and compared.assumed:
        more = counted(compared.assumed, "e-mail", "e-mails")
        return f"{_remembered(compared)}, and {more} that only a policy names"
    if compared.remembered:
        return _remembered(compared)
    emails = counted(compared.assumed, "e-mail", "e-mails")
    return f"no store remembers any: {emails} of the SIS and the policies taken for accounts"


def _remembered(compared: Compared) -> str:
    return f"{compared.remembered:,} as the store remembers them"


def warning(tally: Tally) -> str:
    """What must be seen first; "" if there is no such thing."""
    count = tally.counts().get(Kind.KEY, 0)
    if not count:
        return ""
    return (
        f"{counted(count, 'class is', 'classes are')} re-keyed. The next night holds that back "
        "and makes no class a second time; with consent, a class gets its new key and stays the "
        "class that it is (docs/plans.md)."
    )


def line_words(line: Line, ref: str) -> str:
    return f"{line.text} at {ref}" if line.is_old and not line.is_built_in else line.text


def cause_words(cause: Cause, ref: str) -> str:
    """The field and its line: "classes.scope.terms, policies/district.yaml:12"."""
    if cause.line is None:
        return SEVERAL
    return f"{cause.field}, {line_words(cause.line, ref)}"


def place_words(shown: Shown) -> str:
    return f"section {shown.section}, {shown.school}"


def shown_parts(shown: Shown) -> tuple[str, ...]:
    """What a difference says, as words and texts in turn: every second one is a text of the
    roster's or a person."""
    match shown.kind:
        case Kind.COMES | Kind.GOES | Kind.ARCHIVE | Kind.OPEN:
            return ("", shown.title)
        case Kind.TOGETHER:
            return ("", shown.title, "from", shown.before, "to", shown.after)
        case Kind.WAITS:
            return ("", shown.title, "because", shown.after)
        case Kind.READY:
            return ("", shown.title, "waited because", shown.before)
        case Kind.KEY | Kind.NAME | Kind.SECTION | Kind.ROOM:
            return ("", *between(shown.before, shown.after))
        case Kind.OWNER:
            return ("", shown.title, "from", shown.former, "to", shown.person)
        case Kind.TEACHER_IN | Kind.STUDENT_IN:
            return ("", shown.person, "into", shown.title)
        case Kind.TEACHER_OUT | Kind.STUDENT_OUT:
            return ("", shown.person, "out of", shown.title)
        case Kind.TEACHER_LEFT | Kind.STUDENT_LEFT:
            return ("", shown.person, "in", shown.title)


LONGEST = 80  # characters of a text that is shown; the rest is cut


def between(before: str, after: str) -> tuple[str, str, str]:
    """Two texts and the word between. Of long ones that begin alike, the part where they part."""
    start = 0
    if max(len(before), len(after)) > LONGEST:
        alike = (n for n, (a, b) in enumerate(zip(before, after, strict=False)) if a != b)
        start = max(0, next(alike, min(len(before), len(after))) - 20)
    head = "…" if start else ""
    return f"{head}{before[start:]}", "becomes", f"{head}{after[start:]}"


def short(text: str) -> str:
    """A text on one line, without what can't be seen, cut where it is too long."""
    flat = " ".join(text.split())
    seen = "".join(mark for mark in flat if mark.isprintable())
    return seen if len(seen) <= LONGEST else f"{seen[: LONGEST - 1]}…"


def rule_words(change: RuleChange) -> tuple[str, str, str]:
    """What a field said, and says: as texts, and the word between them."""
    return between(change.before, change.after)


def rule_place(change: RuleChange, compared: Compared) -> str:
    """Where a rule stands and where it stood."""
    before = line_words(change.line_before, compared.ref)
    return f"{change.line_after.text}; before: {before}"


def schools_words(change: RuleChange, compared: Compared) -> str:
    """In how many schools a field says something else; "" for one, which `only_school` names."""
    count = len(change.schools)
    if not count or count == compared.schools:
        return "everywhere"
    return "" if count == 1 else f"{count:,} schools"


def only_school(change: RuleChange) -> str:
    """The name of the one school where a field says something else."""
    return change.schools[0]
