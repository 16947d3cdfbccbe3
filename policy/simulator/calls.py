"""Counters: what was asked of the simulator, and what it refused."""

from collections import Counter
from dataclasses import dataclass, field

from policy.simulator.refusals import JsonObject


@dataclass(slots=True)
class Calls:
    """Counts since the start or the last `clear`. `http` counts every HTTP request that Google
    would have got (a batch is one); what goes to /simulator/ is not counted."""

    api: Counter[str] = field(default_factory=Counter)  # by method
    answers: Counter[int] = field(default_factory=Counter)  # API calls by status
    refused: Counter[int] = field(default_factory=Counter)  # the same, from 400 up
    requests: Counter[int] = field(default_factory=Counter)  # HTTP by status; 0: hung up
    http: int = 0

    def clear(self) -> None:
        """Start again from nothing."""
        for counter in (self.api, self.answers, self.refused, self.requests):
            counter.clear()
        self.http = 0

    def count(self, method: str, status: int) -> None:
        """One API call, alone or in a batch."""
        self.api[method] += 1
        self.answers[status] += 1
        if status >= 400:
            self.refused[status] += 1

    def as_json(self) -> JsonObject:
        return {
            "http": self.http,
            "requests": {str(status): count for status, count in sorted(self.requests.items())},
            "api": dict(sorted(self.api.items())),
            "answers": {str(status): count for status, count in sorted(self.answers.items())},
            "refused": {str(status): count for status, count in sorted(self.refused.items())},
        }
