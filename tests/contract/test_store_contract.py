"""What every store must do, whatever it is made of. A new store is one row in STORES."""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policy.errors import AnotherRun, RollbookError
from policy.store.base import (
    BaseCourse,
    Decision,
    Entry,
    EntryState,
    Mark,
    Match,
    RunRecord,
    RunState,
    Store,
)
from policy.store.sql import SqlStore

Factory = Callable[[Path], Store]
STORES: dict[str, Factory] = {
    "sqlite": lambda folder: SqlStore(f"sqlite:///{folder}/state/rollbook.sqlite"),
}
NIGHT = datetime(2026, 9, 1, 2, 30, tzinfo=timezone(timedelta(hours=-5)))

ALGEBRA = BaseCourse(
    alias="d:rollbook.maple.alg-1",
    course_id="5001",
    section_key="alg-1",
    school_key="north",
    name="Algebra I – Größe 2",
    section="Period 1",
    room="12",
    owner="9001",
    teachers=frozenset({"9001", "9002"}),
    students=frozenset({"7001", "7002", "7003"}),
    kept={"name": "2026-09-01T02:30:00-05:00"},
    leaving={"student:7003": "2026-08-31T02:30:00-05:00"},
    former=frozenset({"9003"}),
    state="ACTIVE",
    ends="2027-06-12",
    read="2026-09-01T02:30:00-05:00",
    settled="a1b2c3",
)
BIOLOGY = replace(ALGEBRA, alias="d:rollbook.maple.bio-1", course_id="5002", kept={})
RUN = RunRecord(
    id="run-1",
    plan_id="plan-1",
    state=RunState.RUNNING,
    started=NIGHT,
    ended=None,
    policy_digest="p",
    roster_digest="r",
    counts={},
    held={},
    refused={},
    policy_commit="0a1b2c",
    policy_clean=True,
)
ENDED = replace(
    RUN,
    state=RunState.HELD,
    ended=NIGHT + timedelta(minutes=3),
    counts={"student.add": 30},
    held={"student.remove": 4},
    refused={"owner": 1},
)


def entry(number: int, state: EntryState = EntryState.SENT, run_id: str = "run-1") -> Entry:
    return Entry(
        run_id=run_id,
        number=number,
        alias=ALGEBRA.alias,
        kind="student.add",
        change='{"user":"7001"}',
        state=state,
        at=NIGHT + timedelta(seconds=number),
        reason="",
    )


@pytest.fixture(params=STORES.values(), ids=STORES)
def factory(request: pytest.FixtureRequest) -> Factory:
    return request.param


@pytest.fixture
def store(factory: Factory, tmp_path: Path) -> Iterator[Store]:
    made = factory(tmp_path)
    yield made
    made.close()


def test_a_new_store_is_empty(store: Store) -> None:
    assert list(store.base()) == []
    assert store.base_of(["5001"]) == {}
    assert store.matches() == {}
    assert store.runs() == []
    assert store.unfinished() == []
    assert list(store.entries("run-1")) == []
    assert store.decisions("9001") == {}
    mark = store.mark()
    assert mark == Mark(mark.id, 0, "")
    assert list(store.done_since(NIGHT)) == []
    assert store.entries_of(ALGEBRA.alias) == []


def test_what_is_kept_is_there_after_it_was_closed(factory: Factory, tmp_path: Path) -> None:
    first = factory(tmp_path)
    first.keep([BIOLOGY, ALGEBRA], matches={"anna": Match("7001", "anna@x.example")})
    first.start_run(RUN)
    first.start_entries([entry(1)])
    first.decide(Decision("5001", "9001", "ACTIVE", NIGHT))
    first.close()
    second = factory(tmp_path)
    assert list(second.base()) == [ALGEBRA, BIOLOGY]
    assert second.matches() == {"anna": Match("7001", "anna@x.example")}
    assert second.runs() == [RUN]
    assert second.unfinished() == [entry(1)]
    assert second.decisions("9001") == {"5001": Decision("5001", "9001", "ACTIVE", NIGHT)}
    assert second.mark().revision == 2
    second.close()


def test_base_of_leaves_out_what_is_not_ours(store: Store) -> None:
    store.keep([ALGEBRA, BIOLOGY])
    assert store.base_of(["5002", "6666"]) == {"5002": BIOLOGY}


def test_base_of_more_ids_than_fit_in_a_question(store: Store) -> None:
    ours = [replace(ALGEBRA, alias=f"d:{n:05}", course_id=str(n)) for n in range(1_201)]
    store.keep(ours)
    assert store.base_of([str(n) for n in range(2_000)]) == {c.course_id: c for c in ours}


def test_keep_overwrites_forgets_and_remembers(store: Store) -> None:
    store.keep(
        [ALGEBRA, BIOLOGY],
        matches={"anna": Match("7001", "anna@x.example"), "ben": Match("7002", "ben@x.example")},
    )
    renamed = replace(ALGEBRA, name="Algebra", students=frozenset())
    store.keep(
        [renamed],
        forget=[BIOLOGY.alias, "d:never.ours"],
        matches={"ben": Match("7009", "ben@x.example")},
    )
    assert list(store.base()) == [renamed]
    assert store.matches() == {
        "anna": Match("7001", "anna@x.example"),
        "ben": Match("7009", "ben@x.example"),
    }


def test_a_course_that_moved_to_another_alias_is_kept_under_that_one(store: Store) -> None:
    store.keep([ALGEBRA])
    moved = replace(ALGEBRA, alias="d:rollbook.maple.other")
    store.keep([moved], forget=[ALGEBRA.alias])
    assert list(store.base()) == [moved]


def test_keep_is_whole_or_not_at_all(store: Store) -> None:
    def courses() -> Iterator[BaseCourse]:
        for n in range(1_000):
            yield replace(ALGEBRA, alias=f"d:{n}", course_id=str(n))
        raise OSError("the roster's disk has gone")

    store.keep([BIOLOGY])
    with pytest.raises(OSError, match="disk has gone"):
        store.keep(courses(), forget=[BIOLOGY.alias])
    assert list(store.base()) == [BIOLOGY]
    assert store.mark().revision == 1


def test_two_courses_can_not_be_the_same_course_in_classroom(store: Store) -> None:
    store.keep([ALGEBRA])
    with pytest.raises(RollbookError, match="contradicts what is there"):
        store.keep([replace(BIOLOGY, course_id=ALGEBRA.course_id)])
    assert list(store.base()) == [ALGEBRA]


def test_the_base_can_be_written_while_it_is_read(store: Store) -> None:
    ours = [replace(ALGEBRA, alias=f"d:{n:05}", course_id=str(n)) for n in range(1_200)]
    store.keep(ours)
    seen = []
    for course in store.base():
        if not seen:
            store.keep([], forget=[other.alias for other in ours[1:]])
        seen.append(course)
    assert seen == ours  # as it was when the reading began
    assert list(store.base()) == ours[:1]


def test_the_revision_grows_with_what_is_written_and_with_nothing_else(store: Store) -> None:
    seen = [store.mark().revision]
    for write in (
        lambda: store.keep([ALGEBRA]),
        lambda: store.keep([], matches={"anna": Match("7001", "anna@x.example")}),
        lambda: store.keep([], forget=[ALGEBRA.alias]),
        lambda: store.start_run(RUN),
        lambda: store.start_entries([entry(1)]),
        lambda: store.finish_entries([entry(1, EntryState.DONE)], [ALGEBRA]),
        lambda: store.end_run(ENDED),
        lambda: store.keep([], forget=["d:never.ours"], matches={}),
        lambda: store.finish_entries([], []),
        lambda: store.decide(Decision("5001", "9001", "ACTIVE", NIGHT)),
        lambda: store.finish_entries([], [], forget=[ALGEBRA.alias]),
        lambda: store.release([BIOLOGY.alias]),
        lambda: store.release([]),
        lambda: store.take_back([BIOLOGY.alias]),
        lambda: store.take_back([BIOLOGY.alias]),
    ):
        write()
        seen.append(store.mark().revision)
    assert seen == [0, 1, 2, 3, 4, 4, 5, 5, 5, 5, 5, 6, 7, 7, 8, 8]


def test_runs_are_told_newest_first(store: Store) -> None:
    runs = [replace(RUN, id=f"run-{n}", plan_id=f"plan-{n}") for n in range(5)]
    for run in runs:
        store.start_run(run)
    store.end_run(replace(ENDED, id="run-3", plan_id="plan-3"))
    ended = replace(ENDED, id="run-3", plan_id="plan-3")
    assert store.runs(newest=3) == [runs[4], ended, runs[2]]
    assert [run.id for run in store.runs()] == ["run-4", "run-3", "run-2", "run-1", "run-0"]


def test_a_run_that_never_began_can_not_end(store: Store) -> None:
    with pytest.raises(RollbookError, match="run-1 is not in the store"):
        store.end_run(ENDED)


def test_the_journal_of_a_run(store: Store) -> None:
    store.start_run(RUN)
    store.start_entries([entry(2), entry(1), entry(3)])
    refused = replace(entry(2, EntryState.REFUSED), reason="@CourseMemberLimitReached full")
    store.finish_entries([entry(1, EntryState.DONE), refused], [ALGEBRA])
    assert list(store.entries("run-1")) == [entry(1, EntryState.DONE), refused, entry(3)]
    assert store.unfinished() == [entry(3)]
    assert list(store.base()) == [ALGEBRA]


def test_entries_and_base_rows_are_finished_together(store: Store) -> None:
    store.start_run(RUN)
    store.keep([BIOLOGY])
    store.start_entries([entry(1)])
    doubled = replace(ALGEBRA, course_id=BIOLOGY.course_id)
    with pytest.raises(RollbookError):
        store.finish_entries([entry(1, EntryState.DONE)], [doubled])
    assert store.unfinished() == [entry(1)]
    assert list(store.base()) == [BIOLOGY]


def test_what_had_no_answer_stays_open_until_it_is_heard_of(store: Store) -> None:
    store.start_run(RUN)
    store.start_entries([entry(1), entry(2)])
    store.end_run(replace(RUN, state=RunState.REFUSED, ended=NIGHT))
    assert store.unfinished() == [entry(1), entry(2)]
    store.keep([], heard=[(RUN.id, 1), (RUN.id, 7)])
    assert store.unfinished() == [entry(2)]
    assert [e.state for e in store.entries(RUN.id)] == [EntryState.HEARD, EntryState.SENT]
    store.finish_entries([entry(2, EntryState.DONE)], [])
    store.keep([], heard=[(RUN.id, 2)])
    assert [e.state for e in store.entries(RUN.id)] == [EntryState.HEARD, EntryState.DONE]


def test_what_keys_are_made_from_is_remembered(store: Store) -> None:
    assert store.mark().keyed_by == ""
    store.keep([], keyed_by="maple {section.key}")
    store.keep([ALGEBRA])
    assert store.mark().keyed_by == "maple {section.key}"


def test_what_a_drop_counted_and_reports_told_is_remembered(store: Store) -> None:
    store.keep([], reported="2026-09-01T02:30:00Z", roster={"sections": 12, "people": 300})
    store.keep([ALGEBRA], keyed_by="maple {section.key}")
    mark = store.mark()
    assert mark == Mark(
        id=mark.id,
        revision=1,
        keyed_by="maple {section.key}",
        reported="2026-09-01T02:30:00Z",
        roster={"sections": 12, "people": 300},
    )
    store.keep([], reported="2026-09-02T02:30:00Z", roster={})
    assert store.mark().roster == {"sections": 12, "people": 300}
    assert store.mark().reported == "2026-09-02T02:30:00Z"


def test_what_is_released_is_no_class_of_ours_any_more(store: Store) -> None:
    store.keep([ALGEBRA, BIOLOGY])
    store.release([ALGEBRA.alias, "d:never.ours"])
    store.release([ALGEBRA.alias])
    assert list(store.base()) == [BIOLOGY]
    assert store.mark().released == {ALGEBRA.alias, "d:never.ours"}
    store.take_back([ALGEBRA.alias])
    assert store.mark().released == {"d:never.ours"}
    assert list(store.base()) == [BIOLOGY]


def test_more_can_be_released_than_fit_in_a_question(store: Store) -> None:
    aliases = [f"d:{n:05}" for n in range(1_201)]
    store.keep(replace(ALGEBRA, alias=a, course_id=a) for a in aliases)
    store.release(iter(aliases))
    assert (list(store.base()), store.mark().released) == ([], frozenset(aliases))
    store.take_back(iter(aliases))
    assert store.mark().released == frozenset()


def test_an_entry_can_move_its_course_to_another_alias(store: Store) -> None:
    store.start_run(RUN)
    store.keep([ALGEBRA])
    store.start_entries([entry(1)])
    moved = replace(ALGEBRA, alias=BIOLOGY.alias)
    store.finish_entries([entry(1, EntryState.DONE)], [moved], forget=[ALGEBRA.alias])
    assert list(store.base()) == [moved]
    assert store.unfinished() == []


def test_what_was_done_since_is_told_of_all_runs_the_oldest_first(store: Store) -> None:
    store.start_run(RUN)
    store.start_run(replace(RUN, id="run-2"))
    later = replace(entry(1, EntryState.DONE, "run-2"), at=NIGHT + timedelta(seconds=8))
    first = [entry(n, EntryState.DONE) for n in (1, 5, 9)]
    refused = entry(6, EntryState.REFUSED)
    store.start_entries([*first, refused, entry(7), later])
    since = (NIGHT + timedelta(seconds=5)).astimezone(UTC)
    assert list(store.done_since(since)) == [first[1], later, first[2]]
    assert list(store.done_since(NIGHT + timedelta(seconds=10))) == []


def test_everything_that_was_ever_written_to_a_course(store: Store) -> None:
    store.start_run(replace(RUN, id="run-2"))  # the first one; ids need not sort
    store.start_run(RUN)
    other = replace(entry(3), alias=BIOLOGY.alias)
    ours = [entry(4, EntryState.DONE, "run-2"), entry(1), entry(2, EntryState.REFUSED)]
    store.start_entries([other, *reversed(ours)])
    assert store.entries_of(ALGEBRA.alias) == ours


def test_entries_that_name_somebody(store: Store) -> None:
    store.start_run(replace(RUN, id="run-2"))
    store.start_run(RUN)
    changes = ['{"user":"7001"}', '{"user":"17001"}', '{"before":"7001"}', '{"why":"7_01 %"}']
    entries = [
        replace(entry(n, run_id=run_id), change=change)
        for run_id in ("run-1", "run-2")
        for n, change in enumerate(changes)
    ]
    store.start_entries(entries)
    found = [(e.run_id, e.number) for e in store.entries_naming('"7001"')]
    assert found == [("run-2", 0), ("run-2", 2), ("run-1", 0), ("run-1", 2)]
    assert [e.number for e in store.entries_naming("7_01 %")] == [3, 3]


def test_the_newest_decision_counts_however_they_arrive(store: Store) -> None:
    newer = Decision("5001", "9001", "DECLINED", NIGHT.astimezone(UTC))
    older = Decision("5001", "9001", "ACTIVE", NIGHT - timedelta(seconds=1))
    others = Decision("5001", "9002", "ACTIVE", NIGHT)
    for decision in (newer, older, others):
        store.decide(decision)
    assert store.decisions("9001") == {"5001": newer}
    assert store.decisions("9002") == {"5001": others}


def test_times_must_name_their_zone(store: Store) -> None:
    with pytest.raises(ValueError, match="names no time zone"):
        store.start_run(replace(RUN, started=datetime(2026, 9, 1)))


def test_one_run_at_a_time(factory: Factory, tmp_path: Path) -> None:
    first, second = factory(tmp_path), factory(tmp_path)
    with first.run_lock():
        with pytest.raises(AnotherRun, match=r"process \d+, since 20..-..-..T"), second.run_lock():
            pytest.fail("two runs at once")
        with pytest.raises(AnotherRun), first.run_lock():
            pytest.fail("two runs at once")
    with second.run_lock():
        second.keep([ALGEBRA])
    first.close()
    second.close()


def test_a_run_that_fails_lets_go_of_the_lock(store: Store) -> None:
    with pytest.raises(RuntimeError, match="in the middle"), store.run_lock():
        raise RuntimeError("in the middle")
    with store.run_lock():
        assert store.unfinished() == []


WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
USERS = st.frozensets(st.integers(0, 10**21 - 1).map(str), max_size=40)


@st.composite
def base_courses(draw: st.DrawFn) -> list[BaseCourse]:
    keys = draw(st.lists(st.integers(0, 9), unique=True, max_size=6))
    return [
        BaseCourse(
            alias=f"d:{key}",
            course_id=str(key),
            section_key=draw(WORDS),
            school_key=draw(WORDS),
            name=draw(WORDS),
            section=draw(WORDS),
            room=draw(WORDS),
            owner=draw(WORDS),
            teachers=draw(USERS),
            students=draw(USERS),
            kept=draw(st.dictionaries(WORDS, WORDS, max_size=3)),
            leaving=draw(st.dictionaries(WORDS, WORDS, max_size=3)),
            former=draw(USERS),
            state=draw(st.sampled_from(["PROVISIONED", "ACTIVE", "ARCHIVED"])),
            ends=draw(WORDS),
            read=draw(WORDS),
            settled=draw(WORDS),
        )
        for key in keys
    ]


STEPS = st.tuples(base_courses(), st.frozensets(st.integers(0, 9), max_size=4))


@given(steps=st.lists(STEPS, max_size=4))
@settings(max_examples=40, deadline=None)
@pytest.mark.parametrize("make", STORES.values(), ids=STORES)
def test_the_base_is_what_was_kept_and_not_forgotten(
    make: Factory, steps: list[tuple[list[BaseCourse], frozenset[int]]]
) -> None:
    expected: dict[str, BaseCourse] = {}
    with tempfile.TemporaryDirectory() as folder:
        store = make(Path(folder))
        for courses, forgotten in steps:
            aliases = [f"d:{key}" for key in forgotten]
            store.keep(courses, forget=aliases)
            expected = {a: c for a, c in expected.items() if a not in aliases}
            expected |= {course.alias: course for course in courses}
        kept = list(store.base())
        store.close()
    assert kept == [expected[alias] for alias in sorted(expected)]
