"""Are these tokens Google's, and for us? Signature, issuer, audience, times, e-mail.

Not what the bearer may do: `access` tells that.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from google.auth import jwt
from google.auth.exceptions import GoogleAuthError

from addon.certificates import Certificates
from policy.errors import NotFromGoogle, SettingAtFault
from policy.settings import Settings

ISSUERS = frozenset({"https://accounts.google.com", "accounts.google.com"})  # Google uses both
SKEW = 10  # seconds by which our clock and Google's may differ
YEAR_10000 = 253_402_300_800  # as seconds since 1970

# What the library's parsing raises on tokens that somebody has made up.
MALFORMED = (GoogleAuthError, ValueError, TypeError, ArithmeticError, RecursionError)

Claims = Mapping[str, object]

# The library has no types; these are what is used of it.
DECODE: Callable[..., Claims] = jwt.decode
DECODE_HEADER: Callable[[str], Claims] = jwt.decode_header


@dataclass(frozen=True, slots=True)
class User:
    """Who clicked: the Google user id, and the account's e-mail, case-folded; "" if Google does not
    tell it."""

    id: str
    email: str


class Verifier:
    """Checks the two ID tokens that come with each of Google's requests.

    Refuses everything, with SettingAtFault, until all three add-on settings are there: without an
    audience or an e-mail to compare with, anybody's token would do.
    """

    def __init__(
        self,
        settings: Settings,
        certificates: Certificates,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._certificates = certificates
        self._clock = clock

    def check_settings(self) -> None:
        """Raises SettingAtFault that names what is missing."""
        missing = self._settings.addon_missing
        if missing:
            raise SettingAtFault(
                f"the add-on answers nobody until {', '.join(missing)} is set; see docs/addon.md"
            )

    def check_system(self, token: str, *, path: str) -> None:
        """Is this Google's add-on service, calling this very path of ours? Raises NotFromGoogle,
        SettingAtFault, GoogleOutOfReach."""
        self.check_settings()
        claims = self._claims(token, audience=f"{self._settings.addon_url}{path}")
        if claims.get("email") not in self._settings.addon_service_accounts:
            raise NotFromGoogle("its e-mail is none of ROLLBOOK_ADDON_SERVICE_ACCOUNTS")

    def user(self, token: str) -> User:
        """Who clicked. Raises as `check_system`."""
        self.check_settings()
        claims = self._claims(token, audience=str(self._settings.addon_client_id))
        subject, email = claims.get("sub"), claims.get("email")
        if not isinstance(subject, str) or not subject:
            raise NotFromGoogle("it names no user (sub)")
        return User(subject, email.casefold() if isinstance(email, str) else "")

    def _claims(self, token: str, *, audience: str) -> Claims:
        claims = self._signed(token)
        issuer = claims.get("iss")
        if not isinstance(issuer, str) or issuer not in ISSUERS:
            raise NotFromGoogle("its issuer is not Google")
        if claims.get("aud") != audience:
            raise NotFromGoogle(f"its audience should be {audience!r}")
        self._check_times(claims)
        if claims.get("email_verified") is not True:
            raise NotFromGoogle("its e-mail is not verified")
        return claims

    def _signed(self, token: str) -> Claims:
        """The claims, if one of Google's keys signed them. The words never quote the token."""
        certificate = self._certificates.of(_key_id(token))
        if certificate is None:
            raise NotFromGoogle("it is signed with a key that Google does not have")
        try:
            claims = DECODE(token, certs=[certificate], clock_skew_in_seconds=SKEW)
        except MALFORMED as error:
            raise NotFromGoogle(
                f"it is forged, expired or not yet valid ({type(error).__name__})"
            ) from None
        return claims

    def _check_times(self, claims: Claims) -> None:
        """The library has compared `iat` and `exp` with its clock, but takes NaN for a time, and
        does not know `nbf`."""
        for name in ("iat", "exp"):
            _time(claims, name)
        if "nbf" in claims and _time(claims, "nbf") > self._clock() + SKEW:
            raise NotFromGoogle("it is not valid yet")


def _time(claims: Claims, name: str) -> float:
    """A claim that is a time. A number of 400 digits, NaN and Infinity are none."""
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise NotFromGoogle(f"its {name} is not a time")
    if not 0 <= value < YEAR_10000:
        raise NotFromGoogle(f"its {name} is not a time")
    return value


def _key_id(token: str) -> str:
    """The key that the token claims to be signed with. Only RS256 is Google's: an unsigned token,
    or one signed with a public certificate as if it were a password, ends here."""
    try:
        header = DECODE_HEADER(token)
    except MALFORMED:
        raise NotFromGoogle("it is not a token") from None
    key_id = header.get("kid")
    if header.get("alg") != "RS256":
        raise NotFromGoogle("it is not signed with RS256")
    if not isinstance(key_id, str) or not key_id:
        raise NotFromGoogle("it names no key (kid)")
    return key_id
