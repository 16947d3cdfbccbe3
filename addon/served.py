"""What gunicorn starts: the app as the environment's settings describe it, and the demo's."""

import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass

from flask import Flask

from addon.app import create_app
from addon.demo import Person, Role
from policy import in_force, wiring
from policy.google.base import Members
from policy.settings import Settings, read_settings


def create() -> Flask:
    """The add-on's app."""
    log_to_stderr()
    return create_app(read_settings(os.environ))


def create_demo() -> Flask:
    """The app with a bar on top that lets one be any of the sample people."""
    log_to_stderr()
    settings = read_settings(os.environ)
    return create_app(settings, demo=SampleDemo(settings, _people(settings)))


def log_to_stderr() -> None:
    """Have our log lines look like gunicorn's, with time and level. Warnings and worse only: what
    libraries tell below that may hold addresses with e-mails in them. Which policy is in force is
    told too: who reads that its folder is at fault looks for the line that it is mended."""
    logging.basicConfig(
        level=logging.WARNING,
        format="[%(asctime)s] [%(process)d] [%(levelname)s] %(name)s: %(message)s",
        datefmt="%Y-%m-%d %H:%M:%S %z",
    )
    logging.getLogger(in_force.__name__).setLevel(logging.INFO)


@dataclass(frozen=True, slots=True)
class SampleDemo:
    """The people of the demo's simulator."""

    settings: Settings
    sample: tuple[Person, ...]

    def people(self) -> Sequence[Person]:
        return self.sample

    def token_for(self, email: str) -> str:
        return wiring.acting_token(self.settings, email)


def _people(settings: Settings) -> tuple[Person, ...]:
    """The administrator, and everybody who teaches a class, by name."""
    admin = settings.google_admins[0]
    with wiring.open_world(settings, lambda _done, _total: None) as world:
        classes = [course.id for course in world.classroom.courses()]
        inside = world.classroom.members(classes).values()
        accounts = list(world.directory.accounts())
    staff = {who for members in inside if isinstance(members, Members) for who in members.teachers}
    teachers = sorted(
        (Person(a.id, a.emails[0], a.name, Role.TEACHER) for a in accounts if a.id in staff),
        key=lambda person: person.name,
    )
    admins = [Person(a.id, admin, a.name, Role.ADMIN) for a in accounts if admin in a.emails]
    return (*admins, *teachers)
