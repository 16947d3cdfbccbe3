"""The line between client and Google: requests and answers that are lost on it, or are late."""

import re
from collections.abc import Mapping, Sequence

from policy.simulator.discovery import routes
from policy.simulator.exchange import HangUp, NoAnswer, Request, read_json
from policy.simulator.faults import Aim, Fault
from policy.simulator.refusals import Refusal, unavailable
from policy.simulator.world import World

CREATE = "classroom.courses.create"
DELETE = re.compile(r"/v1/courses/[^/]+\Z")
SAFE = ("GET", "HEAD")


class Line:
    """What befalls whole HTTP requests, each with the calls that it carries."""

    def __init__(self, world: World) -> None:
        self._world = world

    def going(self, calls: Sequence[Request], *, batch: bool) -> None:
        """A request on its way to Google. Raises HangUp or Refusal; then nothing is done."""
        world, switches = self._world, self._world.switches
        with world.lock:
            if self._ordered(Fault.HANG_UP_FIRST, calls) or world.weather.happens(
                switches.hang_up_first_rate
            ):
                raise HangUp
            if batch and (
                self._ordered(Fault.BATCH_ERROR, calls)
                or world.weather.happens(switches.batch_error_rate)
            ):
                raise unavailable()

    def coming(self, calls: Sequence[Request], *, batch: bool) -> float:
        """An answer on its way back: the seconds that it takes. Raises HangUp, NoAnswer."""
        world, switches = self._world, self._world.switches
        with world.lock:
            may = batch or any(call.verb not in SAFE for call in calls)
            if self._ordered(Fault.HANG_UP, calls) or (
                may and world.weather.happens(switches.hang_up_rate)
            ):
                raise HangUp
            if self._ordered(Fault.TIME_OUT, calls):
                raise NoAnswer(held=None)
            if may and world.weather.happens(switches.time_out_rate):
                raise NoAnswer(held=switches.time_out_lasts)
            takes = switches.slow_takes if world.weather.happens(switches.slow_rate) else 0.0
            if switches.delete_takes and any(map(_deletes_course, calls)):
                takes += switches.delete_takes
            return takes

    def arrange(self, calls: Sequence[Request]) -> Sequence[int]:
        """Which of the parts of a batch are in its answer, by place, and in which order."""
        world, switches = self._world, self._world.switches
        places = list(range(len(calls)))
        if not (world.ahead or switches.lost_part_rate or switches.shuffled_answers_rate):
            return places
        with world.lock:
            places = [place for place in places if not self._lost(calls[place])]
            if world.weather.happens(switches.shuffled_answers_rate):
                world.random.shuffle(places)
        return places

    def _lost(self, call: Request) -> bool:
        return self._ordered(Fault.LOSE_ANSWER, [call]) or self._world.weather.happens(
            self._world.switches.lost_part_rate
        )

    def _ordered(self, fault: Fault, calls: Sequence[Request]) -> bool:
        ahead = self._world.ahead
        if not ahead:
            return False
        aims = [_aim_of(self._world, call) for call in calls]
        return ahead.take({fault}, aims) is not None


def aim(world: World, method: str, path: Mapping[str, str], body: Mapping[str, object]) -> Aim:
    """What a call is about. A course that is made has the name that it shall have."""
    named = body.get("id") if method == CREATE else path.get("courseId") or path.get("id")
    if not isinstance(named, str) or not method.startswith("classroom.courses."):
        return Aim(method)
    course = world.state.aliases.get(named, named)
    return Aim(method, frozenset({named, course, *world.state.course_aliases.get(course, ())}))


def _aim_of(world: World, call: Request) -> Aim:
    """The same for a call that nobody has looked at yet, which may be wrong in any way."""
    try:
        route = routes().find(call.verb, call.path)
        body = read_json(call.body) if call.body.strip() else {}
    except (Refusal, ValueError):
        return Aim()
    return aim(world, route.method.id, route.values, body if isinstance(body, dict) else {})


def _deletes_course(call: Request) -> bool:
    return call.verb == "DELETE" and DELETE.match(call.path) is not None
