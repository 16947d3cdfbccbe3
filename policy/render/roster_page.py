"""What `roster check` and `roster diff` say, as a page: the words, and nothing of their form."""

from collections.abc import Iterator, Mapping

from policy.render.page import Heading, Item, Part, Table, Words
from policy.render.roster_advice import ADVICE, means
from policy.render.words import counted
from policy.roster.difference import Difference, SchoolChange, Share, Side, Sign, Suspicion
from policy.roster.rows import Tally
from policy.roster.survey import Contents, Defect, Severity, Spread, Survey

LISTED = 20
DOMAINS = 10

_LEGEND = (
    "Lost are rows that hang on one that is left out; passed over are those that are no business "
    "of rostering's, such as a parent's."
)
_TITLES = {
    Severity.REFUSED: "Why it can't be used",
    Severity.LEFT_OUT: "Rows that are left out",
    Severity.NOTED: "To know; these rows are used",
}


def survey_page(survey: Survey) -> list[Part]:
    """All that is said of one drop."""
    return [*_head(survey), *_contents(survey.contents), *_defects(survey), *_mail(survey)]


def _head(survey: Survey) -> Iterator[Part]:
    yield Heading(f"Roster {survey.drop}")
    if survey.contents is None:
        yield Words("It can't be used: nothing would be planned from it.")
        return
    left_out = sum(defect.count for defect in survey.of(Severity.LEFT_OUT))
    rows = counted(left_out, "row is left out", "rows are left out")
    notes = counted(len(survey.of(Severity.NOTED)), "thing", "things")
    yield Words(f"{survey.contents.dialect}. {rows}; {notes} to know.")


def _contents(found: Contents | None) -> Iterator[Part]:
    if found is None:
        return
    yield Heading("Rows")
    yield _files(found)
    teachers = counted(found.teachers, "teacher", "teachers")
    yield Words(f"In classes: {teachers}, {counted(found.students, 'student', 'students')}.")
    if any(tally.with_others or tally.unneeded for tally in found.files.values()):
        yield Words(_LEGEND)
    spreads = {
        "students a section": found.class_sizes,
        "sections a teacher": found.sections_a_teacher,
    }
    yield Heading("Sizes (10 % are at most, half are at most, 90 % are at most)")
    yield _spreads(spreads)
    yield Heading("By school")
    yield Table(
        ("school", "sections", "teachers", "students", "seats"),
        tuple(
            (s.name, *_numbers(s.sections, s.teachers, s.students, s.seats))
            for s in found.schools[:LISTED]
        ),
        _more(len(found.schools) - LISTED, "school", "schools"),
    )
    yield Heading("Terms")
    yield Table(
        ("term", "begins", "ends", "sections"),
        tuple(
            (
                f"{size.term.key} {size.term.name}",
                *_dates(size.term.start, size.term.end),
                f"{size.sections:,}",
            )
            for size in found.terms[:LISTED]
        ),
        _more(len(found.terms) - LISTED, "term", "terms"),
    )
    if found.domains:
        yield Heading("E-mail domains")
        yield _domains(found)


def _domains(found: Contents) -> Table:
    return Table(
        ("domain", "people"),
        tuple((domain, f"{count:,}") for domain, count in found.domains[:DOMAINS]),
        _more(len(found.domains) - DOMAINS, "domain", "domains"),
    )


def _files(found: Contents) -> Table:
    head = ("file", "rows", "taken", "left out", "gone", "lost", "twice", "passed over")
    return Table(head, tuple((file, *_tally(tally)) for file, tally in found.files.items()))


def _tally(t: Tally) -> tuple[str, ...]:
    return _numbers(t.rows, t.kept, t.left_out, t.gone, t.with_others, t.repeated, t.unneeded)


def _spreads(spreads: Mapping[str, Spread | None]) -> Table:
    return Table(
        ("", "of", "smallest", "10 %", "median", "90 %", "largest"),
        tuple(
            (name, *_numbers(s.of, s.smallest, s.tenth, s.median, s.ninetieth, s.largest))
            for name, s in spreads.items()
            if s is not None
        ),
    )


def _defects(survey: Survey) -> Iterator[Part]:
    for severity, title in _TITLES.items():
        found = survey.of(severity)
        if found:
            yield Heading(title)
            yield from map(_defect, found)


def _defect(defect: Defect) -> Item:
    title = f"{defect.code.value}  {ADVICE[defect.code].title}"
    example = defect.example
    if defect.severity is Severity.REFUSED:
        return Item(title, (f"{defect.file}  {example}", means(defect)))
    places = f"{_places(defect)}{f'  {example}' if example else ''}"
    return Item(f"{title}: {defect.count:,}", (places, means(defect)))


def _places(defect: Defect) -> str:
    more = defect.count - len(defect.places)
    return ", ".join(defect.places) + (f" and {more:,} more" if more else "")


def mail(survey: Survey) -> str:
    """One paragraph for the SIS's vendor, without personal data; empty if there is nothing to ask
    for."""
    asked: dict[str, list[str]] = {}
    for defect in survey.defects:
        advice = ADVICE[defect.code]
        if advice.ask:
            title = advice.title[0].lower() + advice.title[1:]
            where = defect.file if defect.severity is Severity.REFUSED else _places(defect)
            asked.setdefault(advice.ask, []).append(f"{title} ({where})")
    if not asked:
        return ""
    wishes = [
        f"({number}) {'; '.join(found)}: please {ask}."
        for number, (ask, found) in enumerate(asked.items(), 1)
    ]
    what = survey.contents.dialect if survey.contents else "roster"
    begin = f"In our {what} export we found the following (file:line, the header is line 1)."
    return " ".join((begin, *wishes))


def _mail(survey: Survey) -> Iterator[Part]:
    if words := mail(survey):
        yield Heading("To ask the SIS's vendor for; may be copied into a mail")
        yield Words(words, copied=True)


def difference_page(found: Difference) -> list[Part]:
    """All that is said of two drops."""
    return [*_summary(found), *_suspicions(found), *_schools(found), *_terms(found)]


def _summary(found: Difference) -> Iterator[Part]:
    yield Heading(f"Roster A {found.a}, B {found.b}")
    yield Words(verdict(found))
    rows = (
        ("sections new, gone or renumbered", found.sections),
        ("people new, gone or renumbered", found.people),
        ("seats added or gone", found.seats),
    )
    yield Table(
        ("", "differ", "of", "share"),
        tuple((name, *_numbers(s.count, s.of), _per_cent(s)) for name, s in rows),
    )


def verdict(found: Difference) -> str:
    """What comes of it, in one line."""
    sides = {suspicion.side for suspicion in found.suspicions}
    if sides == {Side.A} or sides == {Side.B}:
        return f"{next(iter(sides)).value} looks wrong."
    if sides == {Side.EITHER}:
        return "More differs than a night explains, and which is right can't be told."
    if sides:
        return "Both look wrong."
    return "B says just what A says." if found.is_same else "B looks like A after one night."


def _suspicions(found: Difference) -> Iterator[Part]:
    if found.suspicions:
        yield Heading("Why")
        for suspicion in found.suspicions[:LISTED]:
            yield Item(suspicion_words(suspicion))
        if len(found.suspicions) > LISTED:
            yield Item(_more(len(found.suspicions) - LISTED, "reason", "reasons"))


def suspicion_words(suspicion: Suspicion) -> str:
    """One reason to distrust a drop, in one line."""
    side, what = suspicion.side.value, suspicion.what
    count, of = f"{suspicion.count:,}", f"{suspicion.of:,}"
    other = "A" if suspicion.side is Side.B else "B"
    match suspicion.sign:
        case Sign.RENUMBERED:
            return f"{side}: {count} of {of} {what} have another id; the rest of them is the same"
        case Sign.REUSED:
            return f"{side}: {count} of {of} {what} have an id that another class had"
        case Sign.SCHOOL_EMPTY:
            return f"{side}: {what} has no seats; {other} has {of}"
        case Sign.SCHOOL_SHRUNK:
            return f"{side}: {what} has {count} seats; {other} has {of}"
        case Sign.TEACHERS_GONE:
            return f"{side}: {count} of {of} {what} have no teacher; in {other} they have"
        case Sign.TERM_SHIFTED:
            return f"{side}: the term {what} has moved by {count} days"
        case Sign.GARBLED:
            return f"{side}: {count} of {of} {what} have garbled letters; {other} has fewer"
        case Sign.ZEROS_LOST:
            return f"{side}: {count} of {of} {what} have lost the zeros that begin their id"
        case Sign.SPREADSHEET:
            return f"{side}: {count} of {of} {what} have an id such as 1.2E+10"
        case Sign.MUCH:
            return f"{side}: {count} of {of} {what} differ"


def _schools(found: Difference) -> Iterator[Part]:
    changed = [school for school in found.schools if school.is_changed]
    if not changed:
        return
    sections = ("sections", "A", "B", "new", "gone", "renumbered", "moved here")
    yield Heading("By school")
    yield Table(
        sections,
        tuple(
            (s.name, *_numbers(*s.sections, s.new, s.gone, s.renumbered, s.moved))
            for s in changed[:LISTED]
        ),
    )
    yield Table(
        ("seats and people", "A", "B", "added", "gone", "people new", "people gone"),
        tuple((school.name, *_seat_numbers(school)) for school in changed[:LISTED]),
        _more(len(changed) - LISTED, "school", "schools"),
    )


def _seat_numbers(school: SchoolChange) -> tuple[str, ...]:
    people = school.people_new, school.people_gone
    return _numbers(*school.seats, school.seats_added, school.seats_gone, *people)


def _terms(found: Difference) -> Iterator[Part]:
    if found.terms:
        yield Heading("Terms with other dates")
        yield Table(
            ("term", "begins in A", "ends", "begins in B", "ends"),
            tuple(
                (old.key, *_dates(old.start, old.end), *_dates(new.start, new.end))
                for old, new in found.terms[:LISTED]
            ),
            _more(len(found.terms) - LISTED, "term", "terms"),
        )


def _numbers(*numbers: int) -> tuple[str, ...]:
    return tuple(f"{number:,}" for number in numbers)


def _dates(*days: object) -> tuple[str, ...]:
    return tuple(map(str, days))


def _per_cent(share: Share) -> str:
    return f"{share.part:.1%}".replace("%", " %")


def _more(count: int, one: str, several: str) -> str:
    return f"and {counted(count, f'{one} more', f'{several} more')}" if count > 0 else ""
