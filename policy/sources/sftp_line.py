"""The line to an SFTP server: the pinned key's owner is met, then we are let in.

What breaks is tried again with a new connection; a wrong key or password is not.
"""

import binascii
import io
import logging
import socket
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import paramiko
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    load_ssh_private_key,
)

from policy.errors import RosterAtFault
from policy.roster.codes import Code, problem
from policy.rules.sources import Secret, SftpSource
from policy.sources.base import revealed

PAUSES = (5.0, 15.0, 45.0, 135.0)  # seconds between tries where the line breaks
ANSWER = 30.0  # seconds in which a server must answer

_BROKEN = (OSError, EOFError, paramiko.SSHException, paramiko.SFTPError)
_KEYS: tuple[tuple[Any, Any, PrivateFormat], ...] = (
    (Ed25519PrivateKey, paramiko.Ed25519Key, PrivateFormat.OpenSSH),
    (EllipticCurvePrivateKey, paramiko.ECDSAKey, PrivateFormat.TraditionalOpenSSL),
    (RSAPrivateKey, paramiko.RSAKey, PrivateFormat.TraditionalOpenSSL),
)
_Told = TypeVar("_Told")

# Paramiko writes users' and files' names into its log, and each broken line with a traceback. What
# matters of it is in our own words.
_LOG = "policy.sources.sftp_line.ssh"
logging.getLogger(_LOG).addHandler(logging.NullHandler())
logging.getLogger(_LOG).propagate = False


class Line:
    """The way to one server. `where` is what problems are told of; `sleep` takes seconds."""

    def __init__(self, source: SftpSource, where: str, sleep: Callable[[float], None]) -> None:
        self._source = source
        self._where = where
        self._sleep = sleep

    def fault(self, code: Code, words: str) -> RosterAtFault:
        return RosterAtFault([problem(self._where, words, code)])

    def tried(self, work: Callable[[Any], _Told]) -> _Told:
        """Do something with a connection of its own; again, after a pause, where it breaks."""
        pinned, way_in = self._pinned(), self._way_in()
        for pause in (*PAUSES, None):
            try:
                with self._connected(pinned, way_in) as sftp:
                    return work(sftp)
            except _BROKEN as error:
                if pause is None:
                    why = getattr(error, "strerror", None) or str(error) or type(error).__name__
                    words = f"no way there, or it breaks off, in {len(PAUSES) + 1} tries ({why})"
                    raise self.fault(Code.OUT_OF_REACH, words) from error
                self._sleep(pause)
        raise AssertionError("the last pause is None")

    @contextmanager
    def _connected(self, pinned: Any, way_in: tuple[Any, str | None]) -> Iterator[Any]:
        address = (self._source.host, self._source.port)
        with socket.create_connection(address, ANSWER) as plug:
            transport = paramiko.Transport(plug)
            try:
                transport.set_log_channel(_LOG)
                transport.banner_timeout = transport.auth_timeout = ANSWER
                self._meet(transport, pinned)
                self._enter(transport, way_in)
                transport.set_keepalive(int(ANSWER))
                channel = transport.open_session(timeout=ANSWER)
                channel.settimeout(ANSWER)
                channel.invoke_subsystem("sftp")
                yield paramiko.SFTPClient(channel)
            finally:
                transport.close()

    def _meet(self, transport: Any, pinned: Any) -> None:
        """Agree on a cipher with the pinned key's owner, and with nobody else. The server is asked
        for a key of the pinned kind, since it may have several."""
        options = transport.get_security_options()
        same = {"ssh-rsa": ("rsa-sha2-512", "rsa-sha2-256")}.get(
            pinned.get_name(), (pinned.get_name(),)
        )
        options.key_types = [kind for kind in options.key_types if kind in same]
        try:
            transport.start_client(timeout=ANSWER)
        except paramiko.ssh_exception.IncompatiblePeer as error:
            if "host key" not in str(error):
                raise
            words = f"the server has no key of the kind {pinned.get_name()}, as in host_key"
            raise self.fault(Code.HOST_KEY, words) from error
        shown = transport.get_remote_server_key()
        if shown.asbytes() != pinned.asbytes():
            words = (
                f"the server's key is {shown.get_name()} {shown.fingerprint}, and host_key is "
                f"{pinned.fingerprint}"
            )
            raise self.fault(Code.HOST_KEY, words)

    def _enter(self, transport: Any, way_in: tuple[Any, str | None]) -> None:
        """By key, by password, or by both where the server wants both. Once: servers shut out who
        tries a wrong password again and again."""
        key, password = way_in
        user = self._source.user
        try:
            if key is not None:
                transport.auth_publickey(user, key)
            if password is not None and not transport.is_authenticated():
                transport.auth_password(user, password)
        except paramiko.AuthenticationException as error:
            tried = "key" if key is not None else "password"
            words = f"the server does not let {user} in by this {tried} ({error})"
            raise self.fault(Code.REFUSED, words) from error
        if not transport.is_authenticated():
            raise self.fault(
                Code.REFUSED, f"the server wants more of {user} than the key: set password"
            )

    def _pinned(self) -> Any:
        """The host key of the policy: its kind and its base64, as in known_hosts."""
        kind, _, rest = self._source.host_key.strip().partition(" ")
        try:
            data = b64decode(rest.split()[0] if rest.split() else "", validate=True)
            return paramiko.PKey.from_type_string(kind, data)
        except (binascii.Error, paramiko.SSHException, paramiko.UnknownKeyType, ValueError) as no:
            words = (
                f"host_key {self._source.host_key[:30]!r} is not a public key; expected a kind and "
                "base64, as `ssh-keyscan HOST` prints: ssh-ed25519 AAAA…"
            )
            raise self.fault(Code.HOST_KEY, words) from no

    def _way_in(self) -> tuple[Any, str | None]:
        """The private key and the password, each None where the policy names none."""
        source = self._source
        if source.key is None and source.password is None:
            raise self.fault(Code.SECRET, "the policy names neither key nor password")
        password = None if source.password is None else revealed(source.password)
        return (None if source.key is None else self._private_key(source.key)), password

    def _private_key(self, secret: Secret) -> Any:
        """Read by cryptography, which knows more forms than paramiko (PKCS #8), and reads ECDSA
        keys in OpenSSH's form that paramiko 5.1 does not."""
        data = revealed(secret).encode() + b"\n"
        load = load_ssh_private_key if b"OPENSSH PRIVATE KEY" in data else load_pem_private_key
        try:
            try:
                key = load(data, None)
            except TypeError:  # it is encrypted
                if self._source.passphrase is None:
                    raise self.fault(Code.SECRET, "key is encrypted: set passphrase") from None
                key = load(data, revealed(self._source.passphrase).encode())
            kind, form = next((k, f) for its, k, f in _KEYS if isinstance(key, its))
        except (ValueError, StopIteration, UnsupportedAlgorithm) as error:
            opened = "" if self._source.passphrase is None else ", or passphrase is not its own"
            words = f"key is no private key (OpenSSH or PEM: Ed25519, ECDSA, RSA){opened}"
            raise self.fault(Code.SECRET, words) from error
        plain = key.private_bytes(Encoding.PEM, form, NoEncryption()).decode()
        return kind.from_private_key(io.StringIO(plain))
