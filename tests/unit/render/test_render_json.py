"""A plan as JSON: the contract's keys, and back without loss."""

import json
from dataclasses import replace

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from building import COURSE, NOW_TEXT, TEXTS, base, course_ref, creation, plan, removal, user
from policy.errors import PlanAtFault
from policy.merge.plan import (
    Change,
    HeldFor,
    Hold,
    Kept,
    Kind,
    NewCourse,
    Notice,
    Plan,
    PolicySummary,
    Settle,
    Unmatched,
    Waiting,
)
from policy.merge.records import Remembered, State
from policy.render.plan_json import plan_schema, plan_to_json, print_json, read_json

TEXT = st.text(max_size=12)
USERS = st.builds(lambda key: user(key or "x"), st.text("abc123", min_size=1, max_size=4))
WHY = st.lists(TEXT, max_size=3).map(tuple)
COURSES = st.builds(
    course_ref, TEXT, school=TEXT, id=st.one_of(st.none(), st.text("0123456789", min_size=1))
)
OURS = st.builds(course_ref, TEXT, school=TEXT, id=st.text("0123456789", min_size=1))
BASES = st.builds(
    lambda found, ids, since, state, marks: replace(
        found,
        leaving=since,
        former=ids,
        state=state,
        ends=marks[0],
        read=marks[1],
        settled=marks[2],
    ),
    st.builds(
        lambda alias, students, kept: base(alias=alias, students=tuple(students), kept=kept),
        TEXT,
        st.lists(TEXT, max_size=3, unique=True),
        st.dictionaries(TEXT, TEXT, max_size=2),
    ),
    st.frozensets(TEXT, max_size=2),
    st.dictionaries(TEXT, TEXT, max_size=2),
    st.sampled_from(State),
    st.tuples(TEXT, TEXT, TEXT),
)
CHANGES = st.one_of(
    st.builds(
        lambda course, owner, why: Change(
            Kind.COURSE_CREATE, course, "s", why, new=NewCourse(TEXTS, owner, "PROVISIONED")
        ),
        COURSES,
        USERS,
        WHY,
    ),
    st.builds(
        lambda course, text, why: Change(
            Kind.COURSE_UPDATE, course, "s", why, field="name", before=text, after=text
        ),
        OURS,
        TEXT,
        WHY,
    ),
    st.builds(
        lambda kind, course, who, why: Change(kind, course, "s", why, person=who),
        st.sampled_from([Kind.TEACHER_REMOVE, Kind.STUDENT_ADD, Kind.STUDENT_REMOVE]),
        OURS,
        USERS,
        WHY,
    ),
    st.builds(
        lambda course, before, who, keeps, why: Change(
            Kind.COURSE_OWNER,
            course,
            "s",
            why,
            person=who,
            before=before.id,
            after=who.id,
            keeps_former=keeps,
        ),
        OURS,
        USERS,
        USERS,
        st.booleans(),
        WHY,
    ),
    st.builds(
        lambda kind, course, states, why: Change(
            kind, course, "s", why, field="courseState", before=states[0], after=states[1]
        ),
        st.sampled_from([Kind.COURSE_ARCHIVE, Kind.COURSE_RESTORE]),
        OURS,
        st.tuples(st.sampled_from([s.value for s in State]), st.just("ARCHIVED")),
        WHY,
    ),
    st.builds(
        lambda course, before, claim, why: Change(
            Kind.COURSE_UPDATE,
            course,
            "s",
            why,
            field="alias",
            before=before,
            after=claim.alias,
            claim=claim,
        ),
        OURS,
        st.one_of(st.none(), TEXT),
        BASES,
        WHY,
    ),
    st.builds(
        lambda course, before, why: Change(
            Kind.COURSE_UPDATE, course, "s", why, field="former_alias", before=before
        ),
        OURS,
        TEXT,
        WHY,
    ),
)
POLICIES = st.builds(
    PolicySummary,
    TEXT,
    st.one_of(st.none(), TEXT),
    st.booleans(),
    TEXT,
    st.dictionaries(TEXT, TEXT, max_size=2),
)
KEPT = st.builds(
    lambda course, what, who, mine, theirs: Kept(
        course, what, what, NOW_TEXT, ("by hand",), who, ours=mine, theirs=theirs
    ),
    COURSES,
    TEXT,
    st.one_of(st.none(), USERS),
    st.one_of(st.none(), TEXT),
    st.one_of(st.none(), TEXT),
)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    made = plan(*draw(st.lists(CHANGES, max_size=4)), revision=draw(st.integers(0, 10**9)))
    held = st.builds(
        lambda kind, reason, changes, words: Hold(
            kind, 1 + len(changes), reason, words, ("why",), tuple(changes)
        ),
        st.sampled_from(Kind),
        st.sampled_from(HeldFor),
        st.lists(CHANGES, max_size=2),
        st.one_of(st.none(), TEXT),
    )
    return Plan(
        **{
            **{name: getattr(made, name) for name in made.__slots__},
            "policy": draw(POLICIES),
            "held": tuple(draw(st.lists(held, max_size=2))),
            "kept": tuple(draw(st.lists(KEPT, max_size=2))),
            "unmatched": (Unmatched("p1", "Ann", "users.csv:2", "no e-mail", ("s1",)),),
            "waiting": (Waiting("s2", "Art", "Lincoln", "classes.csv:3", "no teacher"),),
            "notices": (Notice("users.csv:4", "too short", "R204"),),
            "settle": Settle(
                keep=tuple(draw(st.lists(BASES, max_size=2))),
                forget=("d:gone",),
                matches={"p1": Remembered("117", "ann@demo.example")},
                heard=(("r1", 4),),
                keyed_by="demo {section.key}",
                reported=draw(TEXT),
                roster=draw(st.dictionaries(TEXT, st.integers(0, 10**7), max_size=2)),
            ),
        }
    )


@given(plans())
def test_there_and_back(made: Plan) -> None:
    assert read_json(print_json(made)) == made


def test_a_plan_may_tell_no_more_of_its_policy_than_the_contract() -> None:
    data = plan_to_json(plan())
    data["policy"] = {"digest": "p0", "commit": None}
    assert read_json(json.dumps(data)).policy == PolicySummary("p0", None)


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(plan_schema())


def test_the_contracts_keys() -> None:
    data = plan_to_json(plan(creation(), removal("ann")))
    assert {"id", "created", "district", "roster", "policy", "summary"} <= set(data)
    assert {"changes", "held", "kept", "unmatched"} <= set(data)
    assert set(data["roster"]) == {"source", "digest", "counts"}
    assert set(data["policy"]) == {"digest", "commit", "clean", "folder", "files"}
    assert data["summary"] == {"course.create": 1, "student.remove": 1}
    made, gone = data["changes"]
    assert (made["course"].keys(), gone["course"].keys()) == (
        {"alias", "name", "school"},
        {"alias", "id", "name", "school"},
    )
    assert gone["person"] == {"id": "ann", "email": "ann@demo.example", "name": "Ann"}


def test_a_summary_counts_in_run_order() -> None:
    made = plan(removal("ann"), removal("bob"), creation())
    assert list(made.summary().items()) == [("course.create", 1), ("student.remove", 2)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("{", "the plan is not JSON", id="not-json"),
        pytest.param("[]", "this is not a plan that Rollbook wrote: at $", id="a-list"),
        pytest.param("{}", "is a required property", id="empty"),
    ],
)
def test_what_is_no_plan_is_refused(text: str, words: str) -> None:
    with pytest.raises(PlanAtFault, match=words.replace("$", r"\$")):
        read_json(text)


def damaged(**more: object) -> str:
    return json.dumps({**plan_to_json(plan(removal("ann"))), **more})


def test_an_unknown_key_is_refused() -> None:
    with pytest.raises(PlanAtFault, match="'extra' was unexpected"):
        read_json(damaged(extra=1))


def test_a_removal_without_a_person_is_refused() -> None:
    data = plan_to_json(plan(removal("ann")))
    del data["changes"][0]["person"]
    with pytest.raises(PlanAtFault, match="'person' is a required property"):
        read_json(json.dumps(data))


CLAIM = Change(
    Kind.COURSE_UPDATE, COURSE, "s", (), field="alias", before="d:old", after="d:new", claim=base()
)
ARCHIVE = Change(
    Kind.COURSE_ARCHIVE, COURSE, "s", (), field="courseState", before="ACTIVE", after="ARCHIVED"
)
RENAME = Change(Kind.COURSE_UPDATE, COURSE, "s", (), field="name", before="Art", after="Art 1")
OFF = Change(Kind.COURSE_UPDATE, COURSE, "s", (), field="former_alias", before="d:old")
OWNER = Change(Kind.COURSE_OWNER, COURSE, "s", (), person=user("t2"), before="t1", after="t2")


@pytest.mark.parametrize(
    ("change", "key"),
    [
        pytest.param(CLAIM, "claim", id="an alias without its base row"),
        pytest.param(ARCHIVE, "from", id="a state without the one before"),
        pytest.param(RENAME, "from", id="a text without the one before"),
        pytest.param(RENAME, "to", id="a text without the new one"),
        pytest.param(OFF, "from", id="an alias that is taken off, without it"),
        pytest.param(OWNER, "person", id="an owner without a person"),
    ],
)
def test_a_change_that_lacks_what_it_needs_is_refused(change: Change, key: str) -> None:
    data = plan_to_json(plan(change))
    assert read_json(json.dumps(data)) == plan(change)
    del data["changes"][0][key]
    with pytest.raises(PlanAtFault, match=f"'{key}' is a required property"):
        read_json(json.dumps(data))


def test_only_an_alias_takes_a_course_as_ours() -> None:
    data = plan_to_json(plan(RENAME))
    data["changes"][0]["claim"] = plan_to_json(plan(CLAIM))["changes"][0]["claim"]
    with pytest.raises(PlanAtFault, match="this is not a plan that Rollbook wrote"):
        read_json(json.dumps(data))


def test_only_a_handover_tells_of_the_former_owner() -> None:
    handover, seat = plan_to_json(plan(OWNER, removal("ann")))["changes"]
    assert (handover["keeps_former"], "keeps_former" in seat) == (True, False)


def test_consent_covers_all_or_none() -> None:
    two = Hold(
        Kind.STUDENT_REMOVE, 2, HeldFor.LIMIT, "10%", ("why",), (removal("ann"), removal("bob"))
    )
    one = Hold(Kind.COURSE_CREATE, 1, HeldFor.ALREADY_THERE, None, ("already there",))
    held = Plan(
        **{**{name: getattr(plan(), name) for name in plan().__slots__}, "held": (two, one)}
    )
    assert held.with_consent({Kind.STUDENT_REMOVE: 1}) == held
    assert held.with_consent({Kind.COURSE_CREATE: 5}) == held
    freed = held.with_consent({Kind.STUDENT_REMOVE: 2})
    assert (freed.changes, freed.held) == ((removal("ann"), removal("bob")), (one,))
    assert held.with_consent({Kind.STUDENT_REMOVE: 500}).held == (one,)
    assert plan().with_consent({Kind.STUDENT_REMOVE: 2}) == plan()


def test_the_course_of_a_removal_needs_its_id() -> None:
    without = removal("ann", course=course_ref("a1", id=None))
    with pytest.raises(PlanAtFault, match="'id' is a required property"):
        read_json(print_json(plan(without)))
    assert COURSE.id is not None
