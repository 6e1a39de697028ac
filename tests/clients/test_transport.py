"""One transport: what is sent again, what a broken call means, and what never gets into a log."""

import gzip
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from ssl import SSLCertVerificationError
from threading import Thread

import pytest
import requests
import responses
from structlog.testing import capture_logs
from urllib3 import HTTPConnectionPool
from urllib3.connection import HTTPConnection
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NameResolutionError, SSLError

from portal.clients.answers import Answer, asked_wait, masked, remote_time, sentence
from portal.clients.exact_json import dump
from portal.clients.transport import (
    Patience,
    TimeOuts,
    Transport,
    decide_retry,
    never_sent,
    new_session,
    no_pace,
    sleep_ms,
    some_ms,
)
from portal.sync.failures import OutcomeLost, Throttled, Unreachable
from tests.clients.wire import SHOP, Noted

URL = f"{SHOP}/thing"
QUICK = TimeOuts(connect_ms=500, read_ms=150, whole_ms=1_000)
HEADERS = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@pytest.mark.parametrize(
    ("method", "status", "tries", "asked", "wait"),
    [
        ("GET", 500, 1, None, 500),
        ("GET", 502, 2, None, 1_000),
        ("GET", 503, 1, None, 500),
        ("GET", 504, 3, None, None),
        ("GET", None, 1, None, 500),
        ("GET", None, 3, None, None),
        ("GET", 429, 1, 4_000, 4_000),
        ("GET", 429, 1, 60_000, None),
        ("GET", 429, 1, None, None),
        ("GET", 404, 1, None, None),
        ("GET", 400, 1, None, None),
        ("GET", 401, 1, None, None),
        ("POST", 500, 1, None, None),
        ("POST", None, 1, None, None),
        ("POST", 429, 1, 1_000, None),
        ("PUT", 503, 1, None, None),
        ("DELETE", None, 1, None, None),
    ],
)
def test_only_a_read_is_sent_again_and_only_for_a_while(
    method: str, status: int | None, tries: int, asked: int | None, wait: int | None
) -> None:
    assert decide_retry(method, status, tries, asked_ms=asked, patience=Patience()) == wait


def test_a_429_without_a_time_is_waited_out_only_where_told_so() -> None:
    assert decide_retry("GET", 429, 1, patience=Patience(unasked=True)) == 500


@responses.activate
def test_a_read_is_tried_three_times_with_jitter_and_takes_a_slot_each_time() -> None:
    noted = Noted()
    for status in (500, 503, 200):
        responses.get(URL, status=status, body="[]")
    assert noted.transport().send("GET", URL, purpose="orders").status == 200
    assert noted.sleeps == [507, 1_007]
    assert noted.purposes == ["orders"] * 3


@responses.activate
def test_an_answer_named_final_is_not_asked_again() -> None:
    noted = Noted()
    responses.get(URL, status=503, body="closed")
    answer = noted.transport().send("GET", URL, purpose="orders", final=lambda one: one.text == "closed")
    assert (answer.status, noted.sleeps) == (503, [])


@responses.activate
def test_a_reserved_slot_is_not_taken_twice() -> None:
    noted = Noted()
    responses.post(URL, body="{}")
    noted.transport().send("POST", URL, purpose="post", body="{}", paced=True)
    assert noted.purposes == []


@responses.activate
def test_every_call_asks_right_before_it_leaves_also_one_whose_slot_was_taken_before_and_one_sent_again() -> (
    None
):
    asked: list[int] = []
    responses.get(URL, status=503)
    responses.get(URL, body="{}")
    responses.post(URL, body="{}")
    seen: list[int] = []
    transport = Transport(
        leave=lambda: asked.append(len(responses.calls)),
        seen=lambda answer: seen.append(answer.status),
        sleep=lambda _ms: None,
    )

    transport.send("GET", URL, purpose="orders")
    transport.send("POST", URL, purpose="post", body="{}", paced=True)

    assert asked == [0, 1, 2]
    assert seen == [503, 200, 200], "an answer that is asked for again is seen as well"


@responses.activate
def test_what_the_pacer_raises_is_passed_on_and_nothing_is_sent() -> None:
    def stop(_purpose: str) -> None:
        raise Throttled("the day's calls are used up")

    with pytest.raises(Throttled):
        Transport(pace=stop).send("GET", URL, purpose="orders")
    assert len(responses.calls) == 0


@responses.activate
def test_a_redirect_is_not_followed() -> None:
    responses.get(URL, status=302, headers={"Location": "https://evil.example.com/"})
    assert Noted().transport().send("GET", URL, purpose="orders").status == 302


@responses.activate
def test_query_values_are_encoded() -> None:
    responses.get(URL, body="{}")
    Noted().transport().send(
        "GET", URL, purpose="x", query={"Email": "a+b@example.com", "N": "<Auto Number>, 1"}
    )
    assert responses.calls[0].request.url == f"{URL}?Email=a%2Bb%40example.com&N=%3CAuto%20Number%3E%2C%201"


@responses.activate
def test_one_line_is_logged_a_call_without_query_headers_or_body() -> None:
    responses.post(URL, body='{"secret": "answer"}')
    with capture_logs() as lines:
        Noted().transport().send(
            "POST",
            URL,
            purpose="post",
            headers={"X-Auth-Token": "hush-hush"},
            query={"Email": "jo@example.com"},
            body="body!",
        )
    assert len(lines) == 1
    assert lines[0]["path"] == "/thing"
    assert (lines[0]["method"], lines[0]["status"], lines[0]["purpose"]) == ("POST", 200, "post")
    assert not any(word in str(lines) for word in ("hush-hush", "jo@example.com", "jo%40", "body!", "answer"))


@responses.activate
def test_the_address_of_a_broken_call_is_not_in_the_failure() -> None:
    responses.get(URL, body=requests.ConnectionError(f"no way to {URL}?Email=jo%40example.com"))
    with pytest.raises(Unreachable) as caught:
        Noted().transport().send("GET", URL, purpose="x", query={"Email": "jo@example.com"})
    assert "jo" not in caught.value.sentence
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_a_session_takes_nothing_from_the_environment_and_keeps_no_cookies() -> None:
    session = new_session()
    assert session.trust_env is False
    adapter = session.get_adapter(URL)
    assert isinstance(adapter, requests.adapters.HTTPAdapter)
    assert adapter.max_retries.total == 0
    with one_server(HEADERS + b"Set-Cookie: a=b\r\nContent-Length: 2\r\n\r\n[]") as url:
        Transport(session=session).send("GET", url, purpose="x")
    assert len(session.cookies) == 0


def test_an_answer_and_a_transport_do_not_show_what_they_hold() -> None:
    assert "mia@example.com" not in repr(Answer(200, {"x": "mia@example.com"}, "mia@example.com"))
    assert repr(Transport()) == "Transport()"


def test_nothing_by_default_paces_and_jitter_is_small() -> None:
    no_pace("orders")
    sleep_ms(0)
    assert all(0 <= some_ms() < 250 for _ in range(50))


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_refused_connection_means_nothing_was_sent(method: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/"
        with pytest.raises(Unreachable):
            Noted().transport(QUICK).send(method, url, purpose="x", body="{}" if method == "POST" else None)


@pytest.mark.parametrize(
    "cause",
    [
        NameResolutionError("shop.example.com", HTTPConnection("shop.example.com"), socket.gaierror()),
        ConnectTimeoutError("too slow"),
        SSLError(SSLCertVerificationError("wrong name")),
    ],
    ids=["name", "connect-time-out", "certificate"],
)
@responses.activate
def test_a_connection_that_was_never_made_means_nothing_was_sent(cause: Exception) -> None:
    pool = HTTPConnectionPool("shop.example.com")
    responses.post(URL, body=requests.ConnectionError(MaxRetryError(pool, URL, cause)))
    with pytest.raises(Unreachable):
        Noted().transport().send("POST", URL, purpose="x", body="{}")


@pytest.mark.parametrize(
    "reply",
    [
        b"",
        HEADERS + b"Content-Length: 50\r\n\r\n{",
        HEADERS + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{",
        b"nonsense\r\n\r\n",
        None,
    ],
    ids=["reset", "cut", "cut-chunk", "no-http", "silence"],
)
def test_an_answer_that_is_not_whole_is_a_lost_write_and_an_unreachable_read(reply: bytes | None) -> None:
    with one_server(reply) as url, pytest.raises(OutcomeLost):
        Noted().transport(QUICK).send("POST", url, purpose="x", body="{}")
    with one_server(reply) as url:
        noted = Noted()
        with pytest.raises(Unreachable):
            noted.transport(QUICK).send("GET", url, purpose="x")
        assert len(noted.sleeps) == 2


def test_a_body_that_drips_for_ever_is_given_up() -> None:
    limits = TimeOuts(read_ms=300, whole_ms=400)
    reply = HEADERS + b"Content-Length: 1000000\r\n\r\n" + b"x" * 1000
    with one_server(reply, drip=True) as url, pytest.raises(OutcomeLost):
        Noted().transport(limits).send("POST", url, purpose="x", body="{}")


def test_a_compressed_page_comes_out_whole() -> None:
    text = dump([{"id": number, "name": f"Gum leaf mug {number}"} for number in range(20_000)])
    packed = gzip.compress(text.encode())
    reply = HEADERS + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed) + packed
    with one_server(reply) as url:
        assert Noted().transport().send("GET", url, purpose="x").text == text
    with one_server(reply[:-2_000]) as url, pytest.raises(Unreachable):
        Noted().transport(QUICK).send("GET", url, purpose="x")


def test_a_call_has_arrived_when_the_head_of_its_answer_is_there_not_when_its_body_is() -> None:
    told: list[float] = []
    reply = HEADERS + b"Content-Length: 1000000\r\n\r\n" + b"x" * 1000
    with one_server(reply, drip=True) as url, pytest.raises(OutcomeLost):
        began = time.monotonic()
        Transport(
            arrived=lambda _answered: told.append(time.monotonic() - began), time_outs=TimeOuts(whole_ms=600)
        ).send("POST", url, purpose="x", body="{}")

    assert told[0] < 0.5 < told[-1], "first with the head, then since no whole answer will come"


@pytest.mark.parametrize("reply", [b"nonsense\r\n\r\n", None], ids=["no-http", "silence"])
def test_a_call_to_which_no_answer_will_come_is_told_as_over(reply: bytes | None) -> None:
    told: list[str] = []
    transport = Transport(
        leave=lambda: told.append("leaves"),
        arrived=lambda answered: told.append("answered" if answered else "over"),
        time_outs=QUICK,
    )

    with one_server(reply) as url, pytest.raises(OutcomeLost):
        transport.send("POST", url, purpose="x", body="{}")

    assert told == ["leaves", "over"]


def test_an_exception_that_names_itself_ends_the_search_for_its_cause() -> None:
    error = requests.ConnectionError("a")
    error.args = (error,)
    assert never_sent(error) is False


def test_a_sentence_is_found_in_every_shape_of_error() -> None:
    shapes = {
        '[{"status": 404, "message": "Not there."}]': "Not there.",
        '{"status": 503, "title": "Suspended.", "errors": {}}': "Suspended.",
        '{"error": "No scope."}': "No scope.",
        '{"Message": "Wrong."}': "Wrong.",
        '"Changed."': "Changed.",
        "Line one\r\nParameter name: X\r\n": "Line one Parameter name: X",
        "<html><head><title>Down &amp; out</title></head></html>": "Down & out",
        "<html></html>": "",
        "": "",
        "17": "",
        "[[]]": "",
    }
    assert {text: sentence(Answer(500, {}, text)) for text in shapes} == shapes


def test_a_sentence_is_short_and_holds_no_secret() -> None:
    said = sentence(Answer(401, {}, "token abcdefgh is bad " * 100), ("abcdefgh",))
    assert len(said) == 400
    assert "abcdefgh" not in said
    assert masked("ab in a word: abc", ("ab",)) == "ab in a word: abc"


def test_a_wait_is_read_from_each_header_that_may_name_it() -> None:
    assert asked_wait({"x-rate-limit-time-reset-ms": "21734", "retry-after": "5"}) == 21_734
    assert asked_wait({"x-retry-after": "3"}) == 3_000
    assert asked_wait({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}) is None
    assert asked_wait({}) is None


def test_the_remote_time_is_aware_or_absent() -> None:
    found = remote_time({"date": "Thu, 18 Jun 2026 14:34:50 GMT"})
    assert found is not None
    assert found.isoformat() == "2026-06-18T14:34:50+00:00"
    assert remote_time({"date": "soon"}) is None
    assert remote_time({}) is None


def test_a_request_id_is_kept() -> None:
    assert Answer(500, {"x-request-id": "r-1"}).request_id == "r-1"
    assert Answer(500).request_id == ""


@contextmanager
def one_server(reply: bytes | None, drip: bool = False) -> Iterator[str]:
    """A server that answers every connection with these bytes and hangs up; `None` says nothing, `drip` never ends."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            held = []
            while True:
                try:
                    line, _ = server.accept()
                except OSError:
                    break
                line.recv(65_536)
                if reply is None:
                    held.append(line)
                    continue
                with line:
                    line.sendall(reply)
                    while drip:
                        try:
                            sleep_ms(20)
                            line.sendall(b"x")
                        except OSError:
                            break
            for line in held:
                line.close()

        thread = Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"
        server.shutdown(socket.SHUT_RDWR)
    thread.join(timeout=5)
