"""Batches: many calls in one multipart/mixed request, and their answers in the same order.

Read and written by hand: the standard library's e-mail parser takes longer than the calls.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from policy.simulator.exchange import Request, Response
from policy.simulator.refusals import invalid

BOUNDARY = re.compile(r'boundary="?([^";]+)"?', re.IGNORECASE)
LINE = re.compile(r"([A-Z]+) (\S+)(?: HTTP/\d(?:\.\d)?)?\Z")
HEAD_END = re.compile(rb"\r?\n\r?\n")
FOLD = re.compile(rb"\r?\n(?=[ \t])")  # the client folds what is longer than 78 columns


@dataclass(frozen=True, slots=True)
class Part:
    """One call of a batch; `id` is its Content-ID, empty if it has none."""

    id: str
    request: Request


def read_batch(outer: Request, *, limit: int, over_limit_status: int) -> list[Part]:
    """The calls in a batch. Raises Refusal."""
    found = BOUNDARY.search(outer.headers.get("content-type", ""))
    if found is None:
        raise invalid("Failed to parse batch request, error: no boundary in the Content-Type.")
    delimiter = b"--" + found[1].encode()
    chunks = (b"\n" + outer.body).split(b"\n" + delimiter)[1:]
    if not chunks or not chunks[-1].startswith(b"--"):
        raise invalid("Failed to parse batch request, error: no end of the last part.")
    if len(chunks) - 1 > limit:
        refusal = invalid(f"The batch request has more than {limit} calls.")
        refusal.status = over_limit_status
        raise refusal
    inherited = {
        name: value for name, value in outer.headers.items() if not name.startswith("content-")
    }
    return [_part(chunk, inherited) for chunk in chunks[:-1]]


def answer_batch(
    parts: list[Part],
    answer: Callable[[Request], Response],
    *,
    shuffled_by: Random | None,
    told: Callable[[Sequence[Request]], Sequence[int]] = lambda calls: range(len(calls)),
) -> Response:
    """Do the calls, in any order, and answer in the order in which they were asked; but `told`
    may say otherwise, and leave parts out."""
    order = list(range(len(parts)))
    if shuffled_by is not None:
        shuffled_by.shuffle(order)
    answers = {place: answer(parts[place].request) for place in order}
    boundary = "batch_simulator"
    while any(boundary.encode() in reply.body for reply in answers.values()):
        boundary += "_"
    places = told([part.request for part in parts])
    written = [_written(boundary, parts[place].id, answers[place]) for place in places]
    body = b"".join(written) + f"--{boundary}--\r\n".encode()
    return Response(200, body, f"multipart/mixed; boundary={boundary}")


def _written(boundary: str, part_id: str, reply: Response) -> bytes:
    echo = f"Content-ID: {_response_id(part_id)}\r\n" if part_id else ""
    extra = "".join(f"{name}: {value}\r\n" for name, value in reply.headers)
    head = (
        f"--{boundary}\r\nContent-Type: application/http\r\n{echo}\r\n"
        f"HTTP/1.1 {reply.line}\r\nContent-Type: {reply.type}\r\n{extra}"
        f"Content-Length: {len(reply.body)}\r\n\r\n"
    )
    return b"".join((head.encode(), reply.body, b"\r\n"))


def _response_id(part_id: str) -> str:
    return f"<response-{part_id[1:]}" if part_id.startswith("<") else f"response-{part_id}"


def _part(chunk: bytes, inherited: Mapping[str, str]) -> Part:
    """A part: its own head, a blank line, then the inner request."""
    head, inner = _halves(chunk.lstrip(b"\r\n"))
    own = headers_of(_lines(head))
    line_and_headers, body = _halves(inner.lstrip(b"\r\n"))
    lines = _lines(line_and_headers)
    found = LINE.match(lines[0].strip()) if lines else None
    if found is None:
        raise invalid("Failed to parse batch request, error: a part has no request line.")
    headers = {**inherited, **headers_of(lines[1:])}
    path, _, query = _relative(found[2]).partition("?")
    request = Request(found[1], path, query, headers, body.rstrip(b"\r\n"))
    return Part(own.get("content-id", ""), request)


def headers_of(lines: Iterable[str]) -> dict[str, str]:
    """Header lines by name, in lower case."""
    pairs = (line.partition(":") for line in lines if ":" in line)
    return {name.strip().casefold(): value.strip() for name, _, value in pairs}


def _lines(head: bytes) -> list[str]:
    """The lines of a head; one that was folded is whole again."""
    return FOLD.sub(b"", head).decode("utf-8", "replace").splitlines()


def _halves(raw: bytes) -> tuple[bytes, bytes]:
    found = HEAD_END.search(raw)
    return (raw, b"") if found is None else (raw[: found.start()], raw[found.end() :])


def _relative(target: str) -> str:
    """The path of a target, which may be a whole address."""
    return "/" + target.split("/", 3)[-1] if "://" in target else target
