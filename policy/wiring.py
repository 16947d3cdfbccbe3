"""The one place that names a concrete source, gateway or store."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, tzinfo

from policy.engine import Progress, World
from policy.errors import SettingAtFault
from policy.google.base import Pace
from policy.google.classroom import ClassroomGateway
from policy.google.credentials import DelegatedCredentials, TokenCredentials
from policy.google.directory import DirectoryGateway
from policy.google.teacher import TeacherGateway
from policy.google.transport import Transport
from policy.run.pace import Pace as MinutePace
from policy.settings import Settings
from policy.store.sql import SqlStore

CLICK_SECONDS = 5  # a call; Google's side panel waits some 30 s for the whole answer to a click


@contextmanager
def open_world(settings: Settings, progress: Progress) -> Iterator[World]:
    """Everything that the engine needs, open while it is used."""
    minute = pace(settings)
    with (
        closing(open_store(settings)) as store,
        closing(classroom(settings, minute)) as rooms,
        closing(directory(settings, minute)) as people,
    ):
        yield World(
            store=store,
            classroom=rooms,
            directory=people,
            settings=settings,
            clock=lambda: datetime.now(UTC),
            sleep=time.sleep,
            progress=progress,
        )


def open_store(settings: Settings) -> SqlStore:
    """The store that the settings name; its tables are made when they are not there."""
    return SqlStore(settings.store)


def pace(settings: Settings) -> MinutePace:
    """The pace of the administrator; classroom and directory share it."""
    return MinutePace(settings.calls_per_minute)


def classroom(settings: Settings, pace: Pace) -> ClassroomGateway:
    """Classroom as the administrator sees it. To be closed."""
    return ClassroomGateway(as_admin(settings), pace)


def directory(settings: Settings, pace: Pace) -> DirectoryGateway:
    """The domain's accounts. To be closed."""
    return DirectoryGateway(as_admin(settings), pace)


def teacher_classroom(settings: Settings, token: str) -> TeacherGateway:
    """Classroom as the teacher whose access token this is. To be closed."""
    credentials = TokenCredentials(token)
    return TeacherGateway(Transport(settings.google_root, credentials, timeout=CLICK_SECONDS))


def clock(settings: Settings) -> Callable[[tzinfo], datetime]:
    """Tells now in a time zone; ROLLBOOK_TODAY stands for it if set."""
    return lambda zone: settings.now(zone, datetime.now(UTC))


def as_admin(settings: Settings) -> Transport:
    """The way to Google as the administrator. Several may be named; the first one acts."""
    if not settings.google_admins:
        raise SettingAtFault(
            "ROLLBOOK_GOOGLE_ADMIN is not set: it should be the e-mail of the administrator to act "
            "for, such as admin@school.example"
        )
    credentials = DelegatedCredentials(
        settings.google_credentials, admin=settings.google_admins[0], root=settings.google_root
    )
    return Transport(settings.google_root, credentials)


def acting_token(settings: Settings, email: str) -> str:
    """An access token of a person of the domain, for the demo's page: as a click gives one."""
    credentials = DelegatedCredentials(
        settings.google_credentials, admin=email, root=settings.google_root
    )
    credentials.refresh(None)
    return str(credentials.token)


# How gunicorn is started: one process, since SQLite has one writer; threads for its requests. Its
# control socket is in the home folder, where two services would share it and some have none.
ADDON_COMMAND = (
    "-m",
    "gunicorn",
    "--worker-class",
    "gthread",
    "--workers",
    "1",
    "--no-control-socket",
)
ADDON_APP = "addon.served:create()"
