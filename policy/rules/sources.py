"""Where the SIS's word comes from: the entries of a policy's `roster`, as values."""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from typing import TypeAlias


class Provides(Enum):
    """What a source may be asked for, where it is not asked for everything."""

    CLASSES = "classes"  # schools, terms, courses and sections
    TEACHERS = "teachers"  # who teaches which section, and these people
    CO_TEACHERS = "co_teachers"  # the same, never as a section's primary teacher
    STUDENTS = "students"  # who is a student of which section, and these people
    EMAILS = "emails"  # of people whom another source gives without one


@dataclass(frozen=True, slots=True)
class Secret:
    """Where a secret stands: an environment variable, or a file (made absolute against the policy's
    folder). Never the secret itself. `line` is the policy's."""

    env: str | None
    file: str | None
    line: str


@dataclass(frozen=True, slots=True)
class FolderSource:
    """A folder or a zip file on this machine; `path` made absolute against the policy's folder."""

    path: str


@dataclass(frozen=True, slots=True)
class SftpSource:
    """A folder (or a zip file) on an SFTP server. `host_key` is the server's public key as a
    known_hosts file has it, "ssh-ed25519 AAAA…". The drop is whole when the file `marker` (a name
    or a glob) is there, newer than every other file; without one, when nothing has changed for
    `quiet`."""

    host: str
    user: str
    path: str
    host_key: str
    port: int = 22
    key: Secret | None = None  # a private key in OpenSSH's or PEM form
    passphrase: Secret | None = None  # of the key
    password: Secret | None = None
    marker: str | None = None
    quiet: timedelta = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class CleverSource:
    """Clever's Data API v3, by a district's token. `url` is the API's root, without the version;
    `full_read` is the age after which the next read is of everything, and not of events alone."""

    token: Secret
    url: str = "https://api.clever.com"
    full_read: timedelta = timedelta(days=7)


class TokenParameters(Enum):
    """How a token endpoint wants the client's id and secret. Infinite Campus: query. Synergy:
    form. The standard: header (HTTP Basic)."""

    HEADER = "header"
    FORM = "form"
    QUERY = "query"


@dataclass(frozen=True, slots=True)
class OneRosterSource:
    """A OneRoster REST service. `url` is all that stands before `/orgs`, `/users` and so on, as
    vendors' bases differ. With `token_url` it is OAuth 2 (client credentials), without one OAuth
    1.0a (1.1 only). `full_read` is as for Clever; in between only what `dateLastModified` tells of
    is read."""

    url: str
    version: str  # 1.1 or 1.2
    client_id: str
    client_secret: Secret
    token_url: str | None = None
    token_parameters: TokenParameters = TokenParameters.HEADER
    scope: str = ""
    page_size: int = 1000
    full_read: timedelta = timedelta(days=7)


Road: TypeAlias = FolderSource | SftpSource | CleverSource | OneRosterSource


@dataclass(frozen=True, slots=True)
class SourceRule:
    """One entry of `roster`. `provides` is empty for a source that gives everything; `name` is what
    faults and files are told by where there are several: its path's last part, or its host."""

    road: Road
    line: str
    provides: frozenset[Provides] = field(default_factory=frozenset)
    name: str = ""
