"""Starts the two servers and the mailbox beside them: `running` for tests, `python -m sandbox` for a terminal."""

import io
import os
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.wsgi import get_input_stream

from sandbox.bigcommerce import app as bigcommerce_app
from sandbox.clock import Clock, moment, text
from sandbox.control import Control
from sandbox.documents import Documents
from sandbox.faults import Dropped
from sandbox.gate import Gate
from sandbox.mailbox import app as mailbox_app
from sandbox.mailbox.receiver import Receiver
from sandbox.mailbox.state import Mailbox
from sandbox.saasu import app as saasu_app
from sandbox.world import World, named

HOST = "127.0.0.1"
SERVERS = ("bigcommerce", "saasu", "mailbox")


class Handler(WSGIRequestHandler):
    """Speaks HTTP/1.1 with connections kept open. Werkzeug's own handler closes each one."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 120

    def setup(self) -> None:
        """Note the connection, so that stopping the server can end it."""
        super().setup()
        open_connections(self.server).add(self.connection)

    def finish(self) -> None:
        """Forget the connection."""
        open_connections(self.server).discard(self.connection)
        super().finish()

    def run_wsgi(self) -> None:
        """One request: read it whole, ask the app, send the answer with its length."""
        self.environ = environ = self.make_environ()
        environ["wsgi.input"] = io.BytesIO(get_input_stream(environ).read())
        started: list[Any] = []
        try:
            body = b"".join(self.server.app(environ, _start_response(started)))
            status, headers = started
        except Dropped as dropped:
            self._drop(dropped)
            return
        code, _, words = str(status).partition(" ")
        self._send(int(code), words, headers, body, len(body))

    def _send(self, code: int, words: str, headers: list[tuple[str, str]], body: bytes, length: int) -> None:
        bare = code in {204, 304} or code < 200
        self.send_response_only(code, words)
        for name, value in headers:
            if name.lower() not in {"content-length", "connection"}:
                self.send_header(name, value)
        if not bare:
            self.send_header("Content-Length", str(length))
        self.end_headers()
        if not bare and self.command != "HEAD":
            self.wfile.write(body)
        self.wfile.flush()

    def _drop(self, dropped: Dropped) -> None:
        self.close_connection = True
        if dropped.part is not None:
            status, headers, body = dropped.part
            self._send(status, "OK", headers, body[: len(body) // 2], len(body))
        if dropped.reset:
            # A close with no time to linger makes the kernel send RST; a polite shutdown before it would send FIN.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            os.close(self.connection.detach())

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002
        """Say nothing."""


def _start_response(started: list[Any]) -> Any:
    def start_response(status: str, headers: list[tuple[str, str]], _fault: object = None) -> Any:
        started[:] = [status, headers]
        return started.append

    return start_response


def open_connections(server: BaseWSGIServer) -> set[socket.socket]:
    """The connections a server has open now."""
    found: set[socket.socket] = server.__dict__.setdefault("open_connections", set())
    return found


class Running:
    """Two servers and a mailbox that listen. `.bigcommerce`, `.saasu` and `.mailbox` are their states in this process."""

    def __init__(
        self,
        world: World | str = "empty",
        data: Path | None = None,
        bigcommerce_port: int = 0,
        saasu_port: int = 0,
        mail_port: int = 0,
        mailbox_port: int = 0,
    ) -> None:
        self.clock = Clock()
        self.documents = Documents(data / "sandbox.sqlite3" if data else None)
        self.world = _kept_world(world, self.documents, self.clock)
        self.controls = {name: Control(name, self.clock, self.world) for name in SERVERS}
        with self.documents.batch():
            shops = bigcommerce_app.create(self.world, self.controls["bigcommerce"], self.documents)
            books = saasu_app.create(self.world, self.controls["saasu"], self.documents)
        self.bigcommerce: Any = shops.extensions["state"]
        self.saasu: Any = books.extensions["state"]
        self.mailbox = Mailbox(self.documents, self.clock.now)
        self._servers = [
            self._listen(shops, self.controls["bigcommerce"], bigcommerce_port),
            self._listen(books, self.controls["saasu"], saasu_port),
            self._listen(
                mailbox_app.create(self.mailbox, self.controls["mailbox"]),
                self.controls["mailbox"],
                mailbox_port,
            ),
        ]
        self.bigcommerce_url, self.saasu_url, self.mailbox_url = (
            f"http://{HOST}:{server.port}" for server in self._servers
        )
        self.receiver = Receiver(self.mailbox, HOST, mail_port)
        self.mail_url = f"smtp://{HOST}:{self.receiver.port}"
        self._threads = [
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
            for server in self._servers
        ]
        for thread in self._threads:
            thread.start()
        self._stopped = False

    def _listen(self, app: Flask, control: Control, port: int) -> BaseWSGIServer:
        return make_server(HOST, port, Gate(app, control), threaded=True, request_handler=Handler)

    def stop(self) -> None:
        """Stop listening, end every connection and every order that still waits. Twice is no fault."""
        if self._stopped:
            return
        self._stopped = True
        self.receiver.stop()
        for control in self.controls.values():
            control.faults.stopping.set()
        for server in self._servers:
            server.shutdown()
            for connection in list(open_connections(server)):
                _end(connection)
        for thread in self._threads:
            thread.join(timeout=5)
        self.documents.close()


@contextmanager
def running(
    world: World | str = "empty",
    data: Path | None = None,
    bigcommerce_port: int = 0,
    saasu_port: int = 0,
    mail_port: int = 0,
    mailbox_port: int = 0,
) -> Iterator[Running]:
    """Both servers and the mailbox for as long as the block lasts, with a state of their own. Ports 0: any free ones."""
    servers = Running(world, data, bigcommerce_port, saasu_port, mail_port, mailbox_port)
    try:
        yield servers
    finally:
        servers.stop()


def _kept_world(world: World | str, documents: Documents, clock: Clock) -> World:
    """The world, begun when it was first started: a restart must find the same history."""
    if isinstance(world, World):
        return world
    kept = documents.get("world", world)
    began = moment(kept["began"]) if kept else clock.now().replace(microsecond=0)
    if not kept:
        documents.put("world", world, {"began": text(began)})
    return named(world, began)


def _end(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return
