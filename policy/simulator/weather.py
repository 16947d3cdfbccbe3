"""Bad weather: errors that are nobody's fault, alone or in bursts, from seeded random numbers."""

from random import Random

from policy.simulator.refusals import (
    Refusal,
    aborted,
    internal,
    not_today,
    over_quota,
    precondition,
    unavailable,
)
from policy.simulator.switches import Switches


class Weather:
    """Decides, call by call, whether Google has a bad moment."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._errors_until = 0.0
        self._too_many_until = 0.0
        self._token_errors_until = 0.0
        self._token_refused_until = 0.0
        self._last_create: dict[str, float] = {}  # by owner
        self._not_today_until: dict[str, float] = {}  # by person
        self._invited_until: dict[str, float] = {}  # by course

    def strike(self, api: str, *, now: float, switches: Switches) -> Refusal | None:
        """The refusal that this call meets before anything is done, or None."""
        if not (switches.server_error_rate or switches.too_many_rate):
            return None
        if self.happens(switches.server_error_rate):
            self._errors_until = now + switches.server_error_lasts
            return self.server_error()
        if self.happens(switches.too_many_rate):
            self._too_many_until = now + switches.too_many_lasts
            return over_quota("Requests per minute", api=api, switches=switches)
        if now < self._errors_until:
            return self.server_error()
        if now < self._too_many_until:
            return over_quota("Requests per minute", api=api, switches=switches)
        return None

    def create(self, owner: str, *, now: float, switches: Switches) -> Refusal | None:
        """What a new course of this owner meets, before it is made."""
        if self.happens(switches.create_aborted_rate):
            return aborted()
        if not switches.concurrent_creates:
            return None
        before, self._last_create[owner] = self._last_create.get(owner, -1e12), now
        if now < before + switches.concurrent_creates and self.happens(
            switches.concurrent_create_rate
        ):
            return aborted() if self._random.random() < 0.5 else internal()
        return None

    def join(self, user: str, *, now: float, switches: Switches) -> Refusal | None:
        """What somebody who is to be added to a course meets."""
        if not switches.not_today_rate:
            return None
        if now >= self._not_today_until.get(user, 0.0):
            if not self.happens(switches.not_today_rate):
                return None
            self._not_today_until[user] = now + switches.not_today_lasts
        return not_today("UserCourseJoinRateLimitReached")

    def hand_over(self, course: str, *, now: float, switches: Switches) -> Refusal | None:
        """What an owner change meets: an invitation, that is found at the first try."""
        if not switches.owner_invitation_rate:
            return None
        if course not in self._invited_until:
            invited = self.happens(switches.owner_invitation_rate)
            self._invited_until[course] = now + switches.owner_invitation_lasts if invited else 0.0
        if now < self._invited_until[course]:
            return precondition("PendingInvitationExists")
        return None

    def token(self, *, now: float, switches: Switches) -> str | None:
        """What the token endpoint has: `error`, `refused`, or nothing."""
        if not (switches.token_error_rate or switches.token_refused_rate):
            return None
        if self.happens(switches.token_error_rate):
            self._token_errors_until = now + switches.token_error_lasts
            return "error"
        if self.happens(switches.token_refused_rate):
            self._token_refused_until = now + switches.token_refused_lasts
            return "refused"
        if now < self._token_errors_until:
            return "error"
        return "refused" if now < self._token_refused_until else None

    def happens(self, rate: float) -> bool:
        """True with this chance; a rate of 0 draws no random number."""
        return rate > 0 and self._random.random() < rate

    def server_error(self) -> Refusal:
        """500 or 503."""
        return internal() if self._random.random() < 0.5 else unavailable()
