"""The links of an explanation that come from the roster and the policy."""

from collections.abc import Iterator, Sequence

from policy.merge.chain import Memory, Step, Who, when
from policy.merge.outlook import Outlook, Spot
from policy.merge.records import Desired
from policy.roster.model import Membership, Role, Section
from policy.rules.model import AddStudents, SchoolRules

_SCOPE = ("schools", "terms", "grades", "subjects")


def drop_of(outlook: Outlook) -> str:
    source = outlook.sources.roster.source
    return f"drop {source.name}, {source.digest[:12]}"


def rows_of(who: Who, spot: Spot, outlook: Outlook | None) -> Iterator[Step]:
    """The rows that put them into the section, or that none does."""
    if outlook is None:
        return
    if spot.section is None:
        yield from row_of_section(spot, outlook)
        return
    roster, sections = outlook.sources.roster, _sections(spot)
    rows = [
        (section.key, row)
        for section in sections
        for row in roster.memberships.get(section.key, ())
        if row.person in who.keys
    ]
    for key, row in rows:
        words = f"{row.place} lists them in section {key} as {_role(row)}"
        holds = spot.wish is None or row in spot.wish.members
        yield Step("roster", words if holds else f"{words}, {_dates(row)}: not now")
    for section in () if rows else sections:
        yield Step("roster", f"no row lists them in section {section.key} ({section.place})")
    leaving = spot.base.leaving.get(f"student:{who.user_id}") if spot.base else None
    if leaving and spot.base and who.user_id in spot.base.students:
        yield Step("roster", f"no row has listed them since {when(leaving)}")
    own = [f for section in sections for f in roster.doubtful_sections.get(section.key, ())]
    for fault in (*own, *roster.doubtful_anywhere):
        yield Step("roster", f"a faulty row may be about them: {fault}")


def _sections(spot: Spot) -> Sequence[Section]:
    """The spot's section first, then the others of its class."""
    if spot.section is None:
        return ()
    others = spot.one.sections if spot.one else ()
    return (spot.section, *(one for one in others if one.key != spot.section.key))


def _role(row: Membership) -> str:
    return (
        f"primary {row.role.value}" if row.primary and row.role is Role.TEACHER else row.role.value
    )


def _dates(row: Membership) -> str:
    begin = f"from {row.begin}" if row.begin else ""
    return f"{begin} {f'until {row.end}' if row.end else ''}".strip()


def row_of_section(spot: Spot, outlook: Outlook | None) -> Iterator[Step]:
    if outlook is None:
        return
    if spot.section is None:
        key = spot.base.section_key if spot.base else "?"
        yield Step("roster", f"there is no section {key} any more: its class stays as it is")
        return
    for section in _sections(spot):
        terms = ", ".join(f"{t.name}, {t.start} to {t.end}" for t in section.terms)
        yield Step(
            "roster",
            f"{section.place} is section {section.key} at {section.school.name}, {terms} "
            f"({drop_of(outlook)})",
        )


def scope(spot: Spot, memory: Memory, outlook: Outlook | None) -> Iterator[Step]:
    """Is the section in scope, by which field and line; and if it has no class yet, why."""
    if spot.alias in memory.released:
        way_back = f"rollbook release {spot.alias} --undo takes it back"
        yield Step("policy", f"its class is released: {way_back}")
    if outlook is None or spot.section is None or spot.verdict is None:
        return
    key, school = spot.section.key, spot.section.school
    line_of = outlook.sources.policy.line_of
    rules = outlook.rules_of(school.key, school.name)
    if not spot.verdict.inside:
        field = spot.verdict.field
        name, place = field.rpartition(".")[2], line_of(field, school.key, school.name)
        words = f"section {key} is out of scope by {field}"
        if name in _SCOPE:
            words += f": {_values(rules, name)}"
        yield Step("policy", f"{words} ({place}){_has(name, spot.section)}")
        return
    set_ones = [
        f"classes.scope.{name}: {_values(rules, name)} "
        f"({line_of(f'classes.scope.{name}', school.key, school.name)})"
        for name in _SCOPE
        if getattr(rules.classes.scope, name) is not None
    ]
    yield Step(
        "policy", f"section {key} is in scope{': ' if set_ones else ''}{', '.join(set_ones)}"
    )
    if spot.one is not None and spot.one.line:
        keys = ", ".join(one.key for one in spot.one.sections)
        yield Step("policy", f"sections {keys} are one class (classes.combine, {spot.one.line})")
    if isinstance(spot.desired, str):
        yield Step("policy", f"section {key} waits for its class: {spot.desired}")


def _has(name: str, section: Section) -> str:
    """What a section has where the policy left it out."""
    terms = ", ".join(f"{t.name}, {t.start} to {t.end}" for t in section.terms)
    facts = {
        "schools": f"it is at {section.school.name}, key {section.school.key}",
        "terms": f"its term is {terms}",
        "grades": f"its grades are {', '.join(section.grades) or 'not said'}",
        "subjects": f"its subjects are {', '.join(section.subjects) or 'not said'}",
    }
    return f"; {facts[name]}" if name in facts else ""


def _values(rules: SchoolRules, name: str) -> str:
    scope_of = rules.classes.scope
    values: tuple[str, ...] = getattr(scope_of, name)
    lead = f" or starts within {scope_of.lead.days}d" if scope_of.lead else ""
    return ", ".join(values) if values else f"current{lead}"


def rules_for_seat(who: Who, spot: Spot, outlook: Outlook | None) -> Iterator[Step]:
    """What the policy says of this seat besides the roster."""
    if outlook is None or spot.section is None or not isinstance(spot.desired, Desired):
        return
    want, user = spot.desired, who.user_id
    school = spot.section.school
    rules = outlook.rules_of(school.key, school.name)

    def place(field: str) -> str:
        return outlook.sources.policy.line_of(field, school.key, school.name)

    seat = want.students.get(user) or want.teachers.get(user)
    if seat is not None and not seat.person_key:
        yield Step("policy", f"it puts them into the class itself ({seat.row})")
    if user in want.kept_out:
        yield Step("policy", f"students.exceptions keeps them out ({want.kept_out[user]})")
    if user in want.unsure:
        yield Step("policy", "who they are is not certain now: their seat is left as it is")
    if user in want.students and rules.students.add is AddStudents.AFTER_ACCEPT:
        rule = f"students.add: after_accept ({place('students.add')})"
        yield Step("policy", f"students come in once the class is accepted: {rule}")
    is_co_teacher = user in want.teachers and user != want.owner.id
    if is_co_teacher and not rules.co_teachers.add and user not in want.leading:
        rule = f"co_teachers.add: false ({place('co_teachers.add')})"
        yield Step("policy", f"co-teachers are not added: {rule}")
    if user and user == want.owner.id:
        yield Step("policy", f"they are to own the class ({want.row})")
