"""What holds after every night, whatever has happened. Each law looks at what was in Classroom
before and after, at the plan and at the ledger, and never at what the engine made of it.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from histories.district import District
from histories.ledger import Ledger, Page
from histories.picture import TEXTS, Fact, Picture, Seen, by_alias, facts, said
from histories.together import Memory
from histories.wants import Want
from policy.merge.plan import Change, Kind, Plan
from policy.run.apply import Finished
from policy.run.running import Undone

READS = ("list", "get", "listForProduct")
SLACK = timedelta(hours=1)  # a night that has to wait for Google looks at its clock later
ALLOWED_WRITES = {
    "classroom.courses.create",
    "classroom.courses.patch",
    "classroom.courses.aliases.create",
    "classroom.courses.aliases.delete",
    "classroom.courses.teachers.create",
    "classroom.courses.teachers.delete",
    "classroom.courses.students.create",
    "classroom.courses.students.delete",
}


@dataclass(frozen=True)
class Told:
    """A night, as it was looked on from outside. `finished` is None if it was killed, or if
    Google could not be read. `seen` is what was there when the plan was made; `memory` what the
    store knows afterwards of sections that are one class."""

    before: Picture
    after: Picture
    seen: Picture
    memory: Memory
    plan: Plan | None
    finished: Finished | None
    allowed: Mapping[Kind, int]
    district: District
    wants: Mapping[str, Want]
    calls: Mapping[str, int]
    now: datetime
    is_calm: bool  # it went to its end, and Google had no bad day

    @property
    def unread(self) -> set[str]:
        """Courses of which Google would not tell when the plan was made: of them it learned
        nothing, though by now they may answer again."""
        return {key for key, seen in self.seen.items() if seen.course.broken}

    @property
    def happened(self) -> set[Fact]:
        return facts(self.before, self.after)

    @property
    def planned(self) -> set[Fact]:
        return self._said(self.plan.changes if self.plan else ())

    @property
    def undone(self) -> set[Fact]:
        return self._said(each.change for each in self._undone)

    @property
    def refused(self) -> set[Fact]:
        return self._said(each.change for each in self._undone if each.final)

    @property
    def _undone(self) -> tuple[Undone, ...]:
        return self.finished.undone if self.finished else ()

    def _said(self, changes: Iterable[Change]) -> set[Fact]:
        """What changes say, less what was so already: a course that is taken as ours may have its
        alias, and the former one may be gone."""
        ids, before = by_alias(self.after), by_alias(self.before)
        told = {fact for change in changes for fact in said(change, ids)}
        there = {("alias given", key, alias) for alias, key in before.items()}
        gone = {f for f in told if f[0] == "alias taken" and before.get(f[2]) != f[1]}
        return told - there - gone


Law = Callable[[Told, Ledger], None]


def never_ours_is_untouched(told: Told, ledger: Ledger) -> None:
    """Courses that we did not make are just as they were, unless consent has made them ours."""
    claimed = {c.course.id for c in (told.plan.changes if told.plan else ()) if c.claim}
    for key, seen in told.before.items():
        if key in ledger.pages:
            continue
        if key in claimed and told.allowed.get(Kind.COURSE_UPDATE):
            continue
        assert told.after.get(key) == seen, f"course {key} is not ours, and was changed"


def only_the_policys_calls(told: Told, _ledger: Ledger) -> None:
    """Accounts are only read, no course is deleted, nobody is invited."""
    for method, count in told.calls.items():
        is_read = method.rsplit(".", 1)[-1] in READS
        assert is_read or method in ALLOWED_WRITES, f"{count} calls of {method}"


def the_plan_said_it(told: Told, _ledger: Ledger) -> None:
    """What has become other is what the plan said, less what the run says is undone."""
    happened, planned = told.happened, told.planned
    assert happened <= planned, f"not in the plan: {sorted(happened - planned)}"
    if told.finished is None:
        return
    missing = planned - happened - told.undone
    assert not missing, f"said to be done, and not so: {sorted(missing)}"
    wrong = (happened & told.refused) - (planned - told.undone)
    assert not wrong, f"said to be refused, and done: {sorted(wrong)}"


def by_hand_stays(told: Told, ledger: Ledger) -> None:
    """Nothing that a teacher changed by hand is overwritten."""
    handed = {
        (c.course.id, c.person.id)
        for c in (told.plan.changes if told.plan else ())
        if c.kind is Kind.COURSE_OWNER and c.person
    }
    for fact in sorted(told.happened):
        page = ledger.pages.get(fact[1])
        if page is None or fact[1] not in told.before:
            continue
        _check_closed(told.before[fact[1]], fact)
        _check_by_hand(told, page, fact, (fact[1], fact[-1]) in handed)


def _check_closed(old: Seen, fact: Fact) -> None:
    assert old.is_open or fact[0] == "state", f"{old.course.state}, and yet {fact}"


def _check_by_hand(told: Told, page: Page, fact: Fact, is_next_owner: bool) -> None:
    district, old = told.district, told.before[fact[1]]
    want = told.wants.get(page.alias)
    match fact:
        case ("text", _, name, text):
            assert name in TEXTS, fact
            if old.text(name) in page.texts[name]:
                return
            assert name not in district.protect, f"{fact}, over {old.text(name)!r} by hand"
            assert page.texts[name] != {text}, f"{fact}, which the SIS had not changed"
        case ("owner", _, owner):
            is_back = old.course.owner not in page.owners and page.owners == {owner}
            assert not is_back, f"{fact}: handed over by hand, and taken back"
        case ("out", _, role, user):
            policy = district.students_added if role == "student" else district.teachers_added
            is_by_hand = (role, user) in page.put_in and not (want and (role, user) in want.may)
            assert not is_by_hand or policy == "remove", f"{fact}, who was put in by hand"
        case ("in", _, role, user):
            policy = district.students_removed if role == "student" else district.teachers_removed
            is_by_hand = (role, user) in page.taken_out and not is_next_owner
            assert not is_by_hand or policy == "restore", f"{fact}, who was taken out by hand"
        case ("state", _, state):
            _check_state(district, page, want, old.course.state, state)


def _check_state(district: District, page: Page, want: Want | None, old: str, new: str) -> None:
    step = (old, new)
    if new == "ARCHIVED" and old in ("ACTIVE", "PROVISIONED"):
        assert district.archive_after is not None, step
        assert not page.opened_again, f"{step}: opened again by hand"
        assert want is None or want.is_over or not want.in_scope, f"{step}: its term is not over"
    elif step == ("ARCHIVED", "ACTIVE"):
        assert page.archived, f"{step}: archived by hand"
    else:
        assert step == ("DECLINED", "PROVISIONED"), step
        assert district.offer_again is not None, f"{step}: declined by hand"


def deleted_stays_deleted(told: Told, ledger: Ledger) -> None:
    """A class that was deleted by hand is not made again without consent."""
    if told.allowed.get(Kind.COURSE_CREATE):
        return
    for fact in told.happened:
        if fact[0] == "created":
            again = told.after[fact[1]].aliases & ledger.gone
            assert not again, f"{fact}: deleted by hand, and made again"


def one_course_a_section(told: Told, ledger: Ledger) -> None:
    """No section has two courses of ours, and none of ours goes away. One that a run was killed
    over is only known by its alias: if a hand has taken that off since, it is nobody's."""
    gone = told.before.keys() - told.after.keys()
    assert not gone, f"deleted: {gone}"
    ours = {
        key: page.alias
        for key, page in ledger.pages.items()
        if page.is_known or (key in told.before and page.alias in told.before[key].aliases)
    }
    for fact in told.happened:
        if fact[0] == "created":
            alias = next(iter(told.after[fact[1]].aliases), "")
            twins = [key for key, name in ours.items() if name == alias]
            assert not twins or told.allowed.get(Kind.COURSE_CREATE), f"{alias} has {twins} already"
    made = Counter(fact[2] for fact in told.happened if fact[0] == "alias given")
    assert all(count == 1 for count in made.values()), made


def no_class_loses_too_much(told: Told, ledger: Ledger) -> None:
    """No class, school or district loses more than its limit, unless somebody has consented."""
    for kind, role in ((Kind.STUDENT_REMOVE, "student"), (Kind.TEACHER_REMOVE, "teacher")):
        if kind in told.allowed:
            continue
        lost = Counter(f[1] for f in told.happened if f[0] == "out" and f[2] == role)
        _check_lost(told, ledger, kind, role, lost)


def _check_lost(told: Told, ledger: Ledger, kind: Kind, role: str, lost: Mapping[str, int]) -> None:
    limit = told.district.policy().defaults.limits.get(kind.value)
    if limit is None or not lost:
        return
    had = {
        key: len({seat for seat in told.before[key].seats | page.taken_out if seat[0] == role})
        for key, page in ledger.pages.items()
        if key in told.before
    }
    if limit.class_:
        for key, count in lost.items():
            most = limit.class_.of(had[key], limit.at_least)
            assert count <= most, f"course {key} lost {count} of {had[key]} {role}s, not {most}"
    if limit.district:
        most = limit.district.of(sum(had.values()), limit.at_least)
        assert sum(lost.values()) <= most, f"{sum(lost.values())} of {sum(had.values())}: {most}"


def doubt_stops_removals(told: Told, ledger: Ledger) -> None:
    """Where a faulty row may be the one that names a seat, nobody is taken out without consent."""
    for what, key, *rest in told.happened:
        page = ledger.pages.get(key)
        want = told.wants.get(page.alias) if page else None
        if what != "out" or want is None or Kind(f"{rest[0]}.remove") in told.allowed:
            continue
        assert not want.is_doubtful, f"{rest} out of {want.alias}, and a row of it is faulty"
        assert rest[1] not in want.unsure, f"{rest} out of {want.alias}, whose row is faulty"


def pauses_are_kept(told: Told, _ledger: Ledger) -> None:
    """In a pause nothing is removed or archived."""
    if told.district.is_paused(told.now.date()):
        losses = [f for f in told.happened if f[0] == "out" or f[::2] == ("state", "ARCHIVED")]
        assert not losses, losses


def grace_is_given(told: Told, ledger: Ledger) -> None:
    """A student whom the SIS does not list any more stays for as long as the policy says."""
    district = told.district
    for what, key, *rest in told.happened:
        page = ledger.pages.get(key)
        if what != "out" or rest[0] != "student" or page is None:
            continue
        seat = (rest[0], rest[1])
        want = told.wants.get(page.alias)
        is_teacher_now = want is not None and ("teacher", rest[1]) in want.may
        if is_teacher_now or district.students_added == "remove" or district.exception[0]:
            continue
        since = told.now - page.unlisted.get(seat, told.now)
        assert since + SLACK >= timedelta(hours=district.grace), f"{seat} out after {since}"


AFTER_EVERY_NIGHT = (
    never_ours_is_untouched,
    only_the_policys_calls,
    the_plan_said_it,
    by_hand_stays,
    deleted_stays_deleted,
    one_course_a_section,
    no_class_loses_too_much,
    doubt_stops_removals,
    pauses_are_kept,
    grace_is_given,
)


def all_is_explained(told: Told, ledger: Ledger) -> None:
    """At the end: whom the SIS lists for certain is in the class, or the plan says why not."""
    plan = told.plan
    assert plan is not None
    spoken = {(k.course.alias, *k.record.split(":")[-2:]) for k in plan.kept if ":" in k.record}
    handed_over = {kept.course.alias for kept in plan.kept if kept.record == "owner"}
    held = {c.course.alias for hold in plan.held for c in hold.changes}
    held |= {
        alias for hold in plan.held for why in hold.why for alias in told.wants if alias in why
    }
    open_changes = {c.course.alias for c in plan.changes}
    pages = {page.alias: key for key, page in ledger.pages.items()}
    waiting = {waiting.section for waiting in plan.waiting}
    for alias, want in told.wants.items():
        if not want.in_scope or waiting.intersection(want.keys):
            continue
        if alias in held or alias in open_changes:
            continue
        assert alias in pages or plan.held, f"{alias} has no class, and nothing says why"
        if alias not in pages or not told.after[pages[alias]].is_open:
            continue
        seen = told.after[pages[alias]]
        if seen.course.broken or want.is_over:
            continue
        for role, user in want.sure - seen.seats:
            is_owner = user == seen.course.owner  # who is a teacher, and can't be anything else
            is_owner |= role == "teacher" and alias in handed_over  # the wanted owner's seat
            if is_owner or _may_wait(told.district, role, seen) or (alias, role, user) in spoken:
                continue
            raise AssertionError(f"{role} {user} is not in {alias}, and nothing says why")


def _may_wait(district: District, role: str, seen: Seen) -> bool:
    if role == "teacher":
        return not district.co_teachers
    return district.add == "after_accept" and seen.course.state != "ACTIVE"
