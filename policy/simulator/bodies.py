"""The body of a request as it comes over the wire: counted or in chunks, plain or gzip, bounded."""

import zlib
from collections.abc import Mapping
from typing import Protocol

from policy.errors import InputAtFault

MOST = 256 * 1024 * 1024  # bytes, a district's whole state fits
LONGEST_LINE = 1_000
GZIP = 16 + zlib.MAX_WBITS


class Stream(Protocol):
    """Where the bytes come from."""

    def read(self, size: int, /) -> bytes: ...

    def readline(self, size: int, /) -> bytes: ...


class BadBody(InputAtFault):
    """A body that can't be read; `status` is what to answer before hanging up"""

    def __init__(self, words: str, *, status: int) -> None:
        self.status = status
        super().__init__(words)


def read_body(headers: Mapping[str, str], stream: Stream) -> bytes:
    """The whole body. Names of headers are in lower case. Raises BadBody; then it isn't known
    where the next request starts."""
    return unpacked(headers, _raw(headers, stream))


def length_of(text: str) -> int:
    """The number in a Content-Length. Raises BadBody."""
    if not (text.isascii() and text.isdigit()):
        raise BadBody(f"Content-Length should be a number, not {text[:20]!r}", status=400)
    if len(text) > len(str(MOST)) or int(text) > MOST:
        raise _too_long()
    return int(text)


def unpacked(headers: Mapping[str, str], raw: bytes) -> bytes:
    """The body without its Content-Encoding. Raises BadBody."""
    coding = headers.get("content-encoding", "").strip().casefold()
    if coding in ("", "identity") or not raw:
        return raw
    if coding not in ("gzip", "x-gzip"):
        raise BadBody(f"Content-Encoding should be gzip, not {coding[:20]!r}", status=415)
    unpacker = zlib.decompressobj(GZIP)
    try:
        body = unpacker.decompress(raw, MOST + 1)
    except zlib.error:
        raise BadBody("the body should be gzip, as its Content-Encoding says", status=400) from None
    if len(body) > MOST:
        raise _too_long()
    if not unpacker.eof:
        raise BadBody("the gzip body is cut off", status=400)
    return body


def _raw(headers: Mapping[str, str], stream: Stream) -> bytes:
    coding = headers.get("transfer-encoding", "").strip().casefold()
    if coding == "chunked":
        return b"".join(_chunks(stream))
    if coding:
        raise BadBody(f"Transfer-Encoding {coding[:20]!r}: send a Content-Length", status=411)
    length = length_of(headers.get("content-length", "").strip() or "0")
    return _exactly(stream, length) if length else b""


def _chunks(stream: Stream) -> list[bytes]:
    found: list[bytes] = []
    total = 0
    while size := _chunk_size(stream):
        total += size
        if total > MOST:
            raise _too_long()
        found.append(_exactly(stream, size))
        if stream.readline(LONGEST_LINE).strip():
            raise _bad_chunk()
    while stream.readline(LONGEST_LINE).strip():  # trailers say nothing that matters here
        pass
    return found


def _chunk_size(stream: Stream) -> int:
    text = stream.readline(LONGEST_LINE).partition(b";")[0].strip()
    if not text or len(text) > 8 or text.strip(b"0123456789abcdefABCDEF"):
        raise _bad_chunk()
    return int(text, 16)


def _exactly(stream: Stream, size: int) -> bytes:
    body = stream.read(size)
    if len(body) < size:
        raise BadBody("the body is shorter than announced", status=400)
    return body


def _bad_chunk() -> BadBody:
    return BadBody("the chunks of the body can't be told apart", status=400)


def _too_long() -> BadBody:
    return BadBody(f"the body should be {MOST:,} bytes at most", status=413)
