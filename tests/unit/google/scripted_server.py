"""A real HTTP server on loopback that answers by a script, for what Google itself would not do."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Say:
    """An answer. `status` 0: hang up without a word. `hold`: keep the caller waiting instead."""

    status: int = 200
    body: str = "{}"
    kind: str = "application/json; charset=UTF-8"
    hold: bool = False


HANG_UP = Say(status=0)
HOLD = Say(hold=True)
TOKEN = Say(body=json.dumps({"access_token": "secret-token", "expires_in": 3600}))


def error(status: int, state: str, message: str, **more: object) -> Say:
    """Google's way to say no."""
    body = {"code": status, "message": message, "status": state, **more}
    return Say(status, json.dumps({"error": body}))


def batch_of(*parts: Say) -> Say:
    """The answers of a batch's parts, in the order in which they were asked."""
    lines = []
    for number, part in enumerate(parts):
        head = f"--edge\r\nContent-Type: application/http\r\nContent-ID: <response-x + {number}>"
        inner = f"HTTP/1.1 {part.status} Word\r\nContent-Type: {part.kind}\r\n\r\n{part.body}"
        lines.append(f"{head}\r\n\r\n{inner}\r\n")
    return Say(body="".join(lines) + "--edge--", kind="multipart/mixed; boundary=edge")


@dataclass(frozen=True)
class Seen:
    """A request that came."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: str
    connection: int  # which connection of the server it came by


@dataclass
class Script:
    """What is to be said, in order, and what was seen. When the script is at its end, its last
    word is said again."""

    says: list[Say] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    end: threading.Event = field(default_factory=threading.Event)
    guard: threading.Lock = field(default_factory=threading.Lock)

    def next(self, request: Seen) -> Say:
        with self.guard:
            self.seen.append(request)
            return self.says.pop(0) if len(self.says) > 1 else self.says[0]


@contextmanager
def serving(script: Script) -> Iterator[str]:
    """Serve the script; the root's address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            body = self.rfile.read(length).decode()
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = Seen(self.command, self.path, headers, body, id(self.connection))
            say = script.next(request)
            if say.hold:
                script.end.wait(30)
            if say.hold or say.status == 0:
                self.close_connection = True
                return
            content = say.body.encode()
            self.send_response(say.status)
            self.send_header("Content-Type", say.kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PATCH = do_DELETE = handle_any

        def log_message(self, *words: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        script.end.set()
        server.shutdown()
        thread.join()
        server.server_close()
