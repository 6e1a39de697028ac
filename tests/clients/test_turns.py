"""A call waits for its turn on a connection that is open, and sends its first byte right after."""

import socket
from threading import Thread

import pytest
from requests.adapters import HTTPAdapter

from portal.clients.transport import TimeOuts, Transport, new_session
from portal.sync.failures import Unreachable

QUICK = TimeOuts(connect_ms=500, read_ms=500, whole_ms=1_000)
REPLY = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


def answer_all(line: socket.socket) -> None:
    """Answer whatever comes in, until the other side hangs up."""
    with line:
        while line.recv(65_536):
            line.sendall(REPLY)


def test_the_connection_is_open_before_a_call_waits_for_its_turn_and_used_again_after() -> None:
    found: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.5)

        def leave() -> None:
            try:
                line, _ = server.accept()
            except TimeoutError:
                found.append("as before")
            else:
                found.append("opened")
                Thread(target=answer_all, args=(line,), daemon=True).start()

        transport = Transport(leave=leave, connects=True, time_outs=QUICK)
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        answers = [
            transport.send(method, url, purpose="x", body=body)
            for method, body in (("GET", None), ("POST", "{}"))
        ]

    assert found == ["opened", "as before"]
    assert [one.text for one in answers] == ["{}", "{}"]


def test_a_call_whose_connection_is_refused_asks_for_no_turn() -> None:
    asked: list[str] = []
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/"
        transport = Transport(leave=lambda: asked.append("turn"), connects=True, time_outs=QUICK)
        with pytest.raises(Unreachable):
            transport.send("POST", url, purpose="x", body="{}")

    assert asked == []


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_call_asks_for_its_turn_before_the_first_byte_leaves(scheme: str) -> None:
    near, far = socket.socketpair()
    far.setblocking(False)
    sent: list[bytes] = []

    def leave() -> None:
        with pytest.raises(BlockingIOError):
            far.recv(1)
        sent.append(b"")

    adapter = new_session(leave).get_adapter(f"{scheme}://shop.example.com")
    assert isinstance(adapter, HTTPAdapter)
    connection = adapter.poolmanager.connection_from_url(f"{scheme}://shop.example.com/")._new_conn()
    with near, far:
        connection.sock = near
        connection.request("GET", "/")
        sent.append(far.recv(3))

    assert sent == [b"", b"GET"]
