"""Every state that a card can be in; the golden files and the screenshots are made from these."""

from dataclasses import replace
from datetime import UTC, datetime

from addon.cards.history import history_card, refused_card
from addon.cards.home import home_card, trouble_card
from addon.routes.guard import NO_TOKEN
from addon.routes.pages import DOOR
from addon.screens import in_words
from addon.viewmodels.history import History
from addon.viewmodels.home import ClassLine, Home
from addon.viewmodels.in_force import Fault, PolicySeen
from policy.errors import GoogleOutOfReach, GoogleRefused
from policy.store.base import RunState

ALGEBRA = ClassLine("101", "Algebra I", "Period 1", 24, "https://classroom.google.com/c/MTAx")
BIOLOGY = ClassLine("102", "Biology", "Period 3", 27, "https://classroom.google.com/c/MTAy")
CHORUS = ClassLine("103", "Chorus", "", 1, "https://classroom.google.com/c/MTAz")
LONG = ClassLine(
    "104",
    "Advanced Placement Comparative Government and Politics with Debate",
    "Periods 5 and 6, every second Thursday",
    31,
    "https://classroom.google.com/c/MTA0",
)
ODD = ClassLine("105", "Reading & Writing <b>Lab</b> &lt;3", 'Room "9" <script>', 0, "")


def many(count: int, start: int = 200) -> tuple[ClassLine, ...]:
    """Classes for a teacher who has far too many."""
    return tuple(
        ClassLine(
            str(start + number),
            f"Class {number + 1:03}",
            f"Period {number % 8 + 1}",
            20 + number % 10,
            f"https://classroom.google.com/c/{start + number}",
        )
        for number in range(count)
    )


REFUSED = GoogleRefused("refused", status=403, reason="@CourseStateDenied")
SIGNED_OUT = GoogleRefused("refused", status=401, reason="the access token has ended")

LAST_NIGHT = History(
    1204, RunState.DONE, datetime(2026, 9, 2, 4, 0, tzinfo=UTC), {"student.add": 3}, {}, {}
)
NOON = datetime(2026, 9, 2, 12, 0, tzinfo=UTC)
POLICY = PolicySeen(
    "policies", "commit 0a1b2c3d4e", since=datetime(2026, 9, 1, 8, 0, tzinfo=UTC), files=3
)
FAULTS = (
    Fault(
        "policies/district.yaml:8:27",
        "limits.teacher.remove.class should be a share such as 10% or a count such as 5, not -1",
    ),
    Fault("policies/schools/<b>.yaml:1:19", 'the school "0042" is claimed & <i>again</i>'),
    Fault("policies/schools/long.yaml:4:5", f"unknown key {'x' * 400}"),
)

STATES = {
    "one-waiting": home_card(Home(waiting=(ALGEBRA,))),
    "waiting": home_card(Home(waiting=(ALGEBRA, BIOLOGY, CHORUS))),
    "waiting-and-accepted": home_card(
        Home(waiting=(ALGEBRA, LONG), accepted=(BIOLOGY,), declined=(CHORUS,))
    ),
    "all-accepted": home_card(Home(accepted=(ALGEBRA, BIOLOGY, CHORUS, LONG))),
    "partly-failed": home_card(
        Home(
            waiting=(CHORUS,),
            accepted=(ALGEBRA, BIOLOGY),
            problems=("Google Classroom refused to accept: Chorus. Nothing has changed there.",),
        )
    ),
    "empty": home_card(Home()),
    "odd-names": home_card(Home(waiting=(ODD, LONG), accepted=(ODD,))),
    "too-many": home_card(
        Home(
            waiting=many(120),
            accepted=many(60, 400),
            declined=many(20, 600),
            problems=("One failed.", "Two failed.", "Three failed.", "Four failed."),
        )
    ),
    "waiting-with-role": home_card(Home(waiting=(ALGEBRA, BIOLOGY), may_look=True)),
    "partly-failed-with-role": home_card(
        Home(waiting=(CHORUS,), problems=("Chorus is not accepted.",), may_look=True)
    ),
    "too-many-with-role": home_card(
        Home(
            waiting=many(120),
            accepted=many(60, 400),
            declined=many(20, 600),
            problems=("One failed.", "Two failed.", "Three failed.", "Four failed."),
            may_look=True,
        )
    ),
    "trouble-with-role": trouble_card(in_words(GoogleOutOfReach()), may_look=True),
    "trouble-out-of-reach": trouble_card(in_words(GoogleOutOfReach())),
    "trouble-refused": trouble_card(in_words(REFUSED)),
    "trouble-signed-out": trouble_card(in_words(SIGNED_OUT)),
    "trouble-no-token": trouble_card(NO_TOKEN),
    "door": DOOR,
    "history-refused": refused_card(),
    "history-none": history_card(History(0)),
    "history-first": history_card(LAST_NIGHT, POLICY, is_first=True),
    "history-policy": history_card(LAST_NIGHT, POLICY),
    "history-policy-with-changes": history_card(
        LAST_NIGHT,
        replace(POLICY, known_as=f"{POLICY.known_as} and changes", files=1, tests=12),
    ),
    "history-policy-without-git": history_card(
        History(0), replace(POLICY, known_as="digest 9f8e7d6c5b")
    ),
    "history-policy-at-fault": history_card(
        LAST_NIGHT, replace(POLICY, at_fault_since=NOON, faults=FAULTS[:1])
    ),
    "history-policy-at-fault-many": history_card(
        LAST_NIGHT, replace(POLICY, at_fault_since=NOON, faults=FAULTS, has_more=True)
    ),
    "history-policy-never": history_card(
        History(0), PolicySeen("policies", at_fault_since=NOON, faults=FAULTS[:1])
    ),
    "history-policy-not-yet": history_card(History(0), PolicySeen("policies")),
    "history-quiet": history_card(
        History(1, RunState.DONE, datetime(2026, 9, 2, 4, 0, tzinfo=UTC), {}, {}, {})
    ),
    "history-busy": history_card(
        History(
            1204,
            RunState.HELD,
            datetime(2026, 9, 1, 4, 0, tzinfo=UTC),
            {"course.create": 88, "student.add": 2311, "teacher.add": 1},
            {"student.remove": 412},
            {"course.owner": 1},
            {"student.add": 3},
        )
    ),
}
