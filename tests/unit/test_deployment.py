"""deployment.yaml is what Google takes and asks for what the code uses; appsscript.json follows."""

import copy
import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from google.cloud import gsuiteaddons_v1
from google.protobuf import json_format

from addon import scopes
from addon.app import create_app
from policy.settings import read_settings

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "script" / "deployment.py"
SOURCE: dict[str, Any] = yaml.safe_load((ROOT / "deployment.yaml").read_text(encoding="utf-8"))
BASE = "https://rolls.district.example"
HOSTS = ("calendar", "gmail", "drive")


def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("deployment", SCRIPT)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(SCRIPT), *arguments], capture_output=True, text=True, check=False
    )


def addresses(value: object) -> list[str]:
    """Every address in it, wherever it is."""
    if isinstance(value, dict):
        return [found for each in value.values() for found in addresses(each)]
    if isinstance(value, list):
        return [found for each in value for found in addresses(each)]
    return [value] if isinstance(value, str) and "://" in value else []


def test_google_takes_it() -> None:
    known = copy.deepcopy(SOURCE)
    # Newer than the library's messages; Google's manifest page has it.
    assert known["addOns"]["httpOptions"].pop("granularOauthPermissionSupport") == "OPT_IN"
    message = gsuiteaddons_v1.Deployment.pb(gsuiteaddons_v1.Deployment())
    json_format.ParseDict(known, message)
    assert json_format.MessageToDict(message) == known


def test_scopes_are_those_of_the_code() -> None:
    assert sorted(SOURCE["oauthScopes"]) == sorted(scopes.ALL)


def test_each_trigger_is_a_route_of_ours_and_signed() -> None:
    add_ons = SOURCE["addOns"]
    triggers = {add_ons[host]["homepageTrigger"]["runFunction"] for host in ("common", *HOSTS)}
    paths = {urlsplit(trigger).path for trigger in triggers}
    rules = {rule.rule for rule in create_app(read_settings({})).url_map.iter_rules()}
    assert paths == {"/addon/home"}
    assert paths < rules
    assert add_ons["httpOptions"]["authorizationHeader"] == "SYSTEM_ID_TOKEN"


def test_logo_is_a_file_of_ours() -> None:
    path = urlsplit(SOURCE["addOns"]["common"]["logoUrl"]).path
    with create_app(read_settings({})).test_client().get(path) as answer:
        content = answer.data
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    assert len(content) < 10_000


def test_addresses_are_https_and_the_examples_or_googles() -> None:
    hosts = {urlsplit(each).netloc for each in addresses(SOURCE["addOns"])}
    assert hosts == {"rollbook.example.org", "classroom.google.com"}
    assert {urlsplit(each).scheme for each in addresses(SOURCE)} == {"https"}


def test_apps_script_manifest_follows() -> None:
    kept = (ROOT / "appsscript.json").read_text(encoding="utf-8")
    assert kept == run("--apps-script").stdout


def test_apps_script_manifest_is_the_same_add_on() -> None:
    manifest = json.loads((ROOT / "appsscript.json").read_text(encoding="utf-8"))
    common, ours = manifest["addOns"]["common"], SOURCE["addOns"]["common"]
    assert manifest["oauthScopes"] == SOURCE["oauthScopes"]
    assert set(manifest["addOns"]) == {"common", *HOSTS}
    assert (common["name"], common["logoUrl"]) == (ours["name"], ours["logoUrl"])
    assert common["homepageTrigger"] == {"runFunction": "home", "enabled": True}
    assert "httpOptions" not in manifest["addOns"]


@pytest.mark.parametrize("base", [BASE, BASE + "/"])
def test_another_address(base: str) -> None:
    answer = run("--base", base)
    printed = json.loads(answer.stdout)
    assert (answer.returncode, answer.stderr) == (0, "")
    assert printed["addOns"]["calendar"]["homepageTrigger"]["runFunction"] == f"{BASE}/addon/home"
    assert printed["addOns"]["common"]["logoUrl"] == f"{BASE}/static/logo-96.png"
    assert "rollbook.example.org" not in answer.stdout
    assert printed["oauthScopes"] == SOURCE["oauthScopes"]


@pytest.mark.parametrize(
    "base",
    [
        "http://a.example",
        "a.example",
        "https://",
        "",
        "https://a.example?x=1",
        "https://a.example#b",
        "https://a.example/classroom",
        "https://a.example:port",
        "https://[a.example",
        "https://clerk@a.example",
        "https://a.example\n",
    ],
)
def test_an_address_that_google_would_not_call(base: str) -> None:
    answer = run("--base", base)
    assert (answer.returncode, answer.stdout) == (2, "")
    assert "--base should be https and a host, without a path, such as" in answer.stderr


@pytest.mark.parametrize("arguments", [[], ["--base", BASE, "--apps-script"], ["--else"]])
def test_one_of_the_two(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        script().main(arguments)
    assert end.value.code == 2
    assert "usage:" in capsys.readouterr().err
