"""The simulator over HTTP on this machine: HTTP/1.1 with keep-alive, a thread a connection.

Made for tests, demos and people; not a server for the open internet.
"""

import logging
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from math import inf
from select import select
from threading import Lock, Thread, current_thread, main_thread
from time import sleep
from types import FrameType

from policy.simulator.app import Simulator
from policy.simulator.bodies import BadBody, read_body
from policy.simulator.exchange import (
    HangUp,
    NoAnswer,
    Request,
    Response,
    is_loopback,
    json_response,
)

log = logging.getLogger(__name__)

GLANCE = 0.02  # seconds between looking whether a client is still there


@contextmanager
def serve(sim: Simulator, port: int = 0, *, host: str = "127.0.0.1") -> Iterator[str]:
    """Serve in the background; gives the address. At the end every connection is closed, and what
    the simulator has not saved yet is saved."""
    server = _Server(sim, host, port)
    thread = Thread(target=server.serve_forever, args=(0.05,), name="simulator", daemon=True)
    thread.start()
    try:
        yield server.url
    finally:
        server.shutdown()
        thread.join()
        server.close_all()
        sim.close()


def serve_forever(
    sim: Simulator,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    bound: Callable[[int], None] = lambda _port: None,
) -> None:
    """Serve until interrupted (Ctrl-C or SIGTERM). `bound` is told the port once it is ours."""
    server = _Server(sim, host, port)
    try:
        with _stopped_by_sigterm():
            bound(server.server_port)
            server.serve_forever(0.2)
    except KeyboardInterrupt:
        log.info("interrupted; the simulator stops")
    finally:
        server.close_all()
        sim.close()


class _Server(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = False  # so that closing waits for them
    allow_reuse_address = True

    def __init__(self, sim: Simulator, host: str, port: int) -> None:
        self.sim = sim
        self._open: set[socket.socket] = set()
        self._lock = Lock()
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, port), _Handler)
        shown = f"[{host}]" if ":" in host else host
        self.url = f"http://{shown}:{self.server_address[1]}"
        sim.base_url = self.url
        sim.loopback = is_loopback(str(self.server_address[0]))

    def server_bind(self) -> None:
        # HTTPServer asks the name service for our name here, which can take seconds.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]

    def opened(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.add(connection)

    def closed(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.discard(connection)

    def close_all(self) -> None:
        """Close the door, end the connections that wait for more, and wait for their threads."""
        with self._lock:
            waiting = tuple(self._open)
        for connection in waiting:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                log.debug("a connection had ended already")
        self.server_close()

    def handle_error(self, request: object, client_address: object) -> None:
        del request, client_address
        log.exception("a connection to the simulator ended in an error")


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body leave in one packet

    def setup(self) -> None:
        super().setup()
        self.server.opened(self.connection)

    def finish(self) -> None:
        self.server.closed(self.connection)
        try:
            super().finish()
        except ConnectionError:
            log.debug("the client had gone before the answer")

    def handle(self) -> None:
        try:
            super().handle()
        except ConnectionError:
            self.close_connection = True

    def answer(self) -> None:
        """Any verb."""
        try:
            response = self.server.sim.respond(self._request())
        except HangUp as lost:
            if isinstance(lost, NoAnswer):
                self._hold(lost.held)
            self.close_connection = True
            return
        except BadBody as error:
            # What follows on this connection can't be told from the body.
            self.close_connection = True
            words = {"error": str(error)}
            response = json_response(words, status=error.status, headers=(("Connection", "close"),))
        self._send(response)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = answer

    def _hold(self, seconds: float | None) -> None:
        """Keep the connection open and silent, until the client gives it up or time is up."""
        time = self.server.sim.world.time
        if seconds is not None and not time.runs:
            time.sleep(seconds)
            return
        end = inf if seconds is None else time.now() + seconds
        while time.now() < end:
            if select([self.connection], [], [], GLANCE)[0]:
                if not self.connection.recv(1, socket.MSG_PEEK):
                    return
                sleep(GLANCE)  # it has sent more, which is not read

    def _request(self) -> Request:
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = read_body(headers, self.rfile)
        # As it was sent: `self.path` has lost a second slash at the beginning.
        target = self.requestline.split()[1]
        if "://" in target.partition("?")[0]:
            target = "/" + target.split("/", 3)[-1]
        path, _, query = target.partition("?")
        return Request(self.command, path, query, headers, body)

    def _send(self, response: Response) -> None:
        self.send_response(response.status)
        self.send_header("Content-Type", response.type)
        self.send_header("Content-Length", str(len(response.body)))
        for name, value in response.headers:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)
        self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: request lines have people's addresses in them."""


@contextmanager
def _stopped_by_sigterm() -> Iterator[None]:
    """SIGTERM ends like Ctrl-C does, if this is the main thread; only that one gets signals."""
    if current_thread() is not main_thread():
        yield
        return

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
