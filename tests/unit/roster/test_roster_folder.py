"""Folders and zips: the same files and digest; what a stranger's zip must not do."""

import io
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from policy.errors import RosterAtFault
from policy.roster.folder import Limits, open_drop
from unit.roster.small_drop import FILES, write_drop, zipped

SMALL = {"users.csv": "a,b\n1,2\n", "orgs.csv": "c\n3\n"}


def read_all(path: Path, limits: Limits | None = None) -> tuple[dict[str, bytes], str]:
    found = {}
    with open_drop(path, limits or Limits()) as drop:
        for name in drop.names:
            with drop.open(name) as stream:
                found[name] = stream.read()
        return found, drop.digest


def refusal(path: Path, limits: Limits | None = None) -> list[str]:
    with pytest.raises(RosterAtFault) as caught:
        read_all(path, limits)
    return list(caught.value.problems)


def test_a_folder_and_its_zips_are_the_same(tmp_path: Path) -> None:
    folder = write_drop(tmp_path / "drop")
    flat = zipped(tmp_path / "flat.zip", FILES)
    top = zipped(tmp_path / "top.zip", FILES, top="2026-09-01/")
    with zipfile.ZipFile(top, "a") as archive:
        archive.writestr("__MACOSX/2026-09-01/._users.csv", b"\0\5\x16\7")
        archive.writestr("2026-09-01/.DS_Store", b"\0")
    expected = {name: text.encode() for name, text in FILES.items()}
    digests = set()
    for path in (folder, flat, top):
        found, digest = read_all(path)
        assert found == expected
        digests.add(digest)
    assert len(digests) == 1


def test_the_digest_tells_contents_and_names_apart(tmp_path: Path) -> None:
    variants = (
        {"a.csv": "1", "b.csv": "2"},
        {"a.csv": "2", "b.csv": "1"},
        {"a.csv": "12", "b.csv": ""},
        {"a.csv": "1"},
    )
    digests = {read_all(zipped(tmp_path / f"{n}.zip", v))[1] for n, v in enumerate(variants)}
    assert len(digests) == len(variants)


def test_the_digest_is_of_what_was_read_to_its_end(tmp_path: Path) -> None:
    path = zipped(tmp_path / "drop.zip", SMALL)
    with open_drop(path) as drop:
        with drop.open("orgs.csv") as stream:
            stream.read()
        only_orgs = drop.digest
        with drop.open("users.csv") as stream:
            stream.read(1)
        assert drop.digest == only_orgs
    assert read_all(path)[1] != only_orgs


def entry(name: str, mode: int = 0o644) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = mode << 16
    return info


@pytest.mark.parametrize(
    ("info", "words"),
    [
        pytest.param(entry("../users.csv"), "'../users.csv', a name that leads out", id="up"),
        pytest.param(entry("a/../../x.csv"), "a name that leads outside of it", id="up-inside"),
        pytest.param(entry("/etc/x.csv"), "'/etc/x.csv', a name that leads outside", id="root"),
        pytest.param(entry("C:/x.csv"), "'C:/x.csv', a name that leads outside", id="drive"),
        pytest.param(entry("..\\x.csv"), "a name that leads outside of it", id="backslash"),
        pytest.param(entry("x.csv", stat.S_IFLNK | 0o777), "'x.csv', which is a link", id="link"),
        pytest.param(entry("users.csv"), "holds 'users.csv' 2 times; expected it once", id="twice"),
    ],
)
@pytest.mark.filterwarnings("ignore:Duplicate name:UserWarning")
def test_a_dangerous_zip_is_refused(tmp_path: Path, info: zipfile.ZipInfo, words: str) -> None:
    path = zipped(tmp_path / "drop.zip", SMALL)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(info, "a\n1\n")
    (problem,) = refusal(path)
    assert words in problem
    assert problem.startswith("drop.zip  holds ")
    assert problem.endswith("[R102]")


def test_an_encrypted_zip_is_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path / "drop.zip", {"users.csv": "a\n1\n"})
    data = bytearray(path.read_bytes())
    data[6] |= 1  # the flags of the file's own header, and of its entry in the directory
    data[data.index(b"PK\1\2") + 8] |= 1
    path.write_bytes(data)
    assert refusal(path) == [
        "drop.zip  holds 'users.csv', which is encrypted; make the zip without a password  [R102]"
    ]


def test_all_dangers_of_a_zip_are_told_at_once(tmp_path: Path) -> None:
    path = zipped(tmp_path / "drop.zip", {"../a.csv": "", "/b.csv": "", "c.csv": "x" * 99})
    assert len(refusal(path, Limits(files=2, file_bytes=98, all_bytes=98))) == 5


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        pytest.param(Limits(files=1), "drop.zip  holds 2 files; a roster has at most 1", id="many"),
        pytest.param(
            Limits(file_bytes=7),
            "drop.zip  'users.csv' would unpack to 8 bytes or more; the most that is read is 7",
            id="one",
        ),
        pytest.param(
            Limits(all_bytes=11),
            "drop.zip  it would unpack to 12 bytes or more; the most that is read is 11",
            id="all",
        ),
    ],
)
def test_a_bomb_is_refused_by_what_it_declares(tmp_path: Path, limits: Limits, words: str) -> None:
    path = zipped(tmp_path / "drop.zip", SMALL)
    assert refusal(path, limits) == [f"{words}  [R102]"]


def test_a_bomb_that_lies_is_stopped_while_it_unpacks(tmp_path: Path) -> None:
    path = zipped(tmp_path / "drop.zip", {"users.csv": "a" * 100_000})
    data = path.read_bytes().replace((100_000).to_bytes(4, "little"), (9).to_bytes(4, "little"))
    path.write_bytes(data)
    (problem,) = refusal(path)
    assert problem.startswith("users.csv  can't be read (Bad CRC-32")


def test_a_file_of_a_folder_has_its_limit_too(tmp_path: Path) -> None:
    folder = write_drop(tmp_path / "drop", {"users.csv": "a" * 3_000_000})
    (problem,) = refusal(folder, Limits(file_bytes=2_000_000))
    assert problem.startswith("users.csv  it would unpack to ")


def no_path(path: Path) -> None:
    pass


def text(path: Path) -> None:
    path.write_text("sourcedId\n")


def half_a_zip(path: Path) -> None:
    zipped(path, FILES)
    path.write_bytes(path.read_bytes()[:-40])


@pytest.mark.parametrize(
    ("make", "words"),
    [
        pytest.param(no_path, "there is no such folder or zip; check the path", id="nothing"),
        pytest.param(text, "is neither a folder nor a zip that can be opened", id="text"),
        pytest.param(half_a_zip, "it is broken or only half there: fetch it again", id="half"),
    ],
)
def test_what_can_not_be_opened(tmp_path: Path, make: Callable[[Path], None], words: str) -> None:
    path = tmp_path / "drop.zip"
    make(path)
    (problem,) = refusal(path)
    assert words in problem
    assert problem.startswith(str(path))
    assert problem.endswith("[R101]")


def test_damage_inside_a_zip_names_the_file(tmp_path: Path) -> None:
    path = zipped(tmp_path / "drop.zip", {"users.csv": "0123456789" * 1000})
    data = bytearray(path.read_bytes())
    data[45] ^= 0xFF
    path.write_bytes(data)
    (problem,) = refusal(path)
    assert problem.startswith("users.csv  can't be read (")
    assert problem.endswith("fetch the drop again  [R101]")


def test_an_unknown_way_of_packing_is_said(tmp_path: Path) -> None:
    path = zipped(tmp_path / "drop.zip", {"users.csv": "x"})
    data = bytearray(path.read_bytes())
    data[8] = data[data.index(b"PK\1\2") + 10] = 99
    path.write_bytes(data)
    assert refusal(path) == [
        "users.csv  can't be read (That compression method is not supported); fetch the drop again"
        "  [R101]"
    ]


def test_folders_inside_a_folder_are_not_files(tmp_path: Path) -> None:
    folder = write_drop(tmp_path / "drop")
    (folder / "older").mkdir()
    with open_drop(folder) as drop:
        assert drop.names == tuple(sorted(FILES))


def test_an_empty_zip_has_no_files(tmp_path: Path) -> None:
    path = tmp_path / "drop.zip"
    path.write_bytes(io.BytesIO(b"PK\5\6" + bytes(18)).getvalue())
    assert read_all(path)[0] == {}
