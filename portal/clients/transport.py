"""One transport for both remotes: a session, time-outs always, one pure retry decision, one log line a call.

No redirect is followed, no proxy or certificate of the environment is used, no cookie is kept, and only a GET is ever sent again (SYNC §7.4).
"""

import secrets as randomness
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from ssl import SSLCertVerificationError
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import requests
import structlog
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError
from urllib3.exceptions import TimeoutError as RemoteTimeout
from urllib3.util.retry import Retry

from portal.clients.answers import Answer, asked_wait
from portal.sync.failures import OutcomeLost, RemoteFailure, Unreachable

PASSING = frozenset({500, 502, 503, 504})
LARGEST_BODY = 100_000_000
CHUNK = 65_536
USER_AGENT = "Cartledger/0.3"

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a remote is asked again: tries in all, the first back-off and the longest wait in milliseconds.

    `unasked` says whether a 429 that names no time is waited out as well; with Saasu it may be the start of a block of 24 hours.
    """

    tries: int = 3
    first_ms: int = 500
    longest_ms: int = 5_000
    unasked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeOuts:
    """The longest waits in milliseconds: to connect, for the next bytes, and for a whole answer."""

    connect_ms: int = 5_000
    read_ms: int = 30_000
    whole_ms: int = 180_000


def decide_retry(
    method: str, status: int | None, tries: int, *, asked_ms: int | None = None, patience: Patience
) -> int | None:
    """How many milliseconds to wait before sending again, or `None` to give up; jitter is not in it.

    `status` is `None` when no answer came; `tries` counts the ones made. Only a GET is ever sent again (ANCHORS 4).
    """
    if method != "GET" or tries >= patience.tries:
        return None
    back_off: int = min(patience.first_ms * 2 ** (tries - 1), patience.longest_ms)
    if status == 429:
        if asked_ms is None:
            return back_off if patience.unasked else None
        return asked_ms if asked_ms <= patience.longest_ms else None
    return back_off if status is None or status in PASSING else None


class Turn(HTTPAdapter):
    """An adapter that calls `leave` when the connection is open and nothing is sent yet; what that raises is passed on."""

    def __init__(self, leave: Callable[[], None], *, retries: Retry, most: int) -> None:
        super().__init__(max_retries=retries, pool_connections=most, pool_maxsize=most)

        class Plain(HTTPConnection):
            def request(self, *args: Any, **more: Any) -> None:
                if self.is_closed:
                    self.connect()
                leave()
                super().request(*args, **more)

        class Sealed(HTTPSConnection):
            def request(self, *args: Any, **more: Any) -> None:
                leave()  # the pool has opened it, to check the certificate
                super().request(*args, **more)

        class PlainPool(HTTPConnectionPool):
            ConnectionCls = Plain

        class SealedPool(HTTPSConnectionPool):
            ConnectionCls = Sealed

        self.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": SealedPool}


def new_session(leave: Callable[[], None] | None = None) -> requests.Session:
    """A session that follows nothing of the environment, keeps no cookies and never sends anything twice by itself.

    `leave` is called before each call, once its connection is open.
    """
    session = requests.Session()
    session.trust_env = False
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.headers["User-Agent"] = USER_AGENT
    never_again = Retry(0, read=False)
    adapter = HTTPAdapter(max_retries=never_again, pool_connections=4, pool_maxsize=4)
    if leave is not None:
        adapter = Turn(leave, retries=never_again, most=4)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def sleep_ms(milliseconds: int) -> None:
    """Sleep that many milliseconds."""
    time.sleep(milliseconds / 1000)


def some_ms() -> int:
    """Up to a quarter of a second, so that many workers do not come back at the same moment."""
    return randomness.randbelow(250)


def no_pace(_purpose: str) -> None:
    """No pacing, for tests and single look-ups."""


def no_wait() -> None:
    """A call leaves at once, where nothing is paced."""


def not_told(_answered: bool) -> None:
    """Nobody waits for an answer, where nothing is paced."""


def unheard(_answer: Answer) -> None:
    """Nobody listens."""


def never(_answer: Answer) -> bool:
    """No answer is final."""
    return False


class Transport:
    """Sends one call at a time. `pace` is called before every call with its purpose and may raise; so may nothing else but a `RemoteFailure`.

    `leave` is called right before a call is sent, also one whose slot was taken long before; it may wait a little, and raises `Unreachable`.
    `arrived` is called when the head of an answer is there, or with false when it is known that none will come; at least once a call that left.
    With `connects` the connection is open by then: opening one takes several ways to the remote and back, by which a call would leave late.
    `heard` is told every answer that is final, and may raise a `RemoteFailure` in its place; `seen` every answer, also one that is asked for again.
    """

    def __init__(
        self,
        *,
        pace: Callable[[str], None] = no_pace,
        leave: Callable[[], None] = no_wait,
        arrived: Callable[[bool], None] = not_told,
        connects: bool = False,
        heard: Callable[[Answer], None] = unheard,
        seen: Callable[[Answer], None] = unheard,
        session: requests.Session | None = None,
        sleep: Callable[[int], None] = sleep_ms,
        jitter: Callable[[], int] = some_ms,
        time_outs: TimeOuts | None = None,
        patience: Patience | None = None,
    ) -> None:
        self.pace = pace
        self._leave = leave
        self._arrived = arrived
        self._connects = connects
        self._left_at = 0
        self._heard = heard
        self._seen = seen
        self.sleep = sleep
        self._session = session or new_session(self._leave_now if connects else None)
        self._jitter = jitter
        self._time_outs = time_outs or TimeOuts()
        self._patience = patience or Patience()

    def __repr__(self) -> str:
        return "Transport()"

    def send(
        self,
        method: str,
        url: str,
        *,
        purpose: str,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        body: str | None = None,
        paced: bool = False,
        final: Callable[[Answer], bool] = never,
        patience: Patience | None = None,
    ) -> Answer:
        """Send a call and return the whole answer, whatever its status; reads are tried again where `decide_retry` says so.

        `paced` says that the slot for the first try was taken already; `final` names answers that must not be asked again; `patience` replaces the transport's own.
        Raises `Unreachable` (a read failed, or a write never left) or `OutcomeLost` (a write left and no whole answer came).
        """
        full = f"{url}?{urlencode(query, quote_via=quote)}" if query else url
        tries = 0
        while True:
            tries += 1
            if not (paced and tries == 1):
                self.pace(purpose)
            outcome = self._once(method, full, headers or {}, body, purpose)
            if isinstance(outcome, Answer):
                self._seen(outcome)
            wait = self._wait(method, outcome, tries, final, patience or self._patience)
            if wait is not None:
                self.sleep(wait + self._jitter())
            elif isinstance(outcome, RemoteFailure):
                raise outcome
            else:
                self._heard(outcome)
                return outcome

    @staticmethod
    def _wait(
        method: str,
        outcome: Answer | RemoteFailure,
        tries: int,
        final: Callable[[Answer], bool],
        patience: Patience,
    ) -> int | None:
        if isinstance(outcome, RemoteFailure):
            return decide_retry(method, None, tries, patience=patience)
        if outcome.ok or final(outcome):
            return None
        asked = asked_wait(outcome.headers)
        return decide_retry(method, outcome.status, tries, asked_ms=asked, patience=patience)

    def _once(
        self, method: str, url: str, headers: Mapping[str, str], body: str | None, purpose: str
    ) -> Answer | RemoteFailure:
        """One call, one log line. The line and the failure hold host and path, never a query, header or body."""
        place = urlsplit(url)
        self._left_at = time.monotonic_ns()
        outcome: Answer | RemoteFailure
        failed = None
        try:
            if not self._connects:
                self._leave_now()
            outcome = self._exchange(method, url, headers, body)
        except (requests.RequestException, HTTPError, OSError) as error:
            self._arrived(False)
            # The exception itself goes no further: its text holds the full address, with e-mail addresses in it.
            outcome = failure_for(method, error, place.hostname or "the remote")
            failed = type(error).__name__
        log.info(
            "remote call",
            method=method,
            host=place.hostname,
            path=place.path,
            status=outcome.status,
            ms=(time.monotonic_ns() - self._left_at) // 1_000_000,
            purpose=purpose,
            failed=failed,
        )
        return outcome

    def _leave_now(self) -> None:
        """Wait for the turn; a call takes its time from then on."""
        self._leave()
        self._left_at = time.monotonic_ns()

    def _exchange(self, method: str, url: str, headers: Mapping[str, str], body: str | None) -> Answer:
        limits = self._time_outs
        deadline = time.monotonic_ns() + limits.whole_ms * 1_000_000
        with self._session.request(
            method,
            url,
            headers=dict(headers),
            data=None if body is None else body.encode(),
            timeout=(limits.connect_ms / 1000, limits.read_ms / 1000),
            allow_redirects=False,
            stream=True,
        ) as response:
            self._arrived(True)
            raw = b"".join(within_limits(response, deadline))
            known = {name.lower(): value for name, value in response.headers.items()}
            check_length(method, response.status_code, known, len(raw))
            return Answer(response.status_code, known, raw.decode("utf-8", "replace"))


def within_limits(response: requests.Response, deadline: int) -> Iterator[bytes]:
    """The body as it comes in, decoded. Raises `requests.ReadTimeout` past the deadline and `requests.ConnectionError` past 100 MB."""
    size = 0
    # A plain read waits until a whole chunk is there, and a body that drips would outwait every time-out.
    while chunk := response.raw.read1(CHUNK, decode_content=True):
        size += len(chunk)
        if size > LARGEST_BODY:
            raise requests.ConnectionError("the answer is too long")
        if time.monotonic_ns() > deadline:
            raise requests.ReadTimeout("the answer took too long")
        yield chunk


def check_length(method: str, status: int, headers: Mapping[str, str], received: int) -> None:
    """Refuse a body shorter or longer than announced. Raises `requests.ConnectionError`."""
    announced = headers.get("content-length", "")
    if method == "HEAD" or status in {204, 304} or "content-encoding" in headers or not announced.isdigit():
        return
    if int(announced) != received:
        raise requests.ConnectionError("the answer was cut")


def failure_for(method: str, error: Exception, host: str) -> RemoteFailure:
    """What an exception of the network means for the act that was tried."""
    if never_sent(error):
        return Unreachable(f"No connection to {host} could be made.")
    words = (
        "did not answer in time"
        if isinstance(error, requests.Timeout | RemoteTimeout)
        else "broke the connection off"
    )
    if method == "GET":
        return Unreachable(f"{host} {words}.")
    return OutcomeLost(f"{host} {words} before its answer was whole.")


def never_sent(error: BaseException) -> bool:
    """Whether it is certain that nothing was sent: name not found, connection refused or timed out, certificate wrong."""
    waiting: list[object] = [error]
    seen: set[int] = set()
    while waiting:
        current = waiting.pop()
        if not isinstance(current, BaseException) or id(current) in seen:
            continue
        seen.add(id(current))
        if isinstance(current, ConnectTimeoutError | NewConnectionError | SSLCertVerificationError):
            return True
        if isinstance(current, requests.ConnectTimeout | requests.exceptions.InvalidURL):
            return True
        waiting += [getattr(current, "reason", None), current.__cause__, *current.args]
    return False
