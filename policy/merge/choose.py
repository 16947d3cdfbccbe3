"""What the policy makes of a section's seats: co-teachers besides the roster's, how many there may
be, and the people whom it keeps in or out whatever the roster says.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from policy.merge.people import AccountFacts, Matches
from policy.merge.plan import Notice
from policy.merge.records import Staff, Wanted
from policy.rules.model import Keep, Matcher, RemovedByHand, SchoolRules
from policy.rules.scope import SectionFacts, hinges_on_teachers, matches, surely_matches


@dataclass(frozen=True, slots=True)
class Chosen:
    """Desired seats by user id. `left` are accounts whose seats are neither made nor taken away,
    `kept_out` those of whom the policy says so, with its line."""

    teachers: Mapping[str, Wanted]
    students: Mapping[str, Wanted]
    left: frozenset[str] = frozenset()
    kept_out: dict[str, str] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()


def choose(
    facts: Sequence[SectionFacts],
    rules: SchoolRules,
    listed: Chosen,
    accounts: Matches,
    *,
    owner: str,
    present: Callable[[], Staff],
    teacher_in_doubt: bool = False,
) -> Chosen:
    """The roster's seats as the policy wants them. `facts` are those of the class's section, or of
    each of its sections: what the policy says of one of them it says of the class. `present` tells
    who teaches there now. With `teacher_in_doubt` it can't be told who does by the roster: whom the
    policy names for classes of certain teachers stays where they are."""
    chosen = _leave_named(facts, rules, listed, accounts) if teacher_in_doubt else listed
    rules = _that_match(facts, rules, surely_matches if teacher_in_doubt else matches)
    chosen = _with_extra(rules, chosen, accounts)
    chosen = _with_exceptions(rules, chosen, accounts)
    return _at_most(facts, rules, chosen, owner=owner, present=present)


def _leave_named(
    facts: Sequence[SectionFacts], rules: SchoolRules, chosen: Chosen, accounts: Matches
) -> Chosen:
    """Leave the seats of those whom the policy names for this section, or not, by who teaches it.
    Who may have to stay out is not put in, though the roster lists them."""
    extra = [one for one in rules.co_teachers.extra if _hinges(one.where, facts)]
    emails = {email for one in extra for email in one.teachers}
    exceptions = [e for e in rules.students.exceptions if _hinges(e.where, facts)]
    out = {e.person for e in exceptions if e.keep is Keep.OUT}
    emails |= {e.person for e in exceptions}
    if not emails:
        return chosen
    ids = {e: _last_known(e, accounts.by_email.get(e), accounts) for e in emails}
    students = dict(chosen.students)
    for user_id in (user_id for email in out for user_id in ids[email]):
        students.pop(user_id, None)
    return replace(chosen, students=students, left=chosen.left.union(*ids.values()))


def _that_match(
    facts: Sequence[SectionFacts],
    rules: SchoolRules,
    matching: Callable[[Matcher, SectionFacts], bool],
) -> SchoolRules:
    """The rules with those of their entries that are about one of these sections."""
    if not rules.co_teachers.extra and not rules.students.exceptions:
        return rules

    def is_for(where: Matcher) -> bool:
        return any(matching(where, one) for one in facts)

    extra = tuple(one for one in rules.co_teachers.extra if is_for(one.where))
    exceptions = tuple(e for e in rules.students.exceptions if is_for(e.where))
    return replace(
        rules,
        co_teachers=replace(rules.co_teachers, extra=extra),
        students=replace(rules.students, exceptions=exceptions),
    )


def _with_extra(rules: SchoolRules, chosen: Chosen, accounts: Matches) -> Chosen:
    """Who is named as a co-teacher by the policy. A student of the section stays its student."""
    if not rules.co_teachers.extra:
        return chosen
    teachers, left, notices = dict(chosen.teachers), set(chosen.left), list(chosen.notices)
    for extra in rules.co_teachers.extra:
        for email in extra.teachers:
            account = accounts.by_email.get(email.casefold())
            if account is None or account.suspended:
                left |= _last_known(email, account, accounts)
                words = f"co_teachers.extra names {email}, who has {_no_account(account)}"
                notices.append(Notice(extra.line, words, "M307"))
            elif account.user.id not in chosen.students:
                teachers.setdefault(account.user.id, Wanted(account.user, "", extra.line))
    return replace(chosen, teachers=teachers, left=frozenset(left), notices=tuple(notices))


def _with_exceptions(rules: SchoolRules, chosen: Chosen, accounts: Matches) -> Chosen:
    """Who is kept in a class, or out of it, as its student. Out wins."""
    if not rules.students.exceptions:
        return chosen
    students, notices = dict(chosen.students), list(chosen.notices)
    kept_out, left = dict(chosen.kept_out), set(chosen.left)
    for exception in rules.students.exceptions:
        account = accounts.by_email.get(exception.person.casefold())
        if account is None or account.suspended:
            left |= _last_known(exception.person, account, accounts)
            words = f"students.exceptions names {exception.person}, who has {_no_account(account)}"
            notices.append(Notice(exception.line, words, "M308"))
        elif exception.keep is Keep.OUT:
            students.pop(account.user.id, None)
            kept_out[account.user.id] = exception.line
        elif account.user.id not in chosen.teachers and account.user.id not in kept_out:
            students.setdefault(account.user.id, Wanted(account.user, "", exception.line))
    return replace(
        chosen,
        students=students,
        kept_out=kept_out,
        left=frozenset(left),
        notices=tuple(notices),
    )


def _at_most(
    facts: Sequence[SectionFacts],
    rules: SchoolRules,
    chosen: Chosen,
    *,
    owner: str,
    present: Callable[[], Staff],
) -> Chosen:
    """Those who are in the class come first, then in the roster's order. Who is there beyond the
    number stays: a number is no reason to take somebody out. Whom a hand has taken out, and who
    stays out, has no place."""
    most = rules.co_teachers.at_most
    others = [user_id for user_id in chosen.teachers if user_id != owner]
    if len(others) <= most or not rules.co_teachers.add:
        return chosen
    staff = present()
    if rules.co_teachers.removed_by_hand is RemovedByHand.KEEP:
        others = [user_id for user_id in others if user_id not in staff.taken_out]
    if len(others) <= most:
        return chosen
    ranked = sorted(others, key=lambda user_id: user_id not in staff.there)
    beyond = frozenset(ranked[most:])
    count = "1 of them is" if len(beyond) == 1 else f"{len(beyond)} of them are"
    words = (
        f"section {facts[0].section_key} has {len(others)} co-teachers, and co_teachers.at_most is "
        f"{most}: {count} neither added nor taken out"
    )
    row = chosen.teachers[ranked[most]].row
    return replace(
        chosen,
        teachers={u: wanted for u, wanted in chosen.teachers.items() if u not in beyond},
        left=chosen.left | beyond,
        notices=(*chosen.notices, Notice(row, words, "M309")),
    )


def _hinges(where: Matcher, facts: Sequence[SectionFacts]) -> bool:
    return any(hinges_on_teachers(where, one) for one in facts)


def _last_known(email: str, account: AccountFacts | None, accounts: Matches) -> frozenset[str]:
    """The account that somebody whom the policy names has, or had when it was last found."""
    known = account.user.id if account else accounts.lost.get(email.casefold())
    return frozenset() if known is None else frozenset({known})


def _no_account(account: AccountFacts | None) -> str:
    return "a suspended Google account" if account else "no Google account"
