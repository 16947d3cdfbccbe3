"""Who we are to Google: a service account acting for an administrator, or a teacher's own token.

Both refuse in words. Neither is google-auth's own class, which also asks iamcredentials for access
boundaries by itself in the background, past ROLLBOOK_GOOGLE_ROOT.
"""

import http.client
import json
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit

import google.auth.credentials
import google.auth.transport
import google_auth_httplib2
import httplib2
from google.auth.exceptions import RefreshError, TransportError
from google.oauth2 import service_account

from policy.errors import GoogleOutOfReach, GoogleRefused, SettingAtFault
from policy.google.http import without_emails

DIRECTORY_SCOPE = "https://www.googleapis.com/auth/admin.directory.user.readonly"
SCOPES = (
    "https://www.googleapis.com/auth/classroom.courses",
    "https://www.googleapis.com/auth/classroom.rosters",
    DIRECTORY_SCOPE,
)
# Asked for apart: a request that names one scope which was not delegated is refused whole.
AUDIT_SCOPE = "https://www.googleapis.com/auth/admin.reports.audit.readonly"
LICENSING_SCOPE = "https://www.googleapis.com/auth/apps.licensing"
GROUPS_SCOPE = "https://www.googleapis.com/auth/admin.directory.group.member.readonly"
VARIABLE = "ROLLBOOK_GOOGLE_CREDENTIALS"
KEY_FIELDS = ("client_email", "private_key", "token_uri")
TIMEOUT = 60
OUT_OF_REACH = (OSError, http.client.HTTPException, httplib2.HttpLib2Error, TransportError)


class DelegatedCredentials(google.auth.credentials.Credentials):
    """A service account acting for an administrator; its token is fetched when it is needed.
    Threads may share it."""

    def __init__(
        self,
        key_file: Path | None,
        *,
        admin: str,
        root: str | None,
        scopes: Sequence[str] = SCOPES,
        timeout: float = TIMEOUT,
    ) -> None:
        """With a root, the token is fetched at root + the path of the key's `token_uri`."""
        super().__init__()  # type: ignore[no-untyped-call]
        key = _read_key(key_file)
        self._scopes = scopes
        self._timeout = timeout
        self._turn = threading.Lock()  # held while one fetches a token for all
        self._client_id = key.get("client_id", "")
        try:
            self._account = service_account.Credentials.from_service_account_info(  # type: ignore[no-untyped-call]
                {**key, "token_uri": _token_address(key["token_uri"], root)},
                scopes=scopes,
                subject=admin,
            )
        except ValueError as error:
            _not_a_key(key_file, f"its private_key can't be used ({error})")

    def refresh(self, _request: object) -> None:
        """Fetch a token, unless another thread just has. Raises GoogleRefused, GoogleOutOfReach."""
        before = self.token
        with self._turn:
            if self.token == before:
                self._fetch()

    def _fetch(self) -> None:
        # The handed-in one may be a batch's own, which has no time-out and is never closed.
        door = httplib2.Http(timeout=self._timeout)
        try:
            self._account.refresh(_AskedOnce(door))
        except RefreshError as error:
            raise self._refusal(error) from None
        except OUT_OF_REACH as error:
            raise GoogleOutOfReach(_no_token(f"{type(error).__name__}: {error}")) from None
        finally:
            door.close()
        self.token, self.expiry = self._account.token, self._account.expiry

    def _refusal(self, error: RefreshError) -> GoogleRefused | GoogleOutOfReach:
        words = without_emails(str(error.args[0]) if error.args else "no reason given")
        if error.retryable:
            return GoogleOutOfReach(_no_token(words))
        delegation = words.startswith(("unauthorized_client", "access_denied", "invalid_scope"))
        check = self._check_delegation() if delegation else CHECK_ADMIN
        return GoogleRefused(
            f"Google gives no token to the service account ({words}). {check}",
            status=401 if delegation else 400,
            reason=words,
        )

    def _check_delegation(self) -> str:
        scopes = "".join(f"\n  {scope}" for scope in self._scopes)
        return (
            "In the Admin console, under Security > Access and data control > API controls > "
            f"Domain-wide delegation, the client id {self._client_id or 'of the key file'} must "
            f"have these scopes:{scopes}"
        )


CHECK_ADMIN = (
    "Check that ROLLBOOK_GOOGLE_ADMIN is the main e-mail of an administrator whose account exists "
    "and is not suspended (Admin console, Directory > Users), that the service account's key has "
    "not been deleted, and that this machine's clock is right."
)


class _AskedOnce(google_auth_httplib2.Request):  # type: ignore[misc]
    """Asks the token endpoint once. google-auth would ask three times, and sleep in between by a
    clock of its own; whoever needs the token asks again anyway."""

    def __call__(self, url: str, **parameters: object) -> google.auth.transport.Response:
        response: google.auth.transport.Response = super().__call__(url, **parameters)
        if response.status >= 500 or response.status in (408, 429):
            raise GoogleOutOfReach(_no_token(f"HTTP {response.status}"))
        return response


class TokenCredentials(google.auth.credentials.Credentials):
    """A bare access token, such as a teacher's of the current click; it can't be renewed."""

    def __init__(self, token: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.token = token

    def refresh(self, _request: object) -> NoReturn:
        raise GoogleRefused(
            "Google doesn't accept this sign-in any more; open the add-on again",
            status=401,
            reason="the access token has ended or was revoked",
        )


def _read_key(path: Path | None) -> dict[str, str]:
    if path is None:
        raise SettingAtFault(
            f"{VARIABLE} is not set: it should be the path of a service account's key file. "
            "Keyless (application default) credentials are not supported yet."
        )
    try:
        key = json.loads(path.read_bytes())
    except OSError as error:
        raise SettingAtFault(f"{VARIABLE}: {path} can't be read ({error.strerror})") from None
    except ValueError:
        _not_a_key(path, "it is not JSON")
    if not isinstance(key, dict) or key.get("type") != "service_account":
        _not_a_key(path, 'it has no "type": "service_account"')
    missing = [name for name in KEY_FIELDS if not isinstance(key.get(name), str)]
    if missing:
        _not_a_key(path, f"it has no {' and no '.join(missing)}")
    return key


def _not_a_key(path: Path | None, why: str) -> NoReturn:
    raise SettingAtFault(
        f"{VARIABLE}: {path} is not a service account's key file: {why}. Make a key in the Google "
        "Cloud console (IAM & Admin > Service accounts > Keys > Add key, JSON)."
    )


def _token_address(token_uri: str, root: str | None) -> str:
    return token_uri if root is None else root + urlsplit(token_uri).path


def _no_token(why: str) -> str:
    return f"Google's token endpoint can't be reached, or can't answer just now ({why})"
