"""The two servers a proof works against: our own sandbox in a process of its own, or those that the environment names."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import requests

START_SECONDS = 60
READY = "ready "
TRIES = 30
TOO_MANY = 429
ANSWER_SECONDS = 300

_encoder = msgspec.json.Encoder(decimal_format="number")
_decoder = msgspec.json.Decoder(float_hook=Decimal)


class NotObeyed(Exception):
    """A server refused what the proof asked, or is not there; the text is a sentence."""


@dataclass(frozen=True, slots=True)
class Servers:
    """The addresses of a pretend BigCommerce and a pretend Saasu."""

    bigcommerce: str
    saasu: str


def given_servers(environ: dict[str, str]) -> Servers | None:
    """The servers named by `BIGCOMMERCE_API_URL` and `SAASU_API_URL`, or `None`. Raises `NotObeyed` for one without the other."""
    shop, books = (environ.get(f"{name}_API_URL", "").rstrip("/") for name in ("BIGCOMMERCE", "SAASU"))
    if bool(shop) != bool(books):
        raise NotObeyed("BIGCOMMERCE_API_URL and SAASU_API_URL go together: give both or none.")
    return Servers(shop, books) if shop else None


@contextmanager
def own_sandboxes(folder: Path, count: int) -> Iterator[list[Servers]]:
    """So many of our sandboxes, each on free ports in a process of its own, empty and keeping nothing. Raises `NotObeyed`."""
    logs = [folder / f"sandbox-{number}.log" for number in range(count)]
    processes = []
    try:
        for log in logs:
            with log.open("w") as said:
                words = [sys.executable, "-m", "sandbox", "--world", "empty"]
                project = Path(__file__).resolve().parent.parent
                processes.append(subprocess.Popen(words, stdout=said, stderr=subprocess.STDOUT, cwd=project))
        yield [_addresses(process, log) for process, log in zip(processes, logs, strict=True)]
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait()


def _addresses(process: subprocess.Popen[bytes], log: Path) -> Servers:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        for line in log.read_text().splitlines():
            if line.startswith(READY):
                found = json.loads(line.removeprefix(READY), parse_float=Decimal)
                return Servers(found["bigcommerce"], found["saasu"])
        time.sleep(0.05)
    raise NotObeyed(f"The sandbox did not start. Its log: {log}\n{log.read_text()[-2000:]}")


@dataclass(frozen=True, slots=True)
class Said:
    """One answer, read exactly. `wait`: seconds after which the server may be asked again."""

    status: int
    value: Any
    wait: float = 0


class Line:
    """One kept connection to a server, with a client of the proof's own: the product's is what is being proved."""

    def __init__(self, root: str, headers: dict[str, str] | None = None) -> None:
        self.root = root
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers.update({"Accept": "application/json", **(headers or {})})

    def ask(self, method: str, path: str, body: object = None, **query: object) -> Said:
        """One call, sent again while the server says that it has had too many. Raises `NotObeyed` where nobody answers."""
        said = self.once(method, path, body, **query)
        for _ in range(TRIES):
            if said.status != TOO_MANY:
                break
            time.sleep(said.wait)
            said = self.once(method, path, body, **query)
        return said

    def once(self, method: str, path: str, body: object = None, **query: object) -> Said:
        """One call and its answer. Raises `NotObeyed` where nobody answers."""
        sent = None if body is None else _encoder.encode(body)
        try:
            answer = self._session.request(
                method,
                f"{self.root}{path}",
                params={name: str(value) for name, value in query.items()},
                data=sent,
                headers={"Content-Type": "application/json"} if sent else None,
                timeout=ANSWER_SECONDS,
            )
        except requests.RequestException as fault:
            raise NotObeyed(f"{self.root} does not answer: {type(fault).__name__}.") from fault
        return Said(answer.status_code, _read(answer.content), _wait(answer))

    def get(self, path: str, **query: object) -> Any:
        """What a good answer to a GET holds; an empty list for 204. Raises `NotObeyed`."""
        said = self.ask("GET", path, **query)
        if said.status not in {200, 204}:
            raise NotObeyed(f"GET {self.root}{path} answered {said.status}: {str(said.value)[:300]}")
        return [] if said.status == 204 else said.value

    def order(self, method: str, path: str, body: object) -> Any:
        """What a good answer to a write holds. Raises `NotObeyed`."""
        said = self.ask(method, path, body)
        if said.status >= 300:
            raise NotObeyed(f"{method} {self.root}{path} answered {said.status}: {str(said.value)[:300]}")
        return said.value


def _wait(answer: requests.Response) -> float:
    asked = answer.headers.get("X-Rate-Limit-Time-Reset-Ms", "")
    return int(asked) / 1000 + 0.05 if asked.isdigit() else 1.1


def _read(body: bytes) -> Any:
    try:
        return _decoder.decode(body) if body else None
    except msgspec.DecodeError:
        return body.decode("utf-8", "replace")


def obeys(servers: Servers) -> bool:
    """Whether these servers have the control address of our sandbox. Raises `NotObeyed` where nobody answers."""
    said = [Line(root).ask("GET", "/_control/world") for root in (servers.bigcommerce, servers.saasu)]
    return all(one.status == 200 and isinstance(one.value, dict) and "stores" in one.value for one in said)
