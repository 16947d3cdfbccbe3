"""Every error that Rollbook raises on purpose, in one tree; the docstring is the default message.

An error says what is wrong, where, what was expected, what was found and what to do. The command
line turns each into words and an exit status; nobody sees a traceback unless `--debug` is given.
"""

from collections.abc import Sequence
from typing import ClassVar


class RollbookError(Exception):
    """Something went wrong in Rollbook"""

    exit_status: ClassVar[int] = 1

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or type(self).__doc__)


class InputAtFault(RollbookError):
    """What was handed in can't be used, and nothing was planned"""

    exit_status = 2


class SettingAtFault(InputAtFault):
    """A setting (environment variable) is missing or can't be used"""


class PolicyAtFault(InputAtFault):
    """The policy has problems; `problems` holds each one's words, in file order"""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class RosterAtFault(InputAtFault):
    """A roster file is missing, empty, cut off or not what it should be; `problems` says which, and
    the message, once the `drop` is known, also of which drop and that nothing was planned"""

    def __init__(self, problems: Sequence[str], *, drop: str = "") -> None:
        self.problems = tuple(problems)
        lines = self.problems
        if drop:
            count = "1 problem" if len(lines) == 1 else f"{len(lines)} problems"
            lines = (f"roster {drop}: {count}", *lines, "Nothing was planned.")
        super().__init__("\n".join(lines))


class PlanAtFault(InputAtFault):
    """This file is not a plan that Rollbook wrote"""


class HeldBack(RollbookError):
    """Something is held back; the rest was applied"""

    exit_status = 3


class StalePlan(HeldBack):
    """The plan is older than what it was made from; make a new one"""


class AnotherRun(HeldBack):
    """Another run is going on this store; this one has ended without doing anything"""


class GoogleRefused(RollbookError):
    """Google refused: `status` is the HTTP status, `reason` Google's words"""

    exit_status = 4

    def __init__(self, message: str, *, status: int, reason: str) -> None:
        self.status = status
        self.reason = reason
        super().__init__(message)


class NotFromGoogle(RollbookError):
    """A request to the add-on that Google did not send, or not for this add-on"""


class GoogleOutOfReach(RollbookError):
    """Google can't be reached, or can't answer just now"""

    exit_status = 4
