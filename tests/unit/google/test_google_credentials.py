"""Key files and tokens: how they are read, where the exchange goes, what is said if it fails."""

import json
import socket
import threading
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from google.auth import jwt

from policy.errors import GoogleOutOfReach, GoogleRefused, SettingAtFault
from policy.google.base import Outcome, Verb
from policy.google.credentials import (
    AUDIT_SCOPE,
    SCOPES,
    DelegatedCredentials,
    TokenCredentials,
)
from policy.google.replies import judge
from policy.google.transport import Transport
from unit.google.scripted_server import HANG_UP, TOKEN, Say, Script

ADMIN = "admin@school.example"


@pytest.fixture(scope="session")
def key() -> dict[str, str]:
    """A service account's key file, as the Cloud console gives it out."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return {
        "type": "service_account",
        "client_email": "rollbook@school.iam.example",
        "client_id": "10987",
        "private_key": pem.decode(),
        "private_key_id": "k1",
        "token_uri": "https://oauth2.googleapis.com/token",
    }


@pytest.fixture
def file(tmp_path: Path, key: Mapping[str, str]) -> Path:
    path = tmp_path / "key.json"
    path.write_text(json.dumps(key))
    return path


def fetched(file: Path, root: str | None) -> DelegatedCredentials:
    credentials = DelegatedCredentials(file, admin=ADMIN, root=root)
    credentials.refresh(None)
    return credentials


def test_the_token_is_asked_for_at_the_root(file: Path, root: str, script: Script) -> None:
    script.says = [TOKEN]
    credentials = fetched(file, root)
    [request] = script.seen
    [assertion] = parse_qs(request.body)["assertion"]
    claims = jwt.decode(assertion, verify=False)
    assert (request.method, request.path) == ("POST", "/token")
    assert credentials.token == "secret-token"
    assert credentials.valid
    assert (claims["iss"], claims["sub"]) == ("rollbook@school.iam.example", ADMIN)
    assert claims["scope"].split(" ") == list(SCOPES)


def test_the_keys_own_token_uri_is_honoured(
    tmp_path: Path, key: Mapping[str, str], root: str, script: Script
) -> None:
    script.says = [TOKEN]
    file = tmp_path / "moved.json"
    file.write_text(json.dumps({**key, "token_uri": f"{root}/elsewhere/token"}))
    assert fetched(file, None).token == "secret-token"
    assert [request.path for request in script.seen] == ["/elsewhere/token"]


@pytest.mark.parametrize(
    ("status", "answer", "expected_status", "words"),
    [
        pytest.param(
            401,
            {"error": "unauthorized_client", "error_description": "Client is unauthorized."},
            401,
            "Domain-wide delegation, the client id 10987 must have these scopes:\n  https://",
            id="not delegated",
        ),
        pytest.param(
            400,
            {"error": "invalid_grant", "error_description": "Invalid email or User ID"},
            400,
            "Check that ROLLBOOK_GOOGLE_ADMIN is",
            id="no such administrator",
        ),
        pytest.param(
            400,
            {"error": "invalid_request", "error_description": f"Invalid sub {ADMIN}"},
            400,
            "(invalid_request: Invalid sub (e-mail))",
            id="not to be impersonated",
        ),
    ],
)
def test_refusals_say_what_to_check(
    file: Path,
    root: str,
    script: Script,
    status: int,
    answer: dict[str, str],
    expected_status: int,
    words: str,
) -> None:
    script.says = [Say(status, json.dumps(answer))]
    with pytest.raises(GoogleRefused) as refused:
        fetched(file, root)
    assert words in str(refused.value)
    assert refused.value.status == expected_status
    assert refused.value.reason.startswith(answer["error"])
    assert ADMIN not in f"{refused.value} {refused.value.reason}"


def test_scopes_of_its_own_are_asked_for_and_named(file: Path, root: str, script: Script) -> None:
    script.says = [Say(401, json.dumps({"error": "unauthorized_client"}))]
    credentials = DelegatedCredentials(file, admin=ADMIN, root=root, scopes=(AUDIT_SCOPE,))
    with pytest.raises(GoogleRefused) as refused:
        credentials.refresh(None)
    [assertion] = parse_qs(script.seen[0].body)["assertion"]
    assert jwt.decode(assertion, verify=False)["scope"] == AUDIT_SCOPE
    assert str(refused.value).endswith(f"must have these scopes:\n  {AUDIT_SCOPE}")


def test_threads_that_need_a_token_at_once_fetch_one(file: Path, root: str, script: Script) -> None:
    script.says = [TOKEN]
    credentials = DelegatedCredentials(file, admin=ADMIN, root=root)
    ready = threading.Barrier(4)

    def need() -> None:
        transport = Transport(root, credentials)
        ready.wait()
        transport.ask(transport.courses.get(id="1"))
        transport.close()

    threads = [threading.Thread(target=need) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    paths = [seen.path.partition("?")[0] for seen in script.seen]
    assert paths.count("/token") == 1
    assert paths.count("/v1/courses/1") == 4


def test_a_token_that_can_not_be_had_just_now_is_no_answer(
    file: Path, root: str, script: Script
) -> None:
    """The write is asked again, and nothing is raised."""
    script.says = [Say(503, json.dumps({"error": "internal_failure"}))]
    transport = Transport(root, DelegatedCredentials(file, admin=ADMIN, root=root))
    requests = [transport.courses.get(id=number) for number in "12"]
    answers = [transport.ask(requests[0]), *transport.ask_together(requests)]
    transport.close()
    assert [judge(Verb.ADD_STUDENT, a.status, a.fault).outcome for a in answers] == [
        Outcome.AGAIN_SOON
    ] * 3
    assert [seen.path for seen in script.seen] == ["/token"] * 2


def test_a_page_instead_of_a_token(file: Path, root: str, script: Script) -> None:
    script.says = [Say(404, "<html>Not here</html>", "text/html")]
    with pytest.raises(GoogleRefused, match=r"gives no token .*Not here"):
        fetched(file, root)


def test_a_hang_up(file: Path, root: str, script: Script) -> None:
    script.says = [HANG_UP]
    with pytest.raises(GoogleOutOfReach, match="token endpoint can't be reached"):
        fetched(file, root)


def test_nobody_listens(file: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(GoogleOutOfReach, match="ConnectionRefusedError"):
        fetched(file, address)


def without(name: str) -> Mapping[str, object]:
    return {"type": "service_account", "client_email": "a", "token_uri": "b"} | {name: None}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(b"", "it is not JSON", id="empty"),
        pytest.param(b"\xff\xfe\xff", "it is not JSON", id="binary"),
        pytest.param(b"[]", 'it has no "type": "service_account"', id="a list"),
        pytest.param(b'{"installed": {}}', 'no "type": "service_account"', id="an OAuth client"),
        pytest.param(
            b'{"type": "service_account", "client_email": "a"}',
            "it has no private_key and no token_uri",
            id="incomplete",
        ),
        pytest.param(
            b'{"type":"service_account","client_email":"a","private_key":"b","token_uri":"c"}',
            "its private_key can't be used",
            id="a broken key",
        ),
    ],
)
def test_files_that_are_no_key(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "key.json"
    path.write_bytes(content)
    with pytest.raises(SettingAtFault) as refused:
        DelegatedCredentials(path, admin=ADMIN, root=None)
    assert words in str(refused.value)
    assert str(refused.value).startswith(f"ROLLBOOK_GOOGLE_CREDENTIALS: {path} is not a service")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SettingAtFault, match=r"key.json can't be read .No such file"):
        DelegatedCredentials(tmp_path / "key.json", admin=ADMIN, root=None)


def test_no_file_named() -> None:
    with pytest.raises(SettingAtFault, match=r"CREDENTIALS is not set.*not supported yet"):
        DelegatedCredentials(None, admin=ADMIN, root=None)


def test_a_bare_token_can_not_be_renewed() -> None:
    credentials = TokenCredentials("a-token")
    assert credentials.valid
    with pytest.raises(GoogleRefused, match="open the add-on again") as refused:
        credentials.refresh(None)
    assert refused.value.status == 401
