"""The one place that names a concrete source, gateway or store."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, tzinfo

from policy.engine import Progress, World
from policy.errors import SettingAtFault
from policy.google.classroom import ClassroomGateway
from policy.google.credentials import (
    AUDIT_SCOPE,
    DIRECTORY_SCOPE,
    GROUPS_SCOPE,
    LICENSING_SCOPE,
    SCOPES,
    TIMEOUT,
    DelegatedCredentials,
    TokenCredentials,
)
from policy.google.directory import DirectoryGateway
from policy.google.groups import GroupsGateway
from policy.google.lanes import Lane, Lanes
from policy.google.licensing import LicensingGateway
from policy.google.reports import ReportsGateway
from policy.google.teacher import TeacherGateway
from policy.google.transport import Transport
from policy.rules.sources import (
    CleverSource,
    FolderSource,
    OneRosterSource,
    SftpSource,
    SourceRule,
)
from policy.run.pace import Budget, Pace, Steady
from policy.settings import Settings
from policy.sources.base import Source
from policy.sources.clever_api import CleverApi
from policy.sources.folder import open_folder
from policy.sources.oneroster_rest import OneRosterRest
from policy.sources.sftp import SftpDrops
from policy.store.sql import SqlStore

ADMIN_CALLS_PER_MINUTE = 2_280  # Directory and Reports: 5 % under their 2,400 a minute a user, each
LONG_WAIT = 5  # seconds; of a source, and then somebody who looks on is told
CLICK_SECONDS = 5  # a call; Google's side panel waits some 30 s for the whole answer to a click


@contextmanager
def open_world(settings: Settings, progress: Progress | None = None) -> Iterator[World]:
    """Everything that the engine needs, open while it is used; `progress` is told how far a run
    has come."""
    with (
        closing(open_store(settings)) as store,
        closing(classroom(settings)) as rooms,
        closing(directory(settings)) as people,
        closing(reports(settings)) as audit,
        closing(licensing(settings)) as licenses,
    ):
        yield World(
            store=store,
            classroom=rooms,
            directory=people,
            reports=audit,
            licensing=licenses,
            settings=settings,
            clock=lambda: datetime.now(UTC),
            sleep=time.sleep,
            progress=progress or (lambda _done, _total: None),
        )


def sources(
    settings: Settings, tell: Callable[[str], None] = lambda _words: None
) -> Callable[[SourceRule], Source]:
    """Opens the policy's sources; what they keep is in the state folder, by their names. `tell` is
    told of long waits."""

    def open_source(rule: SourceRule) -> Source:
        def sleep(seconds: float) -> None:
            if seconds >= LONG_WAIT:
                tell(f"source {rule.name}: waits {seconds:,.0f} s before it looks again")
            time.sleep(seconds)

        folder = settings.state_folder / "drops" / rule.name
        match rule.road:
            case FolderSource():
                return open_folder(rule)
            case SftpSource() as road:
                return SftpDrops(road, folder, now=_now, sleep=sleep)
            case CleverSource() as road:
                return CleverApi(road, folder, _now, sleep)
            case OneRosterSource() as road:
                return OneRosterRest(road, folder, _now, sleep)

    return open_source


def _now() -> datetime:
    return datetime.now(UTC)


def open_store(settings: Settings) -> SqlStore:
    """The store that the settings name; its tables are made when they are not there."""
    return SqlStore(settings.store)


def classroom(settings: Settings) -> ClassroomGateway:
    """Classroom as the administrators see it, side by side if there are several. To be closed."""
    project = Budget(settings.project_calls_per_minute)
    lanes = _lanes(settings, lambda: Pace(settings.calls_per_minute, project=project))
    if len(lanes) > 1:
        return ClassroomGateway(Lanes(lanes))
    return ClassroomGateway(lanes[0].transport, lanes[0].pace)


def directory(settings: Settings) -> DirectoryGateway:
    """The domain's accounts, by any of the administrators. To be closed."""
    lanes = _lanes(settings, lambda: Pace(ADMIN_CALLS_PER_MINUTE))
    if len(lanes) > 1:
        return DirectoryGateway(Lanes(lanes))
    return DirectoryGateway(lanes[0].transport, lanes[0].pace)


def reports(settings: Settings) -> ReportsGateway:
    """Classroom's audit log, by the first administrator and a token of its own. To be closed."""
    transport = as_admin(settings, scopes=(AUDIT_SCOPE,))
    return ReportsGateway(transport, Pace(ADMIN_CALLS_PER_MINUTE))


def licensing(settings: Settings) -> LicensingGateway:
    """Who has which licence, by the first administrator and a token of its own. To be closed."""
    transport = as_admin(settings, scopes=(LICENSING_SCOPE, DIRECTORY_SCOPE))
    return LicensingGateway(transport, Steady(settings.license_calls_per_minute))


def groups(settings: Settings) -> GroupsGateway:
    """Who is in which Google group, by the first administrator and a token of its own, for somebody
    who has clicked. To be closed. Raises SettingAtFault."""
    return GroupsGateway(as_admin(settings, scopes=(GROUPS_SCOPE,), timeout=CLICK_SECONDS))


def teacher_classroom(settings: Settings, token: str) -> TeacherGateway:
    """Classroom as the teacher whose access token this is. To be closed."""
    credentials = TokenCredentials(token)
    return TeacherGateway(Transport(settings.google_root, credentials, timeout=CLICK_SECONDS))


def clock(settings: Settings) -> Callable[[tzinfo], datetime]:
    """Tells now in a time zone; ROLLBOOK_TODAY stands for it if set."""
    return lambda zone: settings.now(zone, datetime.now(UTC))


def as_admin(
    settings: Settings,
    *,
    admin: str | None = None,
    scopes: Sequence[str] = SCOPES,
    timeout: float = TIMEOUT,
) -> Transport:
    """The way to Google as an administrator: the first one, unless another is named."""
    credentials = DelegatedCredentials(
        settings.google_credentials,
        admin=admin or _admins(settings)[0],
        root=settings.google_root,
        scopes=scopes,
        timeout=timeout,
    )
    return Transport(settings.google_root, credentials, timeout=timeout)


def _lanes(settings: Settings, pace: Callable[[], Pace]) -> list[Lane]:
    admins = _admins(settings)
    return [Lane(admin, as_admin(settings, admin=admin), pace()) for admin in admins]


def _admins(settings: Settings) -> Sequence[str]:
    if not settings.google_admins:
        raise SettingAtFault(
            "ROLLBOOK_GOOGLE_ADMIN is not set: it should be the e-mail of the administrator to act "
            "for, such as admin@school.example"
        )
    return settings.google_admins


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
