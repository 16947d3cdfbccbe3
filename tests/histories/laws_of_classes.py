"""Which class is whose: laws of decision 013, of sections that are one class and go apart again.
They hold as well where each section has a class of its own.
"""

from collections.abc import Iterator
from datetime import timedelta

from histories.laws import Law, Told
from histories.ledger import Ledger, Page
from histories.picture import Fact, by_alias
from histories.wants import Want
from policy.merge.plan import Kind

WAITED_FOR = timedelta(days=7)


def a_class_stays_the_same_one(told: Told, ledger: Ledger) -> None:
    """No other course takes the place of one that is there: a new one is made only for sections
    whose classes are others' by now, and an alias is given only with consent. A section that was
    by itself last night, and waited for its class, is no more of the one that it was in before."""
    for what, key, *rest in told.happened:
        if what == "created":
            _check_new(told, ledger, key)
        if what == "alias given" and key in told.before:
            assert Kind.COURSE_UPDATE in told.allowed, f"course {key} got the alias {rest[0]}"


def _check_new(told: Told, ledger: Ledger, key: str) -> None:
    alias = next(iter(told.after[key].aliases), "")
    want = told.wants.get(alias)
    if want is None or Kind.COURSE_CREATE in told.allowed:
        return
    for page in ledger.pages.values():
        is_theirs = page.stands & want.owns and page.is_known
        other = told.wants.get(page.alias)
        is_others = other is not None and other.in_scope and other is not want
        assert not is_theirs or is_others, f"{alias} was made, though {page.alias} is there for it"


def who_is_listed_stays(told: Told, ledger: Ledger) -> None:
    """Whom the SIS lists for certain is not taken out of their class."""
    for page, fact in _outs(told, ledger):
        want = told.wants.get(page.alias)
        assert want is None or fact[2:] not in want.sure, f"{fact}, who is in {page.alias}"


def nobody_leaves_before_they_are_seated(told: Told, ledger: Ledger) -> None:
    """A section that has another class than before: its people leave the former one once they are
    in the other, and that is open. They are told as kept until then, so a class that is archived,
    or that can't be read, keeps them in the former one for as long."""
    ids = by_alias(told.seen)
    for page, fact in _outs(told, ledger):
        for want in _homes_elsewhere(told, page, fact):
            home = told.seen.get(ids.get(want.alias, ""))
            is_there = home is not None and home.is_open and fact[2:] in home.seats
            assert is_there, f"{fact} out of {page.alias}, and not in {want.alias} yet"


def a_section_that_left_is_waited_for(told: Told, ledger: Ledger) -> None:
    """A section of a class of several has left the roster or the scope: for a week nobody is taken
    out of the class without consent."""
    homes = {own for want in told.wants.values() if want.in_scope for own in want.owns}
    for page, fact in _outs(told, ledger):
        if Kind(f"{fact[2]}.remove") in told.allowed or len(page.stood) == 1:
            continue
        for own in page.stood - homes:
            since = page.missed.get(own, told.now)
            is_over = since.date() + WAITED_FOR <= told.now.date()
            assert is_over, f"{fact} out of {page.alias}: {own} has left only {since}"


def a_class_without_a_section_is_left_alone(told: Told, ledger: Ledger) -> None:
    """A course of ours that stands for no section tonight is archived after its term, and nothing
    else: also where its section is in another class with others now (M334)."""
    claimed = {c.course.id for c in (told.plan.changes if told.plan else ()) if c.claim}
    for fact in told.happened:
        page = ledger.pages.get(fact[1])
        if page is None or fact[1] in claimed or fact[::2] == ("state", "ARCHIVED"):
            continue
        want = told.wants.get(page.alias)
        assert want, f"{fact}: {page.alias} has no section"
        assert want.in_scope, f"{fact}: {page.alias} has no section in scope"


def a_class_remembers_its_sections(told: Told, _ledger: Ledger) -> None:
    """After an undisturbed night the store knows for which sections each class stands; a class of
    its own section alone has no such record. One that could not be read when the plan was made is
    known as it was before: the plan may be a morning's, and the class answer again by night."""
    if not told.is_calm:
        return
    ids = by_alias(told.after)
    for alias, want in told.wants.items():
        key = ids.get(alias, "")
        if alias not in told.memory or not want.in_scope or key in told.unread | {""}:
            continue
        owns = set() if want.owns == {alias} else want.owns
        assert told.memory[alias].keys() == owns, f"{alias}: {told.memory[alias]}, not {owns}"


def _outs(told: Told, ledger: Ledger) -> Iterator[tuple[Page, Fact]]:
    for fact in sorted(told.happened):
        if fact[0] == "out" and fact[1] in ledger.pages:
            yield ledger.pages[fact[1]], fact


def _homes_elsewhere(told: Told, page: Page, fact: Fact) -> Iterator[Want]:
    """The classes of sections that it stood for, and that list somebody for certain."""
    for want in told.wants.values():
        seats = (want.sure_of[own] for own in want.owns & page.stood)
        if want.in_scope and want.alias != page.alias and any(fact[2:] in some for some in seats):
            yield want


OF_CLASSES: tuple[Law, ...] = (
    a_class_stays_the_same_one,
    who_is_listed_stays,
    nobody_leaves_before_they_are_seated,
    a_section_that_left_is_waited_for,
    a_class_without_a_section_is_left_alone,
    a_class_remembers_its_sections,
)
