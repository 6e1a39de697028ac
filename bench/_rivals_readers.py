"""The three readers of `bench rivals`: the command of each for a shop, and one reading of it, timed and counted."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from bench._rivals_environments import (
    AIRBYTE,
    SHOP_VARIABLE,
    SINGER,
    Environment,
    NotHad,
    environment,
    last_line,
)
from bench._rivals_sums import OURS, Ids, Reading, There, airbyte_ids, came, our_ids, singer_ids
from portal.settings import project_folder
from proofs._servers import Line

DISCOVER_SECONDS = 60
STREAMS = {"orders", "order_products"}


@dataclass(frozen=True, slots=True)
class Shop:
    """A shop to be read whole: where it is, what it has, and a moment before its first order."""

    address: str
    hash: str
    token: str
    there: There
    since: datetime


@dataclass(frozen=True, slots=True)
class Reader:
    """A program that reads a shop; `words` is its command for one, `ids` finds in what it writes the rows that came."""

    name: str
    words: Callable[[Shop], list[str]]
    ids: Callable[[dict[str, Any]], Ids]
    environ: dict[str, str]
    versions: dict[str, str]


def ours() -> Reader:
    """The product's own reader."""

    def words(shop: Shop) -> list[str]:
        named = [shop.address, shop.hash, shop.token, shop.since.isoformat()]
        return [sys.executable, "-m", "bench._rivals_reader", *named]

    return Reader(OURS, words, our_ids, {"PYTHONPATH": str(project_folder())}, {})


def airbyte(shop: Shop, folder: Path, cache: Path) -> Reader:
    """Airbyte's BigCommerce source with the streams of orders and their lines, read anew. Raises `NotHad`."""
    made = environment(AIRBYTE, cache)
    environ = {SHOP_VARIABLE: shop.address}

    def config(one: Shop) -> str:
        known = {"store_hash": one.hash, "access_token": one.token, "start_date": f"{one.since:%Y-%m-%d}"}
        return written(folder / f"airbyte-{one.hash}.json", known)

    messages = discovered(AIRBYTE.name, [made.command, "discover", "--config", config(shop)], environ, folder)
    catalogs = (json.loads(line).get("catalog") for line in messages.splitlines() if line.startswith("{"))
    streams = [stream for one in catalogs if one for stream in one["streams"] if stream["name"] in STREAMS]
    if {stream["name"] for stream in streams} != STREAMS:
        raise NotHad("airbyte: the source does not offer the streams orders and order_products.")
    mode = {"sync_mode": "full_refresh", "destination_sync_mode": "append"}
    catalog = written(folder / "airbyte.json", {"streams": [{"stream": one} | mode for one in streams]})

    def words(one: Shop) -> list[str]:
        return [str(made.command), "read", "--config", config(one), "--catalog", catalog]

    return Reader(AIRBYTE.name, words, airbyte_ids, environ, made.versions)


def singer(shop: Shop, folder: Path, cache: Path) -> Reader:
    """The Singer tap with its stream of orders, which holds their lines. Raises `NotHad`."""
    made = environment(SINGER, cache)
    environ = {SHOP_VARIABLE: shop.address}

    def config(one: Shop) -> str:
        known = {"store_hash": one.hash, "access_token": one.token, "client_id": "bench"}
        return written(
            folder / f"singer-{one.hash}.json", known | {"start_date": f"{one.since:%Y-%m-%dT%H:%M:%SZ}"}
        )

    said = discovered(SINGER.name, [made.command, "--config", config(shop), "--discover"], environ, folder)
    found = json.loads(said)
    for stream in found["streams"]:
        for row in stream["metadata"]:
            if not row["breadcrumb"]:
                row["metadata"]["selected"] = stream["tap_stream_id"] == "orders"
    catalog = written(folder / "singer.json", found)

    def words(one: Shop) -> list[str]:
        return [str(made.command), "--config", config(one), "--catalog", catalog]

    return Reader(SINGER.name, words, singer_ids, environ, made.versions)


def written(file: Path, known: object) -> str:
    """A file of JSON; its path."""
    file.write_text(json.dumps(known))
    return str(file)


def discovered(name: str, words: list[Any], environ: dict[str, str], folder: Path) -> str:
    """What a rival says that it can read. Raises `NotHad` where it does not run."""
    try:
        done = subprocess.run(
            words,
            check=False,
            env=bare(environ, folder),
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=DISCOVER_SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise NotHad(
            f"{name} is installed, but did not say in {DISCOVER_SECONDS} s what it can read."
        ) from None
    if done.returncode:
        raise NotHad(f"{name} is installed, but does not run: {last_line(done.stderr or done.stdout)}")
    return done.stdout


def bare(environ: dict[str, str], folder: Path) -> dict[str, str]:
    """An environment without anything of the person's own."""
    return {"PATH": os.environ.get("PATH", ""), "HOME": str(folder), "LANG": "C.UTF-8"} | environ


def read(reader: Reader, shop: Shop, folder: Path, seconds: int) -> Reading:
    """One reading of a shop, from the start of the process to its end; ended by us after so many seconds."""
    calls = Line(shop.address)
    calls.ask("DELETE", "/_control/calls")
    out, said = folder / f"{reader.name}.out", folder / f"{reader.name}.err"
    with out.open("wb") as taken, said.open("wb") as errors:
        began = time.monotonic_ns()
        process = subprocess.Popen(
            reader.words(shop),
            env=bare(reader.environ, folder),
            cwd=folder,
            stdout=taken,
            stderr=errors,
            start_new_session=True,
        )
        words = ended(process, seconds)
        took = time.monotonic_ns() - began
    if words:
        print(f"{reader.name}: {words} {last_line(said.read_text(errors='replace'))}", file=sys.stderr)
    counted = calls.get("/_control/calls")["total"]
    with out.open(encoding="utf-8", errors="replace") as lines:
        orders, order_lines = came(lines, reader.ids)
    return Reading(took, counted, orders, order_lines, words)


def ended(process: subprocess.Popen[bytes], seconds: int) -> str:
    """Wait for a reader's end. Answers why it did not come to it; blank where it did."""
    try:
        status = process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return f"Not done after {seconds} s."
    return "" if status == 0 else f"It ended with status {status}."


READERS: dict[str, Callable[[Shop, Path, Path], Reader]] = {AIRBYTE.name: airbyte, SINGER.name: singer}
__all__ = ["READERS", "Environment", "Reader", "Shop", "ours", "read"]
