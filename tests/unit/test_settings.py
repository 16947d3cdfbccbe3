"""Settings: read once, checked, all faults at once."""

from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from policy.errors import SettingAtFault
from policy.settings import VARIABLES, Settings, read_settings

CHICAGO = ZoneInfo("America/Chicago")
CLOCK = datetime(2026, 9, 1, 3, 0, tzinfo=UTC)


def test_nothing_set() -> None:
    assert read_settings({"PATH": "/bin"}) == Settings(
        state_folder=Path(".rollbook"),
        store="sqlite:///.rollbook/rollbook.sqlite",
        google_root=None,
        google_credentials=None,
        google_admins=(),
        calls_per_minute=1200,
        today=None,
        addon_url=None,
        addon_service_accounts=(),
        addon_client_id=None,
    )


def test_everything_set() -> None:
    settings = read_settings(
        {
            "ROLLBOOK_STATE": "state",
            "ROLLBOOK_STORE": "sqlite:///other.sqlite",
            "ROLLBOOK_GOOGLE_ROOT": "http://127.0.0.1:9000/",
            "ROLLBOOK_GOOGLE_CREDENTIALS": "key.json",
            "ROLLBOOK_GOOGLE_ADMIN": "a@x.example, B@x.example, A@x.example",
            "ROLLBOOK_GOOGLE_CALLS_PER_MINUTE": "600",
            "ROLLBOOK_GOOGLE_PROJECT_CALLS_PER_MINUTE": "1500",
            "ROLLBOOK_GOOGLE_LICENSE_CALLS_PER_MINUTE": "600",
            "ROLLBOOK_TODAY": "2026-09-01",
            "ROLLBOOK_ADDON_URL": "https://rollbook.example.org",
            "ROLLBOOK_ADDON_SERVICE_ACCOUNTS": "s@gcp.example",
            "ROLLBOOK_ADDON_CLIENT_ID": "42",
            "ROLLBOOK_POLICY": "policies",
        }
    )
    assert settings == Settings(
        state_folder=Path("state"),
        store="sqlite:///other.sqlite",
        google_root="http://127.0.0.1:9000",
        google_credentials=Path("key.json"),
        google_admins=("a@x.example", "b@x.example"),
        calls_per_minute=600,
        project_calls_per_minute=1500,
        license_calls_per_minute=600,
        today=date(2026, 9, 1),
        addon_url="https://rollbook.example.org",
        addon_service_accounts=("s@gcp.example",),
        addon_client_id="42",
        policy=Path("policies"),
    )


@pytest.mark.parametrize(("one", "project"), [("600", 2_950), ("5000", 5_000)])
def test_the_project_is_never_slower_than_one_unless_it_is_said(one: str, project: int) -> None:
    settings = read_settings({"ROLLBOOK_GOOGLE_CALLS_PER_MINUTE": one})
    assert settings.project_calls_per_minute == project


def test_all_faults_at_once() -> None:
    with pytest.raises(SettingAtFault) as caught:
        read_settings(
            {
                "ROLLBOOK_TODDAY": "2026-09-01",
                "ROLLBOOK_TODAY": "yesterday",
                "ROLLBOOK_GOOGLE_ROOT": "127.0.0.1:9000",
                "ROLLBOOK_GOOGLE_CALLS_PER_MINUTE": "0",
            }
        )
    lines = str(caught.value).splitlines()
    assert [line.split()[0].rstrip(":") for line in lines] == [
        "ROLLBOOK_TODDAY",
        "ROLLBOOK_GOOGLE_ROOT",
        "ROLLBOOK_GOOGLE_CALLS_PER_MINUTE",
        "ROLLBOOK_TODAY",
    ]
    assert "did you mean ROLLBOOK_TODAY?" in lines[0]
    assert lines[3].endswith("not 'yesterday'")


@pytest.mark.parametrize(
    "address",
    [
        "https://rollbook.example.org",
        "https://rollbook.example.org:8443",
        "http://127.0.0.1:8080",
        "http://localhost:8080",
        "http://[::1]:8080",
    ],
)
def test_address_of_the_add_on(address: str) -> None:
    assert read_settings({"ROLLBOOK_ADDON_URL": address}).addon_url == address
    assert read_settings({"ROLLBOOK_ADDON_URL": f"{address}/"}).addon_url == address


@pytest.mark.parametrize(
    "address",
    [
        "rollbook.example.org",
        "http://rollbook.example.org",
        "http://127.0.0.1.example.org",
        "https://",
        "https://:443",
        "https://rollbook.example.org/classroom",
        "https://rollbook.example.org?x=1",
        "https://rollbook.example.org#x",
        "https://rollbook.example.org:port",
        "https://clerk@rollbook.example.org",
        "https://[rollbook",
        "ftp://rollbook.example.org",
    ],
)
def test_address_that_google_would_not_call(address: str) -> None:
    with pytest.raises(SettingAtFault) as caught:
        read_settings({"ROLLBOOK_ADDON_URL": address})
    assert str(caught.value) == (
        "ROLLBOOK_ADDON_URL should be https (http is for this machine only) and a host, without a "
        f"path, such as https://rollbook.example.org, not {address.rstrip('/')!r}"
    )


@pytest.mark.parametrize(
    ("today", "now"),
    [
        pytest.param("", "2026-08-31T22:00:00-05:00", id="the-clock"),
        pytest.param("2026-09-05", "2026-09-05T00:00:00-05:00", id="a-date"),
        pytest.param("2026-09-05T04:00:00", "2026-09-05T04:00:00-05:00", id="a-time-there"),
        pytest.param("2026-09-05T04:00:00Z", "2026-09-04T23:00:00-05:00", id="a-time-of-utc"),
    ],
)
def test_now(today: str, now: str) -> None:
    settings = read_settings({"ROLLBOOK_TODAY": today})
    assert settings.now(CHICAGO, CLOCK).isoformat() == now


def test_every_variable_is_documented() -> None:
    text = (Path(__file__).parents[2] / "docs" / "settings.md").read_text(encoding="utf-8")
    documented = {
        line.split("`")[1] for line in text.splitlines() if line.startswith("| `ROLLBOOK_")
    }
    assert documented == set(VARIABLES)
