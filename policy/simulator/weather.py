"""Bad weather: errors that are nobody's fault, alone or in bursts, from seeded random numbers."""

from random import Random

from policy.simulator.refusals import Refusal, internal, over_quota
from policy.simulator.switches import Switches


class Weather:
    """Decides, call by call, whether Google has a bad moment."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._errors_until = 0.0
        self._too_many_until = 0.0

    def strike(self, service: str, *, now: float, switches: Switches) -> Refusal | None:
        """The refusal that this call meets before anything is done, or None."""
        if not (switches.server_error_rate or switches.too_many_rate):
            return None
        if self.happens(switches.server_error_rate):
            self._errors_until = now + switches.server_error_lasts
            return self._server_error()
        if self.happens(switches.too_many_rate):
            self._too_many_until = now + switches.too_many_lasts
            return over_quota("Requests per minute", service=service, switches=switches)
        if now < self._errors_until:
            return self._server_error()
        if now < self._too_many_until:
            return over_quota("Requests per minute", service=service, switches=switches)
        return None

    def happens(self, rate: float) -> bool:
        """True with this chance; a rate of 0 draws no random number."""
        return rate > 0 and self._random.random() < rate

    def _server_error(self) -> Refusal:
        if self._random.random() < 0.5:
            return internal()
        return Refusal(503, "UNAVAILABLE", "The service is currently unavailable.")
