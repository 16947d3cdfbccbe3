"""What a district wants tonight, read from the SIS and the policy by code that shares nothing with
the engine. Where it is not plain what is wanted it says less: `sure` and `may` differ.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta

from histories.district import District
from histories.picture import Seat
from histories.sis import TERMS, Row, Sis, email_of
from policy.simulator.app import Simulator

PREFIX = "d:rollbook.demo.2027."


@dataclass(frozen=True)
class Want:
    """One section's course. `sure` are seats that are wanted beyond doubt, `may` all that might
    be; `owner` is None where it takes thought."""

    alias: str
    key: str
    school: str
    in_scope: bool
    is_over: bool  # by after_term
    texts: dict[str, str]
    owner: str | None
    sure: frozenset[Seat]
    may: frozenset[Seat]
    listed: frozenset[Seat]  # by the e-mails that the SIS has tonight
    is_doubtful: bool  # a faulty row may be about any seat of it
    unsure: frozenset[str]  # accounts of people whose own row is faulty


def wants(sis: Sis, district: District, sim: Simulator, today: date) -> dict[str, Want]:
    """By alias, of every section that is in tonight's roster."""
    plain = _plain_people(sis, sim)
    found = {}
    for row in sis.rows.values():
        if row.listed:
            want = _want(row, sis, district, sim, today, plain)
            found[want.alias] = want
    return found


def _want(
    row: Row, sis: Sis, district: District, sim: Simulator, today: date, plain: dict[str, str]
) -> Want:
    term = TERMS[row.term]
    in_scope = district.terms == "all" or term.start <= today < term.end
    after = district.archive_after
    members = dict(sis.members(row))
    may = {
        (_role(seat), user)
        for key, seat in members.items()
        for user in _accounts(sim, sis.people[key].email, email_of(key))
    }
    listed = {
        (_role(seat), user)
        for key, seat in members.items()
        for user in _accounts(sim, sis.people[key].email)
    }
    sure = {(_role(seat), plain[key]) for key, seat in members.items() if key in plain}
    named = _accounts(sim, district.extra)
    may |= {("teacher", user) for user in named}
    sure -= {("student", user) for user in named}
    who, keep = district.exception
    for user in _accounts(sim, who):
        sure.discard(("student", user))
        if keep == "in":
            may.add(("student", user))
    if district.at_most < 20:
        sure = {(role, user) for role, user in sure if role == "student"}
    primaries = [plain.get(key) for key, seat in members.items() if seat == "p"]
    owner = primaries[0] if len(primaries) == 1 and not district.owner else None
    return Want(
        alias=PREFIX + row.key,
        key=row.key,
        school=row.school,
        in_scope=in_scope,
        is_over=after is not None and term.end + timedelta(days=after) <= today,
        texts={"name": row.title, "section": "3", "room": row.room},
        owner=owner,
        sure=frozenset(sure) if in_scope else frozenset(),
        may=frozenset(may),
        listed=frozenset(listed),
        is_doubtful=sis.faulty_anywhere or any(sis.rows[s] is row for s in sis.faulty_sections),
        unsure=frozenset(
            user
            for key in members
            if key in sis.faulty_people
            for user in _accounts(sim, email_of(key))
            if sis.people[key].email == email_of(key)
        ),
    )


def _role(seat: str) -> str:
    return "student" if seat == "s" else "teacher"


def _accounts(sim: Simulator, *emails: str) -> set[str]:
    people = [sim.state.person(email) for email in emails if email]
    return {person.id for person in people if person}


def _plain_people(sis: Sis, sim: Simulator) -> dict[str, str]:
    """Of people about whom there is nothing to think: their account."""
    shared = Counter(p.email for p in sis.people.values() if p.listed)
    plain = {}
    for key, listed in sis.people.items():
        person = sim.state.person(listed.email) if listed.email else None
        is_own = listed.email == email_of(key) and shared[listed.email] == 1
        if is_own and person and person.active and key not in sis.faulty_people:
            plain[key] = person.id
    return plain
