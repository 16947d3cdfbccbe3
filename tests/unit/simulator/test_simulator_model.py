"""Courses and members against a model so small that one sees it is right, in any order of calls."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from unit.simulator.asking import PEOPLE, Box

STAFF = ("ada", "tom")
PUPILS = ("sue", "sam")
EVERYBODY = (*STAFF, *PUPILS)
NAMES = ("d:a", "d:b", "d:c")
STEPS = {
    ("PROVISIONED", "ACTIVE"),
    ("PROVISIONED", "DECLINED"),
    ("PROVISIONED", "ARCHIVED"),
    ("DECLINED", "PROVISIONED"),
    ("ACTIVE", "ARCHIVED"),
    ("ARCHIVED", "ACTIVE"),
}
OPEN = ("PROVISIONED", "ACTIVE")

courses = st.sampled_from(NAMES)
people = st.sampled_from(EVERYBODY)
roles = st.sampled_from(["teachers", "students"])


class Model:
    """One course: owner, state and members."""

    def __init__(self, owner: str) -> None:
        self.owner, self.state = owner, "PROVISIONED"
        self.members: dict[str, set[str]] = {"teachers": {owner}, "students": set()}

    @property
    def all(self) -> set[str]:
        return self.members["teachers"] | self.members["students"]


class Classroom(RuleBasedStateMachine):
    """What an administrator asks for, and what comes about."""

    def __init__(self) -> None:
        super().__init__()
        self.box = Box()
        self.box.hand("PATCH", "switches", {"enforce_quotas": False})
        self.model: dict[str, Model] = {}

    def path(self, course: str) -> str:
        return f"/v1/courses/{course.replace(':', '%3A')}"

    @rule(course=courses, owner=st.sampled_from(STAFF))
    def create(self, course: str, owner: str) -> None:
        body = {"id": course, "name": course, "ownerId": PEOPLE[owner]}
        status = self.box.ask("POST", "/v1/courses", body).status
        assert status == (409 if course in self.model else 200)
        self.model.setdefault(course, Model(owner))

    @rule(course=courses)
    def delete(self, course: str) -> None:
        status = self.box.ask("DELETE", self.path(course)).status
        model = self.model.get(course)
        assert status == (404 if model is None else 200 if model.state == "ARCHIVED" else 400)
        if status == 200:
            del self.model[course]

    @rule(course=courses, state=st.sampled_from(["ACTIVE", "ARCHIVED", "DECLINED", "PROVISIONED"]))
    def move(self, course: str, state: str) -> None:
        word = self.box.state(course, state).status
        model = self.model.get(course)
        if model is None:
            assert word == 404
        elif (model.state, state) in STEPS or model.state == state:
            assert word == 200
            model.state = state
        else:
            assert word == 400

    @rule(course=courses, person=people, role=roles)
    def add(self, course: str, person: str, role: str) -> None:
        body = {"userId": PEOPLE[person]}
        status = self.box.ask("POST", f"{self.path(course)}/{role}", body).status
        model = self.model.get(course)
        if model is None:
            assert status == 404
        elif person in model.all:
            assert status == 409
        elif model.state not in OPEN:
            assert status == 400
        else:
            assert status == 200
            model.members[role].add(person)

    @rule(course=courses, person=people, role=roles)
    def remove(self, course: str, person: str, role: str) -> None:
        path = f"{self.path(course)}/{role}/{self.box.ids[person]}"
        status = self.box.ask("DELETE", path).status
        model = self.model.get(course)
        if model is None or person not in model.members[role]:
            assert status == 404
        elif model.state not in OPEN or (role == "teachers" and person == model.owner):
            assert status == 400
        else:
            assert status == 200
            model.members[role].remove(person)

    @rule(course=courses, person=st.sampled_from(STAFF))
    def hand_over(self, course: str, person: str) -> None:
        body = {"ownerId": PEOPLE[person]}
        status = self.box.ask("PATCH", self.path(course), body, updateMask="ownerId").status
        model = self.model.get(course)
        if model is None:
            assert status == 404
        elif model.state in OPEN and person != model.owner and person in model.members["teachers"]:
            assert status == 200
            model.owner = person
        else:
            assert status == 400

    @invariant()
    def agrees(self) -> None:
        listed = self.box.ask("GET", "/v1/courses").body.get("courses", [])
        assert {each["name"] for each in listed} == set(self.model)
        for each in listed:
            model = self.model[each["name"]]
            assert each["courseState"] == model.state
            assert each["ownerId"] == self.box.ids[model.owner]
            for role, members in model.members.items():
                assert set(self.box.members(each["id"], role)) == members

    @invariant()
    def everybody_sees_what_is_theirs(self) -> None:
        for person in EVERYBODY:
            listed = self.box.ask("GET", "/v1/courses", who=person).body.get("courses", [])
            theirs = {
                name
                for name, model in self.model.items()
                if person == model.owner
                or (person in model.all and model.state in ("ACTIVE", "ARCHIVED"))
            }
            assert {each["name"] for each in listed} == theirs


TestClassroom = Classroom.TestCase
TestClassroom.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)
