"""The settings: environment variables, read once, checked, and typed. Nothing else reads them."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, tzinfo
from difflib import get_close_matches
from pathlib import Path
from urllib.parse import urlsplit

from policy.errors import SettingAtFault

FULL_READ_NIGHTS = 14  # every roster is read in full at least once in so many nights
CALLS_PER_MINUTE = 1_200  # as Google has it for a user; the pace stays a little under it
LICENSE_CALLS_PER_MINUTE = 57  # 5 % under the one a second that Google has for a user
PROJECT_CALLS_PER_MINUTE = 2_950  # under Google's 3,000: some are left for teachers' clicks


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment says. See docs/settings.md, where each variable is told."""

    state_folder: Path
    store: str  # a database URL
    google_root: str | None  # no trailing slash
    google_credentials: Path | None
    google_admins: tuple[str, ...]
    calls_per_minute: int
    today: date | datetime | None
    addon_url: str | None  # the public address, no trailing slash
    addon_service_accounts: tuple[str, ...]
    addon_client_id: str | None
    full_read_nights: int = FULL_READ_NIGHTS
    project_calls_per_minute: int = PROJECT_CALLS_PER_MINUTE  # of all administrators together
    license_calls_per_minute: int = LICENSE_CALLS_PER_MINUTE
    policy: Path | None = None  # the folder that a server keeps in force

    @property
    def store_file(self) -> Path | None:
        """The file of a SQLite store; None for another database."""
        prefix, _, rest = self.store.partition(":///")
        return Path(rest.partition("?")[0]) if prefix == "sqlite" and rest else None

    @property
    def addon_missing(self) -> tuple[str, ...]:
        """The settings without which the add-on answers nobody, and that are not set."""
        values = {
            "ROLLBOOK_ADDON_URL": self.addon_url,
            "ROLLBOOK_ADDON_SERVICE_ACCOUNTS": self.addon_service_accounts,
            "ROLLBOOK_ADDON_CLIENT_ID": self.addon_client_id,
        }
        return tuple(name for name, value in values.items() if not value)

    def now(self, zone: tzinfo, clock: datetime) -> datetime:
        """Now, where a policy asks for it: ROLLBOOK_TODAY if set (a date means its midnight in
        the district's time zone), else `clock` (which must know its zone)."""
        if self.today is None:
            return clock.astimezone(zone)
        if isinstance(self.today, datetime):
            known = self.today if self.today.tzinfo else self.today.replace(tzinfo=zone)
            return known.astimezone(zone)
        return datetime.combine(self.today, time(), tzinfo=zone)


VARIABLES = {
    "ROLLBOOK_STATE": "the folder for state; default .rollbook in the current folder",
    "ROLLBOOK_STORE": "the database's URL; default a SQLite file in the state folder",
    "ROLLBOOK_GOOGLE_ROOT": "when set, every call to Google goes to this root instead",
    "ROLLBOOK_GOOGLE_CREDENTIALS": "a service account's key file",
    "ROLLBOOK_GOOGLE_ADMIN": "the administrators to act for, their e-mails",
    "ROLLBOOK_GOOGLE_CALLS_PER_MINUTE": f"the pace, a user; default {CALLS_PER_MINUTE}",
    "ROLLBOOK_GOOGLE_PROJECT_CALLS_PER_MINUTE": (
        f"the pace of all of them together; default {PROJECT_CALLS_PER_MINUTE}"
    ),
    "ROLLBOOK_GOOGLE_LICENSE_CALLS_PER_MINUTE": (
        f"the pace at which licences are read; default {LICENSE_CALLS_PER_MINUTE}"
    ),
    "ROLLBOOK_FULL_READ_NIGHTS": "nights in which every roster is read once; default 14",
    "ROLLBOOK_TODAY": "a date or RFC 3339 time that stands for now",
    "ROLLBOOK_POLICY": "the policy folder of `rollbook serve`, e.g. /srv/policies",
    "ROLLBOOK_ADDON_URL": "the add-on's public address, e.g. https://rollbook.example.org",
    "ROLLBOOK_ADDON_SERVICE_ACCOUNTS": "the add-on's service account e-mails, exact",
    "ROLLBOOK_ADDON_CLIENT_ID": "the add-on's OAuth client id",
}


def read_settings(environment: Mapping[str, str]) -> Settings:
    """The settings in an environment. Raises SettingAtFault that names every fault at once."""
    faults: list[str] = [
        _unknown(name)
        for name in sorted(environment)
        if name.startswith("ROLLBOOK_") and name not in VARIABLES
    ]
    values = {name: environment.get(name, "").strip() for name in VARIABLES}
    state = Path(values["ROLLBOOK_STATE"] or ".rollbook")
    if any(sign in str(state) for sign in "?#%"):
        faults.append(
            f"ROLLBOOK_STATE should be a folder without ?, # or % in its name, not {state}"
        )
    root = _url("ROLLBOOK_GOOGLE_ROOT", values, faults)
    one = _count("ROLLBOOK_GOOGLE_CALLS_PER_MINUTE", CALLS_PER_MINUTE, values, faults)
    project = max(one, PROJECT_CALLS_PER_MINUTE)
    settings = Settings(
        state_folder=state,
        store=values["ROLLBOOK_STORE"] or f"sqlite:///{state / 'rollbook.sqlite'}",
        google_root=root,
        google_credentials=_path(values["ROLLBOOK_GOOGLE_CREDENTIALS"]),
        google_admins=tuple(dict.fromkeys(_list(values["ROLLBOOK_GOOGLE_ADMIN"].casefold()))),
        calls_per_minute=one,
        project_calls_per_minute=_count(
            "ROLLBOOK_GOOGLE_PROJECT_CALLS_PER_MINUTE", project, values, faults
        ),
        license_calls_per_minute=_count(
            "ROLLBOOK_GOOGLE_LICENSE_CALLS_PER_MINUTE", LICENSE_CALLS_PER_MINUTE, values, faults
        ),
        today=_today(values["ROLLBOOK_TODAY"], faults),
        addon_url=_public_url("ROLLBOOK_ADDON_URL", values, faults),
        addon_service_accounts=_list(values["ROLLBOOK_ADDON_SERVICE_ACCOUNTS"]),
        addon_client_id=values["ROLLBOOK_ADDON_CLIENT_ID"] or None,
        policy=_path(values["ROLLBOOK_POLICY"]),
        full_read_nights=_count("ROLLBOOK_FULL_READ_NIGHTS", FULL_READ_NIGHTS, values, faults),
    )
    if faults:
        raise SettingAtFault("\n".join(faults))
    return settings


def _unknown(name: str) -> str:
    close = get_close_matches(name, VARIABLES, n=1)
    hint = f"did you mean {close[0]}?" if close else f"expected one of {', '.join(VARIABLES)}"
    return f"{name} is no setting; {hint}"


def _list(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _path(text: str) -> Path | None:
    return Path(text) if text else None


def _url(name: str, values: Mapping[str, str], faults: list[str]) -> str | None:
    text = values[name]
    if not text:
        return None
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        faults.append(f"{name} should be an address such as http://127.0.0.1:9000, not {text!r}")
    return text.rstrip("/")


def _public_url(name: str, values: Mapping[str, str], faults: list[str]) -> str | None:
    """An address that Google calls: what it signs is this, and the path of the route."""
    text = values[name].rstrip("/")
    if not text:
        return None
    if not _is_public(text):
        faults.append(
            f"{name} should be https (http is for this machine only) and a host, without a path, "
            f"such as https://rollbook.example.org, not {text!r}"
        )
    return text


def _is_public(text: str) -> bool:
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port  # raises when the port is no number
    except ValueError:
        return False
    if not host or text != f"{parts.scheme}://{parts.netloc}" or "@" in text:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host))


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _count(name: str, default: int, values: Mapping[str, str], faults: list[str]) -> int:
    text = values[name]
    if not text:
        return default
    if not text.isdecimal() or int(text) < 1:
        faults.append(f"{name} should be a whole number from 1 up, such as {default}, not {text!r}")
        return default
    return int(text)


def _today(text: str, faults: list[str]) -> date | datetime | None:
    if not text:
        return None
    for read in (date.fromisoformat, datetime.fromisoformat):
        try:
            return read(text)
        except ValueError:
            continue
    faults.append(
        "ROLLBOOK_TODAY should be a date such as 2026-09-01 or a time such as "
        f"2026-09-01T04:00:00-05:00, not {text!r}"
    )
    return None
