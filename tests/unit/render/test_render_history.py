"""The runs, and what one wrote: every word at 80 columns, and as JSON."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from building import TEXTS
from policy.merge.plan import Kind
from policy.merge.written import Written
from policy.render.history import DETAILED, print_run, print_runs, run_json, runs_json
from policy.store.base import RunRecord, RunState

AT = datetime(2026, 11, 24, 4, 12, 9, tzinfo=UTC)
ALIAS = "d:rollbook.demo.2027.alg-1"
RUN = RunRecord(
    id="20261124-041200-ab12",
    plan_id="20261124-041155-77aa",
    state=RunState.HELD,
    started=AT,
    ended=AT + timedelta(minutes=3),
    policy_digest="1a2b3c4d5e6f7a8b",
    roster_digest="",
    counts={"student.add": 1_025, "course.create": 3},
    held={"student.remove": 12},
    refused={"student.add": 2},
    later={"student.add": 1},
)
HEAD = """\
20261124-041200-ab12  2026-11-24 04:12:09 to 04:15:09 UTC
  done, with something held back: 1,028 writes (3 course.create, 1,025
    student.add), 12 held, 2 refused, 1 put off
  plan 20261124-041155-77aa, policy 1a2b3c4d5e6f, roster -
"""


def wrote(kind: Kind, number: int = 0, **facts: Any) -> Written:
    values: dict[str, Any] = {
        "run_id": RUN.id,
        "number": number,
        "alias": ALIAS,
        "kind": kind,
        "state": "done",
        "at": AT,
        "section": "alg-1",
        "school_key": "n-1",
    }
    return Written(**{**values, **facts})


def test_no_run() -> None:
    assert print_runs([]) == "No run yet.\n"


def test_runs() -> None:
    other = replace(
        RUN,
        id="20261123-041200-ab11",
        state=RunState.DONE,
        ended=AT + timedelta(days=1),
        counts={},
        held={},
        refused={},
        later={},
    )
    assert print_runs([RUN, other]) == HEAD + (
        "\n20261123-041200-ab11  2026-11-24 04:12:09 to 2026-11-25 04:12:09 UTC\n"
        "  done: 0 writes\n"
        "  plan 20261124-041155-77aa, policy 1a2b3c4d5e6f, roster -\n"
    )


@pytest.mark.parametrize(
    ("clean", "words"), [(True, "0123456789"), (False, "0123456789 and changes")]
)
def test_the_policys_commit(clean: bool, words: str) -> None:
    run = replace(RUN, policy_commit="0123456789abcdef", policy_clean=clean)
    assert print_runs([run]) == f"{HEAD}  commit {words}\n"
    assert print_run(run, [], {}) == f"{HEAD}  commit {words}\n"
    [found] = json.loads(runs_json([run]))
    assert (found["commit"], found["clean"]) == ("0123456789abcdef", clean)


@pytest.mark.parametrize(("running", "words"), [(True, "going on"), (False, "cut off")])
def test_a_run_that_has_not_ended(running: bool, words: str) -> None:
    run = replace(RUN, state=RunState.RUNNING, ended=None)
    first, second, *_ = print_runs([run], is_running=running).splitlines()
    assert first == "20261124-041200-ab12  2026-11-24 04:12:09 UTC"
    assert second.startswith(f"  {words}: 1,028 writes (")


def test_the_writes_of_a_run() -> None:
    course = {"course_id": "5001"}
    writes = [
        wrote(Kind.COURSE_CREATE, user="9001", made=TEXTS),
        wrote(Kind.COURSE_UPDATE, **course, field="name", before="Algebra", after="Algebra I"),
        wrote(Kind.STUDENT_ADD, **course, user="7001"),
        wrote(
            Kind.STUDENT_ADD,
            **course,
            user="7002",
            state="refused",
            reason="@CourseMemberLimitReached this class has as many members as it can have",
        ),
        wrote(Kind.STUDENT_ADD, **course, user="7003", state="sent"),
        wrote(Kind.COURSE_OWNER, **course, user="9002", before="9001", after="9002"),
        wrote(Kind.COURSE_UPDATE, alias="d:b", course_id="6", field="alias", after="d:b"),
        wrote(Kind.TEACHER_REMOVE, alias="d:c", school_key="n-2", user="9003", state="heard"),
    ]
    assert print_run(RUN, writes, {"d:b": "Biology"}) == HEAD + (
        "\n"
        "School n-1: 7 writes\n"
        "  “Algebra” d:rollbook.demo.2027.alg-1, course 5001\n"
        "    04:12:09  course.create   owner 9001\n"
        "    04:12:09  course.update   name: 'Algebra' becomes 'Algebra I'\n"
        "    04:12:09  student.add     7001\n"
        "    04:12:09  student.add     7002  refused: @CourseMemberLimitReached this\n"
        "                              class has as many members as it can have\n"
        "    04:12:09  student.add     7003  no answer so far\n"
        "    04:12:09  course.owner    9001 to 9002\n"
        "  “Biology” d:b, course 6\n"
        "    04:12:09  course.update   alias: taken as this section's\n"
        "\n"
        "School n-2: 1 write\n"
        "  d:c\n"
        "    04:12:09  teacher.remove  9003  no answer; found out later\n"
    )


@pytest.mark.parametrize("more", [0, 1], ids=["as many as are told", "one more"])
def test_a_long_run_is_told_in_counts(more: int) -> None:
    writes = [wrote(Kind.STUDENT_ADD, n, user=str(n)) for n in range(DETAILED + more)]
    lines = print_run(RUN, writes, {ALIAS: "Algebra"}).splitlines()
    if more:
        assert lines[-3:] == ["    1,001 student.add", "", "Every single write: --format json"]
        assert len(lines) == 10
    else:
        assert lines[-1] == "    04:12:09  student.add     999"
        assert len(lines) == 7 + DETAILED


def test_runs_as_json() -> None:
    assert json.loads(runs_json([RUN])) == [
        {
            "id": "20261124-041200-ab12",
            "plan": "20261124-041155-77aa",
            "state": "held",
            "started": "2026-11-24T04:12:09+00:00",
            "ended": "2026-11-24T04:15:09+00:00",
            "policy": "1a2b3c4d5e6f7a8b",
            "commit": None,
            "clean": False,
            "roster": "",
            "done": {"student.add": 1025, "course.create": 3},
            "held": {"student.remove": 12},
            "refused": {"student.add": 2},
            "later": {"student.add": 1},
        }
    ]


@pytest.mark.parametrize("count", [0, 1, 3])
def test_a_run_as_json_comes_piece_by_piece(count: int) -> None:
    writes = [wrote(Kind.STUDENT_ADD, n, user="7001", why=("Größe",)) for n in range(count)]
    found = json.loads("".join(run_json(RUN, iter(writes))))
    assert (found["id"], len(found["writes"])) == (RUN.id, count)
    for number, write in enumerate(found["writes"]):
        assert write == {
            "number": number,
            "at": "2026-11-24T04:12:09+00:00",
            "kind": "student.add",
            "state": "done",
            "alias": ALIAS,
            "section": "alg-1",
            "school": "n-1",
            "user": "7001",
            "why": ["Größe"],
        }
