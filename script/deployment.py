#!/usr/bin/env python3
"""Prints deployment.yaml as Google wants it: as JSON with your own address, or as appsscript.json.

Needs PyYAML, as the project's virtual environment has it: .venv/bin/python script/deployment.py …
"""

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

ROOT = Path(__file__).resolve().parents[1]
PLACEHOLDER = "https://rollbook.example.org"
TIME_ZONE = "Etc/UTC"
HOSTS = ("common", "calendar", "gmail", "drive")

Json = dict[str, Any]


def main(arguments: list[str] | None = None) -> int:
    """The command. Exit status 2 when the address can't be used."""
    parser = argparse.ArgumentParser(description=__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--base", help="the add-on's public address, as in ROLLBOOK_ADDON_URL")
    what.add_argument("--apps-script", action="store_true", help="print appsscript.json")
    given = parser.parse_args(arguments)
    source = yaml.safe_load((ROOT / "deployment.yaml").read_text(encoding="utf-8"))
    if given.apps_script:
        sys.stdout.write(printed(apps_script(source)))
        return 0
    base = given.base.rstrip("/")
    if not usable(base):
        sys.stderr.write(
            f"--base should be https and a host, without a path, such as {PLACEHOLDER}, "
            f"not {given.base!r}\n"
        )
        return 2
    sys.stdout.write(printed(deployment(source, base)))
    return 0


def usable(base: str) -> bool:
    """Google calls https only, and signs the whole address: a path that a proxy takes off again
    would never fit."""
    try:
        parts = urlsplit(base)
        host, _ = parts.hostname, parts.port  # raises when the port is no number
    except ValueError:
        return False
    return bool(host) and base == f"https://{parts.netloc}" and "@" not in base


def deployment(source: Any, base: str) -> Any:
    """The deployment with this address in the place of the example's."""
    if isinstance(source, dict):
        return {key: deployment(value, base) for key, value in source.items()}
    if isinstance(source, list):
        return [deployment(value, base) for value in source]
    return source.replace(PLACEHOLDER, base) if isinstance(source, str) else source


def apps_script(source: Mapping[str, Any]) -> Json:
    """The manifest of the same add-on in Apps Script: a trigger names a function instead of an
    address, and what is only for HTTP is left out."""
    add_ons = {host: _with_functions(source["addOns"][host]) for host in HOSTS}
    return {
        "timeZone": TIME_ZONE,
        "runtimeVersion": "V8",
        "exceptionLogging": "STACKDRIVER",
        "oauthScopes": source["oauthScopes"],
        "addOns": add_ons,
    }


def _with_functions(host: Mapping[str, Any]) -> Json:
    copied = dict(host)
    trigger = dict(copied["homepageTrigger"])
    trigger["runFunction"] = urlsplit(trigger["runFunction"]).path.rsplit("/", 1)[-1]
    return {**copied, "homepageTrigger": trigger}


def printed(value: Json) -> str:
    """JSON as it is kept in files."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.exit(main())
