"""The files of a policy repository, from the answers and what the roster proposes.

The files themselves are in `files/`; `@@mark@@` stands for what is filled in.
"""

import re
import shlex
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from policy.beginning.answers import Answers
from policy.beginning.proposing import Exclusion, Proposal, SchoolSeen
from policy.rules.problems import in_quotes, printable, quoted
from policy.rules.schema import SCHEMA_FILE
from policy.rules.tidy import tidied

FILES = Path(__file__).parent / "files"
SHOWN = 40  # schools, terms, grades, subjects; more are counted
WIDTH = 80
POLICY = "policies/district.yaml"

INSTALL_KNOWN = """\
`pip install` is told to install what this repository was made with:
`{install}`.
To have another version, set the variable `INSTALL_ROLLBOOK` to what pip should install."""
INSTALL_UNKNOWN = """\
Set the variable `INSTALL_ROLLBOOK` to what `pip install` is to be given, such as
`rollbook @ git+https://git.example.org/rollbook@v0.1.0` with the address and the tag
that you have it from. (It can't be had by its bare name.)"""
NOT_SEEN = """\
    exclude:  # a section that matches one of these never becomes a class
      - {subject: "Homeroom/advisory"}
      - {name: ["*homeroom*", "*advisory*", "*lunch*", "*study hall*"]}
"""

# Where each file comes to stand.
PLACES: Mapping[str, str] = {
    "policies/district.yaml": "district.yaml.in",
    "policies/schools/example.yaml.txt": "school.yaml.in",
    "policies/school.schema.json": "school.schema.json",
    ".editorconfig": "editorconfig",
    ".gitattributes": "gitattributes",
    ".github/workflows/rollbook.yml": "github-workflow.yml",
    ".gitignore": "gitignore",
    ".gitlab-ci.yml": "gitlab-ci.yml",
    ".pre-commit-config.yaml": "pre-commit-config.yaml",
    ".vscode/extensions.json": "vscode-extensions.json",
    ".vscode/settings.json": "vscode-settings.json",
    "README.md": "readme.md.in",
}
# A folder of policies is one thing: beside a file that is there, ours could mean something else.
CLAIMED = ("policies", *(name for name in PLACES if not name.startswith("policies/")))
MARK = re.compile(r"@@([a-z_]+)@@")


def files_for(answers: Answers, proposal: Proposal | None, *, install: str) -> dict[str, str]:
    """Every file by its name within the repository. `install` is what pip is to install Rollbook
    from, "" where that is not known."""
    marks = _marks(answers, install) | _proposed(proposal)
    filled = {
        name: MARK.sub(lambda found: marks[found[1]], _read(source))
        for name, source in PLACES.items()
    }
    filled[POLICY] = tidied(POLICY, filled[POLICY], school_file=False)  # as its own hook wants it
    return {"policies/policy.schema.json": SCHEMA_FILE.read_text(encoding="utf-8")} | filled


def _read(source: str) -> str:
    return (FILES / source).read_text(encoding="utf-8")


def _marks(answers: Answers, install: str) -> dict[str, str]:
    """What the answers fill in."""
    known = INSTALL_KNOWN.format(install=install)
    return {
        "id": in_quotes(answers.id),
        "name": in_quotes(answers.name),
        "name_words": printable(" ".join(answers.name.split())),
        "domain": answers.domains[0],
        "domains": f"[{', '.join(map(in_quotes, answers.domains))}]",
        "timezone": in_quotes(answers.timezone),
        "roster": in_quotes(answers.roster),
        "roster_words": answers.roster,
        "roster_quoted": shlex.quote(answers.roster_here),
        "install": install,
        "install_words": known if install else INSTALL_UNKNOWN,
    }


def _proposed(proposal: Proposal | None) -> dict[str, str]:
    """What the roster fills in; without one, what can be said without."""
    if proposal is None:
        empty = dict.fromkeys(
            ("domain_notes", "seen", "schools", "terms", "grades", "subjects", "school_words"), ""
        )
        return empty | {"exclude": NOT_SEEN, "school": in_quotes("0042")}
    first = proposal.schools[0] if proposal.schools else SchoolSeen("0042", "", 0, 0, 0)
    return {
        "domain_notes": _notes(_email_notes(proposal), 2),
        "seen": _notes(_seen(proposal), 2),
        "schools": _notes(_of_schools(proposal), 4),
        "terms": _notes(_of_terms(proposal), 4),
        "grades": _notes(_of_grades(proposal), 4),
        "subjects": _notes(_of_subjects(proposal), 4),
        "exclude": "".join(_exclude(proposal)),
        "school": in_quotes(first.key),
        "school_words": f"# {quoted(first.name)}:\n" if first.name else "",
    }


def _notes(lines: Iterable[str], indent: int) -> str:
    """Comments, each wrapped to a terminal's width; what goes on is set in."""
    begin = " " * indent + "# "
    wrapped = (
        textwrap.wrap(
            line,
            WIDTH,
            initial_indent=begin,
            subsequent_indent=f"{begin}  ",
            break_on_hyphens=False,
            break_long_words=False,
        )
        for line in lines
    )
    return "".join(f"{row}\n" for rows in wrapped for row in rows)


def _email_notes(proposal: Proposal) -> Iterator[str]:
    emails = proposal.emails
    if outside := emails.people - emails.inside:
        yield f"Outside of these: {outside:,} of the {emails.people:,} e-mails in the roster."


def _seen(proposal: Proposal) -> Iterator[str]:
    yield (
        f"The roster of {proposal.day} had {proposal.sections:,} sections; {proposal.held:,} are "
        f"in a term that held on that day, and {proposal.taken:,} of them are excluded below. Of "
        f"the {proposal.left:,} that are left, {_lacking(proposal)}."
    )
    for school in proposal.emptied:
        yield f"Look: no section of {quoted(school.name)} is left ({school.held:,} are excluded)."


def _lacking(proposal: Proposal) -> str:
    have = "has" if proposal.without_teacher == 1 else "have"
    return (
        f"{proposal.without_teacher:,} {have} no teacher, {proposal.without_student:,} no student"
    )


def _of_schools(proposal: Proposal) -> Iterator[str]:
    shown = proposal.schools[:SHOWN]
    for school in shown:
        yield f"{in_quotes(school.key)} {quoted(school.name)}: {sections(school.sections)}"
    if others := len(proposal.schools) - len(shown):
        yield f"and {others:,} more schools"


def _of_terms(proposal: Proposal) -> Iterator[str]:
    shown = proposal.terms[-SHOWN:]
    if others := len(proposal.terms) - len(shown):
        yield f"{others:,} earlier terms"
    for term in shown:
        state = ", which held that day" if term.holds else ""
        days = f"{term.start} to before {term.end}"
        yield f"{quoted(term.name)}, {days}{state}: {sections(term.sections)}"


def _of_grades(proposal: Proposal) -> Iterator[str]:
    """A section without a grade falls out of any list of grades, so these are counted too."""
    lacking = [f"none: {proposal.without_grade:,}"] if proposal.without_grade else []
    yield f"Sections by grade: {', '.join([*_counted(proposal.grades), *lacking])}"


def _of_subjects(proposal: Proposal) -> Iterator[str]:
    if proposal.subjects:
        yield f"By subject: {', '.join(_counted(proposal.subjects))}"


def _counted(counts: tuple[tuple[str, int], ...]) -> Iterator[str]:
    yield from (f"{quoted(text)} {count:,}" for text, count in counts[:SHOWN])
    if len(counts) > SHOWN:
        yield f"and {len(counts) - SHOWN:,} more"


def _exclude(proposal: Proposal) -> Iterator[str]:
    if not proposal.exclude:
        yield "    exclude: []  # no homeroom, lunch or study hall was in the roster\n"
        return
    yield "    exclude:  # a section that matches one of these never becomes a class\n"
    for found in proposal.exclude:
        yield f"      # {found.sections:,} of {proposal.sections:,} sections\n"
        yield f"      - {matcher(found)}\n"


def matcher(found: Exclusion) -> str:
    """A matcher as a policy writes it."""
    globs = ", ".join(map(in_quotes, found.globs))
    return f"{{{found.key}: {globs if len(found.globs) == 1 else f'[{globs}]'}}}"


def sections(count: int) -> str:
    return "1 section" if count == 1 else f"{count:,} sections"


def told(proposal: Proposal, domains: Iterable[str]) -> Iterator[str]:
    """The proposal for a terminal, in lines of at most its width."""
    p = proposal
    schools = "1 school" if len(p.schools) == 1 else f"{len(p.schools):,} schools"
    yield f"The roster has {sections(p.sections)} in {schools}."
    yield f"  {p.held:>6,} in a term that holds on {p.day}{_of_these_terms(p)}"
    yield f"  {p.taken:>6,} of these are left out:{'' if p.exclude else ' nothing to leave out'}"
    for found in p.exclude:
        yield from _short(f"{matcher(found)} {found.sections:,}", 11)
    yield f"  {p.left:>6,} would become classes"
    if p.without_teacher or p.without_student:
        yield f"           {_lacking(p)}"
    yield from _warnings(p, list(domains))


def _of_these_terms(proposal: Proposal) -> str:
    names = [quoted(term.name) for term in proposal.terms if term.holds]
    return f": {names[0]}" if len(names) == 1 and len(names[0]) < 30 else ""


def _warnings(proposal: Proposal, domains: list[str]) -> Iterator[str]:
    ahead = [term.start for term in proposal.terms if term.start > proposal.day]
    if not proposal.held and proposal.sections:
        when = f"the next begins on {min(ahead)}" if ahead else "all are over"
        yield from _short(f"Look: no term holds on {proposal.day}; {when}.", 0)
    for school in proposal.emptied[:3]:
        yield from _short(f"Look: no section of {quoted(school.name)} would be left.", 0)
    if len(proposal.emptied) > 3:
        yield f"Look: nor of {len(proposal.emptied) - 3:,} more schools."
    emails = proposal.emails
    if emails.are_mostly_outside:
        most = ", ".join(f"{domain} ({count:,})" for domain, count in emails.domains[:3])
        yield from _short(
            f"Look: only {emails.inside:,} of {emails.people:,} e-mails are of "
            f"{', '.join(domains)}; most are of {most}. Who is outside is reported, not added.",
            0,
        )
    if proposal.faults:
        rows = (
            "1 row has a fault" if proposal.faults == 1 else f"{proposal.faults:,} rows have faults"
        )
        yield f"Look: {rows}; a plan lists them."


def _short(text: str, indent: int) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH - 1,
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + 2),
        break_on_hyphens=False,
    )
