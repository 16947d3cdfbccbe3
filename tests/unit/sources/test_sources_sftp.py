"""Drops on a real SFTP server: what is taken, what is waited for, and what breaks on the way."""

import logging
import random
import resource
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncssh
import pytest

from policy.errors import RosterAtFault
from policy.roster.folder import Limits
from policy.roster.load import load_roster
from policy.rules.sources import Secret
from policy.sources.base import Arrival
from policy.sources.sftp import SftpDrops
from unit.roster.small_drop import FILES, zipped
from unit.sources.sftp_server import EVENING, HOST_KEY, Clock, Site, public, serving

AT_SIX = EVENING - timedelta(hours=4)
QUIET = 600.0
SMALL = {"users.csv": "a,b\n1,2\n", "orgs.csv": "c\n3\n"}


def upload(site: Site, when: datetime = AT_SIX, files: Mapping[str, str] = SMALL) -> None:
    for name, text in files.items():
        site.put(name, text, when)


def contents(arrival: Arrival) -> dict[str, str]:
    return {path.name: path.read_text() for path in arrival.path.iterdir()}


def refused(drops: SftpDrops) -> str:
    with pytest.raises(RosterAtFault) as caught:
        drops.fetch()
    (words,) = caught.value.problems
    assert words.startswith("127.0.0.1:")
    return words.partition("  ")[2]


def test_a_roster_comes_as_it_is(site: Site, clock: Clock, tmp_path: Path) -> None:
    upload(site, AT_SIX, FILES)
    site.put("orgs.csv", FILES["orgs.csv"], AT_SIX + timedelta(minutes=9))
    arrival = site.drops(tmp_path / "own", clock).fetch()
    assert arrival.notes == ()
    assert arrival.written == AT_SIX + timedelta(minutes=9)
    assert contents(arrival) == FILES
    assert len(load_roster(arrival.path).sections) == 3
    times = {path.name: path.stat().st_mtime for path in arrival.path.iterdir()}
    assert times["orgs.csv"] - times["users.csv"] == 540
    assert times["users.csv"] == AT_SIX.timestamp()
    assert clock.slept == [QUIET]
    assert arrival.path.stat().st_mode & 0o777 == 0o700


def test_an_unchanged_drop_is_not_fetched_again(site: Site, clock: Clock, tmp_path: Path) -> None:
    upload(site)
    first = site.drops(tmp_path / "own", clock).fetch()
    site.read.clear()
    clock.time += timedelta(days=1)
    assert site.drops(tmp_path / "own", clock).fetch() == first
    assert not site.read
    assert clock.slept == [QUIET]


def test_the_last_two_drops_are_kept(site: Site, clock: Clock, tmp_path: Path) -> None:
    paths = []
    for day in range(3):
        clock.time = EVENING + timedelta(days=day)
        upload(site, AT_SIX + timedelta(days=day), {"users.csv": str(day)})
        paths.append(site.drops(tmp_path / "own", clock).fetch().path)
    assert [path.exists() for path in paths] == [False, True, True]
    assert (paths[1] / "users.csv").read_text() == "1"
    assert list((tmp_path / "own" / "coming").iterdir()) == []


def test_what_an_earlier_look_saw_need_not_be_waited_for(
    site: Site, clock: Clock, tmp_path: Path
) -> None:
    """The time counts from the first look that saw this very set, across runs."""
    upload(site, AT_SIX - timedelta(days=1))
    site.put("users.csv", "new", EVENING)
    drops = site.drops(tmp_path / "own", clock)
    refused(drops)
    refused(drops)
    assert clock.slept == [QUIET]  # once for what is new, though it is half a set
    upload(site, EVENING)
    clock.at(3, lambda: site.put("orgs.csv", "newer", clock.time))
    assert contents(drops.fetch()) == SMALL | {"orgs.csv": "newer"}
    assert clock.slept == [QUIET] * 3
    assert clock.time == EVENING + timedelta(minutes=30)


@pytest.mark.parametrize("skew", [-26, -1, 0, 1, 26])
def test_a_server_with_another_time_of_day(
    site: Site, clock: Clock, tmp_path: Path, skew: int
) -> None:
    """An upload that pauses for less than `quiet` is not taken before its end."""

    def server_time() -> datetime:
        return clock.time + timedelta(hours=skew)

    site.put("orgs.csv", "half", server_time())
    clock.at(8, lambda: site.put("orgs.csv", "half and half", server_time()))
    clock.at(17, lambda: site.put("users.csv", "whole", server_time()))
    clock.at(26, lambda: None)
    arrival = None
    while arrival is None:
        try:
            arrival = site.drops(tmp_path / "own", clock).fetch()
        except RosterAtFault:
            continue
    assert contents(arrival) == {"orgs.csv": "half and half", "users.csv": "whole"}
    assert arrival.written <= clock.time
    if skew <= 0:
        assert arrival.written == EVENING + timedelta(hours=skew, minutes=17)


def test_an_upload_still_going_on(site: Site, clock: Clock, tmp_path: Path) -> None:
    """The night goes on with the last good drop, if there is one."""

    def grow() -> None:
        path = site.root / "users.csv"
        site.put("users.csv", path.read_text() + "more\n", clock.time)
        clock.at(7, grow)

    upload(site)
    drops = site.drops(tmp_path / "own", clock)
    first = drops.fetch()
    clock.time += timedelta(days=1)
    upload(site, clock.time)
    grow()
    second = drops.fetch()
    assert (second.path, second.written) == (first.path, first.written)
    assert second.notes == (
        "127.0.0.1:/  the last good drop is used: the set of CSV files has changed in the last 10 "
        "minutes (quiet)  [R303]",
    )
    assert contents(second) == SMALL
    assert refused(site.drops(tmp_path / "new", clock)) == (
        "the set of CSV files has changed in the last 10 minutes (quiet)  [R303]"
    )


def test_a_half_refreshed_set(site: Site, clock: Clock, tmp_path: Path) -> None:
    upload(site, AT_SIX - timedelta(days=7))
    site.put("users.csv", "new", AT_SIX)
    assert refused(site.drops(tmp_path / "own", clock)) == (
        "not all files are of one upload: users.csv (2026-09-01 18:00:00 UTC) is new, and orgs.csv "
        "(2026-08-25 18:00:00 UTC) more than an hour older. If that is right, have the SIS write a "
        "marker last, and name it in the policy (marker)  [R303]"
    )
    site.put("done.ok", "", AT_SIX)
    arrival = site.drops(tmp_path / "own", clock, marker="done.ok").fetch()
    assert contents(arrival) == SMALL | {"users.csv": "new"}


@pytest.mark.parametrize(
    "name", ["users.csv.filepart", "x.tmp", "users.csv~", ".users.csv.a8Zq1x", "drop.zip.part"]
)
def test_names_of_an_upload(site: Site, clock: Clock, tmp_path: Path, name: str) -> None:
    upload(site)
    site.put(name, "half", AT_SIX)
    words = refused(site.drops(tmp_path / "own", clock))
    assert words == (
        f"an upload is going on or has broken off: {name} (2026-09-01 18:00:00 UTC)  [R303]"
    )
    site.put(name, "half", AT_SIX - timedelta(days=2))
    assert contents(site.drops(tmp_path / "own", clock).fetch()) == SMALL


def test_a_file_less_than_the_last_time(site: Site, clock: Clock, tmp_path: Path) -> None:
    drops = site.drops(tmp_path / "own", clock)
    upload(site)
    first = drops.fetch()
    (site.root / "orgs.csv").unlink()
    for day, path in ((1, first.path), (2, None)):
        clock.time = EVENING + timedelta(days=day)
        site.put("users.csv", f"{day}", clock.time - timedelta(hours=4))
        arrival = drops.fetch()
        if path is not None:
            assert arrival.path == path
            assert "of the last good drop's files orgs.csv is missing" in arrival.notes[0]
            assert drops.fetch() == arrival
    assert contents(arrival) == {"users.csv": "2"}


MARKERS = [
    pytest.param(None, "the marker *.done is not there, which says that the set of", id="none"),
    pytest.param(-1, "the marker x.done (2026-09-01 17:59:59 UTC) is older than orgs.", id="older"),
    pytest.param(0, "", id="same second"),
    pytest.param(1, "", id="newer"),
]


@pytest.mark.parametrize(("seconds", "words"), MARKERS)
def test_a_marker(
    site: Site, clock: Clock, tmp_path: Path, seconds: int | None, words: str
) -> None:
    upload(site)
    if seconds is not None:
        site.put("x.done", "", AT_SIX + timedelta(seconds=seconds))
        site.put("a.done", "", AT_SIX - timedelta(days=1))
    drops = site.drops(tmp_path / "own", clock, marker="*.done")
    if words:
        assert refused(drops).startswith(words)
    else:
        assert contents(drops.fetch()) == SMALL
    assert clock.slept == []


def test_a_marker_that_is_one_of_the_files(site: Site, clock: Clock, tmp_path: Path) -> None:
    upload(site)
    site.put("manifest.csv", "propertyName,value\n", AT_SIX)
    arrival = site.drops(tmp_path / "own", clock, marker="manifest.csv").fetch()
    assert set(contents(arrival)) == {*SMALL, "manifest.csv"}


@pytest.mark.parametrize("path", ["/", "/today.zip"])
def test_a_zip(site: Site, clock: Clock, tmp_path: Path, path: str) -> None:
    zipped(site.root / "today.zip", FILES)
    site.put("today.zip", (site.root / "today.zip").read_bytes(), AT_SIX)
    site.put("older.zip", "not one", AT_SIX - timedelta(days=1))
    arrival = site.drops(tmp_path / "own", clock, path).fetch()
    assert (arrival.path.name, arrival.written, arrival.notes) == ("today.zip", AT_SIX, ())
    assert len(load_roster(arrival.path).sections) == 3
    assert not site.read["older.zip"]


def test_the_newest_zip_that_is_whole(site: Site, clock: Clock, tmp_path: Path) -> None:
    whole = zipped(tmp_path / "made.zip", FILES).read_bytes()
    site.put("1.zip", whole, AT_SIX)
    drops = site.drops(tmp_path / "own", clock)
    site.put("2.zip", whole[:-30], AT_SIX + timedelta(hours=1))
    arrival = drops.fetch()
    assert arrival.path.name == "1.zip"
    assert "took 1.zip, not the newest: 2.zip (2026-09-01 19:00:00 UTC) is broken" in str(
        arrival.notes
    )
    read = site.read.copy()
    again = drops.fetch()
    assert (again.path, site.read) == (arrival.path, read)
    (site.root / "1.zip").unlink()
    site.put("0.zip", whole, AT_SIX - timedelta(days=1))
    for _ in range(2):  # it never goes back to an older one
        assert drops.fetch().path == arrival.path
        clock.time += timedelta(hours=1)
    site.put("2.zip", whole, AT_SIX + timedelta(hours=1))
    assert drops.fetch().path.name == "2.zip"


def test_a_zip_that_is_being_replaced(site: Site, clock: Clock, tmp_path: Path) -> None:
    drops = site.drops(tmp_path / "own", clock, "/today.zip")
    assert refused(drops) == "the zip is not there  [R303]"
    site.put("today.zip", zipped(tmp_path / "made.zip", FILES).read_bytes(), AT_SIX)
    arrival = drops.fetch()
    (site.root / "today.zip").unlink()
    assert drops.fetch().path == arrival.path
    assert zipfile.is_zipfile(arrival.path)


def big(site: Site) -> bytes:
    data = random.Random(1).randbytes(1024 * 1024)
    site.put("users.csv", data, AT_SIX)
    return data


def test_a_cut_line_goes_on_where_it_stopped(site: Site, clock: Clock, tmp_path: Path) -> None:
    data = big(site)
    site.put("aaa.csv", "x" * 100_000, AT_SIX)
    # it looks twice, then reads
    site.cut_after += [9**9, 9**9, 300_000, 0, 500_000]
    arrival = site.drops(tmp_path / "own", clock).fetch()
    assert (arrival.path / "users.csv").read_bytes() == data
    assert site.read == {"users.csv": len(data), "aaa.csv": 100_000}
    assert clock.slept == [QUIET, 5.0, 15.0, 45.0]


def test_a_line_that_breaks_each_time(site: Site, clock: Clock, tmp_path: Path) -> None:
    data = big(site)
    site.cut_after += [9**9, 9**9, *[100_000] * 5]
    words = refused(site.drops(tmp_path / "own", clock))
    assert words.startswith("no way there, or it breaks off, in 5 tries (")
    assert words.endswith("[R301]")
    assert clock.slept == [QUIET, 5.0, 15.0, 45.0, 135.0]
    arrival = site.drops(tmp_path / "own", clock).fetch()
    assert (arrival.path / "users.csv").read_bytes() == data
    assert site.read == {"users.csv": len(data)}


def test_another_file_is_not_gone_on_with(site: Site, clock: Clock, tmp_path: Path) -> None:
    big(site)
    site.cut_after += [9**9, 9**9, *[100_000] * 5]
    refused(site.drops(tmp_path / "own", clock))
    site.offsets.clear()
    other = b"x" * 1024 * 1024  # of the same size
    site.put("users.csv", other, AT_SIX + timedelta(seconds=1))
    arrival = site.drops(tmp_path / "own", clock).fetch()
    assert (arrival.path / "users.csv").read_bytes() == other
    assert site.offsets[0] == ("users.csv", 0)
    assert len(list((tmp_path / "own" / "coming").iterdir())) == 0


def test_a_file_that_changes_while_the_line_is_cut(
    site: Site, clock: Clock, tmp_path: Path
) -> None:
    data = big(site)
    site.cut_after += [9**9, 9**9, 300_000]
    clock.at(10.05, lambda: site.put("users.csv", data[::-1], EVENING))
    words = refused(site.drops(tmp_path / "own", clock))
    assert words == "users.csv changed while it was read  [R303]"
    assert max(offset for _, offset in site.offsets) < 300_000


@pytest.mark.parametrize("how", ["grows", "shrinks", "is another", "goes", "gets a sibling"])
def test_a_file_that_changes_while_it_is_read(
    site: Site, clock: Clock, tmp_path: Path, how: str
) -> None:
    data = big(site)

    def change(_name: str, offset: int) -> None:
        if offset < 400_000:
            return
        site.on_read = lambda _name, _offset: None
        if how == "goes":
            (site.root / "users.csv").unlink()
        elif how == "gets a sibling":
            site.put("orgs.csv", "x", EVENING)
        else:
            new = {"grows": data * 2, "shrinks": data[:500_000], "is another": data[::-1]}[how]
            site.put("users.csv", new, EVENING)

    site.on_read = change
    words = refused(site.drops(tmp_path / "own", clock))
    assert words.endswith(" changed while it was read  [R303]")
    assert not (tmp_path / "own" / "drops").exists()


def test_another_host_key(tmp_path: Path, clock: Clock, site: Site) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519")
    words = refused(site.drops(tmp_path / "own", clock, host_key=public(other)))
    assert words == (
        f"the server's key is ssh-ed25519 {HOST_KEY.get_fingerprint()}, and host_key is "
        f"{other.get_fingerprint()}  [R306]"
    )
    kind = asyncssh.generate_private_key("ecdsa-sha2-nistp256")
    words = refused(site.drops(tmp_path / "own", clock, host_key=public(kind)))
    assert words == (
        "the server has no key of the kind ecdsa-sha2-nistp256, as in host_key  [R306]"
    )
    words = refused(site.drops(tmp_path / "own", clock, host_key="ssh-ed25519 nonsense"))
    assert words.startswith("host_key 'ssh-ed25519 nonsense' is not a public key; expected ")
    assert (site.logins, clock.slept) == ([], [])


@pytest.mark.parametrize("kind", ["ssh-rsa", "ecdsa-sha2-nistp256"])
def test_host_keys_of_other_kinds(tmp_path: Path, clock: Clock, site: Site, kind: str) -> None:
    key = asyncssh.generate_private_key(kind)
    upload(site)
    with serving(site, key):
        drops = site.drops(tmp_path / "own", clock, host_key=f"{public(key)} a comment")
        assert contents(drops.fetch()) == SMALL


def test_a_wrong_password(
    site: Site, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SFTP_PASSWORD", "wrong")
    words = refused(site.drops(tmp_path / "own", clock))
    assert words.startswith("the server does not let rollbook in by this password (")
    assert words.endswith("[R302]")
    assert "wrong" not in words
    assert (site.lines, clock.slept) == (1, [])


KINDS = ["ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", ["openssh", "pkcs8-pem", "pkcs1-pem"])
def test_a_private_key(site: Site, clock: Clock, tmp_path: Path, kind: str, form: str) -> None:
    if (kind, form) == ("ssh-ed25519", "pkcs1-pem"):
        pytest.skip("there is no such form")
    upload(site)
    key = asyncssh.generate_private_key(kind)
    site.key = key.convert_to_public()
    path = tmp_path / "id"
    path.write_bytes(key.export_private_key(form))
    drops = site.drops(tmp_path / "own", clock, key=Secret(None, str(path), "policy.yaml:7"))
    assert contents(drops.fetch()) == SMALL


def test_a_key_with_a_passphrase(
    site: Site, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload(site)
    key = asyncssh.generate_private_key("ssh-ed25519")
    path = tmp_path / "id"
    path.write_bytes(
        key.export_private_key("openssh", passphrase="sesame", rounds=16, ignore_few_rounds=True)
    )
    secret, phrase = Secret(None, str(path), "p.yaml:7"), Secret("PHRASE", None, "p.yaml:8")
    site.key = key.convert_to_public()

    assert refused(site.drops(tmp_path / "own", clock, key=secret)) == (
        "key is encrypted: set passphrase  [R305]"
    )
    monkeypatch.setenv("PHRASE", "open")
    assert refused(site.drops(tmp_path / "own", clock, key=secret, passphrase=phrase)) == (
        "key is no private key (OpenSSH or PEM: Ed25519, ECDSA, RSA), or passphrase is not its own"
        "  [R305]"
    )
    assert site.lines == 0
    monkeypatch.setenv("PHRASE", "sesame")
    drops = site.drops(tmp_path / "own", clock, key=secret, passphrase=phrase)
    assert contents(drops.fetch()) == SMALL

    site.key = asyncssh.generate_private_key("ssh-ed25519").convert_to_public()
    words = refused(site.drops(tmp_path / "own", clock, key=secret, passphrase=phrase))
    assert words.startswith("the server does not let rollbook in by this key (")
    path.write_text("no key")
    words = refused(site.drops(tmp_path / "own", clock, key=secret))
    assert words == "key is no private key (OpenSSH or PEM: Ed25519, ECDSA, RSA)  [R305]"


def test_no_way_in_is_named(site: Site, clock: Clock, tmp_path: Path) -> None:
    words = refused(site.drops(tmp_path / "own", clock, password=None))
    assert words == "the policy names neither key nor password  [R305]"


def test_nobody_there(site: Site, clock: Clock, tmp_path: Path) -> None:
    words = refused(site.drops(tmp_path / "own", clock, port=1))
    assert words == "no way there, or it breaks off, in 5 tries (Connection refused)  [R301]"
    assert clock.slept == [5.0, 15.0, 45.0, 135.0]


def test_paths_that_are_no_drop(site: Site, clock: Clock, tmp_path: Path) -> None:
    own = tmp_path / "own"
    assert refused(site.drops(own, clock, "/no")) == "there is no such folder or zip  [R303]"
    assert refused(site.drops(own, clock, "/no/x.zip")) == "there is no folder /no  [R303]"
    site.put("readme.txt", "", EVENING)
    assert refused(site.drops(own, clock)) == "there are neither CSV files nor zips  [R303]"
    assert refused(site.drops(own, clock, "/readme.txt")) == (
        "this is a file; expected a folder or a .zip  [R303]"
    )


def test_folders_and_links(site: Site, clock: Clock, tmp_path: Path) -> None:
    """Links are followed by the server, which knows how far they may lead."""
    upload(site)
    site.put("older/users.csv", "x", AT_SIX)
    (site.root / "folder.csv").mkdir()
    (site.root / "linked.csv").symlink_to("users.csv")
    (site.root / "broken.csv").symlink_to("nothing")
    arrival = site.drops(tmp_path / "own", clock).fetch()
    assert contents(arrival) == SMALL | {"linked.csv": SMALL["users.csv"]}
    assert not (arrival.path / "linked.csv").is_symlink()


@pytest.mark.parametrize("name", ["../evil.csv", "/etc/evil.csv", "..\\evil.csv", "a\x1b[2J.csv"])
def test_names_that_lead_outside(site: Site, clock: Clock, tmp_path: Path, name: str) -> None:
    upload(site)
    site.also_listed = (name,)
    assert refused(site.drops(tmp_path / "own", clock)) == (
        f"there is a file {name!r}, a name that leads outside of the folder  [R304]"
    )
    assert not site.read


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (Limits(files=1), "there are 2 files; a roster has at most 1"),
        (Limits(file_bytes=7), "users.csv has 8 bytes; the most is 7"),
        (Limits(all_bytes=11), "the drop has 12 bytes; the most is 11"),
    ],
)
def test_bounds(site: Site, clock: Clock, tmp_path: Path, limits: Limits, words: str) -> None:
    upload(site)
    assert refused(site.drops(tmp_path / "own", clock, limits=limits)) == f"{words}  [R304]"
    assert not site.read


def test_another_source_in_the_same_folder(site: Site, clock: Clock, tmp_path: Path) -> None:
    upload(site)
    site.drops(tmp_path / "own", clock).fetch()
    (site.root / "new").mkdir()
    words = refused(site.drops(tmp_path / "own", clock, "/new"))
    assert words == "there are neither CSV files nor zips  [R303]"


def test_a_damaged_state_costs_a_transfer(site: Site, clock: Clock, tmp_path: Path) -> None:
    upload(site)
    first = site.drops(tmp_path / "own", clock).fetch()
    (tmp_path / "own" / "state.json").write_text("{")
    second = site.drops(tmp_path / "own", clock).fetch()
    assert second.path != first.path
    assert contents(second) == SMALL


def test_a_full_disk(site: Site, clock: Clock, tmp_path: Path) -> None:
    """Stood in for by the system's bound on what a process may write into one file."""
    data = big(site)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, before[1]))
    try:
        with pytest.raises(RosterAtFault) as caught:
            site.drops(tmp_path / "own", clock).fetch()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert caught.value.problems == (
        f"{tmp_path / 'own'}  the drop can't be written down here (File too large); nothing is "
        "planned from a part of it  [R303]",
    )
    assert clock.slept == [QUIET]
    arrival = site.drops(tmp_path / "own", clock).fetch()
    assert (arrival.path / "users.csv").read_bytes() == data


class Listening(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if not record.name.startswith("asyncssh"):
            self.heard.append(record.getMessage())


def test_nothing_is_logged(site: Site, clock: Clock, tmp_path: Path) -> None:
    root, listening = logging.getLogger(), Listening()
    level = root.level
    root.addHandler(listening)
    root.setLevel(logging.DEBUG)
    try:
        big(site)
        site.cut_after += [9**9, 9**9, 100]
        site.drops(tmp_path / "own", clock).fetch()
    finally:
        root.removeHandler(listening)
        root.setLevel(level)
    assert listening.heard == []


def test_times_have_their_zone(site: Site, clock: Clock, tmp_path: Path) -> None:
    upload(site)
    arrival = site.drops(tmp_path / "own", clock).fetch()
    assert arrival.written.tzinfo is UTC
